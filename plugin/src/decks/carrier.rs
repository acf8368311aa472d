//! What the pump knows of one instance: what its slots hold, and what is on its way to them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use busbar_dsp::SampleRate;
use busbar_engine::session::Source;
use busbar_engine::{Install, Loaded, PumpEnds, SLOTS, Slot};
use busbar_media::{Job, Loader, Priority, Status};

use super::Wanted;
use crate::guard::Link;

/// A clip made again for another rate takes over when it has this much more than has been played.
const AHEAD_SECONDS: f64 = 1.0;

/// One instance, as the pump sees it.
pub struct Carrier {
    wanted: Arc<Wanted>,
    link: Arc<Link>,
    hold: Mutex<Hold>,
}

/// Whoever has it is the pump, or looks at what the pump did.
struct Hold {
    ends: PumpEnds,
    /// The engine's, once there is one.
    rate: Option<SampleRate>,
    slots: [Shelf; SLOTS],
    tickets: u64,
}

/// What one slot holds.
#[derive(Default)]
struct Shelf {
    source: Source,
    /// The load that is, or will be, on the deck.
    current: Option<Load>,
    /// The same file again, for another rate.
    next: Option<Load>,
    /// The newest that could not be sent yet.
    outbox: Option<Install>,
    ticket: u64,
}

struct Load {
    job: Job,
    rate: SampleRate,
    sent: bool,
}

/// How a slot is doing, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct DeckStatus {
    /// What is wanted there.
    pub source: Source,
    /// How far that is.
    pub kind: Kind,
}

/// How far a slot's file is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing is wanted.
    Empty,
    /// It waits for its turn, or for an engine that says at which rate it runs.
    Waiting,
    /// It is being decoded; from 0 to 1.
    Loading(f64),
    /// All of it is there.
    Ready,
    /// What is there can be played, but it is not all; says why.
    Partial(String),
    /// It cannot be played; says why, and what can be done about it.
    Failed(String),
}

impl Carrier {
    /// An instance without an engine yet.
    pub fn new(wanted: Arc<Wanted>, link: Arc<Link>, ends: PumpEnds) -> Self {
        let slots = Default::default();
        Self { wanted, link, hold: Mutex::new(Hold { ends, rate: None, slots, tickets: 0 }) }
    }

    /// The engine runs at another rate now.
    pub fn set_rate(&self, rate: SampleRate) {
        if self.locked().rate.replace(rate) != Some(rate) {
            self.link.want_other_clips();
        }
    }

    /// Does what can be done now, and never waits.
    pub fn tick(&self, loader: &Loader) {
        let changes = self.link.wanted_changes();
        let wanted = self.wanted.all();
        let mut hold = self.locked();
        let Hold { ends, rate, slots, tickets } = &mut *hold;
        // Freed here, and not on the audio thread that let go of it.
        while ends.retired.pop().is_ok() {}
        let Some(rate) = *rate else { return };
        let mut settled = true;
        for ((shelf, slot), source) in slots.iter_mut().zip(Slot::all()).zip(wanted.0) {
            shelf.want(source, slot, rate, loader, tickets);
            shelf.hand_over(slot, ends.slots[slot.index()].position());
            if let Some(install) = shelf.outbox.take()
                && let Err(rtrb::PushError::Full(install)) = ends.installs.push(install)
            {
                shelf.outbox = Some(install);
            }
            settled &= shelf.is_settled();
        }
        if settled {
            self.link.has_clips_of(changes);
        }
    }

    /// How a slot is doing.
    pub fn status(&self, slot: Slot) -> DeckStatus {
        let source = self.wanted.get(slot);
        let hold = self.locked();
        let shelf = &hold.slots[slot.index()];
        let load = shelf.current.as_ref().filter(|_| shelf.source.path == source.path);
        let kind = match load.map(|load| load.job.status()) {
            _ if source.path.is_empty() => Kind::Empty,
            None | Some(Status::Waiting) => Kind::Waiting,
            Some(Status::Decoding(headway)) => Kind::Loading(headway.part()),
            Some(Status::Complete) => Kind::Ready,
            Some(Status::Partial(shortfall)) => Kind::Partial(shortfall.to_string()),
            Some(Status::Failed(error)) => Kind::Failed(error.to_string()),
        };
        DeckStatus { source, kind }
    }

    fn locked(&self) -> MutexGuard<'_, Hold> {
        self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    /// Asks for what is wanted, where it is not what is held.
    fn want(
        &mut self,
        source: Source,
        slot: Slot,
        rate: SampleRate,
        loader: &Loader,
        tickets: &mut u64,
    ) {
        let ask = || {
            let job = loader.load(&source.path, rate, Priority::Cued);
            Load { job, rate, sent: false }
        };
        if source.path != self.source.path {
            *tickets += 1;
            self.ticket = *tickets;
            self.next = None;
            self.current = (!source.path.is_empty()).then(ask);
            // What was there goes at once; what comes may take its time.
            self.outbox = Some(Install { slot, loaded: None });
        } else if let Some(current) = &mut self.current {
            // Another rate: at first the old clip goes on, at the ratio of the rates.
            if current.rate == rate {
                self.next = None;
            } else if self.next.as_ref().is_none_or(|next| next.rate != rate) {
                self.next = Some(ask());
            }
            // The deck takes the loop with the clip.
            current.sent &= source.looping == self.source.looping;
        }
        self.source = source;
    }

    /// Lays a clip into the outbox as soon as there is one that can be played from where the deck
    /// is.
    fn hand_over(&mut self, slot: Slot, position: u64) {
        if let (Some(current), Some(next)) = (&self.current, &self.next) {
            let seconds = position as f64 / current.rate.hertz();
            let needed = ((seconds + AHEAD_SECONDS) * next.rate.hertz()) as u64;
            let far_enough = next.job.clip().is_some_and(|clip| clip.ready() > needed);
            if far_enough || next.has_ended() {
                self.current = self.next.take();
            }
        }
        let Some(current) = self.current.as_mut().filter(|current| !current.sent) else { return };
        let Some(clip) = current.job.clip() else { return };
        current.sent = true;
        let looping = self.source.looping;
        let loaded = Loaded { clip, rate: current.rate, ticket: self.ticket, looping };
        self.outbox = Some(Install { slot, loaded: Some(loaded) });
    }

    /// Whether there is nothing more to come.
    fn is_settled(&self) -> bool {
        let sent = |load: &Load| load.sent || load.job.clip().is_none();
        self.outbox.is_none()
            && self.next.is_none()
            && self.current.as_ref().is_none_or(|load| load.has_ended() && sent(load))
    }
}

impl Load {
    fn has_ended(&self) -> bool {
        !matches!(self.job.status(), Status::Waiting | Status::Decoding(_))
    }
}
