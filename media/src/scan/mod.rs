//! Measuring many files: folders are walked, files decoded side by side, and each is told of in
//! the order of the walk.
//!
//! A scan needs the memory of as many decoders as work at a time, however many files there are:
//! those that are done before their turn wait, and so do their workers if it takes too long.

mod pool;
mod record;
mod walk;

use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::thread;

use crate::measure::Measure;
use crate::{Block, Cancel, Decoder, Limits, MediaError, Planar};
pub use record::Record;
use walk::{Found, Walk};

/// How a scan works.
#[derive(Clone, Debug)]
pub struct Options {
    /// Files that are decoded at a time.
    pub jobs: NonZero<usize>,
    /// How far a file may go.
    pub limits: Limits,
    /// Files of one channel are heard from two speakers.
    pub dual_mono: bool,
}

impl Default for Options {
    /// As many jobs as there are cores.
    fn default() -> Self {
        let jobs = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        Self { jobs, limits: Limits::default(), dual_mono: false }
    }
}

/// How a scan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All files were told of.
    Done,
    /// Somebody called [`Cancel::cancel`], or `each` broke off. What was told until then stands.
    Stopped,
}

/// Measures files, and what is in folders, and calls `each` for every one of them, in the order in
/// which they were given and, inside of a folder, in the order of names. A file that cannot be
/// measured has a record that says why. `each` is called on the caller's thread.
///
/// Inside of folders only what is called like a file of sound is looked at, and nothing that is
/// hidden; links to folders are not followed.
///
/// # Errors
/// If no threads can be had.
pub fn scan(
    paths: impl IntoIterator<Item = PathBuf>,
    options: &Options,
    cancel: &Cancel,
    each: impl FnMut(Record) -> ControlFlow<()>,
) -> std::io::Result<End> {
    // Makes FFmpeg's process-wide settings, once and for all.
    crate::about();
    let work = |found: &Found, cancel: &Cancel| match found {
        Ok(path) => {
            measure(path, options, cancel).unwrap_or_else(|error| Record::failed(path, &error))
        }
        Err((folder, reason)) => Record::closed(folder, reason),
    };
    pool::in_order(Walk::new(paths), options.jobs, cancel, &work, each)
}

/// Decodes a file once, from its start to its end.
fn measure(path: &Path, options: &Options, cancel: &Cancel) -> Result<Record, MediaError> {
    let mut decoder = Decoder::open(path, &options.limits, cancel)?;
    let mut measure = match options.dual_mono {
        false => Measure::new(decoder.format()),
        true => Measure::dual_mono(decoder.format()),
    };
    let mut block = Planar::new();
    let outcome = loop {
        match decoder.read(&mut block)? {
            Block::Frames(_) => measure.hear(&block),
            Block::End(outcome) => break outcome,
        }
    };
    let frames = decoder.progress().frames;
    let loudness = measure.finish();
    Ok(Record::measured(path, decoder.format(), frames, &outcome, loudness.as_ref()))
}
