//! True peak with time in the lanes: each register holds the same value of consecutive frames.

use fearless_simd::{Simd, dispatch, prelude::*};

use super::{Level, WIDEST, load, load_rest};
use crate::true_peak::{BOUND, Filter, HISTORY, PAIRS, State};

/// Outputs that reach back into the samples of before; the rest is read where it lies.
const HEAD: usize = HISTORY + 1;

/// Room for the samples behind as many outputs as that, or behind the last register of a block.
const ROOM: usize = HISTORY + HEAD + WIDEST;

/// Takes finite samples in; the peak is within 10⁻⁵ of the plain twin's, and the same to the bit
/// however the samples are cut. Realtime-safe.
pub fn take(level: Level, filter: &Filter, state: &mut State, samples: &[f32]) {
    dispatch!(level.token(), simd => take_lanes(simd, filter, state, samples));
}

/// Frames that are looked at together to see whether they matter.
const STRETCH: usize = 128;

/// The same to the bit, and quicker where most samples are too low to matter: the filter makes no
/// more of them than the sum of its taps' magnitudes. For files; how long it takes depends on the
/// signal. Returns the largest magnitude of the samples. Realtime-safe.
pub fn take_lazily(level: Level, filter: &Filter, state: &mut State, samples: &[f32]) -> f32 {
    // With room for rounding, and for the parabola.
    let reach = filter.reach() * BOUND * 1.000_1;
    dispatch!(level.token(), simd => take_stretches(simd, filter, reach, state, samples))
}

#[inline(always)]
fn take_stretches<S: Simd>(
    simd: S,
    filter: &Filter,
    reach: f32,
    state: &mut State,
    samples: &[f32],
) -> f32 {
    let (mut before, mut left) = (highest(simd, &state.history), samples);
    let mut peak = 0f32;
    while !left.is_empty() {
        let (stretch, rest) = left.split_at(STRETCH.min(left.len()));
        let here = highest(simd, stretch);
        peak = peak.max(here);
        // The history is shorter than a stretch, so the highest of the last one covers it.
        if before.max(here) * reach > state.peak || stretch.len() < STRETCH {
            take_lanes(simd, filter, state, stretch);
        } else {
            // All that later frames need of these: the last value, and the history.
            let (unheard, last) = stretch.split_at(STRETCH - 1);
            state.history.copy_from_slice(&unheard[unheard.len() - HISTORY..]);
            take_lanes(simd, filter, state, last);
        }
        (before, left) = (here, rest);
    }
    peak
}

/// The largest magnitude.
#[inline(always)]
fn highest<S: Simd>(simd: S, samples: &[f32]) -> f32 {
    let width = S::f32s::LEN;
    let zero = S::f32s::splat(simd, 0.0);
    let mut peaks = [zero; 2];
    let mut at = 0;
    while at + 2 * width <= samples.len() {
        peaks[0] = load(simd, samples, at).abs().max(peaks[0]);
        peaks[1] = load(simd, samples, at + width).abs().max(peaks[1]);
        at += 2 * width;
    }
    while at < samples.len() {
        let rest = &samples[at..samples.len().min(at + width)];
        peaks[0] = load_rest(simd, rest, 0).abs().max(peaks[0]);
        at += width;
    }
    peaks[0].max(peaks[1]).reduce_max()
}

#[inline(always)]
fn take_lanes<S: Simd>(simd: S, filter: &Filter, state: &mut State, samples: &[f32]) {
    let mut search = Search::new(simd, state);
    let head = samples.len().min(HEAD);
    let mut line = [0.0; ROOM];
    line[..HISTORY].copy_from_slice(&state.history);
    line[HISTORY..][..head].copy_from_slice(&samples[..head]);
    search.run(simd, filter, &line[..HISTORY + head]);
    if samples.len() > HEAD {
        search.run(simd, filter, &samples[HEAD - HISTORY..]);
    }
    match samples.len().checked_sub(HISTORY) {
        Some(from) => state.history.copy_from_slice(&samples[from..]),
        None => state.history.copy_from_slice(&line[head..][..HISTORY]),
    }
    state.peak = search.peak;
    state.before = search.three[0];
}

/// The search for the highest value.
struct Search<S: Simd> {
    peak: f32,
    /// [`Search::peak`] in all lanes.
    peaks: S::f32s,
    /// The value at three quarters of the frame before, and those of each lane's frame.
    three: [f32; 1 + WIDEST],
}

/// The values between the samples of each lane's frame and the next.
#[derive(Clone, Copy)]
struct Values<S: Simd> {
    common: S::f32s,
    apart: S::f32s,
    half: S::f32s,
}

