//! A parameter's value as text. A click, or Enter, and one types another.

use egui::{
    Align2, Id, Key, Rect, Response, Role, Sense, TextEdit, Ui, UiBuilder, WidgetInfo, vec2,
};
use nih_plug::context::gui::ParamSetter;
use nih_plug::prelude::{FloatParam, Param};

use super::focus_ring;
use crate::editor::view::theme;

/// What is being typed; kept by egui as long as it is typed.
#[derive(Clone, Default)]
struct Typing {
    text: String,
    /// The first key replaces what was there.
    is_new: bool,
    is_refused: bool,
}

/// Draws the value and obeys the user.
pub fn value(
    ui: &mut Ui,
    rect: Rect,
    label: &str,
    param: &FloatParam,
    setter: &ParamSetter<'_>,
) -> Response {
    let id = ui.scope_id().with(label);
    let typing: Option<Typing> = ui.data(|data| data.get_temp(id));
    match typing {
        Some(typing) => edit(ui, rect, label, id, typing, param, setter),
        None => show(ui, rect, label, id, param),
    }
}

fn show(ui: &Ui, rect: Rect, label: &str, id: Id, param: &FloatParam) -> Response {
    let text = param.to_string();
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Button, true, label);
        info.current_text_value = Some(text.clone());
        info
    });
    let painter = ui.painter();
    painter.rect_filled(rect, theme::ROUND, theme::WELL);
    let (centre, font) = (rect.center(), theme::digits(11.5));
    painter.text(centre, Align2::CENTER_CENTER, text.replace('-', "−"), font, theme::TEXT);
    focus_ring(painter, &response, rect);
    let response = response.on_hover_cursor(egui::CursorIcon::Text);
    if response.clicked() {
        let typing = Typing { text, is_new: true, is_refused: false };
        ui.data_mut(|data| data.insert_temp(id, typing));
        ui.memory_mut(|memory| memory.request_focus(field(id)));
    }
    response
}

fn field(id: Id) -> Id {
    id.with("field")
}

fn edit(
    ui: &mut Ui,
    rect: Rect,
    label: &str,
    id: Id,
    mut typing: Typing,
    param: &FloatParam,
    setter: &ParamSetter<'_>,
) -> Response {
    let colour = if typing.is_refused { theme::OVER } else { theme::TEXT };
    let editor = TextEdit::singleline(&mut typing.text)
        .id(field(id))
        .font(theme::digits(11.5))
        .text_color(colour)
        .align(Align2::CENTER_CENTER)
        .margin(vec2(2.0, (rect.height() - 16.0) / 2.0))
        .desired_width(rect.width());
    let response =
        ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| ui.put(rect, editor)).inner;
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(label));
    if std::mem::take(&mut typing.is_new) {
        select_all(ui, response.id, typing.text.chars().count());
    }
    if response.changed() {
        typing.is_refused = false;
    }
    let keep = if ui.input(|input| input.key_pressed(Key::Escape)) {
        false
    } else if response.lost_focus() {
        let is_taken = commit(&typing.text, param, setter);
        // Only Enter insists on what is typed; a click somewhere else gives it up.
        let insists = ui.input(|input| input.key_pressed(Key::Enter));
        typing.is_refused = !is_taken;
        if insists && !is_taken {
            ui.memory_mut(|memory| memory.request_focus(response.id));
        }
        insists && !is_taken
    } else {
        true
    };
    ui.data_mut(|data| {
        if keep {
            data.insert_temp(id, typing);
        } else {
            data.remove::<Typing>(id);
        }
    });
    response
}

fn select_all(ui: &Ui, id: Id, length: usize) {
    let mut state = egui::text_edit::TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let ends = [0, length].map(egui::text::CCursor::new);
    state.cursor.set_char_range(Some(egui::text::CCursorRange::two(ends[0], ends[1])));
    state.store(ui.ctx(), id);
}

/// Sets what the text means; false when it means nothing.
fn commit(text: &str, param: &FloatParam, setter: &ParamSetter<'_>) -> bool {
    let Some(normalized) = param.string_to_normalized_value(text) else { return false };
    setter.begin_set_parameter(param);
    setter.set_parameter(param, param.preview_plain(normalized));
    setter.end_set_parameter(param);
    true
}
