//! A file of a scan as a line of text: for people, as JSON, as CSV.

use std::fmt::Display;

use busbar::loudness_targets::{LoudnessTarget, Tenths, Verdict};
use busbar_media::scan::Record;
use serde::Serialize;

use super::options::Form;

/// A record, and what a target says of it.
#[derive(Serialize)]
struct Judged<'a> {
    #[serde(flatten)]
    record: &'a Record,
    target: &'a str,
    pass: Option<bool>,
    gain_db: Option<f64>,
    remarks: &'a [String],
}

/// What a verdict is about, and the verdict.
pub type Judge<'a> = Option<(&'a LoudnessTarget, &'a Verdict)>;

/// What comes before all files.
pub fn head(form: Form, target: Option<&LoudnessTarget>) -> String {
    match form {
        Form::Json => String::new(),
        Form::Lines => {
            let verdict = target.map_or(String::new(), |_| format!("  {:<9}", "target"));
            let [i, range, peak, plr, time] = ["LUFS", "LRA", "dBTP", "PLR", "time"];
            format!("{i:>7} {range:>6} {peak:>6} {plr:>6} {time:>11}{verdict}  file\n")
        }
        Form::Csv => {
            let record = columns_of_record();
            let more: &[&str] =
                if target.is_some() { &["target", "pass", "gain_db", "remarks"] } else { &[] };
            let names = record.iter().chain(more).map(|name| name.to_string());
            row(names)
        }
    }
}

/// A file, whole, with its line's end.
pub fn line(form: Form, record: &Record, judge: Judge) -> String {
    match form {
        Form::Lines => for_people(record, judge),
        Form::Json => json(record, judge),
        Form::Csv => csv(record, judge),
    }
}

fn json(record: &Record, judge: Judge) -> String {
    let mut line = Vec::new();
    let written = match judge {
        None => record.write_line(&mut line),
        Some((target, verdict)) => {
            let judged = Judged {
                record,
                target: &target.name,
                pass: verdict.pass,
                gain_db: verdict.gain.map(Tenths::value),
                remarks: &verdict.remarks,
            };
            let written = serde_json::to_writer(&mut line, &judged);
            line.push(b'\n');
            written.map_err(Into::into)
        }
    };
    written.expect("text, numbers and flags have a JSON form, and memory takes it");
    String::from_utf8(line).expect("JSON is text")
}

fn columns_of_record() -> [&'static str; 15] {
    [
        "path",
        "ok",
        "error",
        "codec",
        "duration_s",
        "sample_rate",
        "channels",
        "complete",
        "integrated_lufs",
        "loudness_range_lu",
        "max_momentary_lufs",
        "max_short_term_lufs",
        "true_peak_dbtp",
        "sample_peak_dbfs",
        "plr_db",
    ]
}

fn csv(record: &Record, judge: Judge) -> String {
    let cells: [String; 15] = [
        record.path.clone(),
        record.ok.to_string(),
        cell(record.error.as_ref()),
        cell(record.codec.as_ref()),
        cell(record.duration_s),
        cell(record.sample_rate),
        cell(record.channels),
        record.complete.to_string(),
        cell(record.integrated_lufs),
        cell(record.loudness_range_lu),
        cell(record.max_momentary_lufs),
        cell(record.max_short_term_lufs),
        cell(record.true_peak_dbtp),
        cell(record.sample_peak_dbfs),
        cell(record.plr_db),
    ];
    let judgement = judge.map(|(target, verdict)| {
        let gain = verdict.gain.map(Tenths::value);
        let remarks = verdict.remarks.join("; ");
        [target.name.clone(), cell(verdict.pass), cell(gain), remarks]
    });
    row(cells.into_iter().chain(judgement.into_iter().flatten()))
}

fn cell(value: Option<impl Display>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

/// As RFC 4180 has it.
fn row(cells: impl Iterator<Item = String>) -> String {
    let cells = cells.map(|cell| {
        let is_plain = !cell.contains(['"', ',', '\r', '\n']);
        if is_plain { cell } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
    });
    format!("{}\r\n", cells.collect::<Vec<_>>().join(","))
}

fn for_people(record: &Record, judge: Judge) -> String {
    let name = printable(&record.path);
    if !record.ok {
        let why = printable(record.error.as_deref().unwrap_or("it cannot be measured"));
        return format!("{:>7} {name}: {why}\n", "failed");
    }
    let level = |value: Option<f64>| {
        value.map_or_else(|| "--.-".to_owned(), |value| Tenths::of(value).to_string())
    };
    let [loudness, range, peak, plr] =
        [record.integrated_lufs, record.loudness_range_lu, record.true_peak_dbtp, record.plr_db]
            .map(level);
    let time = record.duration_s.map_or(String::new(), clock);
    let verdict = judge.map_or(String::new(), |(_, verdict)| format!("  {:<9}", word(verdict)));
    let remarks = judge.map_or(&[][..], |(_, verdict)| &verdict.remarks);
    // A verdict says itself what is wrong with a file that is not whole.
    let missing = record.error.iter().filter(|_| judge.is_none());
    let remarks: Vec<_> = missing.chain(remarks).map(|it| printable(it)).collect();
    let remarks =
        if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join("; ")) };
    format!("{loudness:>7} {range:>6} {peak:>6} {plr:>6} {time:>11}{verdict}  {name}{remarks}\n")
}

fn word(verdict: &Verdict) -> String {
    match (verdict.pass, verdict.gain) {
        (Some(true), _) => "pass".to_owned(),
        (Some(false), _) => "FAIL".to_owned(),
        (None, Some(gain)) => format!("{gain:+} dB"),
        (None, None) => "--".to_owned(),
    }
}

/// Hours, minutes, seconds, tenths.
pub fn clock(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round() as u64;
    let (minutes, tenths) = (tenths / 600, tenths % 600);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    format!("{hours}:{minutes:02}:{:02}.{}", tenths / 10, tenths % 10)
}

/// Names may hold what moves a terminal's cursor, or ends a line.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_on_their_line() {
        assert_eq!(printable("a\n\u{1b}[2J é\u{9b}"), "a\\n\\u{1b}[2J é\\u{9b}");
    }

    #[test]
    fn clocks_carry_over() {
        for (seconds, shown) in [(0.0, "0:00:00.0"), (59.96, "0:01:00.0"), (3_661.2, "1:01:01.2")] {
            assert_eq!(clock(seconds), shown);
        }
    }
}
