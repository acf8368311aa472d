//! True peak: the largest magnitude of the signal that the samples stand for, between them too.
//!
//! Values at a quarter, a half and three quarters of the way between samples come from a filter
//! ([`Filter`]) that is much longer than that of BS.1770-5, Annex 2. That leaves up to 0.7 dB
//! between a peak and the nearest value, so around each that might matter a parabola through it and
//! its neighbours says how high the signal got. It is the same at every rate: fewer values at 96 kHz
//! and more, which the standard allows, would not be as accurate.

mod filter;

pub use filter::{Filter, PAIRS, TAPS};

use crate::{Level, simd};

/// Samples of before that the next value needs.
pub const HISTORY: usize = TAPS - 1;

/// Frames by which a peak is seen late.
pub const LATENCY: usize = PAIRS;

/// A signal cannot be higher between values than the highest of them times this (1 / cos(π / 8),
/// with a little room for rounding); no peak is taken for higher.
pub const BOUND: f32 = 1.083;

/// The true peak of a channel. It does not depend on how the samples were cut into blocks, to the
/// bit.
#[derive(Clone, Debug)]
pub struct TruePeak {
    filter: Filter,
    state: State,
}

/// What a channel carries from block to block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    /// The samples of before, the oldest first.
    pub history: [f32; HISTORY],
    /// The value at three quarters before the next.
    pub before: f32,
    /// The highest so far.
    pub peak: f32,
}

impl State {
    /// After silence.
    pub const SILENT: Self = Self { history: [0.0; HISTORY], before: 0.0, peak: 0.0 };
}

impl TruePeak {
    /// After silence.
    pub fn new(filter: Filter) -> Self {
        Self { filter, state: State::SILENT }
    }

    /// Takes finite samples in. Realtime-safe.
    pub fn take(&mut self, level: Level, samples: &[f32]) {
        simd::true_peak::take(level, &self.filter, &mut self.state, samples);
    }

    /// The highest since it was last taken away. Of the last [`LATENCY`] frames nothing is known
    /// yet. Realtime-safe.
    pub fn peak(&self) -> f32 {
        self.state.peak
    }

    /// The highest since this was last asked for; it starts over. Realtime-safe.
    pub fn take_peak(&mut self) -> f32 {
        std::mem::replace(&mut self.state.peak, 0.0)
    }

    /// Lets what is still inside come out, as if silence followed. Realtime-safe.
    pub fn finish(&mut self, level: Level) {
        self.take(level, &[0.0; LATENCY]);
    }

    /// Forgets signal and peak. Realtime-safe.
    pub fn reset(&mut self) {
        self.state = State::SILENT;
    }
}
