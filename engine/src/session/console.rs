//! The console's part of a session: strips and master, as people write them. Levels are decibels,
//! times are milliseconds.

use std::ops::RangeInclusive;

use busbar_dsp::console::ducker::Ducking;
use busbar_dsp::console::highpass::{self, Corner};
use busbar_dsp::console::limiter::Limit;
use busbar_dsp::console::pan::{PanLaw, Placing, Position};
use busbar_dsp::console::width::Width;
use busbar_dsp::{Balance, Decibels};
use serde::{Deserialize, Serialize};

use crate::BUSES;
use crate::targets::{self, StripTargets};

/// What a fader can be set to, besides −∞.
pub const GAIN_RANGE: RangeInclusive<f32> = -80.0..=12.0;
/// What a trim can be set to.
pub const TRIM_RANGE: RangeInclusive<f32> = -24.0..=24.0;
/// Where a high-pass can have its corner, in hertz.
pub const CORNER_RANGE: RangeInclusive<f32> = 20.0..=400.0;
/// From which level on a key can count.
pub const THRESHOLD_RANGE: RangeInclusive<f32> = -60.0..=0.0;
/// How far down a ducker can go.
pub const DEPTH_RANGE: RangeInclusive<f32> = 0.0..=60.0;
/// A ducker's way down.
pub const ATTACK_RANGE: RangeInclusive<f32> = 1.0..=500.0;
/// How long it can stay down: at the least half a wave of 50 Hz.
pub const HOLD_RANGE: RangeInclusive<f32> = 10.0..=2_000.0;
/// A ducker's way up.
pub const RELEASE_RANGE: RangeInclusive<f32> = 10.0..=5_000.0;
/// Widths, in percent.
pub const WIDTH_RANGE: RangeInclusive<f32> = 0.0..=200.0;
/// Left to right.
pub const POSITION_RANGE: RangeInclusive<f32> = -1.0..=1.0;
/// What a limiter can hold, in dBTP.
pub const CEILING_RANGE: RangeInclusive<f32> = -20.0..=0.0;
/// How fast a limiter can let go.
pub const LIMITER_RELEASE_RANGE: RangeInclusive<f32> = 10.0..=1_000.0;
/// How far a limiter can look ahead.
pub const LOOK_AHEAD_RANGE: RangeInclusive<f32> = 0.0..=10.0;

/// The master section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Master {
    /// The fader.
    pub gain: f32,
    /// What comes after it.
    pub limiter: Limiter,
}

/// The master's limiter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limiter {
    /// It is there.
    pub on: bool,
    /// The true peak that is not exceeded.
    pub ceiling: f32,
    /// The time in which two thirds of the way back are gone.
    pub release: f32,
    /// How far it looks ahead: taken over when the host activates the plug-in.
    pub look_ahead: f32,
}

/// One bus, in the order in which its signal comes by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Strip {
    /// What the signal is brought to before anything else.
    pub trim: f32,
    /// The left side is upside down.
    pub invert_left: bool,
    /// The right side is upside down.
    pub invert_right: bool,
    /// How wide it is, in percent.
    pub width: f32,
    /// The fader.
    pub gain: f32,
    /// −1 left, 0 centre, 1 right.
    pub balance: f32,
    /// Silence.
    pub mute: bool,
    /// Part of the programme.
    pub to_master: bool,
    /// The meter looks at the bus before placing, fader and mute.
    pub meter_before: bool,
    /// What takes the low frequencies away.
    pub high_pass: HighPass,
    /// What makes room for another bus.
    pub ducker: Ducker,
    /// Where it is in the picture.
    pub pan: Pan,
}

/// The high-pass of a bus.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HighPass {
    /// It is there.
    pub on: bool,
    /// Where it is 3 dB down.
    pub hertz: f32,
    /// What happens below.
    pub slope: Slope,
}

/// How fast it gets quieter with each octave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Slope {
    /// The second order.
    #[default]
    #[serde(rename = "12 dB")]
    Db12,
    /// The fourth order.
    #[serde(rename = "24 dB")]
    Db24,
}

/// The ducker of a bus.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ducker {
    /// The number of the bus that it listens to; 0 is none.
    pub key: u8,
    /// From which level of the key on.
    pub threshold: f32,
    /// How far down.
    pub depth: f32,
    /// All the way down in this time.
    pub attack: f32,
    /// How long it stays down after the key was last loud.
    pub hold: f32,
    /// All the way up in this time.
    pub release: f32,
}

/// How a bus is placed; where, its balance says, but for the mode `dual`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pan {
    /// What the places mean.
    pub mode: PanMode,
    /// How loud the middle is.
    pub law: Law,
    /// Where the left side is.
    pub left: f32,
    /// Where the right side is.
    pub right: f32,
}

/// What the places of a pan mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PanMode {
    /// One side is turned down.
    #[default]
    Balance,
    /// Each side has its place.
    Dual,
    /// The sum of both has one.
    Mono,
}

/// How loud each side is in the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Law {
    /// The same power everywhere.
    #[default]
    #[serde(rename = "-3 dB")]
    Minus3,
    /// Between the others.
    #[serde(rename = "-4.5 dB")]
    Minus4_5,
    /// The same sum everywhere.
    #[serde(rename = "-6 dB")]
    Minus6,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { on: false, ceiling: -1.0, release: 100.0, look_ahead: 3.0 }
    }
}

