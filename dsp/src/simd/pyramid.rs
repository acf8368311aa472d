//! The lowest, the highest and the energy of a stretch.

use fearless_simd::{Simd, dispatch, prelude::*};

use super::{Level, load, load_rest};
use crate::pyramid::{BIN, Open};

/// Adds finite samples to a bin, no more than some hundreds. The lowest and the highest are exact,
/// the energy within 10⁻⁵. Realtime-safe.
pub fn take(level: Level, bin: &mut Open, samples: &[f32]) {
    dispatch!(level.token(), simd => take_lanes(simd, bin, samples));
}

/// The same for several new bins of [`BIN`] samples each, which follow each other. Realtime-safe.
pub fn fill(level: Level, bins: &mut [Open], samples: &[f32]) {
    debug_assert_eq!(samples.len(), bins.len() * BIN);
    dispatch!(level.token(), simd => {
        for (bin, samples) in bins.iter_mut().zip(samples.chunks_exact(BIN)) {
            *bin = Open::EMPTY;
            take_lanes(simd, bin, samples);
        }
    });
}

#[inline(always)]
fn take_lanes<S: Simd>(simd: S, bin: &mut Open, samples: &[f32]) {
    let width = S::f32s::LEN;
    let zero = S::f32s::splat(simd, 0.0);
    let mut low = [S::f32s::splat(simd, bin.low); 2];
    let mut high = [S::f32s::splat(simd, bin.high); 2];
    let mut energy = [zero; 4];
    let mut at = 0;
    while at + 4 * width <= samples.len() {
        let four = &samples[at..at + 4 * width];
        for part in 0..4 {
            let samples = load(simd, four, part * width);
            low[part % 2] = samples.min(low[part % 2]);
            high[part % 2] = samples.max(high[part % 2]);
            energy[part] = samples.mul_add(samples, energy[part]);
        }
        at += 4 * width;
    }
    let (mut low, mut high) = (low[0].min(low[1]), high[0].max(high[1]));
    let mut energy = (energy[0] + energy[1]) + (energy[2] + energy[3]);
    while at + width <= samples.len() {
        let samples = load(simd, samples, at);
        (low, high) = (samples.min(low), samples.max(high));
        energy = samples.mul_add(samples, energy);
        at += width;
    }
    (bin.low, bin.high) = (low.reduce_min(), high.reduce_max());
    if at < samples.len() {
        // Silence behind the rest must not count as its lowest or highest.
        for sample in &samples[at..] {
            (bin.low, bin.high) = (sample.min(bin.low), sample.max(bin.high));
        }
        let samples = load_rest(simd, samples, at);
        energy = samples.mul_add(samples, energy);
    }
    bin.energy += f64::from(energy.reduce_sum());
    bin.frames += samples.len() as u64;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_level_makes_the_bin_of_the_plain_twin(
            samples in prop::collection::vec(-2f32..2.0, 0..600), offset in 0usize..20,
            scale in prop_oneof![Just(1f32), Just(1e14), Just(1e-12), Just(-1e-30)],
        ) {
            let from = offset.min(samples.len());
            let samples: Vec<f32> = samples.iter().map(|x| x * scale).collect();
            let mut plain = Open::EMPTY;
            scalar::pyramid::take(&mut plain, &samples[from..]);
            for level in Level::all() {
                let mut fast = Open::EMPTY;
                take(level, &mut fast, &samples[from..]);
                prop_assert_eq!((fast.low, fast.high, fast.frames), (plain.low, plain.high, plain.frames));
                prop_assert!((fast.energy - plain.energy).abs() <= 1e-5 * plain.energy + 1e-40);
            }
        }
    }
}
