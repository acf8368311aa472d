//! The validators of others, where they are installed.

use std::path::Path;
use std::process::Command;

use super::{Outcome, Report, Subject, file_name};
use crate::paths;
use crate::process::watch;
use crate::ui::Progress;

/// A validator and how it is called; `{}` stands for the bundle.
struct Validator {
    program: &'static str,
    arguments: &'static [&'static str],
    wants: fn(&Subject) -> Option<&Path>,
}

const VALIDATORS: &[Validator] = &[
    Validator {
        program: "clap-validator",
        arguments: &["validate", "{}"],
        wants: |subject| subject.clap.as_deref(),
    },
    Validator {
        program: "pluginval",
        arguments: &["--strictness-level", "10", "--validate", "{}"],
        wants: |subject| subject.vst3.as_deref(),
    },
    // Steinberg's, under the name that its SDK builds it with.
    Validator {
        program: "validator",
        arguments: &["{}"],
        wants: |subject| subject.vst3.as_deref(),
    },
];

/// Adds a row for each validator that has something to validate.
pub fn check(subject: &Subject, report: &mut Report) {
    for validator in VALIDATORS {
        let Some(bundle) = (validator.wants)(subject) else { continue };
        let what = format!("{} {}", validator.program, file_name(bundle));
        let Some(program) = paths::on_path(validator.program) else {
            report.add("validators", &what, Outcome::Skipped, "not on PATH, skipped");
            continue;
        };
        let mut command = Command::new(program);
        for &argument in validator.arguments {
            if argument == "{}" {
                command.arg(bundle)
            } else {
                command.arg(argument)
            };
        }
        let mut progress = Progress::start(format!("Running {}", validator.program));
        let mut last = String::new();
        let result =
            watch(command, &mut progress, "Run it by hand to see all that it says.", |line| {
                if !line.is_empty() {
                    line.clone_into(&mut last);
                }
                Some(line.to_owned())
            });
        progress.done("");
        if let Err(error) = &result {
            eprintln!("{error:#}");
        }
        let outcome = if result.is_ok() { Outcome::Ok } else { Outcome::Fail };
        report.add("validators", &what, outcome, last);
    }
}
