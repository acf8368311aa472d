//! `tidy`: the rules of the architecture that no compiler knows.

mod project;
mod rules;
mod source;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use source::Source;

use crate::paths;

/// What breaks a rule, where, and what to do about it.
#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn add(&mut self, path: &str, line: usize, advice: &str) {
        self.0.push(format!("{path}:{line}: {advice}"));
    }
}

type Rule = fn(&[Source], &mut Findings);

const RULES: &[Rule] = &[
    rules::bans,
    rules::length,
    rules::safety,
    rules::paths,
    project::readme,
    project::links,
    project::changelog,
    project::architecture,
    project::descriptions,
];

/// Checks the workspace; an error if anything is found.
pub fn run() -> Result<()> {
    let mut sources = Vec::new();
    collect(&paths::root(), "", &mut sources)?;
    let mut findings = Findings::default();
    for rule in RULES {
        rule(&sources, &mut findings);
    }
    for finding in &findings.0 {
        eprintln!("{finding}");
    }
    match findings.0.len() {
        0 => {
            println!("tidy: {} files keep the rules", sources.len());
            Ok(())
        }
        count => bail!(
            "tidy: {count} findings, listed above; ARCHITECTURE.md says why the rules are there"
        ),
    }
}

/// All files but those that tools make.
fn collect(dir: &Path, prefix: &str, sources: &mut Vec<Source>) -> Result<()> {
    const NOT_OURS: &[&str] = &["target", ".git", "Cargo.lock"];
    let entries = fs::read_dir(dir).with_context(|| format!("could not read {}", dir.display()))?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().context("could not read a folder")?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().with_context(|| format!("could not look at {name}"))?;
        let path = format!("{prefix}{name}");
        if NOT_OURS.contains(&name.as_str()) {
            continue;
        } else if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), sources)?;
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).with_context(|| format!("could not read {path}"))?;
            // Of what is not text, a picture say, only the name counts.
            let text = String::from_utf8(bytes).unwrap_or_default();
            sources.push(Source::new(&path, &text));
        }
    }
    Ok(())
}
