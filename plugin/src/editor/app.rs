//! One instance's editor, a frame at a time. Lives as long as the instance; windows come and go.

use std::time::{Duration, Instant};

use busbar_engine::session::Window;
use nih_plug::context::gui::{GuiContext, ParamSetter};

use super::gestures::Gestures;
use super::view::{Look, View, theme};
use super::{Chooser, Desk, Model, Shared};

/// Model, view and gestures of an instance.
pub struct App {
    shared: Shared,
    model: Model,
    desk: Desk,
    chooser: Chooser,
    view: View,
    /// The window's size when it last stood still.
    size: Still,
    /// From here the model's time is counted.
    epoch: Instant,
    /// There while a window is open.
    gestures: Option<Gestures>,
}

impl App {
    /// Without a window yet.
    pub fn new(shared: Shared) -> Self {
        Self {
            model: Model::default(),
            desk: Desk::new(&shared),
            chooser: Chooser::default(),
            view: View::default(),
            size: Still::default(),
            shared,
            epoch: Instant::now(),
            gestures: None,
        }
    }

    /// A window opens, with an egui of its own.
    pub fn opened(&mut self, egui: &egui::Context, host: GuiContext) {
        theme::apply(egui);
        // Anew, because the last window may have been closed by a panic in there.
        self.view = View::default();
        self.size = Still::begin(self.epoch.elapsed());
        self.gestures = Some(Gestures::new(host));
        let mut outer = self.shared.outer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        self.model.catch_up(&mut outer.meters);
    }

    /// Takes in what has happened; whether a frame is to be drawn for it.
    pub fn tick(&mut self) -> bool {
        self.take_in();
        let listed = self.chooser.take_news();
        self.model.has_moved() | listed
    }

    /// One frame.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        self.take_in();
        let Some(gestures) = &self.gestures else { return };
        let look = Look {
            model: &mut self.model,
            desk: &mut self.desk,
            chooser: &mut self.chooser,
            params: &self.shared.params,
            setter: &ParamSetter::new(gestures),
            config: self.shared.status.config(),
            inputs: self.shared.link.inputs(),
            has_monitor: self.shared.link.outputs() >> 1 & 1 == 1,
            has_failed: self.shared.link.has_failed(),
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
        self.chooser.close();
    }

    /// What a user can do with the decks.
    #[cfg(test)]
    pub fn desk(&mut self) -> &mut Desk {
        &mut self.desk
    }

    /// What the editor knows.
    pub fn model(&mut self) -> &mut Model {
        &mut self.model
    }

    fn take_in(&mut self) {
        let rate = self.shared.status.config().map(|config| config.rate);
        let mut outer = self.shared.outer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        self.model.advance(self.epoch.elapsed(), &mut outer.meters, rate);
        drop(outer);
        self.model.set_targets(self.shared.params.targets());
        self.desk.send_orders();
        self.model.set_decks(self.desk.statuses(), self.desk.listening());
        if self.size.has_changed(self.shared.params.size.saved(), self.epoch.elapsed()) {
            self.shared.link.edit();
        }
    }
}

/// Notices that the window has another size, once it stands still: on its way there it has many.
#[derive(Debug, Default)]
struct Still {
    kept: Option<Option<Window>>,
    last: Option<Window>,
    since: Duration,
}

const STILL: Duration = Duration::from_secs(1);

impl Still {
    /// A window opens: what it is once it stands still is no change.
    fn begin(now: Duration) -> Self {
        Self { since: now, ..Self::default() }
    }

    fn has_changed(&mut self, size: Option<Window>, now: Duration) -> bool {
        if std::mem::replace(&mut self.last, size) != size {
            self.since = now;
        }
        if now.saturating_sub(self.since) < STILL {
            return false;
        }
        self.kept.replace(size).is_some_and(|kept| kept != size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_size_that_stays_is_a_change() {
        let size = |width| Some(Window { width, height: 700 });
        let seconds = Duration::from_secs_f64;
        let mut still = Still::begin(seconds(50.0));
        for (at, width) in [(50.0, 560), (50.1, 1120), (51.2, 1120)] {
            assert!(!still.has_changed(size(width), seconds(at)), "it has just opened");
        }
        for (at, width) in [(52.0, 900), (52.1, 1000), (53.0, 1001), (53.9, 1001)] {
            assert!(!still.has_changed(size(width), seconds(at)), "it is on its way");
        }
        assert!(still.has_changed(size(1001), seconds(54.1)));
        assert!(!still.has_changed(size(1001), seconds(99.0)));
        assert!(!still.has_changed(size(900), seconds(100.0)));
        assert!(!still.has_changed(size(1001), seconds(100.5)), "and back again");
        assert!(!still.has_changed(size(1001), seconds(200.0)));
    }
}
