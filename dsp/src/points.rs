//! All meter points of the console, measured together.
//!
//! What all of them need is done once for all: the K-weighting has the channels of every point in its
//! lanes. A block is cut where hops end, so how the host cuts makes no difference, to the bit.

use crate::hops::Hops;
use crate::loudness::{Position, Programme, Readings, Weighting, Windows};
use crate::scale::{K_SYSTEM, Scale};
use crate::simd::k_weighting::Lanes;
use crate::true_peak::{Filter, LATENCY, State};
use crate::{Level, SampleRate, StereoReading, simd};

/// Stereo points that fit in.
pub const MOST: usize = 16;

/// Channels of a stereo signal.
const SIDES: usize = 2;

/// Points whose channels are one programme together, 5.1 say.
#[derive(Clone, Debug)]
pub struct Group {
    channels: Vec<(usize, f64)>,
}

impl Group {
    /// Channels of consecutive points from `first` on, two of each point, in the order of a layout.
    pub fn new(first: usize, layout: &[Position]) -> Self {
        let channels = layout.iter().enumerate();
        Self { channels: channels.map(|(n, at)| (SIDES * first + n, at.weight())).collect() }
    }
}

/// What a point did since it was last asked, and what it knows by now.
#[derive(Clone, Copy, Debug)]
pub struct PointReading {
    /// Peaks, energies, correlation, offset and clips since it was last asked.
    pub stereo: StereoReading,
    /// The true peak of each side since it was last asked.
    pub true_peak: [f32; 2],
    /// The root of the mean square of each side over 0.3 s, once there were as many.
    pub rms: [Option<f32>; 2],
    /// The same over 0.6 s, for the K-system's scales.
    pub slow_rms: [Option<f32>; 2],
    /// Of both sides together.
    pub loudness: Readings,
}

/// One stereo point.
#[derive(Clone, Debug)]
struct Point {
    /// Since it was last asked, and since the hop began.
    stereo: StereoReading,
    hop: StereoReading,
    true_peak: [f32; SIDES],
    squares: [Windows; SIDES],
}

/// All points.
#[derive(Clone, Debug)]
pub struct Points {
    level: Level,
    filter: Filter,
    hops: Hops,
    /// Not at rates at which loudness is undefined.
    lanes: Option<Lanes>,
    peaks: Vec<State>,
    points: Vec<Point>,
    groups: Vec<Group>,
    /// Of each point, then of each group.
    programmes: Vec<Programme>,
}

impl Points {
    /// So many points, [`MOST`] at the most, and groups of them.
    pub fn new(level: Level, rate: SampleRate, points: usize, groups: Vec<Group>) -> Self {
        let points = points.min(MOST);
        let channels = SIDES * points;
        let of_a_point = |n| Group::new(n, crate::loudness::layout::STEREO);
        let mut all: Vec<Group> = (0..points).map(of_a_point).collect();
        all.extend(groups.into_iter().filter(|g| g.channels.iter().all(|c| c.0 < channels)));
        let squares = || [Windows::new(K_SYSTEM), Windows::new(K_SYSTEM)];
        let (stereo, hop) = (StereoReading::default(), StereoReading::default());
        let point = || Point { stereo, hop, true_peak: [0.0; SIDES], squares: squares() };
        Self {
            level,
            filter: Filter::new(),
            hops: Hops::new(rate),
            lanes: Weighting::new(rate).map(|weighting| Lanes::new(level, weighting, channels)),
            peaks: vec![State::SILENT; channels],
            points: (0..points).map(|_| point()).collect(),
            programmes: (0..all.len()).map(Programme::new).collect(),
            groups: all,
        }
    }