impl<S: Simd> Search<S> {
    #[inline(always)]
    fn new(simd: S, state: &State) -> Self {
        let mut three = [0.0; 1 + WIDEST];
        three[0] = state.before;
        Self { peak: state.peak, peaks: S::f32s::splat(simd, state.peak), three }
    }

    /// Looks at as many frames as there are samples beyond the first [`HISTORY`].
    #[inline(always)]
    fn run(&mut self, simd: S, filter: &Filter, line: &[f32]) {
        let width = S::f32s::LEN;
        let frames = line.len() - HISTORY;
        // Several registers at once share the coefficients, as many as there is room for.
        let mut at = 0;
        if width == WIDEST {
            at = self.run_by::<4>(simd, filter, line, at);
        }
        at = self.run_by::<2>(simd, filter, line, at);
        at = self.run_by::<1>(simd, filter, line, at);
        if at < frames {
            let mut rest = [0.0; ROOM];
            let count = line.len() - at;
            rest[..count].copy_from_slice(&line[at..]);
            let [only] = values::<S, 1>(simd, filter, &rest[..HISTORY + width]);
            self.look(simd, &rest, only, frames - at);
        }
    }

    /// The frames of `N` registers at a time, while there are as many; returns where it stopped.
    #[inline(always)]
    fn run_by<const N: usize>(
        &mut self,
        simd: S,
        filter: &Filter,
        line: &[f32],
        from: usize,
    ) -> usize {
        let width = S::f32s::LEN;
        let mut at = from;
        while at + N * width + HISTORY <= line.len() {
            let window = &line[at..at + HISTORY + N * width];
            let values = values::<S, N>(simd, filter, window);
            for (place, values) in values.into_iter().enumerate() {
                self.look(simd, &window[place * width..], values, width);
            }
            at += N * width;
        }
        at
    }

    /// Looks at the values of the first `frames` lanes.
    #[inline(always)]
    fn look(&mut self, simd: S, window: &[f32], values: Values<S>, frames: usize) {
        let Values { common, apart, half } = values;
        let here = load(simd, window, PAIRS - 1);
        // The larger of |a + b| and |a − b| is |a| + |b|.
        let mut highest = (common.abs() + apart.abs()).max(half.abs()).max(here.abs());
        (common - apart).store_slice(&mut self.three[1..1 + S::f32s::LEN]);
        if frames < S::f32s::LEN {
            highest = first(simd, highest, frames);
        }
        // Nothing in between can be higher than that.
        if (highest * BOUND).simd_gt(self.peaks).any_true() {
            self.refine(simd, window, values, frames);
        }
        self.three[0] = self.three[frames];
    }

    /// Looks at what lies between the values.
    #[inline(always)]
    fn refine(&mut self, simd: S, window: &[f32], values: Values<S>, frames: usize) {
        let Values { common, apart, half } = values;
        let (here, next) = (load(simd, window, PAIRS - 1), load(simd, window, PAIRS));
        let (quarter, three) = (common + apart, common - apart);
        let before = load(simd, &self.three, 0);
        let mut heights = height(simd, before, here, quarter)
            .max(height(simd, here, quarter, half))
            .max(height(simd, quarter, half, three))
            .max(height(simd, half, three, next));
        if frames < S::f32s::LEN {
            heights = first(simd, heights, frames);
        }
        self.peak = heights.reduce_max().max(self.peak);
        self.peaks = S::f32s::splat(simd, self.peak);
    }
}

/// The first lanes, and zero in the others.
#[inline(always)]
fn first<S: Simd>(simd: S, lanes: S::f32s, count: usize) -> S::f32s {
    let mut values = [0.0; WIDEST];
    lanes.store_slice(&mut values[..S::f32s::LEN]);
    values[count..].fill(0.0);
    S::f32s::from_slice(simd, &values[..S::f32s::LEN])
}

/// The values of `N` registers' frames, from the samples around them.
#[inline(always)]
fn values<S: Simd, const N: usize>(simd: S, filter: &Filter, window: &[f32]) -> [Values<S>; N] {
    let zero = S::f32s::splat(simd, 0.0);
    let mut values = [Values { common: zero, apart: zero, half: zero }; N];
    for pair in 0..PAIRS {
        let common = S::f32s::splat(simd, filter.common[pair]);
        let apart = S::f32s::splat(simd, filter.apart[pair]);
        let half = S::f32s::splat(simd, filter.half[pair]);
        for (place, values) in values.iter_mut().enumerate() {
            let from = place * S::f32s::LEN;
            let behind = load(simd, window, from + PAIRS + pair);
            let before = load(simd, window, from + PAIRS - 1 - pair);
            let (sum, difference) = (behind + before, behind - before);
            values.common = sum.mul_add(common, values.common);
            values.half = sum.mul_add(half, values.half);
            values.apart = difference.mul_add(apart, values.apart);
        }
    }
    values
}

