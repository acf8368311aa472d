//! Loudness by BS.1770-5, EBU R 128, Tech 3341 and Tech 3342.
//!
//! | module         | what                                                             |
//! |----------------|------------------------------------------------------------------|
//! | [`Weighting`]  | the K-weighting at a rate                                        |
//! | [`layout`]     | the weights of the channels that are measured together           |
//! | [`Windows`]    | momentary and short-term loudness                                |
//! | [`Histogram`]  | gating and percentiles in fixed memory                           |
//! | [`Programme`]  | integrated loudness and range, started, paused and continued     |

mod histogram;
pub mod layout;
mod programme;
mod units;
mod weighting;
mod window;

pub use histogram::{GATE, Histogram};
pub use layout::Position;
pub use programme::{LoudnessRange, Programme, Readings};
pub use units::{LoudnessUnits, Lufs, TruePeakLevel};
pub use weighting::Weighting;
pub use window::{HOPS_A_SECOND, MOMENTARY, SHORT_TERM, Windows};
