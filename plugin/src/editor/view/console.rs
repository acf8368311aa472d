//! Eight strips and the master.

use busbar_engine::BUSES;
use busbar_engine::meters::MASTER;
use egui::{Rect, Ui, pos2};

use super::Look;
use super::strip;

const GAP: f32 = 6.0;

/// The master is a little wider than a strip.
const MASTER_WIDTH: f32 = 1.25;

/// Draws them side by side.
pub fn show(ui: &mut Ui, rect: Rect, look: &mut Look<'_>) {
    let free = rect.width() - GAP * BUSES as f32 - GAP;
    let width = (free / (BUSES as f32 + MASTER_WIDTH)).floor();
    for bus in 0..BUSES {
        let left = rect.left() + bus as f32 * (width + GAP);
        let place = Rect::from_x_y_ranges(left..=left + width, rect.y_range());
        strip::bus(ui, place, bus, look);
    }
    let left = rect.left() + BUSES as f32 * (width + GAP) + GAP;
    let place = Rect::from_min_max(pos2(left, rect.top()), rect.max);
    strip::master(ui, place, MASTER, look);
}
