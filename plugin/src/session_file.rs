//! Sessions in files of their own, which people write, send and move about.
//!
//! A path in such a file is relative to the folder that the file is in, unless it is absolute: a
//! session and its sounds can be moved together. Once it is open every path is absolute. That is
//! what a host's project keeps, because a host does not say where its project is.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use busbar_engine::Session;
use busbar_engine::session::MAX_BYTES;

/// Why a session file cannot be opened.
#[derive(Debug)]
pub struct SessionFileError {
    path: PathBuf,
    reason: String,
}

impl fmt::Display for SessionFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot open the session {}: {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for SessionFileError {}

/// Opens a session file; every path in what it returns is absolute.
///
/// # Errors
/// When there is no such file, or when it is refused; says why.
pub fn open(path: &Path) -> Result<Session, SessionFileError> {
    let failed = |reason: String| SessionFileError { path: path.to_owned(), reason };
    let bytes = read(path).map_err(|error| failed(error.to_string()))?;
    let mut session = Session::read(&bytes).map_err(|refusal| failed(refusal.to_string()))?;
    make_absolute(&mut session, path).map_err(failed)?;
    Ok(session)
}

/// Makes every path in a session from a file absolute.
///
/// # Errors
/// When there is no absolute path that a session can hold.
pub fn make_absolute(session: &mut Session, file: &Path) -> Result<(), String> {
    let whole = std::path::absolute(file).map_err(|error| error.to_string())?;
    let folder = whole.parent().unwrap_or(&whole);
    for source in session.sources_mut().filter(|source| !source.path.is_empty()) {
        source.path = resolved(folder, &source.path).ok_or_else(|| {
            format!(
                "{} is relative to a folder whose name is no Unicode text: move the session, \
                 or name the file by its absolute path",
                source.path
            )
        })?;
    }
    Ok(())
}

/// Makes the paths of what is in the file's own folder, or below, relative to it: the way back from
/// [`make_absolute`], so that both can be moved together again.
pub fn make_relative(session: &mut Session, file: &Path) {
    let Some(folder) =
        std::path::absolute(file).ok().and_then(|file| Some(file.parent()?.to_owned()))
    else {
        return;
    };
    for source in session.sources_mut() {
        let below = Path::new(&source.path).strip_prefix(&folder).ok().and_then(Path::to_str);
        if let Some(below) = below.filter(|below| !below.is_empty()) {
            source.path = below.to_owned();
        }
    }
}

/// `None` when the whole path cannot be written in a session.
fn resolved(folder: &Path, path: &str) -> Option<String> {
    folder.join(path).into_os_string().into_string().ok()
}

/// No more than the largest session, and from nothing that could make us wait.
///
/// # Errors
/// As the system says.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    // One more, so that what is too large is seen to be.
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use busbar_tests::files::Folder;

    fn session(folder: &Folder, text: impl AsRef<[u8]>) -> PathBuf {
        let path = folder.root().join("session.toml");
        fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn what_is_saved_can_be_moved_with_its_sounds() {
        let folder = Folder::new();
        let text = "version = 1\n[[deck]]\npath = 'stems/1.wav'\n[[deck]]\npath = '/music/a.wav'\n";
        let path = session(&folder, text);
        let before = Session::read(text.as_bytes()).unwrap();
        let mut session = open(&path).unwrap();
        assert_ne!(session, before);
        make_relative(&mut session, &path);
        assert_eq!(session, before);
    }

    #[test]
    fn relative_paths_are_relative_to_the_file() {
        let folder = Folder::new();
        let absolute = if cfg!(windows) { r"C:\music\a.wav" } else { "/music/a.wav" };
        let text = format!(
            "version = 1\n[[deck]]\npath = 'stems/1.wav'\n[[deck]]\npath = '{absolute}'\n\
             [[deck]]\nlooping = true\n[reference]\npath = '../b.flac'\n"
        );
        let path = session(&folder, text);
        let session = open(&path).unwrap();
        let beside = |name: &str| folder.root().join(name).to_str().unwrap().to_owned();
        assert_eq!(session.decks[0].path, beside("stems/1.wav"));
        assert_eq!(session.decks[1].path, absolute);
        assert_eq!(session.decks[2].path, "", "nothing stays nothing");
        assert_eq!(session.reference.path, beside("../b.flac"));
        // Opened by a relative path it is the same.
        let current = std::env::current_dir().unwrap();
        let up: PathBuf = current.iter().skip(1).map(|_| "..").collect();
        if let Ok(from_root) = path.strip_prefix("/") {
            let session = open(&up.join(from_root)).unwrap();
            assert!(Path::new(&session.decks[0].path).is_absolute());
            assert!(session.decks[0].path.ends_with(&beside("stems/1.wav")));
        }
    }

    #[test]
    fn what_cannot_be_opened_says_which_and_why() {
        let folder = Folder::new();
        let missing = folder.root().join("none.toml");
        let cut = session(&folder, "version = 1\n[[deck]]\npath = 7");
        let reason = open(&cut).unwrap_err().to_string();
        assert!(reason.contains("session.toml") && reason.contains("line 3"), "{reason}");
        let large = session(&folder, vec![b'#'; MAX_BYTES + 1]);
        assert!(open(&large).unwrap_err().to_string().contains("no session has more than"));
        assert!(open(folder.root()).unwrap_err().to_string().contains("it is no file"));
        assert!(open(&missing).unwrap_err().to_string().contains("none.toml"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn folders_without_a_unicode_name_are_told_apart() {
        use std::os::unix::ffi::OsStrExt;
        let folder = Path::new(std::ffi::OsStr::from_bytes(b"/\xff"));
        assert_eq!(resolved(folder, "a.wav"), None);
        assert_eq!(resolved(folder, "/a.wav"), Some("/a.wav".to_owned()));
    }
}
