//! The K-weighting of BS.1770: a shelf for the head, then a high-pass.

use std::f64::consts::PI;

use crate::SampleRate;

/// Below this rate the shelf would lie above half the rate, and loudness is undefined.
const LOWEST_RATE: f64 = 4000.0;

/// The coefficients of both filters at a rate, from the analogue filters that the standard's figures
/// for 48 kHz stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighting {
    /// The shelf: b₀, b₁, b₂, a₁, a₂.
    pub shelf: [f64; 5],
    /// The high-pass, whose numerator is 1, −2, 1 at every rate: a₁, a₂.
    pub high_pass: [f64; 2],
}

impl Weighting {
    /// `None` where the rate is too low for it.
    pub fn new(rate: SampleRate) -> Option<Self> {
        if rate.hertz() < LOWEST_RATE {
            return None;
        }
        Some(Self { shelf: shelf(rate.hertz()), high_pass: high_pass(rate.hertz()) })
    }
}

/// 4 dB more above 1682 Hz.
fn shelf(rate: f64) -> [f64; 5] {
    const FREQUENCY: f64 = 1_681.974_450_955_533;
    const DECIBELS: f64 = 3.999_843_853_973_347;
    const QUALITY: f64 = 0.707_175_236_955_419_6;
    /// How the gain at the corner follows from that above it.
    const CORNER: f64 = 0.499_666_774_154_541_6;

    let k = (PI * FREQUENCY / rate).tan();
    let high = 10f64.powf(DECIBELS / 20.0);
    let band = high.powf(CORNER);
    let a0 = 1.0 + k / QUALITY + k * k;
    [
        (high + band * k / QUALITY + k * k) / a0,
        2.0 * (k * k - high) / a0,
        (high - band * k / QUALITY + k * k) / a0,
        2.0 * (k * k - 1.0) / a0,
        (1.0 - k / QUALITY + k * k) / a0,
    ]
}

/// Nothing below 38 Hz.
fn high_pass(rate: f64) -> [f64; 2] {
    const FREQUENCY: f64 = 38.135_470_876_024_44;
    const QUALITY: f64 = 0.500_327_037_323_877_3;

    let k = (PI * FREQUENCY / rate).tan();
    let a0 = 1.0 + k / QUALITY + k * k;
    [2.0 * (k * k - 1.0) / a0, (1.0 - k / QUALITY + k * k) / a0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_48_khz_it_is_the_table_of_the_standard() {
        let weighting = Weighting::new(SampleRate::new(48_000.0).unwrap()).unwrap();
        let table = [
            1.535_124_859_586_97,
            -2.691_696_189_406_38,
            1.198_392_810_852_85,
            -1.690_659_293_182_41,
            0.732_480_774_215_85,
        ];
        for (ours, theirs) in weighting.shelf.iter().zip(table) {
            assert!((ours - theirs).abs() < 1e-9, "{ours} for {theirs}");
        }
        for (ours, theirs) in
            weighting.high_pass.iter().zip([-1.990_047_454_833_98, 0.990_072_250_366_21])
        {
            assert!((ours - theirs).abs() < 1e-9, "{ours} for {theirs}");
        }
    }

    #[test]
    fn a_rate_that_is_too_low_has_none() {
        assert_eq!(Weighting::new(SampleRate::new(3999.0).unwrap()), None);
        for rate in [4000.0, 11_025.0, 1_234_567.8] {
            let Weighting { shelf, high_pass } =
                Weighting::new(SampleRate::new(rate).unwrap()).unwrap();
            for [a1, a2] in [[shelf[3], shelf[4]], high_pass] {
                // Both poles lie within the unit circle.
                assert!(a2.abs() < 1.0 && a1.abs() < 1.0 + a2, "{rate}");
            }
        }
    }
}
