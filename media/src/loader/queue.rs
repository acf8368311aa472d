//! What waits to be done, the most urgent first, and among equals whatever was asked for first.

use super::sync::{AtomicU8, Condvar, Mutex, Ordering, lock, wait};

/// How urgent something is; above [`Priority`](super::Priority) there is only what costs next to
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Rank {
    Background = 1,
    Cued,
    Audible,
    /// Done in an instant: joining a decode that is under way, or clearing away a cancelled one.
    Errand,
}

/// A bounded queue that any number of threads fill and empty.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    /// The rank of the first one waiting; 0 for none. For workers to look at between blocks
    /// without the lock.
    top: AtomicU8,
    capacity: usize,
}

struct State<T> {
    waiting: Vec<Waiting<T>>,
    turns: u64,
    ended: bool,
}

struct Waiting<T> {
    rank: Rank,
    turn: u64,
    item: T,
}

/// An item with its place among equals, which it keeps when it is put back.
pub(super) struct Taken<T> {
    pub item: T,
    turn: u64,
}

impl<T> Queue<T> {
    /// A queue for so many items; those that are put back do not count.
    pub fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State { waiting: Vec::new(), turns: 0, ended: false }),
            arrived: Condvar::new(),
            top: AtomicU8::new(0),
            capacity,
        }
    }

    /// Adds an item; a full queue, and one that has ended, gives it back.
    pub fn push(&self, rank: Rank, item: T) -> Result<(), T> {
        let mut state = lock(&self.state);
        if state.ended || state.waiting.len() >= self.capacity {
            return Err(item);
        }
        state.turns += 1;
        let turn = state.turns;
        self.add(&mut state, Waiting { rank, turn, item });
        Ok(())
    }

    /// Puts back what is not done yet, in front of its equals that came later. Never refused: what
    /// has been begun is not lost.
    pub fn put_back(&self, rank: Rank, taken: Taken<T>) {
        let Taken { item, turn } = taken;
        self.add(&mut lock(&self.state), Waiting { rank, turn, item });
    }

    fn add(&self, state: &mut State<T>, waiting: Waiting<T>) {
        state.waiting.push(waiting);
        self.publish(state);
        self.arrived.notify_one();
    }

    /// Waits for an item and takes it. `None` once the queue has ended and is empty.
    pub fn pop(&self) -> Option<Taken<T>> {
        let mut state = lock(&self.state);
        loop {
            if let Some(first) = state.first() {
                let Waiting { item, turn, .. } = state.waiting.swap_remove(first);
                self.publish(&state);
                return Some(Taken { item, turn });
            }
            if state.ended {
                return None;
            }
            state = wait(&self.arrived, state);
        }
    }

    /// Whether something more urgent waits. Takes no lock.
    pub fn has_above(&self, rank: Rank) -> bool {
        self.top.load(Ordering::Acquire) > rank as u8
    }

    /// Finds out anew how urgent everything is.
    pub fn rerank(&self, rank: impl Fn(&T) -> Rank) {
        let mut state = lock(&self.state);
        for waiting in &mut state.waiting {
            waiting.rank = rank(&waiting.item);
        }
        self.publish(&state);
    }

    /// Takes out the first item of which this is true. It is the caller's, so that nothing is
    /// dropped under the lock.
    pub fn remove(&self, is_it: impl Fn(&T) -> bool) -> Option<T> {
        let mut state = lock(&self.state);
        let index = state.waiting.iter().position(|waiting| is_it(&waiting.item))?;
        let removed = state.waiting.swap_remove(index);
        self.publish(&state);
        Some(removed.item)
    }

    /// Nothing more comes in; what is there still comes out, for whoever takes it to clear away.
    pub fn end(&self) {
        lock(&self.state).ended = true;
        self.arrived.notify_all();
    }

    /// Whether [`end`](Self::end) has been called.
    pub fn has_ended(&self) -> bool {
        lock(&self.state).ended
    }

    fn publish(&self, state: &State<T>) {
        let top = state.waiting.iter().map(|waiting| waiting.rank as u8).max().unwrap_or(0);
        self.top.store(top, Ordering::Release);
    }
}

