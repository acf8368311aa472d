//! Peaks, energies, correlation, offset and clips of a stereo block in one pass.

use fearless_simd::{Simd, dispatch, prelude::*};

use super::{Level, padded};
use crate::stereo::{FULL_SCALE, StereoReading};

/// Frames summed in single precision before the sum goes on in double: with a lane for each
/// fourth frame at the least, no more than 2⁻¹⁶ of an energy can get lost.
const PIECE: usize = 512;

/// Adds the samples of both sides, which are equally long and finite, to a reading. Peaks and clips
/// are exact, the sums within 10⁻⁵ of the energies. Realtime-safe.
pub fn read(level: Level, reading: &mut StereoReading, left: &[f32], right: &[f32]) {
    debug_assert_eq!(left.len(), right.len());
    dispatch!(level.token(), simd => {
        for (left, right) in left.chunks(PIECE).zip(right.chunks(PIECE)) {
            let piece = piece(simd, left, right);
            reading.fold(&piece);
        }
    });
}

/// What runs over one side, and over both.
struct Lanes<S: Simd> {
    peak: [S::f32s; 2],
    energy: [S::f32s; 2],
    sum: [S::f32s; 2],
    cross: S::f32s,
}

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        let zero = S::f32s::splat(simd, 0.0);
        Self { peak: [zero; 2], energy: [zero; 2], sum: [zero; 2], cross: zero }
    }

    #[inline(always)]
    fn take(&mut self, sides: [S::f32s; 2]) {
        for (side, samples) in sides.into_iter().enumerate() {
            // In this order the larger of a number and NaN is the number.
            self.peak[side] = samples.abs().max(self.peak[side]);
            self.energy[side] = samples.mul_add(samples, self.energy[side]);
            self.sum[side] += samples;
        }
        self.cross = sides[0].mul_add(sides[1], self.cross);
    }

    #[inline(always)]
    fn join(&mut self, other: Self) {
        for side in 0..2 {
            self.peak[side] = self.peak[side].max(other.peak[side]);
            self.energy[side] += other.energy[side];
            self.sum[side] += other.sum[side];
        }
        self.cross += other.cross;
    }
}

#[inline(always)]
fn piece<S: Simd>(simd: S, left: &[f32], right: &[f32]) -> StereoReading {
    let width = S::f32s::LEN;
    let load = |samples: &[f32]| S::f32s::from_slice(simd, samples);
    // Two sets, or each addition would wait for the one before.
    let (mut even, mut odd) = (Lanes::new(simd), Lanes::new(simd));
    let (mut lefts, mut rights) = (left.chunks_exact(2 * width), right.chunks_exact(2 * width));
    for (left, right) in (&mut lefts).zip(&mut rights) {
        even.take([load(&left[..width]), load(&right[..width])]);
        odd.take([load(&left[width..]), load(&right[width..])]);
    }
    let (rest_left, rest_right) = (lefts.remainder(), rights.remainder());
    for (left, right) in rest_left.chunks(width).zip(rest_right.chunks(width)) {
        even.take([load(&padded(left)[..width]), load(&padded(right)[..width])]);
    }
    even.join(odd);
    let peak = even.peak.map(|peak| peak.reduce_max());
    let clips = |samples: &[f32], peak: f32| {
        if peak < FULL_SCALE { 0 } else { count_clips(simd, samples) }
    };
    StereoReading {
        peak,
        energy: even.energy.map(|energy| energy.reduce_sum().into()),
        cross: even.cross.reduce_sum().into(),
        sum: even.sum.map(|sum| sum.reduce_sum().into()),
        clips: [clips(left, peak[0]), clips(right, peak[1])],
        frames: left.len() as u64,
    }
}

/// Only where the peak says that there are any.
#[inline(always)]
fn count_clips<S: Simd>(simd: S, samples: &[f32]) -> u32 {
    let full = S::f32s::splat(simd, FULL_SCALE);
    let count = |lanes: &[f32]| {
        let lanes = S::f32s::from_slice(simd, lanes);
        lanes.abs().simd_ge(full).to_bitmask().count_ones()
    };
    let width = S::f32s::LEN;
    let whole = samples.chunks_exact(width);
    let rest = count(&padded(whole.remainder())[..width]);
    whole.map(count).sum::<u32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_level_reads_what_the_plain_twin_reads(
            samples in prop::collection::vec((-1.2f32..1.2, -1.2f32..1.2), 0..1500),
            offset in 0usize..20, scale in prop_oneof![Just(1.0f32), Just(1e-40), Just(1e-30), Just(1e14)],
        ) {
            let from = offset.min(samples.len());
            let left: Vec<f32> = samples.iter().map(|s| s.0 * scale).collect();
            let right: Vec<f32> = samples.iter().map(|s| s.1 * scale).collect();
            let (left, right) = (&left[from..], &right[from..]);
            let mut plain = StereoReading::default();
            for (left, right) in left.chunks(64).zip(right.chunks(64)) {
                scalar::stereo::read(&mut plain, left, right);
            }
            for level in Level::all() {
                let mut fast = StereoReading::default();
                read(level, &mut fast, left, right);
                prop_assert_eq!(fast.peak, plain.peak, "{:?}", level);
                prop_assert_eq!((fast.clips, fast.frames), (plain.clips, plain.frames));
                let energy = plain.energy[0] + plain.energy[1];
                let near = |a: f64, b: f64, of: f64| (a - b).abs() <= 1e-5 * of + 1e-43;
                for side in 0..2 {
                    prop_assert!(near(fast.energy[side], plain.energy[side], energy));
                    let span = f64::from(plain.peak[side]) * left.len() as f64;
                    prop_assert!(near(fast.sum[side], plain.sum[side], span));
                }
                prop_assert!(near(fast.cross, plain.cross, energy));
            }
        }

        #[test]
        fn a_sample_that_is_no_number_hides_no_peak(at in 0usize..40, peak_at in 0usize..40) {
            prop_assume!(at != peak_at);
            let mut left = [0.25f32; 40];
            left[at] = f32::NAN;
            left[peak_at] = -0.75;
            #[cfg(target_arch = "x86_64")]
            for level in Level::all() {
                let mut reading = StereoReading::default();
                read(level, &mut reading, &left, &[0.0; 40]);
                prop_assert_eq!(reading.peak[0], 0.75, "{:?}", level);
                prop_assert!(reading.energy[0].is_nan());
            }
        }
    }
}
