//! Frames that the audio thread may use up, handed out by somebody who has a clock.

use std::sync::atomic::Ordering::Relaxed;

use super::sync::AtomicU64;

/// Up to which frame something may go on. One thread at a time renews it, the audio thread reads
/// it and says how far it is. Each of the two numbers has one writer, and neither says anything
/// about other memory, so nothing needs to be in step: who sees an old clock hands out less.
#[derive(Debug, Default)]
pub struct Lease {
    end: AtomicU64,
    /// Frames that have been processed.
    clock: AtomicU64,
}

impl Lease {
    /// Hands out `more` frames, but never more than `most` beyond the clock. What was processed
    /// without a lease is not made up for. All of `most` until the clock has begun.
    pub fn renew(&self, more: u64, most: u64) {
        let clock = self.clock.load(Relaxed);
        let full = clock.saturating_add(most);
        let end = match clock {
            0 => full,
            _ => self.end.load(Relaxed).max(clock).saturating_add(more),
        };
        self.end.store(end.min(full), Relaxed);
    }

    /// The first frame that is not leased. Realtime-safe.
    pub fn end(&self) -> u64 {
        self.end.load(Relaxed)
    }

    /// The audio thread: so many frames have been processed. Realtime-safe.
    pub fn advance(&self, clock: u64) {
        self.clock.store(clock, Relaxed);
    }
}

#[cfg(all(test, loom))]
mod models {
    use std::sync::Arc;

    use super::super::sync::beside;
    use super::*;

    const MOST: u64 = 4;
    const MORE: u64 = 2;
    const RENEWALS: u64 = 2;

    /// Hands out what it may, and sees that nothing of it is lost.
    fn pump(lease: &Lease) {
        for _ in 0..RENEWALS {
            let (from, before) = (lease.clock.load(Relaxed), lease.end());
            lease.renew(MORE, MOST);
            let (to, after) = (lease.clock.load(Relaxed), lease.end());
            let due = |clock: u64| match clock {
                0 => MOST,
                _ => (before.max(clock) + MORE).min(clock + MOST),
            };
            let is_due = (from..=to).any(|clock| due(clock) == after);
            assert!(is_due, "{before} to {after} at {from} to {to}");
        }
    }

    /// Blocks of so many frames; returns how many of them were heard.
    fn listen(lease: &Lease, block: u64) -> u64 {
        let (mut heard, mut seen) = (0, 0);
        for frame in (0..3).map(|i| i * block) {
            let end = lease.end();
            assert!(seen <= end, "what was leased is not taken back");
            assert!(end <= frame + MOST, "never more in advance");
            heard += end.saturating_sub(frame).min(block);
            seen = end;
            lease.advance(frame + block);
        }
        heard
    }

    /// At the pace of the renewals, and much faster than that.
    #[test]
    fn no_more_is_heard_than_was_leased_and_no_renewal_is_lost() {
        for block in [1, 3, 16] {
            loom::model(move || {
                let lease = Arc::new(Lease::default());
                let pumping = {
                    let lease = lease.clone();
                    beside(move || pump(&lease))
                };
                let heard = listen(&lease, block);
                pumping.join().unwrap();
                assert!(heard <= MOST + (RENEWALS - 1) * MORE, "{heard}");
                // Whoever goes on listening may, from the next renewal on.
                let clock = 3 * block;
                let before = lease.end().max(clock);
                lease.renew(MORE, MOST);
                assert_eq!(lease.end(), (before + MORE).min(clock + MOST));
            });
        }
    }

    #[test]
    fn without_a_pump_there_is_no_lease() {
        loom::model(|| assert_eq!(listen(&Lease::default(), 1), 0));
    }
}
