//! Controls of our own. Each draws itself into a rectangle, is operated by mouse and keyboard, and
//! has a label in the accessibility tree.
//!
//! | module    | what                                                       |
//! |-----------|------------------------------------------------------------|
//! | [`meter`] | peak, RMS and hold line of a stereo point, and its scale   |
//! | [`fader`] | a gain                                                     |
//! | [`pan`]   | a balance                                                  |
//! | [`value`] | a parameter's value as text, to be typed into              |
//! | [`switch`]| what is on or off, and plain buttons                       |
//! | [`icon`]  | small buttons with a drawn sign                            |
//! | [`progress`] | where a file is                                         |
//! | [`turn`]  | what fader and balance have in common                      |

pub mod fader;
pub mod icon;
pub mod meter;
pub mod pan;
pub mod progress;
pub mod switch;
pub mod turn;
pub mod value;

use egui::{Painter, Rect, Response, Stroke, StrokeKind};

use super::view::theme;

/// The frame around what has the keyboard.
pub(super) fn focus_ring(painter: &Painter, response: &Response, rect: Rect) {
    if response.has_focus() {
        let stroke = Stroke::new(1.5, theme::MIX);
        painter.rect_stroke(rect.expand(1.0), theme::ROUND, stroke, StrokeKind::Outside);
    }
}
