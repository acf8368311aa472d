//! Colours and type. Contrast of text to what it stands on is 5:1 or more, and no colour says
//! anything that a word or a shape does not say too.

use egui::{Color32, CornerRadius, FontId, Stroke, TextStyle, Visuals};

/// Behind everything.
pub const BACKGROUND: Color32 = Color32::from_rgb(0x14, 0x17, 0x1A);
/// Strips, bars.
pub const PANEL: Color32 = Color32::from_rgb(0x1D, 0x21, 0x26);
/// Where something is inserted: meters, fader slots, fields.
pub const WELL: Color32 = Color32::from_rgb(0x0D, 0x0F, 0x11);
/// Buttons.
pub const RAISED: Color32 = Color32::from_rgb(0x2A, 0x30, 0x37);
/// Buttons under the pointer.
pub const LIFTED: Color32 = Color32::from_rgb(0x37, 0x3F, 0x48);
/// Edges and ticks.
pub const LINE: Color32 = Color32::from_rgb(0x3A, 0x42, 0x4B);
/// Text and values.
pub const TEXT: Color32 = Color32::from_rgb(0xE6, 0xE9, 0xEC);
/// Labels.
pub const LABEL: Color32 = Color32::from_rgb(0x9A, 0xA3, 0xAB);
/// The mix, and what is on.
pub const MIX: Color32 = Color32::from_rgb(0x56, 0xB4, 0xE9);
/// The reference.
pub const REFERENCE: Color32 = Color32::from_rgb(0xE6, 0x9F, 0x00);
/// Banners, and what is muted.
pub const ALERT: Color32 = Color32::from_rgb(0xE6, 0x9F, 0x00);
/// In range.
pub const GOOD: Color32 = Color32::from_rgb(0x6F, 0xE3, 0xC1);
/// Near the limit.
pub const NEAR: Color32 = Color32::from_rgb(0xFF, 0xF3, 0xA0);
/// Over the limit.
pub const OVER: Color32 = Color32::from_rgb(0xFF, 0x4F, 0x5E);

/// Corners of panels and buttons.
pub const ROUND: CornerRadius = CornerRadius::same(4);

/// Words.
pub fn words(size: f32) -> FontId {
    FontId::proportional(size)
}

/// Numbers: every digit as wide as the others, so that nothing jumps.
pub fn digits(size: f32) -> FontId {
    FontId::monospace(size)
}

/// A colour that steps back.
pub fn dim(colour: Color32, by: f32) -> Color32 {
    colour.lerp_to_gamma(PANEL, by)
}

/// Makes a new egui look like Busbar.
pub fn apply(egui: &egui::Context) {
    let mut visuals = Visuals::dark();
    visuals.panel_fill = BACKGROUND;
    visuals.window_fill = PANEL;
    visuals.extreme_bg_color = WELL;
    visuals.override_text_color = Some(TEXT);
    visuals.selection.bg_fill = Color32::from_rgb(0x24, 0x5C, 0x7E);
    visuals.selection.stroke = Stroke::new(1.0, TEXT);
    let widgets = &mut visuals.widgets;
    for (state, fill) in [
        (&mut widgets.inactive, RAISED),
        (&mut widgets.hovered, LIFTED),
        (&mut widgets.active, LIFTED),
    ] {
        (state.bg_fill, state.weak_bg_fill) = (fill, fill);
        state.corner_radius = ROUND;
        state.bg_stroke = Stroke::NONE;
        state.expansion = 0.0;
    }
    widgets.hovered.bg_stroke = Stroke::new(1.0, LINE);
    widgets.active.bg_stroke = Stroke::new(1.0, MIX);
    egui.set_theme(egui::Theme::Dark);
    egui.set_visuals_of(egui::Theme::Dark, visuals);
    egui.all_styles_mut(|style| {
        style.interaction.selectable_labels = false;
        style.animation_time = 0.0;
        style.text_styles.insert(TextStyle::Body, words(14.0));
        style.text_styles.insert(TextStyle::Button, words(13.0));
        style.text_styles.insert(TextStyle::Monospace, digits(13.0));
        style.text_styles.insert(TextStyle::Small, words(11.0));
    });
}
