//! All buses: trim, polarity, high-pass, ducker, width, placing, fader, in this order.

use busbar_dsp::console::ducker;
use busbar_dsp::console::highpass::Bank;
use busbar_dsp::{Gain, SampleRate};

use crate::BUSES;
use crate::engine::SUB_BLOCK;
use crate::strip::{Sides, Strip};
use crate::targets::StripTargets;

/// The eight buses.
#[derive(Debug)]
pub(crate) struct Strips {
    /// What was asked for last.
    asked: [StripTargets; BUSES],
    strips: [Strip; BUSES],
    high_passes: Bank,
    /// How loud each key is, frame by frame.
    levels: [[f32; SUB_BLOCK]; BUSES],
    /// How far down each ducker has been since [`take_reductions`](Self::take_reductions).
    reductions: [Gain; BUSES],
}

impl Strips {
    /// At the targets, without ramps. Realtime-safe.
    pub fn settled_at(targets: &[StripTargets; BUSES], rate: SampleRate) -> Self {
        Self {
            asked: *targets,
            strips: targets.map(|strip| Strip::settled_at(&strip, rate)),
            high_passes: Bank::settled_at(targets.map(|strip| strip.high_pass), rate),
            levels: [[0.0; SUB_BLOCK]; BUSES],
            reductions: [Gain::UNITY; BUSES],
        }
    }

    /// Head for the targets from `frame` on. Realtime-safe.
    pub fn head_for(
        &mut self,
        targets: &[StripTargets; BUSES],
        rate: SampleRate,
        frame: u64,
        length: u32,
    ) {
        for (bus, targets) in targets.iter().enumerate() {
            // Automation mostly moves one bus, and what follows from a change takes its time.
            if std::mem::replace(&mut self.asked[bus], *targets) != *targets {
                self.strips[bus].head_for(targets, rate, frame, length);
                self.high_passes.head_for(bus, targets.high_pass, rate, frame, length);
            }
        }
    }

    /// Frames until the next ramp arrives; `None` when all have. Realtime-safe.
    pub fn next_arrival(&self, frame: u64) -> Option<u32> {
        let strips = self.strips.iter().filter_map(|strip| strip.next_arrival(frame));
        strips.chain(self.high_passes.next_arrival(frame)).min()
    }

    /// Whether a bus passes its input on as it is. Realtime-safe.
    pub fn is_transparent(&self, bus: usize, frame: u64) -> bool {
        self.strips[bus].is_transparent(frame) && !self.high_passes.is_on(bus, frame)
    }

    /// Whether nothing of a bus is part of the programme. Realtime-safe.
    pub fn is_out_of_the_mix(&self, bus: usize, frame: u64) -> bool {
        self.strips[bus].is_out_of_the_mix(frame)
    }

    /// Whether a bus may sound on when nothing comes in any more. Realtime-safe.
    pub fn rings(&self, bus: usize, frame: u64) -> bool {
        self.high_passes.is_on(bus, frame)
    }

    /// Runs the buses that are `present`, in place, and shows each to `measure` where its meter
    /// looks. Realtime-safe.
    pub fn run(
        &mut self,
        frame: u64,
        buses: &mut [Sides; BUSES],
        present: &[bool; BUSES],
        frames: usize,
        mut measure: impl FnMut(usize, &Sides),
    ) {
        let is_here = |bus: &usize| present[*bus];
        for bus in (0..BUSES).filter(is_here) {
            self.strips[bus].take_in(frame, &mut buses[bus], frames);
        }
        self.high_passes.run(frame, buses, present, frames);
        self.look_at_keys(frame, buses, present, frames);
        for bus in (0..BUSES).filter(is_here) {
            let (strip, signal) = (&mut self.strips[bus], &mut buses[bus]);
            let key = strip.key.map(|key| &self.levels[key][..frames]);
            let reduction = strip.duck(frame, key, signal, frames);
            if reduction < self.reductions[bus] {
                self.reductions[bus] = reduction;
            }
            strip.widen(frame, signal, frames);
            if strip.metered_before {
                measure(bus, signal);
            }
            strip.place(frame, signal, frames);
            if !strip.metered_before {
                measure(bus, signal);
            }
        }
    }

    /// A key's level is that of all its bus sends out, except that its own ducker does nothing: so
    /// two buses can make room for each other.
    fn look_at_keys(
        &mut self,
        frame: u64,
        buses: &[Sides; BUSES],
        present: &[bool; BUSES],
        frames: usize,
    ) {
        let mut looked_at = [false; BUSES];
        for bus in (0..BUSES).filter(|bus| present[*bus]) {
            let Some(key) = self.strips[bus].key else { continue };
            if std::mem::replace(&mut looked_at[key], true) {
                continue;
            }
            if !present[key] {
                self.levels[key][..frames].fill(0.0);
                continue;
            }
            let mut signal = buses[key];
            self.strips[key].widen(frame, &mut signal, frames);
            self.strips[key].place(frame, &mut signal, frames);
            ducker::levels(&signal, frames, &mut self.levels[key]);
        }
    }

    /// Sums the buses that are `present` into the programme. Realtime-safe.
    pub fn sum(
        &self,
        frame: u64,
        buses: &[Sides; BUSES],
        present: &[bool; BUSES],
        programme: &mut Sides,
        frames: usize,
    ) {
        *programme = buses[0];
        self.strips[0].open(frame, programme, frames);
        for bus in (1..BUSES).filter(|bus| present[*bus]) {
            self.strips[bus].send(frame, &buses[bus], programme, frames);
        }
    }

    /// How far down each ducker has been at the most since the last time. Realtime-safe.
    pub fn take_reductions(&mut self) -> [Gain; BUSES] {
        std::mem::replace(&mut self.reductions, [Gain::UNITY; BUSES])
    }
}
