//! What is to be seen. A view keeps only what no host and no engine knows: which page is open, and
//! what is being searched for.
//!
//! | module         | what                                                       |
//! |----------------|------------------------------------------------------------|
//! | [`console`]    | eight strips and the master, and the decks below           |
//! | [`strip`]      | one of the strips                                          |
//! | [`decks`]      | a cell for each deck, and for the reference                |
//! | [`monitor`]    | A and B                                                    |
//! | [`chooser`]    | which file to load                                         |
//! | [`drops`]      | files over the window                                      |
//! | [`bars`]       | the bar above, the line below, the banner                  |
//! | [`parameters`] | every parameter in a list, to be searched                  |
//! | [`rows`]       | a rectangle, row by row                                    |
//! | [`theme`]      | colours and type                                           |

pub mod bars;
pub mod chooser;
pub mod console;
pub mod decks;
pub mod drops;
pub mod monitor;
pub mod parameters;
pub mod rows;
pub mod strip;
pub mod theme;

use busbar_engine::Config;
use egui::{Rect, Ui, pos2, vec2};
use nih_plug::context::gui::ParamSetter;

use super::{Chooser, Desk, Model};
use crate::params::BusbarParams;

/// What a frame is drawn from.
pub struct Look<'a> {
    /// What the editor knows.
    pub model: &'a mut Model,
    /// What a user can do with the decks.
    pub desk: &'a mut Desk,
    /// Which file to load, while that is asked.
    pub chooser: &'a mut Chooser,
    /// The host's parameters.
    pub params: &'a BusbarParams,
    /// The only way to change them.
    pub setter: &'a ParamSetter<'a>,
    /// What the engine has been made for, once it has.
    pub config: Option<Config>,
    /// Bit i: bus i is connected to something in the host.
    pub inputs: u32,
    /// The host takes the Monitor output.
    pub has_monitor: bool,
    /// The instance has panicked, and only passes its main input through.
    pub has_failed: bool,
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
        let inside = middle.shrink(8.0);
        let mut cells = None;
        if look.chooser.slot().is_some() {
            chooser::show(ui, inside, &mut look);
        } else {
            match self.page {
                Page::Console => cells = Some(console::show(ui, inside, &mut look)),
                Page::Parameters => parameters::show(ui, inside, &mut self.search, &look),
            }
            monitor::obey_keyboard(ui, &mut look);
        }
        bars::footer(ui, footer, &look);
        drops::obey(ui, all, cells.as_ref(), &mut look);
    }
}

/// A rectangle of a size at the left edge of another, centred vertically.
fn at_left(of: Rect, x: f32, width: f32, height: f32) -> Rect {
    Rect::from_min_size(pos2(x, of.center().y - height / 2.0), vec2(width, height))
}
