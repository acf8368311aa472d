//! `soak`: the host tests again, as long as it takes to find what shows only after hours.

use anyhow::Result;

use crate::bundle::{self, Wanted};
use crate::setup::{self, Options};
use crate::{process, test};

/// Runs the host tests with `BUSBAR_SOAK` set, which makes the long ones long.
pub fn run(arguments: &[String]) -> Result<()> {
    setup::run(&Options { tests: true, ..Options::default() })?;
    bundle::run(&Wanted::probe())?;
    let mut cargo = test::cargo_test(&["--package", "busbar-tests"])?;
    cargo.args(arguments).env("BUSBAR_SOAK", "1");
    process::show(cargo, "The tests' own messages above say what failed.")
}
