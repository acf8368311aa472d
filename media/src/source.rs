//! Opening regular files, and nothing else, without ever waiting.

use std::fs::{File, OpenOptions};
use std::io::Seek;
use std::path::Path;

use crate::error::Reason;
use crate::mp4::{self, Track};
use crate::{ogg, riff};

/// A regular file with something in it, open for reading.
pub(crate) struct Source {
    pub file: File,
    pub length: u64,
    /// The extension, in plain letters and digits: a hint for formats that have no signature.
    pub extension: String,
    pub known: Known,
}

/// What we read of the headers ourselves, because FFmpeg does not tell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// The frames that the header of a WAV announces, whether they are there or not.
    pub wav_frames: Option<u64>,
    /// The tracks of an MP4.
    pub tracks: Vec<Option<Track>>,
    /// Whether it is an Ogg and not several one after the other.
    pub is_one_ogg: bool,
}

impl Source {
    /// Opens a file. The check is made on what was opened, so a file that is swapped for
    /// something else in between changes nothing.
    pub fn open(path: &Path) -> Result<Self, Reason> {
        let mut file = options().open(path)?;
        let found = file.metadata()?;
        match found.file_type() {
            kind if kind.is_dir() => Err(Reason::Folder),
            kind if !kind.is_file() => Err(Reason::NotAFile),
            _ if found.len() == 0 => Err(Reason::Empty),
            _ => {
                let wav_frames = riff::announced_frames(&mut file);
                let tracks = mp4::tracks(&mut file);
                let is_one_ogg = ogg::is_one_piece(&mut file);
                file.rewind()?;
                let known = Known { wav_frames, tracks, is_one_ogg };
                Ok(Self { file, length: found.len(), extension: extension(path), known })
            }
        }
    }
}

/// Opening a pipe would wait for somebody to write into it, opening a terminal could take it over.
#[cfg(unix)]
fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY);
    options
}

#[cfg(not(unix))]
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    extension.chars().filter(char::is_ascii_alphanumeric).take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_only_ever_letters_and_digits() {
        assert_eq!(extension(Path::new("a/b.FLAC")), "FLAC");
        assert_eq!(extension(Path::new("a.b/c")), "");
        assert_eq!(extension(Path::new("x.m/p:3,%\0é")), "");
        assert_eq!(extension(Path::new("x.m%p:3é")), "mp3");
    }
}
