//! What an asker holds.

use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use busbar_dsp::file::FileLoudness;
use busbar_dsp::{Clip, SampleRate};

use super::entry::{Entry, priority};
use super::queue::Rank;
use super::sync::{AtomicU8, Mutex, Ordering, lock};
use super::task::Task;
use super::{Priority, Service};
use crate::{Format, MediaError, Reason, Shortfall, Stage, Waveform};

/// How far a file is.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// It has not been opened yet.
    Waiting,
    /// The clip is growing.
    Decoding(Headway),
    /// All of it is in the clip.
    Complete,
    /// What is in the clip is good, but it is not all.
    Partial(Shortfall),
    /// There is no more to come; what is in the clip, if there is one, is good. For a job that was
    /// cancelled the reason is [`Reason::Cancelled`].
    Failed(MediaError),
}

/// How far a decode has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Headway {
    /// How far into the file reading has come, in bytes.
    pub bytes: u64,
    /// The length of the file in bytes.
    pub of_bytes: u64,
    /// Seconds of sound in the clip.
    pub seconds: f64,
    /// Seconds that the file's header announces, if it does: a hint.
    pub of_seconds: Option<f64>,
}

impl Headway {
    /// The part that is done, from 0 to 1: by time if it is known, else by bytes.
    pub fn part(&self) -> f64 {
        let part = match self.of_seconds {
            Some(of) if of > 0.0 => self.seconds / of,
            _ => self.bytes as f64 / (self.of_bytes as f64).max(1.0),
        };
        part.clamp(0.0, 1.0)
    }
}

/// A file that somebody asked for.
///
/// Dropping it says that this asker wants it no more. The decode goes on while another job wants
/// the same file, or somebody plays the clip.
pub struct Job {
    ticket: Arc<Ticket>,
    service: Arc<Service>,
}

/// What a job and the worker that looks its file up share.
pub(super) struct Ticket {
    pub path: PathBuf,
    /// Which of its streams of sound, if not the main one.
    pub stream: Option<u16>,
    pub rate: SampleRate,
    priority: AtomicU8,
    /// A file of this name is held: looking it up is likely to be all there is to do.
    is_errand: AtomicBool,
    phase: Mutex<Phase>,
}

enum Phase {
    Waiting,
    Bound(Arc<Entry>, Arc<Clip>),
    Over(MediaError),
}

impl Job {
    pub(super) fn new(ticket: Arc<Ticket>, service: Arc<Service>) -> Self {
        Self { ticket, service }
    }

    /// The file as it was asked for.
    pub fn path(&self) -> &Path {
        &self.ticket.path
    }

    /// The clip, which may be growing. `None` until a worker has found the file, since until then
    /// nobody can say whether it is one that is held already; and after a cancel.
    pub fn clip(&self) -> Option<Arc<Clip>> {
        match &*lock(&self.ticket.phase) {
            Phase::Bound(_, clip) => Some(clip.clone()),
            Phase::Waiting | Phase::Over(_) => None,
        }
    }

    /// The form of the sound in the file, once it has been opened.
    pub fn format(&self) -> Option<Format> {
        match &*lock(&self.ticket.phase) {
            Phase::Bound(entry, _) => entry.format().cloned(),
            Phase::Waiting | Phase::Over(_) => None,
        }
    }

    /// What the clip looks like, growing with it.
    pub fn waveform(&self) -> Option<Arc<Waveform>> {
        match &*lock(&self.ticket.phase) {
            Phase::Bound(entry, _) => Some(entry.waveform.clone()),
            Phase::Waiting | Phase::Over(_) => None,
        }
    }

    /// The loudness and the peaks of the file, in its own channels and at its own rate, measured
    /// while it was decoded. There once the job is complete; of a partial one it is that of what
    /// is in the clip. `None` for good where a file has more than can be measured.
    pub fn loudness(&self) -> Option<FileLoudness> {
        match &*lock(&self.ticket.phase) {
            Phase::Bound(entry, _) => entry.loudness(),
            Phase::Waiting | Phase::Over(_) => None,
        }
    }

