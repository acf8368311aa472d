//! RMS readings and the scales that they are read on.

use crate::Decibels;

/// Hops of the RMS window, 0.3 s.
pub const RMS: usize = 30;

/// Hops of the window of the K-system's scales, 0.6 s.
pub const K_SYSTEM: usize = 60;

/// What a level is relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Full scale is a square wave at full scale.
    FullScale,
    /// Full scale is a sine at full scale: 3.01 dB more (AES-17).
    Aes17,
    /// 0 is 20 dB below a full-scale sine.
    K20,
    /// 0 is 14 dB below a full-scale sine.
    K14,
    /// 0 is 12 dB below a full-scale sine.
    K12,
}

impl Scale {
    /// What the scale shows for the root of a mean square. Realtime-safe.
    pub fn read(self, rms: f32) -> Decibels {
        /// The crest of a sine.
        const SINE: f32 = 3.010_3;
        let over = match self {
            Self::FullScale => 0.0,
            Self::Aes17 => SINE,
            Self::K20 => SINE + 20.0,
            Self::K14 => SINE + 14.0,
            Self::K12 => SINE + 12.0,
        };
        Decibels(20.0 * rms.log10() + over)
    }

    /// The window that the scale is read with, in hops of 10 ms. Realtime-safe.
    pub fn hops(self) -> usize {
        match self {
            Self::FullScale | Self::Aes17 => RMS,
            Self::K20 | Self::K14 | Self::K12 => K_SYSTEM,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_reads_what_each_scale_is_made_for() {
        let sine = |peak: f32| peak / 2f32.sqrt();
        let near = |a: Decibels, b: f32| (a.0 - b).abs() < 0.001;
        assert!(near(Scale::FullScale.read(1.0), 0.0));
        assert!(near(Scale::Aes17.read(sine(1.0)), 0.0));
        assert!(near(Scale::K20.read(sine(0.1)), 0.0));
        assert!(near(Scale::K14.read(sine(1.0)), 14.0));
        assert!(near(Scale::K12.read(sine(1.0)), 12.0));
        assert_eq!(Scale::Aes17.read(0.0), Decibels::SILENCE);
        assert_eq!((Scale::Aes17.hops(), Scale::K14.hops()), (30, 60));
    }
}
