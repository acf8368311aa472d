//! A file to blocks of samples.

mod feed;
mod marks;
mod seek;

use std::path::{Path, PathBuf};

use crate::cancel::Cancel;
use crate::error::{Fault, MediaError, Reason, Stage};
use crate::ffmpeg::{After, Announced, Converter};
use crate::format::{Format, Limits, Outcome, Sanitised, Shortfall};
use crate::planar::Planar;
use crate::source::Source;
use crate::speakers::Speakers;
use feed::Feed;
use marks::{Mark, Marks};

/// Marks in a second of sound, by which places are found again.
const MARKS: f64 = 4.0;

/// A file being decoded, from its start to its end, or from wherever it is sent to.
///
/// It may move between threads, works only while [`read`](Self::read) or [`seek`](Self::seek) is
/// called, and closes the file when dropped.
pub struct Decoder {
    path: PathBuf,
    limits: Limits,
    format: Format,
    /// Until it turns out to be wrong.
    announced: Option<Announced>,
    feed: Feed,
    converter: Converter,
    // Opening decodes the first frame, because headers are wrong about the form of the sound.
    first_is_waiting: bool,
    /// The position of the next frame to come.
    position: u64,
    /// The position of the next frame to be delivered: what comes before it is dropped.
    wanted: u64,
    /// A jump has failed: nobody knows where the next frame is.
    is_lost: bool,
    marks: Marks,
    /// The time that the container gives for the first frame.
    first_time: Option<i64>,
    /// What came after the announced length, until it is known whether that was the end.
    held: Planar,
    sanitised: Sanitised,
    outcome: Option<Outcome>,
}

/// What one call of [`Decoder::read`] gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// So many frames, at least one, are in the buffer.
    Frames(usize),
    /// There is no more, and this is what the decode came to.
    End(Outcome),
}

/// How far a decode has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The position in the file that it has come to, in frames.
    pub frames: u64,
    /// How far into the file reading has come, in bytes.
    pub bytes: u64,
    /// The length of the file in bytes.
    pub of_bytes: u64,
}

impl Decoder {
    /// Opens a file and decodes up to its first frame.
    ///
    /// # Errors
    /// If it cannot be read, is no kind of file that can be played, has no sound, goes beyond the
    /// limits, or `cancel` was called. Nothing but a regular file is ever opened, and nothing that
    /// a file names.
    pub fn open(path: &Path, limits: &Limits, cancel: &Cancel) -> Result<Self, MediaError> {
        Self::open_stream(path, None, limits, cancel)
    }

    /// Like [`open`](Self::open), but of several streams of sound in the file takes the one with
    /// this number, counted from 0 in the order of [`Format::sounds`]; with `None` the main one.
    ///
    /// # Errors
    /// Those of `open`; if there is no such stream, that there is no sound.
    pub fn open_stream(
        path: &Path,
        stream: Option<u16>,
        limits: &Limits,
        cancel: &Cancel,
    ) -> Result<Self, MediaError> {
        let source = Source::open(path).map_err(|reason| reason.at(Stage::Open));
        let opened = source.and_then(|source| Self::start(path, source, stream, limits, cancel));
        opened.map_err(|fault| fault.of(path))
    }

    fn start(
        path: &Path,
        source: Source,
        stream: Option<u16>,
        limits: &Limits,
        cancel: &Cancel,
    ) -> Result<Self, Fault> {
        let (feed, first_is_waiting) = Feed::start(source, stream, limits, cancel)?;
        let (announced_width, rate) = feed.width_and_rate();
        let speakers =
            if first_is_waiting { feed.speakers() } else { Speakers::usual(announced_width) };
        let announced = feed.announced(rate);
        if !first_is_waiting {
            feed.excuse_for_silence(announced).map_err(|r| r.at(Stage::Decode))?;
        }
        let format =
            feed.format(speakers, rate, limits, announced).map_err(|r| r.at(Stage::Prepare))?;
        // A cast from float saturates.
        let apart = (format.rate.hertz() / MARKS) as u64;
        Ok(Self {
            path: path.to_owned(),
            limits: limits.clone(),
            converter: Converter::new(format.channels.into()),
            format,
            announced,
            first_time: feed.time(),
            feed,
            first_is_waiting,
            position: 0,
            wanted: 0,
            is_lost: false,
            marks: Marks::new(apart),
            held: Planar::new(),
            sanitised: Sanitised::default(),
            outcome: None,
        })
    }

