//! One instance's editor, a frame at a time. Lives as long as the instance; windows come and go.
//!
//! It has no clock. Whoever shows it says what time it is, counted from one moment for as long as
//! the editor lives: so a picture can be made of any moment, and the same each time.

use std::time::Duration;

use nih_plug::context::gui::{GuiContext, ParamSetter};

use super::gestures::Gestures;
use super::view::{Look, View, theme};
use super::{Model, Shared};

/// Model, view and gestures of an instance.
pub struct App {
    shared: Shared,
    model: Model,
    view: View,
    /// There while a window is open.
    gestures: Option<Gestures>,
}

impl App {
    /// Without a window yet.
    pub fn new(shared: Shared) -> Self {
        Self { shared, model: Model::default(), view: View::default(), gestures: None }
    }

    /// A window opens, with an egui of its own.
    pub fn opened(&mut self, egui: &egui::Context, host: GuiContext) {
        theme::apply(egui);
        // Anew, because the last window may have been closed by a panic in there.
        self.view = View::default();
        self.gestures = Some(Gestures::new(host));
        let mut outer = self.shared.outer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        self.model.catch_up(&mut outer.meters);
    }

    /// Takes in what has happened until `now`; whether a frame is to be drawn for it.
    pub fn tick(&mut self, now: Duration) -> bool {
        self.take_in(now);
        self.model.has_moved()
    }

    /// One frame, as it is `now`.
    pub fn ui(&mut self, ui: &mut egui::Ui, now: Duration) {
        self.take_in(now);
        let dropped = ui.input(|input| {
            input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect()
        });
        self.model.files_dropped(dropped);
        let Some(gestures) = &self.gestures else { return };
        let look = Look {
            model: &mut self.model,
            params: &self.shared.params,
            setter: &ParamSetter::new(gestures),
            config: self.shared.status.config(),
            inputs: self.shared.link.inputs(),
            refusal: self.shared.link.refusal(),
        };
        self.view.show(ui, look);
        if ui.input(|input| !input.pointer.any_down()) {
            gestures.end_all();
        }
    }

    /// The window has gone.
    pub fn closed(&mut self) {
        if let Some(gestures) = self.gestures.take() {
            gestures.end_all();
        }
    }

    /// What the editor knows.
    pub fn model(&mut self) -> &mut Model {
        &mut self.model
    }

    fn take_in(&mut self, now: Duration) {
        let rate = self.shared.status.config().map(|config| config.rate);
        let mut outer = self.shared.outer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        self.model.advance(now, &mut outer.meters, rate);
        drop(outer);
        self.model.set_targets(self.shared.params.targets());
    }
}
