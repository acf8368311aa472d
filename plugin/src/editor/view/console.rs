//! Eight strips and the master, and below each the deck that plays into it.

use busbar_engine::BUSES;
use busbar_engine::meters::MASTER;
use egui::{Rect, Ui, pos2};

use super::decks::{self, Cells};
use super::{Look, strip};

const GAP: f32 = 6.0;

/// The master is a little wider than a strip.
const MASTER_WIDTH: f32 = 1.25;

/// The decks' share of the height, and its limits in points.
const DECKS: f32 = 0.25;
const DECKS_HEIGHT: (f32, f32) = (134.0, 190.0);

/// Draws them; returns where the decks and the reference are.
pub fn show(ui: &mut Ui, rect: Rect, look: &mut Look<'_>) -> Cells {
    let height = (rect.height() * DECKS).clamp(DECKS_HEIGHT.0, DECKS_HEIGHT.1).floor();
    let (mut strips, below) = rect.split_top_bottom_at_y(rect.bottom() - height);
    strips.max.y -= GAP;
    let places = columns(strips);
    for (bus, place) in places[..BUSES].iter().enumerate() {
        strip::bus(ui, *place, bus, look);
    }
    strip::master(ui, places[BUSES], MASTER, look);
    let cells = columns(below);
    decks::show(ui, &cells, look);
    cells
}

/// A column for each bus, and one for the master.
fn columns(rect: Rect) -> Cells {
    let free = rect.width() - GAP * BUSES as f32 - GAP;
    let width = (free / (BUSES as f32 + MASTER_WIDTH)).floor();
    std::array::from_fn(|column| {
        let left = rect.left() + column as f32 * (width + GAP);
        if column < BUSES {
            Rect::from_x_y_ranges(left..=left + width, rect.y_range())
        } else {
            Rect::from_min_max(pos2(left + GAP, rect.top()), rect.max)
        }
    })
}
