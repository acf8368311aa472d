//! Every parameter in a list, to be searched: with the framework's own widgets.

use egui::{Rect, ScrollArea, TextEdit, Ui, UiBuilder, WidgetInfo, vec2};
use nih_plug::context::gui::ParamSetter;
use nih_plug::prelude::Param;
use nih_plug_egui::widgets::ParamSlider;

use super::{Look, theme};
use crate::params::{BusbarParams, ConsoleParams};

const NAME_WIDTH: f32 = 220.0;
const VALUE_WIDTH: f32 = 90.0;

/// Draws the search field and what it finds.
pub fn show(ui: &mut Ui, rect: Rect, search: &mut String, look: &Look<'_>) {
    ui.painter().rect_filled(rect, theme::ROUND, theme::PANEL);
    ui.scope_builder(UiBuilder::new().max_rect(rect.shrink(12.0)), |ui| {
        ui.horizontal(|ui| {
            let label = ui.label("Search");
            let field = TextEdit::singleline(search).hint_text("bus 3, mute, gain …");
            ui.add_sized(vec2(240.0, 24.0), field).labelled_by(label.id);
        });
        ui.add_space(8.0);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let mut list = List { ui, setter: look.setter, search, found: 0 };
            list.all(look.params);
            if list.found == 0 {
                ui.label(format!("No parameter's name contains “{}”.", search.trim()));
            }
        });
    });
}

struct List<'a> {
    ui: &'a mut Ui,
    setter: &'a ParamSetter<'a>,
    search: &'a str,
    found: usize,
}

impl List<'_> {
    fn all(&mut self, params: &BusbarParams) {
        self.row(&params.bypass);
        self.row(&params.master_gain);
        for strip in &params.strips {
            self.row(&strip.gain);
            self.row(&strip.balance);
            self.row(&strip.mute);
            self.row(&strip.to_master);
        }
        self.row(&params.limiter.on);
        self.row(&params.limiter.ceiling);
        self.row(&params.limiter.release);
        self.row(&params.limiter.look_ahead);
        for console in &params.consoles {
            self.console(console);
        }
    }

    fn console(&mut self, console: &ConsoleParams) {
        self.row(&console.trim);
        self.row(&console.invert_left);
        self.row(&console.invert_right);
        self.row(&console.high_pass);
        self.row(&console.high_pass_hertz);
        self.row(&console.high_pass_slope);
        self.row(&console.duck_key);
        self.row(&console.duck_threshold);
        self.row(&console.duck_depth);
        self.row(&console.duck_attack);
        self.row(&console.duck_hold);
        self.row(&console.duck_release);
        self.row(&console.width);
        self.row(&console.pan_mode);
        self.row(&console.pan_law);
        self.row(&console.pan_left);
        self.row(&console.pan_right);
        self.row(&console.meter_before);
    }

    fn row<P: Param>(&mut self, param: &P) {
        if !matches(param.name(), self.search) {
            return;
        }
        self.found += 1;
        let setter = self.setter;
        self.ui.horizontal(|ui| {
            let (_, name) = ui.allocate_space(vec2(NAME_WIDTH, 22.0));
            let at = egui::pos2(name.left(), name.center().y);
            let font = theme::words(14.0);
            ui.painter().text(at, egui::Align2::LEFT_CENTER, param.name(), font, theme::TEXT);
            let width = (ui.available_width() - VALUE_WIDTH).max(120.0);
            // The slider has no label of its own in the accessibility tree.
            let slider = ui.add(ParamSlider::for_param(param, setter).with_width(width));
            let at = f64::from(param.unmodulated_normalized_value());
            slider.widget_info(|| WidgetInfo::slider(true, at, param.name()));
        });
    }
}

/// Whether a name contains every word that is searched for.
fn matches(name: &str, search: &str) -> bool {
    let name = name.to_lowercase();
    search.to_lowercase().split_whitespace().all(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_order() {
        assert!(matches("Bus 3 Gain", ""));
        assert!(matches("Bus 3 Gain", " gain 3 "));
        assert!(!matches("Bus 3 Gain", "gain 4"));
    }
}