    /// Takes finite samples of all points in, all of one length. Realtime-safe.
    pub fn take(&mut self, signals: &[[&[f32]; SIDES]]) {
        debug_assert_eq!(signals.len(), self.points.len());
        let frames = signals.first().map_or(0, |signal| signal[0].len());
        let mut at = 0;
        while at < frames {
            let count = self.hops.lacks().min(frames - at);
            let mut rows: [&[f32]; SIDES * MOST] = [&[]; SIDES * MOST];
            for (row, signal) in rows.iter_mut().zip(signals.as_flattened()) {
                *row = &signal[at..at + count];
            }
            self.measure(&rows[..SIDES * self.points.len()]);
            if let Some(length) = self.hops.count(count) {
                self.complete(f64::from(length));
            }
            at += count;
        }
    }

    fn measure(&mut self, rows: &[&[f32]]) {
        if let Some(lanes) = &mut self.lanes {
            lanes.take(rows);
        }
        for (state, row) in self.peaks.iter_mut().zip(rows) {
            simd::true_peak::take(self.level, &self.filter, state, row);
        }
        for (point, sides) in self.points.iter_mut().zip(rows.chunks_exact(SIDES)) {
            simd::stereo::read(self.level, &mut point.hop, sides[0], sides[1]);
        }
    }

    /// A hop is complete: everything that looks at hops has its turn.
    fn complete(&mut self, length: f64) {
        let energy = self.lanes.as_ref().map_or(&[][..], Lanes::energy);
        for (programme, group) in self.programmes.iter_mut().zip(&self.groups) {
            let mut power = 0.0;
            let mut peak = 0f32;
            for (channel, weight) in &group.channels {
                power += weight * energy.get(*channel).copied().unwrap_or(0.0);
                peak = peak.max(self.peaks[*channel].peak);
            }
            programme.hop(power / length, peak);
        }
        if let Some(lanes) = &mut self.lanes {
            lanes.clear_energy();
        }
        for (point, peaks) in self.points.iter_mut().zip(self.peaks.chunks_exact_mut(SIDES)) {
            for (side, state) in peaks.iter_mut().enumerate() {
                point.squares[side].push(point.hop.energy[side] / length);
                let peak = std::mem::replace(&mut state.peak, 0.0);
                point.true_peak[side] = point.true_peak[side].max(peak);
            }
            point.stereo.fold(&std::mem::take(&mut point.hop));
        }
    }

    /// What a point did since this was last asked of it; the highest values start over. `None` for a
    /// point that is not there. Realtime-safe.
    pub fn read(&mut self, point: usize) -> Option<PointReading> {
        let loudness = self.programmes.get(point)?.readings();
        let peaks = self.peaks.get_mut(SIDES * point..SIDES * point + SIDES)?;
        let point = self.points.get_mut(point)?;
        // What the open hop has seen so far is shown now, and once more when it is complete.
        let mut stereo = std::mem::take(&mut point.stereo);
        stereo.peak = std::array::from_fn(|side| stereo.peak[side].max(point.hop.peak[side]));
        let mut true_peak = std::mem::take(&mut point.true_peak);
        for side in 0..SIDES {
            // Between the samples is not known as soon as at the samples.
            true_peak[side] = true_peak[side].max(peaks[side].peak).max(stereo.peak[side]);
        }
        let rms = |scale: Scale| {
            let mean = |side: usize| point.squares[side].mean(scale.hops());
            std::array::from_fn(|side| mean(side).map(|power| power.sqrt() as f32))
        };
        let (rms, slow_rms) = (rms(Scale::Aes17), rms(Scale::K20));
        Some(PointReading { stereo, true_peak, rms, slow_rms, loudness })
    }

    /// The programmes: those of the points, then those of the groups. Realtime-safe.
    pub fn programmes(&self) -> &[Programme] {
        &self.programmes
    }

    /// The same, to be started, paused and continued. Realtime-safe.
    pub fn programmes_mut(&mut self) -> &mut [Programme] {
        &mut self.programmes
    }

