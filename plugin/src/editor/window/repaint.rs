//! When to draw the next frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The earliest wish for a frame. Cloned to whoever may have one.
///
/// One number that only ever moves earlier, and that the window looks at on its timer: baseview's
/// own way to ask from another thread keeps the latest wish instead, so that "now" would be lost to
/// the "in half a second" of a blinking text cursor.
#[derive(Clone, Debug)]
pub struct Repaint(Arc<Wish>);

#[derive(Debug)]
struct Wish {
    epoch: Instant,
    /// Nanoseconds after the epoch.
    at: AtomicU64,
}

const NEVER: u64 = u64::MAX;

impl Default for Repaint {
    fn default() -> Self {
        Self(Arc::new(Wish { epoch: Instant::now(), at: AtomicU64::new(NEVER) }))
    }
}

impl Repaint {
    /// Wants a frame as soon as possible. Realtime-safe.
    pub fn request(&self) {
        self.0.at.store(0, Relaxed);
    }

    /// Wants a frame after `delay`, or earlier.
    pub fn request_after(&self, delay: Duration) {
        let at = self.0.epoch.elapsed().checked_add(delay);
        if let Some(at) = at.and_then(|at| u64::try_from(at.as_nanos()).ok()) {
            self.0.at.fetch_min(at, Relaxed);
        }
    }

    /// Whether a wish has come due; true once for each.
    pub(super) fn take_due(&self) -> bool {
        let now = u64::try_from(self.0.epoch.elapsed().as_nanos()).unwrap_or(NEVER - 1);
        // The load keeps the common idle tick free of a write.
        self.0.at.load(Relaxed) <= now && self.0.at.swap(NEVER, Relaxed) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_wish_does_not_put_off_an_earlier_one() {
        let repaint = Repaint::default();
        assert!(!repaint.take_due());
        repaint.request();
        repaint.request_after(Duration::from_secs(500));
        assert!(repaint.take_due());
        assert!(!repaint.take_due(), "once for each");
        repaint.request_after(Duration::MAX);
        assert!(!repaint.take_due());
    }
}
