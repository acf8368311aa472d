//! Busbar in JUCE hosts that are driven from Python: `python/*.py` says what is expected there.

use std::path::{Path, PathBuf};
use std::process::Command;

use busbar_tests::bundle;

/// Names the interpreter that has the hosts; without it, the one that set-up left is taken.
const PYTHON: &str = "BUSBAR_PYTHON";

fn run(script: &str) {
    let left_by_setup = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/python3");
    let python = std::env::var_os(PYTHON).map_or(left_by_setup, PathBuf::from);
    assert!(
        python.exists(),
        "there is no Python with the hosts at {}: run `cargo xtask setup --tests` once",
        python.display()
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script);
    let output = Command::new(&python)
        .arg("-B")
        .arg(&script)
        .arg(bundle::vst3_bundle())
        // No screen: where nothing is set JUCE takes the first one that it finds, and dies on one
        // that has no window manager.
        .env("DISPLAY", "/no/screen")
        .output()
        .unwrap_or_else(|error| panic!("{} cannot be run: {error}", python.display()));
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{said}\n{complained}", output.status);
}

#[test]
fn dawdreamer() {
    run("dawdreamer_host.py");
}

#[test]
fn pedalboard() {
    run("pedalboard_host.py");
}
