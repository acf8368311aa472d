//! The decks below their strips, and the reference below the master: a cell for each slot.

use busbar_engine::{BUSES, SLOTS, Slot};
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, Color32, FontId, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};
use egui::{pos2, vec2};

use super::rows::Rows;
use super::{Look, monitor, theme};
use crate::decks::{DeckStatus, Kind};
use crate::editor::widgets::focus_ring;
use crate::editor::widgets::icon::{Sign, icon};
use crate::editor::widgets::progress::{Way, progress};

const PADDING: f32 = 5.0;
const GAP: f32 = 4.0;
const TITLE: f32 = 15.0;
const BAR: f32 = 9.0;
const TIME: f32 = 12.0;
const BUTTONS: f32 = 21.0;

/// From this width of a cell on, type is larger.
const WIDE: f32 = 125.0;

/// Where the cells of all slots are.
pub type Cells = [Rect; SLOTS];

/// What people call a slot.
pub fn name_of(slot: Slot) -> String {
    match slot {
        Slot::REFERENCE => "Reference".to_owned(),
        deck => format!("Deck {}", deck.index() + 1),
    }
}

/// The colour of a slot's sound.
fn colour_of(slot: Slot) -> Color32 {
    if slot == Slot::REFERENCE { theme::REFERENCE } else { theme::MIX }
}

/// Draws all cells.
pub fn show(ui: &mut Ui, cells: &Cells, look: &mut Look<'_>) {
    let nothing = Slot::all().all(|slot| look.model.deck(slot).is_empty());
    for (slot, rect) in Slot::all().zip(cells) {
        cell(ui, *rect, slot, look);
    }
    if nothing {
        let all = cells[0].union(cells[BUSES - 1]);
        let at = all.center_bottom() - vec2(0.0, 22.0);
        let text = "Drop audio files here, or click to choose";
        let painter = ui.painter();
        let galley = painter.layout_no_wrap(text.to_owned(), theme::words(14.0), theme::TEXT);
        let place = Align2::CENTER_CENTER.anchor_size(at, galley.size());
        painter.rect_filled(place.expand2(vec2(12.0, 5.0)), theme::ROUND, theme::RAISED);
        painter.galley(place.min, galley, theme::TEXT);
    }
}

fn cell(ui: &mut Ui, rect: Rect, slot: Slot, look: &mut Look<'_>) {
    let status = look.model.deck(slot).clone();
    let mut inside = rect;
    if slot == Slot::REFERENCE {
        let keys = (rect.height() * 0.27).clamp(34.0, 56.0);
        let (above, below) = rect.split_top_bottom_at_y(rect.bottom() - keys);
        monitor::keys(ui, below, look);
        inside = above;
        inside.max.y -= GAP;
    }
    if status.is_empty() {
        empty(ui, inside, slot, look);
    } else {
        filled(ui, inside, slot, &status, look);
    }
}

