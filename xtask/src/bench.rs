//! `bench`: the benchmarks, optimised.

use anyhow::Result;

use crate::{paths, process};

/// Runs the benchmarks whose names are given, or all of them.
pub fn run(names: &[String]) -> Result<()> {
    if !paths::root().join("tests/src/bin/bench.rs").is_file() {
        println!("no benchmarks yet");
        return Ok(());
    }
    let mut cargo = process::cargo();
    cargo.args(["run", "--profile", "fast", "--package", "busbar-tests", "--bin", "bench", "--"]);
    cargo.args(names);
    process::show(cargo, "The benchmark's own message above says what went wrong.")
}
