//! What a file says of itself, what a decode of it came to, and how far a file may go.

use std::fmt;

use busbar_dsp::SampleRate;

use crate::speakers::Speakers;
use crate::tags::Tags;

/// What a file says of its sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
    /// The number of channels, 1 to 64.
    pub channels: u16,
    /// What each of them is for.
    pub speakers: Speakers,
    /// Two channels that are two programmes, such as two languages, and no stereo: whoever plays
    /// them may want only one. They are decoded as left and right.
    pub dual_mono: bool,
    /// Frames a second.
    pub rate: SampleRate,
    /// The codec's short name, such as `flac` or `pcm_s24le`.
    pub codec: String,
    /// Bits of a sample, of codecs that can keep each of them.
    pub bits: Option<u16>,
    /// Bits a second, as far as the header says.
    pub bit_rate: Option<u64>,
    /// The container's short name, such as `wav` or `matroska,webm`.
    pub container: String,
    /// The length that the header announces, in frames. A hint: a header may say anything.
    pub announced: Option<u64>,
    /// Whether the container says where the sound begins and ends.
    pub edges: Edges,
    /// All the streams of sound in the file.
    pub sounds: Vec<Sound>,
    /// Which of them this is.
    pub chosen: u16,
    /// What the file is called.
    pub tags: Tags,
}

/// Encoders that work in blocks add silence before and after the sound. Not every container says
/// how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    /// It does, and what is decoded is the sound to the sample.
    Exact,
    /// The sound begins where it should; there may be some silence after it.
    Start,
    /// There may be some silence before it and after it: less than 0.1 s.
    Padded,
}

/// A stream of sound in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// The codec's short name.
    pub codec: String,
    /// The number of channels that the header names; 0 where it names none.
    pub channels: u16,
    /// The rate that the header names; 0 where it names none.
    pub rate: u32,
    /// The language, usually as three letters.
    pub language: Option<String>,
    /// What the stream is called.
    pub title: Option<String>,
}

/// How a decode ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that the file announces was decoded. Of MPEG streams, bare AAC, AC-3 and DTS,
    /// Ogg and WMA that were cut off this cannot be told: nothing in them says how long they were.
    Complete,
    /// What was delivered is good, but it is not all.
    Partial(Shortfall),
}

/// Why a decode is not complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// There is less in the file than its header announces.
    Short {
        /// Frames that were decoded.
        frames: u64,
        /// Frames that the header announces.
        announced: u64,
    },
    /// Some packets could not be decoded and are missing.
    Damaged {
        /// How many.
        packets: u64,
    },
    /// The container breaks off or contradicts itself; in FFmpeg's words.
    Broken(String),
    /// The file system failed while reading.
    Unreadable(std::io::ErrorKind),
    /// The sample rate changes within the file: the decode ends where it does.
    RateChanged {
        /// The first rate, in hertz.
        from: u32,
        /// The rate that ended the decode.
        to: u32,
    },
    /// The file is longer than a clip may be.
    TooLong {
        /// Seconds that are there.
        seconds: u32,
    },
    /// The file makes its reader go round and round, or asks for more memory than it may have.
    OverLimit(&'static str),
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { frames, announced } => {
                write!(f, "only {frames} of {announced} frames could be decoded")
            }
            Self::Damaged { packets: 1 } => write!(f, "one packet is damaged and was left out"),
            Self::Damaged { packets } => {
                write!(f, "{packets} packets are damaged and were left out")
            }
            Self::Broken(why) => write!(f, "the file breaks off: {why}"),
            Self::Unreadable(kind) => write!(f, "the disk could not be read on: {kind}"),
            Self::RateChanged { from, to } => {
                write!(f, "the sample rate changes from {from} to {to} Hz")
            }
            Self::TooLong { seconds } if seconds % 60 == 0 => {
                write!(f, "only the first {} minutes fit into memory", seconds / 60)
            }
            Self::TooLong { seconds } => {
                write!(f, "only the first {seconds} seconds fit into memory")
            }
            Self::OverLimit(what) => write!(f, "the file goes beyond what is allowed: {what}"),
        }
    }
}

/// Samples that were silenced because they cannot be sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sanitised {
    /// NaN and infinity.
    pub not_finite: u64,
    /// Finite, but at +60 dBFS or more.
    pub absurd: u64,
}

impl Sanitised {
    pub(crate) fn add(&mut self, more: Self) {
        self.not_finite += more.not_finite;
        self.absurd += more.absurd;
    }
}

/// How far a file may go before it is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes read to find out what a file is.
    pub probe_bytes: u32,
    /// Milliseconds of sound looked at to find out what a file is.
    pub probe_milliseconds: u32,
    /// Streams in one file: sound, pictures, subtitles.
    pub streams: u16,
    /// Channels; never more than 64.
    pub channels: u16,
    /// Frames in one decoded block.
    pub block_frames: u32,
    /// How many times its own length of a file may be read. Films that are badly interleaved are
    /// read several times over; a file that sends its reader in circles never ends.
    pub rereads: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            probe_bytes: 5_000_000,
            probe_milliseconds: 5_000,
            streams: 64,
            channels: 64,
            block_frames: 1 << 24,
            rereads: 16,
        }
    }
}
