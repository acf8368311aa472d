//! A and B: the mix or the reference, by two large keys and by the keys of the keyboard.

use busbar_engine::Slot;
use busbar_engine::monitor::{Dismissal, Heard};
use egui::{
    Align2, Color32, Key, Modifiers, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
};
use egui::{pos2, vec2};

use super::{Look, theme};
use crate::editor::widgets::focus_ring;

/// Draws both keys side by side.
pub fn keys(ui: &Ui, rect: Rect, look: &mut Look<'_>) {
    let (mut left, mut right) = rect.split_left_right_at_fraction(0.5);
    left.max.x = (left.max.x - 2.0).floor();
    right.min.x = (right.min.x + 2.0).ceil();
    let on_b = look.model.listening().asks_for_reference;
    let a = ["A", "mix", "Hear A, the mix", "The mix. Key: A"];
    if key(ui, left, a, !on_b, theme::MIX) {
        look.desk.hear_reference(false);
    }
    let place = match look.model.listening().heard {
        Heard::ReferenceOnMain => "ON MAIN",
        Heard::ReferenceOnMonitor => "monitor",
        Heard::Mix | Heard::PartOnMain => "ref",
    };
    let hint = match look.has_monitor {
        true => "The reference, on the Monitor output; main carries the programme. Key: B",
        false => {
            "The reference, on the main output, because the host has not connected the Monitor \
             output. Renders carry the programme all the same. Key: B"
        }
    };
    if key(ui, right, ["B", place, "Hear B, the reference", hint], on_b, theme::REFERENCE) {
        hear_b(look);
    }
}

/// A and B on the keyboard, unless somebody types.
pub fn obey_keyboard(ui: &Ui, look: &mut Look<'_>) {
    if ui.ctx().text_edit_focused() {
        return;
    }
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::A) {
        look.desk.hear_reference(false);
    }
    if pressed(Key::B) {
        hear_b(look);
    }
}

fn hear_b(look: &mut Look<'_>) {
    if look.model.deck(Slot::REFERENCE).can_play() {
        look.desk.hear_reference(true);
    } else {
        look.model.notify("There is no reference to hear: load one into REF first.".to_owned());
    }
}

/// Why main is not the programme.
pub fn warning(look: &Look<'_>) -> Option<&'static str> {
    match look.model.listening().heard {
        Heard::Mix | Heard::ReferenceOnMonitor => None,
        Heard::ReferenceOnMain => Some(
            "REFERENCE ON MAIN: you hear B, not the programme (the Monitor output is not connected)",
        ),
        Heard::PartOnMain => Some(
            "MONITOR KEYS ON MAIN: you hear a part of the programme (the Monitor output is not \
             connected)",
        ),
    }
}

/// Why the reference is not heard any more.
pub fn dismissed(look: &Look<'_>) -> Option<&'static str> {
    look.model.listening().dismissal.map(|why| match why {
        Dismissal::Offline => "Back to A, the mix: the host rendered offline.",
        Dismissal::TooFast => {
            "Back to A, the mix: the host was faster than real time, which looked like a render."
        }
    })
}

fn key(
    ui: &Ui,
    rect: Rect,
    [letter, what, label, hint]: [&str; 4],
    on: bool,
    lit: Color32,
) -> bool {
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, label));
    let painter = ui.painter();
    let lifted = response.hovered() || response.is_pointer_button_down_on();
    let (fill, colour) = match (on, lifted) {
        (true, _) => (lit, theme::BACKGROUND),
        (false, true) => (theme::LIFTED, theme::TEXT),
        (false, false) => (theme::RAISED, theme::TEXT),
    };
    painter.rect_filled(rect, theme::ROUND, fill);
    let edge = if on { lit } else { lit.lerp_to_gamma(theme::RAISED, 0.5) };
    painter.rect_stroke(rect, theme::ROUND, Stroke::new(1.0, edge), StrokeKind::Inside);
    let size = (rect.height() * 0.5).min(26.0);
    let at = rect.center() - vec2(0.0, 6.0);
    painter.text(at, Align2::CENTER_CENTER, letter, theme::words(size), colour);
    let at = pos2(rect.center().x, rect.bottom() - 8.0);
    painter.text(at, Align2::CENTER_CENTER, what, theme::words(10.5), colour);
    focus_ring(painter, &response, rect);
    let clicked = response.clicked();
    response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(hint);
    clicked
}
