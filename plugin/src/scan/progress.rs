//! One line on the terminal, below what was told, that says how far it has got.

use std::io::{self, IsTerminal, Write};

use super::report::clock;

/// The line; none where standard error is no terminal.
pub struct Progress {
    is_shown: bool,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new() -> Self {
        Self { is_shown: io::stderr().is_terminal() }
    }

    /// Shows it, or shows it anew.
    pub fn show(&self, files: usize, seconds: f64) {
        if self.is_shown {
            let (s, time) = (if files == 1 { "" } else { "s" }, clock(seconds));
            _ = write!(io::stderr(), "\r\x1b[K{files} file{s}, {time} of sound …");
        }
    }

    /// Makes room for a line of another's.
    pub fn clear(&self) {
        if self.is_shown {
            _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
