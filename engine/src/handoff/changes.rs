//! Who wants something else, who sees to it, and who waits until it is there.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::sync::AtomicU64;

/// Counts how often something else was wanted, and up to which of these times it is there. What is
/// wanted, and where it comes to be, is elsewhere: this only says when to look, and carries along
/// what was written before.
#[derive(Debug, Default)]
pub struct Changes {
    wanted: AtomicU64,
    settled: AtomicU64,
    /// Up to which of them somebody has waited in vain.
    given_up: AtomicU64,
}

/// All changes up to one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpTo(u64);

impl Changes {
    /// Something else is wanted; what that is has been written already.
    pub fn want(&self) {
        self.wanted.fetch_add(1, Release);
    }

    /// Sees to what is wanted; `all_there` looks what that is, and says whether all of it has come.
    /// Several may do so at the same time.
    pub fn attend(&self, all_there: impl FnOnce() -> bool) {
        // Before the look: what is wanted after it is another change.
        let changes = self.wanted.load(Acquire);
        if all_there() {
            // Somebody else may have seen more.
            self.settled.fetch_max(changes, Release);
        }
    }

    /// All changes by now.
    pub fn by_now(&self) -> UpTo {
        UpTo(self.wanted.load(Acquire))
    }

    /// Whether all that was wanted by then is there. Realtime-safe.
    pub fn are_there(&self, changes: UpTo) -> bool {
        self.settled.load(Acquire) >= changes.0
    }

    /// Whether all that is wanted is there. Realtime-safe.
    pub fn are_all_there(&self) -> bool {
        // In this order, or what is wanted between the looks would go unseen.
        let settled = self.settled.load(Acquire);
        settled >= self.wanted.load(Acquire)
    }

    /// Nobody shall wait for these any more.
    pub fn give_up(&self, changes: UpTo) {
        self.given_up.fetch_max(changes.0, Relaxed);
    }

    /// Whether there is something among these to wait for. Realtime-safe.
    pub fn are_awaited(&self, changes: UpTo) -> bool {
        !self.are_there(changes) && self.given_up.load(Relaxed) < changes.0
    }
}

#[cfg(all(test, loom))]
mod models {
    use std::sync::Arc;

    use loom::sync::Mutex;
    use loom::thread::yield_now;

    use super::super::sync::beside;
    use super::*;

    /// What is wanted and what is there, as the decks have it: a wish behind a lock, and a place
    /// that says nothing about other memory.
    #[derive(Default)]
    struct Slot {
        changes: Changes,
        wish: Mutex<u64>,
        deck: AtomicU64,
    }

    impl Slot {
        fn want(&self, wish: u64) {
            *self.wish.lock().unwrap() = wish;
            self.changes.want();
        }

        /// One tick of a pump.
        fn carry(&self) {
            self.changes.attend(|| {
                let wish = self.wish.lock().unwrap();
                self.deck.store(*wish, Relaxed);
                true
            });
        }

        fn carry_until(&self, last: u64) {
            while self.changes.by_now() != UpTo(last) {
                self.carry();
                yield_now();
            }
            self.carry();
        }

        /// Waits, and looks what is on the deck then.
        fn wait(&self) {
            let changes = self.changes.by_now();
            while self.changes.are_awaited(changes) {
                yield_now();
            }
            let there = self.deck.load(Relaxed);
            assert!(there >= changes.0, "{there} of {changes:?}");
        }
    }

    fn bounded() -> loom::model::Builder {
        // Threads that look again and again interleave in more ways than anybody can wait for.
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model
    }

    /// The model itself fails when somebody waits for ever.
    #[test]
    fn whoever_waits_is_told_and_never_too_soon() {
        bounded().check(|| {
            let slot = Arc::new(Slot::default());
            slot.want(1);
            let pump = {
                let slot = slot.clone();
                beside(move || slot.carry_until(2))
            };
            let user = {
                let slot = slot.clone();
                beside(move || slot.want(2))
            };
            slot.wait();
            user.join().unwrap();
            slot.wait();
            assert_eq!(slot.deck.load(Relaxed), 2);
            pump.join().unwrap();
        });
    }

    #[test]
    fn of_two_pumps_the_late_one_takes_nothing_back() {
        bounded().check(|| {
            let slot = Arc::new(Slot::default());
            slot.want(1);
            let late = {
                let slot = slot.clone();
                beside(move || slot.carry())
            };
            slot.want(2);
            slot.carry();
            assert!(slot.changes.are_there(UpTo(2)));
            late.join().unwrap();
            assert!(slot.changes.are_there(slot.changes.by_now()));
            slot.wait();
        });
    }

    #[test]
    fn not_all_are_there_when_something_else_is_wanted_first() {
        loom::model(|| {
            let slot = Arc::new(Slot::default());
            slot.want(1);
            let pump = {
                let slot = slot.clone();
                beside(move || {
                    slot.changes.attend(|| {
                        slot.want(2);
                        true
                    })
                })
            };
            assert!(!slot.changes.are_all_there());
            pump.join().unwrap();
            slot.carry();
            assert!(slot.changes.are_all_there());
        });
    }

    #[test]
    fn who_gives_up_does_so_for_nothing_that_was_wanted_later() {
        loom::model(|| {
            let slot = Arc::new(Slot::default());
            slot.want(1);
            let user = {
                let slot = slot.clone();
                beside(move || slot.want(2))
            };
            let changes = slot.changes.by_now();
            slot.changes.give_up(changes);
            user.join().unwrap();
            assert!(!slot.changes.are_awaited(changes));
            let newest = slot.changes.by_now();
            assert_eq!(slot.changes.are_awaited(newest), changes != newest);
            slot.carry();
            slot.wait();
        });
    }
}
