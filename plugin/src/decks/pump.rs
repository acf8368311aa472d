//! One thread for all instances of a loaded library: started by the first, ended by the last. It
//! never decodes and never waits for an engine, so no instance can hold up another.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use busbar_media::Loader;

use super::carrier::Carrier;

/// How often it looks: often enough that a file seems to be heard at once.
const TICK: Duration = Duration::from_millis(5);

/// What the thread and the members share.
struct Shared {
    members: Mutex<Vec<Weak<Carrier>>>,
    loader: Arc<Loader>,
    ends: AtomicBool,
}

/// The thread; dropping it ends it.
struct Pump {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// An instance's place at the pump, for as long as it lives.
pub struct Membership {
    /// What the pump knows of the instance.
    pub carrier: Arc<Carrier>,
    pump: Arc<Pump>,
}

/// Has the pump see to an instance.
pub fn join(carrier: Carrier) -> Membership {
    static PUMP: Mutex<Weak<Pump>> = Mutex::new(Weak::new());
    let carrier = Arc::new(carrier);
    let mut pump = PUMP.lock().unwrap_or_else(PoisonError::into_inner);
    let running = pump.upgrade().unwrap_or_else(|| {
        let started = Arc::new(Pump::start());
        *pump = Arc::downgrade(&started);
        started
    });
    running.shared.lock_members().push(Arc::downgrade(&carrier));
    Membership { carrier, pump: running }
}

impl Membership {
    /// Has the pump look now.
    pub fn nudge(&self) {
        self.pump.nudge();
    }
}

impl Pump {
    fn start() -> Self {
        let shared = Arc::new(Shared {
            members: Mutex::default(),
            loader: Loader::shared(),
            ends: AtomicBool::new(false),
        });
        let work = shared.clone();
        // Without a thread there are no decks, but buses and meters go on.
        let thread = std::thread::Builder::new().name("busbar-pump".into()).spawn(move || {
            while !work.ends.load(Relaxed) {
                work.tick();
                std::thread::park_timeout(TICK);
            }
        });
        Self { shared, thread: thread.ok() }
    }

    fn nudge(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.shared.ends.store(true, Relaxed);
        self.nudge();
        if let Some(thread) = self.thread.take() {
            // It only ever fails when the thread has panicked, and then it has ended too.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn tick(&self) {
        let mut members = self.lock_members();
        members.retain(|member| member.strong_count() > 0);
        let all: Vec<_> = members.iter().filter_map(Weak::upgrade).collect();
        drop(members);
        for member in all {
            // One instance's misfortune is not that of the others.
            crate::guard::shield(|| member.tick(&self.loader));
        }
    }

    fn lock_members(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Carrier>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
