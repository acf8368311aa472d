//! The editor: a plain model, functions that draw it, and a window of our own to draw it in.
//!
//! | module         | what                                                                  |
//! |----------------|-----------------------------------------------------------------------|
//! | [`model`]      | what the editor knows: meters, decks; no window, no clock             |
//! | [`desk`]       | what a user can do with decks and monitor                             |
//! | [`chooser`]    | which file to load: folders, listed on threads of their own           |
//! | [`ballistics`] | how meters rise and fall                                              |
//! | [`gestures`]   | between the controls and the host: every change inside a gesture      |
//! | [`app`]        | one instance's editor: model, view and gestures, a frame at a time    |
//! | [`view`]       | the console and the list of parameters                                |
//! | [`widgets`]    | meter, fader, value, switch                                           |
//! | [`window`]     | egui on baseview                                                      |
//! | [`status`]     | what the instance tells the editor besides its meters                 |
//! | `probe`        | only in bundles for tests: what a window shows                        |
//!
//! Windows come and go, each on a thread of its own; everything that they show lives as long as the
//! instance. Parameters are changed through the framework's setter and in no other way.

pub mod app;
pub mod ballistics;
pub mod chooser;
pub mod desk;
pub mod gestures;
pub mod model;
#[cfg(feature = "probe")]
mod probe;
pub mod status;
pub mod view;
pub mod widgets;
pub mod window;

use std::sync::{Arc, Mutex};

use busbar_engine::OuterEnds;

pub use app::App;
pub use chooser::Chooser;
pub use desk::Desk;
pub use model::Model;
pub use status::Status;
pub use window::{Repaint, Size, WindowedEditor};

use crate::decks::Carrier;
use crate::guard::Link;
use crate::params::BusbarParams;

/// What an instance shares with its editor.
#[derive(Clone)]
pub struct Shared {
    /// The host's parameters.
    pub params: Arc<BusbarParams>,
    /// The queues' ends outside the audio thread.
    pub outer: Arc<Mutex<OuterEnds>>,
    /// What the guard knows.
    pub link: Arc<Link>,
    /// What the engine has been made for.
    pub status: Arc<Status>,
    /// What the pump knows of its decks.
    pub carrier: Arc<Carrier>,
}

/// The editor of an instance, without a window yet.
pub fn editor(shared: Shared) -> WindowedEditor {
    let (size, repaint) = (shared.params.size.clone(), Repaint::default());
    WindowedEditor::new(App::new(shared), size, repaint)
}

#[cfg(test)]
mod tests;
