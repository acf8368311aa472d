//! A folder's contents, read on a thread of its own, so that a dead disk keeps nobody waiting.

use std::cmp::Ordering;
use std::fs::DirEntry;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

use super::errand::Errands;

/// Endings of names that Busbar plays: sound, and films with sound.
const AUDIO: &[&str] = &[
    "3gp", "aac", "ac3", "aif", "aifc", "aiff", "amr", "ape", "asf", "au", "avi", "bwf", "caf",
    "dts", "eac3", "ec3", "flac", "flv", "m2ts", "m4a", "m4b", "m4v", "mka", "mkv", "mov", "mp1",
    "mp2", "mp3", "mp4", "mpc", "mpeg", "mpg", "mts", "oga", "ogg", "ogv", "opus", "qt", "rf64",
    "snd", "spx", "ts", "tta", "vob", "w64", "wav", "wave", "webm", "wma", "wmv", "wv",
];

/// More entries are not shown: nobody would find anything among them.
pub const MOST: usize = 100_000;

/// So many entries come at once.
const BATCH: usize = 500;

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub path: PathBuf,
    /// What it is called.
    pub name: String,
    /// It can be gone into.
    pub is_folder: bool,
    /// By its name it has sound in it.
    pub is_audio: bool,
    key: String,
}

impl Entry {
    /// By its name alone.
    pub fn new(path: PathBuf, is_folder: bool) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let is_audio = !is_folder && AUDIO.contains(&ending.as_str());
        let key = natural(&name);
        Self { path, name, is_folder, is_audio, key }
    }

    /// Folders first, then as people count: 2 before 10, whatever the case.
    pub fn order(&self, other: &Self) -> Ordering {
        other.is_folder.cmp(&self.is_folder).then_with(|| self.key.cmp(&other.key))
    }
}

/// A text that sorts as people count: each number has its length before it.
fn natural(name: &str) -> String {
    let (mut key, mut number) = (String::new(), String::new());
    let put = |key: &mut String, number: &mut String| {
        let digits = number.trim_start_matches('0');
        if !number.is_empty() {
            key.extend(['0', char::from_u32(0x100 + digits.len() as u32).unwrap_or('0')]);
            key.push_str(digits);
            number.clear();
        }
    };
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_digit() {
            number.push(letter);
        } else {
            put(&mut key, &mut number);
            key.push(letter);
        }
    }
    put(&mut key, &mut number);
    key
}

/// What the thread has found out.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    /// It is a folder, with these in it, among others.
    Entries(Vec<Entry>),
    /// It is no folder but something that may be loaded.
    File,
    /// There is no more; perhaps because there is too much.
    End {
        /// Some of it was left out.
        is_cut: bool,
    },
    /// It cannot be read; says why.
    Trouble(String),
}

/// A folder being read. Dropping it gives it up.
#[derive(Debug)]
pub struct Listing {
    news: Receiver<News>,
    given_up: Arc<AtomicBool>,
}

impl Listing {
    /// Begins to read.
    ///
    /// # Errors
    /// When too many disks do not answer.
    pub fn start(errands: &'static Errands, path: PathBuf) -> Result<Self, String> {
        let (sender, news) = channel();
        let given_up = Arc::<AtomicBool>::default();
        let found = Found { sender, given_up: given_up.clone() };
        errands.run("busbar-listing", move || read(&path, &found))?;
        Ok(Self { news, given_up })
    }

    /// What has been found out since the last call; `None` when there is nothing yet.
    pub fn news(&self) -> Option<News> {
        match self.news.try_recv() {
            Ok(news) => Some(news),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                Some(News::Trouble("the folder could not be read to its end".to_owned()))
            }
        }
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        self.given_up.store(true, Relaxed);
    }
}

/// The thread's side.
struct Found {
    sender: Sender<News>,
    given_up: Arc<AtomicBool>,
}

impl Found {
    fn tell(&self, news: News) {
        // Without a receiver it has been given up.
        _ = self.sender.send(news);
    }

    fn is_over(&self) -> bool {
        self.given_up.load(Relaxed)
    }
}

fn read(path: &Path, found: &Found) {
    let outcome = std::fs::metadata(path).and_then(|about| {
        if !about.is_dir() {
            return Ok(News::File);
        }
        let is_cut = entries(path, found)?;
        Ok(News::End { is_cut })
    });
    found.tell(outcome.unwrap_or_else(|error| News::Trouble(words(path, &error))));
}

/// Tells of everything in a folder; returns whether there is more than is told.
fn entries(path: &Path, found: &Found) -> std::io::Result<bool> {
    let (mut batch, mut count) = (Vec::new(), 0);
    for entry in std::fs::read_dir(path)? {
        if found.is_over() || count >= MOST {
            break;
        }
        // What goes away while it is read is not there.
        let Ok(entry) = entry else { continue };
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        count += 1;
        batch.push(Entry::new(entry.path(), is_folder(&entry)));
        if batch.len() >= BATCH {
            found.tell(News::Entries(std::mem::take(&mut batch)));
        }
    }
    found.tell(News::Entries(batch));
    Ok(count >= MOST)
}

/// Only a link has to be followed for it.
fn is_folder(entry: &DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if kind.is_symlink() => {
            std::fs::metadata(entry.path()).is_ok_and(|about| about.is_dir())
        }
        kind => kind.is_ok_and(|kind| kind.is_dir()),
    }
}

fn words(path: &Path, error: &std::io::Error) -> String {
    let what = match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "you may not look into it".to_owned(),
        _ => error.to_string(),
    };
    format!("{}: {what}", path.display())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::editor::chooser::errand::ERRANDS;

    fn all(path: &Path) -> (Vec<Entry>, News) {
        let listing = Listing::start(&ERRANDS, path.to_owned()).unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut entries = vec![];
        loop {
            match listing.news() {
                Some(News::Entries(more)) => entries.extend(more),
                Some(end) => return (entries, end),
                None => std::thread::yield_now(),
            }
            assert!(Instant::now() < deadline);
        }
    }

    #[test]
    fn names_are_in_the_order_in_which_people_count() {
        let mut entries: Vec<_> =
            ["Track 10.wav", "track 2.wav", "Track 02b.wav", "a", "Z.flac", "track.wav"]
                .map(|name| Entry::new(name.into(), name == "Z.flac"))
                .into();
        entries.sort_by(Entry::order);
        let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
        let expected = ["Z.flac", "a", "track 2.wav", "Track 02b.wav", "Track 10.wav", "track.wav"];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_folder_is_read_whole_and_what_is_hidden_is_left_out() {
        let folder = busbar_tests::files::Folder::new();
        std::fs::create_dir(folder.path("inside")).unwrap();
        for name in
            (0..1200).map(|i| format!("{i}.wav")).chain([".hidden.wav".into(), "x.txt".into()])
        {
            std::fs::write(folder.path(&name), "").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path("inside"), folder.path("link")).unwrap();
        let (entries, end) = all(&folder.path(""));
        assert_eq!(end, News::End { is_cut: false });
        let count = |is: fn(&Entry) -> bool| entries.iter().filter(|entry| is(entry)).count();
        assert_eq!(count(|entry| entry.is_audio), 1200);
        assert_eq!(count(|entry| entry.is_folder), if cfg!(unix) { 2 } else { 1 });
        assert_eq!(count(|entry| entry.name.starts_with('.')), 0);
        assert_eq!(all(&folder.path("x.txt")), (vec![], News::File));
        let (_, gone) = all(&folder.path("gone"));
        assert!(matches!(gone, News::Trouble(why) if why.contains("no such file or folder")));
    }
}