    /// What the file says of its sound.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// How far the decode has come.
    pub fn progress(&self) -> Progress {
        let (bytes, of_bytes) = self.feed.reached();
        Progress { frames: self.position, bytes, of_bytes }
    }

    /// What had to be silenced so far.
    pub fn sanitised(&self) -> Sanitised {
        self.sanitised
    }

    /// Replaces the contents of `out` by the next block, of whatever length the file has it in.
    /// Every sample is finite. After the end each call gives the end again.
    ///
    /// # Errors
    /// If `cancel` was called or there is no memory for the block. Whatever is wrong with the file
    /// is told by the [`Outcome`] instead: what came before it is good.
    pub fn read(&mut self, out: &mut Planar) -> Result<Block, MediaError> {
        self.next_block(out).map_err(|reason| reason.at(Stage::Decode).of(&self.path))
    }

    fn next_block(&mut self, out: &mut Planar) -> Result<Block, Reason> {
        loop {
            if let Some(outcome) = &self.outcome {
                out.truncate(0);
                return Ok(Block::End(outcome.clone()));
            }
            if self.is_over() || !self.next_frame()? {
                self.outcome = Some(self.settle());
                continue;
            }
            if self.held.frames() > 0 {
                // It is not the end after all.
                std::mem::swap(out, &mut self.held);
                self.held.truncate(0);
                self.announced = None;
                self.first_is_waiting = true;
            } else {
                self.converter.convert(self.feed.frame(), out)?;
                self.feed.done_with_frame();
                out.skip(self.feed.take_lead(out.frames()));
            }
            self.cut(out)?;
            if out.frames() > 0 {
                self.sanitised.add(out.sanitise());
                return Ok(Block::Frames(out.frames()));
            }
        }
    }

    /// Leaves out what is not wanted: before the place that was sought, and after the sound.
    fn cut(&mut self, out: &mut Planar) -> Result<(), Reason> {
        let start = self.position;
        if let Some(it) = self.announced {
            let left = usize::try_from(it.frames.saturating_sub(start)).unwrap_or(usize::MAX);
            match it.after {
                After::Sound => {}
                After::Padding => out.truncate(left),
                After::PaddingAtTheEnd if left >= out.frames() => {}
                After::PaddingAtTheEnd => {
                    out.split_off(left, &mut self.held).map_err(|_| Reason::OutOfMemory)?;
                }
            }
        }
        self.position += out.frames() as u64;
        out.skip(usize::try_from(self.wanted.saturating_sub(start)).unwrap_or(usize::MAX));
        Ok(())
    }

    /// Whether there is nothing more but what an encoder added.
    fn is_over(&self) -> bool {
        let is_padding = |it: &Announced| it.after == After::Padding && self.position >= it.frames;
        self.announced.as_ref().is_some_and(is_padding)
    }

    /// Whether there is another frame.
    fn next_frame(&mut self) -> Result<bool, Reason> {
        if std::mem::take(&mut self.first_is_waiting) {
            self.feed.check_cancelled()?;
        } else if !self.feed.advance()? {
            return Ok(false);
        }
        // At the start codecs leave out what is not sound, which cannot be told from afterwards.
        let is_known = self.position > 0 && self.held.frames() == 0;
        if let Some(packet) = self.feed.fresh_packet().filter(|_| is_known) {
            self.marks.note(Mark { frame: self.position, packet });
        }
        Ok(self.feed.keeps_rate(self.format.rate))
    }

    fn settle(&self) -> Outcome {
        if let Some(trouble) = self.feed.trouble() {
            return Outcome::Partial(trouble.clone());
        }
        let frames = self.position;
        match self.announced {
            Some(it) if frames.saturating_add(it.slack) < it.frames => {
                Outcome::Partial(Shortfall::Short { frames, announced: it.frames })
            }
            _ if self.feed.damaged() > 0 => {
                Outcome::Partial(Shortfall::Damaged { packets: self.feed.damaged() })
            }
            _ => Outcome::Complete,
        }
    }
}
