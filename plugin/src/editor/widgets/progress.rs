//! Where a file is, and how far it is loaded; a click, a drag or the arrow keys go somewhere else.

use egui::{Color32, EventFilter, Key, Rect, Response, Sense, Ui, WidgetInfo, pos2};

use super::focus_ring;
use crate::editor::view::theme;

/// Seconds that an arrow key goes.
const STEP: f64 = 5.0;

/// The way through a file, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// Where it is.
    pub position: f64,
    /// How long it is, if that is known.
    pub length: Option<f64>,
    /// The part that is there, from 0 to 1.
    pub loaded: f64,
}

/// Draws the way; gives where the user wants to go, in seconds.
pub fn progress(
    ui: &Ui,
    rect: Rect,
    label: &str,
    way: Way,
    colour: Color32,
) -> (Response, Option<f64>) {
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(true, way.position, label));
    let length = way.length.filter(|length| *length > 0.0);
    let x_of = |seconds: f64| match length {
        Some(length) => rect.left() + rect.width() * (seconds / length).clamp(0.0, 1.0) as f32,
        None => rect.left(),
    };
    let painter = ui.painter();
    painter.rect_filled(rect, 2, theme::WELL);
    let there = rect.left() + rect.width() * way.loaded as f32;
    let loaded = Rect::from_min_max(rect.min, pos2(there, rect.bottom()));
    painter.rect_filled(loaded, 2, theme::LINE);
    let x = x_of(way.position);
    let done = Rect::from_min_max(rect.min, pos2(x, rect.bottom()));
    painter.rect_filled(done, 2, colour.lerp_to_gamma(theme::WELL, 0.35));
    if length.is_some() {
        let head = Rect::from_x_y_ranges(x - 1.0..=x + 1.0, rect.y_range());
        painter.rect_filled(head.intersect(rect), 0, theme::TEXT);
    }
    let target = length.and_then(|length| target(ui, &response, length, way.position));
    if let (true, Some(pointer)) = (response.dragged(), response.interact_pointer_pos()) {
        painter.vline(
            pointer.x.clamp(rect.left(), rect.right()),
            rect.y_range(),
            (1.0, theme::TEXT),
        );
    }
    focus_ring(painter, &response, rect);
    let response = response.on_hover_cursor(egui::CursorIcon::ResizeHorizontal);
    (response, target)
}

fn target(ui: &Ui, response: &Response, length: f64, position: f64) -> Option<f64> {
    if (response.clicked() || response.drag_stopped())
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let share = (pointer.x - response.rect.left()) / response.rect.width();
        return Some(f64::from(share.clamp(0.0, 1.0)) * length);
    }
    if !response.has_focus() {
        return None;
    }
    let filter = EventFilter { horizontal_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let presses = |key| ui.input(|input| input.num_presses(key)) as f64;
    if presses(Key::Home) > 0.0 {
        return Some(0.0);
    }
    let steps = presses(Key::ArrowRight) - presses(Key::ArrowLeft);
    (steps != 0.0).then(|| (position + steps * STEP).clamp(0.0, length))
}
