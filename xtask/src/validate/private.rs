//! Folders of the machine that a binary was built on, which nobody else has any business with.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::binary::Binary;
use super::{Outcome, Report, Subject};
use crate::{bundle, paths};

/// Adds a row for what is built to ship: builds to work with name the sources that they came from.
pub fn check(subject: &Subject, binary: &Binary, report: &mut Report) {
    const CHECK: &str = "paths";
    match built_as(subject) {
        Some(words) if !words.contains("(release)") => {
            report.add(CHECK, &binary.name, Outcome::Skipped, "not built to ship, skipped");
        }
        _ => report.check(CHECK, &binary.name, look(&binary.path)),
    }
}

/// What the version file says first, where there is one.
fn built_as(subject: &Subject) -> Option<String> {
    let inside = subject.vst3.as_ref().map(|vst3| vst3.join("Contents/Resources"));
    let beside = subject.clap.as_ref().and_then(|clap| clap.parent().map(Path::to_path_buf));
    let folders = [subject.folder.clone(), inside, beside];
    let version = |folder: PathBuf| fs::read_to_string(folder.join(bundle::VERSION_FILE)).ok();
    let text = folders.into_iter().flatten().find_map(version)?;
    text.lines().next().map(str::to_owned)
}

fn look(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    let folders = [paths::root(), paths::target(), paths::cargo_home()?, paths::home()?];
    let found = folders.iter().find_map(|folder| found_in(&bytes, folder));
    ensure!(found.is_none(), "names a folder of this machine: {}", found.unwrap_or_default());
    Ok("names no folder of this machine".to_owned())
}

/// The first text in a binary that goes on from a folder. The top of the file system is no secret.
fn found_in(bytes: &[u8], folder: &Path) -> Option<String> {
    folder.file_name()?;
    let mut wanted = folder.as_os_str().as_encoded_bytes().to_vec();
    wanted.extend(std::path::MAIN_SEPARATOR_STR.bytes());
    let at = bytes.windows(wanted.len()).position(|window| window == wanted)?;
    let rest = &bytes[at..bytes.len().min(at + 120)];
    let end = rest.iter().position(|byte| !byte.is_ascii_graphic()).unwrap_or(rest.len());
    Some(String::from_utf8_lossy(&rest[..end.max(wanted.len())]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_and_its_namesakes_are_not() {
        let find = |bytes: &[u8]| found_in(bytes, Path::new("/builder/ada"));
        if cfg!(unix) {
            assert_eq!(find(b"\0x/builder/ada/src/a.rs\0"), Some("/builder/ada/src/a.rs".into()));
        }
        assert_eq!(find(b"/builder/adam/src/a.rs"), None);
        assert_eq!(find(b""), None);
        assert_eq!(found_in(b"/usr/lib", Path::new("/")), None);
    }
}
