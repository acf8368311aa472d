//! What fader and balance have in common: dragging (finely with Shift), the wheel, the arrow keys,
//! and back to the default by a double click. Each of them is one gesture to the host.

use egui::{EventFilter, Id, Key, Response, Ui, Vec2};
use nih_plug::context::gui::ParamSetter;
use nih_plug::prelude::{FloatParam, Param};

/// How a control turns its parameter.
pub struct Turn<'a> {
    /// What is turned.
    pub param: &'a FloatParam,
    /// The host.
    pub setter: &'a ParamSetter<'a>,
    /// The direction and length in points of the whole way.
    pub travel: Vec2,
    /// One notch of the wheel, or one press of an arrow key, in the parameter's unit.
    pub step: f32,
    /// The same with Shift.
    pub fine_step: f32,
}

/// With Shift the control follows the mouse at a tenth of its way.
const FINE: f32 = 0.1;

/// Steps of Page Up and Page Down.
const PAGE: f32 = 6.0;

impl Turn<'_> {
    /// Obeys the user. Returns where the control is to be drawn, normalized: while it is dragged
    /// that is ahead of the parameter, which the host changes in its own time.
    pub fn obey(&self, ui: &Ui, response: &Response) -> f32 {
        let drag = response.id.with("drag");
        self.drag(ui, response, drag);
        if response.double_clicked() {
            self.set_once(self.param.default_plain_value());
        } else if response.hovered() || response.has_focus() {
            self.steps(ui, response);
        }
        if response.hovered() || response.has_focus() {
            self.keep_arrows(ui, response.id);
        }
        ui.data(|data| data.get_temp(drag))
            .unwrap_or_else(|| self.param.unmodulated_normalized_value())
    }

    fn drag(&self, ui: &Ui, response: &Response, drag: Id) {
        if response.drag_started() {
            let at = self.param.unmodulated_normalized_value();
            self.setter.begin_set_parameter(self.param);
            ui.data_mut(|data| data.insert_temp(drag, at));
        }
        let dragged: Option<f32> = ui.data(|data| data.get_temp(drag));
        let Some(at) = dragged else { return };
        if response.dragged() {
            let way = response.drag_delta().dot(self.travel) / self.travel.length_sq();
            let speed = if ui.input(|input| input.modifiers.shift) { FINE } else { 1.0 };
            let to = (at + way * speed).clamp(0.0, 1.0);
            if to != at {
                self.setter.set_parameter(self.param, self.param.preview_plain(to));
                ui.data_mut(|data| data.insert_temp(drag, to));
            }
        } else {
            self.setter.end_set_parameter(self.param);
            ui.data_mut(|data| data.remove::<f32>(drag));
        }
    }

    fn steps(&self, ui: &Ui, response: &Response) {
        let (notches, fine) = ui.input(|input| {
            let notches: f32 = match response.hovered() {
                true => input.events.iter().map(notches).sum(),
                false => 0.0,
            };
            (notches, input.modifiers.shift)
        });
        let keys = if response.has_focus() { arrow_steps(ui) } else { 0.0 };
        let steps = notches + keys;
        if steps != 0.0 {
            let step = if fine { self.fine_step } else { self.step };
            let normalized = self.param.unmodulated_normalized_value();
            self.set_once(self.param.preview_plain(normalized) + steps * step);
        }
    }

    fn set_once(&self, value: f32) {
        // Out of range and back: the parameter's own limits are the limits.
        let value = self.param.preview_plain(self.param.preview_normalized(value));
        self.setter.begin_set_parameter(self.param);
        self.setter.set_parameter(self.param, value);
        self.setter.end_set_parameter(self.param);
    }

    /// The arrow keys turn the control that has the focus, instead of moving the focus.
    fn keep_arrows(&self, ui: &Ui, id: Id) {
        let vertical_arrows = self.travel.y != 0.0;
        let filter = EventFilter {
            vertical_arrows,
            horizontal_arrows: !vertical_arrows,
            ..Default::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    }
}

fn notches(event: &egui::Event) -> f32 {
    match event {
        egui::Event::MouseWheel { unit: egui::MouseWheelUnit::Line, delta, .. } => {
            // With Shift held some systems turn the wheel sideways.
            if delta.y == 0.0 { -delta.x } else { delta.y }
        }
        egui::Event::MouseWheel { unit: egui::MouseWheelUnit::Page, delta, .. } => PAGE * delta.y,
        // Touchpads: so many points feel like a notch.
        egui::Event::MouseWheel { delta, .. } => delta.y / 20.0,
        _ => 0.0,
    }
}

fn arrow_steps(ui: &Ui) -> f32 {
    const STEPS: [(Key, f32); 6] = [
        (Key::ArrowUp, 1.0),
        (Key::ArrowRight, 1.0),
        (Key::ArrowDown, -1.0),
        (Key::ArrowLeft, -1.0),
        (Key::PageUp, PAGE),
        (Key::PageDown, -PAGE),
    ];
    let pressed = |key| ui.input(|input| input.num_presses(key)) as f32;
    STEPS.iter().map(|(key, steps)| steps * pressed(*key)).sum()
}
