//! A file to blocks of samples.

use std::path::{Path, PathBuf};

use busbar_dsp::SampleRate;

use crate::cancel::Cancel;
use crate::error::{Fault, MediaError, Reason, Stage};
use crate::ffmpeg::{Announced, Codec, Converter, Demuxer, Frame, MOST_CHANNELS, Next};
use crate::ffmpeg::{Packet, Received, Speakers};
use crate::format::{Format, Limits, Outcome, Sanitised, Shortfall};
use crate::planar::Planar;
use crate::source::Source;

/// The highest rate of any file: 64 times that of a CD.
const HIGHEST_RATE: u32 = 44_100 * 64;

/// Steps without a frame after which a file is given up: an hour of damaged packets.
const PATIENCE: u32 = 100_000;

/// A file being decoded, from its start to its end.
///
/// It may move between threads, works only while [`read`](Self::read) is called, and closes the
/// file when dropped.
pub struct Decoder {
    path: PathBuf,
    format: Format,
    speakers: Speakers,
    announced: Option<Announced>,
    feed: Feed,
    converter: Converter,
    // Opening decodes the first frame, because headers are wrong about the form of the sound.
    first_is_waiting: bool,
    frames: u64,
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
    /// Frames that were delivered.
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
        let name = |fault: Fault| MediaError {
            path: path.to_owned(),
            stage: fault.stage,
            reason: fault.reason,
        };
        let source = Source::open(path).map_err(|reason| name(reason.at(Stage::Open)))?;
        Self::start(path, source, limits, cancel).map_err(name)
    }

    fn start(path: &Path, source: Source, limits: &Limits, cancel: &Cancel) -> Result<Self, Fault> {
        let demuxer = Demuxer::open(source, limits, cancel).map_err(|r| r.at(Stage::Recognise))?;
        let mut feed = Feed::new(demuxer, limits, cancel).map_err(|r| r.at(Stage::Prepare))?;
        let first_is_waiting = feed.advance().map_err(|r| r.at(Stage::Decode))?;
        let (announced_width, rate) = feed.codec.width_and_rate();
        let announced_speakers = Speakers { width: announced_width, mask: 0 };
        let speakers = if first_is_waiting { feed.frame.speakers() } else { announced_speakers };
        let width = speakers.width;
        let announced = feed.demuxer.announced(rate);
        if !first_is_waiting {
            feed.excuse_for_silence(announced).map_err(|r| r.at(Stage::Decode))?;
        }
        let format =
            feed.format(width, rate, limits, announced).map_err(|r| r.at(Stage::Prepare))?;
        Ok(Self {
            path: path.to_owned(),
            format,
            speakers,
            announced,
            feed,
            converter: Converter::new(width),
            first_is_waiting,
            frames: 0,
            sanitised: Sanitised::default(),
            outcome: None,
        })
    }

    /// The form of the sound in the file.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// Which channel is for which speaker.
    pub(crate) fn speakers(&self) -> Speakers {
        self.speakers
    }

    /// How far the decode has come.
    pub fn progress(&self) -> Progress {
        let (bytes, of_bytes) = self.feed.demuxer.reached();
        Progress { frames: self.frames, bytes, of_bytes }
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
        self.next_block(out).map_err(|reason| MediaError {
            path: self.path.clone(),
            stage: Stage::Decode,
            reason,
        })
    }

    fn next_block(&mut self, out: &mut Planar) -> Result<Block, Reason> {
        while self.outcome.is_none() {
            if !self.next_frame()? {
                self.outcome = Some(self.settle());
                break;
            }
            self.converter.convert(&self.feed.frame, out)?;
            self.feed.frame.clear();
            self.sanitised.add(out.sanitise());
            self.frames += out.frames() as u64;
            if out.frames() > 0 {
                return Ok(Block::Frames(out.frames()));
            }
        }
        out.truncate(0);
        Ok(Block::End(self.settle()))
    }

    /// Whether there is another frame to be delivered.
    fn next_frame(&mut self) -> Result<bool, Reason> {
        if std::mem::take(&mut self.first_is_waiting) {
            self.feed.check_cancelled()?;
        } else if !self.feed.advance()? {
            return Ok(false);
        }
        let (from, to) = (self.format.rate.hertz() as u32, self.feed.codec.width_and_rate().1);
        if from != to {
            self.feed.trouble = Some(Shortfall::RateChanged { from, to });
        }
        Ok(from == to)
    }

    fn settle(&self) -> Outcome {
        if let Some(trouble) = &self.feed.trouble {
            return Outcome::Partial(trouble.clone());
        }
        match self.announced {
            Some(Announced { frames, slack }) if self.frames.saturating_add(slack) < frames => {
                Outcome::Partial(Shortfall::Short { frames: self.frames, announced: frames })
            }
            _ if self.feed.damaged > 0 => {
                Outcome::Partial(Shortfall::Damaged { packets: self.feed.damaged })
            }
            _ => Outcome::Complete,
        }
    }
}

