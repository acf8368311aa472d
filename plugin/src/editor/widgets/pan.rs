//! A balance, moved left and right.

use egui::{Rect, Response, Sense, Ui, WidgetInfo, pos2, vec2};
use nih_plug::context::gui::ParamSetter;
use nih_plug::prelude::{FloatParam, Param};

use super::focus_ring;
use super::turn::Turn;
use crate::editor::view::theme;

/// Width of the knob.
const KNOB: f32 = 8.0;

/// Draws the balance and obeys the user.
pub fn pan(
    ui: &Ui,
    rect: Rect,
    label: &str,
    param: &FloatParam,
    setter: &ParamSetter<'_>,
) -> Response {
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click_and_drag());
    let travel = rect.x_range().shrink(KNOB / 2.0 + 1.0);
    let turn =
        Turn { param, setter, travel: vec2(travel.span(), 0.0), step: 0.05, fine_step: 0.01 };
    let at = turn.obey(ui, &response);
    let value = param.preview_plain(at);
    response.widget_info(|| WidgetInfo::slider(true, value.into(), label));
    let response = response
        .on_hover_cursor(egui::CursorIcon::ResizeHorizontal)
        .on_hover_text("Drag, or turn the wheel; finely with Shift. A double click is the centre.");
    let place = |normalized: f32| travel.min + normalized * travel.span();
    let y = rect.center().y;
    let painter = ui.painter();
    let slot = Rect::from_x_y_ranges(rect.x_range(), y - 2.0..=y + 2.0);
    painter.rect_filled(slot, 2, theme::WELL);
    let lit = Rect::from_two_pos(pos2(place(0.5), y - 1.0), pos2(place(at), y + 1.0));
    painter.rect_filled(lit, 0, theme::MIX);
    painter.vline(place(0.5).round() + 0.5, y - 6.0..=y - 3.0, (1.0, theme::LABEL));
    let knob = Rect::from_center_size(pos2(place(at), y), vec2(KNOB, 14.0));
    let held = response.dragged() || response.hovered();
    painter.rect_filled(knob, 2, if held { theme::TEXT } else { theme::LABEL });
    focus_ring(painter, &response, knob);
    response
}
