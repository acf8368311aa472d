//! One bus: what its controls do to its signal, but for the high-pass, which all buses run
//! [together](crate::strips).

use busbar_dsp::console::ducker::Ducker;
use busbar_dsp::console::listen::MatrixRamp;
use busbar_dsp::console::pan::Matrix;
use busbar_dsp::console::width;
use busbar_dsp::{Gain, Ramp, SampleRate, mix};

use crate::engine::SUB_BLOCK;
use crate::targets::StripTargets;

/// Both sides of a sub-block.
pub(crate) use busbar_dsp::console::Sides;

/// The ramps of one bus, and what it remembers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strip {
    /// Trim and polarity as one factor for each side.
    input: [Ramp; 2],
    ducker: Ducker,
    /// Which bus the ducker listens to.
    pub key: Option<usize>,
    width: Ramp,
    /// Placing, fader and mute as one matrix.
    placing: MatrixRamp,
    /// How much of the bus is part of the programme.
    to_master: Ramp,
    /// The meter looks before the placing.
    pub metered_before: bool,
}

impl Strip {
    /// At the targets, without a ramp. Realtime-safe.
    pub fn settled_at(targets: &StripTargets, rate: SampleRate) -> Self {
        Self {
            input: input_gains(targets).map(Ramp::steady),
            ducker: Ducker::new(&targets.ducking, rate),
            key: targets.key,
            width: Ramp::steady(targets.width.0),
            placing: MatrixRamp::steady(placing(targets)),
            to_master: Ramp::steady(share(targets)),
            metered_before: targets.metered_before,
        }
    }

    /// Heads for the targets from `frame` on. Realtime-safe.
    pub fn head_for(&mut self, targets: &StripTargets, rate: SampleRate, frame: u64, length: u32) {
        for (ramp, gain) in self.input.iter_mut().zip(input_gains(targets)) {
            ramp.head_for(gain, frame, length);
        }
        self.ducker.head_for(&targets.ducking, rate, frame, length);
        self.key = targets.key;
        self.width.head_for(targets.width.0, frame, length);
        self.placing.head_for(placing(targets), frame, length);
        self.to_master.head_for(share(targets), frame, length);
        self.metered_before = targets.metered_before;
    }

    /// Whether the bus passes its input on as it is, but for its high-pass. Realtime-safe.
    pub fn is_transparent(&self, frame: u64) -> bool {
        let unity = |ramp: &Ramp| ramp.settled(frame) == Some(1.0);
        self.input.iter().all(unity)
            && self.key.is_none()
            && self.ducker.is_idle()
            && unity(&self.width)
            && self.placing.is_transparent(frame)
            && unity(&self.to_master)
    }

    /// Whether nothing of the bus is part of the programme. Realtime-safe.
    pub fn is_out_of_the_mix(&self, frame: u64) -> bool {
        self.to_master.settled(frame) == Some(0.0) || self.placing.is_silent(frame)
    }

    /// Frames until the next ramp of this bus arrives; `None` when all have. Realtime-safe.
    pub fn next_arrival(&self, frame: u64) -> Option<u32> {
        let ramps = self.input.iter().chain([&self.width, &self.to_master]);
        let left = ramps.map(|ramp| ramp.remaining(frame)).filter(|left| *left > 0);
        left.chain(self.placing.next_arrival(frame)).min()
    }

    /// Applies trim and polarity in place. Realtime-safe.
    pub fn take_in(&self, frame: u64, signal: &mut Sides, frames: usize) {
        for (ramp, side) in self.input.iter().zip(signal) {
            scale_by(ramp, frame, std::slice::from_mut(side), frames);
        }
    }

    /// Makes room for the key's levels; says how far down the bus was. Realtime-safe.
    pub fn duck(
        &mut self,
        frame: u64,
        key: Option<&[f32]>,
        signal: &mut Sides,
        frames: usize,
    ) -> Gain {
        self.ducker.run(frame, key, signal, frames)
    }

    /// Applies the width in place. Realtime-safe.
    pub fn widen(&self, frame: u64, signal: &mut Sides, frames: usize) {
        width::widen(&self.width, frame, signal, frames);
    }

    /// Applies placing, fader and mute in place. Realtime-safe.
    pub fn place(&self, frame: u64, signal: &mut Sides, frames: usize) {
        self.placing.run(frame, signal, frames);
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

fn input_gains(targets: &StripTargets) -> [f32; 2] {
    let trim = targets.trim.gain().0;
    targets.inverted.map(|inverted| if inverted { -trim } else { trim })
}

fn placing(targets: &StripTargets) -> Matrix {
    let fader = if targets.mute { 0.0 } else { targets.gain.gain().0 };
    targets.placing.matrix().map(|row| row.map(|gain| fader * gain))
}

fn share(targets: &StripTargets) -> f32 {
    if targets.to_master { 1.0 } else { 0.0 }
}
