//! What the controls ask for right now: plain values, read from the host's parameters once for
//! each sub-block. Ramps towards them live in the engine.

use busbar_dsp::Decibels;
use busbar_dsp::console::ducker::Ducking;
use busbar_dsp::console::highpass::Corner;
use busbar_dsp::console::limiter::Limit;
use busbar_dsp::console::pan::Placing;
use busbar_dsp::console::width::Width;

use crate::BUSES;
use crate::keys::Keys;

/// One bus, in the order in which its signal comes by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StripTargets {
    /// What the signal is brought to before anything else.
    pub trim: Decibels,
    /// Left and right upside down.
    pub inverted: [bool; 2],
    /// What takes the low frequencies away, if anything.
    pub high_pass: Option<Corner>,
    /// The bus, counted from 0, that this one makes room for, if any.
    pub key: Option<usize>,
    /// How it does that.
    pub ducking: Ducking,
    /// How wide it is.
    pub width: Width,
    /// Where it is in the picture.
    pub placing: Placing,
    /// The fader.
    pub gain: Decibels,
    /// Silence.
    pub mute: bool,
    /// Whether the bus is part of the programme; its meter shows it either way.
    pub to_master: bool,
    /// The meter looks at the bus before placing, fader and mute, and not after.
    pub metered_before: bool,
}

impl Default for StripTargets {
    fn default() -> Self {
        Self {
            trim: Decibels::UNITY,
            inverted: [false; 2],
            high_pass: None,
            key: None,
            ducking: Ducking::default(),
            width: Width::NATURAL,
            placing: Placing::default(),
            gain: Decibels::UNITY,
            mute: false,
            to_master: true,
            metered_before: false,
        }
    }
}

/// Every control that the engine follows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Targets {
    /// The buses.
    pub strips: [StripTargets; BUSES],
    /// The master section.
    pub master: Master,
    /// The main output is the main input.
    pub bypass: bool,
    /// The reference is to be heard in place of the programme; where, [`monitor`](crate::monitor)
    /// says.
    pub hear_reference: bool,
    /// What is pressed on the monitor.
    pub keys: Keys,
}

/// The master section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Master {
    /// The fader.
    pub gain: Decibels,
    /// What the limiter keeps to, if anything. It can only where there is
    /// [one](crate::Engine::fit_limiter).
    pub limit: Option<Limit>,
}

impl Default for Master {
    fn default() -> Self {
        Self { gain: Decibels::UNITY, limit: None }
    }
}
