//! Busbar's audio engine: eight stereo buses, a master, meters, and the session model.
//!
//! The engine runs in the host's audio callback. In here, and in everything it calls: no
//! allocation, no freeing, no lock, no system call, no log, no panic, no unbounded loop. It knows
//! neither files nor FFmpeg nor the plug-in framework nor the editor.
//!
//! | module      | what                                                              |
//! |-------------|-------------------------------------------------------------------|
//! | [`session`] | the one model of everything that is saved                         |
//! | [`targets`] | what the controls ask for, as a plain value                       |
//! | [`block`]   | what a host hands over for one call                               |
//! | [`deck`]    | plays a clip into a bus                                           |
//! | `decks`     | all of them, with their ends of the queues                        |
//! | [`engine`]  | the signal flow                                                   |
//! | `strips`    | all buses, and which of them makes room for which                 |
//! | `strip`     | one bus: from the trim to the way to the master                   |
//! | `master`    | the sum: fader, limiter, bypass                                   |
//! | [`keys`]    | what is heard of either: parts, bands, level                      |
//! | [`monitor`] | where one listens: the mix, or the reference                      |
//! | [`handoff`] | what threads hand one another that is more than a queue           |
//! | [`meters`]  | readings on their way out of the callback                         |
//! | [`wiring`]  | every queue between the audio thread and the others, in one place |

pub mod block;
pub mod deck;
mod decks;
pub mod engine;
pub mod handoff;
pub mod keys;
mod master;
pub mod meters;
pub mod monitor;
pub mod session;
mod strip;
mod strips;
pub mod targets;
pub mod wiring;

pub use block::{Block, RenderMode, Stereo, StereoMut};
pub use deck::{Loaded, Order};
pub use engine::{Config, Engine, Layout};
pub use meters::{MeterFrame, MeterReader, Point};
pub use monitor::Monitor;
pub use session::Session;
pub use targets::Targets;
pub use wiring::{AudioEnds, Install, OuterEnds, PumpEnds, Reductions, Retired, Slot, wire};

/// Stereo buses: the host's main input and seven sidechains.
pub const BUSES: usize = 8;

/// Places for clips: a deck for each bus, and the reference.
pub const SLOTS: usize = BUSES + 1;

/// Stereo sidechain inputs.
pub const SIDECHAINS: usize = BUSES - 1;
