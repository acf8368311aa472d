//! How meters rise and fall. Time is passed in, so everything here can be computed by hand.

use std::collections::VecDeque;
use std::time::Duration;

use busbar_dsp::{Decibels, Gain};

/// Peaks fall by 20 dB in 1.7 s.
const FALL_PER_SECOND: f32 = 20.0 / 1.7;

/// How long the hold line stays where the peak was.
pub const HOLD: Duration = Duration::from_secs(2);

/// What a meter does not show any more.
pub const FLOOR: Decibels = Decibels(-90.0);

/// The time over which RMS is taken.
pub const RMS_SECONDS: f64 = 0.3;

/// A peak that rises at once and falls slowly, the line that holds it, and the latch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    bar: Decibels,
    hold: Decibels,
    held_until: Duration,
    latch: f32,
}

impl Default for Peak {
    fn default() -> Self {
        Self {
            bar: Decibels::SILENCE,
            hold: Decibels::SILENCE,
            held_until: Duration::ZERO,
            latch: 0.0,
        }
    }
}

impl Peak {
    /// Time goes by from `then` to `now`.
    pub fn pass(&mut self, then: Duration, now: Duration) {
        self.bar = fallen(self.bar, now.saturating_sub(then));
        // The line falls only for that part of the time that is after its hold.
        self.hold = fallen(self.hold, now.saturating_sub(then.max(self.held_until)));
    }

    /// A peak has been measured.
    pub fn rise(&mut self, peak: f32, now: Duration) {
        let level = Gain(peak).decibels();
        self.bar = Decibels(self.bar.0.max(level.0));
        if level >= self.hold && level > FLOOR {
            self.hold = level;
            self.held_until = now + HOLD;
        }
        self.latch(peak);
    }

    /// Only the latch remembers: for what happened while nobody looked.
    pub fn latch(&mut self, peak: f32) {
        self.latch = self.latch.max(peak);
    }

    /// Forgets the highest peak.
    pub fn reset(&mut self) {
        self.latch = 0.0;
    }

    /// The bar's height.
    pub fn bar(&self) -> Decibels {
        self.bar
    }

    /// The hold line's.
    pub fn hold(&self) -> Decibels {
        self.hold
    }

    /// The highest peak since the last reset.
    pub fn highest(&self) -> Decibels {
        Gain(self.latch).decibels()
    }

    /// Whether a sample was above full scale since the last reset.
    pub fn is_over(&self) -> bool {
        self.latch > 1.0
    }
}

fn fallen(level: Decibels, time: Duration) -> Decibels {
    let level = Decibels(level.0 - FALL_PER_SECOND * time.as_secs_f32());
    if level < FLOOR { Decibels::SILENCE } else { level }
}

/// RMS over the last 300 ms of audio, in the grain of the readings.
#[derive(Clone, Debug, Default)]
pub struct Rms {
    /// Energy and frames of each reading, oldest first.
    readings: VecDeque<(f64, u64)>,
    energy: f64,
    frames: u64,
}

impl Rms {
    /// A reading of `energy` over `frames`; `window` is how many frames 300 ms are.
    pub fn take(&mut self, energy: f64, frames: u64, window: u64) {
        self.readings.push_back((energy, frames));
        self.frames += frames;
        while let Some((_, oldest)) = self.readings.front()
            && self.frames - oldest >= window
        {
            self.frames -= oldest;
            self.readings.pop_front();
        }
        // Added up anew each time, or what loud passages round away would stay for ever.
        self.energy = self.readings.iter().map(|(energy, _)| energy).sum();
    }

    /// There is no audio any more.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The level.
    pub fn level(&self) -> Decibels {
        if self.frames == 0 {
            return Decibels::SILENCE;
        }
        let level = Gain((self.energy / self.frames as f64).sqrt() as f32).decibels();
        if level < FLOOR { Decibels::SILENCE } else { level }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn near(level: Decibels, expected: f32) -> bool {
        (level.0 - expected).abs() < 0.01
    }

    #[test]
    fn peaks_rise_at_once_and_fall_by_20_db_in_1700_ms() {
        for steps in [1u32, 17, 102] {
            let mut peak = Peak::default();
            peak.rise(1.0, ms(0));
            assert_eq!((peak.bar(), peak.hold()), (Decibels(0.0), Decibels(0.0)));
            for step in 0..steps {
                let at = |step| Duration::from_millis(1700) * step / steps;
                peak.pass(at(step), at(step + 1));
            }
            assert!(near(peak.bar(), -20.0), "{steps} steps: {:?}", peak.bar());
            assert_eq!(peak.hold(), Decibels(0.0), "still held");
        }
    }

    #[test]
    fn the_line_holds_for_two_seconds_and_then_falls_as_fast() {
        let mut peak = Peak::default();
        peak.rise(1.0, ms(0));
        peak.pass(ms(0), ms(3700));
        assert!(near(peak.hold(), -20.0), "{:?}", peak.hold());
        peak.rise(0.5, ms(3700));
        peak.pass(ms(3700), ms(5700));
        assert!(near(peak.hold(), -6.02), "a higher peak holds anew: {:?}", peak.hold());
    }

    #[test]
    fn the_latch_stays_until_it_is_reset() {
        let mut peak = Peak::default();
        peak.rise(1.0, ms(0));
        assert!(!peak.is_over(), "full scale is not over it");
        peak.rise(1.25, ms(0));
        peak.pass(ms(0), ms(3_600_000));
        assert_eq!((peak.bar(), peak.hold()), (Decibels::SILENCE, Decibels::SILENCE));
        assert!(peak.is_over() && near(peak.highest(), 1.94));
        peak.reset();
        assert!(!peak.is_over());
        assert_eq!(peak.highest(), Decibels::SILENCE);
    }

    #[test]
    fn rms_is_that_of_the_last_300_ms_whatever_the_grain() {
        let window = 14_400;
        for grain in [800u64, 4_800, 7_200, 14_400] {
            let mut rms = Rms::default();
            for _ in 0..10 {
                rms.take(grain as f64, grain, window);
            }
            assert_eq!(rms.level(), Decibels(0.0));
            for _ in 0..window / grain {
                assert!(rms.level() > Decibels(-20.0));
                rms.take(0.0, grain, window);
            }
            assert_eq!(rms.level(), Decibels::SILENCE, "grain {grain}");
        }
    }
}
