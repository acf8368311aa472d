//! Busbar's signal processing: arithmetic on samples and nothing else.
//!
//! No I/O, no threads, no locks, no paths, and no allocation after construction. Everything that
//! an audio callback can reach says "Realtime-safe".
//!
//! | module        | what                                                              |
//! |---------------|-------------------------------------------------------------------|
//! | [`units`]     | decibels, gains, balance, sample rates as types                   |
//! | [`ramp`]      | gain ramps in closed form of the absolute frame count             |
//! | [`mix`]       | scaling and summing of blocks                                     |
//! | [`meter`]     | peak, energy, and finding samples that are not numbers            |
//! | [`clip`]      | the samples of a file, growing while they are decoded              |
//! | [`console`]   | strips, master and monitor: filters, ducker, pans, limiter          |
//! | [`denormals`] | the processor's flush-to-zero mode, for as long as a block lasts  |

pub mod clip;
pub mod console;
pub mod denormals;
pub mod meter;
pub mod mix;
pub mod ramp;
pub mod units;

pub use clip::{Clip, ClipWriter, Growth};
pub use ramp::Ramp;
pub use units::{Balance, Decibels, Gain, SampleRate};
