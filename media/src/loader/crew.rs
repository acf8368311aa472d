//! The workers.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Service;
use super::task::Next;
use crate::Cancel;

/// Workers that have been given up, at the same time: more dead disks than anybody has.
const MOST_REPLACED: usize = 8;

/// See [`Loader::left_behind`](super::Loader::left_behind).
static LEFT_BEHIND: AtomicUsize = AtomicUsize::new(0);

pub(super) fn left_behind() -> usize {
    LEFT_BEHIND.load(Ordering::Relaxed)
}

/// A number of workers, kept at that number while some of them are stuck in the kernel.
pub(super) struct Crew {
    wanted: usize,
    patience: Duration,
    members: Mutex<Members>,
    left: Condvar,
}

#[derive(Default)]
struct Members {
    list: Vec<Member>,
    /// How many there have ever been, for their names.
    started: usize,
    ended: bool,
}

struct Member {
    slot: Arc<Slot>,
    thread: JoinHandle<()>,
}

/// What is known of one worker.
#[derive(Default)]
struct Slot(Mutex<Doing>);

#[derive(Default)]
struct Doing {
    /// The step that it is in: since when, and what ends it early.
    step: Option<(Instant, Option<Cancel>)>,
    /// Another one works in its place: it ends when it comes back.
    is_replaced: bool,
    /// Its thread is over, but for what the system does at the end of a thread.
    is_gone: bool,
}

/// As [`super::sync::lock`], but never a model's: models have no deadlines.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Crew {
    pub fn new(wanted: usize, patience: Duration) -> Self {
        Self { wanted, patience, members: Mutex::default(), left: Condvar::new() }
    }

    /// Sees to it that enough of them work: those that have been in one step for too long, which
    /// is what a dead disk does to them, do not count.
    pub fn tend(&self, service: &Arc<Service>) {
        let mut members = lock(&self.members);
        if members.ended {
            return;
        }
        members.reap();
        members.replace_stuck(self.patience);
        let mut working = members.list.iter().filter(|member| !member.slot.is_replaced()).count();
        while working < self.wanted {
            // Where no thread can be had the next call tries again.
            if members.start(service).is_err() {
                return;
            }
            working += 1;
        }
    }

    /// Cancels what they are at and waits for them, but not for long. The queue has ended before.
    pub fn end(&self) {
        let deadline = Instant::now() + self.patience;
        let mut members = lock(&self.members);
        members.ended = true;
        for member in &members.list {
            member.slot.cancel();
        }
        while members.list.iter().any(|member| !member.slot.is_gone()) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.left.wait_timeout(members, left);
            members = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        let list = std::mem::take(&mut members.list);
        drop(members);
        for member in list {
            if member.slot.is_gone() {
                member.join();
            } else {
                LEFT_BEHIND.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Members {
    /// Lets go of those that have ended: only such as had been replaced end before the crew does.
    fn reap(&mut self) {
        for index in (0..self.list.len()).rev() {
            if self.list[index].slot.is_gone() {
                self.list.swap_remove(index).join();
            }
        }
    }

    fn replace_stuck(&mut self, patience: Duration) {
        let mut replaced = self.list.iter().filter(|member| member.slot.is_replaced()).count();
        for member in &self.list {
            if replaced < MOST_REPLACED && member.slot.replace_if_stuck(patience) {
                replaced += 1;
            }
        }
    }

    fn start(&mut self, service: &Arc<Service>) -> std::io::Result<()> {
        self.started += 1;
        let slot = Arc::new(Slot::default());
        let (service, own_slot) = (service.clone(), slot.clone());
        let builder = thread::Builder::new().name(format!("busbar-decode-{}", self.started));
        // Made over there: dropping it takes the crew's lock, which is held here.
        let thread = builder.spawn(move || Worker { service, slot: own_slot }.work())?;
        self.list.push(Member { slot, thread });
        Ok(())
    }
}

impl Member {
    fn join(self) {
        // Workers contain their panics.
        let _ = self.thread.join();
    }
}

impl Slot {
    fn begin(&self, cancel: Option<Cancel>) {
        lock(&self.0).step = Some((Instant::now(), cancel));
    }

    /// Returns whether another one works in its place by now.
    fn finish(&self) -> bool {
        let mut doing = lock(&self.0);
        doing.step = None;
        doing.is_replaced
    }

    fn replace_if_stuck(&self, patience: Duration) -> bool {
        let mut doing = lock(&self.0);
        let is_stuck = doing.step.as_ref().is_some_and(|(since, _)| since.elapsed() >= patience);
        let is_new = is_stuck && !doing.is_replaced;
        doing.is_replaced |= is_new;
        is_new
    }

    /// A step that begins after this finds the queue ended.
    fn cancel(&self) {
        if let Some((_, Some(cancel))) = &lock(&self.0).step {
            cancel.cancel();
        }
    }

    fn is_replaced(&self) -> bool {
        lock(&self.0).is_replaced
    }

    fn is_gone(&self) -> bool {
        lock(&self.0).is_gone
    }
}

/// A worker on its thread.
struct Worker {
    service: Arc<Service>,
    slot: Arc<Slot>,
}

impl Worker {
    fn work(&self) {
        while let Some(mut taken) = self.service.queue.pop() {
            let (next, is_replaced) = loop {
                self.slot.begin(taken.item.cancel());
                let step = catch_unwind(AssertUnwindSafe(|| taken.item.step(&self.service)));
                let is_replaced = self.slot.finish();
                match step {
                    Err(panic) => {
                        taken.item.fail(words(&*panic));
                        break (None, is_replaced);
                    }
                    Ok(Next::Done) => break (None, is_replaced),
                    Ok(Next::Again) => {
                        let rank = taken.item.rank();
                        if is_replaced || self.service.queue.has_above(rank) {
                            break (Some((rank, taken)), is_replaced);
                        }
                    }
                }
            };
            if let Some((rank, taken)) = next {
                self.service.queue.put_back(rank, taken);
            }
            if is_replaced {
                return;
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Under the crew's lock, so that whoever waits for this does not miss it.
        let _members = lock(&self.service.crew.members);
        lock(&self.slot.0).is_gone = true;
        self.service.crew.left.notify_all();
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
