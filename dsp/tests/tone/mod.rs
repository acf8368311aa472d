//! The signals that the standards describe.

use std::f64::consts::TAU;

use busbar_dsp::true_peak::Filter;
use busbar_dsp::{Level, TruePeak};

/// A level in dBFS, for a number of seconds.
pub type Segment = (f64, f64);

/// A sine after so many cycles.
pub fn sine(cycles: f64, phase: f64) -> f64 {
    (TAU * cycles.fract() + phase).sin()
}

/// 1 kHz at one level after the other, without a break in its phase.
pub fn steps(rate: f64, segments: &[Segment]) -> Vec<f32> {
    let (mut signal, mut end) = (Vec::new(), 0.0);
    for (level, seconds) in segments {
        end += seconds * rate;
        let height = 10f64.powf(level / 20.0);
        while (signal.len() as f64) < end.round() {
            signal.push((height * sine(1000.0 * signal.len() as f64 / rate, 0.0)) as f32);
        }
    }
    signal
}

/// The true peak of a signal and of the silence after it, in decibels.
pub fn true_peak(level: Level, signal: &[f32]) -> f64 {
    let mut meter = TruePeak::new(Filter::new());
    meter.take(level, signal);
    meter.finish(level);
    20.0 * f64::from(meter.peak()).log10()
}

/// Signals for true peak.
pub struct Peaks;

impl Peaks {
    /// So many frames of a function, faded in and out over an eighth of them.
    pub fn faded(frames: usize, of: impl Fn(f64) -> f64) -> Vec<f32> {
        let fade = frames as f64 / 8.0;
        (0..frames)
            .map(|n| {
                let edge = (n.min(frames - n) as f64 / fade).min(1.0);
                (of(n as f64) * (0.5 - 0.5 * (TAU / 2.0 * edge).cos())) as f32
            })
            .collect()
    }

    /// 0.5 at a sixth of the rate with one cycle of 1.0 at a quarter of it, made at four times the
    /// rate and brought down to it by a long filter from one of four offsets.
    pub fn one_cycle(offset: usize) -> Vec<f32> {
        const FINE: usize = 4;
        const FRAMES: usize = 1024 * FINE;
        // The cycle begins where the other crosses zero, which then goes on.
        let [slow, fast] = [6, 4].map(|cycle| cycle * FINE);
        let middle = FRAMES / 2 / slow * slow;
        let fine: Vec<f64> = (0..FRAMES)
            .map(|n| match n.checked_sub(middle) {
                Some(into) if into < fast => sine(into as f64 / fast as f64, 0.0),
                Some(into) => 0.5 * sine((into - fast) as f64 / slow as f64, 0.0),
                None => 0.5 * sine(n as f64 / slow as f64, 0.0),
            })
            .collect();
        (offset..FRAMES).step_by(FINE).map(|n| low_passed(&fine, n) as f32).collect()
    }
}

/// A windowed sinc for half of the rate, wide enough to leave the cycle as high as it was.
fn low_passed(fine: &[f64], at: usize) -> f64 {
    const REACH: isize = 256;
    let mut sum = 0.0;
    for n in -REACH..=REACH {
        let Some(sample) = at.checked_add_signed(n).and_then(|n| fine.get(n)) else { continue };
        let x = n as f64 / 4.0;
        let sinc = if n == 0 { 1.0 } else { (TAU / 2.0 * x).sin() / (TAU / 2.0 * x) };
        let window = 0.5 + 0.5 * (TAU / 2.0 * n as f64 / REACH as f64).cos();
        sum += sample * sinc * window / 4.0;
    }
    sum
}