/// Says what to do.
fn empty(ui: &Ui, rect: Rect, slot: Slot, look: &mut Look<'_>) {
    let label = format!("{}: drop an audio file here, or click to choose", name_of(slot));
    let response = ui.interact(rect, ui.scope_id().with((slot, "empty")), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let painter = ui.painter();
    let fill = if response.hovered() { theme::PANEL } else { theme::BACKGROUND };
    painter.rect_filled(rect, theme::ROUND, fill);
    painter.rect_stroke(rect, theme::ROUND, Stroke::new(1.0, theme::LINE), StrokeKind::Inside);
    title(ui, Rows::new(rect.shrink(PADDING), GAP).top(TITLE), slot, "", theme::LABEL);
    let middle = rect.center() - vec2(0.0, 6.0);
    let lit = if response.hovered() { theme::TEXT } else { theme::LABEL };
    for arm in [vec2(9.0, 0.0), vec2(0.0, 9.0)] {
        painter.line_segment([middle - arm, middle + arm], Stroke::new(2.0, lit));
    }
    if slot == Slot::REFERENCE {
        let at = rect.center_bottom() - vec2(0.0, 12.0);
        let font = theme::words(10.5);
        painter.text(at, Align2::CENTER_CENTER, "drop or choose", font, theme::LABEL);
    }
    focus_ring(painter, &response, rect);
    let clicked = response.clicked();
    response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(label);
    if clicked {
        look.chooser.open(slot, "");
    }
}

fn filled(ui: &mut Ui, rect: Rect, slot: Slot, status: &DeckStatus, look: &mut Look<'_>) {
    let response = ui.interact(rect, ui.scope_id().with((slot, "cell")), Sense::hover());
    let word = status.word();
    response.widget_info(|| {
        let label = format!("{}: {}, {word}", name_of(slot), status.name());
        WidgetInfo::labeled(Role::Label, true, label)
    });
    let painter = ui.painter();
    painter.rect_filled(rect, theme::ROUND, theme::PANEL);
    let state = state_colour(status);
    let mark = Rect::from_min_size(rect.min, vec2(rect.width(), 3.0));
    let accent = if status.is_playing { colour_of(slot) } else { theme::LINE };
    let accent = if status.complaint().is_some() { state } else { accent };
    painter.rect_filled(mark, egui::CornerRadius { nw: 4, ne: 4, sw: 0, se: 0 }, accent);
    let mut rows = Rows::new(rect.shrink(PADDING), GAP);
    title(ui, rows.top(TITLE), slot, &word, state);
    let hint = status.explanation().unwrap_or_else(|| status.source.path.clone());
    response.on_hover_text(hint);
    buttons(ui, rows.bottom(BUTTONS), slot, status, look);
    if status.can_play() {
        let time = rows.bottom(TIME);
        way(ui, rows.bottom(BAR), slot, status, look);
        clock(ui, time, slot, status);
    }
    name_and_complaint(ui, rows.rest(), status, state);
}

/// The file's name, and what is wrong with it, on as many lines as there are.
fn name_and_complaint(ui: &Ui, rect: Rect, status: &DeckStatus, colour: Color32) {
    // As large as in the strips above, where there is room.
    let size = if rect.width() > WIDE { 13.0 } else { 12.0 };
    let room = ((rect.height() + 2.0) / (size + 2.5)).floor().max(1.0) as usize;
    let complaint = status.complaint();
    let names = if complaint.is_some() { 1 } else { room.min(3) };
    let end = words(ui, rect, status.name(), names, theme::words(size), theme::TEXT);
    if let Some(complaint) = complaint.filter(|_| room > names) {
        let below = Rect::from_min_max(pos2(rect.left(), end + 1.0), rect.max);
        words(ui, below, &complaint, room - names, theme::words(size - 1.0), colour);
    }
}

fn state_colour(status: &DeckStatus) -> Color32 {
    match status.kind {
        Kind::Failed(_) => theme::OVER,
        Kind::Partial(_) => theme::NEAR,
        Kind::Loading(_) => theme::MIX,
        Kind::Ready if status.is_playing => theme::GOOD,
        _ => theme::LABEL,
    }
}

fn title(ui: &Ui, rect: Rect, slot: Slot, word: &str, colour: Color32) {
    let painter = ui.painter();
    let y = rect.center().y + 1.0;
    let (name, size) = match slot {
        Slot::REFERENCE => ("REF".to_owned(), 11.0),
        deck => ((deck.index() + 1).to_string(), 13.0),
    };
    let at = pos2(rect.left() + 2.0, y);
    painter.text(at, Align2::LEFT_CENTER, name, theme::words(size), theme::LABEL);
    let at = pos2(rect.right() - 1.0, y);
    painter.text(at, Align2::RIGHT_CENTER, word, theme::words(11.0), colour);
}

/// Text on as many lines as there is room for, cut with an ellipsis; returns where it ends.
fn words(ui: &Ui, rect: Rect, text: &str, rows: usize, font: FontId, colour: Color32) -> f32 {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font, colour));
    job.wrap = TextWrapping {
        max_width: rect.width(),
        max_rows: rows,
        break_anywhere: rows == 1,
        ..Default::default()
    };
    let galley = ui.painter().layout_job(job);
    let end = rect.top() + galley.size().y;
    ui.painter().with_clip_rect(rect.expand(1.0)).galley(rect.min, galley, colour);
    end
}

