//! `bench`: the benchmarks, optimised.

use anyhow::Result;

use crate::process;
use crate::setup::{self, Options};

/// Runs the benchmarks whose names are given, or all of them.
pub fn run(names: &[String]) -> Result<()> {
    setup::run(&Options::default())?;
    let mut cargo = process::cargo();
    cargo.args([
        "run",
        "--locked",
        "--profile",
        "fast",
        "--package",
        "busbar-tests",
        "--bin",
        "bench",
        "--",
    ]);
    cargo.args(names);
    process::show(cargo, "The benchmark's own message above says what went wrong.")
}
