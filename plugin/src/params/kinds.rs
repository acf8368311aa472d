//! The kinds of parameters, and their texts.

use std::ops::RangeInclusive;
use std::sync::Arc;

use busbar_engine::session::{GAIN_RANGE, POSITION_RANGE};
use nih_plug::prelude::*;

/// The fader's lowest position: silence, written −∞.
pub const BOTTOM: f32 = *GAIN_RANGE.start();

/// The curve of the fader: three quarters of the way up is 0 dB, and half of it is the top 20 dB.
const FADER_CURVE: f32 = 2.0;

/// Faders move in steps so small that nobody hears them, so that 0 dB is 0 dB exactly, whatever
/// rounding a host does on the way.
const GAIN_STEP: f32 = 0.01;

pub fn gain(name: &str) -> FloatParam {
    let range = FloatRange::Skewed { min: BOTTOM, max: *GAIN_RANGE.end(), factor: FADER_CURVE };
    FloatParam::new(name, 0.0, range)
        .with_step_size(GAIN_STEP)
        .with_value_to_string(Arc::new(gain_text))
        .with_string_to_value(Arc::new(gain_value))
}

pub fn switch(name: String, on: bool) -> BoolParam {
    BoolParam::new(name, on)
        .with_value_to_string(Arc::new(|on| if on { "On" } else { "Off" }.to_owned()))
        .with_string_to_value(Arc::new(|text| match text.trim().to_ascii_lowercase().as_str() {
            "on" | "yes" | "true" | "1" => Some(true),
            "off" | "no" | "false" | "0" => Some(false),
            _ => None,
        }))
}

/// The level that a fader's position stands for; its end is silence.
pub fn fader_level(position: f32) -> f32 {
    let position = number(position, 0.0);
    if position <= BOTTOM { f32::NEG_INFINITY } else { position }
}

pub fn fader_position(level: f32) -> f32 {
    level.max(BOTTOM)
}

/// Hosts have been seen to automate with NaN.
pub fn number(value: f32, otherwise: f32) -> f32 {
    if value.is_nan() { otherwise } else { value }
}

pub fn gain_text(position: f32) -> String {
    let level = fader_level(position);
    if level == f32::NEG_INFINITY { "-∞ dB".into() } else { format!("{:.2} dB", level + 0.0) }
}

pub fn gain_value(text: &str) -> Option<f32> {
    let text = text.trim().to_ascii_lowercase();
    let number = text.strip_suffix("db").unwrap_or(&text).trim().replace(['−', '–'], "-");
    match number.as_str() {
        "-∞" | "-inf" | "-oo" | "off" => Some(BOTTOM),
        number => finite(number),
    }
}

pub fn balance_text(balance: f32) -> String {
    let percent = (balance * 100.0).round() as i32;
    match percent {
        0 => "C".into(),
        left if left < 0 => format!("L{}", -left),
        right => format!("R{right}"),
    }
}

/// Understands what [`balance_text`] writes, and numbers in percent.
pub fn balance_value(text: &str) -> Option<f32> {
    let text = text.trim().to_ascii_lowercase().replace(['−', '–'], "-");
    let text = text.trim_end_matches('%').trim_end();
    if ["c", "center", "centre", "m"].contains(&text) {
        return Some(0.0);
    }
    let side = |sign: f32, number: &str| finite(number.trim()).map(|percent| sign * percent);
    let percent = match (text.strip_prefix('l'), text.strip_prefix('r')) {
        (Some(left), _) => side(-1.0, left),
        (_, Some(right)) => side(1.0, right),
        _ => side(1.0, text),
    };
    percent.map(|percent| (percent / 100.0).clamp(-1.0, 1.0))
}

pub fn finite(number: &str) -> Option<f32> {
    number.parse().ok().filter(|number: &f32| number.is_finite())
}

/// A place from left to right.
pub fn position(name: String, at: f32) -> FloatParam {
    let (min, max) = POSITION_RANGE.into_inner();
    FloatParam::new(name, at, FloatRange::Linear { min, max })
        .with_step_size(0.01)
        .with_value_to_string(Arc::new(balance_text))
        .with_string_to_value(Arc::new(balance_value))
}

/// Something with a unit. Where equal ratios are what one hears, the lower part of the range has
/// more room.
pub struct Quantity {
    /// What it can be.
    pub range: RangeInclusive<f32>,
    /// What it is in steps of.
    pub step: f32,
    /// What stands behind the number.
    pub unit: &'static str,
    /// Equal steps sound like equal ratios.
    pub by_ratio: bool,
}

impl Quantity {
    /// Levels and level differences.
    pub const fn decibels(range: RangeInclusive<f32>) -> Self {
        Self { range, step: 0.1, unit: "dB", by_ratio: false }
    }

    /// Times.
    pub const fn milliseconds(range: RangeInclusive<f32>) -> Self {
        Self { range, step: 1.0, unit: "ms", by_ratio: true }
    }

    /// A parameter of this kind.
    pub fn param(self, name: String, default: f32) -> FloatParam {
        let (min, max) = self.range.into_inner();
        let range = match self.by_ratio {
            true => FloatRange::Skewed { min, max, factor: FloatRange::skew_factor(-1.5) },
            false => FloatRange::Linear { min, max },
        };
        let (unit, digits) = (self.unit, if self.step < 1.0 { 1 } else { 0 });
        FloatParam::new(name, default, range)
            .with_step_size(self.step)
            .with_value_to_string(Arc::new(move |value| format!("{:.digits$} {unit}", value + 0.0)))
            .with_string_to_value(Arc::new(move |text| quantity_value(text, unit)))
    }
}

/// Understands a number with or without its unit.
pub fn quantity_value(text: &str, unit: &str) -> Option<f32> {
    let text = text.trim().to_ascii_lowercase().replace(['−', '–'], "-");
    let number = text.strip_suffix(&unit.to_ascii_lowercase()).unwrap_or(&text).trim();
    finite(number)
}

/// One of several words; the first is the default.
pub fn choice(name: String, words: &'static [&'static str]) -> IntParam {
    let max = words.len() as i32 - 1;
    let word = |at: i32| usize::try_from(at).ok().and_then(|at| words.get(at)).unwrap_or(&words[0]);
    IntParam::new(name, 0, IntRange::Linear { min: 0, max })
        .with_value_to_string(Arc::new(move |at| word(at).to_string()))
        .with_string_to_value(Arc::new(move |text| {
            let is_meant = |word: &&str| word.eq_ignore_ascii_case(text.trim());
            words.iter().position(is_meant).map(|at| at as i32)
        }))
}
