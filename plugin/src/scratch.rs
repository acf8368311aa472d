//! For tests: a folder that goes when it is dropped.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder of one test's own.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one; the name tells tests of one process apart.
    pub fn new(name: &str) -> Self {
        let name = format!("busbar-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a new folder");
        Self(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is the system's to clean up.
        let _ = fs::remove_dir_all(&self.0);
    }
}
