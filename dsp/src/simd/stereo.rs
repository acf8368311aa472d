//! Peaks, energies, correlation, offset and clips of a stereo block in one pass.

use fearless_simd::{Simd, dispatch, prelude::*};

use super::{Level, load, load_rest};
use crate::stereo::{FULL_SCALE, StereoReading};

/// Frames summed in single precision before the sum goes on in double: with a lane for each
/// fourth frame at the least, no more than 2⁻¹⁶ of an energy can get lost.
const PIECE: usize = 512;

/// Adds the samples of both sides, which are equally long and finite, to a reading. Peaks and clips
/// are exact, the sums within 10⁻⁵ of the energies. Realtime-safe.
pub fn read(level: Level, reading: &mut StereoReading, left: &[f32], right: &[f32]) {
    debug_assert_eq!(left.len(), right.len());
    dispatch!(level.token(), simd => {
        let (mut left, mut right) = (left, right);
        while left.len() > PIECE {
            piece(simd, &left[..PIECE], &right[..PIECE], reading);
            (left, right) = (&left[PIECE..], &right[PIECE..]);
        }
        piece(simd, left, right, reading);
    });
}

/// What runs over both sides. Sums have two sets of lanes, or each addition would wait for the one
/// before; peaks are quick enough with one.
struct Lanes<S: Simd> {
    peak: [S::f32s; 2],
    sum: [[S::f32s; 2]; 2],
    energy: [[S::f32s; 2]; 2],
    cross: [S::f32s; 2],
}

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        let zero = S::f32s::splat(simd, 0.0);
        Self { peak: [zero; 2], sum: [[zero; 2]; 2], energy: [[zero; 2]; 2], cross: [zero; 2] }
    }

    #[inline(always)]
    fn take(&mut self, set: usize, left: S::f32s, right: S::f32s) {
        // In this order the larger of a number and NaN is the number.
        self.peak = [left.abs().max(self.peak[0]), right.abs().max(self.peak[1])];
        self.sum[set] = [self.sum[set][0] + left, self.sum[set][1] + right];
        let [of_left, of_right] = self.energy[set];
        self.energy[set] = [left.mul_add(left, of_left), right.mul_add(right, of_right)];
        self.cross[set] = left.mul_add(right, self.cross[set]);
    }
}

#[inline(always)]
fn piece<S: Simd>(simd: S, left: &[f32], right: &[f32], into: &mut StereoReading) {
    let width = S::f32s::LEN;
    let mut lanes = Lanes::new(simd);
    // Without fused additions one set is quick enough, and two would not fit into 16 registers.
    let other = usize::from(width > 4);
    let (mut lefts, mut rights) = (left.chunks_exact(2 * width), right.chunks_exact(2 * width));
    while let (Some(left), Some(right)) = (lefts.next(), rights.next()) {
        lanes.take(0, load(simd, left, 0), load(simd, right, 0));
        lanes.take(other, load(simd, left, width), load(simd, right, width));
    }
    let (left_rest, right_rest) = (lefts.remainder(), rights.remainder());
    let mut at = 0;
    if left_rest.len() >= width {
        lanes.take(0, load(simd, left_rest, 0), load(simd, right_rest, 0));
        at = width;
    }
    if at < left_rest.len() {
        lanes.take(1, load_rest(simd, left_rest, at), load_rest(simd, right_rest, at));
    }
    let peak = [lanes.peak[0].reduce_max(), lanes.peak[1].reduce_max()];
    let [even, odd] = lanes.energy;
    let energy = [(even[0] + odd[0]).reduce_sum(), (even[1] + odd[1]).reduce_sum()];
    let [even, odd] = lanes.sum;
    let sum = [(even[0] + odd[0]).reduce_sum(), (even[1] + odd[1]).reduce_sum()];
    into.cross += f64::from((lanes.cross[0] + lanes.cross[1]).reduce_sum());
    into.frames += left.len() as u64;
    for side in 0..2 {
        into.peak[side] = peak[side].max(into.peak[side]);
        into.energy[side] += f64::from(energy[side]);
        into.sum[side] += f64::from(sum[side]);
    }
    if peak[0] >= FULL_SCALE || peak[1] >= FULL_SCALE {
        into.clips[0] = into.clips[0].saturating_add(clips(simd, left));
        into.clips[1] = into.clips[1].saturating_add(clips(simd, right));
    }
}

/// Counted only where a peak says that there are any.
#[inline(always)]
fn clips<S: Simd>(simd: S, samples: &[f32]) -> u32 {
    let full = S::f32s::splat(simd, FULL_SCALE);
    let (mut count, mut at) = (0, 0);
    while at + S::f32s::LEN <= samples.len() {
        count += load(simd, samples, at).abs().simd_ge(full).to_bitmask().count_ones();
        at += S::f32s::LEN;
    }
    count + load_rest(simd, samples, at).abs().simd_ge(full).to_bitmask().count_ones()
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
