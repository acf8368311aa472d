//! Panics stop here: unwinding into a host's frames would end its process.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; `None` when it panicked. The panic has then been reported by the panic hook, and
/// what `work` was changing must be thrown away or left alone by the caller.
///
/// Costs nothing as long as nothing panics. Realtime-safe.
pub fn shield<T>(work: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // The payload may panic in its turn when it is dropped.
            std::mem::forget(payload);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Grenade;

    impl Drop for Grenade {
        fn drop(&mut self) {
            panic!("thrown by the payload");
        }
    }

    #[test]
    fn nothing_gets_through() {
        assert_eq!(shield(|| 7), Some(7));
        assert_eq!(shield(|| panic!("on purpose")), None::<()>);
        assert_eq!(shield(|| std::panic::panic_any(Grenade)), None::<()>);
    }
}
