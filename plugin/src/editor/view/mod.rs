//! What is to be seen. A view keeps only what no host and no engine knows: which page is open, and
//! what is being searched for.
//!
//! | module         | what                                                       |
//! |----------------|------------------------------------------------------------|
//! | [`console`]    | eight strips and the master                                |
//! | [`strip`]      | one of them                                                |
//! | [`bars`]       | the bar above, the line below, the banner                  |
//! | [`parameters`] | every parameter in a list, to be searched                  |
//! | [`theme`]      | colours and type                                           |

pub mod bars;
pub mod console;
pub mod parameters;
pub mod strip;
pub mod theme;

use busbar_engine::Config;
use egui::{Align2, Color32, Rect, Ui, pos2, vec2};
use nih_plug::context::gui::ParamSetter;

use super::Model;
use crate::params::BusbarParams;

/// What a frame is drawn from.
pub struct Look<'a> {
    /// What the editor knows.
    pub model: &'a mut Model,
    /// The host's parameters.
    pub params: &'a BusbarParams,
    /// The only way to change them.
    pub setter: &'a ParamSetter<'a>,
    /// What the engine has been made for, once it has.
    pub config: Option<Config>,
    /// Bit i: bus i is connected to something in the host.
    pub inputs: u32,
    /// Why the host's saved state was refused, if it was.
    pub refusal: Option<String>,
}

/// Which page is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// Strips and master.
    #[default]
    Console,
    /// Every parameter.
    Parameters,
}

/// What is to be seen in a window.
#[derive(Debug, Default)]
pub struct View {
    page: Page,
    /// Searched for among the parameters.
    search: String,
}

/// Height of the bar above.
const HEADER: f32 = 44.0;
/// Height of the banner.
const BANNER: f32 = 28.0;
/// Height of the line below.
const FOOTER: f32 = 36.0;

impl View {
    /// Draws it and obeys the user.
    pub fn show(&mut self, ui: &mut Ui, mut look: Look<'_>) {
        let all = ui.max_rect();
        let (header, rest) = all.split_top_bottom_at_y(all.top() + HEADER);
        let (mut middle, footer) = rest.split_top_bottom_at_y(rest.bottom() - FOOTER);
        bars::header(ui, header, &mut self.page, &mut look);
        if let Some(warning) = bars::warning(&look) {
            let (banner, below) = middle.split_top_bottom_at_y(middle.top() + BANNER);
            bars::banner(ui, banner, &warning);
            middle = below;
        }
        match self.page {
            Page::Console => console::show(ui, middle.shrink(8.0), &mut look),
            Page::Parameters => {
                parameters::show(ui, middle.shrink(8.0), &mut self.search, &look);
            }
        }
        bars::footer(ui, footer, &look);
        hovered_files(ui, all);
    }
}

/// While files are dragged over the window: that they may be dropped.
fn hovered_files(ui: &Ui, all: Rect) {
    let count = ui.input(|input| input.raw.hovered_files.len());
    if count == 0 {
        return;
    }
    let painter =
        ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, ui.scope_id()));
    painter.rect_filled(all, 0, Color32::from_black_alpha(170));
    let frame = all.shrink(16.0);
    let stroke = egui::Stroke::new(2.0, theme::MIX);
    painter.rect_stroke(frame, 8, stroke, egui::StrokeKind::Inside);
    let text = if count == 1 { "Drop the file".to_owned() } else { format!("Drop {count} files") };
    let at = all.center();
    painter.text(at, Align2::CENTER_CENTER, text, theme::words(28.0), theme::TEXT);
}

/// A rectangle of a size at the left edge of another, centred vertically.
fn at_left(of: Rect, x: f32, width: f32, height: f32) -> Rect {
    Rect::from_min_size(pos2(x, of.center().y - height / 2.0), vec2(width, height))
}
