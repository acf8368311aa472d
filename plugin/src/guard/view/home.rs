//! What only the thread may touch that made it.

use std::mem::ManuallyDrop;
use std::thread::ThreadId;

/// A value, and the thread where it is at home. Windows are such values, and hosts get threads
/// wrong.
pub struct Home<T> {
    thread: ThreadId,
    roams: bool,
    value: ManuallyDrop<T>,
}

// SAFETY: on other threads there is no access to the value, and it is dropped there only where
// whoever made it promised that this is right.
unsafe impl<T> Send for Home<T> {}
// SAFETY: likewise.
unsafe impl<T> Sync for Home<T> {}

impl<T> Home<T> {
    /// At home on this thread. When it `roams` it is dropped wherever its last owner is, and
    /// otherwise leaked when that is elsewhere.
    ///
    /// # Safety
    /// What roams may be dropped on any thread.
    pub unsafe fn new(value: T, roams: bool) -> Self {
        let thread = std::thread::current().id();
        Self { thread, roams, value: ManuallyDrop::new(value) }
    }

    /// The value, at home.
    pub fn get(&self) -> Option<&T> {
        self.is_here().then(|| &*self.value)
    }

    fn is_here(&self) -> bool {
        std::thread::current().id() == self.thread
    }
}

impl<T> Drop for Home<T> {
    fn drop(&mut self) {
        if self.roams || self.is_here() {
            // SAFETY: dropped here and nowhere else, on its thread or on any by promise.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn strangers_get_nothing_and_drop_only_what_roams() {
        for roams in [false, true] {
            let value = Arc::new(());
            // SAFETY: the value may be dropped anywhere.
            let home = unsafe { Home::new(value.clone(), roams) };
            assert!(home.get().is_some());
            std::thread::scope(|scope| {
                scope.spawn(move || assert!(home.get().is_none()));
            });
            assert_eq!(Arc::strong_count(&value) == 1, roams);
        }
    }
}
