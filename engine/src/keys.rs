//! The monitor's keys: what is heard of the mix or the reference, and how loud. They act on both
//! alike. Like A and B they are no parameters, and are never saved.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use busbar_dsp::console::bands::{BANDS, Bands};
use busbar_dsp::console::listen::{Listening, MatrixRamp, Part};
use busbar_dsp::{Decibels, Ramp, SampleRate};

use crate::strip::{Sides, scale_by};

/// How far the reference can be brought up or down to the mix.
const MOST_MATCHING: f32 = 24.0;

/// No key dims further.
const MOST_DIMMING: f32 = 60.0;

/// What is pressed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keys {
    /// What is heard of the picture.
    pub listening: Listening,
    /// The bands that are heard alone; none for all.
    pub bands: [bool; BANDS],
    /// What brings the reference to the level of the mix.
    pub match_gain: Decibels,
}

impl Default for Keys {
    fn default() -> Self {
        let listening = Listening::default();
        Self { listening, bands: [false; BANDS], match_gain: Decibels::UNITY }
    }
}

impl Keys {
    /// Whether the mix sounds otherwise than it is. Realtime-safe.
    pub fn change_the_mix(&self) -> bool {
        self.listening != Listening::default() || self.bands.contains(&true)
    }

    /// The same for a single side, of which there is no other part.
    pub(crate) fn one_sided(self) -> Self {
        let listening = Listening { dim: self.listening.dim, ..Listening::default() };
        Self { listening, ..self }
    }
}

const PARTS: [Part; 5] = [Part::Picture, Part::Left, Part::Right, Part::Mid, Part::Side];
const SWAP: u32 = 1 << 3;
const MONO: u32 = 1 << 4;
const FIRST_BAND: u32 = 8;

/// What is pressed, for any thread to read and to write. Nothing pressed is nothing but zeros.
#[derive(Debug, Default)]
pub(crate) struct SharedKeys {
    switches: AtomicU32,
    dim: AtomicU32,
    match_gain: AtomicU32,
}

impl SharedKeys {
    pub fn set(&self, keys: Keys) {
        let Listening { part, swap, mono, dim } = keys.listening;
        let part = PARTS.iter().position(|other| *other == part).unwrap_or(0) as u32;
        let switch = |on: bool, bit: u32| if on { bit } else { 0 };
        let bands = keys.bands.iter().zip(FIRST_BAND..).map(|(on, bit)| switch(*on, 1 << bit));
        let switches = part | switch(swap, SWAP) | switch(mono, MONO) | bands.sum::<u32>();
        self.switches.store(switches, Relaxed);
        self.dim.store(within(dim, 0.0, MOST_DIMMING), Relaxed);
        self.match_gain.store(within(keys.match_gain, -MOST_MATCHING, MOST_MATCHING), Relaxed);
    }

    /// Realtime-safe.
    pub fn get(&self) -> Keys {
        let switches = self.switches.load(Relaxed);
        let level = |stored: &AtomicU32| Decibels(f32::from_bits(stored.load(Relaxed)));
        let listening = Listening {
            part: PARTS.get((switches & 7) as usize).copied().unwrap_or_default(),
            swap: switches & SWAP != 0,
            mono: switches & MONO != 0,
            dim: level(&self.dim),
        };
        let bands = std::array::from_fn(|band| switches >> (FIRST_BAND + band as u32) & 1 == 1);
        Keys { listening, bands, match_gain: level(&self.match_gain) }
    }

    /// Lets go of what changes the mix. Realtime-safe.
    pub fn release(&self) {
        self.switches.store(0, Relaxed);
        self.dim.store(0, Relaxed);
    }
}

fn within(level: Decibels, least: f32, most: f32) -> u32 {
    if level.0.is_nan() { 0 } else { level.0.clamp(least, most).to_bits() }
}

/// What the keys do to a signal.
#[derive(Debug)]
pub(crate) struct Keyed {
    rate: SampleRate,
    pressed: Keys,
    picture: MatrixRamp,
    bands: Bands,
    match_gain: Ramp,
}

impl Keyed {
    /// With nothing pressed. Realtime-safe.
    pub fn new(rate: SampleRate) -> Self {
        Self {
            rate,
            pressed: Keys::default(),
            picture: MatrixRamp::steady(Listening::default().matrix()),
            bands: Bands::new(rate),
            match_gain: Ramp::steady(1.0),
        }
    }

    /// With these pressed, at once. Realtime-safe.
    pub fn settle_at(&mut self, keys: Keys, frame: u64) {
        *self = Self::new(self.rate);
        self.head_for(keys, frame, 0);
        self.picture = MatrixRamp::steady(keys.listening.matrix());
        self.match_gain = Ramp::steady(keys.match_gain.gain().0);
    }

    /// Heads for what is pressed from `frame` on. Realtime-safe.
    pub fn head_for(&mut self, keys: Keys, frame: u64, length: u32) {
        if std::mem::replace(&mut self.pressed, keys) != keys {
            self.picture.head_for(keys.listening.matrix(), frame, length);
            self.bands.head_for(keys.bands, frame, length);
            self.match_gain.head_for(keys.match_gain.gain().0, frame, length);
        }
    }

    /// Frames until the next ramp arrives; `None` when all have. Realtime-safe.
    pub fn next_arrival(&self, frame: u64) -> Option<u32> {
        let matching = Some(self.match_gain.remaining(frame)).filter(|left| *left > 0);
        let arrivals = [self.picture.next_arrival(frame), self.bands.next_arrival(frame), matching];
        arrivals.into_iter().flatten().min()
    }

    /// Brings the reference to the level of the mix, in place. Realtime-safe.
    pub fn match_level(&self, frame: u64, reference: &mut Sides, frames: usize) {
        scale_by(&self.match_gain, frame, reference, frames);
    }

    /// Leaves of what is heard what is asked for, in place. Realtime-safe.
    pub fn apply(&mut self, frame: u64, heard: &mut Sides, frames: usize) {
        self.bands.run(frame, heard, frames);
        self.picture.run(frame, heard, frames);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pressed_is_shared_as_it_is() {
        let shared = SharedKeys::default();
        assert_eq!(shared.get(), Keys::default());
        for part in PARTS {
            for bits in 0..64u32 {
                let on = |bit: u32| bits >> bit & 1 == 1;
                let keys = Keys {
                    listening: Listening { part, swap: on(0), mono: on(1), dim: Decibels(20.0) },
                    bands: [on(2), on(3), on(4), on(5)],
                    match_gain: Decibels(-3.5),
                };
                shared.set(keys);
                assert_eq!(shared.get(), keys);
            }
        }
        shared.release();
        let matched = Keys { match_gain: Decibels(-3.5), ..Keys::default() };
        assert_eq!(shared.get(), matched);
        assert!(!matched.change_the_mix());
        let wild = Listening { dim: Decibels(f32::NAN), ..Listening::default() };
        let match_gain = Decibels(f32::INFINITY);
        shared.set(Keys { listening: wild, match_gain, ..Keys::default() });
        let tame = Keys { match_gain: Decibels(MOST_MATCHING), ..Keys::default() };
        assert_eq!(shared.get(), tame);
    }
}
