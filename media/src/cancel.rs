//! Ending a decode from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that any number of threads share: once set it stays set.
///
/// A decoder looks at it before every read from the file and before every packet.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A handle on which nobody has called [`cancel`](Self::cancel) yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the decodes that were opened with this handle or a clone of it.
    pub fn cancel(&self) {
        // Nothing is published with the flag: only the flag itself has to arrive.
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) has been called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
