//! Where one listens: A is the mix, B is the reference, and [`keys`](crate::keys) leave out parts of
//! either. This is no parameter, because a host must never automate it, and it is never saved:
//! **the monitor never prints**.
//!
//! The reference, and what the keys do, is heard on the Monitor output. Only where the host has not connected that does
//! the main output carry it, and only as long as somebody is likely to listen: not in an offline
//! block, not after a reset, not bypassed, and not while audio is made much faster than it can be
//! heard. The last needs a clock, which the audio thread does not have. So somebody who has one
//! hands out a lease, in frames, at the pace of real time ([`Monitor::renew`]): a host that renders
//! faster than that, and does not say so, uses it up and gets the programme.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed};
use std::time::Duration;

use busbar_dsp::{Ramp, SampleRate, mix};

use crate::engine::SUB_BLOCK;
use crate::handoff::Lease;
use crate::keys::{Keyed, Keys, SharedKeys};
use crate::strip::Sides;

/// More than hosts process ahead of time in one go, and little enough to be noticed in a render.
pub const LEASE_SECONDS: f64 = 0.5;

/// Rendering is suspected from this many times real time on. More than once, so that a lease that
/// was used up grows again while somebody listens.
const SUSPICIOUS_SPEED: f64 = 1.5;

/// What is heard, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Heard {
    /// The programme everywhere.
    #[default]
    Mix,
    /// The reference on the Monitor output; main carries the programme.
    ReferenceOnMonitor,
    /// The reference on the main output, in place of the programme.
    ReferenceOnMain,
    /// On the main output what the keys leave of the programme.
    PartOnMain,
}

/// Why the mix is heard again though nobody has asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Dismissal {
    /// The host rendered offline.
    Offline = 1,
    /// The host did not say so, but was much faster than real time.
    TooFast,
}

/// Shared by whoever switches, whoever hands out the lease, and the audio thread.
#[derive(Debug, Default)]
pub struct Monitor {
    asked: AtomicBool,
    /// A [`Dismissal`], or 0.
    dismissal: AtomicU8,
    /// For main to carry the reference.
    lease: Lease,
    /// A [`Heard`].
    heard: AtomicU8,
    keys: SharedKeys,
    /// The keys were heard on main in the last block.
    keys_on_main: AtomicBool,
}

impl Monitor {
    /// Asks for the reference, or for the mix.
    pub fn hear_reference(&self, on: bool) {
        self.dismissal.store(0, Relaxed);
        self.asked.store(on, Relaxed);
    }

    /// Whether the reference is asked for. Realtime-safe.
    pub fn asks_for_reference(&self) -> bool {
        self.asked.load(Relaxed)
    }

    /// Presses these keys, and lets go of all others.
    pub fn set_keys(&self, keys: Keys) {
        self.keys.set(keys);
    }

    /// What is pressed. Realtime-safe.
    pub fn keys(&self) -> Keys {
        self.keys.get()
    }

    /// The mix is heard again: everything begins with it. Keys that were heard on the Monitor
    /// output stay, or it might become much louder than it was. Realtime-safe.
    pub fn begin_with_the_mix(&self) {
        self.asked.store(false, Relaxed);
        if self.keys_on_main.swap(false, Relaxed) {
            self.keys.release();
        }
    }

    /// Why the reference was last taken away, until somebody switches.
    pub fn dismissal(&self) -> Option<Dismissal> {
        let stored = self.dismissal.load(Relaxed);
        [Dismissal::Offline, Dismissal::TooFast].into_iter().find(|why| *why as u8 == stored)
    }

    /// What was heard at the end of the last block.
    pub fn heard(&self) -> Heard {
        let stored = self.heard.load(Relaxed);
        [Heard::ReferenceOnMonitor, Heard::ReferenceOnMain, Heard::PartOnMain]
            .into_iter()
            .find(|heard| *heard as u8 == stored)
            .unwrap_or_default()
    }

    /// So much time has passed since the last call: whoever listens may go on.
    pub fn renew(&self, passed: Duration, rate: SampleRate) {
        // Casts from float saturate.
        let more = passed.as_secs_f64() * rate.hertz() * SUSPICIOUS_SPEED;
        self.lease.renew(more as u64, (LEASE_SECONDS * rate.hertz()) as u64);
    }

    fn dismiss(&self, why: Dismissal) {
        if self.asked.swap(false, Relaxed) {
            self.dismissal.store(why as u8, Relaxed);
        }
    }

    /// Main carried what the keys leave, and somebody may be rendering.
    fn let_go(&self, why: Dismissal) {
        self.keys.release();
        self.dismissal.store(why as u8, Relaxed);
    }
}

/// How a block is listened to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listening {
    /// The reference is asked for.
    pub reference: bool,
    /// What is pressed.
    pub keys: Keys,
    /// The host takes the Monitor output.
    pub has_monitor: bool,
    /// Main is to be the main input, whatever else is asked for.
    pub bypass: bool,
    /// Nobody can be listening.
    pub offline: bool,
}

/// The audio thread's side.
#[derive(Debug)]
pub(crate) struct Ear {
    shared: Arc<Monitor>,
    lease: u64,
    /// What is wanted on each of the outputs.
    on_monitor: bool,
    on_main: bool,
    /// The keys are to be heard on main.
    keys_on_main: bool,
    keys: Keys,
    /// False until the first block, in which the Monitor output begins with what is asked for.
    has_begun: bool,
    /// 1 is the programme, 0 is the reference.
    monitor: Ramp,
    main: Ramp,
    /// How much of main is what the Monitor output would carry.
    through_keys: Ramp,
    keyed: Keyed,
}

