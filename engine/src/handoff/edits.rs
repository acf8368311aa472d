//! What the editor changes, on its way to the host.
//!
//! Not a queue but a place for each parameter, of one word: the newest value, whether a gesture is
//! going on, and what has happened since somebody last looked. So it is never full, nothing that
//! is not told stands in the way of what is, and a host that looks seldom gets few events. What
//! happens between two looks folds: of the values the newest is left, and a gesture that ends while
//! the next one begins is told as ended and begun.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use super::Bell;
use super::sync::{AtomicBool, AtomicU64};

/// The lower half is the value.
const VALUE: u64 = u32::MAX as u64;
/// A gesture is going on.
const HELD: u64 = 1 << 32;
/// Since the last look one has begun,
const BEGUN: u64 = 1 << 33;
/// there was a value,
const SET: u64 = 1 << 34;
/// and one has ended.
const ENDED: u64 = 1 << 35;
const NEWS: u64 = BEGUN | SET | ENDED;

/// One change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Edit {
    /// A gesture begins.
    Begin,
    /// The parameter's new value, normalised.
    Set(f32),
    /// The gesture ends.
    End,
}

/// The places, filled by the editor's thread and looked at by whoever talks to the host.
#[derive(Debug)]
pub struct Edits {
    places: Box<[AtomicU64]>,
    pending: AtomicBool,
    bell: Bell,
}

impl Edits {
    /// For so many parameters. The bell rings when there is something to tell.
    pub fn new(params: usize, bell: Bell) -> Self {
        let places = (0..params).map(|_| AtomicU64::new(0)).collect();
        Self { places, pending: AtomicBool::new(false), bell }
    }

    /// How many parameters there are.
    pub fn param_count(&self) -> usize {
        self.places.len()
    }

    /// A gesture begins, unless one is going on.
    pub fn begin(&self, i: usize) {
        self.change(i, |word| if word & HELD == 0 { word | HELD | BEGUN } else { word });
    }

    /// A value; outside of a gesture it is told as one of its own.
    pub fn set(&self, i: usize, value: f32) {
        // What is no number is no wish.
        if value.is_finite() {
            let value = u64::from(value.clamp(0.0, 1.0).to_bits());
            self.change(i, |word| word & !VALUE | value | SET);
        }
    }

    /// The gesture ends, if there is one.
    pub fn end(&self, i: usize) {
        self.change(i, |word| if word & HELD == 0 { word } else { word & !HELD | ENDED });
        // Once more, for hosts that have lost the first ring.
        self.bell.ring();
    }

    /// Whether there is something to tell. Realtime-safe.
    pub fn are_pending(&self) -> bool {
        self.pending.load(Relaxed)
    }

    fn change(&self, i: usize, to: impl Fn(u64) -> u64) {
        let Some(place) = self.places.get(i) else { return };
        // Never refused: the closure always has an answer.
        _ = place.fetch_update(AcqRel, Relaxed, |word| Some(to(word)));
        if !self.pending.swap(true, AcqRel) {
            self.bell.ring();
        }
    }
}

/// What has been told of one parameter, and what is still to be told.
#[derive(Clone, Copy, Debug, Default)]
struct Owed {
    word: u64,
    /// The host knows that a gesture is going on.
    open: bool,
    /// The plug-in does not know the value yet.
    fresh: bool,
}

/// Whoever tells: remembers what the host knows, so that it sees well-formed gestures only.
#[derive(Debug)]
pub struct Teller {
    owed: Box<[Owed]>,
}

impl Teller {
    /// Nothing has been told.
    pub fn new(edits: &Edits) -> Self {
        Self { owed: vec![Owed::default(); edits.places.len()].into() }
    }

    /// Takes in what has happened. Realtime-safe.
    pub fn look(&mut self, edits: &Edits) {
        if !edits.pending.swap(false, AcqRel) {
            return;
        }
        for (owed, place) in self.owed.iter_mut().zip(&edits.places) {
            if place.load(Acquire) & NEWS == 0 {
                continue;
            }
            let word = place.fetch_and(!NEWS, AcqRel);
            owed.fresh |= word & SET != 0;
            // The place keeps its value, so the word's is the newest in any case.
            owed.word = word | owed.word & NEWS;
        }
    }

    /// Each value that the plug-in does not know yet. Realtime-safe.
    pub fn fresh_values(&mut self, mut to: impl FnMut(usize, f32)) {
        for (i, owed) in self.owed.iter_mut().enumerate() {
            if std::mem::take(&mut owed.fresh) {
                to(i, value(owed.word));
            }
        }
    }

    /// Tells the host what it does not know yet, until it takes no more: what is left is told the
    /// next time, and the editor's changes are pending until then. Realtime-safe.
    pub fn tell(&mut self, edits: &Edits, mut host: impl FnMut(usize, Edit) -> bool) {
        let told =
            self.owed.iter_mut().enumerate().all(|(i, owed)| owed.tell(|edit| host(i, edit)));
        if !told {
            // A store would part the next look from the changes that came before it.
            edits.pending.swap(true, AcqRel);
        }
    }
}

fn value(word: u64) -> f32 {
    f32::from_bits(word as u32)
}

impl Owed {
    /// Whether the host took everything.
    fn tell(&mut self, mut host: impl FnMut(Edit) -> bool) -> bool {
        let owes_end = self.open && self.word & HELD == 0;
        if self.word & NEWS == 0 && !owes_end {
            return true;
        }
        if self.open && self.word & (BEGUN | ENDED) == BEGUN | ENDED {
            if !host(Edit::End) {
                return false;
            }
            self.open = false;
            self.word &= !ENDED;
        }
        if !self.open && self.word & (BEGUN | SET) != 0 {
            if !host(Edit::Begin) {
                return false;
            }
            self.open = true;
            self.word &= !ENDED;
        }
        // Told, or going on already; an end that is still to be told shows by `HELD`.
        self.word &= !BEGUN;
        if self.word & SET != 0 {
            if !host(Edit::Set(value(self.word))) {
                return false;
            }
            self.word &= !SET;
        }
        if self.open && self.word & HELD == 0 {
            if !host(Edit::End) {
                return false;
            }
            self.open = false;
        }
        self.word &= !ENDED;
        true
    }
}

#[cfg(all(test, not(loom)))]
#[path = "edits_tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "edits_models.rs"]
mod models;
