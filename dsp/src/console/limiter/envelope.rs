//! From the gain that each frame asks for to the gain that is applied.

use crate::SampleRate;

/// Full level as an integer: sums of integers do not drift, so a gain that should be 1 is 1.
const FULL: u64 = 1 << 26;

/// Closer to full level than this nobody hears a difference, and the release ends.
const THERE: f64 = 1.0 / (1 << 20) as f64;

/// Three windows one after the other make a round one.
const WINDOWS: usize = 3;

/// The path of the gain.
#[derive(Debug)]
pub struct Envelope {
    lowest: Lowest,
    /// What is left of the way back to full level after a frame.
    keep: f64,
    level: f64,
    sums: [Sum; WINDOWS],
    /// What the last sum is at full level.
    whole: u64,
}

impl Envelope {
    /// Reaches a gain `window` frames after it was asked for, holds it for `hold` frames, and then
    /// lets go. Allocates.
    pub fn new(window: u32, hold: u32) -> Self {
        let share = |i: u32| (window + i) / WINDOWS as u32 + 1;
        let lengths = [share(0), share(1), share(2)];
        debug_assert_eq!(lengths.iter().sum::<u32>(), window + WINDOWS as u32);
        let mut envelope = Self {
            lowest: Lowest::new((window + hold) as usize),
            keep: 0.0,
            level: 1.0,
            sums: lengths.map(|length| Sum::new(length as usize)),
            whole: lengths.iter().fold(FULL, |whole, length| whole * u64::from(*length)),
        };
        envelope.clear();
        envelope
    }

    /// Lets go in so many seconds. Realtime-safe.
    pub fn set_release(&mut self, seconds: f32, rate: SampleRate) {
        self.keep = (-1.0 / f64::from(rate.frames_in(seconds.into()))).exp();
    }

    /// Takes in what a frame asks for, from 0 to 1; gives the gain of the one that is heard.
    /// Realtime-safe.
    pub fn step(&mut self, wanted: f32) -> f32 {
        let back = 1.0 - (1.0 - self.level) * self.keep;
        let back = if back > 1.0 - THERE { 1.0 } else { back };
        self.level = back.min(self.lowest.step(wanted).into());
        let level = (self.level * FULL as f64) as u64;
        let sum = self.sums.iter_mut().fold(level, |value, sum| sum.step(value));
        (sum as f64 / self.whole as f64) as f32
    }

    /// Back to full level. Realtime-safe.
    pub fn clear(&mut self) {
        self.lowest.clear();
        self.level = 1.0;
        self.sums.iter_mut().fold(FULL, |value, sum| sum.fill(value));
    }
}

/// The lowest of the last so many values: those that a later and lower one makes pointless are
/// dropped, so the lowest is always the first. Each value comes once and goes once.
#[derive(Debug)]
struct Lowest {
    /// When each came, and what it is; a ring.
    held: Box<[(u64, f32)]>,
    first: usize,
    count: usize,
    now: u64,
}

impl Lowest {
    fn new(length: usize) -> Self {
        let held = vec![(0, 1.0); length].into_boxed_slice();
        Self { held, first: 0, count: 0, now: 0 }
    }

    fn step(&mut self, value: f32) -> f32 {
        let length = self.held.len();
        let place = |at: usize| if at < length { at } else { at - length };
        self.now += 1;
        if self.count > 0 && self.held[self.first].0 + length as u64 <= self.now {
            self.first = place(self.first + 1);
            self.count -= 1;
        }
        while self.count > 0 && self.held[place(self.first + self.count - 1)].1 >= value {
            self.count -= 1;
        }
        self.held[place(self.first + self.count)] = (self.now, value);
        self.count += 1;
        self.held[self.first].1
    }

    fn clear(&mut self) {
        self.count = 0;
    }
}

/// The sum of the last so many values.
#[derive(Debug)]
struct Sum {
    ring: Box<[u64]>,
    at: usize,
    sum: u64,
}

impl Sum {
    fn new(length: usize) -> Self {
        Self { ring: vec![0; length].into_boxed_slice(), at: 0, sum: 0 }
    }

    fn step(&mut self, value: u64) -> u64 {
        let oldest = std::mem::replace(&mut self.ring[self.at], value);
        self.at = if self.at + 1 < self.ring.len() { self.at + 1 } else { 0 };
        self.sum = self.sum - oldest + value;
        self.sum
    }

    /// As if there had never been another value.
    fn fill(&mut self, value: u64) -> u64 {
        self.ring.fill(value);
        self.sum = value * self.ring.len() as u64;
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_lowest_is_the_lowest(
            length in 1usize..40, values in prop::collection::vec(0f32..1.0, 1..300),
        ) {
            let mut lowest = Lowest::new(length);
            for (i, value) in values.iter().enumerate() {
                let since = (i + 1).saturating_sub(length);
                let wanted = values[since..=i].iter().copied().fold(1.0, f32::min);
                prop_assert_eq!(lowest.step(*value), wanted);
            }
        }

        #[test]
        fn what_is_asked_for_is_there_in_time_and_held(
            window in 3u32..200, hold in 1u32..10, release in 0.0001f32..0.1,
            asked in prop::collection::vec((1usize..300, 0f32..1.0), 1..10),
        ) {
            let mut envelope = Envelope::new(window, hold);
            envelope.set_release(release, SampleRate::new(48_000.0).unwrap());
            let mut wanted = vec![1.0f32; (window + hold) as usize];
            for (gap, gain) in asked {
                wanted.resize(wanted.len() + gap, 1.0);
                wanted.push(gain);
            }
            wanted.resize(wanted.len() + 3000, 1.0);
            let gains: Vec<f32> = wanted.iter().map(|gain| envelope.step(*gain)).collect();
            for (i, gain) in wanted.iter().enumerate() {
                let held = i + window as usize..i + (window + hold) as usize;
                for got in gains.get(held).into_iter().flatten() {
                    prop_assert!(*got <= gain + 1e-7, "{got} for {gain} at {i}");
                }
            }
            for pair in gains.windows(2) {
                let steepest = 3.0 / window as f32 + 1.0 / (release * 48_000.0).max(1.0);
                prop_assert!((pair[1] - pair[0]).abs() <= steepest, "{pair:?}");
            }
        }
    }

    #[test]
    fn it_comes_back_to_exactly_full_level() {
        let mut envelope = Envelope::new(500, 6);
        envelope.set_release(0.01, SampleRate::new(48_000.0).unwrap());
        assert_eq!(envelope.step(1.0), 1.0);
        envelope.step(0.001);
        let mut last = 0.0;
        for _ in 0..500 + 6 + 20 * 480 {
            last = envelope.step(1.0);
        }
        assert_eq!(last, 1.0);
        envelope.step(0.0);
        envelope.clear();
        assert_eq!(envelope.step(1.0), 1.0);
    }
}
