//! Threads that go on until they are told to stop, and are told so whatever happens.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether to stop.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// Whether it is time.
    pub fn is_set(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// Stops when the returned value goes: a failed test would otherwise wait for its threads.
    #[must_use]
    pub fn at_end(&self) -> AtEnd<'_> {
        AtEnd(&self.0)
    }
}

/// See [`Stop::at_end`].
#[derive(Debug)]
pub struct AtEnd<'a>(&'a AtomicBool);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}
