//! One bus: what its controls do to its signal.

use busbar_dsp::{Ramp, mix};

use crate::engine::SUB_BLOCK;
use crate::targets::StripTargets;

/// Both sides of a sub-block.
pub(crate) type Sides = [[f32; SUB_BLOCK]; 2];

/// The ramps of one bus.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strip {
    /// Fader, balance and mute as one factor for each side.
    sides: [Ramp; 2],
    /// How much of the bus is part of the programme.
    to_master: Ramp,
}

impl Strip {
    /// At the targets, without a ramp. Realtime-safe.
    pub fn settled_at(targets: &StripTargets) -> Self {
        Self {
            sides: side_gains(targets).map(Ramp::steady),
            to_master: Ramp::steady(share(targets)),
        }
    }

    /// Heads for the targets from `frame` on. Realtime-safe.
    pub fn head_for(&mut self, targets: &StripTargets, frame: u64, length: u32) {
        for (ramp, gain) in self.sides.iter_mut().zip(side_gains(targets)) {
            ramp.head_for(gain, frame, length);
        }
        self.to_master.head_for(share(targets), frame, length);
    }

    /// Whether the bus passes its input on as it is. Realtime-safe.
    pub fn is_transparent(&self, frame: u64) -> bool {
        self.ramps().all(|ramp| ramp.settled(frame) == Some(1.0))
    }

    /// Whether nothing of the bus is part of the programme. Realtime-safe.
    pub fn is_out_of_the_mix(&self, frame: u64) -> bool {
        let closed = |ramp: &Ramp| ramp.settled(frame) == Some(0.0);
        closed(&self.to_master) || self.sides.iter().all(closed)
    }

    /// Frames until the next ramp of this bus arrives; `None` when all have. Realtime-safe.
    pub fn next_arrival(&self, frame: u64) -> Option<u32> {
        self.ramps().map(|ramp| ramp.remaining(frame)).filter(|left| *left > 0).min()
    }

    /// Applies fader, balance and mute in place. Realtime-safe.
    pub fn apply(&self, frame: u64, signal: &mut Sides, frames: usize) {
        for (ramp, side) in self.sides.iter().zip(signal) {
            scale_by(ramp, frame, std::slice::from_mut(side), frames);
        }
    }

    /// Makes the bus's signal its part of the programme, in place: for the first bus of a sum.
    /// Realtime-safe.
    pub fn open(&self, frame: u64, signal: &mut Sides, frames: usize) {
        scale_by(&self.to_master, frame, signal, frames);
    }

    /// Adds the bus's part of the programme to those before it. Realtime-safe.
    pub fn send(&self, frame: u64, signal: &Sides, programme: &mut Sides, frames: usize) {
        let mut factors = [0.0; SUB_BLOCK];
        self.to_master.fill(frame, &mut factors[..frames]);
        for (side, sum) in signal.iter().zip(programme) {
            mix::accumulate(&mut sum[..frames], &side[..frames], &factors[..frames]);
        }
    }

    fn ramps(&self) -> impl Iterator<Item = &Ramp> {
        self.sides.iter().chain([&self.to_master])
    }
}

/// Multiplies both or one of the sides by a ramp; at 1 they are left alone. Realtime-safe.
pub(crate) fn scale_by(ramp: &Ramp, frame: u64, sides: &mut [[f32; SUB_BLOCK]], frames: usize) {
    if ramp.settled(frame) == Some(1.0) {
        return;
    }
    let mut factors = [0.0; SUB_BLOCK];
    ramp.fill(frame, &mut factors[..frames]);
    for side in sides {
        mix::scale(&mut side[..frames], &factors[..frames]);
    }
}

fn side_gains(targets: &StripTargets) -> [f32; 2] {
    let fader = if targets.mute { 0.0 } else { targets.gain.gain().0 };
    targets.balance.gains().map(|side| fader * side.0)
}

fn share(targets: &StripTargets) -> f32 {
    if targets.to_master { 1.0 } else { 0.0 }
}
