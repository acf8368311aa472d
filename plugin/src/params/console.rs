//! What is not at hand all the time: a bus's trim, filter, ducker, width and pan; the limiter.

use busbar_engine::session::{self, Ducker, HighPass, Limiter, Pan, Strip};
use nih_plug::prelude::*;

use super::kinds::{Quantity, choice, number, position, switch};
use super::table::{KEYS, LAWS, MODES, SLOPES, law, mode, slope};

/// The master's limiter. Neither its being there nor its look-ahead can change without the latency
/// changing, so no host may automate them.
#[derive(Params)]
pub struct LimiterParams {
    /// It is there.
    #[id = "limiter"]
    pub on: BoolParam,
    /// The true peak that is not exceeded.
    #[id = "limiter_ceiling"]
    pub ceiling: FloatParam,
    /// How fast it lets go.
    #[id = "limiter_release"]
    pub release: FloatParam,
    /// How far it looks ahead.
    #[id = "limiter_look_ahead"]
    pub look_ahead: FloatParam,
}

/// One bus: trim, filter, ducker, width and pan.
#[derive(Params)]
pub struct ConsoleParams {
    /// What the signal is brought to before anything else.
    #[id = "trim"]
    pub trim: FloatParam,
    /// The left side is upside down.
    #[id = "invert_left"]
    pub invert_left: BoolParam,
    /// The right side is upside down.
    #[id = "invert_right"]
    pub invert_right: BoolParam,
    /// The low frequencies are taken away.
    #[id = "high_pass"]
    pub high_pass: BoolParam,
    /// Below where.
    #[id = "high_pass_hertz"]
    pub high_pass_hertz: FloatParam,
    /// How fast it gets quieter there.
    #[id = "high_pass_slope"]
    pub high_pass_slope: IntParam,
    /// The bus that this one makes room for.
    #[id = "duck_key"]
    pub duck_key: IntParam,
    /// From which level of the key on.
    #[id = "duck_threshold"]
    pub duck_threshold: FloatParam,
    /// How far down.
    #[id = "duck_depth"]
    pub duck_depth: FloatParam,
    /// All the way down in this time.
    #[id = "duck_attack"]
    pub duck_attack: FloatParam,
    /// How long it stays down.
    #[id = "duck_hold"]
    pub duck_hold: FloatParam,
    /// All the way up in this time.
    #[id = "duck_release"]
    pub duck_release: FloatParam,
    /// How wide it is.
    #[id = "width"]
    pub width: FloatParam,
    /// What its places mean.
    #[id = "pan_mode"]
    pub pan_mode: IntParam,
    /// How loud the middle is.
    #[id = "pan_law"]
    pub pan_law: IntParam,
    /// Where the left side is.
    #[id = "pan_left"]
    pub pan_left: FloatParam,
    /// Where the right side is.
    #[id = "pan_right"]
    pub pan_right: FloatParam,
    /// The meter looks at the bus before placing, fader and mute.
    #[id = "meter_before"]
    pub meter_before: BoolParam,
}

impl LimiterParams {
    pub(super) fn new() -> Self {
        let Limiter { on, ceiling, release, look_ahead } = Limiter::default();
        let of_ceiling = Quantity { unit: "dBTP", ..Quantity::decibels(session::CEILING_RANGE) };
        let of_look_ahead = Quantity {
            step: 0.1,
            by_ratio: false,
            ..Quantity::milliseconds(session::LOOK_AHEAD_RANGE)
        };
        let of_release = Quantity::milliseconds(session::LIMITER_RELEASE_RANGE);
        Self {
            on: switch("Limiter".into(), on).non_automatable(),
            ceiling: of_ceiling.param("Limiter Ceiling".into(), ceiling),
            release: of_release.param("Limiter Release".into(), release),
            look_ahead: of_look_ahead
                .param("Limiter Look-Ahead".into(), look_ahead)
                .non_automatable(),
        }
    }

    /// Realtime-safe.
    pub(super) fn session(&self) -> Limiter {
        let default = Limiter::default();
        Limiter {
            on: self.on.value(),
            ceiling: number(self.ceiling.value(), default.ceiling),
            release: number(self.release.value(), default.release),
            look_ahead: number(self.look_ahead.value(), default.look_ahead),
        }
    }
}

impl ConsoleParams {
    pub(super) fn new(bus: usize) -> Self {
        let Strip { trim, width, high_pass, ducker, pan, .. } = Strip::default();
        let name = |what: &str| format!("Bus {bus} {what}");
        let of_hertz =
            Quantity { range: session::CORNER_RANGE, step: 1.0, unit: "Hz", by_ratio: true };
        let of_width =
            Quantity { range: session::WIDTH_RANGE, step: 1.0, unit: "%", by_ratio: false };
        let levels = Quantity::decibels;
        let times = Quantity::milliseconds;
        Self {
            trim: levels(session::TRIM_RANGE).param(name("Trim"), trim),
            invert_left: switch(name("Invert Left"), false),
            invert_right: switch(name("Invert Right"), false),
            high_pass: switch(name("High-Pass"), high_pass.on),
            high_pass_hertz: of_hertz.param(name("High-Pass Frequency"), high_pass.hertz),
            high_pass_slope: choice(name("High-Pass Slope"), SLOPES),
            duck_key: choice(name("Duck For"), KEYS),
            duck_threshold: levels(session::THRESHOLD_RANGE)
                .param(name("Duck Threshold"), ducker.threshold),
            duck_depth: levels(session::DEPTH_RANGE).param(name("Duck Depth"), ducker.depth),
            duck_attack: times(session::ATTACK_RANGE).param(name("Duck Attack"), ducker.attack),
            duck_hold: times(session::HOLD_RANGE).param(name("Duck Hold"), ducker.hold),
            duck_release: times(session::RELEASE_RANGE).param(name("Duck Release"), ducker.release),
            width: of_width.param(name("Width"), width),
            pan_mode: choice(name("Pan Mode"), MODES),
            pan_law: choice(name("Pan Law"), LAWS),
            pan_left: position(name("Pan Left"), pan.left),
            pan_right: position(name("Pan Right"), pan.right),
            meter_before: switch(name("Meter Before Fader"), false),
        }
    }

    /// Realtime-safe.
    pub(super) fn session(&self) -> Strip {
        let default = Strip::default();
        Strip {
            trim: number(self.trim.value(), default.trim),
            invert_left: self.invert_left.value(),
            invert_right: self.invert_right.value(),
            width: number(self.width.value(), default.width),
            meter_before: self.meter_before.value(),
            high_pass: HighPass {
                on: self.high_pass.value(),
                hertz: number(self.high_pass_hertz.value(), default.high_pass.hertz),
                slope: slope(self.high_pass_slope.value()),
            },
            ducker: self.ducker(),
            pan: Pan {
                mode: mode(self.pan_mode.value()),
                law: law(self.pan_law.value()),
                left: number(self.pan_left.value(), default.pan.left),
                right: number(self.pan_right.value(), default.pan.right),
            },
            ..default
        }
    }

    fn ducker(&self) -> Ducker {
        let default = Ducker::default();
        Ducker {
            key: u8::try_from(self.duck_key.value()).unwrap_or(default.key),
            threshold: number(self.duck_threshold.value(), default.threshold),
            depth: number(self.duck_depth.value(), default.depth),
            attack: number(self.duck_attack.value(), default.attack),
            hold: number(self.duck_hold.value(), default.hold),
            release: number(self.duck_release.value(), default.release),
        }
    }
}
