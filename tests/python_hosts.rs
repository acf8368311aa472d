//! Busbar in JUCE hosts that are driven from Python: `python/*.py` says what is expected there.

use std::process::Command;

use busbar_tests::{bundle, python};

fn run(script: &str) {
    let (python, script) = (python::interpreter(), python::script(script));
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
