//! The filter that finds the values between samples.

use std::f64::consts::PI;

/// Samples that a value between two of them is made of.
pub const TAPS: usize = 48;

/// Pairs of samples around the place of a value, one as far before it as the other behind.
pub const PAIRS: usize = TAPS / 2;

/// The band, as a part of the rate, in which the filter is to be exact.
const EDGE: f64 = 0.475;

/// How much less an error above [`EDGE`] weighs. Nothing at all would let the filter do there what
/// it likes, and noise has content there.
const ABOVE: f64 = 1e-4;

/// Values at a quarter, a half and three quarters of the way between two samples, by least squares
/// over the band, for each place by itself. A windowed sinc of this length would be as good in the
/// band, and twice as far off above it.
///
/// The places at a quarter and three quarters mirror each other, and the one in the middle itself,
/// so sums and differences of [`PAIRS`] of samples are enough for all three.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Filter {
    /// What a quarter and three quarters have in common: factors of the pairs' sums.
    pub common: [f32; PAIRS],
    /// What sets them apart: factors of the pairs' differences.
    pub apart: [f32; PAIRS],
    /// The half: factors of the pairs' sums.
    pub half: [f32; PAIRS],
}

impl Filter {
    /// Solves for the coefficients. Not for an audio thread, though it takes no memory but the
    /// stack's.
    pub fn new() -> Self {
        let (quarter, half) = (solve(0.25), solve(0.5));
        // Tap `PAIRS + n` lies behind the place, its mirror before it.
        let pair = |n: usize, taps: &[f64; TAPS], sign: f64| {
            ((taps[PAIRS + n] + sign * taps[PAIRS - 1 - n]) / 2.0) as f32
        };
        Self {
            common: std::array::from_fn(|n| pair(n, &quarter, 1.0)),
            apart: std::array::from_fn(|n| pair(n, &quarter, -1.0)),
            half: std::array::from_fn(|n| pair(n, &half, 1.0)),
        }
    }

    /// How much higher a value can be than the samples it is made of.
    pub fn reach(&self) -> f32 {
        let sum = |taps: [f32; TAPS]| taps.iter().map(|tap| tap.abs()).sum::<f32>();
        self.taps().into_iter().map(sum).fold(1.0, f32::max)
    }

    /// The factors of the samples around a place a quarter, a half and three quarters behind the
    /// sample number `PAIRS - 1`.
    pub fn taps(&self) -> [[f32; TAPS]; 3] {
        let tap = |n: usize, of_sums: &[f32; PAIRS], of_differences: f32| match n.checked_sub(PAIRS)
        {
            Some(pair) => of_sums[pair] + of_differences * self.apart[pair],
            None => of_sums[PAIRS - 1 - n] - of_differences * self.apart[PAIRS - 1 - n],
        };
        [
            std::array::from_fn(|n| tap(n, &self.common, 1.0)),
            std::array::from_fn(|n| tap(n, &self.half, 0.0)),
            std::array::from_fn(|n| tap(n, &self.common, -1.0)),
        ]
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self::new()
    }
}

/// The taps whose sum comes nearest to a delay by a fraction of a sample: the normal equations,
/// solved by elimination. Their matrix is positive definite, so no pivot is looked for.
fn solve(place: f64) -> [f64; TAPS] {
    // The place lies behind the sample number `PAIRS - 1`.
    let delay = |n: usize| n as f64 - (PAIRS - 1) as f64 - place;
    let mut rows = [[0.0; TAPS + 1]; TAPS];
    for (n, row) in rows.iter_mut().enumerate() {
        for (m, value) in row.iter_mut().take(TAPS).enumerate() {
            *value = weighted(n as f64 - m as f64);
        }
        row[TAPS] = weighted(delay(n));
    }
    for pivot in 0..TAPS {
        let (done, left) = rows.split_at_mut(pivot + 1);
        let upper = &done[pivot];
        for row in left {
            let factor = row[pivot] / upper[pivot];
            for (value, above) in row.iter_mut().zip(upper).skip(pivot) {
                *value -= factor * above;
            }
        }
    }
    let mut taps = [0.0; TAPS];
    for n in (0..TAPS).rev() {
        let known: f64 = rows[n][n + 1..TAPS].iter().zip(&taps[n + 1..]).map(|(a, b)| a * b).sum();
        taps[n] = (rows[n][TAPS] - known) / rows[n][n];
    }
    taps
}

/// The integral of a cosine over frequency, by the weight of each.
fn weighted(delay: f64) -> f64 {
    let up_to = |edge: f64| {
        if delay == 0.0 { edge } else { (2.0 * PI * edge * delay).sin() / (2.0 * PI * delay) }
    };
    (1.0 - ABOVE) * up_to(EDGE) + ABOVE * up_to(0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a place's taps make of a tone, against what they should.
    fn error_at(frequency: f64, taps: &[f32; TAPS], place: f64) -> f64 {
        let (mut re, mut im) = (-1.0, 0.0);
        for (n, tap) in taps.iter().enumerate() {
            let angle = 2.0 * PI * frequency * (n as f64 - (PAIRS - 1) as f64 - place);
            re += f64::from(*tap) * angle.cos();
            im += f64::from(*tap) * angle.sin();
        }
        re.hypot(im)
    }

    #[test]
    fn tones_come_through_as_they_are() {
        let taps = Filter::new().taps();
        for step in 0..=460 {
            let frequency = f64::from(step) / 1000.0;
            for (taps, place) in taps.iter().zip([0.25, 0.5, 0.75]) {
                let error = error_at(frequency, taps, place);
                // 0.008 is 0.07 dB.
                assert!(error < 0.008, "{error} at {frequency} of the rate, place {place}");
            }
        }
    }

    #[test]
    fn places_mirror_each_other() {
        let [quarter, half, three] = Filter::new().taps();
        for n in 0..TAPS {
            assert_eq!(quarter[n], three[TAPS - 1 - n]);
            assert_eq!(half[n], half[TAPS - 1 - n]);
        }
    }
}
