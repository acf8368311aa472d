//! Threads that ask disks for something. Nobody waits for them: the kernel may hold them for as long
//! as it likes, but never more than a few.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// More threads than these are never held by disks that do not answer.
const MOST: usize = 8;

/// The choosers of all instances have these in common.
pub static ERRANDS: Errands = Errands::new();

/// How many threads are under way.
pub struct Errands(AtomicUsize);

/// Counts a thread as long as it runs.
struct Running(&'static Errands);

impl Errands {
    /// None yet.
    pub const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Does something on a thread of its own.
    ///
    /// # Errors
    /// When too many disks do not answer.
    pub fn run(
        &'static self,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), String> {
        let running = self.enter().ok_or("Other folders do not answer: is a disk gone?")?;
        let thread = std::thread::Builder::new().name(name.to_owned());
        let started = thread.spawn(move || {
            let _running = running;
            work();
        });
        started.map_err(|error| format!("no thread for it could be started: {error}"))?;
        Ok(())
    }

    fn enter(&'static self) -> Option<Running> {
        let one_more = |count| (count < MOST).then_some(count + 1);
        self.0.fetch_update(Relaxed, Relaxed, one_more).ok().map(|_| Running(self))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::editor::chooser::listing::Listing;
    use crate::editor::chooser::places;

    #[test]
    fn disks_that_do_not_answer_hold_a_few_threads_and_nobody_else() {
        // Not those of the tests beside this one.
        static STUCK: Errands = Errands::new();
        let (open, gate) = channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        for _ in 0..MOST {
            let gate = gate.clone();
            // Until the other end is dropped.
            STUCK.run("busbar-stuck", move || _ = gate.lock().unwrap().recv()).unwrap();
        }
        let why = Listing::start(&STUCK, "/".into()).unwrap_err();
        assert!(why.contains("do not answer"), "{why}");
        assert!(places::look(&STUCK).is_none(), "another thread for the places");
        drop(open);
        let deadline = Instant::now() + Duration::from_secs(60);
        while places::look(&STUCK).is_none() {
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        }
    }
}
