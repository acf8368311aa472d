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
//! | [`stereo`]    | readings of a stereo signal                                       |
//! | [`true_peak`] | peaks between the samples                                         |
//! | [`loudness`]  | momentary, short-term and integrated loudness, loudness range     |
//! | [`scale`]     | RMS and the scales that it is read on                             |
//! | [`hops`]      | the steps of 10 ms that loudness is measured in                   |
//! | [`points`]    | all meter points of the console together                          |
//! | [`file`]      | the loudness of a whole file                                      |
//! | [`pyramid`]   | what a waveform looks like from afar                              |
//! | [`simd`]      | the kernels, at the widest level that the processor has           |
//! | [`scalar`]    | their plain twins, which say what they have to compute             |
//! | [`console`]   | strips, master and monitor: filters, ducker, pans, limiter          |
//! | [`denormals`] | the processor's flush-to-zero mode, for as long as a block lasts  |

pub mod clip;
pub mod console;
pub mod denormals;
pub mod file;
pub mod hops;
pub mod loudness;
pub mod meter;
pub mod mix;
pub mod points;
pub mod pyramid;
pub mod ramp;
pub mod scalar;
pub mod scale;
pub mod simd;
pub mod stereo;
pub mod true_peak;
pub mod units;

pub use clip::{Clip, ClipWriter, Growth};
pub use ramp::Ramp;
pub use simd::Level;
pub use stereo::StereoReading;
pub use true_peak::TruePeak;
pub use units::{Balance, Decibels, Gain, SampleRate};
