//! Work done side by side whose results come in order.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::End;
use crate::Cancel;

/// Results that may wait for an earlier one, for each worker.
const AHEAD: usize = 16;

struct Pool<T, R> {
    things: Mutex<Numbered<T>>,
    state: Mutex<State<R>>,
    changed: Condvar,
    ahead: usize,
}

/// Things in their order, one at a time for whoever asks.
struct Numbered<T> {
    things: T,
    next: usize,
}

struct State<R> {
    done: BTreeMap<usize, R>,
    /// The next result that is told.
    told: usize,
    /// Workers that have not ended.
    working: usize,
    stopped: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does the work for each thing, several at a time, and gives the results in the order of the
/// things. A panic in the work ends it all, and goes on in the caller.
pub(super) fn in_order<T, R: Send>(
    things: impl Iterator<Item = T> + Send,
    jobs: NonZero<usize>,
    cancel: &Cancel,
    work: &(impl Fn(&T, &Cancel) -> R + Sync),
    mut each: impl FnMut(R) -> ControlFlow<()>,
) -> std::io::Result<End> {
    let state = State {
        done: BTreeMap::new(),
        told: 0,
        working: jobs.get(),
        stopped: cancel.is_cancelled(),
    };
    let pool = Pool {
        things: Mutex::new(Numbered { things, next: 0 }),
        state: Mutex::new(state),
        changed: Condvar::new(),
        ahead: jobs.get() * AHEAD,
    };
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for number in 1..=jobs.get() {
            let builder = thread::Builder::new().name(format!("busbar-scan-{number}"));
            match builder.spawn_scoped(scope, || Worker(&pool).work(cancel, work)) {
                Ok(worker) => workers.push(worker),
                // Fewer will do.
                Err(_) if number > 1 => lock(&pool.state).working -= 1,
                Err(error) => return Err(error),
            }
        }
        let mut end = End::Done;
        while let Some(result) = pool.next(cancel) {
            if each(result).is_break() {
                cancel.cancel();
                break;
            }
        }
        if cancel.is_cancelled() {
            pool.stop();
            end = End::Stopped;
        }
        for worker in workers {
            if let Err(panic) = worker.join() {
                resume_unwind(panic);
            }
        }
        Ok(end)
    })
}

struct Worker<'a, T, R>(&'a Pool<T, R>);

impl<T, R, I: Iterator<Item = T>> Worker<'_, I, R> {
    fn work(&self, cancel: &Cancel, work: &impl Fn(&T, &Cancel) -> R) {
        while let Some((number, thing)) = self.take() {
            if !self.wait_for_turn(number) {
                return;
            }
            let result = work(&thing, cancel);
            if cancel.is_cancelled() {
                // What it says is that it was cancelled. Others may wait for their turn.
                self.0.stop();
                return;
            }
            lock(&self.0.state).done.insert(number, result);
            self.0.changed.notify_all();
        }
    }

    fn take(&self) -> Option<(usize, T)> {
        let mut things = lock(&self.0.things);
        let thing = things.things.next()?;
        let number = things.next;
        things.next += 1;
        Some((number, thing))
    }

    /// Waits until the results are not too far behind; `false` if that will never be.
    fn wait_for_turn(&self, number: usize) -> bool {
        let state = lock(&self.0.state);
        let is_early = |state: &mut State<R>| !state.stopped && number >= state.told + self.0.ahead;
        let state = self.0.changed.wait_while(state, is_early);
        !state.unwrap_or_else(PoisonError::into_inner).stopped
    }
}

impl<T, R> Drop for Worker<'_, T, R> {
    /// Whether it has come to its end or panics: nobody waits for it any more.
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.working -= 1;
        state.stopped |= thread::panicking();
        self.0.changed.notify_all();
    }
}

impl<T, R> Pool<T, R> {
    /// The next result in order; `None` if there will be none.
    fn next(&self, cancel: &Cancel) -> Option<R> {
        let state = lock(&self.state);
        let is_on_its_way = |state: &mut State<R>| {
            !state.stopped && state.working > 0 && !state.done.contains_key(&state.told)
        };
        let state = self.changed.wait_while(state, is_on_its_way);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        if state.stopped || cancel.is_cancelled() {
            return None;
        }
        let number = state.told;
        let result = state.done.remove(&number)?;
        state.told += 1;
        self.changed.notify_all();
        Some(result)
    }

    fn stop(&self) {
        lock(&self.state).stopped = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn jobs(count: usize) -> NonZero<usize> {
        NonZero::new(count).unwrap()
    }

    #[test]
    fn results_come_in_order_whoever_is_done_first() {
        for count in [1, 2, 7] {
            let mut told = Vec::new();
            // The first of each ten ends when all the others of it have.
            let ended: Vec<_> = (0..30).map(|_| AtomicUsize::new(0)).collect();
            let work = |&thing: &usize, _: &Cancel| {
                let (turn, place) = (thing / 10, thing % 10);
                while place == 0 && count > 1 && ended[turn].load(Ordering::Relaxed) < 9 {
                    thread::yield_now();
                }
                ended[turn].fetch_add(1, Ordering::Relaxed);
                thing
            };
            let each = |thing| {
                told.push(thing);
                ControlFlow::Continue(())
            };
            let end = in_order(0..300, jobs(count), &Cancel::new(), &work, each).unwrap();
            assert_eq!((end, told), (End::Done, (0..300).collect()));
        }
    }

    #[test]
    fn nobody_runs_far_ahead() {
        let (begun, told) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |_: &usize, _: &Cancel| {
            let ahead = begun.fetch_add(1, Ordering::SeqCst) - told.load(Ordering::SeqCst);
            assert!(ahead <= 3 * AHEAD + 3, "{ahead}");
        };
        let each = |()| {
            told.fetch_add(1, Ordering::SeqCst);
            thread::yield_now();
            ControlFlow::Continue(())
        };
        in_order(0..2_000, jobs(3), &Cancel::new(), &work, each).unwrap();
        assert_eq!(told.into_inner(), 2_000);
    }

    #[test]
    fn it_ends_when_somebody_says_so() {
        for count in [1, 3] {
            let mut told = 0;
            let each = |_| {
                told += 1;
                if told == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let end = in_order(0.., jobs(count), &Cancel::new(), &|_, _| (), each).unwrap();
            assert_eq!((end, told), (End::Stopped, 5));

            // From inside of the work, while others wait for their turn behind it.
            let cancel = Cancel::new();
            let begun = AtomicUsize::new(0);
            let work = |&thing: &usize, cancel: &Cancel| {
                begun.fetch_add(1, Ordering::Relaxed);
                while thing == 0 && begun.load(Ordering::Relaxed) < (count - 1) * AHEAD {
                    thread::yield_now();
                }
                if thing == 0 {
                    cancel.cancel();
                }
            };
            let told = |_| panic!("the first was cancelled");
            assert_eq!(in_order(0.., jobs(count), &cancel, &work, told).unwrap(), End::Stopped);
        }
        let cancel = Cancel::new();
        cancel.cancel();
        let work = |_: &usize, _: &Cancel| ();
        let each = |_| panic!("nothing was begun");
        assert_eq!(in_order(0.., jobs(2), &cancel, &work, each).unwrap(), End::Stopped);
    }

    #[test]
    fn a_panic_goes_on_in_the_caller() {
        let work = |&thing: &usize, _: &Cancel| assert!(thing != 40, "on purpose");
        let each = |()| ControlFlow::Continue(());
        let run = || in_order(0.., jobs(3), &Cancel::new(), &work, each);
        let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
    }
}
