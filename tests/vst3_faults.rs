//! Each fault of the framework that the guard mends is still there without the guard. When one is
//! not, the framework has mended it, and the guard's lines can go.
//!
//! Faults may end the process, so every scenario runs in one of its own: this program again, as
//! the one test [`scenario`].

use std::process::Output;

use busbar_tests::child::{self, said};
use busbar_tests::vst3::Module;
use busbar_tests::vst3::faults::{FAULTS, Fault};

/// Names the fault in the environment of the process that is to show it.
const FAULT: &str = "BUSBAR_FAULT";
/// There too, when it is to do so without the guard.
const UNGUARDED: &str = "BUSBAR_FAULT_UNGUARDED";

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
    let fault = FAULTS.iter().find(|fault| fault.name == name).expect("a fault of the list");
    let module = Module::under_test();
    module.probe().unguarded(std::env::var_os(UNGUARDED).is_some());
    (fault.scenario)(&module);
}

fn run(fault: &Fault, unguarded: bool) -> Output {
    let mut with = vec![(FAULT, fault.name)];
    if unguarded {
        with.push((UNGUARDED, "1"));
    }
    child::again("scenario", &with)
}

/// How a process ended, and its first words about it.
fn verdict(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut lines = said.lines().skip_while(|line| !line.contains("panicked at"));
    let place = lines.next().unwrap_or_default();
    let place = place.rsplit_once('/').map_or(place, |(_, file)| file);
    format!("{}; {place} {}", output.status, lines.next().unwrap_or_default())
}
