//! Quantities as types, so that decibels are never multiplied and gains never added.

use std::fmt;

/// A level or a gain in decibels; [`Decibels::SILENCE`] is −∞.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Decibels(pub f32);

impl Decibels {
    /// No change.
    pub const UNITY: Self = Self(0.0);
    /// Nothing at all.
    pub const SILENCE: Self = Self(f32::NEG_INFINITY);

    /// The factor for amplitudes. 0 dB is exactly 1, −∞ is exactly 0. Realtime-safe.
    pub fn gain(self) -> Gain {
        if self.0 == 0.0 {
            return Gain::UNITY;
        }
        Gain(10f32.powf(self.0 / 20.0))
    }
}

impl fmt::Display for Decibels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            f32::NEG_INFINITY => f.write_str("-∞ dB"),
            // Adding zero turns −0.0 into 0.0, which is what people expect to read.
            value => write!(f, "{:.1} dB", (value * 10.0).round() / 10.0 + 0.0),
        }
    }
}

/// A factor for amplitudes.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Gain(pub f32);

impl Gain {
    /// No change.
    pub const UNITY: Self = Self(1.0);
    /// Nothing at all.
    pub const SILENCE: Self = Self(0.0);

    /// The same as a level; 0 is −∞. Realtime-safe.
    pub fn decibels(self) -> Decibels {
        Decibels(20.0 * self.0.log10())
    }
}

/// Stereo balance: −1 is left only, 0 leaves both sides as they are, +1 is right only.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Balance(pub f32);

impl Balance {
    /// Both sides as they are.
    pub const CENTRE: Self = Self(0.0);

    /// Gains of the left and the right side: the side one turns away from falls linearly, the
    /// other one is never touched. Realtime-safe.
    pub fn gains(self) -> [Gain; 2] {
        [Gain((1.0 - self.0).clamp(0.0, 1.0)), Gain((1.0 + self.0).clamp(0.0, 1.0))]
    }
}

/// Frames a second: finite and above zero, odd ones included.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct SampleRate(f64);

impl SampleRate {
    /// `None` for what cannot be a rate.
    pub fn new(hertz: f64) -> Option<Self> {
        (hertz.is_finite() && hertz >= 1.0).then_some(Self(hertz))
    }

    /// Frames a second.
    pub fn hertz(self) -> f64 {
        self.0
    }

    /// The number of frames nearest to a duration, at least 1. Realtime-safe.
    pub fn frames_in(self, seconds: f64) -> u32 {
        // A cast from float saturates.
        ((self.0 * seconds).round() as u32).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_the_fader_are_exact() {
        assert_eq!(Decibels::UNITY.gain(), Gain::UNITY);
        assert_eq!(Decibels(-0.0).gain(), Gain::UNITY);
        assert_eq!(Decibels::SILENCE.gain(), Gain::SILENCE);
        assert_eq!(Gain::SILENCE.decibels(), Decibels::SILENCE);
    }

    #[test]
    fn decibels_read_as_people_write_them() {
        for (value, text) in [
            (0.0, "0.0 dB"),
            (-0.0, "0.0 dB"),
            (-0.04, "0.0 dB"),
            (-6.02, "-6.0 dB"),
            (12.0, "12.0 dB"),
            (f32::NEG_INFINITY, "-∞ dB"),
        ] {
            assert_eq!(Decibels(value).to_string(), text);
        }
    }

    #[test]
    fn balance_takes_from_one_side_only() {
        assert_eq!(Balance::CENTRE.gains(), [Gain::UNITY; 2]);
        assert_eq!(Balance(-1.0).gains(), [Gain::UNITY, Gain::SILENCE]);
        assert_eq!(Balance(1.0).gains(), [Gain::SILENCE, Gain::UNITY]);
        assert_eq!(Balance(0.25).gains(), [Gain(0.75), Gain::UNITY]);
    }

    #[test]
    fn rates_are_checked_once() {
        for bad in [0.0, -48_000.0, f64::NAN, f64::INFINITY, 0.5] {
            assert_eq!(SampleRate::new(bad), None, "{bad}");
        }
        assert_eq!(SampleRate::new(1234.5678).unwrap().frames_in(0.01), 12);
        assert_eq!(SampleRate::new(20.0).unwrap().frames_in(0.001), 1);
    }
}
