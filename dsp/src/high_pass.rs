//! High-passes of a console's channels.

use std::f64::consts::PI;

use crate::SampleRate;

/// How steep it is below its frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slope {
    /// 12 dB an octave.
    Gentle,
    /// 24 dB an octave.
    Steep,
}

/// A Butterworth high-pass: 3 dB down at its frequency, flat above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HighPass {
    /// In hertz.
    pub frequency: f64,
    /// Below it.
    pub slope: Slope,
}

/// One of its second-order sections: b₀, b₁, b₂, a₁, a₂.
pub type Section = [f64; 5];

/// Sections of a channel.
pub const SECTIONS: usize = 2;

/// Lets everything pass as it is.
pub const OPEN: Section = [1.0, 0.0, 0.0, 0.0, 0.0];

impl HighPass {
    /// The sections at a rate; a frequency that the rate cannot have is moved to the nearest that
    /// it can. Realtime-safe.
    pub fn sections(self, rate: SampleRate) -> [Section; SECTIONS] {
        let highest = 0.49 * rate.hertz();
        // NaN becomes the lowest.
        let frequency = self.frequency.max(1.0).min(highest);
        let section = |quality: f64| section(frequency / rate.hertz(), quality);
        match self.slope {
            Slope::Gentle => [section(std::f64::consts::FRAC_1_SQRT_2), OPEN],
            // The poles of the fourth order, in two pairs.
            Slope::Steep => {
                [section(0.5 / (PI / 8.0).cos()), section(0.5 / (3.0 * PI / 8.0).cos())]
            }
        }
    }
}

fn section(frequency: f64, quality: f64) -> Section {
    let k = (PI * frequency).tan();
    let scale = 1.0 / (1.0 + k / quality + k * k);
    [scale, -2.0 * scale, scale, 2.0 * (k * k - 1.0) * scale, (1.0 - k / quality + k * k) * scale]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// How much of a tone comes through, in decibels.
    fn response(sections: &[Section], frequency: f64) -> f64 {
        let angle = -2.0 * PI * frequency;
        let magnitude = |a: f64, b: f64, c: f64| {
            let re = a + b * angle.cos() + c * (2.0 * angle).cos();
            let im = b * angle.sin() + c * (2.0 * angle).sin();
            re.hypot(im)
        };
        let gain: f64 = sections
            .iter()
            .map(|[b0, b1, b2, a1, a2]| magnitude(*b0, *b1, *b2) / magnitude(1.0, *a1, *a2))
            .product();
        20.0 * gain.log10()
    }

    proptest! {
        #[test]
        fn it_is_three_decibels_down_at_its_frequency_and_falls_as_steep_as_it_says(
            frequency in 10f64..2000.0, rate in 30_000f64..200_000.0,
        ) {
            let part = frequency / rate;
            for (slope, steepness) in [(Slope::Gentle, 12.04), (Slope::Steep, 24.08)] {
                let high_pass = HighPass { frequency, slope };
                let sections = high_pass.sections(SampleRate::new(rate).unwrap());
                let at = |octaves: f64| response(&sections, part * octaves.exp2());
                prop_assert!((at(0.0) + 3.01).abs() < 0.01);
                prop_assert!((at(-4.0) - at(-5.0) - steepness).abs() < 0.1);
                prop_assert!(at(2.5).abs() < 0.05 || part > 0.08);
            }
        }

        #[test]
        fn it_is_stable_whatever_it_is_asked(frequency in any::<f64>(), rate in 1f64..1e6, steep in any::<bool>()) {
            let slope = if steep { Slope::Steep } else { Slope::Gentle };
            let sections = HighPass { frequency, slope }.sections(SampleRate::new(rate).unwrap());
            for [b0, _, _, a1, a2] in sections {
                prop_assert!(b0.is_finite() && a2.abs() < 1.0 && a1.abs() < 1.0 + a2 + 1e-12);
            }
        }
    }
}