/// The way from a container to decoded frames.
struct Feed {
    demuxer: Demuxer,
    codec: Codec,
    packet: Packet,
    frame: Frame,
    cancel: Cancel,
    // The container has no more packets.
    drained: bool,
    damaged: u64,
    trouble: Option<Shortfall>,
}

impl Feed {
    fn new(demuxer: Demuxer, limits: &Limits, cancel: &Cancel) -> Result<Self, Reason> {
        Ok(Self {
            codec: Codec::open(&demuxer, limits)?,
            demuxer,
            packet: Packet::new()?,
            frame: Frame::new()?,
            cancel: cancel.clone(),
            drained: false,
            damaged: 0,
            trouble: None,
        })
    }

    fn check_cancelled(&self) -> Result<(), Reason> {
        if self.cancel.is_cancelled() { Err(Reason::Cancelled) } else { Ok(()) }
    }

    /// Decodes the next frame; `false` when there is none.
    fn advance(&mut self) -> Result<bool, Reason> {
        for _ in 0..PATIENCE {
            self.check_cancelled()?;
            match self.codec.receive(&mut self.frame) {
                Received::Frame if self.frame.width() == 0 => self.damaged += 1,
                Received::Frame => return Ok(true),
                Received::End => return Ok(false),
                Received::Hungry if self.drained => return Ok(false),
                Received::Hungry => self.feed()?,
                Received::Damaged => self.damaged += 1,
                Received::OutOfMemory => {
                    self.trouble = Some(Shortfall::OverLimit("memory"));
                    return Ok(false);
                }
            }
        }
        self.trouble = Some(Shortfall::OverLimit("it goes on without sound"));
        Ok(false)
    }

    /// Gives the codec another packet, or the news that there are no more.
    fn feed(&mut self) -> Result<(), Reason> {
        match self.demuxer.next(&mut self.packet) {
            Ok(Next::Again) => {}
            Ok(Next::Packet) => {
                if !self.codec.send(Some(&self.packet)) {
                    self.damaged += 1;
                }
                self.packet.clear();
            }
            Ok(Next::End) => self.drain(),
            Err(Reason::Cancelled) => return Err(Reason::Cancelled),
            Err(reason) => {
                self.trouble = Some(shortfall(reason));
                self.drain();
            }
        }
        Ok(())
    }

    fn drain(&mut self) {
        self.drained = true;
        // What it keeps back comes out now; a codec that keeps nothing may refuse this.
        self.codec.send(None);
    }

    /// A file without a single frame is in order only if it does not pretend to have any.
    fn excuse_for_silence(&self, announced: Option<Announced>) -> Result<(), Reason> {
        match &self.trouble {
            Some(Shortfall::Unreadable(kind)) => Err(Reason::Unreadable(*kind)),
            Some(Shortfall::OverLimit(what)) => Err(Reason::OverLimit(what)),
            Some(other) => Err(Reason::Damaged(other.to_string())),
            None if self.damaged > 0 || announced.is_some() => {
                Err(Reason::Damaged("nothing in it can be decoded".into()))
            }
            None => Ok(()),
        }
    }

    fn format(
        &self,
        width: usize,
        rate: u32,
        limits: &Limits,
        announced: Option<Announced>,
    ) -> Result<Format, Reason> {
        let most = MOST_CHANNELS.min(limits.channels.into());
        let channels = match u16::try_from(width) {
            Ok(0) => return Err(Reason::NoSound),
            Ok(channels) if width <= most => channels,
            _ => return Err(Reason::OverLimit("number of channels")),
        };
        let rate = SampleRate::new(rate.into())
            .filter(|_| rate <= HIGHEST_RATE)
            .ok_or(Reason::OverLimit("sample rate"))?;
        Ok(Format {
            channels,
            rate,
            codec: self.codec.name(),
            container: self.demuxer.container(),
            announced: announced.map(|announced| announced.frames),
        })
    }
}

fn shortfall(reason: Reason) -> Shortfall {
    match reason {
        Reason::Unreadable(kind) => Shortfall::Unreadable(kind),
        Reason::OverLimit(what) => Shortfall::OverLimit(what),
        Reason::OutOfMemory => Shortfall::OverLimit("memory"),
        other => Shortfall::Broken(other.to_string()),
    }
}
