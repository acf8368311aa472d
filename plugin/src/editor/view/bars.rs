//! The bar above, the line below, and the banner between bar and strips.

use busbar_engine::{Layout, Slot};
use egui::{Align2, Color32, Rect, Role, Sense, Ui, WidgetInfo, pos2};

use super::decks::name_of;
use super::{Look, Page, at_left, monitor, theme};
use crate::editor::widgets::switch::{button, switch};

const BUTTON: f32 = 26.0;

/// Name, what the engine has been made for, and the buttons for the whole.
pub fn header(ui: &mut Ui, rect: Rect, page: &mut Page, look: &mut Look<'_>) {
    let painter = ui.painter();
    painter.rect_filled(rect, 0, theme::PANEL);
    painter.hline(rect.x_range(), rect.bottom(), (1.0, Color32::BLACK));
    logo(ui, rect);
    let at = pos2(rect.left() + 128.0, rect.center().y + 1.0);
    ui.painter().text(at, Align2::LEFT_CENTER, made_for(look), theme::words(12.5), theme::LABEL);
    let mut right = rect.right() - 8.0;
    let mut place = |width: f32| {
        right -= width + 8.0;
        at_left(rect, right + 8.0, width, BUTTON)
    };
    let bypass = &look.params.bypass;
    let names = ["Bypass", "BYPASS"];
    switch(ui, place(84.0), names, theme::ALERT, bypass, look.setter);
    let is_open = *page == Page::Parameters;
    let lit = is_open.then_some(theme::MIX);
    if button(ui, place(104.0), "All parameters", "Parameters", lit).clicked() {
        *page = if is_open { Page::Console } else { Page::Parameters };
    }
    if button(ui, place(104.0), "Reset all peaks", "Reset peaks", None).clicked() {
        look.model.reset();
    }
}

/// Three bars on a busbar.
fn logo(ui: &Ui, rect: Rect) {
    let painter = ui.painter();
    let left = rect.left() + 16.0;
    for (i, height) in [9.0, 16.0, 12.0].into_iter().enumerate() {
        let x = left + 6.0 * i as f32;
        let bottom = rect.center().y + 7.0;
        let bar = Rect::from_x_y_ranges(x..=x + 4.0, bottom - height..=bottom);
        painter.rect_filled(bar, 1, theme::MIX);
    }
    let base = rect.center().y + 9.0;
    let line = Rect::from_x_y_ranges(left - 2.0..=left + 18.0, base..=base + 2.0);
    painter.rect_filled(line, 1, theme::TEXT);
    let at = pos2(left + 28.0, rect.center().y);
    painter.text(at, Align2::LEFT_CENTER, "Busbar", theme::words(20.0), theme::TEXT);
}

fn made_for(look: &Look<'_>) -> String {
    let Some(config) = look.config else { return "not activated yet".to_owned() };
    let layout = match config.layout {
        Layout::EightStereo => "8 stereo buses",
        Layout::Stereo => "stereo",
        Layout::Mono => "mono",
    };
    let rate = format!("{:.1}", config.rate.hertz() / 1000.0);
    let state = if look.model.is_running() { "" } else { "  ·  host is not processing" };
    format!("{layout}  ·  {} kHz{state}", rate.trim_end_matches(".0"))
}

/// Why the main output is not the programme, or what else cannot wait.
pub fn warning(look: &Look<'_>) -> Option<String> {
    if look.has_failed {
        let words = "BUSBAR MADE A MISTAKE: main carries its input until the host restarts Busbar";
        return Some(words.to_owned());
    }
    if look.params.bypass.value() {
        let words = "BYPASS IS ON: the main output is the main input, not the programme";
        return Some(words.to_owned());
    }
    if let Some(words) = monitor::warning(look) {
        return Some(words.to_owned());
    }
    let reason = look.refusal.as_ref()?;
    Some(format!("The saved state was refused, and nothing was changed: {reason}"))
}

/// Says it over the whole width.
pub fn banner(ui: &Ui, rect: Rect, text: &str) {
    let response = ui.interact(rect, ui.scope_id().with("banner"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    let painter = ui.painter();
    painter.rect_filled(rect, 0, theme::ALERT);
    let (font, at) = (theme::words(14.0), rect.center());
    painter.text(at, Align2::CENTER_CENTER, text, font, theme::BACKGROUND);
    response.on_hover_text(text);
}

/// What to do first, and later what has happened.
pub fn footer(ui: &Ui, rect: Rect, look: &Look<'_>) {
    let (text, colour) = message(look);
    let painter = ui.painter();
    painter.rect_filled(rect, 0, theme::PANEL);
    painter.hline(rect.x_range(), rect.top(), (1.0, Color32::BLACK));
    let mark = Rect::from_min_max(rect.min, pos2(rect.left() + 4.0, rect.bottom()));
    painter.rect_filled(mark, 0, colour);
    let response = ui.interact(rect, ui.scope_id().with("message"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    let at = pos2(rect.left() + 16.0, rect.center().y);
    let clipped = painter.with_clip_rect(rect.shrink2(egui::vec2(12.0, 0.0)));
    clipped.text(at, Align2::LEFT_CENTER, &text, theme::words(13.0), theme::TEXT);
    response.on_hover_text(text);
}

fn message(look: &Look<'_>) -> (String, Color32) {
    if look.model.silenced() > 0 {
        let text = format!(
            "{} samples were no audio (NaN, infinite or absurdly loud) and have been silenced",
            look.model.silenced()
        );
        return (text, theme::OVER);
    }
    if let Some(notice) = look.model.notice() {
        return (notice.to_owned(), theme::NEAR);
    }
    if let Some(why) = monitor::dismissed(look) {
        return (why.to_owned(), theme::REFERENCE);
    }
    if let Some(text) = complaint(look) {
        return (text, theme::OVER);
    }
    if !look.model.has_any_signal() {
        let text = match look.config.map(|config| config.layout) {
            None | Some(Layout::EightStereo) => {
                "Start here: play something through this track: it arrives on bus 1. \
                 For buses 2 to 8, send other tracks to this plug-in's sidechain inputs."
            }
            _ => "Start here: play something through this track, and it arrives on bus 1.",
        };
        return (text.to_owned(), theme::MIX);
    }
    let text = "Click a peak to reset it. Click a value to type another. \
                Shift is fine, a double click is the default.";
    (text.to_owned(), theme::LINE)
}

/// What is wrong with the first deck with which something is.
fn complaint(look: &Look<'_>) -> Option<String> {
    Slot::all().find_map(|slot| {
        let words = look.model.deck(slot).explanation()?;
        Some(format!("{}: {words}", name_of(slot)))
    })
}
