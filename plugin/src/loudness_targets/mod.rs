//! What finished programmes are measured against: a table that people can edit, and the verdict.
//!
//! | part     | what                                                          |
//! |----------|---------------------------------------------------------------|
//! | `table`  | the table's text, which is hostile until it is checked        |
//! | `tenths` | values as they are compared: rounded to 0.1, as they are shown |
//!
//! No files in here: whoever has a table's text hands it over.

mod table;
mod tenths;
#[cfg(test)]
mod tests;

pub use table::{BUILT_IN, MAX_BYTES, Refusal, TargetTable};
pub use tenths::Tenths;

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoudnessTarget {
    /// What one asks for it by.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it wants.
    pub kind: Kind,
}

/// What a target wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something that a file meets or does not.
    Delivery(Delivery),
    /// A service that turns up or down what it plays.
    Playback(Playback),
    /// What cannot be judged here, and why.
    Elsewhere(String),
}

/// What a file has to meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Integrated loudness, in LUFS.
    pub integrated: Tenths,
    /// How far from that it may be, in LU.
    pub tolerance: Tenths,
    /// It is for the loudest of several files; the others may be as quiet as they like.
    pub loudest: bool,
    /// The highest true peak, in dBTP.
    pub true_peak: Option<Tenths>,
    /// The highest short-term loudness, in LUFS.
    pub max_short_term: Option<Tenths>,
}

/// What a service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playback {
    /// What it plays everything at, in LUFS.
    pub integrated: Tenths,
    /// The true peak that it recommends, and up to which it raises, in dBTP.
    pub true_peak: Tenths,
    /// Whether it turns up what is quieter.
    pub raise: Raise,
}

/// How far a service turns up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Raise {
    /// It only turns down.
    Never,
    /// Until the true peak is reached.
    ToPeak,
    /// Whatever the peaks are: it limits them.
    Always,
}

/// What was measured of a file, as far as it is defined.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// LUFS.
    pub integrated: Option<f64>,
    /// dBTP.
    pub true_peak: Option<f64>,
    /// LUFS.
    pub max_short_term: Option<f64>,
}

/// What a target says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is met; `None` where nothing can be.
    pub pass: Option<bool>,
    /// What a service will turn it by, in decibels.
    pub gain: Option<Tenths>,
    /// What is wrong with it.
    pub remarks: Vec<String>,
}

impl LoudnessTarget {
    /// What it says of a file. Values are rounded to 0.1 before they are compared.
    pub fn judge(&self, measured: &Measured) -> Verdict {
        match &self.kind {
            Kind::Delivery(delivery) => delivery.judge(measured),
            Kind::Playback(playback) => playback.judge(measured),
            Kind::Elsewhere(reason) => {
                Verdict { pass: None, gain: None, remarks: vec![reason.clone()] }
            }
        }
    }
}

impl Delivery {
    fn judge(&self, measured: &Measured) -> Verdict {
        let integrated = match measured.integrated.map(Tenths::of) {
            None => Some("it has no integrated loudness".to_owned()),
            Some(loudness) if self.accepts(loudness) => None,
            Some(loudness) => Some(format!("integrated {loudness} LUFS, not {}", self.wanted())),
        };
        let ceilings = [
            ("true peak", measured.true_peak, self.true_peak, "dBTP"),
            ("maximum short-term", measured.max_short_term, self.max_short_term, "LUFS"),
        ];
        let above = ceilings.into_iter().filter_map(|(what, value, ceiling, unit)| {
            exceeds(what, value.map(Tenths::of), ceiling?, unit)
        });
        let remarks: Vec<_> = integrated.into_iter().chain(above).collect();
        Verdict { pass: Some(remarks.is_empty()), gain: None, remarks }
    }

    fn accepts(&self, loudness: Tenths) -> bool {
        let is_enough = self.loudest || loudness >= self.integrated - self.tolerance;
        is_enough && loudness <= self.integrated + self.tolerance
    }

    /// Where a target is for the loudest of several files: what is wrong with that one's loudness.
    pub fn judge_loudest(&self, loudest: Option<f64>) -> Option<String> {
        let loudest = Tenths::of(loudest?);
        let alone = Self { loudest: false, ..*self };
        (self.loudest && !alone.accepts(loudest))
            .then(|| format!("the loudest file has {loudest} LUFS, not {}", alone.wanted()))
    }

    fn wanted(&self) -> String {
        let most = if self.loudest { "at the most " } else { "" };
        match self.tolerance {
            Tenths::ZERO => format!("{most}{}", self.integrated),
            tolerance => format!("{most}{} ±{tolerance}", self.integrated),
        }
    }
}

fn exceeds(what: &str, value: Option<Tenths>, ceiling: Tenths, unit: &str) -> Option<String> {
    match value {
        // Nothing passes for what nobody knows.
        None => Some(format!("it has no {what}, which may be {ceiling} {unit}")),
        Some(value) if value > ceiling => {
            Some(format!("{what} {value} {unit}, more than {ceiling}"))
        }
        Some(_) => None,
    }
}

impl Playback {
    fn judge(&self, measured: &Measured) -> Verdict {
        let peak = measured.true_peak.map(Tenths::of);
        let gain = measured.integrated.map(|it| self.gain(Tenths::of(it), peak));
        let remark = peak.and_then(|peak| exceeds("true peak", Some(peak), self.true_peak, "dBTP"));
        Verdict { pass: None, gain, remarks: remark.into_iter().collect() }
    }

    fn gain(&self, loudness: Tenths, peak: Option<Tenths>) -> Tenths {
        let gain = self.integrated - loudness;
        let room = match (self.raise, peak) {
            (Raise::Always, _) | (Raise::ToPeak, None) => gain,
            (Raise::Never, _) => Tenths::ZERO,
            (Raise::ToPeak, Some(peak)) => self.true_peak - peak,
        };
        gain.min(room.max(Tenths::ZERO))
    }
}
