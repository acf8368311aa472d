//! Tests that need a process of their own: one that is to be killed, or whose memory is counted.

use std::process::{Command, Output};

/// Tells a process that it is the child, and of which test.
const CHILD: &str = "BUSBAR_TEST_CHILD";

/// Runs `body` in a process of its own, and returns what became of that. Called by a test, with its
/// own name: the child is the same test program, told to run the same test, which comes here again
/// and then runs `body` and ends.
pub fn run(test: &str, body: impl FnOnce()) -> Output {
    if std::env::var_os(CHILD).is_some_and(|name| name == test) {
        body();
        std::process::exit(0);
    }
    let program = std::env::current_exe().expect("the test program knows itself");
    let mut command = Command::new(program);
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(CHILD, test);
    command.output().expect("the test program can be run again")
}

/// What a process has said, on both of its outputs.
pub fn said(output: &Output) -> String {
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{out}{err}")
}
