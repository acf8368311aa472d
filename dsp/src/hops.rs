//! The steps of 10 ms that loudness is measured in.

use crate::SampleRate;
use crate::loudness::HOPS_A_SECOND;

/// Counts frames into hops. Where 10 ms are no whole number of frames, hops differ by one, and none
/// drifts away from the time.
#[derive(Clone, Copy, Debug)]
pub struct Hops {
    rate: SampleRate,
    /// Hops that are complete.
    complete: u64,
    /// Frames of the one that is not.
    frames: u32,
}

impl Hops {
    /// At the beginning of the first.
    pub fn new(rate: SampleRate) -> Self {
        Self { rate, complete: 0, frames: 0 }
    }

    /// Frames of the present hop. Realtime-safe.
    pub fn length(&self) -> u32 {
        let end_of = |hops: u64| (hops as f64 * self.rate.hertz() / HOPS_A_SECOND as f64).round();
        // At rates where some would have none, they have one.
        ((end_of(self.complete + 1) - end_of(self.complete)) as u32).max(1)
    }

    /// Frames that the present hop lacks, at least one. Realtime-safe.
    pub fn lacks(&self) -> usize {
        (self.length() - self.frames) as usize
    }

    /// Counts frames, no more than the hop lacks; returns its length when that completes it.
    /// Realtime-safe.
    pub fn count(&mut self, frames: usize) -> Option<u32> {
        self.frames += frames as u32;
        let length = self.length();
        if self.frames < length {
            return None;
        }
        (self.complete, self.frames) = (self.complete + 1, 0);
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_make_a_second_at_any_rate() {
        for rate in [1000.0, 11_025.0, 22_050.0, 44_100.0, 48_000.0, 1_234_567.8] {
            let mut hops = Hops::new(SampleRate::new(rate).unwrap());
            let mut frames = 0;
            for n in 1..=1000 {
                let lacks = hops.lacks();
                assert_eq!(hops.count(lacks - 1).is_some(), lacks == 1);
                frames += match lacks {
                    1 => 1,
                    _ => hops.count(1).unwrap(),
                };
                assert!((f64::from(frames) - f64::from(n) * rate / 100.0).abs() <= 0.5);
            }
        }
    }
}
