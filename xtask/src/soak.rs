//! `soak`: the tests again, as long as it takes to find what shows only after hours.

use anyhow::Result;

use crate::bundle::{self, Wanted};
use crate::setup::{self, Options};
use crate::{process, test};

/// What lasts longer: the variable that the tests read, how many times as long, and what that is.
const LONGER: &[(&str, u32, &str)] = &[
    ("BUSBAR_SOAK_CYCLES", 10, "as many loads and unloads of the library"),
    ("BUSBAR_SOAK_BLOCKS", 20, "as many blocks through the engine under the filter"),
    ("BUSBAR_SOAK_CASES", 20, "as many cases tried at random in hosts"),
    ("BUSBAR_SOAK_MUTANTS", 10, "as many damaged files of each format"),
];

/// Of each property in the crates themselves, where 256 are usual.
const CASES: (&str, u32) = ("PROPTEST_CASES", 20 * 256);

/// Runs the workspace's tests with the variables set that make the long ones long.
pub fn run(arguments: &[String]) -> Result<()> {
    setup::run(&Options { tests: true, ..Options::default() })?;
    bundle::run(&Wanted::probe())?;
    let mut cargo = test::cargo_test(&["--workspace"])?;
    println!("This soak has");
    for (variable, times, what) in LONGER {
        println!("  {times} times {what} ({variable})");
        cargo.env(variable, times.to_string());
    }
    println!("  {} cases of each property ({})", CASES.1, CASES.0);
    cargo.env(CASES.0, CASES.1.to_string()).args(arguments);
    process::show(cargo, "The tests' own messages above say what failed.")
}
