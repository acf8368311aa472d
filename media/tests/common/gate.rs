//! Holding a loader's workers where a test wants them, and waiting for what must come.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use busbar_media::loader::{Moment, Watch};
use busbar_media::{Job, Status};

/// Far beyond anything but a hang.
const DEADLINE: Duration = Duration::from_secs(60);

/// Keeps a record of what workers do, and stops them at one moment of one file.
#[derive(Clone)]
pub struct Gate(Arc<(Mutex<State>, Condvar)>);

struct State {
    stops: Option<(PathBuf, Moment)>,
    /// How many more may pass, and how many are standing there.
    passes: usize,
    arrived: usize,
    moves: usize,
    log: Vec<(PathBuf, Moment)>,
    /// Who was there, for each line of the log.
    threads: Vec<ThreadId>,
}

impl Gate {
    pub fn closed(path: &Path, moment: Moment) -> Self {
        let state = State {
            stops: Some((path.to_owned(), moment)),
            passes: 0,
            arrived: 0,
            moves: 0,
            log: Vec::new(),
            threads: Vec::new(),
        };
        Self(Arc::new((Mutex::new(state), Condvar::new())))
    }

    pub fn watch(&self) -> Watch {
        let gate = self.clone();
        Arc::new(move |path, moment| gate.pass(path, moment))
    }

    fn pass(&self, path: &Path, moment: Moment) {
        let mut state = self.lock();
        state.log.push((path.to_owned(), moment));
        state.threads.push(thread::current().id());
        let stops =
            |state: &State| state.stops.as_ref().is_some_and(|(p, m)| p == path && *m == moment);
        if !stops(&state) {
            return;
        }
        let moves = state.moves;
        state.arrived += 1;
        self.0.1.notify_all();
        state = self
            .wait_while(state, |state| state.moves == moves && stops(state) && state.passes == 0);
        state.passes = state.passes.saturating_sub(1);
        if state.moves == moves {
            state.arrived -= 1;
        }
        self.0.1.notify_all();
    }

    /// Waits until a worker stands at the gate.
    pub fn arrival(&self) {
        drop(self.wait_while(self.lock(), |state| state.arrived == 0 || state.passes > 0));
    }

    pub fn let_one_pass(&self) {
        self.lock().passes = 1;
        self.0.1.notify_all();
    }

    /// Lets pass whoever stands there, and stops the next at another moment.
    pub fn move_to(&self, path: &Path, moment: Moment) {
        let mut state = self.lock();
        state.stops = Some((path.to_owned(), moment));
        // Whoever is still on its way out of the old place does not count for the new one.
        state.arrived = 0;
        state.moves += 1;
        self.0.1.notify_all();
    }

    /// How often that moment came on the thread that was the first at the gate's record.
    pub fn count_of_first_thread(&self, moment: Moment) -> usize {
        let state = self.lock();
        let by = state.log.iter().zip(&state.threads);
        by.filter(|((_, m), thread)| *m == moment && **thread == state.threads[0]).count()
    }

    pub fn open(&self) {
        self.lock().stops = None;
        self.0.1.notify_all();
    }

    /// How often that moment came for that file.
    pub fn count(&self, path: &Path, moment: Moment) -> usize {
        let state = self.lock();
        state.log.iter().filter(|(p, m)| p == path && *m == moment).count()
    }

    /// The files for which that moment came, in order.
    pub fn order(&self, moment: Moment) -> Vec<PathBuf> {
        let state = self.lock();
        state.log.iter().filter(|(_, m)| *m == moment).map(|(path, _)| path.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while<'a>(
        &self,
        guard: MutexGuard<'a, State>,
        condition: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        let (guard, result) = self
            .0
            .1
            .wait_timeout_while(guard, DEADLINE, |state| condition(state))
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!result.timed_out(), "nobody came within a minute");
        guard
    }
}

/// Waits for something that another thread is about to do.
pub fn until(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < DEADLINE, "not within a minute");
        thread::yield_now();
    }
}

/// Waits for the end of a job.
pub fn settle(job: &Job) -> Status {
    let has_ended = || !matches!(job.status(), Status::Waiting | Status::Decoding(_));
    until(has_ended);
    job.status()
}
