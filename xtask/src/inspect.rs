//! The inspector: a small host in `tests/` that loads a bundle and says what it is and does.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::process;

const ADVICE: &str =
    "The inspector is `tests/src/bin/inspect.rs`; run the command above to see more.";

/// What the bundle's factory says about itself, as the text of a `moduleinfo.json`.
pub fn moduleinfo(bundle: &Path) -> Result<String> {
    process::read(inspect("moduleinfo", bundle), ADVICE)
}

/// One thing that the inspector looked at.
pub struct Finding {
    /// Whether it is as it should be.
    pub ok: bool,
    /// In one word.
    pub name: String,
    /// What was found.
    pub detail: String,
}

/// Loads the bundle and tries it out.
pub fn check(bundle: &Path) -> Result<Vec<Finding>> {
    // A failed check is told by its line, so the exit status says no more than the lines do.
    let output = process::lines(inspect("check", bundle), ADVICE)?;
    let findings: Vec<_> = output.iter().filter_map(|line| finding(line)).collect();
    anyhow::ensure!(
        !findings.is_empty(),
        "the inspector said nothing about {}\n  {ADVICE}",
        bundle.display()
    );
    Ok(findings)
}

/// `ok name detail` or `FAIL name detail`.
fn finding(line: &str) -> Option<Finding> {
    let (result, rest) = line.split_once(' ')?;
    let ok = match result {
        "ok" => true,
        "FAIL" => false,
        _ => return None,
    };
    let (name, detail) = rest.split_once(' ').unwrap_or((rest, ""));
    Some(Finding { ok, name: name.to_owned(), detail: detail.to_owned() })
}

fn inspect(what: &str, bundle: &Path) -> Command {
    let mut cargo = process::cargo();
    cargo.args(["run", "--quiet", "--package", "busbar-tests", "--bin", "inspect", "--", what]);
    cargo.arg(bundle);
    cargo
}
