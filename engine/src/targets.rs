//! What the controls ask for right now: plain values, read from the host's parameters once for
//! each sub-block. Ramps towards them live in the engine.

use busbar_dsp::{Balance, Decibels};

use crate::BUSES;

/// One bus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StripTargets {
    /// The fader.
    pub gain: Decibels,
    /// The balance.
    pub balance: Balance,
    /// Silence, before the meter.
    pub mute: bool,
    /// Whether the bus is part of the programme; its meter shows it either way.
    pub to_master: bool,
}

impl Default for StripTargets {
    fn default() -> Self {
        Self { gain: Decibels::UNITY, balance: Balance::CENTRE, mute: false, to_master: true }
    }
}

/// Every control that the engine follows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Targets {
    /// The buses.
    pub strips: [StripTargets; BUSES],
    /// The master fader.
    pub master: Master,
    /// The main output is the main input.
    pub bypass: bool,
    /// The reference is to be heard in place of the programme; where, [`monitor`](crate::monitor)
    /// says.
    pub hear_reference: bool,
}

/// The master section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Master {
    /// The fader.
    pub gain: Decibels,
}

impl Default for Master {
    fn default() -> Self {
        Self { gain: Decibels::UNITY }
    }
}