impl Default for Strip {
    fn default() -> Self {
        Self {
            trim: 0.0,
            invert_left: false,
            invert_right: false,
            width: 100.0,
            gain: 0.0,
            balance: 0.0,
            mute: false,
            to_master: true,
            meter_before: false,
            high_pass: HighPass::default(),
            ducker: Ducker::default(),
            pan: Pan::default(),
        }
    }
}

impl Default for HighPass {
    fn default() -> Self {
        Self { on: false, hertz: 80.0, slope: Slope::Db12 }
    }
}

impl Default for Ducker {
    fn default() -> Self {
        Self { key: 0, threshold: -30.0, depth: 12.0, attack: 20.0, hold: 300.0, release: 500.0 }
    }
}

impl Default for Pan {
    fn default() -> Self {
        Self { mode: PanMode::Balance, law: Law::Minus3, left: -1.0, right: 1.0 }
    }
}

impl Master {
    /// What the engine is asked for. Realtime-safe.
    pub fn targets(&self) -> targets::Master {
        let Limiter { on, ceiling, release, .. } = self.limiter;
        let limit = Limit { ceiling: Decibels(ceiling), release: seconds(release) };
        targets::Master { gain: Decibels(self.gain), limit: on.then_some(limit) }
    }

    /// How many seconds the limiter is to look ahead, if it is to be there. Realtime-safe.
    pub fn look_ahead(&self) -> Option<f32> {
        self.limiter.on.then_some(seconds(self.limiter.look_ahead))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        check_gain("the master's gain", self.gain)?;
        let limiter = &self.limiter;
        check("the limiter's ceiling", limiter.ceiling, CEILING_RANGE)?;
        check("the limiter's release", limiter.release, LIMITER_RELEASE_RANGE)?;
        check("the limiter's look-ahead", limiter.look_ahead, LOOK_AHEAD_RANGE)
    }
}

impl Strip {
    /// What the engine is asked for. Realtime-safe.
    pub fn targets(&self) -> StripTargets {
        let Ducker { key, threshold, depth, attack, hold, release } = self.ducker;
        StripTargets {
            trim: Decibels(self.trim),
            inverted: [self.invert_left, self.invert_right],
            high_pass: self.high_pass.on.then_some(self.high_pass.corner()),
            key: usize::from(key).checked_sub(1).filter(|key| *key < BUSES),
            ducking: Ducking {
                threshold: Decibels(threshold),
                depth: Decibels(depth),
                attack: seconds(attack),
                hold: seconds(hold),
                release: seconds(release),
            },
            width: Width(self.width / 100.0),
            placing: self.placing(),
            gain: Decibels(self.gain),
            mute: self.mute,
            to_master: self.to_master,
            metered_before: self.meter_before,
        }
    }

    fn placing(&self) -> Placing {
        let law = match self.pan.law {
            Law::Minus3 => PanLaw::ConstantPower,
            Law::Minus4_5 => PanLaw::Between,
            Law::Minus6 => PanLaw::ConstantSum,
        };
        let (left, right) = (Position(self.pan.left), Position(self.pan.right));
        match self.pan.mode {
            PanMode::Balance => Placing::Balance(Balance(self.balance)),
            PanMode::Dual => Placing::Dual { left, right, law },
            PanMode::Mono => Placing::Mono { at: Position(self.balance), law },
        }
    }

    pub(super) fn check(&self, number: usize) -> Result<(), String> {
        check_gain(&format!("the gain of strip {number}"), self.gain)?;
        let Ducker { key, threshold, depth, attack, hold, release } = self.ducker;
        if usize::from(key) > BUSES {
            return Err(format!(
                "the ducker of strip {number} listens to bus {key}, and has to listen to one from 1 \
                 to {BUSES}, or 0 for none"
            ));
        }
        for (what, value, range) in [
            ("trim", self.trim, TRIM_RANGE),
            ("width", self.width, WIDTH_RANGE),
            ("balance", self.balance, POSITION_RANGE),
            ("left pan", self.pan.left, POSITION_RANGE),
            ("right pan", self.pan.right, POSITION_RANGE),
            ("high-pass", self.high_pass.hertz, CORNER_RANGE),
            ("ducker's threshold", threshold, THRESHOLD_RANGE),
            ("ducker's depth", depth, DEPTH_RANGE),
            ("ducker's attack", attack, ATTACK_RANGE),
            ("ducker's hold", hold, HOLD_RANGE),
            ("ducker's release", release, RELEASE_RANGE),
        ] {
            check(&format!("the {what} of strip {number}"), value, range)?;
        }
        Ok(())
    }
}

impl HighPass {
    fn corner(&self) -> Corner {
        let slope = match self.slope {
            Slope::Db12 => highpass::Slope::Db12,
            Slope::Db24 => highpass::Slope::Db24,
        };
        Corner { hertz: self.hertz, slope }
    }
}

fn seconds(milliseconds: f32) -> f32 {
    milliseconds / 1000.0
}

fn check(what: &str, value: f32, range: RangeInclusive<f32>) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    let (low, high) = range.into_inner();
    Err(format!("{what} is {value}, and has to be from {low} to {high}"))
}

fn check_gain(what: &str, gain: f32) -> Result<(), String> {
    if gain == f32::NEG_INFINITY || GAIN_RANGE.contains(&gain) {
        return Ok(());
    }
    let (low, high) = GAIN_RANGE.into_inner();
    Err(format!("{what} is {gain} dB, and has to be from {low} to {high}, or -inf"))
}