    /// The signal was interrupted: filters and windows forget it, what was measured stays.
    /// Realtime-safe.
    pub fn interrupt(&mut self) {
        if let Some(lanes) = &mut self.lanes {
            lanes.reset();
        }
        self.programmes.iter_mut().for_each(Programme::interrupt);
        for state in &mut self.peaks {
            *state = State { peak: state.peak, ..State::SILENT };
        }
        for square in self.points.iter_mut().flat_map(|point| &mut point.squares) {
            square.clear();
        }
    }

    /// Frames by which true peaks are seen late. Realtime-safe.
    pub fn latency(&self) -> usize {
        LATENCY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loudness::layout;
    use proptest::prelude::*;

    fn noise(seed: u64, frames: usize) -> Vec<f32> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        (0..frames).map(|_| next()).collect()
    }

    fn points(rate: f64, count: usize) -> Points {
        let group = Group::new(0, layout::SURROUND_5_1);
        Points::new(Level::best(), SampleRate::new(rate).unwrap(), count, vec![group])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn nothing_depends_on_how_blocks_are_cut(
            cuts in prop::collection::vec(1usize..1100, 1..12),
            rate in prop_oneof![Just(48_000.0), Just(44_100.0), 3000.0..100_000.0], count in 1usize..11,
        ) {
            let signals: Vec<_> = (0..2 * count as u64).map(|n| noise(n, 40_000)).collect();
            let (mut whole, mut cut) = (points(rate, count), points(rate, count));
            let rows = |from: usize, to: usize| -> Vec<[&[f32]; 2]> {
                signals.chunks_exact(2).map(|s| [&s[0][from..to], &s[1][from..to]]).collect()
            };
            whole.take(&rows(0, 40_000));
            let mut from = 0;
            for length in cuts.iter().cycle() {
                let to = (from + length).min(40_000);
                cut.take(&rows(from, to));
                from = to;
                if from == 40_000 { break; }
            }
            for n in 0..count {
                let (a, b) = (whole.read(n).unwrap(), cut.read(n).unwrap());
                prop_assert_eq!(a.loudness, b.loudness);
                prop_assert_eq!((a.true_peak, a.stereo.peak), (b.true_peak, b.stereo.peak));
                prop_assert_eq!(a.loudness.momentary.is_some(), rate >= 4000.0);
            }
            for (a, b) in whole.programmes().iter().zip(cut.programmes()) {
                prop_assert_eq!(a.final_readings(), b.final_readings());
            }
        }
    }

    #[test]
    fn a_group_is_its_channels_by_their_weights() {
        let mut points = points(48_000.0, 3);
        let tone: Vec<f32> = (0..48_000).map(|n| (n as f32 * 0.1305).sin()).collect();
        let silence = vec![0.0; 48_000];
        // Only the surrounds, then the effects as well, which are not heard.
        points.take(&[[&silence, &silence], [&silence, &tone], [&tone, &tone]]);
        let of = |n: usize| points.programmes()[n].final_readings().integrated.unwrap().0;
        assert!((of(3) - of(2) - 10.0 * 1.41f64.log10()).abs() < 1e-9);
        assert_eq!(points.programmes()[0].final_readings().integrated, None);
    }

    #[test]
    fn a_group_of_points_that_are_not_there_is_left_out() {
        assert_eq!(points(48_000.0, 2).programmes().len(), 2);
        assert_eq!(points(48_000.0, 3).programmes().len(), 4);
        assert!(points(48_000.0, 2).read(2).is_none());
    }

    #[test]
    fn an_interruption_forgets_the_signal_only() {
        let mut points = points(48_000.0, 1);
        let tone: Vec<f32> = (0..200_000).map(|n| (n as f32 * 0.1305).sin()).collect();
        points.take(&[[&tone, &tone]]);
        points.interrupt();
        let reading = points.read(0).unwrap();
        assert_eq!((reading.loudness.momentary, reading.rms), (None, [None; 2]));
        assert!(reading.loudness.integrated.is_some());
        points.take(&[[&[0.0; 48_000], &[0.0; 48_000]]]);
        assert_eq!(points.read(0).unwrap().loudness.momentary, None);
    }
}
