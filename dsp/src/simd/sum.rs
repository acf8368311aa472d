//! Stereo buses into one stereo sum, each with its own gain ramp.
//!
//! All buses of a few frames are added up in registers and stored once. It is heard, so no level
//! differs from the plain twin by a bit, and what is transparent there is here.

use fearless_simd::{Simd, dispatch, prelude::*};

use super::{Level, STAIRS, WIDEST, load, load_rest};
use crate::ramp::{Line, Ramp};
use crate::scalar;

/// As many buses as fit into one call.
pub const BUSES: usize = 8;

/// Ramps of this many frames and more (five minutes) are left to the plain twin: beyond, single
/// precision does not count frames exactly.
const COUNTABLE: f32 = 16_777_216.0;

/// What goes into a sum.
#[derive(Clone, Copy, Debug)]
pub struct Bus<'a> {
    /// Left and right.
    pub sides: [&'a [f32]; 2],
    /// How much of it.
    pub gain: Ramp,
}

/// Replaces what is in `out` by the sum of the buses (no more than [`BUSES`]) from `frame` on. All
/// sides of all buses are as long as those of `out`.
///
/// The first bus is multiplied by its gain where that is not 1, so that at unity even a denormal
/// passes; the others are added as [`crate::mix::accumulate`] does it. Realtime-safe.
pub fn sum(level: Level, frame: u64, buses: &[Bus], out: [&mut [f32]; 2]) {
    let [left, right] = out;
    let frames = left.len();
    debug_assert_eq!(right.len(), frames);
    let parts: [Part; BUSES] =
        std::array::from_fn(|n| buses.get(n).map_or(Part::SILENT, |bus| Part::new(bus, frame)));
    let parts = &parts[..buses.len().min(BUSES)];
    let fits = |part: &Part| part.fits(frames);
    if parts.is_empty() || buses.len() > BUSES || !parts.iter().all(fits) {
        return scalar::sum::sum(frame, buses, [left, right]);
    }
    let mut moving = parts.iter().filter(|part| part.length > 0.0);
    let pace = moving.next().map_or((1.0, 0.0), |part| (part.step, part.length));
    let motion = match pace {
        (_, 0.0) => Motion::Still,
        (step, length) if moving.all(|part| (part.step, part.length) == pace) => {
            Motion::Together { step, length }
        }
        _ => Motion::Apart,
    };
    dispatch!(level.token(), simd => sum_parts(simd, motion, parts, left, right));
}

/// How the gains move. Controls that are moved together have ramps that keep step, and one division
/// does for all of them.
#[derive(Clone, Copy)]
enum Motion {
    Still,
    Together { step: f32, length: f32 },
    Apart,
}

/// A bus and its ramp in the form that lanes need.
#[derive(Clone, Copy)]
struct Part<'a> {
    sides: [&'a [f32]; 2],
    from: f32,
    by: f32,
    to: f32,
    step: f32,
    /// 0 for a gain that has settled.
    length: f32,
}

impl<'a> Part<'a> {
    const SILENT: Self =
        Self { sides: [&[]; 2], from: 0.0, by: 0.0, to: 0.0, step: 1.0, length: 0.0 };

    fn new(bus: &Bus<'a>, frame: u64) -> Self {
        let Line { from, to, step, length } = bus.gain.line(frame);
        let (by, step, length) = (to - from, step as f32, length as f32);
        Self { sides: bus.sides, from, by, to, step, length }
    }

    /// Whether the lanes' arithmetic is that of [`Ramp::at`]: they have no −0.
    fn fits(&self, frames: usize) -> bool {
        self.length < COUNTABLE
            && self.to.to_bits() != (-0f32).to_bits()
            && self.sides[0].len() == frames
            && self.sides[1].len() == frames
    }
}

/// How far ramps have got, and where they have arrived.
#[derive(Clone, Copy)]
struct Progress<S: Simd> {
    share: S::f32s,
    arrived: S::mask32s,
}

impl<S: Simd> Progress<S> {
    #[inline(always)]
    fn all<const N: usize>(simd: S, frames: &[S::f32s; N], step: f32, length: f32) -> [Self; N] {
        let length = S::f32s::splat(simd, length);
        let mut all = [Self { share: length, arrived: length.simd_ge(length) }; N];
        for (progress, frames) in all.iter_mut().zip(frames) {
            let step = *frames + step;
            *progress = Self { share: step / length, arrived: step.simd_ge(length) };
        }
        all
    }

    /// The gains of a part: [`Ramp::at`], operation by operation.
    #[inline(always)]
    fn gains(self, simd: S, part: &Part) -> S::f32s {
        self.arrived.select(S::f32s::splat(simd, part.to), self.share * part.by + part.from)
    }
}

