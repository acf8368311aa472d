//! Stereo buses into one stereo sum, each with its own gain ramp.
//!
//! All buses of a few frames are added up in registers and stored once. It is heard, so no level
//! differs from the plain twin by a bit, and what is transparent there is here.

use fearless_simd::{Simd, dispatch, prelude::*};

use super::{Level, STAIRS, WIDEST, padded};
use crate::ramp::{Line, Ramp};
use crate::scalar;

/// As many buses as fit into one call.
pub const BUSES: usize = 8;

/// Ramps of this many frames and more (five minutes) are left to the plain twin: beyond, single
/// precision does not count frames exactly.
const COUNTABLE: u32 = 1 << 24;

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
    let fits = |bus: &Bus| {
        bus.gain.line(frame).length < COUNTABLE
            && bus.sides[0].len() == left.len()
            && bus.sides[1].len() == left.len()
    };
    debug_assert_eq!(left.len(), right.len());
    if buses.is_empty() || buses.len() > BUSES || !buses.iter().all(fits) {
        return scalar::sum::sum(frame, buses, [left, right]);
    }
    let mut parts = [Part::SILENT; BUSES];
    for (part, bus) in parts.iter_mut().zip(buses) {
        *part = Part::new(bus, frame);
    }
    let parts = &parts[..buses.len()];
    dispatch!(level.token(), simd => sum_parts(simd, parts, left, right));
}

/// A bus and its ramp in the form that lanes need.
#[derive(Clone, Copy)]
struct Part<'a> {
    left: &'a [f32],
    right: &'a [f32],
    from: f32,
    by: f32,
    to: f32,
    step: f32,
    length: f32,
    settled: bool,
}

impl<'a> Part<'a> {
    const SILENT: Self = Self {
        left: &[],
        right: &[],
        from: 0.0,
        by: 0.0,
        to: 0.0,
        step: 1.0,
        length: 0.0,
        settled: true,
    };

    fn new(bus: &Bus<'a>, frame: u64) -> Self {
        let Line { from, to, step, length } = bus.gain.line(frame);
        Self {
            left: bus.sides[0],
            right: bus.sides[1],
            from,
            by: to - from,
            to,
            step: step as f32,
            length: length as f32,
            settled: length == 0,
        }
    }

    /// The gains of frames that are so many after the first: [`Ramp::at`], operation by operation.
    #[inline(always)]
    fn gains<S: Simd>(&self, simd: S, frames: S::f32s) -> S::f32s {
        let to = S::f32s::splat(simd, self.to);
        if self.settled {
            return to;
        }
        let (step, length) = (frames + self.step, S::f32s::splat(simd, self.length));
        let on_the_way = step / length * self.by + self.from;
        step.simd_ge(length).select(to, on_the_way)
    }
}

/// The sum with the products added, but for those that add nothing.
#[inline(always)]
fn accumulate<S: Simd>(simd: S, sum: S::f32s, samples: S::f32s, gains: S::f32s) -> S::f32s {
    let product = samples * gains;
    product.simd_eq(S::f32s::splat(simd, 0.0)).select(sum, sum + product)
}

#[inline(always)]
fn sum_parts<S: Simd>(simd: S, parts: &[Part], left: &mut [f32], right: &mut [f32]) {
    let width = S::f32s::LEN;
    let stairs = S::f32s::from_slice(simd, &STAIRS[..width]);
    let whole = left.len() - left.len() % width;
    let load = |samples: &[f32], at: usize| S::f32s::from_slice(simd, &samples[at..at + width]);
    for at in (0..whole).step_by(width) {
        let frames = stairs + at as f32;
        let [l, r] = sum_at(simd, parts, frames, |side| load(side, at));
        l.store_slice(&mut left[at..at + width]);
        r.store_slice(&mut right[at..at + width]);
    }
    if whole < left.len() {
        let frames = stairs + whole as f32;
        let [l, r] = sum_at(simd, parts, frames, |side| load(&padded(&side[whole..]), 0));
        let mut rest = [0.0; WIDEST];
        for (sum, out) in [(l, left), (r, right)] {
            sum.store_slice(&mut rest[..width]);
            let count = out.len() - whole;
            out[whole..].copy_from_slice(&rest[..count]);
        }
    }
}

/// Both sides of as many frames as a register holds.
#[inline(always)]
fn sum_at<S: Simd>(
    simd: S,
    parts: &[Part],
    frames: S::f32s,
    load: impl Fn(&[f32]) -> S::f32s,
) -> [S::f32s; 2] {
    let (first, others) = (&parts[0], &parts[1..]);
    let gains = first.gains(simd, frames);
    let unity = gains.simd_eq(S::f32s::splat(simd, 1.0));
    let open = |samples: S::f32s| unity.select(samples, samples * gains);
    let [mut left, mut right] = [open(load(first.left)), open(load(first.right))];
    for part in others {
        let gains = part.gains(simd, frames);
        left = accumulate(simd, left, load(part.left), gains);
        right = accumulate(simd, right, load(part.right), gains);
    }
    [left, right]
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
