//! Peaks, energies, correlation, offset and clips, sample by sample.

use crate::stereo::{FULL_SCALE, StereoReading};

/// Adds the samples of both sides, which are equally long, to a reading. Realtime-safe.
pub fn read(reading: &mut StereoReading, left: &[f32], right: &[f32]) {
    debug_assert_eq!(left.len(), right.len());
    let [mut peak_left, mut peak_right] = reading.peak;
    let (mut left_left, mut right_right, mut left_right) = (0f32, 0f32, 0f32);
    let (mut sum_left, mut sum_right) = (0f32, 0f32);
    for (left, right) in left.iter().zip(right) {
        peak_left = peak_left.max(left.abs());
        peak_right = peak_right.max(right.abs());
        left_left += left * left;
        right_right += right * right;
        left_right += left * right;
        sum_left += left;
        sum_right += right;
        reading.clips[0] += u32::from(left.abs() >= FULL_SCALE);
        reading.clips[1] += u32::from(right.abs() >= FULL_SCALE);
    }
    reading.peak = [peak_left, peak_right];
    reading.energy[0] += f64::from(left_left);
    reading.energy[1] += f64::from(right_right);
    reading.cross += f64::from(left_right);
    reading.sum[0] += f64::from(sum_left);
    reading.sum[1] += f64::from(sum_right);
    reading.frames += left.len() as u64;
}
