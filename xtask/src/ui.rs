//! What the user sees while something works: one line that moves in a terminal, a line now and then
//! in a log.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

const IN_A_TERMINAL: Duration = Duration::from_millis(100);
const IN_A_LOG: Duration = Duration::from_secs(15);

/// One piece of work in progress.
pub struct Progress {
    what: String,
    started: Instant,
    shown: Option<Instant>,
    terminal: bool,
}

impl Progress {
    /// Says that `what` has begun.
    pub fn start(what: impl Into<String>) -> Self {
        let mut progress = Self {
            what: what.into(),
            started: Instant::now(),
            shown: None,
            terminal: std::io::stderr().is_terminal(),
        };
        progress.update("");
        progress
    }

    /// Says how far it is, if the last time is long enough ago.
    pub fn update(&mut self, detail: &str) {
        let interval = if self.terminal { IN_A_TERMINAL } else { IN_A_LOG };
        if self.shown.is_some_and(|shown| shown.elapsed() < interval) {
            return;
        }
        self.shown = Some(Instant::now());
        let line = format!("  {} … {detail}", self.what);
        if self.terminal {
            eprint!("\r\x1b[K{line}");
            // A progress line that cannot be shown is no reason to stop the work.
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{}", line.trim_end());
        }
    }

    /// Says that it is done, and how long it took.
    pub fn done(self, detail: &str) {
        let start = if self.terminal { "\r\x1b[K" } else { "" };
        let gap = if detail.is_empty() { "" } else { ": " };
        eprintln!("{start}  {}{gap}{detail} ({})", self.what, seconds(self.started.elapsed()));
    }
}

/// A duration as people read it: `0.4 s`, `12 s`, `3 min 05 s`.
pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        whole @ 10..60 => format!("{whole} s"),
        whole => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}

/// Rows in columns as wide as their widest cell.
pub fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let head = head.map(str::to_owned);
    let mut widths = [0; N];
    for row in std::iter::once(&head).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let rule = widths.map(|width| "─".repeat(width));
    let mut text = String::new();
    for row in [&head, &rule].into_iter().chain(rows) {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
