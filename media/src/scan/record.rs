//! What a scan says of a file.

use std::io::{self, Write};
use std::path::Path;

use busbar_dsp::file::FileLoudness;
use busbar_dsp::loudness::{Readings, TruePeakLevel};
use serde::Serialize;

use crate::error::{MediaError, Reason};
use crate::format::{Format, Outcome};

/// One file of a scan. As a line of JSON it has a field for each of these, `null` where there is
/// nothing to say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// The file as it was found; what in it is no Unicode is replaced.
    pub path: String,
    /// Whether there is something to be measured.
    pub ok: bool,
    /// Why not; or, of a file that is not complete, what is wrong with it.
    pub error: Option<String>,
    /// The codec's short name.
    pub codec: Option<String>,
    /// The length of what was decoded, in seconds.
    pub duration_s: Option<f64>,
    /// Frames a second.
    pub sample_rate: Option<f64>,
    /// How many there are.
    pub channels: Option<u16>,
    /// Whether all that the file announces was decoded.
    pub complete: bool,
    /// Integrated loudness.
    pub integrated_lufs: Option<f64>,
    /// Loudness range.
    pub loudness_range_lu: Option<f64>,
    /// The loudest 0.4 s.
    pub max_momentary_lufs: Option<f64>,
    /// The loudest 3 s.
    pub max_short_term_lufs: Option<f64>,
    /// The highest peak between the samples.
    pub true_peak_dbtp: Option<f64>,
    /// The highest sample.
    pub sample_peak_dbfs: Option<f64>,
    /// The true peak above the integrated loudness.
    pub plr_db: Option<f64>,
}

impl Record {
    /// A file that could not be measured, or a folder that could not be looked into.
    pub(super) fn failed(path: &Path, error: &MediaError) -> Self {
        Self { error: Some(why(&error.reason)), ..Self::empty(path) }
    }

    /// A folder that could not be looked into.
    pub(super) fn closed(path: &Path, reason: &Reason) -> Self {
        Self { error: Some(why(reason)), ..Self::empty(path) }
    }

    pub(super) fn measured(
        path: &Path,
        format: &Format,
        frames: u64,
        outcome: &Outcome,
        loudness: Option<&FileLoudness>,
    ) -> Self {
        let rate = format.rate.hertz();
        let readings = loudness.map_or_else(Readings::default, |loudness| loudness.readings);
        // The same decibels, of another peak; silence has none in either.
        let sample_peak = loudness.and_then(|it| TruePeakLevel::of_peak(it.sample_peak));
        Self {
            ok: true,
            error: match outcome {
                Outcome::Complete => None,
                Outcome::Partial(shortfall) => Some(shortfall.to_string()),
            },
            codec: Some(format.codec.clone()),
            duration_s: Some(frames as f64 / rate),
            sample_rate: Some(rate),
            channels: Some(format.channels),
            complete: *outcome == Outcome::Complete,
            integrated_lufs: readings.integrated.map(|loudness| loudness.0),
            loudness_range_lu: readings.range.map(|range| range.range.0),
            max_momentary_lufs: readings.max_momentary.map(|loudness| loudness.0),
            max_short_term_lufs: readings.max_short_term.map(|loudness| loudness.0),
            true_peak_dbtp: readings.true_peak.map(|peak| peak.0),
            sample_peak_dbfs: sample_peak.map(|peak| peak.0),
            plr_db: readings.peak_to_loudness.map(|above| above.0),
            ..Self::empty(path)
        }
    }

    fn empty(path: &Path) -> Self {
        Self {
            path: path.to_string_lossy().into_owned(),
            ok: false,
            error: None,
            codec: None,
            duration_s: None,
            sample_rate: None,
            channels: None,
            complete: false,
            integrated_lufs: None,
            loudness_range_lu: None,
            max_momentary_lufs: None,
            max_short_term_lufs: None,
            true_peak_dbtp: None,
            sample_peak_dbfs: None,
            plr_db: None,
        }
    }

    /// Writes it as a line of JSON, in one piece: whoever ends the program between two calls
    /// leaves whole lines.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_line(&self, to: &mut impl Write) -> io::Result<()> {
        let mut line = serde_json::to_string(self)?;
        line.push('\n');
        to.write_all(line.as_bytes())?;
        to.flush()
    }
}

fn why(reason: &Reason) -> String {
    match reason.advice() {
        "" => reason.to_string(),
        advice => format!("{reason}. {advice}"),
    }
}
