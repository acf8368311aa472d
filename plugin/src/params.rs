//! The host's parameters: ids that never change, ranges, and text both ways.

use std::sync::Arc;

use busbar_dsp::console::pan::Placing;
use busbar_dsp::{Balance, Decibels};
use busbar_engine::session::GAIN_RANGE;
use busbar_engine::targets::{Master, StripTargets, Targets};
use busbar_engine::{BUSES, Session, session};
use nih_plug::plugin::ParamValue;
use nih_plug::prelude::*;

use crate::decks::Wanted;
use crate::editor::Size;

/// Everything a host can automate. The ids are part of every saved project: they are added to, and
/// never changed. Those of strips get the bus's number: `gain_1` … `gain_8`.
#[derive(Params)]
pub struct BusbarParams {
    /// The main output is the main input.
    #[id = "bypass"]
    pub bypass: BoolParam,
    /// The master fader.
    #[id = "master_gain"]
    pub master_gain: FloatParam,
    /// The eight buses.
    #[nested(array, group = "Bus")]
    pub strips: [StripParams; BUSES],
    /// What the decks are to hold: no parameter, but saved beside them.
    #[persist = "decks"]
    pub wanted: Arc<Wanted>,
    /// How large the editor's window is: likewise.
    #[persist = "window"]
    pub size: Arc<Size>,
}

/// One bus.
#[derive(Params)]
pub struct StripParams {
    /// The fader.
    #[id = "gain"]
    pub gain: FloatParam,
    /// The balance.
    #[id = "balance"]
    pub balance: FloatParam,
    /// Silence.
    #[id = "mute"]
    pub mute: BoolParam,
    /// Part of the programme.
    #[id = "to_master"]
    pub to_master: BoolParam,
}

/// The fader's lowest position: silence, written −∞.
pub const BOTTOM: f32 = *GAIN_RANGE.start();

/// The curve of the fader: three quarters of the way up is 0 dB, and half of it is the top 20 dB.
const FADER_CURVE: f32 = 2.0;

/// Faders move in steps so small that nobody hears them, so that 0 dB is 0 dB exactly, whatever
/// rounding a host does on the way.
const GAIN_STEP: f32 = 0.01;

impl BusbarParams {
    /// Everything at its default.
    pub fn new(wanted: Arc<Wanted>) -> Self {
        Self {
            bypass: switch("Bypass".into(), false).make_bypass(),
            master_gain: gain("Master Gain"),
            strips: std::array::from_fn(|i| StripParams::new(i + 1)),
            wanted,
            size: Arc::default(),
        }
    }
}

impl StripParams {
    fn new(bus: usize) -> Self {
        Self {
            gain: gain(&format!("Bus {bus} Gain")),
            balance: FloatParam::new(
                format!("Bus {bus} Balance"),
                0.0,
                FloatRange::Linear { min: -1.0, max: 1.0 },
            )
            .with_step_size(0.01)
            .with_value_to_string(Arc::new(balance_text))
            .with_string_to_value(Arc::new(balance_value)),
            mute: switch(format!("Bus {bus} Mute"), false),
            to_master: switch(format!("Bus {bus} To Master"), true),
        }
    }

    fn session(&self) -> session::Strip {
        session::Strip {
            gain: fader_level(self.gain.value()),
            balance: number(self.balance.value(), 0.0),
            mute: self.mute.value(),
            to_master: self.to_master.value(),
        }
    }
}

impl BusbarParams {
    /// What the engine shall do now. Realtime-safe: reads atomics only.
    pub fn targets(&self) -> Targets {
        Targets {
            strips: std::array::from_fn(|i| {
                let strip = self.strips[i].session();
                StripTargets {
                    gain: Decibels(strip.gain),
                    placing: Placing::Balance(Balance(strip.balance)),
                    mute: strip.mute,
                    to_master: strip.to_master,
                    ..StripTargets::default()
                }
            }),
            master: Master { gain: Decibels(fader_level(self.master_gain.value())), limit: None },
            bypass: self.bypass.value(),
            // Where one listens is no parameter.
            hear_reference: false,
        }
    }
}

