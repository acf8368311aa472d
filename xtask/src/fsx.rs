//! Changes to the file system that are either done or not begun.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::ui::Progress;

/// Keeps others who want to make the same thing waiting, until it is dropped. The system lets go of
/// it if we are killed.
pub fn lock(path: &Path, what: &str) -> Result<File> {
    parent(path)?;
    let file =
        File::create(path).with_context(|| format!("could not create {}", path.display()))?;
    if file.try_lock().is_err() {
        let progress = Progress::start(format!("Waiting for another run that makes {what}"));
        file.lock().with_context(|| format!("could not lock {}", path.display()))?;
        progress.done("");
    }
    Ok(file)
}

/// Removes a file, link or folder, if it is there.
pub fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => Err(error),
    };
    removed.with_context(|| format!("could not remove {}", path.display()))
}

/// Makes `link` lead to `target`, whether or not it led somewhere before.
pub fn relink(link: &Path, target: &Path) -> Result<()> {
    let new = beside(link, "new");
    parent(link)?;
    remove(&new)?;
    #[cfg(unix)]
    let made = std::os::unix::fs::symlink(target, &new);
    #[cfg(windows)]
    let made = std::os::windows::fs::symlink_dir(target, &new);
    made.and_then(|()| fs::rename(&new, link))
        .with_context(|| format!("could not link {} to {}", link.display(), target.display()))
}

/// Puts a copy of a file or folder at `to`, replacing what was there only when the copy is complete.
pub fn replace(from: &Path, to: &Path) -> Result<()> {
    let (new, old) = (beside(to, "new"), beside(to, "old"));
    parent(to)?;
    remove(&new)?;
    remove(&old)?;
    copy(from, &new)?;
    // A folder cannot be renamed over another: the old one steps aside first.
    if to.is_dir() {
        fs::rename(to, &old).with_context(|| format!("could not move {} aside", to.display()))?;
    }
    fs::rename(&new, to).with_context(|| format!("could not put {} in place", to.display()))?;
    remove(&old)
}

/// Copies a file, or a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let context = || format!("could not copy {} to {}", from.display(), to.display());
    if !from.is_dir() {
        fs::copy(from, to).with_context(context)?;
        return Ok(());
    }
    fs::create_dir_all(to).with_context(context)?;
    for entry in fs::read_dir(from).with_context(context)? {
        let entry = entry.with_context(context)?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Creates the folder that a path is in.
pub fn parent(path: &Path) -> Result<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    fs::create_dir_all(parent).with_context(|| format!("could not create {}", parent.display()))
}

/// A hidden name in the same folder, and so on the same disk.
fn beside(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_folder_keeps_nothing_of_the_old_one() {
        let dir = std::env::temp_dir().join(format!("busbar-xtask-{}", std::process::id()));
        let (from, to) = (dir.join("from"), dir.join("to"));
        fs::create_dir_all(from.join("deep")).unwrap();
        fs::create_dir_all(&to).unwrap();
        fs::write(from.join("deep/file"), "new").unwrap();
        fs::write(to.join("stale"), "old").unwrap();

        replace(&from, &to).unwrap();

        assert_eq!(fs::read_to_string(to.join("deep/file")).unwrap(), "new");
        assert!(!to.join("stale").exists());
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 2);
        remove(&dir).unwrap();
        remove(&dir).unwrap();
    }
}
