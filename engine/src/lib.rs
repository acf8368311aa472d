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
//! | [`engine`]  | the signal flow                                                   |
//! | `strip`     | one bus: gain, balance, mute, the way to the master               |
//! | [`meters`]  | readings on their way out of the callback                         |
//! | [`wiring`]  | every queue between the audio thread and the others, in one place |

pub mod block;
pub mod engine;
pub mod meters;
pub mod session;
mod strip;
pub mod targets;
pub mod wiring;

pub use block::{Block, RenderMode, Stereo, StereoMut};
pub use engine::{Config, Engine, Layout};
pub use meters::{MeterFrame, MeterReader, Point};
pub use session::Session;
pub use targets::Targets;
pub use wiring::{AudioEnds, OuterEnds, wire};

/// Stereo buses: the host's main input and seven sidechains.
pub const BUSES: usize = 8;

/// Stereo sidechain inputs.
pub const SIDECHAINS: usize = BUSES - 1;
