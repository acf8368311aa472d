//! What the slots of an instance are to hold.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use busbar_engine::session::Source;
use busbar_engine::{SLOTS, Session, Slot};
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

/// Shared by whoever wants something and the pump; never touched by the audio thread.
#[derive(Debug)]
pub struct Wanted {
    sources: Mutex<Sources>,
    link: Arc<Link>,
}

impl Wanted {
    /// Nothing yet. Each change is told to the link, so that an offline render can wait for it.
    pub fn new(link: Arc<Link>) -> Arc<Self> {
        Arc::new(Self { sources: Mutex::default(), link })
    }

    /// What is wanted in a slot.
    pub fn get(&self, slot: Slot) -> Source {
        self.locked().0[slot.index()].clone()
    }

    /// Wants something else in a slot.
    pub fn put(&self, slot: Slot, source: Source) {
        self.locked().0[slot.index()] = source;
        self.link.want_other_clips();
    }

    /// What is wanted in all slots.
    pub fn all(&self) -> Sources {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PersistentField<'_, Sources> for Arc<Wanted> {
    fn set(&self, sources: Sources) {
        *self.locked() = sources;
        self.link.want_other_clips();
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Sources) -> R,
    {
        f(&self.locked())
    }
}
