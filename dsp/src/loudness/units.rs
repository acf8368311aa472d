//! Loudness as types.

use std::fmt;

/// A loudness, absolute: LUFS, which BS.1770 calls LKFS.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Lufs(pub f64);

/// A difference of two loudnesses.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct LoudnessUnits(pub f64);

/// A level of true peak, relative to full scale: dBTP.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct TruePeakLevel(pub f64);

/// What the K-weighting adds to a tone of 997 Hz, taken away again.
const OFFSET: f64 = -0.691;

/// Below this is silence, or the echo of the filters: quieter than what 24 bits can say by 6 dB.
const SILENCE: Lufs = Lufs(-150.0);

impl Lufs {
    /// The loudness of a mean square after weighting, summed over the channels; `None` for silence,
    /// which has none. Realtime-safe.
    pub fn of_power(power: f64) -> Option<Self> {
        let loudness = Self(OFFSET + 10.0 * power.log10());
        (loudness >= SILENCE && loudness.0.is_finite()).then_some(loudness)
    }

    /// The other way. Realtime-safe.
    pub fn power(self) -> f64 {
        10f64.powf((self.0 - OFFSET) / 10.0)
    }
}

impl TruePeakLevel {
    /// The level of a peak; `None` for silence. Realtime-safe.
    pub fn of_peak(peak: f32) -> Option<Self> {
        (peak > 0.0 && peak.is_finite()).then(|| Self(20.0 * f64::from(peak).log10()))
    }
}

impl fmt::Display for Lufs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} LUFS", self.0)
    }
}

impl fmt::Display for LoudnessUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} LU", self.0)
    }
}

impl fmt::Display for TruePeakLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} dBTP", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_and_loudness_are_each_other_s_way_back() {
        for loudness in [-70.0, -23.0, 0.0, 20.0] {
            let back = Lufs::of_power(Lufs(loudness).power()).unwrap();
            assert!((back.0 - loudness).abs() < 1e-12);
        }
        for nothing in [0.0, 1e-20, f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(Lufs::of_power(nothing), None, "{nothing}");
        }
        assert_eq!(TruePeakLevel::of_peak(0.0), None);
        assert_eq!(TruePeakLevel::of_peak(1.0), Some(TruePeakLevel(0.0)));
        assert_eq!(Lufs(-23.04).to_string(), "-23.0 LUFS");
    }
}
