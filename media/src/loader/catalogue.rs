//! What is held already, by file and rate.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use busbar_dsp::SampleRate;

use super::entry::{Entry, Identity};
use super::job::Ticket;
use super::sync::{Mutex, lock};
use super::task::Decode;

/// The newest entry for each path and rate.
#[derive(Default)]
pub(super) struct Catalogue(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    map: HashMap<Key, Arc<Entry>>,
    /// The size at which it is worth looking for entries that nobody holds any more.
    sweep_at: usize,
}

/// A path as it was asked for, a stream of it, and the bits of a rate.
type Key = (PathBuf, Option<u16>, u64);

/// Entries below which nothing is swept: they are a few hundred bytes each.
const LEAST_SWEEP: usize = 64;

fn key(path: &Path, stream: Option<u16>, rate: SampleRate) -> Key {
    (path.to_owned(), stream, rate.hertz().to_bits())
}

impl Catalogue {
    /// Whether somebody holds a file of this name at this rate, be it the same file or not.
    pub fn knows(&self, path: &Path, stream: Option<u16>, rate: SampleRate) -> bool {
        let entries = lock(&self.0);
        entries.map.get(&key(path, stream, rate)).is_some_and(|entry| entry.is_held())
    }

    /// Gives a ticket its entry: the one that is there, or else a new one, which comes back as
    /// the decode to be done. A ticket that was cancelled meanwhile gets none.
    pub fn bind(&self, ticket: &Arc<Ticket>, identity: Identity, limit: u64) -> Option<Decode> {
        let mut entries = lock(&self.0);
        let key = key(&ticket.path, ticket.stream, ticket.rate);
        let held = entries.map.get(&key);
        if let Some((entry, clip)) =
            held.and_then(|entry| Some((entry.clone(), entry.join(identity)?)))
        {
            if let Err(clip) = ticket.bind(entry.clone(), clip) {
                entry.leave(clip, false);
            }
            return None;
        }
        let (path, stream, rate) = (&ticket.path, ticket.stream, ticket.rate);
        let (entry, writer, clip) = Entry::new(path, stream, rate, identity, limit);
        ticket.bind(entry.clone(), clip).ok()?;
        entries.sweep();
        entries.map.insert(key, entry.clone());
        Some(Decode::new(entry, writer, limit))
    }

    /// Nobody holds this entry any more.
    pub fn forget(&self, entry: &Arc<Entry>) {
        let mut entries = lock(&self.0);
        let key = key(&entry.path, entry.stream, entry.rate);
        // A newer state of the file may have taken its place.
        if entries.map.get(&key).is_some_and(|found| Arc::ptr_eq(found, entry)) {
            entries.map.remove(&key);
        }
    }
}

impl Entries {
    /// Forgets what nobody holds: clips that players held longer than any job. Each time half of
    /// the entries or more have come since the last, so it costs next to nothing.
    fn sweep(&mut self) {
        if self.map.len() >= self.sweep_at.max(LEAST_SWEEP) {
            self.map.retain(|_, entry| entry.is_held());
            self.sweep_at = 2 * self.map.len();
        }
    }
}
