//! The locks that models of threads look into, and one way of taking them.

#[cfg(loom)]
pub(super) use loom::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicU8, Ordering},
};
#[cfg(not(loom))]
pub(super) use std::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicU8, Ordering},
};

use std::sync::PoisonError;

/// Takes a lock. What these guard is whole after every statement, so a panic of some holder, which
/// is contained elsewhere, is no reason for the others to panic.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets go of a lock until somebody notifies.
pub(super) fn wait<'a, T>(condition: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condition.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// A thread of a model.
#[cfg(all(test, loom))]
pub(super) fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> loom::thread::JoinHandle<T> {
    loom::thread::Builder::new().name("beside the model".into()).spawn(work).unwrap()
}
