//! What the slots of an instance are to hold.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use busbar_engine::session::Source;
use busbar_engine::{Monitor, SLOTS, Session, Slot};
use nih_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize};

use crate::guard::Link;

/// A file for each slot: the decks, then the reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources(pub [Source; SLOTS]);

impl Sources {
    /// Those of a session.
    pub fn of(session: &Session) -> Self {
        let mut all = session.sources().cloned();
        Self(std::array::from_fn(|_| all.next().unwrap_or_default()))
    }

    /// Writes them into a session.
    pub fn put(self, session: &mut Session) {
        session.sources_mut().zip(self.0).for_each(|(place, source)| *place = source);
    }
}

/// What is wanted in a slot. Only the source is saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The file.
    pub source: Source,
    /// How often somebody asked for a file here: the same one again is loaded again, because it
    /// may have come back, or be another one by now.
    pub times: u64,
    /// It begins to play as soon as there is sound.
    pub starts: bool,
}

impl Wish {
    fn again(&mut self) {
        self.times += 1;
        self.starts = true;
    }
}

/// Shared by whoever wants something and the pump; never touched by the audio thread.
#[derive(Debug)]
pub struct Wanted {
    wishes: Mutex<[Wish; SLOTS]>,
    link: Arc<Link>,
    monitor: Arc<Monitor>,
}

impl Wanted {
    /// Nothing yet. Each change is told to the link, so that an offline render can wait for it; a
    /// restored state begins with the mix on the monitor.
    pub fn new(link: Arc<Link>, monitor: Arc<Monitor>) -> Arc<Self> {
        Arc::new(Self { wishes: Mutex::default(), link, monitor })
    }

    /// What is wanted in a slot.
    pub fn get(&self, slot: Slot) -> Source {
        self.locked()[slot.index()].source.clone()
    }

    /// Wants something else in a slot.
    pub fn put(&self, slot: Slot, source: Source) {
        self.change(slot, |wish| wish.source = source);
    }

    /// Wants a file in a slot, even if it is the one that was wanted, and played at once.
    pub fn load(&self, slot: Slot, path: String) {
        self.change(slot, |wish| {
            wish.source.path = path;
            wish.again();
        });
    }

    /// Wants the file in a slot once more, and played at once.
    pub fn try_again(&self, slot: Slot) {
        self.change(slot, Wish::again);
    }

    /// Wants what is in a slot to begin again at its end, or not.
    pub fn set_looping(&self, slot: Slot, looping: bool) {
        self.change(slot, |wish| wish.source.looping = looping);
    }

    /// What is not there yet shall not begin to play by itself after all. The carrier sees to what
    /// it has already taken in.
    pub(super) fn hold_back(&self, slot: Slot) {
        self.locked()[slot.index()].starts = false;
    }

    /// What is wanted in all slots.
    pub fn all(&self) -> [Wish; SLOTS] {
        self.locked().clone()
    }

    fn change(&self, slot: Slot, change: impl FnOnce(&mut Wish)) {
        let mut wishes = self.locked();
        change(&mut wishes[slot.index()]);
        self.tell(&wishes);
    }

    /// Tells the host's side: that there is something else to wait for, and that as long as any
    /// slot has a file, silence at the inputs is no reason to let the instance sleep.
    fn tell(&self, wishes: &[Wish; SLOTS]) {
        self.link.set_infinite_tail(wishes.iter().any(|wish| !wish.source.path.is_empty()));
        self.link.want_other_clips();
    }

    fn locked(&self) -> MutexGuard<'_, [Wish; SLOTS]> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PersistentField<'_, Sources> for Arc<Wanted> {
    fn set(&self, sources: Sources) {
        let mut wishes = self.locked();
        for (wish, source) in wishes.iter_mut().zip(sources.0) {
            *wish = Wish { source, times: wish.times, starts: false };
        }
        self.monitor.begin_with_the_mix();
        self.tell(&wishes);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Sources) -> R,
    {
        f(&Sources(self.all().map(|wish| wish.source)))
    }
}
