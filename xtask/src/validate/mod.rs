//! `validate`: what can be known about a finished bundle, in one table.

mod binary;
mod layout;
mod private;
mod programs;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::bundle::{self, Wanted};
use crate::{inspect, paths, ui};

/// Whether a check passed.
#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Ok,
    Fail,
    Skipped,
}

/// One row of the table.
struct Row {
    check: &'static str,
    what: String,
    outcome: Outcome,
    detail: String,
}

/// The table as it grows; a check that cannot be made at all is a failed one.
#[derive(Default)]
struct Report {
    rows: Vec<Row>,
}

impl Report {
    fn add(
        &mut self,
        check: &'static str,
        what: &str,
        outcome: Outcome,
        detail: impl Into<String>,
    ) {
        self.rows.push(Row { check, what: what.to_owned(), outcome, detail: detail.into() });
    }

    /// A check that answers with what it found, or with why it failed.
    fn check(&mut self, check: &'static str, what: &str, result: Result<String>) {
        match result {
            Ok(detail) => self.add(check, what, Outcome::Ok, detail),
            Err(error) => self.add(check, what, Outcome::Fail, format!("{error:#}")),
        }
    }
}

/// What is to be validated: the parts of a release, or one of them alone.
struct Subject {
    vst3: Option<PathBuf>,
    clap: Option<PathBuf>,
    program: Option<PathBuf>,
    /// Where the licences and the version lie beside the bundles.
    folder: Option<PathBuf>,
}

impl Subject {
    /// A bundle, or the folder that `bundle` makes.
    fn find(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path)
            .with_context(|| format!("could not find {}", path.display()))?;
        if !path.exists() {
            bail!("{} is not there\n  Make it with `cargo xtask bundle`.", path.display());
        }
        let none = Self { vst3: None, clap: None, program: None, folder: None };
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("vst3") => Ok(Self { vst3: Some(path), ..none }),
            Some("clap") => Ok(Self { clap: Some(path), ..none }),
            _ if path.is_dir() => Ok(Self {
                vst3: Some(path.join(bundle::VST3)),
                clap: Some(path.join(bundle::CLAP)),
                program: Some(path.join(bundle::PROGRAM)),
                folder: Some(path),
            }),
            _ => bail!("{} is neither a .vst3, nor a .clap, nor a folder of them", path.display()),
        }
    }

    /// The two plug-ins, where they are to be there.
    fn plugins(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.vst3, &self.clap].into_iter().flatten()
    }
}

/// How thorough to be.
#[derive(Clone, Copy, PartialEq)]
pub enum Depth {
    /// What takes no more than a few seconds.
    Short,
    /// The validators of others as well.
    Full,
}

/// Validates what is at `path`, by default what `bundle` made or makes now; an error if anything
/// failed.
pub fn run(path: Option<&Path>, depth: Depth) -> Result<()> {
    let subject = match path {
        Some(path) => Subject::find(path)?,
        None => Subject::find(&made()?)?,
    };
    let mut report = Report::default();
    layout::check(&subject, &mut report);
    for binary in binary::all(&subject) {
        binary::check(&binary, &mut report);
        private::check(&subject, &binary, &mut report);
    }
    for plugin in subject.plugins().filter(|plugin| plugin.exists()) {
        behaviour(plugin, &mut report);
    }
    if depth == Depth::Full {
        programs::check(&subject, &mut report);
    }

    println!("{}", table(&report.rows));
    let failed: Vec<_> = report.rows.iter().filter(|row| row.outcome == Outcome::Fail).collect();
    for row in &failed {
        eprintln!("FAIL {} {}: {}", row.check, row.what, row.detail);
    }
    if !failed.is_empty() {
        bail!("{} of {} checks failed, listed above", failed.len(), report.rows.len());
    }
    Ok(())
}

/// Where the bundles are; made only where they are missing, so that what is there is what is looked
/// at.
fn made() -> Result<PathBuf> {
    let bundled = paths::bundled(&paths::target());
    let parts = [bundle::VST3, bundle::CLAP, bundle::PROGRAM];
    if parts.iter().all(|part| bundled.join(part).exists()) {
        return Ok(bundled);
    }
    bundle::run(&Wanted::release())
}

fn behaviour(plugin: &Path, report: &mut Report) {
    let name = file_name(plugin);
    match inspect::check(plugin) {
        Ok(findings) => {
            for finding in findings {
                let outcome = if finding.ok { Outcome::Ok } else { Outcome::Fail };
                report.add(
                    "behaviour",
                    &format!("{name} {}", finding.name),
                    outcome,
                    finding.detail,
                );
            }
        }
        Err(error) => report.add("behaviour", &name, Outcome::Fail, format!("{error:#}")),
    }
}

fn table(rows: &[Row]) -> String {
    let cells: Vec<_> = rows
        .iter()
        .map(|row| {
            let outcome = match row.outcome {
                Outcome::Ok => "ok",
                Outcome::Fail => "FAIL",
                Outcome::Skipped => "skipped",
            };
            let detail = shortened(&row.detail);
            [row.check.to_owned(), row.what.clone(), outcome.to_owned(), detail]
        })
        .collect();
    ui::table(["check", "what", "result", "detail"], &cells)
}

/// What fits on a line; failures are told in full below the table.
fn shortened(detail: &str) -> String {
    const LONGEST: usize = 72;
    let line = detail.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    line.chars().take(LONGEST).chain(['…']).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