/// How high the signal gets around each value: see the plain twin.
#[inline(always)]
fn height<S: Simd>(simd: S, before: S::f32s, value: S::f32s, after: S::f32s) -> S::f32s {
    let zero = S::f32s::splat(simd, 0.0);
    let sign = S::f32s::splat(simd, 1.0).copysign(value);
    let bend = (value + value - before - after) * sign;
    let tilt = after - before;
    let height = value.abs();
    let is_peak = bend.simd_gt(zero) & tilt.abs().simd_le(bend);
    let vertex = (height + tilt * tilt / (bend * 8.0)).min(height * BOUND);
    is_peak.select(vertex, height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar;
    use proptest::prelude::*;

    fn take_cut(level: Level, samples: &[f32], cuts: &[usize]) -> State {
        let (filter, mut state, mut left) = (Filter::new(), State::SILENT, samples);
        for cut in cuts.iter().cycle() {
            if left.is_empty() {
                break;
            }
            let (head, tail) = left.split_at((*cut).min(left.len()));
            take(level, &filter, &mut state, head);
            left = tail;
        }
        state
    }

    proptest! {
        #[test]
        fn every_level_finds_the_peak_of_the_plain_twin_however_it_is_cut(
            samples in prop::collection::vec(-1.5f32..1.5, 0..600),
            scale in prop_oneof![3 => Just(1f32), 1 => Just(1e-30), 1 => Just(1e14), 1 => Just(1e-40)],
            cuts in prop::collection::vec(1usize..130, 1..6),
        ) {
            let samples: Vec<f32> = samples.iter().map(|x| x * scale).collect();
            let _flush = crate::denormals::FlushDenormals::begin();
            let mut plain = State::SILENT;
            scalar::true_peak::take(&Filter::new(), &mut plain, &samples);
            for level in Level::all() {
                let whole = take_cut(level, &samples, &[1000]);
                prop_assert_eq!(take_cut(level, &samples, &cuts), whole, "{:?}", level);
                prop_assert_eq!(whole.history, plain.history);
                let near = |a: f32, b: f32| (a - b).abs() <= 1e-5 * plain.peak.max(1e-37);
                prop_assert!(near(whole.peak, plain.peak), "{:?}: {} for {}", level, whole.peak, plain.peak);
                prop_assert!(near(whole.before, plain.before));
            }
        }

        #[test]
        fn being_lazy_changes_nothing(
            samples in prop::collection::vec(-1f32..1.0, 0..2000),
            heights in prop::collection::vec(prop_oneof![Just(1f32), 0f32..1.0, Just(0.01), Just(0.0)], 1..9),
            cuts in prop::collection::vec(1usize..500, 1..4),
        ) {
            let samples: Vec<f32> = samples.iter().enumerate()
                .map(|(n, x)| x * heights[n / 250 % heights.len()]).collect();
            for level in Level::all() {
                let whole = take_cut(level, &samples, &[5000]);
                let (filter, mut state, mut left) = (Filter::new(), State::SILENT, &samples[..]);
                for cut in cuts.iter().cycle() {
                    if left.is_empty() { break; }
                    let (head, tail) = left.split_at((*cut).min(left.len()));
                    let peak = take_lazily(level, &filter, &mut state, head);
                    prop_assert_eq!(peak, head.iter().fold(0f32, |peak, x| peak.max(x.abs())));
                    left = tail;
                }
                prop_assert_eq!(state, whole, "{:?}", level);
            }
        }

        #[test]
        fn a_search_that_starts_over_loses_nothing(
            samples in prop::collection::vec(-1f32..1.0, 1..400), at in 0usize..400,
        ) {
            for level in Level::all() {
                let whole = take_cut(level, &samples, &[1000]);
                let (filter, mut state) = (Filter::new(), State::SILENT);
                let (head, tail) = samples.split_at(at.min(samples.len()));
                take(level, &filter, &mut state, head);
                let early = std::mem::replace(&mut state.peak, 0.0);
                take(level, &filter, &mut state, tail);
                prop_assert_eq!(early.max(state.peak), whole.peak);
            }
        }
    }
}
