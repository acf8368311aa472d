//! A place that one thread at a time may enter, and that nobody waits for.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::sync::{AtomicBool, UnsafeCell};

/// Exclusive access that never waits: a host that activates while it processes gets a refused
/// block instead of a data race. Cheaper than a mutex, and nobody can sleep in it.
#[derive(Debug)]
pub struct TryCell<T> {
    busy: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `value` is reached only through a `TryGuard`, of which there is one at a time.
unsafe impl<T: Send> Sync for TryCell<T> {}

/// Access to what is in a [`TryCell`], until dropped.
pub struct TryGuard<'a, T>(&'a TryCell<T>);

impl<T> TryCell<T> {
    /// A cell that nobody is in.
    pub fn new(value: T) -> Self {
        Self { busy: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// `None` while somebody else is in there. Realtime-safe.
    pub fn try_enter(&self) -> Option<TryGuard<'_, T>> {
        // Not `then_some`: it would make, and drop, a guard of the occupant.
        self.busy
            .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
            .then(|| TryGuard(self))
    }

    /// Waits for a block to end, for a second at the most. For the host's own threads only.
    pub fn enter_soon(&self) -> Option<TryGuard<'_, T>> {
        let deadline = Instant::now() + Duration::from_secs(1);
        loop {
            match self.try_enter() {
                Some(guard) => return Some(guard),
                None if Instant::now() > deadline => return None,
                None => std::thread::sleep(Duration::from_micros(200)),
            }
        }
    }
}

impl<T> Deref for TryGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: whoever has the guard is alone with the value.
        unsafe { &*place(&self.0.value) }
    }
}

impl<T> DerefMut for TryGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: whoever has the guard is alone with the value.
        unsafe { &mut *place(&self.0.value) }
    }
}

impl<T> Drop for TryGuard<'_, T> {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

#[cfg(not(loom))]
fn place<T>(cell: &UnsafeCell<T>) -> *mut T {
    cell.get()
}

/// The model notes who has been here, and who came before them.
#[cfg(loom)]
fn place<T>(cell: &UnsafeCell<T>) -> *mut T {
    cell.with_mut(|place| place)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let cell = TryCell::new(1);
        let guard = cell.try_enter().unwrap();
        assert!(cell.try_enter().is_none());
        assert!(cell.try_enter().is_none(), "asking has not let anybody in");
        drop(guard);
        *cell.try_enter().unwrap() += 1;
        assert_eq!(*cell.try_enter().unwrap(), 2);
    }
}

#[cfg(all(test, loom))]
mod models {
    use std::sync::Arc;

    use super::super::sync::beside;
    use super::*;

    /// How often one got in.
    fn try_twice(cell: &TryCell<u64>) -> u64 {
        let enter = || cell.try_enter().map(|mut inside| *inside += 1).is_some();
        [enter(), enter()].into_iter().map(u64::from).sum()
    }

    /// The model itself fails when two are in there without one having left before the other.
    #[test]
    fn one_at_a_time_and_the_next_sees_what_the_last_one_left() {
        loom::model(|| {
            let cell = Arc::new(TryCell::new(0));
            let other = {
                let cell = cell.clone();
                beside(move || try_twice(&cell))
            };
            let entered = try_twice(&cell) + other.join().unwrap();
            assert!(entered >= 2, "somebody always gets in");
            assert_eq!(*cell.try_enter().expect("all have left"), entered);
        });
    }
}
