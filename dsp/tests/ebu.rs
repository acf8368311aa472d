//! The signals of EBU Tech 3341 and Tech 3342 and of BS.1770-5, and what they must read.

mod tone;

use busbar_dsp::loudness::Readings;
use busbar_dsp::loudness::layout::{MONO, SURROUND_5_1};
use busbar_dsp::points::{Group, Points};
use busbar_dsp::{Level, SampleRate};
use tone::{Peaks, Segment, sine, steps};

const RATES: [f64; 4] = [44_100.0, 48_000.0, 96_000.0, 192_000.0];

/// Frames of a block: no divisor of anything.
const BLOCK: usize = 997;

/// Measures a signal that is the same on both sides, and looks at the readings after each block.
fn measure(rate: f64, signal: &[f32], look: impl FnMut(f64, &Readings)) -> Readings {
    measure_by(BLOCK, rate, signal, look)
}

fn measure_by(
    block: usize,
    rate: f64,
    signal: &[f32],
    mut look: impl FnMut(f64, &Readings),
) -> Readings {
    let rate = SampleRate::new(rate).unwrap();
    let mut points = Points::new(Level::best(), rate, 1, Vec::new());
    let mut frames = 0;
    for block in signal.chunks(block) {
        points.take(&[[block, block]]);
        frames += block.len();
        look(frames as f64 / rate.hertz(), &points.read(0).unwrap().loudness);
    }
    points.programmes()[0].final_readings()
}

fn integrated(rate: f64, segments: &[Segment]) -> f64 {
    measure(rate, &steps(rate, segments), |_, _| {}).integrated.unwrap().0
}

#[track_caller]
fn near(value: f64, expected: f64, tolerance: f64, what: impl std::fmt::Debug) {
    assert!((value - expected).abs() <= tolerance, "{value:.3} for {expected}: {what:?}");
}

#[test]
fn tech_3341_cases_1_and_2_a_steady_tone() {
    for rate in RATES {
        for level in [-23.0, -33.0] {
            let readings = measure(rate, &steps(rate, &[(level, 20.0)]), |_, _| {});
            for reading in [readings.momentary, readings.short_term, readings.integrated] {
                near(reading.unwrap().0, level, 0.1, rate);
            }
        }
    }
}

#[test]
fn tech_3341_cases_3_to_5_gating() {
    let cases: [&[Segment]; 3] = [
        &[(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)],
        &[(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)],
        &[(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)],
    ];
    for rate in RATES {
        for (case, segments) in cases.iter().enumerate() {
            near(integrated(rate, segments), -23.0, 0.1, (case + 3, rate));
        }
    }
}

#[test]
fn tech_3341_case_6_five_channels() {
    for rate in RATES {
        let group = Group::new(0, SURROUND_5_1);
        let mut points = Points::new(Level::best(), SampleRate::new(rate).unwrap(), 3, vec![group]);
        let [front, centre, surround] =
            [-28.0, -24.0, -30.0].map(|level| steps(rate, &[(level, 20.0)]));
        let loud_effects = steps(rate, &[(-3.0, 20.0)]);
        points.take(&[[&front, &front], [&centre, &loud_effects], [&surround, &surround]]);
        near(points.programmes()[3].final_readings().integrated.unwrap().0, -23.0, 0.1, rate);
    }
}

#[test]
fn tech_3341_case_9_short_term_is_steady() {
    for rate in RATES {
        let segments: Vec<Segment> = [(-20.0, 1.34), (-30.0, 1.66)].repeat(5);
        measure(rate, &steps(rate, &segments), |time, readings| {
            if time >= 3.05 {
                near(readings.short_term.unwrap().0, -23.0, 0.1, (rate, time));
            }
        });
    }
}

#[test]
fn tech_3341_cases_10_and_11_short_term_catches_a_tone() {
    for rate in RATES {
        let mut together = Vec::new();
        for i in 0..20 {
            let pause = 0.15 * f64::from(i);
            let alone =
                steps(rate, &[(f64::NEG_INFINITY, pause), (-23.0, 3.0), (f64::NEG_INFINITY, 1.0)]);
            let readings = measure(rate, &alone, |_, _| {});
            near(readings.max_short_term.unwrap().0, -23.0, 0.1, (10, i, rate));
            together.extend([
                (f64::NEG_INFINITY, pause),
                (-38.0 + f64::from(i), 3.0),
                (f64::NEG_INFINITY, 3.0 - pause),
            ]);
        }
        let mut highest = [f64::NEG_INFINITY; 20];
        measure(rate, &steps(rate, &together), |time, readings| {
            if let Some(loudness) = readings.short_term {
                let segment = ((time / 6.0) as usize).min(19);
                highest[segment] = highest[segment].max(loudness.0);
            }
        });
        for (i, highest) in highest.into_iter().enumerate() {
            near(highest, -38.0 + i as f64, 0.1, (11, i, rate));
        }
    }
}

