//! The high-pass of a strip: Butterworth, 12 or 24 dB per octave.
//!
//! It is one second-order section, or two. Corner and slope change by retuning along ramps; it
//! comes in and goes out by a crossfade.

mod bank;
#[cfg(test)]
mod tests;

pub use bank::{BUSES, Bank};

use super::svf::{self, BUTTERWORTH, Coefficients, State};
use super::{STEP, Sides};
use crate::{Ramp, SampleRate};

/// Below the corner, how fast it gets quieter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slope {
    /// The second order.
    #[default]
    Db12,
    /// The fourth order.
    Db24,
}

/// What lets only the high frequencies through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corner {
    /// Where it is 3 dB down.
    pub hertz: f32,
    /// How fast it falls below.
    pub slope: Slope,
}

/// The damping of the first and the second section of a fourth-order Butterworth filter: twice the
/// cosines of 22.5° and 67.5°, for the poles lie on a circle.
const DAMPING: [f64; 2] = [1.847_759_065_022_573_5, 0.765_366_864_730_179_6];

/// The high-pass of one bus.
#[derive(Clone, Copy, Debug)]
pub struct HighPass {
    /// How much is heard of the filter.
    on: Ramp,
    /// The integration constant.
    tuning: Ramp,
    /// The first section's damping, which depends on the slope.
    damping: Ramp,
    /// How much is heard of the second section.
    steep: Ramp,
    sections: [State<2>; 2],
}

impl HighPass {
    /// Where it is wanted, without a ramp; `None` is off. Realtime-safe.
    pub fn settled_at(corner: Option<Corner>, rate: SampleRate) -> Self {
        let [tuning, damping, steep] = corner.map_or([0.0, BUTTERWORTH as f32, 0.0], |corner| {
            [tuning(corner, rate), damping(corner.slope), share(corner.slope == Slope::Db24)]
        });
        Self {
            on: Ramp::steady(share(corner.is_some())),
            tuning: Ramp::steady(tuning),
            damping: Ramp::steady(damping),
            steep: Ramp::steady(steep),
            sections: Default::default(),
        }
    }

    /// Heads from `frame` on for another corner, or for off. Realtime-safe.
    pub fn head_for(&mut self, corner: Option<Corner>, rate: SampleRate, frame: u64, length: u32) {
        let Some(corner) = corner else { return self.on.head_for(0.0, frame, length) };
        if self.on.settled(frame) == Some(0.0) {
            *self = Self { on: self.on, ..Self::settled_at(Some(corner), rate) };
        }
        if self.steep.settled(frame) == Some(0.0) {
            self.sections[1] = State::default();
        }
        self.on.head_for(1.0, frame, length);
        self.tuning.head_for(tuning(corner, rate), frame, length);
        self.damping.head_for(damping(corner.slope), frame, length);
        self.steep.head_for(share(corner.slope == Slope::Db24), frame, length);
    }

    /// Whether anything of it is heard. Realtime-safe.
    pub fn is_on(&self, frame: u64) -> bool {
        self.on.settled(frame) != Some(0.0)
    }

    /// Frames until the next of its ramps arrives; `None` when all have. Realtime-safe.
    pub fn next_arrival(&self, frame: u64) -> Option<u32> {
        self.ramps().map(|ramp| ramp.remaining(frame)).into_iter().filter(|left| *left > 0).min()
    }

    /// Filters a stretch in place. Realtime-safe.
    pub fn run(&mut self, frame: u64, sides: &mut Sides, frames: usize) {
        if !self.is_on(frame) {
            return;
        }
        match self.steady(frame) {
            Some((with, steep)) => {
                // By value, so that it stays in registers.
                let [mut first, mut second] = self.sections;
                if steep {
                    each(sides, frames, |input| {
                        second.step(&with[1], first.step(&with[0], input).high).high
                    });
                } else {
                    each(sides, frames, |input| first.step(&with[0], input).high);
                }
                self.sections = [first, second];
            }
            None => self.run_moving(frame, sides, frames),
        }
        self.sections.iter_mut().for_each(State::heal);
    }

    /// What it multiplies with, and whether the second section is heard, once nothing moves.
    fn steady(&self, frame: u64) -> Option<([Coefficients<2>; 2], bool)> {
        let [on, tuning, damping, steep] = self.ramps().map(|ramp| ramp.settled(frame));
        (on? == 1.0).then_some(())?;
        Some((coefficients(tuning?, damping?), steep? == 1.0))
    }

    fn run_moving(&mut self, frame: u64, sides: &mut Sides, frames: usize) {
        let mut values = [[0.0; STEP]; 4];
        for (values, ramp) in values.iter_mut().zip(self.ramps()) {
            ramp.fill(frame, &mut values[..frames]);
        }
        let [on, tunings, dampings, steep] = values;
        for i in 0..frames {
            let with = coefficients(tunings[i], dampings[i]);
            let input: [f64; 2] = [sides[0][i].into(), sides[1][i].into()];
            let first = self.sections[0].step(&with[0], input).high;
            let second = self.sections[1].step(&with[1], first).high;
            for side in 0..2 {
                let filtered = blend(first[side], second[side], steep[i].into());
                sides[side][i] = blend(input[side], filtered, on[i].into()) as f32;
            }
        }
    }

    fn ramps(&self) -> [Ramp; 4] {
        [self.on, self.tuning, self.damping, self.steep]
    }
}

/// Passes each frame of both sides through a filter.
#[inline(always)]
fn each(sides: &mut Sides, frames: usize, mut filter: impl FnMut([f64; 2]) -> [f64; 2]) {
    let [left, right] = sides;
    for (left, right) in left[..frames].iter_mut().zip(right) {
        let out = filter([(*left).into(), (*right).into()]);
        (*left, *right) = (out[0] as f32, out[1] as f32);
    }
}

/// One frame through both sections; of the second only what is steep is heard.
#[inline(always)]
fn step<const LANES: usize>(
    sections: &mut [State<LANES>; 2],
    with: &[Coefficients<LANES>; 2],
    steep: [bool; LANES],
    input: [f64; LANES],
) -> [f64; LANES] {
    let mut out = sections[0].step(&with[0], input).high;
    let second = sections[1].step(&with[1], out).high;
    for i in 0..LANES {
        out[i] = if steep[i] { second[i] } else { out[i] };
    }
    out
}

/// From one to the other, exact at both ends.
fn blend(from: f64, to: f64, share: f64) -> f64 {
    if share == 1.0 { to } else { from + (to - from) * share }
}

fn coefficients(tuning: f32, damping: f32) -> [Coefficients<2>; 2] {
    [damping.into(), DAMPING[1]].map(|damping| Coefficients::new(tuning.into(), damping))
}

fn tuning(corner: Corner, rate: SampleRate) -> f32 {
    svf::tuning(corner.hertz.into(), rate) as f32
}

fn damping(slope: Slope) -> f32 {
    match slope {
        Slope::Db12 => BUTTERWORTH as f32,
        Slope::Db24 => DAMPING[0] as f32,
    }
}

fn share(on: bool) -> f32 {
    if on { 1.0 } else { 0.0 }
}
