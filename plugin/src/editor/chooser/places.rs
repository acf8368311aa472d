//! Where files are likely to be.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

use super::errand::Errands;

/// A folder to go to at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Folders in which systems show disks.
const DISKS: &[&str] = &["/media", "/run/media", "/mnt", "/Volumes"];

/// Looks for them on a thread of its own: even one's home may be on a disk that does not answer.
pub fn look(errands: &'static Errands) -> Option<Receiver<Vec<Place>>> {
    let (sender, places) = channel();
    let started = errands.run("busbar-places", move || {
        // Nobody may be there any more.
        _ = sender.send(find(home()));
    });
    // Without a thread there are no places, but paths can be typed.
    started.ok().map(|()| places)
}

/// The user's own folder.
pub fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| home.is_absolute())
}

fn find(home: Option<PathBuf>) -> Vec<Place> {
    let mut places = vec![];
    let mut add = |name: &str, path: PathBuf| {
        if path.is_dir() && !places.iter().any(|place: &Place| place.path == path) {
            places.push(Place { name: name.to_owned(), path });
        }
    };
    if let Some(home) = home {
        let music = music_of(&home);
        add("Home", home.clone());
        add("Music", music);
        for name in ["Desktop", "Downloads", "Documents"] {
            add(name, home.join(name));
        }
    }
    if cfg!(windows) {
        for letter in 'A'..='Z' {
            add(&format!("{letter}:"), PathBuf::from(format!("{letter}:\\")));
        }
    } else {
        add("Computer", PathBuf::from("/"));
    }
    disks().into_iter().for_each(|disk| {
        let name = disk.file_name().unwrap_or_default().to_string_lossy().into_owned();
        add(&name, disk);
    });
    places
}

/// Desktops on Linux let people rename it, and write down where it is.
fn music_of(home: &Path) -> PathBuf {
    let written = std::fs::read_to_string(home.join(".config/user-dirs.dirs")).unwrap_or_default();
    written_music(&written, home).unwrap_or_else(|| home.join("Music"))
}

fn written_music(written: &str, home: &Path) -> Option<PathBuf> {
    let line = written.lines().find_map(|line| line.trim().strip_prefix("XDG_MUSIC_DIR="))?;
    let path = line.trim_matches('"');
    match path.strip_prefix("$HOME/") {
        Some(inside) => Some(home.join(inside)),
        None => Some(PathBuf::from(path)).filter(|path| path.is_absolute()),
    }
}

/// What is in the folders of disks, and in those that have one for each user in between.
fn disks() -> Vec<PathBuf> {
    let inside = |folder: &Path| -> Vec<PathBuf> {
        let found = std::fs::read_dir(folder).into_iter().flatten().flatten();
        found.map(|entry| entry.path()).collect()
    };
    let user = std::env::var_os("USER");
    let mut disks = vec![];
    for folder in DISKS {
        for path in inside(Path::new(folder)) {
            match user.as_deref() == path.file_name() {
                true => disks.extend(inside(&path)),
                false => disks.push(path),
            }
        }
    }
    disks.sort();
    disks.truncate(12);
    disks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_music_folder_is_where_the_desktop_says() {
        let home = Path::new("/h");
        for (written, expected) in [
            ("", None),
            ("# XDG_MUSIC_DIR=\"$HOME/x\"", None),
            ("A=1\nXDG_MUSIC_DIR=\"$HOME/Musik\"\n", Some("/h/Musik")),
            ("XDG_MUSIC_DIR=\"/data/m\"", Some("/data/m")),
            ("XDG_MUSIC_DIR=\"m\"", None),
        ] {
            assert_eq!(written_music(written, home), expected.map(PathBuf::from), "{written}");
        }
    }

    #[test]
    fn only_what_is_there_is_a_place() {
        let folder = busbar_tests::files::Folder::new();
        std::fs::create_dir(folder.path("Music")).unwrap();
        let places = find(Some(folder.path("")));
        let names: Vec<_> = places.iter().map(|place| place.name.as_str()).collect();
        assert_eq!(names[..2], ["Home", "Music"]);
        assert!(!names.contains(&"Downloads"));
    }
}
