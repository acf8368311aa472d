//! The chooser: places to the left, the folder to the right, what is typed above.

use egui::{
    Align2, Key, Modifiers, Rect, Role, ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo,
};
use egui::{pos2, vec2};

use super::decks::name_of;
use super::rows::Rows;
use super::{Look, theme};
use crate::editor::chooser::{Chooser, Entry, State};
use crate::editor::widgets::focus_ring;
use crate::editor::widgets::switch::button;

const ROW: f32 = 24.0;
const FIELD: f32 = 26.0;
const PLACES: f32 = 150.0;
const GAP: f32 = 8.0;

/// Entries that Page Up and Page Down go.
const PAGE: isize = 12;

/// Draws it, and loads what is chosen.
pub fn show(ui: &mut Ui, rect: Rect, look: &mut Look<'_>) {
    let chooser = &mut *look.chooser;
    let Some(slot) = chooser.slot() else { return };
    ui.painter().rect_filled(rect, theme::ROUND, theme::PANEL);
    let mut rows = Rows::new(rect.shrink(12.0), GAP);
    let title = rows.top(FIELD);
    let text = format!("Load into {}", name_of(slot));
    let at = pos2(title.left(), title.center().y);
    ui.painter().text(at, Align2::LEFT_CENTER, text, theme::words(17.0), theme::TEXT);
    let cancel = Rect::from_min_max(pos2(title.right() - 90.0, title.top()), title.max);
    let is_cancelled = button(ui, cancel, "Cancel", "Cancel  Esc", None).clicked();
    let path_has_focus = path_row(ui, rows.top(FIELD), chooser);
    filter_row(ui, rows.top(FIELD), chooser);
    let moved = keys(ui, chooser, path_has_focus);
    let bottom = rows.bottom(FIELD);
    let (mut left, right) = rows.rest().split_left_right_at_x(rect.left() + 12.0 + PLACES);
    left.max.x -= GAP;
    places(ui, left, chooser);
    list(ui, right, chooser, moved);
    state_line(ui, bottom, chooser);
    let escaped = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    if is_cancelled || escaped {
        chooser.close();
    }
    if let Some((slot, file)) = look.chooser.take_choice()
        && let Err(why) = look.desk.load(slot, &file)
    {
        look.model.notify(why);
    }
}

/// A line to type into; its response.
fn field(ui: &mut Ui, rect: Rect, label: &str, hint: &str, text: &mut String) -> egui::Response {
    let editor = TextEdit::singleline(text)
        .id_salt(label)
        .hint_text(hint)
        .margin(vec2(8.0, 5.0))
        .desired_width(rect.width());
    let response =
        ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| ui.put(rect, editor)).inner;
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(label));
    response
}

/// Up, and the path; whether that is being typed.
fn path_row(ui: &mut Ui, rect: Rect, chooser: &mut Chooser) -> bool {
    let (up, mut path) = rect.split_left_right_at_x(rect.left() + 70.0);
    path.min.x += GAP;
    if button(ui, up, "Folder above", "Up", None).clicked() {
        chooser.go_up();
    }
    let response = field(ui, path, "Path", "/path/of/a/file/or/folder", &mut chooser.typed_path);
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if entered {
        chooser.go_to_typed();
    }
    response.has_focus() || entered
}

fn filter_row(ui: &mut Ui, rect: Rect, chooser: &mut Chooser) {
    let (mut filter, all) = rect.split_left_right_at_x(rect.right() - 110.0);
    filter.max.x -= GAP;
    let response = field(ui, filter, "Filter", "type to filter", &mut chooser.filter);
    let nobody_types = !ui.ctx().text_edit_focused();
    if nobody_types && ui.memory(|memory| memory.focused().is_none()) {
        response.request_focus();
    }
    let lit = chooser.all_files.then_some(theme::MIX);
    if button(ui, all, "Show all files", "All files", lit).clicked() {
        chooser.all_files = !chooser.all_files;
    }
    chooser.refilter();
}

/// The keys that move in the list, also while the filter is typed; whether they did.
fn keys(ui: &Ui, chooser: &mut Chooser, path_has_focus: bool) -> bool {
    if path_has_focus {
        return false;
    }
    let pressed =
        |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key)) as isize;
    let steps = pressed(Key::ArrowDown) - pressed(Key::ArrowUp)
        + PAGE * (pressed(Key::PageDown) - pressed(Key::PageUp));
    if steps != 0 {
        chooser.move_selection(steps);
    }
    let on_button = !ui.ctx().text_edit_focused() && ui.memory(|memory| memory.focused().is_some());
    if !on_button && pressed(Key::Enter) > 0 {
        chooser.activate();
    }
    if chooser.filter.is_empty() && pressed(Key::Backspace) > 0 {
        chooser.go_up();
    }
    steps != 0
}

