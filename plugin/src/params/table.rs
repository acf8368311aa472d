//! Which parameter stands for what in a session: the one table, in the parameters' order.

use busbar_engine::session::{Law, PanMode, Slope, Strip};
use busbar_engine::{BUSES, Session};
use nih_plug::plugin::ParamValue;

use super::kinds::{fader_level, fader_position, number};

/// A place in `T` that a parameter stands for.
enum Place<T> {
    /// A level whose lowest position is silence.
    Fader(fn(&mut T) -> &mut f32),
    /// A number as it is.
    Number(fn(&mut T) -> &mut f32),
    /// On or off.
    Switch(fn(&mut T) -> &mut bool),
    /// One of several words, by its place among them: how to read it, and to write it.
    Choice(fn(&T) -> i32, fn(&mut T, i32)),
}

use Place::{Choice, Fader, Number, Switch};

type Rows<T> = &'static [(&'static str, Place<T>)];

const MAIN: Rows<Session> = &[
    ("bypass", Switch(|session| &mut session.bypass)),
    ("master_gain", Fader(|session| &mut session.master.gain)),
];

const STRIP: Rows<Strip> = &[
    ("gain", Fader(|strip| &mut strip.gain)),
    ("balance", Number(|strip| &mut strip.balance)),
    ("mute", Switch(|strip| &mut strip.mute)),
    ("to_master", Switch(|strip| &mut strip.to_master)),
];

const LIMITER: Rows<Session> = &[
    ("limiter", Switch(|session| &mut session.master.limiter.on)),
    ("limiter_ceiling", Number(|session| &mut session.master.limiter.ceiling)),
    ("limiter_release", Number(|session| &mut session.master.limiter.release)),
    ("limiter_look_ahead", Number(|session| &mut session.master.limiter.look_ahead)),
];

const CONSOLE: Rows<Strip> = &[
    ("trim", Number(|strip| &mut strip.trim)),
    ("invert_left", Switch(|strip| &mut strip.invert_left)),
    ("invert_right", Switch(|strip| &mut strip.invert_right)),
    ("high_pass", Switch(|strip| &mut strip.high_pass.on)),
    ("high_pass_hertz", Number(|strip| &mut strip.high_pass.hertz)),
    (
        "high_pass_slope",
        Choice(|strip| strip.high_pass.slope as i32, |strip, to| strip.high_pass.slope = slope(to)),
    ),
    (
        "duck_key",
        Choice(
            |strip| strip.ducker.key.into(),
            |strip, to| strip.ducker.key = to.clamp(0, BUSES as i32) as u8,
        ),
    ),
    ("duck_threshold", Number(|strip| &mut strip.ducker.threshold)),
    ("duck_depth", Number(|strip| &mut strip.ducker.depth)),
    ("duck_attack", Number(|strip| &mut strip.ducker.attack)),
    ("duck_hold", Number(|strip| &mut strip.ducker.hold)),
    ("duck_release", Number(|strip| &mut strip.ducker.release)),
    ("width", Number(|strip| &mut strip.width)),
    ("pan_mode", Choice(|strip| strip.pan.mode as i32, |strip, to| strip.pan.mode = mode(to))),
    ("pan_law", Choice(|strip| strip.pan.law as i32, |strip, to| strip.pan.law = law(to))),
    ("pan_left", Number(|strip| &mut strip.pan.left)),
    ("pan_right", Number(|strip| &mut strip.pan.right)),
    ("meter_before", Switch(|strip| &mut strip.meter_before)),
];

/// The words for slopes, in the order of [`slope`].
pub const SLOPES: &[&str] = &["12 dB", "24 dB"];
/// The words for keys: a bus's number is its place.
pub const KEYS: &[&str] =
    &["Off", "Bus 1", "Bus 2", "Bus 3", "Bus 4", "Bus 5", "Bus 6", "Bus 7", "Bus 8"];
/// The words for pan modes, in the order of [`mode`].
pub const MODES: &[&str] = &["Balance", "Dual", "Mono"];
/// The words for pan laws, in the order of [`law`].
pub const LAWS: &[&str] = &["-3 dB", "-4.5 dB", "-6 dB"];

/// The slope at a place in [`SLOPES`].
pub fn slope(at: i32) -> Slope {
    if at == 1 { Slope::Db24 } else { Slope::Db12 }
}

/// The mode at a place in [`MODES`].
pub fn mode(at: i32) -> PanMode {
    match at {
        1 => PanMode::Dual,
        2 => PanMode::Mono,
        _ => PanMode::Balance,
    }
}

/// The law at a place in [`LAWS`].
pub fn law(at: i32) -> Law {
    match at {
        1 => Law::Minus4_5,
        2 => Law::Minus6,
        _ => Law::Minus3,
    }
}

impl<T: Clone> Place<T> {
    fn value(&self, of: &T) -> ParamValue {
        match self {
            Fader(place) => ParamValue::F32(fader_position(*place(&mut of.clone()))),
            Number(place) => ParamValue::F32(*place(&mut of.clone())),
            Switch(place) => ParamValue::Bool(*place(&mut of.clone())),
            Choice(read, _) => ParamValue::I32(read(of)),
        }
    }

    /// False where the value is of another kind.
    fn set(&self, of: &mut T, value: &ParamValue) -> bool {
        match (self, value) {
            (Fader(place), ParamValue::F32(position)) => *place(of) = fader_level(*position),
            (Number(place), ParamValue::F32(to)) => {
                let place = place(of);
                *place = number(*to, *place);
            }
            (Switch(place), ParamValue::Bool(on)) => *place(of) = *on,
            (Choice(_, write), ParamValue::I32(at)) => write(of, *at),
            _ => return false,
        }
        true
    }
}

/// A session as values of parameters, by id, in the parameters' order.
pub fn values_of(session: &Session) -> impl Iterator<Item = (String, ParamValue)> {
    let own =
        |rows: Rows<Session>| rows.iter().map(|(id, place)| (id.to_string(), place.value(session)));
    let of_strips = |rows: Rows<Strip>| {
        session.strips.iter().zip(1..).flat_map(move |(strip, bus)| {
            rows.iter().map(move |(name, place)| (format!("{name}_{bus}"), place.value(strip)))
        })
    };
    own(MAIN).chain(of_strips(STRIP)).chain(own(LIMITER)).chain(of_strips(CONSOLE))
}

/// Writes the value of one parameter into a session; false for an id that there is not.
pub fn set_value(session: &mut Session, id: &str, value: &ParamValue) -> bool {
    if let Some((_, place)) = MAIN.iter().chain(LIMITER).find(|(name, _)| *name == id) {
        return place.set(session, value);
    }
    let Some((name, bus)) = id.rsplit_once('_') else { return false };
    let strip = bus.parse().ok().and_then(|bus: usize| session.strips.get_mut(bus.checked_sub(1)?));
    let place = STRIP.iter().chain(CONSOLE).find(|(known, _)| *known == name);
    match (strip, place) {
        (Some(strip), Some((_, place))) => place.set(strip, value),
        _ => false,
    }
}
