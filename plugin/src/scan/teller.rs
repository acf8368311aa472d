//! Tells of files as they come, and how it was.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

use busbar::loudness_targets::{Kind, LoudnessTarget, Measured, Verdict};
use busbar_media::scan::Record;

use super::options::Form;
use super::progress::Progress;
use super::report::{self, clock};
use super::say;

/// What a shell has for a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

/// Writes a line for each file, and counts.
pub struct Teller {
    /// Somebody has ended it before all was told.
    pub is_stopped: bool,
    form: Form,
    target: Option<LoudnessTarget>,
    progress: Progress,
    files: usize,
    seconds: f64,
    failed: usize,
    partial: usize,
    missed: usize,
    loudest: Option<f64>,
    /// Why nothing more can be written.
    unwritten: Option<io::Error>,
}

impl Teller {
    /// Nothing has been told.
    pub fn new(form: Form, target: Option<LoudnessTarget>) -> Self {
        Self {
            is_stopped: false,
            form,
            target,
            progress: Progress::new(),
            files: 0,
            seconds: 0.0,
            failed: 0,
            partial: 0,
            missed: 0,
            loudest: None,
            unwritten: None,
        }
    }

    /// What comes before all files.
    pub fn begin(&mut self) -> ControlFlow<()> {
        self.write(&report::head(self.form, self.target.as_ref()))?;
        // The first file may take a while.
        self.progress.show(self.files, self.seconds);
        ControlFlow::Continue(())
    }

    /// Tells of a file; breaks off where nobody listens any more.
    pub fn tell(&mut self, record: &Record) -> ControlFlow<()> {
        let verdict = self.target.as_ref().map(|target| judge(target, record));
        let judge = self.target.as_ref().zip(verdict.as_ref());
        let line = report::line(self.form, record, judge);
        self.write(&line)?;
        self.count(record, verdict.as_ref());
        self.progress.show(self.files, self.seconds);
        ControlFlow::Continue(())
    }

    fn count(&mut self, record: &Record, verdict: Option<&Verdict>) {
        self.files += 1;
        self.seconds += record.duration_s.unwrap_or(0.0);
        self.failed += usize::from(!record.ok);
        self.partial += usize::from(record.ok && !record.complete);
        let is_missed = record.ok && verdict.is_some_and(|it| it.pass == Some(false));
        self.missed += usize::from(is_missed);
        let louder = |loudness: f64| self.loudest.is_none_or(|loudest| loudness > loudest);
        self.loudest = record.integrated_lufs.filter(|it| louder(*it)).or(self.loudest);
    }

    /// In one piece.
    fn write(&mut self, line: &str) -> ControlFlow<()> {
        self.progress.clear();
        let mut out = io::stdout();
        match out.write_all(line.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.unwritten = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// Says how it was, and whether all was well.
    pub fn end(self) -> ExitCode {
        self.progress.clear();
        match &self.unwritten {
            // Whoever listened has heard enough.
            Some(error) if error.kind() == io::ErrorKind::BrokenPipe => return self.code(true),
            Some(error) => {
                say(format_args!("the measurements cannot be written: {error}"));
                return ExitCode::FAILURE;
            }
            None => {}
        }
        let loudest = match self.target.as_ref().map(|target| &target.kind) {
            Some(Kind::Delivery(delivery)) => delivery.judge_loudest(self.loudest),
            _ => None,
        };
        let loudest = loudest.filter(|_| !self.is_stopped);
        self.sum_up();
        if let Some(remark) = &loudest {
            say(remark);
        }
        if self.is_stopped {
            return ExitCode::from(INTERRUPTED);
        }
        if self.files == 0 {
            say("there was nothing to measure in there");
        }
        self.code(loudest.is_none() && self.files > 0)
    }

    fn code(&self, is_well: bool) -> ExitCode {
        let is_well = is_well && self.failed + self.partial + self.missed == 0;
        if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn sum_up(&self) {
        let began = if self.is_stopped { "stopped after " } else { "" };
        let s = if self.files == 1 { "" } else { "s" };
        let mut sum = format!("{began}{} file{s}, {} of sound", self.files, clock(self.seconds));
        for (count, what) in [(self.failed, "failed"), (self.partial, "not whole")] {
            if count > 0 {
                sum += &format!("; {count} {what}");
            }
        }
        if let Some(target) = &self.target {
            if matches!(target.kind, Kind::Delivery(_)) {
                sum += &format!("; {} missed {}", self.missed, target.title);
            }
            sum += " (values are rounded to 0.1 before they are compared)";
        }
        say(sum);
    }
}

/// What a target says of a file. One that is not whole does not pass.
fn judge(target: &LoudnessTarget, record: &Record) -> Verdict {
    let can_pass = matches!(target.kind, Kind::Delivery(_));
    if !record.ok {
        return Verdict { pass: can_pass.then_some(false), gain: None, remarks: Vec::new() };
    }
    let mut verdict = target.judge(&Measured {
        integrated: record.integrated_lufs,
        true_peak: record.true_peak_dbtp,
        max_short_term: record.max_short_term_lufs,
    });
    if !record.complete {
        verdict.pass = can_pass.then_some(false);
        verdict.remarks.extend(record.error.clone());
    }
    verdict
}
