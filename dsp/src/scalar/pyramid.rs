//! The lowest, the highest and the energy of a stretch, sample by sample.

use crate::pyramid::Open;

/// Adds finite samples to a bin. Realtime-safe.
pub fn take(bin: &mut Open, samples: &[f32]) {
    let (mut low, mut high, mut energy) = (bin.low, bin.high, 0f32);
    for sample in samples {
        low = low.min(*sample);
        high = high.max(*sample);
        energy += sample * sample;
    }
    (bin.low, bin.high) = (low, high);
    bin.energy += f64::from(energy);
    bin.frames += samples.len() as u64;
}
