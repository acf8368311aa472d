//! The last seconds, in hops of 10 ms.

use super::Lufs;

/// A hop is this part of a second.
pub const HOPS_A_SECOND: usize = 100;

/// Hops of the momentary window, 0.4 s.
pub const MOMENTARY: usize = 40;

/// Hops of the short-term window, 3 s.
pub const SHORT_TERM: usize = 300;

/// The mean square of each of the last hops.
#[derive(Clone, Debug)]
pub struct Windows {
    hops: Vec<f64>,
    /// Where the next goes.
    next: usize,
    /// How many of them are known.
    known: usize,
}

impl Windows {
    /// Of so many hops nothing is known.
    pub fn new(hops: usize) -> Self {
        Self { hops: vec![0.0; hops], next: 0, known: 0 }
    }

    /// Nothing known any more. Realtime-safe.
    pub fn clear(&mut self) {
        self.known = 0;
    }

    /// The next hop. Realtime-safe.
    pub fn push(&mut self, power: f64) {
        self.hops[self.next] = power;
        self.next = (self.next + 1) % self.hops.len();
        self.known = (self.known + 1).min(self.hops.len());
    }

    /// The mean power of the last `hops`, once there were as many. All are added up each time: a
    /// sum that is kept going would never forget what a loud hop did to its last digits.
    /// Realtime-safe.
    pub fn mean(&self, hops: usize) -> Option<f64> {
        if self.known < hops {
            return None;
        }
        let newest = &self.hops[..self.next];
        let sum = match hops.checked_sub(self.next) {
            None | Some(0) => sum(&newest[self.next - hops..]),
            Some(more) => sum(&self.hops[self.hops.len() - more..]) + sum(newest),
        };
        Some(sum / hops as f64)
    }

    /// Over 0.4 s. Realtime-safe.
    pub fn momentary(&self) -> Option<Lufs> {
        self.mean(MOMENTARY).and_then(Lufs::of_power)
    }

    /// Over 3 s. Realtime-safe.
    pub fn short_term(&self) -> Option<Lufs> {
        self.mean(SHORT_TERM).and_then(Lufs::of_power)
    }
}

/// Four sums side by side, which need not wait for each other.
fn sum(powers: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let mut fours = powers.chunks_exact(4);
    for four in &mut fours {
        for (sum, power) in sums.iter_mut().zip(four) {
            *sum += power;
        }
    }
    sums.iter().sum::<f64>() + fours.remainder().iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn means_are_those_of_the_last_hops(powers in prop::collection::vec(0f64..1.0, 0..900)) {
            let mut windows = Windows::new(SHORT_TERM);
            for (n, power) in powers.iter().enumerate() {
                windows.push(*power);
                for hops in [1, 30, MOMENTARY, SHORT_TERM] {
                    let exact = (n + 1).checked_sub(hops)
                        .map(|from| powers[from..=n].iter().sum::<f64>() / hops as f64);
                    match (windows.mean(hops), exact) {
                        (Some(ours), Some(exact)) => prop_assert!((ours - exact).abs() < 1e-12),
                        (ours, exact) => prop_assert_eq!(ours, exact),
                    }
                }
            }
        }
    }
}
