//! The loudness of a whole file in one pass.
//!
//! A file need not wait for its samples, so time can be in the lanes of the K-weighting as well: a
//! few seconds are cut into segments that run side by side, each after a warm-up on what lies before
//! it. After a tenth of a second the filters have forgotten everything else by 130 dB.

use crate::denormals::FlushDenormals;
use crate::loudness::{HOPS_A_SECOND, Position, Programme, Readings, Weighting};
use crate::simd::k_weighting::Lanes;
use crate::simd::true_peak;
use crate::true_peak::{Filter, LATENCY, State};
use crate::{Level, SampleRate};

/// Lanes that keep the widest registers busy; more segments than that would only cost warm-ups.
const LANES: usize = 16;

/// Seconds of a warm-up.
const WARM_UP: f64 = 0.1;

/// What is known of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FileLoudness {
    /// Integrated loudness, range, the highest momentary and short-term, true peak. Momentary and
    /// short-term are those at the end.
    pub readings: Readings,
    /// The largest magnitude of a sample.
    pub sample_peak: f32,
    /// The largest magnitude of the signal, [`Self::sample_peak`] at the least.
    pub true_peak: f32,
}

/// Measures a file. Not for an audio thread: there is [`crate::points`].
#[derive(Clone, Debug)]
pub struct FileMeter {
    level: Level,
    weights: Vec<f64>,
    weighting: Option<Weighting>,
    /// Frames of a second, by which hops are counted.
    second: usize,
    segments: usize,
    /// Frames of a segment.
    segment: usize,
    warm_up: usize,
    /// Of each channel: what a warm-up needs, then what has not been weighted yet.
    waiting: Vec<Vec<f32>>,
    /// How much is waiting, without the warm-up.
    frames: usize,
    programme: Programme,
    filter: Filter,
    peaks: Vec<State>,
    sample_peak: f32,
}

impl FileMeter {
    /// For channels in the order of a layout.
    pub fn new(level: Level, rate: SampleRate, layout: &[Position]) -> Self {
        let second = rate.hertz().round() as usize;
        let warm_up = (rate.hertz() * WARM_UP) as usize;
        let segments = (LANES / layout.len().max(1)).max(1);
        // Half a second each lets all of them stay in a core's own cache. Hops must have the same
        // lengths in all of them, which needs a second where a hop is no whole number of frames.
        let segment = if second.is_multiple_of(HOPS_A_SECOND) { second / 2 } else { second };
        let room = warm_up + segments * segment;
        Self {
            level,
            weights: layout.iter().map(|position| position.weight()).collect(),
            weighting: Weighting::new(rate),
            second,
            segments,
            segment,
            warm_up,
            waiting: vec![vec![0.0; room]; layout.len()],
            frames: 0,
            programme: Programme::new(0),
            filter: Filter::new(),
            peaks: vec![State::SILENT; layout.len()],
            sample_peak: 0.0,
        }
    }

    /// Takes the next finite samples of each channel, all of one length.
    pub fn push(&mut self, channels: &[&[f32]]) {
        debug_assert_eq!(channels.len(), self.waiting.len());
        let _flush = FlushDenormals::begin();
        for (state, samples) in self.peaks.iter_mut().zip(channels) {
            let peak = true_peak::take_lazily(self.level, &self.filter, state, samples);
            self.sample_peak = self.sample_peak.max(peak);
        }
        let length = channels.first().map_or(0, |samples| samples.len());
        let mut at = 0;
        while at < length {
            let count = (self.segments * self.segment - self.frames).min(length - at);
            let from = self.warm_up + self.frames;
            for (waiting, samples) in self.waiting.iter_mut().zip(channels) {
                waiting[from..from + count].copy_from_slice(&samples[at..at + count]);
            }
            self.frames += count;
            at += count;
            if self.frames == self.segments * self.segment {
                self.weigh(self.segments, self.segment);
            }
        }
    }

    /// What is known now that the file has ended.
    pub fn finish(mut self) -> FileLoudness {
        let _flush = FlushDenormals::begin();
        // Where hops are all of one length, what is left can be cut anywhere between two.
        if self.second.is_multiple_of(HOPS_A_SECOND) {
            let hop = self.second / HOPS_A_SECOND;
            let segment = self.frames / hop / self.segments * hop;
            self.weigh(self.segments, segment);
        }
        let rest = self.frames;
        self.weigh(1, rest);
        for state in &mut self.peaks {
            true_peak::take(self.level, &self.filter, state, &[0.0; LATENCY]);
        }
        let between = self.peaks.iter().fold(0.0, |peak: f32, state| peak.max(state.peak));
        let true_peak = between.max(self.sample_peak);
        let readings = self.programme.final_readings().with_true_peak(true_peak);
        FileLoudness { readings, sample_peak: self.sample_peak, true_peak }
    }

    /// Weighs the first segments of what is waiting, all of one length, side by side.
    fn weigh(&mut self, segments: usize, length: usize) {
        let Some(weighting) = self.weighting else {
            self.frames = 0;
            return;
        };
        let channels = self.waiting.len();
        let mut lanes = Lanes::new(self.level, weighting, segments * channels);
        // The rows of all lanes from a frame of each segment on; a warm-up lies before it.
        let rows = |from: usize, to: usize| -> Vec<&[f32]> {
            let segment = |n: usize| self.waiting.iter().map(move |c| &c[n * length..]);
            (0..segments).flat_map(segment).map(|row| &row[from..to]).collect()
        };
        lanes.take(&rows(0, self.warm_up));
        let end_of = |hop: usize| hop * self.second / HOPS_A_SECOND;
        let hops = (0..).take_while(|hop| end_of(hop + 1) <= length).count();
        let mut powers = vec![0.0; segments * hops];
        for hop in 0..hops {
            let (from, to) = (end_of(hop), end_of(hop + 1));
            lanes.clear_energy();
            lanes.take(&rows(self.warm_up + from, self.warm_up + to));
            for (segment, energy) in lanes.energy().chunks_exact(channels.max(1)).enumerate() {
                let power: f64 = energy.iter().zip(&self.weights).map(|(e, w)| e * w).sum();
                powers[segment * hops + hop] = power / (to - from) as f64;
            }
        }
        powers.into_iter().for_each(|power| self.programme.hop(power, 0.0));
        // The end of it warms up what comes next.
        let done = segments * length;
        for waiting in &mut self.waiting {
            waiting.copy_within(done..self.warm_up + self.frames, 0);
        }
        self.frames -= done;
    }
}