/// A session as values of parameters, by id: what the framework is given to load.
pub fn values_of(session: &Session) -> impl Iterator<Item = (String, ParamValue)> {
    let strips = session.strips.into_iter().zip(1..).flat_map(|(strip, bus)| {
        [
            (format!("gain_{bus}"), ParamValue::F32(fader_position(strip.gain))),
            (format!("balance_{bus}"), ParamValue::F32(strip.balance)),
            (format!("mute_{bus}"), ParamValue::Bool(strip.mute)),
            (format!("to_master_{bus}"), ParamValue::Bool(strip.to_master)),
        ]
    });
    let own = [
        ("bypass".to_owned(), ParamValue::Bool(session.bypass)),
        ("master_gain".to_owned(), ParamValue::F32(fader_position(session.master.gain))),
    ];
    own.into_iter().chain(strips)
}

/// Writes the value of one parameter into a session; false for an id that there is not.
pub fn set_value(session: &mut Session, id: &str, value: &ParamValue) -> bool {
    let (name, strip) = match id.rsplit_once('_') {
        Some((name, bus)) if bus.parse().is_ok_and(|bus: usize| (1..=BUSES).contains(&bus)) => {
            let bus: usize = bus.parse().unwrap_or(1);
            (name, &mut session.strips[bus - 1])
        }
        _ => {
            match (id, value) {
                ("bypass", ParamValue::Bool(on)) => session.bypass = *on,
                ("master_gain", ParamValue::F32(at)) => session.master.gain = fader_level(*at),
                _ => return false,
            }
            return true;
        }
    };
    match (name, value) {
        ("gain", ParamValue::F32(at)) => strip.gain = fader_level(*at),
        ("balance", ParamValue::F32(to)) => strip.balance = number(*to, 0.0),
        ("mute", ParamValue::Bool(on)) => strip.mute = *on,
        ("to_master", ParamValue::Bool(on)) => strip.to_master = *on,
        _ => return false,
    }
    true
}

fn gain(name: &str) -> FloatParam {
    let range = FloatRange::Skewed { min: BOTTOM, max: *GAIN_RANGE.end(), factor: FADER_CURVE };
    FloatParam::new(name, 0.0, range)
        .with_step_size(GAIN_STEP)
        .with_value_to_string(Arc::new(gain_text))
        .with_string_to_value(Arc::new(gain_value))
}

fn switch(name: String, on: bool) -> BoolParam {
    BoolParam::new(name, on)
        .with_value_to_string(Arc::new(|on| if on { "On" } else { "Off" }.to_owned()))
        .with_string_to_value(Arc::new(|text| match text.trim().to_ascii_lowercase().as_str() {
            "on" | "yes" | "true" | "1" => Some(true),
            "off" | "no" | "false" | "0" => Some(false),
            _ => None,
        }))
}

/// The level that a fader's position stands for; its end is silence.
fn fader_level(position: f32) -> f32 {
    let position = number(position, 0.0);
    if position <= BOTTOM { f32::NEG_INFINITY } else { position }
}

fn fader_position(level: f32) -> f32 {
    level.max(BOTTOM)
}

/// Hosts have been seen to automate with NaN.
fn number(value: f32, otherwise: f32) -> f32 {
    if value.is_nan() { otherwise } else { value }
}

fn gain_text(position: f32) -> String {
    let level = fader_level(position);
    if level == f32::NEG_INFINITY { "-∞ dB".into() } else { format!("{:.2} dB", level + 0.0) }
}

fn gain_value(text: &str) -> Option<f32> {
    let text = text.trim().to_ascii_lowercase();
    let number = text.strip_suffix("db").unwrap_or(&text).trim().replace(['−', '–'], "-");
    match number.as_str() {
        "-∞" | "-inf" | "-oo" | "off" => Some(BOTTOM),
        number => finite(number),
    }
}

