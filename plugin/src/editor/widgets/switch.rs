//! What is on or off, and plain buttons.

use egui::{Align2, Color32, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};
use nih_plug::context::gui::ParamSetter;
use nih_plug::prelude::BoolParam;

use super::focus_ring;
use crate::editor::view::theme;

/// A parameter that is on or off; `text` is what stands on it, `lit` its colour while it is on.
pub fn switch(
    ui: &Ui,
    rect: Rect,
    [label, text]: [&str; 2],
    lit: Color32,
    param: &BoolParam,
    setter: &ParamSetter<'_>,
) -> Response {
    let on = param.value();
    let response = pressable(ui, rect, [label, text], theme::LABEL, on.then_some(lit));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, label));
    if response.clicked() {
        setter.begin_set_parameter(param);
        setter.set_parameter(param, !on);
        setter.end_set_parameter(param);
    }
    response
}

/// A button; with a colour while it is `lit`.
pub fn button(ui: &Ui, rect: Rect, label: &str, text: &str, lit: Option<Color32>) -> Response {
    let response = pressable(ui, rect, [label, text], theme::TEXT, lit);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    response
}

fn pressable(
    ui: &Ui,
    rect: Rect,
    [label, text]: [&str; 2],
    unlit: Color32,
    lit: Option<Color32>,
) -> Response {
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click());
    let painter = ui.painter();
    let lifted = response.hovered() || response.is_pointer_button_down_on();
    let fill = if lifted { theme::LIFTED } else { theme::RAISED };
    let (fill, edge, colour) = match lit {
        Some(lit) if lit == theme::ALERT => (lit, lit, theme::BACKGROUND),
        Some(lit) => (fill.lerp_to_gamma(lit, 0.22), lit, lit.lerp_to_gamma(Color32::WHITE, 0.35)),
        None => (fill, theme::LINE, unlit),
    };
    painter.rect_filled(rect, theme::ROUND, fill);
    painter.rect_stroke(rect, theme::ROUND, Stroke::new(1.0, edge), StrokeKind::Inside);
    painter.text(rect.center(), Align2::CENTER_CENTER, text, theme::words(12.0), colour);
    focus_ring(painter, &response, rect);
    response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(label)
}
