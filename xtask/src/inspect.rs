//! The inspector: a small host in `tests/` that loads a bundle and says what it is and does.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

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

/// Loads the bundle and tries it out. That something is not as it should be is a finding; an
/// inspector that cannot finish is an error.
pub fn check(bundle: &Path) -> Result<Vec<Finding>> {
    let command = inspect("check", bundle);
    let description = process::describe(&command);
    let (lines, status) = process::lines(command, ADVICE)?;
    let findings: Vec<_> = lines.iter().filter_map(|line| finding(line)).collect();
    let is_content = findings.iter().all(|finding| finding.ok);
    if findings.is_empty() || is_content != status.success() {
        bail!("{description} did not finish ({status})\n  {ADVICE}");
    }
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
    cargo.args([
        "run",
        "--locked",
        "--quiet",
        "--package",
        "busbar-tests",
        "--bin",
        "inspect",
        "--",
        what,
    ]);
    cargo.arg(bundle);
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_chatter_is_not() {
        let read = |line| finding(line).map(|found| (found.ok, found.name, found.detail));
        assert_eq!(
            read("ok buses 8 in, 2 out"),
            Some((true, "buses".into(), "8 in, 2 out".into()))
        );
        assert_eq!(read("FAIL state"), Some((false, "state".into(), String::new())));
        assert_eq!(read("okay then"), None);
        assert_eq!(read(""), None);
    }
}
