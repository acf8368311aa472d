//! The demo's reference: the same tune as somebody else might have mastered it, brighter, denser
//! and louder, so that there is something to compare with.

use std::f32::consts::TAU;

use super::stems::RATE;

/// Below it the reference has less, above it more.
const TILT_HERTZ: f32 = 900.0;
const BELOW: f32 = 0.8;
const ABOVE: f32 = 1.5;

/// How hard it is driven into saturation, which ends at 1.
const DRIVE: f32 = 2.6;

/// The highest that comes out, a little below full scale.
const CEILING: f32 = 0.95;

/// Masters a mix.
pub fn master(mix: &[Vec<f32>; 2]) -> [Vec<f32>; 2] {
    mix.each_ref().map(|side| {
        let rate = 1.0 - (-TAU * TILT_HERTZ / RATE as f32).exp();
        let mut low = 0.0;
        let tilted = side.iter().map(|sample| {
            low += rate * (sample - low);
            BELOW * low + ABOVE * (sample - low)
        });
        tilted.map(|sample| CEILING * (DRIVE * sample).tanh()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(samples: impl Iterator<Item = f32>) -> f32 {
        let (sum, count) = samples.fold((0.0, 0), |(sum, n), x| (sum + f64::from(x * x), n + 1));
        (sum / f64::from(count)).sqrt() as f32
    }

    #[test]
    fn it_is_louder_and_brighter_and_never_over() {
        let sine = |hertz: f32, at: usize| (TAU * (hertz * at as f32 / RATE as f32).fract()).sin();
        let mix: Vec<f32> =
            (0..48_000).map(|at| 0.3 * sine(100.0, at) + 0.03 * sine(5_000.0, at)).collect();
        let [made, _] = master(&[mix.clone(), mix.clone()]);
        let (before, after) = (level(mix.iter().copied()), level(made.iter().copied()));
        assert!(after > 1.5 * before, "{before} → {after}");
        let brightness = |samples: &[f32]| {
            level(samples.windows(2).map(|pair| pair[1] - pair[0])) / level(samples.iter().copied())
        };
        assert!(brightness(&made) > 1.2 * brightness(&mix));
        assert!(made.iter().all(|sample| sample.abs() <= CEILING));
    }
}
