//! Peaks, energies, correlation, offset and clips, sample by sample.

use crate::stereo::{FULL_SCALE, StereoReading};

/// Adds the samples of both sides, which are equally long, to a reading. Realtime-safe.
pub fn read(reading: &mut StereoReading, left: &[f32], right: &[f32]) {
    debug_assert_eq!(left.len(), right.len());
    let mut peak = reading.peak;
    let (mut energy, mut cross, mut sum) = ([0f32; 2], 0f32, [0f32; 2]);
    for (left, right) in left.iter().zip(right) {
        for (side, sample) in [left, right].into_iter().enumerate() {
            peak[side] = peak[side].max(sample.abs());
            energy[side] += sample * sample;
            sum[side] += sample;
            reading.clips[side] += u32::from(sample.abs() >= FULL_SCALE);
        }
        cross += left * right;
    }
    for side in 0..2 {
        reading.energy[side] += f64::from(energy[side]);
        reading.sum[side] += f64::from(sum[side]);
    }
    reading.peak = peak;
    reading.cross += f64::from(cross);
    reading.frames += left.len() as u64;
}