impl<T> State<T> {
    fn first(&self) -> Option<usize> {
        let order = |waiting: &Waiting<T>| (waiting.rank, std::cmp::Reverse(waiting.turn));
        let all = self.waiting.iter().enumerate();
        all.max_by_key(|(_, waiting)| order(waiting)).map(|(index, _)| index)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn drain(queue: &Queue<&'static str>) -> Vec<&'static str> {
        queue.end();
        std::iter::from_fn(|| queue.pop()).map(|taken| taken.item).collect()
    }

    #[test]
    fn the_most_urgent_comes_first_and_equals_in_turn() {
        let queue = Queue::new(9);
        for (rank, item) in [
            (Rank::Cued, "c1"),
            (Rank::Background, "b1"),
            (Rank::Audible, "a1"),
            (Rank::Cued, "c2"),
            (Rank::Errand, "e"),
            (Rank::Audible, "a2"),
        ] {
            queue.push(rank, item).unwrap();
        }
        assert_eq!(drain(&queue), ["e", "a1", "a2", "c1", "c2", "b1"]);
    }

    #[test]
    fn what_is_put_back_keeps_its_turn() {
        let queue = Queue::new(9);
        queue.push(Rank::Cued, "first").unwrap();
        queue.push(Rank::Cued, "second").unwrap();
        let taken = queue.pop().unwrap();
        queue.put_back(Rank::Cued, taken);
        assert_eq!(drain(&queue), ["first", "second"]);
    }

    #[test]
    fn a_full_queue_refuses_but_takes_back() {
        let queue = Queue::new(1);
        queue.push(Rank::Cued, "first").unwrap();
        assert_eq!(queue.push(Rank::Audible, "second"), Err("second"));
        let taken = queue.pop().unwrap();
        queue.push(Rank::Cued, "third").unwrap();
        queue.put_back(Rank::Cued, taken);
        assert_eq!(drain(&queue), ["first", "third"]);
        assert_eq!(queue.push(Rank::Cued, "late"), Err("late"));
    }

    #[test]
    fn ranks_can_change_while_waiting_and_the_top_is_known() {
        let queue = Queue::new(9);
        assert!(!queue.has_above(Rank::Background));
        queue.push(Rank::Background, "one").unwrap();
        queue.push(Rank::Cued, "two").unwrap();
        assert!(queue.has_above(Rank::Background) && !queue.has_above(Rank::Cued));
        queue.rerank(|item| if *item == "one" { Rank::Audible } else { Rank::Background });
        assert!(queue.has_above(Rank::Cued));
        assert_eq!(queue.remove(|item| *item == "one"), Some("one"));
        assert_eq!(queue.remove(|item| *item == "one"), None);
        assert!(!queue.has_above(Rank::Background));
        assert_eq!(drain(&queue), ["two"]);
    }
}

/// `RUSTFLAGS="--cfg loom" cargo test -p busbar-media --release --lib models`
#[cfg(all(test, loom))]
mod models {
    use super::super::sync::beside;
    use super::*;
    use loom::sync::Arc;

    type Drops = Arc<loom::sync::atomic::AtomicUsize>;

    /// Says when it is gone.
    struct Item(Drops, Rank);

    impl Drop for Item {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A worker that gives up an item once for whatever is more urgent.
    fn work(queue: &Queue<Item>) -> usize {
        let mut done = 0;
        while let Some(taken) = queue.pop() {
            let rank = taken.item.1;
            if queue.has_above(rank) {
                queue.put_back(rank, taken);
            } else {
                done += 1;
            }
        }
        done
    }

    #[test]
    fn nothing_is_lost_whoever_takes_it_and_every_worker_ends() {
        // Three threads interleave in more ways than anybody can wait for.
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let queue = Arc::new(Queue::new(4));
            let drops = Drops::default();
            let workers: Vec<_> = (0..2)
                .map(|_| {
                    let queue = queue.clone();
                    beside(move || work(&queue))
                })
                .collect();
            for rank in [Rank::Cued, Rank::Audible] {
                assert!(queue.push(rank, Item(drops.clone(), rank)).is_ok());
            }
            queue.end();
            let done: usize = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
            assert_eq!((done, drops.load(Ordering::Relaxed)), (2, 2));
        });
    }

    #[test]
    fn what_is_taken_out_is_taken_once() {
        loom::model(|| {
            let queue = Arc::new(Queue::new(4));
            let drops = Drops::default();
            let worker = {
                let queue = queue.clone();
                beside(move || work(&queue))
            };
            assert!(queue.push(Rank::Cued, Item(drops.clone(), Rank::Cued)).is_ok());
            queue.rerank(|_| Rank::Errand);
            let removed = usize::from(queue.remove(|_| true).is_some());
            queue.end();
            assert_eq!(worker.join().unwrap() + removed, 1);
            assert_eq!(drops.load(Ordering::Relaxed), 1);
        });
    }

    #[test]
    fn a_worker_that_is_busy_hears_of_what_is_more_urgent() {
        loom::model(|| {
            let queue = Arc::new(Queue::new(4));
            let asking = {
                let queue = queue.clone();
                beside(move || queue.push(Rank::Audible, ()).is_ok())
            };
            let seen = queue.has_above(Rank::Cued);
            assert!(asking.join().unwrap());
            assert!(queue.has_above(Rank::Cued), "seen before: {seen}");
            assert!(!queue.has_above(Rank::Audible));
        });
    }
}
