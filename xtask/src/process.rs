//! Running other programs, and saying what went wrong when they fail.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::ui::Progress;

/// How much of a failed program's output is worth repeating.
const TAIL_LINES: usize = 25;

/// Runs a program whose output belongs on the screen.
pub fn show(mut command: Command, advice: &str) -> Result<()> {
    let status =
        command.stdin(Stdio::null()).status().with_context(|| cannot_start(&command, advice))?;
    if !status.success() {
        bail!("{} failed ({status})\n  {advice}", describe(&command));
    }
    Ok(())
}

/// Runs a program whose output matters only if it fails, under a progress line.
///
/// `on_line` sees each line of its output and answers with what the progress line should say.
pub fn watch(
    mut command: Command,
    progress: &mut Progress,
    advice: &str,
    mut on_line: impl FnMut(&str) -> Option<String>,
) -> Result<()> {
    let (reader, writer) = std::io::pipe().context("could not open a pipe")?;
    let second = writer.try_clone().context("could not open a pipe")?;
    command.stdin(Stdio::null()).stdout(writer).stderr(second);
    let mut child = command.spawn().with_context(|| cannot_start(&command, advice))?;
    let description = describe(&command);
    // The command holds our copies of the writing ends: while they live the pipe never ends.
    drop(command);

    let mut tail = VecDeque::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = line.with_context(|| format!("could not read the output of {description}"))?;
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if let Some(detail) = on_line(&line) {
            progress.update(&detail);
        }
        tail.push_back(line);
        if tail.len() > TAIL_LINES {
            tail.pop_front();
        }
    }
    let status = child.wait().with_context(|| format!("could not wait for {description}"))?;
    if !status.success() {
        let tail: Vec<_> = tail.iter().map(|line| format!("  | {line}")).collect();
        bail!("{description} failed ({status}); its last words:\n{}\n  {advice}", tail.join("\n"));
    }
    Ok(())
}

/// Runs a program for its standard output; the rest is repeated only if it fails.
pub fn read(mut command: Command, advice: &str) -> Result<String> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| cannot_start(&command, advice))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed ({}): {}\n  {advice}", describe(&command), output.status, errors.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program for the lines of its standard output and whether it was content. What it says on
/// standard error stays on the screen.
pub fn lines(mut command: Command, advice: &str) -> Result<(Vec<String>, ExitStatus)> {
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().with_context(|| cannot_start(&command, advice))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok((text.lines().map(str::to_owned).collect(), output.status))
}

/// The Cargo that started us, so that a toolchain chosen with `cargo +name` stays chosen.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(crate::paths::root());
    cargo
}

/// The command line as one would type it.
pub fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    format!("`{}`", words.join(" "))
}

fn cannot_start(command: &Command, advice: &str) -> String {
    format!("could not start {}\n  {advice}\n  the reason", describe(command))
}
