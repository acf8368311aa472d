//! A file that is being decoded, or has been, and who still wants it.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock, Weak};
use std::time::SystemTime;

use busbar_dsp::file::FileLoudness;
use busbar_dsp::{Clip, ClipWriter, SampleRate};

use super::Priority;
use super::job::{Headway, Status};
use super::queue::Rank;
use super::sync::{AtomicU8, Mutex, Ordering, lock};
use crate::{Cancel, Format, MediaError, Outcome, Progress, Reason, Shortfall, Waveform};

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    length: u64,
    modified: Option<SystemTime>,
}

impl Identity {
    /// Asks the file system, which may take its time.
    pub fn of(path: &Path) -> Result<Self, Reason> {
        let found = std::fs::metadata(path)?;
        // A platform that has no such time is left with the length.
        Ok(Self { length: found.len(), modified: found.modified().ok() })
    }
}

/// A file at a rate: shared by all the jobs that asked for it and the worker that decodes it.
pub(super) struct Entry {
    pub path: PathBuf,
    /// Which of its streams of sound, if not the main one.
    pub stream: Option<u16>,
    pub rate: SampleRate,
    identity: Identity,
    /// Weak, so that who holds the clip can be counted.
    clip: Weak<Clip>,
    interest: Mutex<Interest>,
    pub cancel: Cancel,
    rank: AtomicU8,
    format: OnceLock<Format>,
    bytes: AtomicU64,
    of_bytes: AtomicU64,
    pub waveform: Arc<Waveform>,
    loudness: OnceLock<FileLoudness>,
    end: OnceLock<Result<Outcome, MediaError>>,
}

/// Who wants it.
#[derive(Debug, Default)]
struct Interest {
    /// Jobs that are held and not cancelled; each has the clip.
    jobs: usize,
    /// Some job went while somebody who had the clip from it went on playing: no other job's
    /// cancelling may then end the decode.
    has_orphans: bool,
    /// Nobody wants it any more, for good.
    over: bool,
}

impl Entry {
    /// A file that one job wants. The clip is that job's.
    pub fn new(
        path: &Path,
        stream: Option<u16>,
        rate: SampleRate,
        identity: Identity,
        limit: u64,
    ) -> (Arc<Self>, ClipWriter, Arc<Clip>) {
        let (writer, clip) = Clip::growing(limit);
        let entry = Self {
            path: path.to_owned(),
            stream,
            rate,
            identity,
            clip: Arc::downgrade(&clip),
            interest: Mutex::new(Interest { jobs: 1, ..Interest::default() }),
            cancel: Cancel::new(),
            rank: AtomicU8::new(0),
            format: OnceLock::new(),
            bytes: AtomicU64::new(0),
            of_bytes: AtomicU64::new(0),
            waveform: Arc::default(),
            loudness: OnceLock::new(),
            end: OnceLock::new(),
        };
        (Arc::new(entry), writer, clip)
    }

    /// One more job wants it. `None` if it is not that file any more, was given up, came to an
    /// end that another attempt may better, or nobody has its samples any more.
    pub fn join(&self, identity: Identity) -> Option<Arc<Clip>> {
        let mut interest = lock(&self.interest);
        if self.identity != identity || interest.over || !self.is_worth_sharing() {
            return None;
        }
        let clip = self.clip.upgrade()?;
        interest.jobs += 1;
        Some(clip)
    }

    fn is_worth_sharing(&self) -> bool {
        match self.end.get() {
            None | Some(Ok(Outcome::Complete)) => true,
            Some(Ok(Outcome::Partial(why))) => !matches!(why, Shortfall::Unreadable(_)),
            Some(Err(_)) => false,
        }
    }

    /// A job wants it no more: it was dropped, or, `on_purpose`, cancelled. Returns whether nobody
    /// else does either; then the decode is on its way to its end.
    pub fn leave(&self, clip: Arc<Clip>, on_purpose: bool) -> bool {
        let mut interest = lock(&self.interest);
        drop(clip);
        interest.jobs -= 1;
        let players = self.players(interest.jobs);
        interest.has_orphans |= !on_purpose && players > 0;
        let is_wanted = match on_purpose {
            true => interest.has_orphans && players > 0,
            false => players > 0,
        };
        if interest.jobs > 0 || is_wanted {
            return false;
        }
        // With the end reached there is nothing to give up, and players may come back for it.
        interest.over = self.end.get().is_none() || players == 0;
        if interest.over {
            self.cancel.cancel();
        }
        interest.over
    }

    /// Who has the clip beside the jobs and the worker that fills it.
    fn players(&self, jobs: usize) -> usize {
        let writer = usize::from(self.end.get().is_none());
        self.clip.strong_count().saturating_sub(jobs + writer)
    }

    /// Whether the worker that fills the clip may stop; for good then.
    pub fn is_given_up(&self, writer: &ClipWriter) -> bool {
        let mut interest = lock(&self.interest);
        interest.over |= interest.jobs == 0 && writer.is_alone();
        interest.over
    }

