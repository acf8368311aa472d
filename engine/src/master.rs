//! The master: fader, limiter, bypass, and what keeps everything else in step with the limiter.

use busbar_dsp::console::delay::Delay;
use busbar_dsp::console::limiter::{Limit, Limiter};
use busbar_dsp::{Gain, Ramp, SampleRate, mix};

use crate::engine::SUB_BLOCK;
use crate::strip::{Sides, scale_by};
use crate::targets::Targets;

/// The master section.
#[derive(Debug)]
pub(crate) struct Master {
    fader: Ramp,
    /// 1 is the programme, 0 is the main input.
    processed: Ramp,
    limiter: Option<Fitted>,
    /// How far down the limiter has been since [`take_reduction`](Self::take_reduction).
    reduction: Gain,
}

/// A limiter takes its time, so all that is heard beside it must take as much.
#[derive(Debug)]
struct Fitted {
    look_ahead: f32,
    limiter: Limiter,
    dry: Delay,
    reference: Delay,
}

impl Master {
    /// At unity, without a limiter.
    pub fn new() -> Self {
        let unity = Ramp::steady(1.0);
        Self { fader: unity, processed: unity, limiter: None, reduction: Gain::UNITY }
    }

    /// Puts a limiter in that looks so many seconds ahead, or takes it out. Allocates.
    pub fn fit_limiter(&mut self, look_ahead: Option<f32>, rate: SampleRate) {
        self.limiter = look_ahead.map(|look_ahead| {
            let limiter = Limiter::new(look_ahead, rate);
            let delay = || Delay::new(limiter.latency());
            Fitted { look_ahead, dry: delay(), reference: delay(), limiter }
        });
    }

    /// How far the limiter looks ahead, if there is one.
    pub fn look_ahead(&self) -> Option<f32> {
        self.limiter.as_ref().map(|fitted| fitted.look_ahead)
    }

    /// Frames from the main input to the main output. Realtime-safe.
    pub fn latency(&self) -> u32 {
        self.limiter.as_ref().map_or(0, |fitted| fitted.limiter.latency())
    }

    /// Forgets what is on its way, and is at the targets. Realtime-safe.
    pub fn settle_at(&mut self, targets: &Targets, frame: u64) {
        if let Some(fitted) = &mut self.limiter {
            fitted.limiter.reset();
            fitted.dry.clear();
            fitted.reference.clear();
        }
        self.set_limit(targets.master.limit, frame, 0);
        self.fader = Ramp::steady(targets.master.gain.gain().0);
        self.processed = Ramp::steady(share(targets));
    }

    /// Heads for the targets from `frame` on. Realtime-safe.
    pub fn head_for(&mut self, targets: &Targets, frame: u64, length: u32) {
        self.set_limit(targets.master.limit, frame, length);
        self.fader.head_for(targets.master.gain.gain().0, frame, length);
        self.processed.head_for(share(targets), frame, length);
    }

    fn set_limit(&mut self, limit: Option<Limit>, frame: u64, length: u32) {
        if let Some(fitted) = &mut self.limiter {
            fitted.limiter.head_for(limit, frame, length);
        }
    }

    /// Frames until the next ramp arrives; `None` when all have. Realtime-safe.
    pub fn next_arrival(&self, frame: u64) -> Option<u32> {
        let ramps = [self.fader, self.processed].map(|ramp| ramp.remaining(frame));
        let limiter = self.limiter.as_ref().and_then(|fitted| fitted.limiter.next_arrival(frame));
        ramps.into_iter().filter(|left| *left > 0).chain(limiter).min()
    }

    /// Whether the programme is the sum of the buses as it is. Realtime-safe.
    pub fn is_transparent(&self, frame: u64) -> bool {
        let unity = |ramp: &Ramp| ramp.settled(frame) == Some(1.0);
        self.limiter.is_none() && unity(&self.fader) && unity(&self.processed)
    }

    /// Whether the main output is the main input, at the same time. Realtime-safe.
    pub fn is_bypassed(&self, frame: u64) -> bool {
        self.limiter.is_none() && self.processed.settled(frame) == Some(0.0)
    }

    /// Makes the programme of the sum of the buses and the main input. Realtime-safe.
    pub fn run(&mut self, frame: u64, dry: &mut Sides, programme: &mut Sides, frames: usize) {
        scale_by(&self.fader, frame, programme, frames);
        if let Some(fitted) = &mut self.limiter {
            let reduction = fitted.limiter.run(frame, programme, frames);
            if reduction < self.reduction {
                self.reduction = reduction;
            }
            fitted.dry.run(dry, frames);
        }
        if self.processed.settled(frame) == Some(1.0) {
            return;
        }
        let mut shares = [0.0; SUB_BLOCK];
        self.processed.fill(frame, &mut shares[..frames]);
        for (dry, side) in dry.iter().zip(programme) {
            mix::crossfade(&dry[..frames], &mut side[..frames], &shares[..frames]);
        }
    }

    /// Keeps the reference in step with the programme. Realtime-safe.
    pub fn delay_reference(&mut self, reference: &mut Sides, frames: usize) {
        if let Some(fitted) = &mut self.limiter {
            fitted.reference.run(reference, frames);
        }
    }

    /// How far down the limiter has been at the most since the last time. Realtime-safe.
    pub fn take_reduction(&mut self) -> Gain {
        std::mem::replace(&mut self.reduction, Gain::UNITY)
    }
}

fn share(targets: &Targets) -> f32 {
    if targets.bypass { 0.0 } else { 1.0 }
}
