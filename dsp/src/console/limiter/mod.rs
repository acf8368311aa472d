//! The master's limiter: what leaves it stays below a ceiling, between the samples too.
//!
//! The true level is read a little ahead of what is heard, from both sides together. The gain that
//! it asks for is held over a window before and after each peak and then smoothed over the same
//! window, so it has arrived when the peak comes, and moves so slowly that the gain itself makes
//! no new peaks. All of this works on whole frames in order, so it does not matter how they are
//! cut into calls.

mod envelope;
mod reader;
#[cfg(test)]
mod tests;

use super::delay::Delay;
use super::{STEP, Sides};
use crate::{Decibels, Gain, Ramp, SampleRate};
use envelope::Envelope;
use reader::{Interpolators, LATE, Reader};

/// The longest look-ahead, in seconds.
pub const MAX_LOOK_AHEAD: f32 = 0.010;

/// How far the gain stays below what the ceiling allows. Interpolators of different lengths differ
/// on what is close to half of the sample rate, and other people's meters have other ones.
const MARGIN: Decibels = Decibels(-0.15);

/// Frames after a peak's own for which its gain is held, since a peak between samples is made by
/// several of them.
const SPREAD: u32 = 2;

/// The window at a look-ahead of 0: with less, the gain moves so fast that it makes peaks.
const SHORTEST_WINDOW: u32 = 64;

/// No window is longer, whatever the rate.
const LONGEST_WINDOW: u32 = 1 << 13;

/// What a limiter keeps to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The true peak that is not exceeded.
    pub ceiling: Decibels,
    /// Seconds in which two thirds of the way back to full level are gone.
    pub release: f32,
}

impl Default for Limit {
    fn default() -> Self {
        Self { ceiling: Decibels(-1.0), release: 0.1 }
    }
}

/// Holds a ceiling.
#[derive(Debug)]
pub struct Limiter {
    rate: SampleRate,
    interpolators: Interpolators,
    readers: [Reader; 2],
    envelope: Envelope,
    delay: Delay,
    ceiling: Ramp,
    on: bool,
}

impl Limiter {
    /// A limiter that looks so many seconds ahead, [`MAX_LOOK_AHEAD`] at the most; it does nothing
    /// but delay until it is [given a limit](Self::head_for). Allocates.
    pub fn new(look_ahead: f32, rate: SampleRate) -> Self {
        let window = window(look_ahead, rate);
        Self {
            rate,
            interpolators: Interpolators::new(),
            readers: [Reader::new(), Reader::new()],
            envelope: Envelope::new(window, 2 * SPREAD + 2),
            delay: Delay::new(latency(look_ahead, rate)),
            ceiling: Ramp::steady(target(Decibels::UNITY)),
            on: false,
        }
    }

    /// Frames from in to out: they never change. Realtime-safe.
    pub fn latency(&self) -> u32 {
        self.delay.frames()
    }

    /// Keeps to a limit from `frame` on; without one it lets go. Realtime-safe.
    pub fn head_for(&mut self, limit: Option<Limit>, frame: u64, length: u32) {
        if let Some(limit) = limit {
            match self.on {
                true => self.ceiling.head_for(target(limit.ceiling), frame, length),
                false => self.ceiling = Ramp::steady(target(limit.ceiling)),
            }
            self.envelope.set_release(limit.release, self.rate);
        }
        self.on = limit.is_some();
    }

    /// Limits a stretch, in place: what comes out is from [`latency`](Self::latency) frames ago.
    /// Says how far it was turned down at the most. Realtime-safe.
    pub fn run(&mut self, frame: u64, sides: &mut Sides, frames: usize) -> Gain {
        let mut ceilings = [0.0; STEP];
        self.ceiling.fill(frame, &mut ceilings[..frames]);
        let ceilings = &ceilings[..frames];
        let lowest = ceilings.iter().copied().fold(f32::INFINITY, f32::min);
        let mut levels = [0.0; STEP];
        for (reader, side) in self.readers.iter_mut().zip(&*sides) {
            let floor = if self.on { lowest } else { f32::INFINITY };
            reader.read(&self.interpolators, &side[..frames], floor, &mut levels[..frames]);
        }
        self.delay.run(sides, frames);
        let [left, right] = sides;
        let heard = left.iter_mut().zip(right).zip(levels.iter().zip(ceilings));
        let mut deepest = 1.0f32;
        for ((left, right), (level, ceiling)) in heard {
            let gain = self.envelope.step((ceiling / level).min(1.0));
            deepest = deepest.min(gain);
            if gain < 1.0 {
                (*left, *right) = (*left * gain, *right * gain);
            }
        }
        Gain(deepest)
    }

    /// Frames until the ceiling arrives where it is headed; `None` when it has. Realtime-safe.
    pub fn next_arrival(&self, frame: u64) -> Option<u32> {
        Some(self.ceiling.remaining(frame)).filter(|left| *left > 0)
    }

    /// Forgets what is on its way. Realtime-safe.
    pub fn reset(&mut self) {
        self.readers.iter_mut().for_each(Reader::clear);
        self.envelope.clear();
        self.delay.clear();
        self.on = false;
    }
}

/// The frames that a limiter with such a look-ahead delays by.
pub fn latency(look_ahead: f32, rate: SampleRate) -> u32 {
    LATE as u32 + SPREAD + window(look_ahead, rate)
}

fn window(look_ahead: f32, rate: SampleRate) -> u32 {
    let seconds = f64::from(look_ahead.clamp(0.0, MAX_LOOK_AHEAD));
    // A cast from float saturates.
    ((seconds * rate.hertz()).round() as u32).saturating_add(SHORTEST_WINDOW).min(LONGEST_WINDOW)
}

fn target(ceiling: Decibels) -> f32 {
    Decibels(ceiling.0 + MARGIN.0).gain().0
}
