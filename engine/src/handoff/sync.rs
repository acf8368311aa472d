//! What models of threads look into, in place of what a processor does.

#[cfg(loom)]
pub(super) use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, AtomicU64},
};
#[cfg(not(loom))]
pub(super) use std::{
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, AtomicU64},
};

/// A thread of a model.
#[cfg(all(test, loom))]
pub(super) fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> loom::thread::JoinHandle<T> {
    loom::thread::Builder::new().name("beside the model".into()).spawn(work).unwrap()
}
