//! The table of targets, and where it is.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use busbar::loudness_targets::{Kind, LoudnessTarget, MAX_BYTES, TargetTable};

/// The target of that name: of the table that is given, or else of the user's own, or else of the
/// one that is built in.
pub fn find(name: &str, table: Option<&Path>) -> Result<LoudnessTarget, String> {
    let table = match table {
        Some(path) => read(path)?.ok_or_else(|| format!("{}: no such file", path.display()))?,
        None => own().map_or(Ok(None), |path| read(&path))?.unwrap_or_else(TargetTable::built_in),
    };
    let Some(target) = table.find(name) else {
        let names: Vec<_> = table.targets().iter().map(|target| target.name.as_str()).collect();
        return Err(format!("--target {name}: the targets are {}", names.join(", ")));
    };
    match &target.kind {
        Kind::Elsewhere(reason) => Err(format!("{} cannot be judged here: {reason}", target.title)),
        _ => Ok(target.clone()),
    }
}

/// `None` where there is no such file.
fn read(path: &Path) -> Result<Option<TargetTable>, String> {
    let failed = |why: &dyn std::fmt::Display| {
        format!("the targets in {} cannot be used: {why}", path.display())
    };
    match bytes(path) {
        Ok(bytes) => TargetTable::read(&bytes).map(Some).map_err(|refusal| failed(&refusal)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

/// One more than a table may have at the most: that much says that it is too long.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where the user's own is, if there is one.
fn own() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let folder = if cfg!(windows) {
        named("APPDATA")?.join("Busbar")
    } else if cfg!(target_os = "macos") {
        named("HOME")?.join("Library/Application Support/Busbar")
    } else {
        named("XDG_CONFIG_HOME").or_else(|| Some(named("HOME")?.join(".config")))?.join("busbar")
    };
    Some(folder.join("targets.toml"))
}
