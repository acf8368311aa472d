//! What is asked for on the command line.

use std::ffi::OsString;
use std::num::NonZero;
use std::path::PathBuf;

use lexopt::Parser;
use lexopt::prelude::*;

/// The part of the help text that is about scans.
pub const HELP: &str = "\
  busbar scan [OPTION]... PATH...
                         measures files, and what is in folders: loudness, range, peaks
    --json                 an object a line
    --csv                  a table for spreadsheets
    --target NAME          says whether each file meets a target, or what gain a service will apply;
                           values are rounded to 0.1 before they are compared
    --targets FILE         targets of your own (~/.config/busbar/targets.toml, if there is one)
    --dual-mono            files of one channel are to be heard from two speakers: 3 LU louder
    --jobs N               files that are decoded at a time (as many as there are cores)
                         It ends with 0; with 1 where a file failed, was not whole or missed the
                         target; with 2 where it was not understood; with 130 where Ctrl-C ended it
  busbar targets         the targets that are built in, as a file to edit
";

/// More at a time only wait for each other.
const MOST_JOBS: usize = 256;

/// How files are told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// For people.
    #[default]
    Lines,
    /// An object a line.
    Json,
    /// RFC 4180.
    Csv,
}

/// What the command line says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// How they are told of.
    pub form: Form,
    /// The name of what they have to meet.
    pub target: Option<String>,
    /// A table of targets, where it is not the user's own or the built-in one.
    pub targets: Option<PathBuf>,
    /// Files of one channel are heard from two speakers.
    pub dual_mono: bool,
    /// Files at a time, where it is not the number of cores.
    pub jobs: Option<NonZero<usize>>,
}

impl Options {
    /// Reads the words after `scan`.
    ///
    /// # Errors
    /// Says which word is not understood, and what would be.
    pub fn parse(words: &[OsString]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut parser = Parser::from_args(words);
        while let Some(word) = parser.next().map_err(|error| error.to_string())? {
            match word {
                Value(path) => options.paths.push(path.into()),
                Long("json") => options.take_form(Form::Json)?,
                Long("csv") => options.take_form(Form::Csv)?,
                Long("target") => options.target = Some(text("target", value(&mut parser)?)?),
                Long("targets") => options.targets = Some(value(&mut parser)?.into()),
                Long("dual-mono") => options.dual_mono = true,
                Long("jobs") => options.jobs = Some(jobs(&text("jobs", value(&mut parser)?)?)?),
                Long(name) => return Err(format!("there is no option --{name}")),
                word => return Err(word.unexpected().to_string()),
            }
        }
        if options.paths.is_empty() {
            return Err("what shall be measured? Name files or folders".into());
        }
        if options.targets.is_some() && options.target.is_none() {
            return Err("--targets goes with --target, which names one of them".into());
        }
        Ok(options)
    }

    fn take_form(&mut self, form: Form) -> Result<(), String> {
        if ![Form::default(), form].contains(&self.form) {
            return Err("--json and --csv exclude each other".into());
        }
        self.form = form;
        Ok(())
    }
}

fn value(parser: &mut Parser) -> Result<OsString, String> {
    parser.value().map_err(|error| error.to_string())
}

fn text(name: &str, value: OsString) -> Result<String, String> {
    value.into_string().map_err(|value| format!("--{name} {value:?} is not text"))
}

fn jobs(text: &str) -> Result<NonZero<usize>, String> {
    let number = text.parse().ok().filter(|jobs: &NonZero<usize>| jobs.get() <= MOST_JOBS);
    number.ok_or_else(|| format!("--jobs {text}: it is a number from 1 to {MOST_JOBS}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Options, String> {
        Options::parse(&words.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn every_option_is_understood() {
        let plain = Options { paths: vec!["a".into()], ..Options::default() };
        assert_eq!(parse("a"), Ok(plain.clone()));
        assert_eq!(parse("--csv a").unwrap().form, Form::Csv);
        assert_eq!(parse("-- --csv").unwrap().paths, [PathBuf::from("--csv")]);
        let all = Options {
            paths: vec!["a".into(), "b".into()],
            form: Form::Json,
            target: Some("x".into()),
            targets: Some("t.toml".into()),
            dual_mono: true,
            jobs: NonZero::new(3),
        };
        let words = "a --json --target x --targets=t.toml --dual-mono --jobs 3 b";
        assert_eq!(parse(words), Ok(all));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (words, part) in [
            ("", "Name files"),
            ("--json", "Name files"),
            ("--json --csv a", "exclude"),
            ("--jobs 0 a", "1 to 256"),
            ("--jobs 257 a", "1 to 256"),
            ("--jobs", "jobs"),
            ("--loud a", "--loud"),
            ("-x a", "x"),
            ("--targets t a", "--target"),
            ("--json=1 a", "json"),
        ] {
            let reason = parse(words).unwrap_err();
            assert!(reason.contains(part), "{words}: {reason}");
        }
    }
}