impl Ear {
    /// Hears the mix.
    pub fn new(shared: Arc<Monitor>, rate: SampleRate) -> Self {
        shared.begin_with_the_mix();
        let (monitor, main) = (Ramp::steady(1.0), Ramp::steady(1.0));
        Self {
            shared,
            lease: 0,
            on_monitor: false,
            on_main: false,
            keys_on_main: false,
            keys: Keys::default(),
            has_begun: false,
            monitor,
            main,
            through_keys: Ramp::steady(0.0),
            keyed: Keyed::new(rate),
        }
    }

    /// Forgets what was heard. Realtime-safe.
    pub fn reset(&mut self) {
        self.shared.begin_with_the_mix();
        self.settle_on_the_mix();
        self.has_begun = false;
    }

    fn settle_on_the_mix(&mut self) {
        (self.monitor, self.main) = (Ramp::steady(1.0), Ramp::steady(1.0));
        self.through_keys = Ramp::steady(0.0);
    }

    /// At the beginning of a block. Realtime-safe.
    pub fn begin(&mut self, asked: Listening, frame: u64) {
        self.lease = self.shared.lease.end();
        let on_main_at_all = !asked.offline && !asked.has_monitor && !asked.bypass;
        self.on_monitor = asked.reference && !asked.offline;
        self.on_main = self.on_monitor && on_main_at_all;
        let was_keyed = self.keys_on_main;
        self.keys = if asked.offline { Keys::default() } else { asked.keys };
        self.keys_on_main = self.keys.change_the_mix() && on_main_at_all;
        if asked.offline {
            // At once: a render does not begin with the end of what was heard before.
            self.settle_on_the_mix();
            self.keyed.settle_at(self.keys, frame);
            self.shared.dismiss(Dismissal::Offline);
            if was_keyed {
                self.shared.let_go(Dismissal::Offline);
            }
        } else if !std::mem::replace(&mut self.has_begun, true) {
            self.monitor = Ramp::steady(share_of_programme(self.on_monitor));
            self.keyed.settle_at(self.keys, frame);
        }
    }

    /// Goes where it was asked to before the next stretch. Realtime-safe.
    pub fn turn(&mut self, frame: u64, ramp: u32) {
        if self.on_main && frame >= self.lease {
            (self.on_monitor, self.on_main) = (false, false);
            self.shared.dismiss(Dismissal::TooFast);
        }
        if self.keys_on_main && frame >= self.lease {
            (self.keys, self.keys_on_main) = (Keys::default(), false);
            self.shared.let_go(Dismissal::TooFast);
        }
        self.keyed.head_for(self.keys, frame, ramp);
        let through_keys = if self.keys_on_main { 1.0 } else { 0.0 };
        self.through_keys.head_for(through_keys, frame, ramp);
        self.monitor.head_for(share_of_programme(self.on_monitor), frame, ramp);
        self.main.head_for(share_of_programme(self.on_main), frame, ramp);
    }

    /// Frames until something changes its kind. Realtime-safe.
    pub fn next_turn(&self, frame: u64) -> Option<u32> {
        let ramps = [self.monitor, self.main, self.through_keys];
        let lease = self.lease.saturating_sub(frame).min(u32::MAX.into()) as u32;
        let end = if self.on_main || self.keys_on_main { lease } else { 0 };
        let arrivals = ramps.map(|ramp| ramp.remaining(frame)).into_iter().chain([end]);
        arrivals.filter(|left| *left > 0).chain(self.keyed.next_arrival(frame)).min()
    }

    /// Whether main carries nothing but the programme. Realtime-safe.
    pub fn main_is_programme(&self, frame: u64) -> bool {
        self.main.settled(frame) == Some(1.0) && self.through_keys.settled(frame) == Some(0.0)
    }

    /// What the Monitor output and main carry, in this order. Realtime-safe.
    pub fn blend(
        &mut self,
        frame: u64,
        reference: &mut Sides,
        programme: &Sides,
        [monitor, main]: [&mut Sides; 2],
        frames: usize,
    ) {
        self.keyed.match_level(frame, reference, frames);
        for (ramp, out) in [(&self.monitor, &mut *monitor), (&self.main, &mut *main)] {
            *out = *programme;
            fade(ramp, frame, reference, out, frames);
        }
        self.keyed.apply(frame, monitor, frames);
        if self.through_keys.settled(frame) != Some(0.0) {
            let unkeyed = *main;
            *main = *monitor;
            fade(&self.through_keys, frame, &unkeyed, main, frames);
        }
    }

    /// Tells the others, at the end of a block. Realtime-safe.
    pub fn show(&self, frame: u64, has_monitor: bool) {
        let heard = match (self.main_is_programme(frame), self.on_monitor && has_monitor) {
            (false, _) if self.main.settled(frame) == Some(1.0) => Heard::PartOnMain,
            (false, _) => Heard::ReferenceOnMain,
            (true, true) => Heard::ReferenceOnMonitor,
            (true, false) => Heard::Mix,
        };
        self.shared.heard.store(heard as u8, Relaxed);
        self.shared.keys_on_main.store(self.keys_on_main, Relaxed);
        self.shared.lease.advance(frame);
    }
}

/// From one signal to another, by the share of the other.
fn fade(share: &Ramp, frame: u64, from: &Sides, to: &mut Sides, frames: usize) {
    let mut shares = [0.0; SUB_BLOCK];
    share.fill(frame, &mut shares[..frames]);
    for (from, to) in from.iter().zip(to) {
        mix::crossfade(&from[..frames], &mut to[..frames], &shares[..frames]);
    }
}

fn share_of_programme(reference: bool) -> f32 {
    if reference { 0.0 } else { 1.0 }
}