fn balance_text(balance: f32) -> String {
    let percent = (balance * 100.0).round() as i32;
    match percent {
        0 => "C".into(),
        left if left < 0 => format!("L{}", -left),
        right => format!("R{right}"),
    }
}

/// Understands what [`balance_text`] writes, and numbers in percent.
fn balance_value(text: &str) -> Option<f32> {
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

fn finite(number: &str) -> Option<f32> {
    number.parse().ok().filter(|number: &f32| number.is_finite())
}

#[cfg(test)]
impl Default for BusbarParams {
    fn default() -> Self {
        Self::new(Wanted::new(Arc::default(), Arc::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_their_order_never_change() {
        let params = BusbarParams::default();
        let ids: Vec<String> = params.param_map().into_iter().map(|(id, ..)| id).collect();
        let mut expected = vec!["bypass".to_owned(), "master_gain".to_owned()];
        for bus in 1..=BUSES {
            for name in ["gain", "balance", "mute", "to_master"] {
                expected.push(format!("{name}_{bus}"));
            }
        }
        assert_eq!(ids, expected);
    }

    #[test]
    fn every_parameter_is_in_the_session_and_back() {
        let session = Session::default();
        let values: Vec<_> = values_of(&session).collect();
        let ids: Vec<_> = values.iter().map(|(id, _)| id.clone()).collect();
        let map = BusbarParams::default().param_map();
        assert_eq!(ids, map.into_iter().map(|(id, ..)| id).collect::<Vec<_>>());
        for (id, value) in values {
            assert!(set_value(&mut Session::default(), &id, &value), "{id}");
        }
        for unknown in ["", "_", "gain", "gain_0", "gain_9", "gain_x", "nonsense_1", "mute_-1"] {
            let value = ParamValue::F32(0.0);
            assert!(!set_value(&mut Session::default(), unknown, &value), "{unknown}");
        }
    }

    #[test]
    fn text_is_understood_as_it_is_written() {
        for (position, text) in [
            (0.0, "0.00 dB"),
            (-0.0, "0.00 dB"),
            (-6.02, "-6.02 dB"),
            (12.0, "12.00 dB"),
            (BOTTOM, "-∞ dB"),
        ] {
            assert_eq!(gain_text(position), text);
            assert_eq!(gain_value(text), Some(position));
        }
        for (balance, text) in [(0.0, "C"), (-0.5, "L50"), (1.0, "R100"), (0.004, "C")] {
            assert_eq!(balance_text(balance), text);
        }
        for (text, value) in [
            ("-12", Some(-12.0)),
            (" +3 dB ", Some(3.0)),
            ("−6db", Some(-6.0)),
            ("-inf", Some(BOTTOM)),
            ("nan", None),
            ("inf", None),
            ("loud", None),
            ("", None),
        ] {
            assert_eq!(gain_value(text), value, "{text:?}");
        }
        for (text, value) in [
            ("C", Some(0.0)),
            ("l 25", Some(-0.25)),
            ("R100%", Some(1.0)),
            ("-50", Some(-0.5)),
            ("l9999", Some(-1.0)),
            ("left", None),
            ("r", None),
        ] {
            assert_eq!(balance_value(text), value, "{text:?}");
        }
    }

    #[test]
    fn zero_decibels_survive_every_rounding() {
        let gain = &BusbarParams::default().master_gain;
        let normalized = gain.preview_normalized(0.0);
        for wobble in [-3e-7, -1e-7, 0.0, 1e-7, 3e-7] {
            assert_eq!(gain.preview_plain(normalized + wobble), 0.0, "{wobble}");
        }
        assert_eq!(gain.preview_plain(0.0), BOTTOM);
        assert!((normalized - 0.756).abs() < 0.001, "{normalized}");
    }

    #[test]
    fn automation_with_nan_changes_nothing_for_the_worse() {
        assert_eq!(fader_level(f32::NAN), 0.0);
        assert_eq!(number(f32::NAN, 0.0), 0.0);
    }
}