fn places(ui: &mut Ui, rect: Rect, chooser: &mut Chooser) {
    let all: Vec<_> = chooser.places().collect();
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        ScrollArea::vertical().id_salt("places").auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for place in all {
                let (_, row) = ui.allocate_space(vec2(ui.available_width(), ROW));
                let label = format!("Go to {}", place.name);
                let response = ui.interact(row, ui.scope_id().with(&place.path), Sense::click());
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
                let is_here = chooser.folder() == place.path;
                line(ui, row, &response, &place.name, is_here);
                if response.on_hover_text(place.path.display().to_string()).clicked() {
                    chooser.go(place.path);
                }
            }
        });
    });
}

/// Only the rows that are to be seen are drawn.
fn list(ui: &mut Ui, rect: Rect, chooser: &mut Chooser, moved: bool) {
    ui.painter().rect_filled(rect, theme::ROUND, theme::WELL);
    let inside = rect.shrink(4.0);
    ui.scope_builder(UiBuilder::new().max_rect(inside), |ui| {
        ui.set_clip_rect(inside.intersect(ui.clip_rect()));
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut area = ScrollArea::vertical().id_salt("files").auto_shrink(false);
        if moved {
            let offset: f32 =
                ui.data(|data| data.get_temp(ui.scope_id().with("offset"))).unwrap_or(0.0);
            let top = chooser.selected() as f32 * ROW;
            let (lowest, highest) = (top + ROW - inside.height(), top);
            area = area.vertical_scroll_offset(offset.clamp(lowest.max(0.0).min(highest), highest));
        }
        let mut activated = None;
        let output = area.show_rows(ui, ROW, chooser.count(), |ui, range| {
            for at in range {
                if let Some(entry) = chooser.entry(at)
                    && row(ui, entry, at == chooser.selected())
                {
                    activated = Some(at);
                }
            }
        });
        let offset = output.state.clamped_offset().y;
        ui.data_mut(|data| data.insert_temp(ui.scope_id().with("offset"), offset));
        if let Some(at) = activated {
            chooser.select(at);
            chooser.activate();
        }
    });
}

/// An entry; whether it was clicked.
fn row(ui: &mut Ui, entry: &Entry, is_selected: bool) -> bool {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
    // Not by Tab: thousands of rows would be in the way; the arrows go through them.
    let sense = Sense::CLICK;
    let response = ui.interact(rect, ui.scope_id().with(&entry.path), sense);
    let label = match entry.is_folder {
        true => format!("Folder {}", entry.name),
        false => entry.name.clone(),
    };
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, is_selected, &label));
    let text = if entry.is_folder { format!("{} /", entry.name) } else { entry.name.clone() };
    line(ui, rect, &response, &text, is_selected);
    response.clicked()
}

fn line(ui: &Ui, rect: Rect, response: &egui::Response, text: &str, is_selected: bool) {
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if is_selected {
        painter.rect_filled(rect, theme::ROUND, ui.visuals().selection.bg_fill);
    } else if response.hovered() {
        painter.rect_filled(rect, theme::ROUND, theme::RAISED);
    }
    let at = pos2(rect.left() + 8.0, rect.center().y);
    painter.text(at, Align2::LEFT_CENTER, text, theme::words(13.0), theme::TEXT);
    focus_ring(&painter, response, rect.shrink(2.0));
}

fn state_line(ui: &Ui, rect: Rect, chooser: &Chooser) {
    let (text, colour) = words(chooser);
    let response = ui.interact(rect, ui.scope_id().with("state"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    let at = pos2(rect.left(), rect.center().y);
    let painter = ui.painter().with_clip_rect(rect);
    painter.text(at, Align2::LEFT_CENTER, text, theme::words(13.0), colour);
}

fn words(chooser: &Chooser) -> (String, egui::Color32) {
    let count = chooser.count();
    let entries = if count == 1 { "entry" } else { "entries" };
    let left_out = match chooser.left_out() {
        0 => String::new(),
        left => format!(", and {left} without sound by their names"),
    };
    match chooser.state() {
        State::Trouble(why) => (format!("× {why}"), theme::OVER),
        State::Reading => (format!("reading … {count} {entries} so far"), theme::LABEL),
        State::Read { is_cut: true } => {
            (format!("only the first {count} entries are shown: type the path"), theme::NEAR)
        }
        State::Read { .. } if count == 0 && left_out.is_empty() => {
            ("nothing to load here".to_owned(), theme::LABEL)
        }
        State::Read { .. } => (
            format!("{count} {entries}{left_out}   ·   arrows, Enter; Backspace goes up"),
            theme::LABEL,
        ),
    }
}
