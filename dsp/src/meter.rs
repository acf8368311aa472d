//! Measuring a stretch of samples, and finding those that are not numbers.

/// Samples from here on (+300 dBFS) are no audio: they are treated like infinity, so that no sum
/// of what is left can overflow.
pub const ABSURD: f32 = 1e15;

/// Lanes that compilers turn into vector registers on every target.
const LANES: usize = 8;

/// What one channel did over a stretch of time. Two readings fold into one without any loss, so a
/// slow reader never misses a peak.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// The largest magnitude.
    pub peak: f32,
    /// The sum of squares: divided by the frames, and the root taken, it is the RMS.
    pub energy: f64,
}

impl Reading {
    /// Takes the samples in. Energy is added frame by frame in `f64`, so the result does not
    /// depend on how the samples were cut into blocks. Realtime-safe.
    pub fn take(&mut self, samples: &[f32]) {
        self.peak = self.peak.max(peak(samples));
        for sample in samples {
            let wide = f64::from(*sample);
            self.energy += wide * wide;
        }
    }

    /// Adds a later reading to this one. Realtime-safe.
    pub fn fold(&mut self, later: &Self) {
        self.peak = self.peak.max(later.peak);
        self.energy += later.energy;
    }

    /// The root of the mean square over `frames`; 0 for none.
    pub fn rms(&self, frames: u64) -> f32 {
        if frames == 0 { 0.0 } else { (self.energy / frames as f64).sqrt() as f32 }
    }
}

/// The largest magnitude of finite samples; 0 for none. Realtime-safe.
pub fn peak(samples: &[f32]) -> f32 {
    f32::from_bits(peak_bits(samples))
}

/// Silences what is not audio: NaN, infinity, and everything from [`ABSURD`] on. Returns how many
/// samples there were. Realtime-safe.
pub fn silence_absurd(samples: &mut [f32]) -> u32 {
    if peak_bits(samples) < ABSURD.to_bits() {
        return 0;
    }
    let mut count = 0;
    for sample in samples {
        if sample.is_nan() || sample.abs() >= ABSURD {
            *sample = 0.0;
            count += 1;
        }
    }
    count
}

/// Magnitudes of floats are ordered like their bits, and NaN comes out above infinity: one integer
/// maximum finds the peak and everything that is not a number.
fn peak_bits(samples: &[f32]) -> u32 {
    let magnitude = |sample: &f32| (sample.to_bits() & 0x7fff_ffff) as i32;
    let mut lanes = [0i32; LANES];
    let mut chunks = samples.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, sample) in lanes.iter_mut().zip(chunk) {
            *lane = (*lane).max(magnitude(sample));
        }
    }
    let rest = chunks.remainder().iter().map(magnitude);
    lanes.into_iter().chain(rest).fold(0, i32::max) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_reading_does_not_depend_on_the_cuts(
            samples in prop::collection::vec(-2f32..2.0, 0..400), at in 0usize..400,
        ) {
            let (head, tail) = samples.split_at(at.min(samples.len()));
            let (mut whole, mut cut) = (Reading::default(), Reading::default());
            whole.take(&samples);
            cut.take(head);
            cut.take(tail);
            prop_assert_eq!(whole, cut);
            let peak = samples.iter().fold(0f32, |a, b| a.max(b.abs()));
            prop_assert_eq!(whole.peak, peak);
        }

        #[test]
        fn only_what_is_no_audio_is_silenced(
            mut bits in prop::collection::vec(any::<u32>(), 0..70),
            specials in prop::collection::vec((0usize..70, prop_oneof![
                Just(f32::NAN), Just(f32::INFINITY), Just(f32::NEG_INFINITY), Just(-1e30f32),
            ]), 0..4),
        ) {
            for (at, special) in specials {
                if let Some(slot) = bits.get_mut(at) { *slot = special.to_bits(); }
            }
            let before: Vec<f32> = bits.iter().map(|b| f32::from_bits(*b)).collect();
            let mut after = before.clone();
            let count = silence_absurd(&mut after);
            let absurd = |x: &f32| !x.is_finite() || x.abs() >= ABSURD;
            prop_assert_eq!(count as usize, before.iter().filter(|x| absurd(x)).count());
            for (a, b) in after.iter().zip(&before) {
                prop_assert_eq!(a.to_bits(), if absurd(b) { 0 } else { b.to_bits() });
            }
        }
    }

    #[test]
    fn rms_of_a_square_wave_is_its_height() {
        let mut reading = Reading::default();
        reading.take(&[0.5, -0.5, 0.5, -0.5]);
        assert_eq!((reading.rms(4), reading.peak), (0.5, 0.5));
        assert_eq!(Reading::default().rms(0), 0.0);
    }
}