fn way(ui: &Ui, rect: Rect, slot: Slot, status: &DeckStatus, look: &mut Look<'_>) {
    let loaded = match status.kind {
        Kind::Loading(part) => part,
        Kind::Waiting => 0.0,
        _ => 1.0,
    };
    let way = Way { position: status.position, length: status.length, loaded };
    let label = format!("{} position", name_of(slot));
    let (response, target) = progress(ui, rect, &label, way, colour_of(slot));
    response.on_hover_text("Click or drag to go there; with the keyboard, arrows and Home.");
    if let Some(seconds) = target {
        look.desk.seek(slot, seconds);
    }
}

fn clock(ui: &Ui, rect: Rect, slot: Slot, status: &DeckStatus) {
    let position = time_text(status.position);
    let length = status.length.map(time_text);
    let label = format!(
        "{} is at {position} of {}",
        name_of(slot),
        length.as_deref().unwrap_or("unknown length")
    );
    let response = ui.interact(rect, ui.scope_id().with((slot, "time")), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
    let painter = ui.painter();
    let (font, y) = (theme::digits(10.5), rect.center().y);
    painter.text(pos2(rect.left(), y), Align2::LEFT_CENTER, position, font.clone(), theme::TEXT);
    let length = length.unwrap_or_else(|| "−:−−".to_owned());
    painter.text(pos2(rect.right(), y), Align2::RIGHT_CENTER, length, font, theme::LABEL);
}

/// Minutes and seconds, and hours where there are any.
fn time_text(seconds: f64) -> String {
    // A cast from float saturates.
    let seconds = seconds as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

fn buttons(ui: &Ui, rect: Rect, slot: Slot, status: &DeckStatus, look: &mut Look<'_>) {
    let name = name_of(slot);
    let gap = 2.0;
    let width = (rect.width() - 3.0 * gap) / 4.0;
    let place = |i: f32| {
        let left = rect.left() + i * (width + gap);
        Rect::from_x_y_ranges(left.round()..=(left + width).round(), rect.y_range())
    };
    let press = |i: f32, verb: &str, hint: &str, sign: Sign, on: Option<bool>, lit: Color32| {
        icon(ui, place(i), [&format!("{name} {verb}"), hint], sign, on, lit).clicked()
    };
    let colour = colour_of(slot);
    if !status.can_play() {
        if press(
            0.0,
            "try again",
            "Try again: the file may be there by now",
            Sign::Again,
            None,
            colour,
        ) {
            look.desk.try_again(slot);
        }
    } else if status.is_playing {
        if press(0.0, "stop", "Stop; it stays where it is", Sign::Stop, Some(true), theme::GOOD) {
            look.desk.stop(slot);
        }
    } else if press(0.0, "play", "Play on from here", Sign::Play, Some(false), theme::GOOD) {
        look.desk.play(slot);
    }
    let looping = status.source.looping;
    let hint = if looping { "Loop is on: it begins again at its end" } else { "Loop is off" };
    if press(1.0, "loop", hint, Sign::Loop, Some(looping), colour) {
        look.desk.set_looping(slot, !looping);
    }
    if press(2.0, "load", "Load another file …", Sign::Folder, None, colour) {
        look.chooser.open(slot, &status.source.path);
    }
    if press(3.0, "remove", "Remove the file from here", Sign::Remove, None, colour) {
        look.desk.remove(slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_on_any_player() {
        for (seconds, text) in [
            (0.0, "0:00"),
            (59.99, "0:59"),
            (61.0, "1:01"),
            (3599.0, "59:59"),
            (36_000.5, "10:00:00"),
        ] {
            assert_eq!(time_text(seconds), text);
        }
    }
}
