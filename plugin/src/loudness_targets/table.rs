//! The table of targets as people write it.

use std::fmt;
use std::ops::RangeInclusive;

use serde::Deserialize;
use toml::Spanned;

use super::{Delivery, Kind, LoudnessTarget, Playback, Raise, Tenths};

/// The table that is used where nobody has another.
pub const BUILT_IN: &str = include_str!("default.toml");

/// A table that is longer is refused unread.
pub const MAX_BYTES: usize = 1 << 16;

/// The version of the table's form.
const VERSION: u32 = 1;
/// More lines than this nobody wrote.
const MOST: usize = 256;
const MAX_NAME: usize = 40;
const MAX_TEXT: usize = 300;
const LOUDNESS: RangeInclusive<f64> = -70.0..=0.0;
const TOLERANCE: RangeInclusive<f64> = 0.0..=20.0;
const PEAK: RangeInclusive<f64> = -40.0..=20.0;

/// Targets, each by another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetTable(Vec<LoudnessTarget>);

/// Why a table is refused: the line, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    line: usize,
    reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for Refusal {}

/// Only this: whatever else a later version has is its own.
#[derive(Deserialize)]
struct Versioned {
    version: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(rename = "version")]
    _version: u32,
    target: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    title: String,
    kind: EntryKind,
    integrated: Option<f64>,
    tolerance: Option<f64>,
    true_peak: Option<f64>,
    max_short_term: Option<f64>,
    loudest: Option<bool>,
    raise: Option<Raise>,
    reason: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EntryKind {
    Delivery,
    Playback,
    Elsewhere,
}

impl TargetTable {
    /// Busbar's own.
    pub fn built_in() -> Self {
        Self::read(BUILT_IN.as_bytes()).expect("a test has read it")
    }

    /// Reads a table.
    ///
    /// # Errors
    /// When it is not wholly one; says in which line, and why.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let refused = |line, reason| Refusal { line, reason };
        if bytes.len() > MAX_BYTES {
            return Err(refused(1, format!("the table is longer than {MAX_BYTES} bytes")));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = line_of(bytes, error.valid_up_to());
            refused(line, "this is not text in UTF-8".to_owned())
        })?;
        let version = parse::<Versioned>(text)?.version;
        if *version.get_ref() != VERSION {
            let reason = format!(
                "version {} of the table is not known here: this Busbar reads version {VERSION}",
                version.get_ref()
            );
            return Err(refused(line_of(bytes, version.span().start), reason));
        }
        let mut targets = Vec::<LoudnessTarget>::new();
        for entry in parse::<Text>(text)?.target {
            let line = line_of(bytes, entry.span().start);
            let target = entry.into_inner().check().map_err(|reason| refused(line, reason))?;
            if targets.iter().any(|other| other.name == target.name) {
                return Err(refused(line, format!("there are two targets {}", target.name)));
            }
            if targets.len() == MOST {
                return Err(refused(line, format!("there are more than {MOST} targets")));
            }
            targets.push(target);
        }
        Ok(Self(targets))
    }

    /// All of them, in their order.
    pub fn targets(&self) -> &[LoudnessTarget] {
        &self.0
    }

    /// The one of that name.
    pub fn find(&self, name: &str) -> Option<&LoudnessTarget> {
        self.0.iter().find(|target| target.name == name)
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Refusal> {
    toml::from_str(text).map_err(|error| Refusal {
        line: line_of(text.as_bytes(), error.span().map_or(0, |span| span.start)),
        reason: error.message().to_owned(),
    })
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    1 + bytes.iter().take(at).filter(|byte| **byte == b'\n').count()
}

impl Entry {
    fn check(self) -> Result<LoudnessTarget, String> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=MAX_NAME).contains(&self.name.len()) || !self.name.bytes().all(is_plain) {
            return Err(format!(
                "the name {:.60?} is not made of 1 to {MAX_NAME} small letters, digits and hyphens",
                self.name
            ));
        }
        check_text("title", &self.title)?;
        let kind = match self.kind {
            EntryKind::Delivery => self.delivery(),
            EntryKind::Playback => self.playback(),
            EntryKind::Elsewhere => self.elsewhere(),
        };
        let kind = kind.map_err(|reason| format!("{}: {reason}", self.name))?;
        Ok(LoudnessTarget { name: self.name, title: self.title, kind })
    }

    fn delivery(&self) -> Result<Kind, String> {
        self.leaves_out(&[("raise", self.raise.is_some()), ("reason", self.reason.is_some())])?;
        Ok(Kind::Delivery(Delivery {
            integrated: needed("integrated", self.integrated, LOUDNESS)?,
            tolerance: needed("tolerance", self.tolerance, TOLERANCE)?,
            loudest: self.loudest.unwrap_or(false),
            true_peak: level("true_peak", self.true_peak, PEAK)?,
            max_short_term: level("max_short_term", self.max_short_term, LOUDNESS)?,
        }))
    }

    fn playback(&self) -> Result<Kind, String> {
        self.leaves_out(&[
            ("tolerance", self.tolerance.is_some()),
            ("max_short_term", self.max_short_term.is_some()),
            ("loudest", self.loudest.is_some()),
            ("reason", self.reason.is_some()),
        ])?;
        Ok(Kind::Playback(Playback {
            integrated: needed("integrated", self.integrated, LOUDNESS)?,
            true_peak: needed("true_peak", self.true_peak, PEAK)?,
            raise: self.raise.ok_or("raise is missing: never, to-peak or always")?,
        }))
    }

    fn elsewhere(&self) -> Result<Kind, String> {
        self.leaves_out(&[
            ("integrated", self.integrated.is_some()),
            ("tolerance", self.tolerance.is_some()),
            ("true_peak", self.true_peak.is_some()),
            ("max_short_term", self.max_short_term.is_some()),
            ("loudest", self.loudest.is_some()),
            ("raise", self.raise.is_some()),
        ])?;
        let reason = self.reason.as_deref().ok_or("reason is missing")?;
        check_text("reason", reason)?;
        Ok(Kind::Elsewhere(reason.to_owned()))
    }

    /// What is written down and would never be looked at is a mistake.
    fn leaves_out(&self, fields: &[(&str, bool)]) -> Result<(), String> {
        match fields.iter().find(|(_, is_given)| *is_given) {
            Some((field, _)) => Err(format!("{field} means nothing for this kind")),
            None => Ok(()),
        }
    }
}

fn check_text(what: &str, text: &str) -> Result<(), String> {
    let is_fine = (1..=MAX_TEXT).contains(&text.len()) && !text.chars().any(char::is_control);
    is_fine
        .then_some(())
        .ok_or_else(|| format!("a {what} is one line of text, of {MAX_TEXT} bytes at the most"))
}

fn needed(what: &str, value: Option<f64>, range: RangeInclusive<f64>) -> Result<Tenths, String> {
    level(what, value, range)?.ok_or_else(|| format!("{what} is missing"))
}

fn level(
    what: &str,
    value: Option<f64>,
    range: RangeInclusive<f64>,
) -> Result<Option<Tenths>, String> {
    let Some(value) = value else { return Ok(None) };
    if !range.contains(&value) {
        let (low, high) = range.into_inner();
        return Err(format!("{what} is {value}, and has to be from {low} to {high}"));
    }
    let tenths = Tenths::of(value);
    if (tenths.value() - value).abs() > 1e-9 {
        return Err(format!("{what} is {value}: values are compared in steps of 0.1"));
    }
    Ok(Some(tenths))
}
