//! What a stereo signal did over a stretch of time: peaks, energies, correlation, offset, clips.

/// A sample from here on is at full scale: the converter that follows has nothing above it.
pub const FULL_SCALE: f32 = 1.0;

/// Both sides over a stretch of time. Two of them fold into one without loss.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StereoReading {
    /// The largest magnitude of each side.
    pub peak: [f32; 2],
    /// The sum of squares of each side.
    pub energy: [f64; 2],
    /// The sum of the products of both sides.
    pub cross: f64,
    /// The sum of each side.
    pub sum: [f64; 2],
    /// Samples of each side from [`FULL_SCALE`] on.
    pub clips: [u32; 2],
    /// Frames in it.
    pub frames: u64,
}

impl StereoReading {
    /// Adds a later reading to this one. Realtime-safe.
    pub fn fold(&mut self, later: &Self) {
        for side in 0..2 {
            self.peak[side] = self.peak[side].max(later.peak[side]);
            self.energy[side] += later.energy[side];
            self.sum[side] += later.sum[side];
            self.clips[side] = self.clips[side].saturating_add(later.clips[side]);
        }
        self.cross += later.cross;
        self.frames += later.frames;
    }

    /// How alike the sides are: +1 for mono, 0 for strangers, −1 for opposites. Silence on a side is
    /// like nothing: `None`. Realtime-safe.
    pub fn correlation(&self) -> Option<f32> {
        let both = (self.energy[0] * self.energy[1]).sqrt();
        (both > 0.0 && both.is_finite()).then(|| (self.cross / both).clamp(-1.0, 1.0) as f32)
    }

    /// The root of the mean square of each side; 0 for no frames. Realtime-safe.
    pub fn rms(&self) -> [f32; 2] {
        self.energy.map(|energy| (energy / self.frames.max(1) as f64).sqrt() as f32)
    }

    /// The mean of each side: what a direct current in the signal would be; 0 for no frames.
    /// Realtime-safe.
    pub fn offset(&self) -> [f32; 2] {
        self.sum.map(|sum| (sum / self.frames.max(1) as f64) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar;

    fn read(left: &[f32], right: &[f32]) -> StereoReading {
        let mut reading = StereoReading::default();
        scalar::stereo::read(&mut reading, left, right);
        reading
    }

    #[test]
    fn a_reading_says_what_was_there() {
        let reading = read(&[0.5, -1.0, 0.25, 0.25], &[-0.5, 1.5, -0.25, 1.0]);
        assert_eq!(reading.peak, [1.0, 1.5]);
        assert_eq!((reading.clips, reading.frames), ([1, 2], 4));
        assert_eq!(reading.offset(), [0.0, 0.4375]);
        assert_eq!(reading.rms()[0], (1.375f32 / 4.0).sqrt());
    }

    #[test]
    fn correlation_has_its_three_landmarks() {
        assert_eq!(read(&[0.5, -0.25], &[1.0, -0.5]).correlation(), Some(1.0));
        assert_eq!(read(&[0.5, -0.25], &[-0.5, 0.25]).correlation(), Some(-1.0));
        assert_eq!(read(&[1.0, 0.0], &[0.0, 1.0]).correlation(), Some(0.0));
        assert_eq!(read(&[1.0, 0.0], &[0.0, 0.0]).correlation(), None);
        assert_eq!(StereoReading::default().rms(), [0.0; 2]);
    }
}