#[inline(always)]
fn sum_parts<S: Simd>(
    simd: S,
    motion: Motion,
    parts: &[Part],
    left: &mut [f32],
    right: &mut [f32],
) {
    let width = S::f32s::LEN;
    let mut at = sum_by::<S, 4>(simd, motion, parts, left, right, 0);
    at = sum_by::<S, 2>(simd, motion, parts, left, right, at);
    while at < left.len() {
        let whole = at + width <= left.len();
        let [sides] = if whole {
            sum_at::<S, 1, false>(simd, motion, parts, at)
        } else {
            sum_at::<S, 1, true>(simd, motion, parts, at)
        };
        let mut rest = [0.0; WIDEST];
        sides[0].store_slice(&mut rest[..width]);
        copy(&rest[..width], &mut left[at..]);
        sides[1].store_slice(&mut rest[..width]);
        copy(&rest[..width], &mut right[at..]);
        at += width;
    }
}

/// As many frames as `N` registers hold at a time, while there are as many; returns where it stopped.
#[inline(always)]
fn sum_by<S: Simd, const N: usize>(
    simd: S,
    motion: Motion,
    parts: &[Part],
    left: &mut [f32],
    right: &mut [f32],
    from: usize,
) -> usize {
    let width = S::f32s::LEN;
    let mut at = from;
    while at + N * width <= left.len() {
        let sides = sum_at::<S, N, false>(simd, motion, parts, at);
        for place in 0..N {
            let at = at + place * width;
            sides[place][0].store_slice(&mut left[at..at + width]);
            sides[place][1].store_slice(&mut right[at..at + width]);
        }
        at += N * width;
    }
    at
}

