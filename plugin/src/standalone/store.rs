//! The session on disk: read at the start, written when something has changed and at the end.
//!
//! A file is written beside the old one, to the disk, and only then takes its name, so there is a
//! whole session at every moment. Whoever has a session open holds the lock beside it. The
//! program's own session may be open already: then this is the second program, with a second
//! session of its own.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use busbar::guard::Link;
use busbar::session_file;
use busbar_engine::Session;

use super::host::Host;
use super::say;

/// So many programs can run at once with a session that is saved by itself.
const PROGRAMS: usize = 16;

/// Where the session of an instance is kept.
pub struct Store {
    host: Arc<Host>,
    place: Option<Place>,
    /// What is in the file.
    saved: Option<String>,
    /// What was said last about not being able to save: it is said once.
    complaint: String,
}

struct Place {
    path: PathBuf,
    /// Held as long as the session is open.
    _lock: File,
}

/// Why a session is not there as it was.
enum Loss {
    /// There is none yet.
    New,
    /// It cannot be read, now or by this program.
    Unread(String),
    /// It is no session, or none that this program understands.
    Refused(String),
}

impl Store {
    /// Opens the session's file, or the program's own, and loads what is in it.
    ///
    /// # Errors
    /// When a file that was asked for cannot be used, or is open in another program. The program's
    /// own is no reason not to start: what cannot be used is kept aside.
    pub fn open(wanted: Option<&Path>, host: &Arc<Host>, link: &Link) -> Result<Self, String> {
        let place = match wanted {
            Some(path) => Some(Place::named(path)?),
            None => Place::own(),
        };
        let mut store = Self { host: host.clone(), place, saved: None, complaint: String::new() };
        let Some(place) = &store.place else { return Ok(store) };
        let path = place.path.display();
        match load(&place.path, wanted.is_none(), host) {
            Ok(()) => {
                say(format_args!("session {path}"));
                store.saved = text_of(host, &place.path).ok();
            }
            Err(Loss::New) => say(format_args!("session {path}, which is new")),
            Err(Loss::Refused(reason) | Loss::Unread(reason)) if wanted.is_some() => {
                return Err(format!(
                    "the session {path} is left as it is, for it cannot be opened: {reason}"
                ));
            }
            Err(Loss::Unread(reason)) => {
                say(format_args!(
                    "the session {path} cannot be read ({reason}); nothing will be saved over it"
                ));
                store.place = None;
            }
            Err(Loss::Refused(reason)) => match set_aside(&place.path) {
                Ok(aside) => {
                    let aside = aside.display();
                    let words = format!(
                        "the last session cannot be used, and is kept as {aside}: {reason}"
                    );
                    say(&words);
                    link.set_refusal(Some(words));
                }
                Err(error) => {
                    say(format_args!(
                        "the session {path} cannot be used ({reason}), nor be kept aside \
                         ({error}); nothing will be saved over it"
                    ));
                    store.place = None;
                }
            },
        }
        Ok(store)
    }

    /// Writes the session if it is not what is in the file.
    pub fn save(&mut self) {
        let Some(place) = &self.place else { return };
        let text = match text_of(&self.host, &place.path) {
            Ok(text) => text,
            Err(reason) => return self.complain(reason),
        };
        if self.saved.as_ref() == Some(&text) {
            return;
        }
        match write(&place.path, &text) {
            Ok(()) => {
                self.saved = Some(text);
                self.complaint.clear();
            }
            Err(error) => {
                let path = place.path.display();
                self.complain(format!("{path}: {error}; it is tried again"));
            }
        }
    }

    fn complain(&mut self, reason: String) {
        if self.complaint != reason {
            say(format_args!("the session cannot be saved: {reason}"));
            self.complaint = reason;
        }
    }
}

impl Place {
    fn named(path: &Path) -> Result<Self, String> {
        // Where it is a link, the file that it leads to is what is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let shown = path.display();
        match lock(&path) {
            Ok(lock) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(format!(
                "the session {shown} is open in another Busbar: end that one, or give another file"
            )),
            Err(TryLockError::Error(error)) => {
                Err(format!("the session {shown} cannot be opened: {error}"))
            }
        }
    }

    /// The first of the program's own that no other program has open.
    fn own() -> Option<Self> {
        let unsaved = |reason: String| {
            say(format_args!(
                "nothing will be saved: {reason}; --session FILE names another place"
            ));
            None
        };
        let Some(folder) = data_folder() else {
            return unsaved("the system names no folder for it (HOME is not set)".into());
        };
        if let Err(error) = fs::create_dir_all(&folder) {
            return unsaved(format!("{}: {error}", folder.display()));
        }
        for number in 1..=PROGRAMS {
            let name = match number {
                1 => "session.toml".to_owned(),
                number => format!("session-{number}.toml"),
            };
            let path = folder.join(name);
            match lock(&path) {
                Ok(lock) => return Some(Self { path, _lock: lock }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    return unsaved(format!("{}: {error}", folder.display()));
                }
            }
        }
        unsaved(format!("{PROGRAMS} other programs have a session open"))
    }
}

/// Where programs keep what is theirs and the user's.
fn data_folder() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return Some(named("APPDATA")?.join("Busbar"));
    }
    if cfg!(target_os = "macos") {
        return Some(named("HOME")?.join("Library/Application Support/Busbar"));
    }
    let data = named("XDG_DATA_HOME").or_else(|| Some(named("HOME")?.join(".local/share")))?;
    Some(data.join("busbar"))
}

/// The lock of a session; its file stays, because whoever removed it could remove another's.
fn lock(session: &Path) -> Result<File, TryLockError> {
    let path = beside(session, "lock");
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(TryLockError::Error)?;
    file.try_lock()?;
    Ok(file)
}

/// A hidden neighbour.
fn beside(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{what}"))
}

/// What is to be in the file: sounds beside it, or below, are named from there.
fn text_of(host: &Host, path: &Path) -> Result<String, String> {
    let mut session = host.session()?;
    session_file::make_relative(&mut session, path);
    Ok(session.write())
}

/// What this program saved has an end, without which something is missing; what somebody wrote by
/// hand has none.
fn load(path: &Path, own: bool, host: &Host) -> Result<(), Loss> {
    let refused = |reason: &dyn std::fmt::Display| Loss::Refused(reason.to_string());
    let bytes = match session_file::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Loss::New),
        Err(error) => return Err(Loss::Unread(error.to_string())),
    };
    let session = if own { Session::restore(&bytes) } else { Session::read(&bytes) };
    let mut session = session.map_err(|refusal| refused(&refusal))?;
    session_file::make_absolute(&mut session, path).map_err(|reason| refused(&reason))?;
    host.load(&session).map_err(|reason| refused(&reason))
}

/// Gives a file a name that nobody has; whoever calls holds the lock.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let names = (1..).map(|number| path.with_file_name(format!("{stem}.refused-{number}.toml")));
    for name in names.take(1000) {
        if fs::symlink_metadata(&name).is_err() {
            fs::rename(path, &name)?;
            return Ok(name);
        }
    }
    Err(io::Error::other("there are a thousand refused ones already: remove some"))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let new = beside(path, "new");
    let written = replace(path, &new, text);
    if written.is_err() {
        // It may never have been made.
        _ = fs::remove_file(&new);
    }
    written
}

fn replace(path: &Path, new: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(new)?;
    file.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(path) {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()?;
    drop(file);
    fs::rename(new, path)?;
    // The name, too, is to be on the disk.
    if let Some(folder) = path.parent().filter(|_| cfg!(unix)) {
        File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?
            .sync_all()?;
    }
    Ok(())
}
