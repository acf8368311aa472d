//! Where things are: the workspace, the build folder and the user's cache.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The top of the workspace, whatever folder the command was started in.
pub fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}

/// The folder that Cargo builds into: `CARGO_TARGET_DIR` where that is set.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .filter(|dir| !dir.is_empty())
        .and_then(|dir| std::path::absolute(dir).ok())
        .unwrap_or_else(|| root().join("target"))
}

/// Where the bundle with the tests' probe is built, apart from the one that ships.
pub fn probe_target() -> PathBuf {
    target().join("probe")
}

/// The finished bundles below a build folder.
pub fn bundled(target: &Path) -> PathBuf {
    target.join("bundled")
}

/// Busbar's folder in the user's cache, for what is costly to make and the same in every checkout.
pub fn cache() -> Result<PathBuf> {
    let base = match env::var_os("XDG_CACHE_HOME").map(PathBuf::from) {
        Some(dir) if dir.is_absolute() => dir,
        _ if cfg!(target_os = "macos") => home()?.join("Library/Caches"),
        _ if cfg!(windows) => env::var_os("LOCALAPPDATA")
            .map(PathBuf::from)
            .context("LOCALAPPDATA is not set: no folder for the cache")?,
        _ => home()?.join(".cache"),
    };
    Ok(base.join("busbar"))
}

/// Where Cargo keeps the crates' sources.
pub fn cargo_home() -> Result<PathBuf> {
    match env::var_os("CARGO_HOME").filter(|home| !home.is_empty()) {
        Some(home) => Ok(home.into()),
        None => Ok(home()?.join(".cargo")),
    }
}

/// The user's home folder.
pub fn home() -> Result<PathBuf> {
    env::home_dir()
        .filter(|home| home.is_absolute())
        .context("the home folder is unknown: set HOME and run again")
}

/// The first program of that name on PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(&file)).find(|path| path.is_file())
}
