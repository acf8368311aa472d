//! The loader: threads that turn files into clips, for everybody in this copy of the library.
//!
//! [`Loader::load`] answers at once with a [`Job`], before the disk has been touched. A worker
//! looks the file up; if somebody holds it at the same rate already the job joins that, else the
//! worker decodes it into a clip that can be played while it grows.
//!
//! | part        | what                                                                   |
//! |-------------|------------------------------------------------------------------------|
//! | `job`       | what an asker holds: clip, status, cancel                              |
//! | `entry`     | a file that is being decoded, or was, and who still wants it           |
//! | `catalogue` | the entries by file and rate, so that each is decoded once             |
//! | `queue`     | what waits, the most audible first                                     |
//! | `task`      | what a worker does, a step at a time: look up, open, decode            |
//! | `crew`      | the workers: started, replaced when the kernel holds them, ended       |
//!
//! **What may wait for what.** Askers never wait: they take locks that are held for a few
//! instructions, never across a call into the file system or FFmpeg. Workers wait for the disk and
//! for nobody else. Whoever drops the last [`Loader`] waits for the workers, [`Options::patience`]
//! at the most. The audio thread calls nothing here; dropping a clip or a job frees memory.
//!
//! **Where locks nest**, the order is catalogue, ticket, entry; and crew, slot. The queue's is
//! taken inside of none.

mod catalogue;
mod crew;
mod entry;
mod job;
mod queue;
mod sync;
mod task;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use busbar_dsp::SampleRate;

use catalogue::Catalogue;
use crew::Crew;
use job::Ticket;
pub use job::{Headway, Job, Status};
use queue::{Queue, Rank};
use task::Task;

/// How soon something is needed. Workers turn to what is more audible between blocks; among
/// equals the first asked for is the first served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Whenever there is nothing else to do.
    Background,
    /// It may be played soon.
    Cued,
    /// It is heard as soon as it is there.
    Audible,
}

impl Priority {
    fn rank(self) -> Rank {
        match self {
            Self::Background => Rank::Background,
            Self::Cued => Rank::Cued,
            Self::Audible => Rank::Audible,
        }
    }
}

/// Where a worker is, for [`Options::watch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It is about to look a file up.
    LookUp,
    /// It is about to open a file.
    Open,
    /// It has added a block to a clip.
    Grown,
}

/// Called on workers' threads.
pub type Watch = Arc<dyn Fn(&Path, Moment) + Send + Sync>;

/// How a loader works. The default is right for everything but tests.
#[derive(Clone)]
pub struct Options {
    /// Threads that decode.
    pub workers: usize,
    /// Files that may wait. One more is answered with [`Reason::Busy`](crate::Reason::Busy).
    pub waiting: usize,
    /// The longest clip in seconds; what is longer ends as
    /// [`Shortfall::TooLong`](crate::Shortfall::TooLong).
    pub clip_seconds: u32,
    /// How long a worker may take for one step before another one is started in its place, and
    /// how long the end of the loader waits for workers before it leaves them to the kernel.
    pub patience: Duration,
    /// For tests: sees what workers are about to do, and may hold them there.
    pub watch: Option<Watch>,
}

/// Until longer files are streamed: half an hour, which is 691 MB of stereo at 48 kHz.
pub const CLIP_SECONDS: u32 = 30 * 60;

/// Enough for every deck and reference of a hundred instances, restored at once.
const WAITING: usize = 4096;

impl Default for Options {
    fn default() -> Self {
        // One core is left to the host.
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            workers: cores.saturating_sub(1).max(1),
            waiting: WAITING,
            clip_seconds: CLIP_SECONDS,
            patience: Duration::from_secs(2),
            watch: None,
        }
    }
}

/// The service. Dropping it cancels what is still being decoded, and ends its threads.
pub struct Loader {
    service: Arc<Service>,
}

/// What askers and workers share.
struct Service {
    options: Options,
    queue: Queue<Task>,
    catalogue: Catalogue,
    crew: Crew,
}

impl Loader {
    /// The loader of this copy of the library: started by the first who holds it, ended by the
    /// last who lets go.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Loader>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let loader = Arc::new(Self::start(Options::default()));
            *shared = Arc::downgrade(&loader);
            loader
        })
    }

    /// A loader of one's own.
    pub fn start(options: Options) -> Self {
        // Makes FFmpeg's process-wide settings, once and for all.
        crate::about();
        let service = Arc::new(Service {
            queue: Queue::new(options.waiting),
            catalogue: Catalogue::default(),
            crew: Crew::new(options.workers.max(1), options.patience),
            options,
        });
        service.crew.tend(&service);
        Self { service }
    }

    /// Asks for a file at a rate. Never waits and never fails: what becomes of it is the job's
    /// [`status`](Job::status), a full queue included.
    pub fn load(&self, path: impl Into<PathBuf>, rate: SampleRate, priority: Priority) -> Job {
        self.load_stream(path, None, rate, priority)
    }

    /// Like [`load`](Self::load), but of several streams of sound in a file the one with this
    /// number, counted from 0 in the order of [`Format::sounds`](crate::Format::sounds).
    pub fn load_stream(
        &self,
        path: impl Into<PathBuf>,
        stream: Option<u16>,
        rate: SampleRate,
        priority: Priority,
    ) -> Job {
        self.service.crew.tend(&self.service);
        let ticket = Arc::new(Ticket::new(path.into(), stream, rate, priority));
        if self.service.catalogue.knows(&ticket.path, stream, rate) {
            ticket.make_errand();
        }
        let task = Task::Asked(ticket.clone());
        if self.service.queue.push(task.rank(), task).is_err() {
            ticket.fail(crate::Reason::Busy);
        }
        Job::new(ticket, self.service.clone())
    }

    /// Threads that were left to the kernel, because they did not come back in time when their
    /// loader ended. As long as there may be any, the code they run must stay in memory: a library
    /// for which this is not 0 must never be unloaded. It only ever grows.
    pub fn left_behind() -> usize {
        crew::left_behind()
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.service.queue.end();
        self.service.crew.end();
    }
}

impl Service {
    fn watch(&self, path: &Path, moment: Moment) {
        if let Some(watch) = &self.options.watch {
            watch(path, moment);
        }
    }

    /// Frames that a clip may have at a rate.
    fn longest(&self, rate: SampleRate) -> u64 {
        // A cast from float saturates.
        (rate.hertz() * f64::from(self.options.clip_seconds)) as u64
    }
}