    /// Whether anybody has its samples.
    pub fn is_held(&self) -> bool {
        self.clip.strong_count() > 0
    }

    /// Somebody needs it so soon.
    pub fn raise(&self, priority: Priority) {
        self.rank.fetch_max(priority as u8, Ordering::Relaxed);
    }

    /// How urgent it is.
    pub fn rank(&self) -> Rank {
        if self.cancel.is_cancelled() {
            // It only has to be cleared away.
            return Rank::Errand;
        }
        priority(self.rank.load(Ordering::Relaxed)).rank()
    }

    /// It has been opened.
    pub fn opened(&self, format: &Format) {
        // Opened once; a second time would change nothing.
        let _ = self.format.set(format.clone());
    }

    /// The worker has come so far.
    pub fn tell(&self, progress: Progress) {
        self.bytes.store(progress.bytes, Ordering::Relaxed);
        self.of_bytes.store(progress.of_bytes, Ordering::Relaxed);
    }

    /// The worker has heard all that it will. Said before the end is.
    pub fn measured(&self, loudness: FileLoudness) {
        // As for the format.
        let _ = self.loudness.set(loudness);
    }

    pub fn loudness(&self) -> Option<FileLoudness> {
        self.loudness.get().copied()
    }

    /// The worker has come to the end; the clip has been finished before.
    pub fn finish(&self, end: Result<Outcome, MediaError>) {
        // Only the worker that has the task comes here, and only once.
        let _ = self.end.set(end);
    }

    pub fn has_ended(&self) -> bool {
        self.end.get().is_some()
    }

    pub fn format(&self) -> Option<&Format> {
        self.format.get()
    }

    /// How far it is, for a job that has the clip.
    pub fn status(&self, clip: &Clip) -> Status {
        match (self.end.get(), self.format.get()) {
            (Some(Ok(Outcome::Complete)), _) => Status::Complete,
            (Some(Ok(Outcome::Partial(why))), _) => Status::Partial(why.clone()),
            (Some(Err(error)), _) => Status::Failed(error.clone()),
            (None, None) => Status::Waiting,
            (None, Some(format)) => Status::Decoding(Headway {
                bytes: self.bytes.load(Ordering::Relaxed),
                of_bytes: self.of_bytes.load(Ordering::Relaxed),
                seconds: clip.ready() as f64 / self.rate.hertz(),
                of_seconds: format.announced.map(|frames| frames as f64 / format.rate.hertz()),
            }),
        }
    }
}

/// The priority that was stored as a number.
pub(super) fn priority(number: u8) -> Priority {
    match number {
        0 => Priority::Background,
        1 => Priority::Cued,
        _ => Priority::Audible,
    }
}

/// `RUSTFLAGS="--cfg loom" cargo test -p busbar-media --release --lib models`
#[cfg(all(test, loom))]
mod models {
    use super::super::sync::beside;
    use super::*;

    const SAME: Identity = Identity { length: 1, modified: None };

    fn entry() -> (Arc<Entry>, ClipWriter, Arc<Clip>) {
        let rate = SampleRate::new(48_000.0).unwrap();
        Entry::new(Path::new("a.wav"), None, rate, SAME, 1)
    }

    /// The last job goes, a worker looks whether to go on, and somebody comes who wants the file.
    #[test]
    fn whoever_joins_has_a_decode_that_goes_on() {
        for on_purpose in [false, true] {
            let mut model = loom::model::Builder::new();
            model.preemption_bound = Some(3);
            model.check(move || {
                let (entry, writer, clip) = entry();
                let leaving = {
                    let entry = entry.clone();
                    beside(move || entry.leave(clip, on_purpose))
                };
                let working = {
                    let entry = entry.clone();
                    beside(move || (entry.is_given_up(&writer), writer))
                };
                let joined = entry.join(SAME);
                let was_last = leaving.join().unwrap();
                let (given_up, writer) = working.join().unwrap();
                let is_over = entry.is_given_up(&writer);
                assert_eq!(is_over, joined.is_none());
                assert_eq!(is_over, entry.cancel.is_cancelled() || given_up);
                assert!(!was_last || is_over);
            });
        }
    }

    /// Two jobs go at the same time, one of them by being cancelled.
    #[test]
    fn when_all_are_gone_one_of_them_ends_it() {
        loom::model(|| {
            let (entry, writer, clip) = entry();
            let second = entry.join(SAME).unwrap();
            let leaving = {
                let entry = entry.clone();
                beside(move || entry.leave(clip, true))
            };
            let last = [entry.leave(second, false), leaving.join().unwrap()];
            assert_eq!(last.iter().filter(|&&last| last).count(), 1);
            assert!(entry.cancel.is_cancelled() && entry.is_given_up(&writer));
            assert!(entry.join(SAME).is_none());
        });
    }
}
