//! Busbar in JUCE hosts that are driven from Python: `python/*.py` says what is expected there.

use std::path::Path;
use std::process::Command;

use busbar_tests::bundle;

/// Names the interpreter that has the hosts; `cargo xtask test` sets it.
const PYTHON: &str = "BUSBAR_PYTHON";

fn run(script: &str) {
    let Some(python) = std::env::var_os(PYTHON) else {
        panic!(
            "{PYTHON} does not name a Python that has the hosts: `cargo xtask test --only tests` \
             sets one up, names it and runs these tests"
        );
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script);
    let output = Command::new(&python)
        .arg("-B")
        .arg(&script)
        .arg(bundle::vst3_bundle())
        // A JUCE host without a screen.
        .env_remove("DISPLAY")
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
