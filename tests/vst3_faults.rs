//! Each fault of the framework that the guard mends is still there without the guard. When one is
//! not, the framework has mended it, and the guard's lines can go.
//!
//! Faults may end the process, so every scenario runs in one of its own: this program again, as
//! the one test [`scenario`].

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use busbar_tests::vst3::Module;
use busbar_tests::vst3::faults::{FAULTS, Fault};

/// Names the fault in the environment of the process that is to show it.
const FAULT: &str = "BUSBAR_FAULT";
/// There too, when it is to do so without the guard.
const UNGUARDED: &str = "BUSBAR_FAULT_UNGUARDED";

/// Plenty for any scenario; a fault may also be that one never ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a fault without the guard gets another chance.
const RACES: usize = 4;

#[test]
fn every_mended_fault_is_still_there_without_the_guard() {
    // Finds or builds the bundle once.
    drop(Module::under_test());
    let mut wrong = Vec::new();
    for fault in FAULTS {
        let guarded = run(fault, false);
        if !guarded.status.success() {
            wrong.push(format!("{}: fails with the guard:\n{}", fault.name, said(&guarded)));
        }
        // Races are not lost every time.
        let mut unguarded = run(fault, true);
        for _ in 0..RACES {
            if unguarded.status.success() {
                unguarded = run(fault, true);
            }
        }
        let verdict = verdict(&unguarded);
        println!("{:28} without the guard: {verdict}", fault.name);
        if unguarded.status.success() {
            wrong.push(format!(
                "{}: passes without the guard. The framework seems to have mended this fault: \
                 then take the guard's lines out of {}, and the scenario with them",
                fault.name, fault.mended_in
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// In a process of its own: shows one fault.
#[test]
fn scenario() {
    let Ok(name) = std::env::var(FAULT) else { return };
    limit_memory();
    let fault = FAULTS.iter().find(|fault| fault.name == name).expect("a fault of the list");
    let module = Module::under_test();
    module.probe().unguarded(std::env::var_os(UNGUARDED).is_some());
    (fault.scenario)(&module);
}

/// A plug-in that asks for a hundred gigabytes shall not get them.
fn limit_memory() {
    #[cfg(target_os = "linux")]
    for (what, limit) in [(libc::RLIMIT_AS, 8 << 30), (libc::RLIMIT_CORE, 0)] {
        let limit = libc::rlimit { rlim_cur: limit, rlim_max: limit };
        // SAFETY: reads the limit that it is given.
        unsafe { libc::setrlimit(what, &limit) };
    }
}

fn run(fault: &Fault, unguarded: bool) -> Output {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "scenario", "--nocapture"]).env(FAULT, fault.name);
    command.env("RUST_BACKTRACE", "0");
    match unguarded {
        true => command.env(UNGUARDED, "1"),
        false => command.env_remove(UNGUARDED),
    };
    let output = [std::process::Stdio::piped(), std::process::Stdio::piped()];
    let [stdout, stderr] = output;
    let mut child = command.stdout(stdout).stderr(stderr).spawn().expect("this program again");
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().expect("a child").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("a child");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().expect("what it said")
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// How a process ended, and its first words about it.
fn verdict(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut lines = said.lines().skip_while(|line| !line.contains("panicked at"));
    let place = lines.next().unwrap_or_default();
    let place = place.rsplit_once('/').map_or(place, |(_, file)| file);
    format!("{}; {place} {}", output.status, lines.next().unwrap_or_default())
}
