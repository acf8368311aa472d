//! The Python that the hosts from elsewhere run in.

use std::path::{Path, PathBuf};

/// Names the interpreter that has the hosts; without it, the one that set-up left is taken.
const PYTHON: &str = "BUSBAR_PYTHON";

/// The interpreter.
///
/// # Panics
/// Says what to do where there is none.
pub fn interpreter() -> PathBuf {
    let left_by_setup = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/python3");
    let python = std::env::var_os(PYTHON).map_or(left_by_setup, PathBuf::from);
    assert!(
        python.exists(),
        "there is no Python with the hosts at {}: run `cargo xtask setup --tests` once",
        python.display()
    );
    python
}

/// One of our scripts.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(name)
}
