//! Loudnesses counted by bins, so that hours need no more memory than minutes.

use super::Lufs;

/// The absolute gate: what is not louder does not count.
pub const GATE: Lufs = Lufs(-70.0);

/// Bins in 1 LU: a threshold that falls into a bin takes all of it, and so moves by less than a
/// hundredth.
const FINE: usize = 100;

/// 1 LU each, from [`GATE`] on. What is louder than the last, +50 LUFS, is counted in it.
const COARSE: usize = 120;

/// How many loudnesses there were in each hundredth of a LU, and the sum of their powers.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// Those of a coarse bin mean something only once that has counted one: so emptying takes no
    /// longer than that of a hundred bins.
    fine: Vec<Bin>,
    coarse: [Bin; COARSE],
    all: Bin,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    power: f64,
    count: u64,
}

impl Bin {
    fn add(&mut self, other: Self) {
        self.power += other.power;
        self.count += other.count;
    }
}

impl Histogram {
    /// Empty.
    pub fn new() -> Self {
        let fine = vec![Bin::default(); COARSE * FINE];
        Self { fine, coarse: [Bin::default(); COARSE], all: Bin::default() }
    }

    /// Empties it. Realtime-safe.
    pub fn clear(&mut self) {
        self.coarse = [Bin::default(); COARSE];
        self.all = Bin::default();
    }

    /// Counts what passes the absolute gate. Realtime-safe.
    pub fn add(&mut self, power: f64) {
        let Some(loudness) = Lufs::of_power(power).filter(|loudness| *loudness > GATE) else {
            return;
        };
        let one = Bin { power, count: 1 };
        let bin = bin(loudness);
        let coarse = bin / FINE;
        if self.coarse[coarse].count == 0 {
            self.fine[coarse * FINE..][..FINE].fill(Bin::default());
        }
        self.fine[bin].add(one);
        self.coarse[coarse].add(one);
        self.all.add(one);
    }

    /// How many were counted. Realtime-safe.
    pub fn count(&self) -> u64 {
        self.all.count
    }

    /// The mean power of all. Realtime-safe.
    pub fn mean(&self) -> Option<f64> {
        mean(self.all)
    }

    /// The mean power of those from a threshold on. Realtime-safe.
    pub fn mean_from(&self, threshold: Lufs) -> Option<f64> {
        mean(self.from(bin(threshold)))
    }

    /// The loudness below which a part of those from a threshold on lies: that with the number
    /// which is next to the part. Realtime-safe.
    pub fn percentile_from(&self, threshold: Lufs, part: f64) -> Option<Lufs> {
        let first = bin(threshold);
        let count = self.from(first).count;
        if count == 0 {
            return None;
        }
        let below = self.all.count - count;
        let mut left = below + ((count - 1) as f64 * part).round() as u64;
        let mut coarse = 0;
        while left >= self.coarse[coarse].count {
            left -= self.coarse[coarse].count;
            coarse += 1;
        }
        let mut fine = coarse * FINE;
        while left >= self.fine[fine].count {
            left -= self.fine[fine].count;
            fine += 1;
        }
        Some(Lufs(GATE.0 + (fine as f64 + 0.5) / FINE as f64))
    }

    /// A bin and all that are louder: a hundred sums of each kind at the most.
    fn from(&self, first: usize) -> Bin {
        let next = first / FINE + 1;
        let mut sum = Bin::default();
        if self.coarse[first / FINE].count > 0 {
            self.fine[first..next * FINE].iter().for_each(|bin| sum.add(*bin));
        }
        self.coarse[next..].iter().for_each(|bin| sum.add(*bin));
        sum
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

fn mean(bin: Bin) -> Option<f64> {
    (bin.count > 0).then(|| bin.power / bin.count as f64)
}

/// A cast from float saturates, so what is below the gate is in the first bin.
fn bin(loudness: Lufs) -> usize {
    (((loudness.0 - GATE.0) * FINE as f64) as usize).min(COARSE * FINE - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, with everything kept.
    fn exact_mean_from(powers: &[f64], threshold: f64) -> Option<f64> {
        let louder: Vec<f64> = powers
            .iter()
            .copied()
            .filter(|power| Lufs::of_power(*power).is_some_and(|l| l > GATE && l.0 >= threshold))
            .collect();
        (!louder.is_empty()).then(|| louder.iter().sum::<f64>() / louder.len() as f64)
    }

    proptest! {
        #[test]
        fn a_mean_is_the_exact_one_with_the_threshold_moved_by_a_hundredth_at_most(
            loudnesses in prop::collection::vec(-90f64..20.0, 0..300), threshold in -80f64..20.0,
        ) {
            let powers: Vec<f64> = loudnesses.iter().map(|l| Lufs(*l).power()).collect();
            let mut histogram = Histogram::new();
            powers.iter().for_each(|power| histogram.add(*power));
            let ours = histogram.mean_from(Lufs(threshold));
            let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b,
                (a, b) => a == b,
            };
            // Only the loudnesses themselves are places where the mean can change.
            let mut moved = vec![threshold, threshold - 0.01];
            moved.extend(loudnesses.iter().copied().filter(|l| (threshold - 0.01..=threshold).contains(l)));
            prop_assert!(moved.iter().any(|t| near(ours, exact_mean_from(&powers, *t))));
        }

        #[test]
        fn a_percentile_is_the_exact_one_within_a_bin(
            loudnesses in prop::collection::vec(-69.9f64..20.0, 1..300), part in 0f64..=1.0,
        ) {
            let mut histogram = Histogram::new();
            loudnesses.iter().for_each(|l| histogram.add(Lufs(*l).power()));
            let mut sorted = loudnesses;
            sorted.sort_by(f64::total_cmp);
            let exact = sorted[((sorted.len() - 1) as f64 * part).round() as usize];
            let ours = histogram.percentile_from(GATE, part).unwrap();
            prop_assert!((ours.0 - exact).abs() <= 0.005_001, "{} for {}", ours, exact);
        }
    }

    #[test]
    fn absurd_powers_fit_in() {
        let mut histogram = Histogram::new();
        for power in [f64::MAX, 1e30, 0.0, -1.0, f64::NAN, f64::INFINITY] {
            histogram.add(power);
        }
        assert_eq!(histogram.count(), 2);
        assert!(histogram.percentile_from(Lufs(1e9), 0.5).is_some());
        histogram.clear();
        assert_eq!((histogram.mean(), histogram.percentile_from(GATE, 0.5)), (None, None));
        assert_eq!(histogram.mean_from(Lufs(49.0)), None);
        histogram.add(Lufs(49.5).power());
        assert_eq!(histogram.mean_from(GATE), Some(Lufs(49.5).power()));
    }
}