    /// How far it is. What this says of the end is true of the clip as well.
    pub fn status(&self) -> Status {
        let status = match &*lock(&self.ticket.phase) {
            Phase::Waiting => Status::Waiting,
            Phase::Bound(entry, clip) => entry.status(clip),
            Phase::Over(error) => return Status::Failed(error.clone()),
        };
        let has_ended = !matches!(status, Status::Waiting | Status::Decoding(_));
        if !has_ended && self.service.queue.has_ended() {
            // A worker that the kernel holds will never say so.
            return Status::Failed(self.ticket.error(Reason::Cancelled));
        }
        if status == Status::Waiting {
            self.service.crew.tend(&self.service);
        }
        status
    }

    /// Makes it more urgent; a lower priority than it has changes nothing.
    pub fn raise(&self, priority: Priority) {
        self.ticket.priority.fetch_max(priority as u8, Ordering::Relaxed);
        if let Phase::Bound(entry, _) = &*lock(&self.ticket.phase) {
            entry.raise(priority);
        }
        self.service.queue.rerank(Task::rank);
    }

    /// Ends it at once for this asker, who gives the clip back. The decode ends within a packet,
    /// unless another job wants the same file, or somebody plays it whose job has been dropped.
    /// What has come to its end stays as it is.
    pub fn cancel(&self) {
        self.release(true);
    }

    fn release(&self, on_purpose: bool) {
        let mut phase = lock(&self.ticket.phase);
        match &*phase {
            Phase::Over(_) => return,
            Phase::Bound(entry, _) if on_purpose && entry.has_ended() => return,
            Phase::Bound(..) | Phase::Waiting => {}
        }
        let over = Phase::Over(self.ticket.error(Reason::Cancelled));
        let before = mem::replace(&mut *phase, over);
        drop(phase);
        if let Phase::Bound(entry, clip) = before {
            if entry.leave(clip, on_purpose) {
                self.service.catalogue.forget(&entry);
                self.service.queue.rerank(Task::rank);
            }
        } else {
            // If no worker has it by now, none needs to.
            drop(self.service.queue.remove(|task| task.is(&self.ticket)));
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.release(false);
    }
}

impl Ticket {
    pub fn new(path: PathBuf, stream: Option<u16>, rate: SampleRate, priority: Priority) -> Self {
        Self {
            path,
            stream,
            rate,
            priority: AtomicU8::new(priority as u8),
            is_errand: AtomicBool::new(false),
            phase: Mutex::new(Phase::Waiting),
        }
    }

    pub fn priority(&self) -> Priority {
        priority(self.priority.load(Ordering::Relaxed))
    }

    pub fn make_errand(&self) {
        self.is_errand.store(true, Ordering::Relaxed);
    }

    pub fn rank(&self) -> Rank {
        if self.is_errand.load(Ordering::Relaxed) { Rank::Errand } else { self.priority().rank() }
    }

    /// Whether anybody waits for the file to be looked up.
    pub fn is_waiting(&self) -> bool {
        matches!(&*lock(&self.phase), Phase::Waiting)
    }

    /// The file has been found; gives the clip back if nobody waits for it any more.
    pub fn bind(&self, entry: Arc<Entry>, clip: Arc<Clip>) -> Result<(), Arc<Clip>> {
        let mut phase = lock(&self.phase);
        match &*phase {
            // Under the lock, so that no `raise` falls between ticket and entry.
            Phase::Waiting => entry.raise(self.priority()),
            Phase::Bound(..) | Phase::Over(_) => return Err(clip),
        }
        *phase = Phase::Bound(entry, clip);
        Ok(())
    }

    /// It came to nothing before there was a clip.
    pub fn fail(&self, reason: Reason) {
        let mut phase = lock(&self.phase);
        if matches!(&*phase, Phase::Waiting) {
            *phase = Phase::Over(self.error(reason));
        }
    }

    fn error(&self, reason: Reason) -> MediaError {
        MediaError { path: self.path.clone(), stage: Stage::Open, reason }
    }
}
