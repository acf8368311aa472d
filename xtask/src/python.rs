//! The Python hosts that the tests load the plug-in into, in an environment of their own in the
//! user's cache folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::watch;
use crate::ui::Progress;
use crate::{fsx, paths};

/// The versions whose quirks the host tests know.
const REQUIREMENTS: &[&str] = &["dawdreamer==0.9.*", "pedalboard==0.9.26", "numpy>=1.26,<3"];

/// Makes sure that the environment is there, and says which interpreter to run.
pub fn ensure() -> Result<PathBuf> {
    let home = paths::cache()?.join("python");
    let wanted = REQUIREMENTS.join("\n");
    let dir = home.join("hosts");
    // Written last, so an environment that a killed run left half made is not taken for whole.
    let record = dir.join("busbar-requirements.txt");
    // Where the tests find it when they are not run by us.
    fsx::relink(&paths::root().join("target/python"), &dir)?;
    if is_whole(&record, &wanted) {
        return Ok(interpreter(&dir));
    }

    let _lock = fsx::lock(&home.join("lock"), "the Python hosts")?;
    if is_whole(&record, &wanted) {
        return Ok(interpreter(&dir));
    }
    fsx::remove(&dir)?;
    let mut progress = Progress::start("Installing the Python hosts");
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(&dir);
    watch(venv, &mut progress, "Install Python 3 with its module venv.", |_| None)?;
    let mut pip = Command::new(interpreter(&dir));
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--only-binary=:all:"]);
    pip.args(REQUIREMENTS);
    let advice =
        "Is there a network, and does this version of Python have wheels of these packages?";
    watch(pip, &mut progress, advice, |line| {
        line.strip_prefix("Collecting ").and_then(|rest| rest.split(' ').next()).map(str::to_owned)
    })?;
    fs::write(&record, &wanted).with_context(|| format!("could not write {}", record.display()))?;
    progress.done(&REQUIREMENTS.join(", "));
    Ok(interpreter(&dir))
}

/// The interpreter may have gone with an upgrade of the system's Python.
fn is_whole(record: &Path, wanted: &str) -> bool {
    fs::read_to_string(record).is_ok_and(|found| found == wanted)
        && record.parent().is_some_and(|dir| interpreter(dir).exists())
}

fn interpreter(dir: &Path) -> PathBuf {
    dir.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python3" })
}
