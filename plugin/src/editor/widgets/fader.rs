//! A gain, moved up and down.

use egui::{Align2, Color32, CornerRadius, Rect, Response, Sense, Ui, WidgetInfo, pos2, vec2};
use nih_plug::context::gui::ParamSetter;
use nih_plug::prelude::{FloatParam, Param};

use super::focus_ring;
use super::turn::Turn;
use crate::editor::view::theme;
use crate::params::BOTTOM;

/// Height of the knob.
const KNOB: f32 = 30.0;

/// Width of the scale to the left of the slot.
const SCALE: f32 = 18.0;

/// Decibels beside the slot.
const MARKS: [f32; 9] = [12.0, 6.0, 0.0, -6.0, -12.0, -20.0, -30.0, -50.0, BOTTOM];

/// Draws the fader and obeys the user.
pub fn fader(
    ui: &Ui,
    rect: Rect,
    label: &str,
    param: &FloatParam,
    setter: &ParamSetter<'_>,
) -> Response {
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click_and_drag());
    let travel = Rect::from_x_y_ranges(rect.x_range(), rect.y_range().shrink(KNOB / 2.0));
    let turn =
        Turn { param, setter, travel: vec2(0.0, -travel.height()), step: 0.5, fine_step: 0.1 };
    let at = turn.obey(ui, &response);
    let value = param.preview_plain(at);
    response.widget_info(|| WidgetInfo::slider(true, value.into(), label));
    let response = response
        .on_hover_cursor(egui::CursorIcon::ResizeVertical)
        .on_hover_text("Drag, or turn the wheel; finely with Shift. A double click is 0 dB.");
    let height = |normalized: f32| travel.bottom() - normalized * travel.height();
    let slot_x = ((rect.left() + SCALE + rect.right()) / 2.0).round();
    scale(ui, rect, slot_x, param, height);
    let slot = Rect::from_x_y_ranges(slot_x - 2.0..=slot_x + 2.0, travel.y_range().expand(4.0));
    ui.painter().rect_filled(slot, CornerRadius::same(2), theme::WELL);
    let unity = height(param.default_normalized_value());
    let lit = Rect::from_two_pos(pos2(slot_x - 1.0, unity), pos2(slot_x + 1.0, height(at)));
    ui.painter().rect_filled(lit, 0, theme::dim(theme::MIX, 0.25));
    let width = (rect.right() - slot_x).min(14.0) * 2.0;
    let knob = Rect::from_center_size(pos2(slot_x, height(at)), vec2(width, KNOB));
    draw_knob(ui, knob, &response);
    response
}

fn scale(ui: &Ui, rect: Rect, slot_x: f32, param: &FloatParam, height: impl Fn(f32) -> f32) {
    for mark in MARKS {
        let y = height(param.preview_normalized(mark)).round() + 0.5;
        let (text, colour) = match mark {
            BOTTOM => ("∞".to_owned(), theme::LABEL),
            0.0 => ("0".to_owned(), theme::TEXT),
            mark if mark > 0.0 => (format!("+{mark:.0}"), theme::LABEL),
            mark => (format!("{:.0}", mark.abs()), theme::LABEL),
        };
        let at = pos2(rect.left() + SCALE - 5.0, y);
        ui.painter().text(at, Align2::RIGHT_CENTER, text, theme::digits(9.5), colour);
        let line = if mark == 0.0 { theme::LABEL } else { theme::LINE };
        ui.painter().hline(rect.left() + SCALE - 3.0..=slot_x - 4.0, y, (1.0, line));
        ui.painter().hline(slot_x + 4.0..=rect.right() - 1.0, y, (1.0, line));
    }
}

fn draw_knob(ui: &Ui, knob: Rect, response: &Response) {
    let held = response.dragged() || response.hovered();
    let fill = if held {
        Color32::from_rgb(0x5A, 0x65, 0x71)
    } else {
        Color32::from_rgb(0x48, 0x52, 0x5D)
    };
    let painter = ui.painter();
    let shadow = knob.translate(vec2(0.0, 2.0)).expand(1.0);
    painter.rect_filled(shadow, 5, Color32::from_black_alpha(110));
    painter.rect_filled(knob, 4, fill);
    let upper = Rect::from_min_max(knob.min, pos2(knob.right(), knob.center().y));
    painter.rect_filled(
        upper.shrink2(vec2(0.0, 0.0)),
        4,
        theme::dim(Color32::WHITE, 0.72).gamma_multiply(0.35),
    );
    for offset in [-9.0, -6.0, 6.0, 9.0] {
        let y = knob.center().y + offset;
        painter.hline(knob.x_range().shrink(5.0), y, (1.0, Color32::from_black_alpha(90)));
    }
    let line = Rect::from_center_size(knob.center(), vec2(knob.width(), 2.0));
    painter.rect_filled(line, 0, theme::TEXT);
    focus_ring(painter, response, knob);
}