#[inline(always)]
fn copy(from: &[f32], to: &mut [f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

/// Both sides of as many frames as `N` registers hold, or of the rest.
#[inline(always)]
fn sum_at<S: Simd, const N: usize, const REST: bool>(
    simd: S,
    motion: Motion,
    parts: &[Part],
    at: usize,
) -> [[S::f32s; 2]; N] {
    let stairs = S::f32s::from_slice(simd, &STAIRS[..S::f32s::LEN]);
    let mut frames = [stairs; N];
    for (place, frames) in frames.iter_mut().enumerate() {
        *frames = stairs + (at + place * S::f32s::LEN) as f32;
    }
    let sums = match motion {
        Motion::Still => {
            let progress = Progress::all(simd, &frames, 1.0, 0.0);
            sum_with::<S, N, REST, false, false>(simd, progress, parts, &frames, at)
        }
        Motion::Together { step, length } => {
            let progress = Progress::all(simd, &frames, step, length);
            sum_with::<S, N, REST, false, false>(simd, progress, parts, &frames, at)
        }
        Motion::Apart => {
            let progress = Progress::all(simd, &frames, 1.0, 0.0);
            sum_with::<S, N, REST, true, false>(simd, progress, parts, &frames, at)
        }
    };
    let zero = S::f32s::splat(simd, 0.0);
    let mut plain = sums[0][0].abs().simd_gt(zero);
    for [left, right] in &sums {
        plain = plain & left.abs().simd_gt(zero) & right.abs().simd_gt(zero);
    }
    // Adding zero changes only what is zero, as good as that, or no number: see `sum_with`.
    if plain.all_true() {
        return sums;
    }
    let (step, length) = match motion {
        Motion::Together { step, length } => (step, length),
        _ => (1.0, 0.0),
    };
    let progress = Progress::all(simd, &frames, step, length);
    match motion {
        Motion::Apart => sum_with::<S, N, REST, true, true>(simd, progress, parts, &frames, at),
        _ => sum_with::<S, N, REST, false, true>(simd, progress, parts, &frames, at),
    }
}

/// Adds up, each part with its own progress where they are `APART`.
///
/// With `EXACT`, a product of zero is not added, which is what [`crate::mix::accumulate`] asks for.
/// Without, it is: that turns −0 into 0, and a denormal into 0 where those are flushed, and changes
/// nothing else in a number. Such a sum then stays zero, or takes the next product as it is, just
/// like the one that was left alone; so the two can differ only where the result is zero in the end.
#[inline(always)]
fn sum_with<S: Simd, const N: usize, const REST: bool, const APART: bool, const EXACT: bool>(
    simd: S,
    shared: [Progress<S>; N],
    parts: &[Part],
    frames: &[S::f32s; N],
    at: usize,
) -> [[S::f32s; 2]; N] {
    let zero = S::f32s::splat(simd, 0.0);
    let one = S::f32s::splat(simd, 1.0);
    let mut sums = [[zero; 2]; N];
    for (index, part) in parts.iter().enumerate() {
        let progress =
            if APART { Progress::all(simd, frames, part.step, part.length) } else { shared };
        for place in 0..N {
            let gains = progress[place].gains(simd, part);
            let at = at + place * S::f32s::LEN;
            for side in 0..2 {
                let samples = if REST {
                    load_rest(simd, part.sides[side], at)
                } else {
                    load(simd, part.sides[side], at)
                };
                let (sum, product) = (sums[place][side], samples * gains);
                sums[place][side] = if index == 0 {
                    gains.simd_eq(one).select(samples, product)
                } else if EXACT {
                    product.simd_eq(zero).select(sum, sum + product)
                } else {
                    sum + product
                };
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denormals::FlushDenormals;
    use proptest::prelude::*;

    const FRAMES: usize = 300;
    const START: u64 = 1000;

    /// Samples of any kind, NaN, infinities and denormals among them.
    fn samples() -> impl Strategy<Value = Vec<f32>> {
        let sample = prop_oneof![
            8 => -2f32..2.0,
            1 => any::<u32>().prop_map(f32::from_bits),
            1 => prop_oneof![Just(0.0f32), Just(-0.0), Just(1e-40), Just(-1e-40), Just(1e30)],
        ];
        prop::collection::vec(sample, FRAMES)
    }

    /// A ramp that began so many frames before [`START`].
    fn ramp() -> impl Strategy<Value = Ramp> {
        let value = || prop_oneof![2 => -4f32..4.0, 1 => Just(0.0f32), 1 => Just(1.0)];
        (value(), value(), 0u64..700, 0u32..700).prop_map(|(from, to, before, length)| {
            let mut ramp = Ramp::steady(from);
            ramp.head_for(to, START - before, length);
            ramp
        })
    }

    fn same(a: f32, b: f32) -> bool {
        a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
    }

    proptest! {
        #[test]
        fn every_level_gives_the_bits_of_the_plain_twin(
            signals in prop::collection::vec(samples(), 3), gains in prop::collection::vec(ramp(), 1..=BUSES),
            frame in START..START + 200, offset in 0usize..20, length in 0usize..260, flush in any::<bool>(),
        ) {
            let _flush = flush.then(FlushDenormals::begin);
            let at = |n: usize| &signals[n % signals.len()][offset..offset + length];
            let buses: Vec<Bus> = gains.iter().enumerate()
                .map(|(n, gain)| Bus { sides: [at(n), at(n + 1)], gain: *gain }).collect();
            let mut plain = [vec![f32::NAN; length], vec![f32::NAN; length]];
            let [left, right] = &mut plain;
            scalar::sum::sum(frame, &buses, [left, right]);
            for level in Level::all() {
                let mut fast = [vec![f32::NAN; length], vec![f32::NAN; length]];
                let [left, right] = &mut fast;
                sum(level, frame, &buses, [left, right]);
                for side in 0..2 {
                    for (n, (a, b)) in fast[side].iter().zip(&plain[side]).enumerate() {
                        prop_assert!(same(*a, *b), "{:?}, frame {}: {} for {}", level, n, a, b);
                    }
                }
            }
        }

        #[test]
        fn one_open_bus_and_seven_silent_ones_change_nothing(
            signal in prop::collection::vec(any::<u32>(), 0..200), closed in -4f32..4.0,
        ) {
            let _flush = FlushDenormals::begin();
            let signal: Vec<f32> = signal.into_iter().map(f32::from_bits).collect();
            let silence = vec![-0.0f32; signal.len()];
            let mut buses = [Bus { sides: [&silence, &silence], gain: Ramp::steady(closed) }; BUSES];
            buses[0] = Bus { sides: [&signal, &signal], gain: Ramp::steady(1.0) };
            for level in Level::all() {
                let mut out = [silence.clone(), silence.clone()];
                let [left, right] = &mut out;
                sum(level, 7, &buses, [left, right]);
                for (a, b) in out[0].iter().chain(&out[1]).zip(signal.iter().chain(&signal)) {
                    prop_assert!(a.to_bits() == b.to_bits(), "{:?}", level);
                }
            }
        }
    }

    #[test]
    fn no_bus_is_silence() {
        let mut out = [[1.0f32; 5], [1.0; 5]];
        let [left, right] = &mut out;
        sum(Level::best(), 0, &[], [left, right]);
        assert_eq!(out, [[0.0; 5]; 2]);
    }
}
