//! Files and folders as they were given, as files.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Reason;

/// Folders inside of folders are entered so far: deeper there are only links in circles.
const DEEPEST: usize = 64;

/// What files of sound are called. Inside of folders nothing else is taken; whatever is given by
/// name is.
const EXTENSIONS: &str = "3g2 3gp aac ac3 adts aif aifc aiff alac amr ape asf au avi bwf caf dff \
    dsf dts dtshd eac3 ec3 flac flv loas m2ts m4a m4b m4v mka mkv mlp mov mp+ mp2 mp3 mp4 mpa mpc \
    mpeg mpg mpga mpp mts oga ogg ogv opus rf64 snd spx tak thd truehd ts tta vob w64 wav wave webm \
    wma wmv wv";

/// Goes through files and folders in the order in which they were given, and through a folder in
/// the order of its names, its own files and folders alike.
///
/// Names that begin with a dot are left out, and links to folders: they lead in circles.
pub(super) struct Walk {
    given: VecDeque<PathBuf>,
    /// What is left of the folders that it is in, each from its last name on.
    inside: Vec<Vec<PathBuf>>,
}

/// A file, or what could not be looked into.
pub(super) type Found = Result<PathBuf, (PathBuf, Reason)>;

impl Walk {
    pub fn new(given: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { given: given.into_iter().collect(), inside: Vec::new() }
    }

    fn enter(&mut self, folder: &Path) -> Result<(), Reason> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if is_wanted(&entry) {
                names.push(entry.path());
            }
        }
        names.sort_unstable_by(|a, b| b.cmp(a));
        self.inside.push(names);
        Ok(())
    }
}

fn is_wanted(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    let is_hidden = name.as_encoded_bytes().starts_with(b".");
    let path = entry.path();
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_sound = EXTENSIONS.split_whitespace().any(|known| known == extension);
    match entry.file_type() {
        _ if is_hidden => false,
        Ok(kind) if kind.is_dir() => true,
        Ok(kind) if kind.is_symlink() => is_sound && path.is_file(),
        Ok(kind) => is_sound && kind.is_file(),
        // Whoever opens it will say what is wrong.
        Err(_) => is_sound,
    }
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let (path, is_given) = match self.inside.last_mut() {
                Some(names) => match names.pop() {
                    Some(path) => (path, false),
                    None => {
                        self.inside.pop();
                        continue;
                    }
                },
                None => (self.given.pop_front()?, true),
            };
            // Links are followed only where they were given by name.
            let is_folder = path.is_dir() && (is_given || !path.is_symlink());
            if !is_folder {
                return Some(Ok(path));
            }
            if self.inside.len() == DEEPEST {
                return Some(Err((path, Reason::OverLimit("folders inside of folders"))));
            }
            if let Err(reason) = self.enter(&path) {
                return Some(Err((path, reason)));
            }
        }
    }
}
