//! `busbar scan`: the loudness and peaks of many files, without a session.
//!
//! | part       | what                                                           |
//! |------------|----------------------------------------------------------------|
//! | `options`  | the command line                                               |
//! | `table`    | the targets, and where they are                                |
//! | `report`   | a file as a line: for people, as JSON, as CSV                  |
//! | `teller`   | writes the lines, counts, and says at the end how it was       |
//! | `progress` | how far it has got                                             |
//!
//! Whatever happens, what was written are whole lines: each is one write.

mod options;
mod progress;
mod report;
mod table;
mod teller;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use busbar::loudness_targets::{BUILT_IN, LoudnessTarget};
use busbar_media::Cancel;
use busbar_media::scan::{self, End};

use crate::standalone::Signals;
pub use options::HELP;
use options::Options;
use teller::Teller;

/// How often the signals are looked at.
const LOOK: Duration = Duration::from_millis(20);
const WRONG_USAGE: u8 = 2;

/// Says something on the terminal, if there still is one.
fn say(words: impl Display) {
    _ = writeln!(io::stderr(), "busbar scan: {words}");
}

/// Prints the targets that are built in.
pub fn targets() -> ExitCode {
    match io::stdout().write_all(BUILT_IN.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            say(format_args!("the targets cannot be written: {error}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Runs the command with what follows its name.
pub fn command(words: &[OsString]) -> ExitCode {
    let prepared = Options::parse(words).and_then(|options| {
        let table = options.targets.as_deref();
        let target = options.target.as_deref().map(|name| table::find(name, table)).transpose()?;
        Ok((options, target))
    });
    let (options, target) = match prepared {
        Ok(prepared) => prepared,
        Err(reason) => {
            say(format_args!("{reason}\n  `busbar help` shows what it takes"));
            return ExitCode::from(WRONG_USAGE);
        }
    };
    match measure(options, target) {
        Ok(code) => code,
        Err(reason) => {
            say(reason);
            ExitCode::FAILURE
        }
    }
}

fn measure(options: Options, target: Option<LoudnessTarget>) -> Result<ExitCode, String> {
    let signals = Signals::watch()?;
    let cancel = Cancel::new();
    let mut how = scan::Options { dual_mono: options.dual_mono, ..scan::Options::default() };
    how.jobs = options.jobs.unwrap_or(how.jobs);
    let mut teller = Teller::new(options.form, target);
    if teller.begin().is_continue() {
        let (lasts, ended) = mpsc::channel();
        let end = thread::scope(|scope| {
            let watch = || watch(&signals, &cancel, ended);
            let named = thread::Builder::new().name("busbar-scan-watch".into());
            named.spawn_scoped(scope, watch)?;
            let each = |record| match teller.tell(&record) {
                ControlFlow::Continue(()) if signals.told() => ControlFlow::Break(()),
                flow => flow,
            };
            let end = scan::scan(options.paths, &how, &cancel, each);
            drop(lasts);
            end
        });
        let end = end.map_err(|error| format!("no threads can be had: {error}"))?;
        teller.is_stopped = end == End::Stopped && signals.told();
    }
    Ok(teller.end())
}

/// Ends the scan as soon as a signal says so, also inside of a file, until the other end of the
/// channel is gone.
fn watch(signals: &Signals, cancel: &Cancel, scan: Receiver<()>) {
    while scan.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        if signals.told() {
            cancel.cancel();
        }
    }
}
