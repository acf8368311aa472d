//! One strip: name, peak, fader and meter side by side, value, balance, switches.

use busbar_dsp::Decibels;
use egui::{Align2, Color32, Painter, Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use nih_plug::prelude::FloatParam;

use super::rows::Rows;
use super::{Look, theme};
use crate::editor::widgets::fader::fader;
use crate::editor::widgets::focus_ring;
use crate::editor::widgets::meter::meter;
use crate::editor::widgets::pan::pan;
use crate::editor::widgets::switch::switch;
use crate::editor::widgets::value::value;

const PADDING: f32 = 5.0;
const GAP: f32 = 6.0;
const NAME: f32 = 24.0;
const ROW: f32 = 22.0;
const SWITCH: f32 = 24.0;

/// Fader and meter side by side are no wider than this.
const WIDEST: f32 = 150.0;

/// A bus.
pub fn bus(ui: &mut Ui, rect: Rect, bus: usize, look: &mut Look<'_>) {
    let number = bus + 1;
    let name = format!("Bus {number}");
    let is_there = look.inputs >> bus & 1 == 1
        && look.config.is_none_or(|c| bus == 0 || c.layout == busbar_engine::Layout::EightStereo);
    let is_alive = look.model.has_signal(bus);
    let accent = if is_alive { theme::MIX } else { theme::LINE };
    let mut rows = panel(ui, rect, accent);
    let title = rows.top(NAME);
    let note = match (is_alive, is_there, bus) {
        (true, ..) | (_, true, 0) => "",
        (_, true, _) => "silent",
        (_, false, _) => "no input",
    };
    name_plate(ui.painter(), title, &number.to_string(), note);
    peak_reading(ui, rows.top(ROW), &name, bus, look);
    let strip = &look.params.strips[bus];
    let setter = look.setter;
    let (left, right) = halves(rows.bottom(SWITCH));
    let mute = format!("{name} Mute");
    switch(ui, left, [&mute, "MUTE"], theme::ALERT, &strip.mute, setter);
    let to_master = format!("{name} To Master");
    switch(ui, right, [&to_master, "MAIN"], theme::MIX, &strip.to_master, setter);
    let (slider, number) = balance_row(rows.bottom(ROW));
    pan(ui, slider, &format!("{name} Balance"), &strip.balance, setter);
    value(ui, number, &format!("{name} Balance value"), &strip.balance, setter);
    fader_and_meter(ui, rows, &name, &strip.gain, bus, look);
    if !is_there && !is_alive {
        // What is not connected steps back, and can be used all the same.
        let veil = theme::BACKGROUND.gamma_multiply(0.55);
        ui.painter().rect_filled(rect, theme::ROUND, veil);
    }
}

/// The programme.
pub fn master(ui: &mut Ui, rect: Rect, point: usize, look: &mut Look<'_>) {
    let mut rows = panel(ui, rect, theme::TEXT);
    name_plate(ui.painter(), rows.top(NAME), "Master", "");
    peak_reading(ui, rows.top(ROW), "Master", point, look);
    // In the rows of the buses' switches and balances, so that all meters are of one height.
    rms_reading(ui, rows.bottom(SWITCH), rows.bottom(ROW), look.model.rms(point));
    fader_and_meter(ui, rows, "Master", &look.params.master_gain, point, look);
}

fn panel(ui: &Ui, rect: Rect, accent: Color32) -> Rows {
    let painter = ui.painter();
    painter.rect_filled(rect, theme::ROUND, theme::PANEL);
    let mark = Rect::from_min_size(rect.min, vec2(rect.width(), 3.0));
    painter.rect_filled(mark, egui::CornerRadius { nw: 4, ne: 4, sw: 0, se: 0 }, accent);
    Rows::new(rect.shrink(PADDING), GAP)
}

fn name_plate(painter: &Painter, rect: Rect, name: &str, note: &str) {
    let y = rect.center().y + 1.0;
    let font = theme::words(17.0);
    painter.text(pos2(rect.left() + 3.0, y), Align2::LEFT_CENTER, name, font, theme::TEXT);
    let at = pos2(rect.right() - 2.0, y + 1.0);
    painter.text(at, Align2::RIGHT_CENTER, note, theme::words(11.0), theme::LABEL);
}

/// The highest peak, which a click resets; red and with a cross after an over.
fn peak_reading(ui: &Ui, rect: Rect, name: &str, point: usize, look: &mut Look<'_>) {
    let is_over = look.model.is_over(point);
    let text = level_text(look.model.highest(point));
    let state = if is_over { "over " } else { "" };
    let label = format!("{name} peak: {state}{text}");
    if peak_button(ui, rect, name, &label, is_over) {
        look.model.reset_point(point);
    }
    let colour = if is_over { theme::BACKGROUND } else { theme::TEXT };
    let painter = ui.painter();
    if is_over {
        cross(painter, pos2(rect.left() + 12.0, rect.center().y), colour);
    }
    let at = pos2(rect.right() - 8.0, rect.center().y);
    painter.text(at, Align2::RIGHT_CENTER, text, theme::digits(14.0), colour);
}

/// Its label says what it shows, so its identity is the strip's name.
fn peak_button(ui: &Ui, rect: Rect, name: &str, label: &str, is_over: bool) -> bool {
    let response = ui.interact(rect, ui.scope_id().with((name, "peak")), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    let fill = match (is_over, response.hovered()) {
        (true, _) => theme::OVER,
        (false, true) => theme::RAISED,
        (false, false) => theme::WELL,
    };
    ui.painter().rect_filled(rect, theme::ROUND, fill);
    focus_ring(ui.painter(), &response, rect);
    let clicked = response.clicked();
    response
        .on_hover_cursor(egui::CursorIcon::PointingHand)
        .on_hover_text("The highest sample since the last reset, in dBFS. A click resets it.");
    clicked
}

fn rms_reading(ui: &Ui, numbers: Rect, title: Rect, levels: [Decibels; 2]) {
    let painter = ui.painter();
    let caption = "RMS, 300 ms";
    let at = title.center_bottom() - vec2(0.0, 2.0);
    painter.text(at, Align2::CENTER_BOTTOM, caption, theme::words(11.0), theme::LABEL);
    painter.rect_filled(numbers, theme::ROUND, theme::WELL);
    let (left, right) = halves(numbers);
    for (place, level) in [left, right].into_iter().zip(levels) {
        let font = theme::digits(12.0);
        let text = level_text(level);
        painter.text(place.center(), Align2::CENTER_CENTER, text, font, theme::TEXT);
    }
    let [left, right] = levels.map(level_text);
    let response = ui.interact(numbers, ui.scope_id().with("rms"), Sense::hover());
    let label = format!("Master RMS: left {left}, right {right}");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
}

fn cross(painter: &Painter, at: Pos2, colour: Color32) {
    let arm = 4.0;
    for (x, y) in [(arm, arm), (arm, -arm)] {
        painter.line_segment([at - vec2(x, y), at + vec2(x, y)], Stroke::new(2.0, colour));
    }
}

fn fader_and_meter(
    ui: &mut Ui,
    mut rows: Rows,
    name: &str,
    gain: &FloatParam,
    point: usize,
    look: &Look<'_>,
) {
    let typed = rows.bottom(ROW);
    value(ui, typed, &format!("{name} Gain value"), gain, look.setter);
    // In wide strips they stay together, and the meter gets most of the room.
    let rest = rows.rest();
    let both = rest.shrink2(vec2(((rest.width() - WIDEST) / 2.0).max(0.0).floor(), 0.0));
    let fader_width = (both.width() / 2.0 + 2.0).clamp(42.0, 56.0);
    let (left, mut right) = both.split_left_right_at_x(both.left() + fader_width);
    right.min.x += 4.0;
    fader(ui, left, &format!("{name} Gain"), gain, look.setter);
    meter(ui, right, &format!("{name} meter"), look.model.point(point));
}

fn halves(rect: Rect) -> (Rect, Rect) {
    let (mut left, mut right) = rect.split_left_right_at_fraction(0.5);
    left.max.x = (left.max.x - 2.0).floor();
    right.min.x = (right.min.x + 2.0).ceil();
    (left, right)
}

fn balance_row(rect: Rect) -> (Rect, Rect) {
    let (mut slider, number) = rect.split_left_right_at_x(rect.right() - 38.0);
    slider.max.x -= 5.0;
    (slider, number)
}

/// A level with one decimal; below what meters show it is none.
fn level_text(level: Decibels) -> String {
    if level.0 < -90.0 {
        return "−−.−".to_owned();
    }
    let tenths = (level.0 * 10.0).round() / 10.0;
    if tenths == 0.0 {
        // Not +0.0: what is rounded to zero may have been a little below.
        return "0.0".to_owned();
    }
    format!("{tenths:+.1}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_read_as_on_any_desk() {
        for (level, text) in [
            (f32::NEG_INFINITY, "−−.−"),
            (-90.1, "−−.−"),
            (-12.04, "−12.0"),
            (-0.04, "0.0"),
            (0.0, "0.0"),
            (1.94, "+1.9"),
        ] {
            assert_eq!(level_text(Decibels(level)), text);
        }
    }
}
