//! What the pump knows of one instance: what its slots hold, and what is on its way to them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use busbar_dsp::SampleRate;
use busbar_engine::wiring::SlotView;
use busbar_engine::{Install, Loaded, PumpEnds, SLOTS, Slot};
use busbar_media::{Job, Loader, Priority, Status};

use super::wanted::Wish;
use super::{DeckStatus, Kind, Wanted};
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
    /// When the pump looked last.
    looked: Instant,
}

/// What one slot holds.
#[derive(Default)]
struct Shelf {
    wish: Wish,
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

impl Carrier {
    /// An instance without an engine yet.
    pub fn new(wanted: Arc<Wanted>, link: Arc<Link>, ends: PumpEnds) -> Self {
        let slots = Default::default();
        let hold = Hold { ends, rate: None, slots, tickets: 0, looked: Instant::now() };
        Self { wanted, link, hold: Mutex::new(hold) }
    }

    /// The engine runs at another rate now.
    pub fn set_rate(&self, rate: SampleRate) {
        if self.locked().rate.replace(rate) != Some(rate) {
            self.link.want_other_clips();
        }
    }

    /// Does what can be done now, and never waits.
    pub fn tick(&self, loader: &Loader) {
        self.link.attend_to_clips(|| self.carry(loader));
    }

    /// Whether every slot has what is wanted.
    fn carry(&self, loader: &Loader) -> bool {
        let mut hold = self.locked();
        // Not before: what is held back now is known to have been held back.
        let wanted = self.wanted.all();
        let Hold { ends, rate, slots, tickets, looked } = &mut *hold;
        // Freed here, and not on the audio thread that let go of it.
        while ends.retired.pop().is_ok() {}
        let passed = looked.elapsed();
        *looked += passed;
        let Some(rate) = *rate else { return false };
        ends.monitor.renew(passed, rate);
        let mut settled = true;
        for ((shelf, slot), wish) in slots.iter_mut().zip(Slot::all()).zip(wanted) {
            shelf.want(wish, slot, rate, loader, tickets);
            shelf.hand_over(slot, ends.slots[slot.index()].position());
            if let Some(install) = shelf.outbox.take()
                && let Err(rtrb::PushError::Full(install)) = ends.installs.push(install)
            {
                shelf.outbox = Some(install);
            }
            settled &= shelf.is_settled();
        }
        settled
    }

    /// What is not on its way to a deck yet shall not begin to play by itself after all. An order
    /// that is given after this comes after everything that is.
    pub fn hold_back(&self, slot: Slot) {
        // With the pump shut out, which may be about to send what it took in before.
        let mut hold = self.locked();
        self.wanted.hold_back(slot);
        let outbox = &mut hold.slots[slot.index()].outbox;
        if let Some(loaded) = outbox.as_mut().and_then(|install| install.loaded.as_mut()) {
            loaded.starts = false;
        }
    }

    /// How the slots are doing.
    pub fn statuses(&self) -> [DeckStatus; SLOTS] {
        let wanted = self.wanted.all();
        let hold = self.locked();
        let mut all = hold.slots.iter().zip(hold.ends.slots.iter()).zip(wanted);
        std::array::from_fn(|_| {
            all.next().map(|((shelf, view), wish)| shelf.status(view, wish)).unwrap_or_default()
        })
    }

    /// The frame of a slot's clip that is so many seconds from its beginning; `None` where there is
    /// no clip.
    pub fn frame_at(&self, slot: Slot, seconds: f64) -> Option<u64> {
        let hold = self.locked();
        let current = hold.slots[slot.index()].current.as_ref()?;
        // A cast from float saturates.
        Some((seconds * current.rate.hertz()) as u64)
    }

    fn locked(&self) -> MutexGuard<'_, Hold> {
        self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    /// Asks for what is wanted, where it is not what is held.
    fn want(
        &mut self,
        wish: Wish,
        slot: Slot,
        rate: SampleRate,
        loader: &Loader,
        tickets: &mut u64,
    ) {
        let path = &wish.source.path;
        let ask = || {
            let job = loader.load(path, rate, Priority::Cued);
            Load { job, rate, sent: false }
        };
        if (path, wish.times) != (&self.wish.source.path, self.wish.times) {
            *tickets += 1;
            self.ticket = *tickets;
            self.next = None;
            self.current = (!path.is_empty()).then(ask);
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
            current.sent &= wish.source.looping == self.wish.source.looping;
        }
        self.wish = wish;
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
        let (rate, ticket) = (current.rate, self.ticket);
        let (looping, starts) = (self.wish.source.looping, self.wish.starts);
        let loaded = Loaded { clip, rate, ticket, looping, starts };
        self.outbox = Some(Install { slot, loaded: Some(loaded) });
    }

    fn status(&self, view: &SlotView, wish: Wish) -> DeckStatus {
        let is_known = (&self.wish.source.path, self.wish.times) == (&wish.source.path, wish.times);
        let load = self.current.as_ref().filter(|_| is_known);
        let has_arrived = view.ticket() == Some(self.ticket);
        let at =
            load.filter(|_| has_arrived).map(|load| view.position() as f64 / load.rate.hertz());
        DeckStatus {
            kind: if wish.source.path.is_empty() { Kind::Empty } else { Kind::of(load) },
            is_playing: view.is_playing() || (wish.starts && !has_arrived),
            position: at.unwrap_or_default(),
            length: load.and_then(Load::seconds),
            source: wish.source,
        }
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

    /// How long it is, or is said to be.
    fn seconds(&self) -> Option<f64> {
        if self.has_ended() {
            return self.job.clip().map(|clip| clip.ready() as f64 / self.rate.hertz());
        }
        let format = self.job.format()?;
        format.announced.map(|frames| frames as f64 / format.rate.hertz())
    }
}

impl Kind {
    fn of(load: Option<&Load>) -> Self {
        match load.map(|load| load.job.status()) {
            None | Some(Status::Waiting) => Self::Waiting,
            Some(Status::Decoding(headway)) => Self::Loading(headway.part()),
            Some(Status::Complete) => Self::Ready,
            Some(Status::Partial(shortfall)) => Self::Partial(shortfall),
            Some(Status::Failed(error)) => Self::Failed(error),
        }
    }
}