#[test]
fn tech_3341_case_12_momentary_is_steady() {
    for rate in RATES {
        let segments: Vec<Segment> = [(-20.0, 0.18), (-30.0, 0.22)].repeat(25);
        measure(rate, &steps(rate, &segments), |time, readings| {
            if time >= 1.0 {
                near(readings.momentary.unwrap().0, -23.0, 0.1, (rate, time));
            }
        });
    }
}

#[test]
fn tech_3341_cases_13_and_14_momentary_catches_a_tone() {
    for rate in RATES {
        let mut together = Vec::new();
        for i in 0..20 {
            let pause = 0.02 * f64::from(i);
            let alone =
                steps(rate, &[(f64::NEG_INFINITY, pause), (-23.0, 0.4), (f64::NEG_INFINITY, 1.0)]);
            let readings = measure(rate, &alone, |_, _| {});
            near(readings.max_momentary.unwrap().0, -23.0, 0.1, (13, i, rate));
            together.extend([
                (f64::NEG_INFINITY, pause),
                (-38.0 + f64::from(i), 0.4),
                (f64::NEG_INFINITY, 0.4 - pause),
            ]);
        }
        let mut highest = [f64::NEG_INFINITY; 20];
        // A block is 5 ms or less, so that none hides a hop from us.
        measure_by(220, rate, &steps(rate, &together), |time, readings| {
            if let Some(loudness) = readings.momentary {
                let segment = ((time / 0.8) as usize).min(19);
                highest[segment] = highest[segment].max(loudness.0);
            }
        });
        for (i, highest) in highest.into_iter().enumerate() {
            near(highest, -38.0 + i as f64, 0.1, (14, i, rate));
        }
    }
}

/// True peaks may be 0.2 dB over and 0.4 dB under.
#[track_caller]
fn is_peak(signal: &[f32], expected: f64, what: impl std::fmt::Debug) {
    for level in Level::all() {
        let decibels = tone::true_peak(level, signal);
        let error = decibels - expected;
        assert!((-0.4..=0.2).contains(&error), "{decibels:.3} for {expected}: {what:?}, {level:?}");
    }
}

#[test]
fn tech_3341_cases_15_to_19_peaks_between_samples() {
    // They are given as parts of the rate, so they are the same at each.
    for (case, height, part, degrees, expected) in [
        (15, 0.50, 4.0, 0.0, -6.0),
        (16, 0.50, 4.0, 45.0, -6.0),
        (17, 0.50, 6.0, 60.0, -6.0),
        (18, 0.50, 8.0, 67.5, -6.0),
        (19, 1.41, 4.0, 45.0, 3.0),
    ] {
        let phase = f64::to_radians(degrees);
        // They fade in and out, so that the beginning makes no peak of its own.
        let signal = Peaks::faded(4800, |frame| height * sine(frame / part, phase));
        is_peak(&signal, expected, case);
    }
}

#[test]
fn tech_3341_cases_20_to_23_a_peak_of_one_cycle() {
    for offset in 0..4 {
        is_peak(&Peaks::one_cycle(offset), 0.0, offset + 20);
    }
}

#[test]
fn tech_3342_loudness_range() {
    let cases: [(&[f64], f64); 4] = [
        (&[-20.0, -30.0], 10.0),
        (&[-20.0, -15.0], 5.0),
        (&[-40.0, -20.0], 20.0),
        (&[-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
    ];
    for rate in RATES {
        for (levels, expected) in cases {
            let segments: Vec<Segment> = levels.iter().map(|level| (*level, 20.0)).collect();
            let readings = measure(rate, &steps(rate, &segments), |_, _| {});
            near(readings.range.unwrap().range.0, expected, 1.0, (levels, rate));
            assert_eq!(readings.range.unwrap().stable, levels.len() > 2);
        }
    }
}

#[test]
fn bs_1770_calibration() {
    for rate in RATES {
        let signal: Vec<f32> =
            (0..(5.0 * rate) as usize).map(|n| sine(997.0 * n as f64 / rate, 0.0) as f32).collect();
        let silence = vec![0.0; signal.len()];
        let group = Group::new(0, MONO);
        let mut points = Points::new(Level::best(), SampleRate::new(rate).unwrap(), 1, vec![group]);
        points.take(&[[&signal, &silence]]);
        for programme in points.programmes() {
            near(programme.final_readings().integrated.unwrap().0, -3.01, 0.03, rate);
        }
        points.programmes_mut()[0].restart();
        assert_eq!(points.programmes()[0].final_readings().integrated, None);
    }
}
