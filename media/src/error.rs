//! Errors that say which file, at which stage, why, and what one can do.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Why a file gives no sound, or no more of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaError {
    /// The file as it was asked for.
    pub path: PathBuf,
    /// How far it got.
    pub stage: Stage,
    /// What went wrong.
    pub reason: Reason,
}

/// The steps from a path to samples, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Opening the file.
    Open,
    /// Finding out what it is and what is in it.
    Recognise,
    /// Setting the decoder up.
    Prepare,
    /// Decoding.
    Decode,
}

/// What went wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no such file.
    Missing,
    /// The file may not be read.
    Forbidden,
    /// It is a folder.
    Folder,
    /// It is a pipe, a device or a socket.
    NotAFile,
    /// It has no bytes.
    Empty,
    /// The file system failed.
    Unreadable(ErrorKind),
    /// It is not a kind of file that Busbar plays.
    UnknownFormat,
    /// There is no sound in it.
    NoSound,
    /// There is no decoder for this codec.
    NoDecoder(String),
    /// Its contents make no sense; in FFmpeg's words.
    Damaged(String),
    /// It goes beyond the limits for what is named.
    OverLimit(&'static str),
    /// The memory for it could not be had.
    OutOfMemory,
    /// Too many files were waiting already when this one was asked for.
    Busy,
    /// A mistake of Busbar's own, in the words of the panic.
    Internal(String),
    /// Somebody called [`Cancel::cancel`](crate::Cancel::cancel) or
    /// [`Job::cancel`](crate::loader::Job::cancel), or the loader has ended.
    Cancelled,
}

impl Reason {
    /// What a user can do about it, as a sentence; empty where nothing went wrong.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Missing => "Check whether it was moved or renamed, or its disk is not connected.",
            Self::Forbidden => "Change its permissions, or copy it to where you may read it.",
            Self::Folder => "Choose the files inside it.",
            Self::NotAFile => "Copy the sound into an ordinary file first.",
            Self::Empty => "Copy or export it again.",
            Self::Unreadable(_) => "Check the disk or the network, then try again.",
            Self::UnknownFormat => "Choose a sound or film file, or export it as WAV or FLAC.",
            Self::NoSound => "Choose a file that has a sound track.",
            Self::NoDecoder(_) => "Convert it to WAV or FLAC first.",
            Self::Damaged(_) => "Copy or export it again; if it plays elsewhere, convert it there.",
            Self::OverLimit(_) => "Convert it to an ordinary WAV or FLAC first.",
            Self::OutOfMemory => "Close other programs, or convert it to an ordinary WAV first.",
            Self::Busy => "Try again when some of the others are there.",
            Self::Internal(_) => "Please report this, with the file if you may pass it on.",
            Self::Cancelled => "",
        }
    }

    pub(crate) fn at(self, stage: Stage) -> Fault {
        Fault { stage, reason: self }
    }
}

/// A [`MediaError`] before the path is put to it.
#[derive(Debug)]
pub(crate) struct Fault {
    pub stage: Stage,
    pub reason: Reason,
}

impl Fault {
    pub fn of(self, path: &Path) -> MediaError {
        MediaError { path: path.to_owned(), stage: self.stage, reason: self.reason }
    }
}

impl From<std::io::Error> for Reason {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Missing,
            ErrorKind::PermissionDenied => Self::Forbidden,
            ErrorKind::OutOfMemory => Self::OutOfMemory,
            // What Unix answers for a socket in the file system.
            _ if error.raw_os_error() == Some(libc::ENXIO) => Self::NotAFile,
            kind => Self::Unreadable(kind),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "opening",
            Self::Recognise => "recognising",
            Self::Prepare => "preparing to decode",
            Self::Decode => "decoding",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such file"),
            Self::Forbidden => f.write_str("it may not be read"),
            Self::Folder => f.write_str("it is a folder"),
            Self::NotAFile => f.write_str("it is not an ordinary file"),
            Self::Empty => f.write_str("it is empty"),
            Self::Unreadable(kind) => write!(f, "it could not be read: {kind}"),
            Self::UnknownFormat => f.write_str("it is not a kind of file that can be played"),
            Self::NoSound => f.write_str("there is no sound in it"),
            Self::NoDecoder(codec) => write!(f, "there is no decoder for {codec}"),
            Self::Damaged(why) => write!(f, "it is damaged: {why}"),
            Self::OverLimit(what) => write!(f, "it goes beyond what is allowed: {what}"),
            Self::OutOfMemory => f.write_str("there is not enough memory for it"),
            Self::Busy => f.write_str("too many files are waiting to be loaded"),
            Self::Internal(why) => write!(f, "Busbar made a mistake while loading it: {why}"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl fmt::Display for MediaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, stage, reason } = self;
        write!(f, "{} ({stage}): {reason}", path.display())?;
        match reason.advice() {
            "" => Ok(()),
            advice => write!(f, ". {advice}"),
        }
    }
}

impl std::error::Error for MediaError {}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn errors_of_the_file_system_have_reasons_that_a_user_understands() {
        let reason = |kind: ErrorKind| Reason::from(io::Error::from(kind));
        assert_eq!(reason(ErrorKind::NotFound), Reason::Missing);
        assert_eq!(reason(ErrorKind::PermissionDenied), Reason::Forbidden);
        let dead_disk = io::Error::from_raw_os_error(libc::ESTALE);
        assert!(matches!(Reason::from(dead_disk), Reason::Unreadable(_)));
        assert_eq!(Reason::from(io::Error::from_raw_os_error(libc::ENXIO)), Reason::NotAFile);
    }

    #[test]
    fn an_error_names_file_stage_reason_and_what_to_do() {
        let fault = Reason::Forbidden.at(Stage::Open);
        let error = MediaError { path: "a/b.wav".into(), stage: fault.stage, reason: fault.reason };
        assert_eq!(
            error.to_string(),
            "a/b.wav (opening): it may not be read. Change its permissions, or copy it to where \
             you may read it."
        );
    }
}
