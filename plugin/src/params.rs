//! The host's parameters: ids that never change, ranges, and text both ways.

mod console;
mod kinds;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use busbar_engine::BUSES;
use busbar_engine::keys::Keys;
use busbar_engine::session;
use busbar_engine::targets::Targets;
use nih_plug::prelude::*;

pub use console::{ConsoleParams, LimiterParams};
pub use kinds::BOTTOM;
pub use table::{set_value, values_of};

use kinds::{fader_level, gain, number, switch};

use crate::decks::Wanted;
use crate::editor::Size;

/// Everything a host can automate. The ids are part of every saved project: they are added to, at
/// the end, and never changed. Those of strips get the bus's number: `gain_1` … `gain_8`. Which of
/// them stands for what in a session, `table` says.
#[derive(Params)]
pub struct BusbarParams {
    /// The main output is the main input.
    #[id = "bypass"]
    pub bypass: BoolParam,
    /// The master fader.
    #[id = "master_gain"]
    pub master_gain: FloatParam,
    /// The eight buses: what is at hand all the time.
    #[nested(array, group = "Bus")]
    pub strips: [StripParams; BUSES],
    /// What comes after the master fader.
    #[nested(group = "Limiter")]
    pub limiter: LimiterParams,
    /// The eight buses: everything else.
    #[nested(array, group = "Bus")]
    pub consoles: [ConsoleParams; BUSES],
    /// What the decks are to hold: no parameter, but saved beside them.
    #[persist = "decks"]
    pub wanted: Arc<Wanted>,
    /// How large the editor's window is: likewise.
    #[persist = "window"]
    pub size: Arc<Size>,
}

/// One bus: what is at hand all the time.
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

impl BusbarParams {
    /// Everything at its default.
    pub fn new(wanted: Arc<Wanted>) -> Self {
        Self {
            bypass: switch("Bypass".into(), false).make_bypass(),
            master_gain: gain("Master Gain"),
            strips: std::array::from_fn(|i| StripParams::new(i + 1)),
            limiter: LimiterParams::new(),
            consoles: std::array::from_fn(|i| ConsoleParams::new(i + 1)),
            wanted,
            size: Arc::default(),
        }
    }

    /// What the engine shall do now. Realtime-safe: reads atomics only.
    pub fn targets(&self) -> Targets {
        Targets {
            strips: std::array::from_fn(|i| self.strip(i).targets()),
            master: self.master().targets(),
            bypass: self.bypass.value(),
            // Where one listens is no parameter.
            hear_reference: false,
            keys: Keys::default(),
        }
    }

    /// The master as a session has it. Realtime-safe: reads atomics only.
    pub fn master(&self) -> session::Master {
        let limiter = self.limiter.session();
        session::Master { gain: fader_level(self.master_gain.value()), limiter }
    }

    fn strip(&self, bus: usize) -> session::Strip {
        let strip = &self.strips[bus];
        session::Strip {
            gain: fader_level(strip.gain.value()),
            balance: number(strip.balance.value(), 0.0),
            mute: strip.mute.value(),
            to_master: strip.to_master.value(),
            ..self.consoles[bus].session()
        }
    }
}

impl StripParams {
    fn new(bus: usize) -> Self {
        Self {
            gain: gain(&format!("Bus {bus} Gain")),
            balance: kinds::position(format!("Bus {bus} Balance"), 0.0),
            mute: switch(format!("Bus {bus} Mute"), false),
            to_master: switch(format!("Bus {bus} To Master"), true),
        }
    }
}

#[cfg(test)]
impl Default for BusbarParams {
    fn default() -> Self {
        Self::new(Wanted::new(Arc::default(), Arc::default()))
    }
}
