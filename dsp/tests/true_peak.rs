//! How far the true peak is from the truth: sums of tones, whose height anywhere is known.

use std::f64::consts::TAU;

use busbar_dsp::true_peak::{Filter, LATENCY};
use busbar_dsp::{Level, TruePeak};
use proptest::prelude::*;

const FRAMES: usize = 512;

/// Frames before those that count, until the filter is full of signal.
const LEAD: usize = 128;

/// Points of the truth in a frame.
const FINE: usize = 64;

/// Frequency as a part of the rate, phase, amplitude.
type Tone = (f64, f64, f64);

fn at(tones: &[Tone], frame: f64) -> f64 {
    tones
        .iter()
        .map(|(frequency, phase, height)| height * (TAU * frequency * frame + phase).sin())
        .sum()
}

/// What is measured of the frames that count, and what is true, in decibels.
fn error(tones: &[Tone]) -> f64 {
    let samples: Vec<f32> =
        (0..LEAD + FRAMES + LATENCY).map(|n| at(tones, n as f64) as f32).collect();
    let level = Level::best();
    let mut meter = TruePeak::new(Filter::new());
    meter.take(level, &samples[..LEAD + LATENCY]);
    meter.take_peak();
    meter.take(level, &samples[LEAD + LATENCY..]);
    // The values of a frame are those between it and the next.
    let truth = (LEAD * FINE..(LEAD + FRAMES) * FINE)
        .map(|n| at(tones, n as f64 / FINE as f64).abs())
        .fold(0.0, f64::max);
    20.0 * (f64::from(meter.peak()) / truth).log10()
}

fn tones(from: f64, to: f64, count: usize) -> impl Strategy<Value = Vec<Tone>> {
    prop::collection::vec((from..to, 0.0..TAU, 0.05..1.0), count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn within_a_tenth_of_a_decibel_up_to_four_tenths_of_the_rate(
        many in tones(0.0005, 0.4, 24), single in tones(0.01, 0.4, 1),
    ) {
        for tones in [many, single] {
            let error = error(&tones);
            prop_assert!(error.abs() <= 0.1, "{} dB", error);
        }
    }

    #[test]
    fn and_as_good_up_to_45_hundredths(many in tones(0.01, 0.45, 16)) {
        let error = error(&many);
        prop_assert!(error.abs() <= 0.1, "{} dB", error);
    }

    #[test]
    fn a_tone_is_never_over_read_however_high(single in tones(0.4, 0.49, 1)) {
        let error = error(&single);
        prop_assert!((-0.6..=0.1).contains(&error), "{} dB", error);
    }

    #[test]
    fn chords_above_are_not_far_off(many in tones(0.4, 0.48, 12)) {
        let error = error(&many);
        prop_assert!((-0.6..=0.1).contains(&error), "{} dB", error);
    }
}
