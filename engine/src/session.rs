//! The one model of everything that is saved: a plug-in's state in a host's project, presets, the
//! files that a render takes, and the program's autosave are all this, written as TOML.
//!
//! ```toml
//! version = 2
//! bypass = false
//!
//! [master]
//! gain = 0.0          # decibels, -inf is silence
//!
//! [master.limiter]
//! on = true
//! ceiling = -1.0      # dBTP: -20 to 0
//! release = 100.0     # milliseconds: 10 to 1000
//! look_ahead = 3.0    # milliseconds: 0 to 10
//!
//! [[strip]]           # up to eight, in the order of the buses
//! trim = 0.0          # decibels: -24 to 24
//! invert_left = false
//! invert_right = false
//! width = 100.0       # percent: 0 to 200
//! gain = -3.0         # decibels: -80 to 12, or -inf
//! balance = 0.0       # -1 left, 0 centre, 1 right
//! mute = false
//! to_master = true
//! meter_before = false # before placing, fader and mute
//!
//! [strip.high_pass]
//! on = true
//! hertz = 80.0        # 20 to 400
//! slope = "12 dB"     # or "24 dB"
//!
//! [strip.ducker]
//! key = 2             # makes room for bus 2; 0 for none
//! threshold = -30.0   # decibels: -60 to 0
//! depth = 12.0        # decibels: 0 to 60
//! attack = 20.0       # milliseconds: 1 to 500
//! hold = 300.0        # 10 to 2000
//! release = 500.0     # 10 to 5000
//!
//! [strip.pan]
//! mode = "balance"    # or "dual", or "mono"
//! law = "-3 dB"       # or "-4.5 dB", or "-6 dB"
//! left = -1.0         # for "dual"; the others look at the balance
//! right = 1.0
//!
//! [[deck]]            # up to eight, in the order of the buses
//! path = "/music/jingle.flac"
//! looping = false
//!
//! [reference]
//! path = "/music/that-record.flac"
//! looping = true
//!
//! [window]            # where somebody has made it larger or smaller
//! width = 1400        # points: 1 to 16384
//! height = 900
//! ```
//!
//! A path in a file that somebody wrote may be relative to that file's folder; whoever opens the
//! file makes it absolute. In a host's state all paths are absolute.
//!
//! What a file leaves out has its default. What it says that nobody understands is an error, not a
//! guess: a mistyped name would otherwise be lost at the next save.

mod console;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

pub use self::console::*;
use crate::BUSES;
use crate::keys::Keys;
use crate::targets::Targets;

/// The newest version of the model, and the one that is written.
pub const VERSION: u32 = 2;

/// No session is larger. A host that announces more is not believed.
pub const MAX_BYTES: usize = 1 << 20;

/// The last line of a session that Busbar saved: without it, the end is missing. A TOML file that
/// was cut off between two entries would otherwise pass for a shorter one.
const END: &str = "# end of session";

/// No path of a file is longer on any system.
pub const MAX_PATH: usize = 32 << 10;

/// No window is larger, in points.
pub const MAX_POINTS: u32 = 16_384;

/// Everything that is saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    version: u32,
    /// The main output is the main input.
    #[serde(default)]
    pub bypass: bool,
    /// The master section.
    #[serde(default)]
    pub master: Master,
    /// The eight buses.
    #[serde(rename = "strip", default, deserialize_with = "up_to_eight")]
    pub strips: [Strip; BUSES],
    /// What is on the eight decks.
    #[serde(rename = "deck", default, deserialize_with = "up_to_eight")]
    pub decks: [Source; BUSES],
    /// What is compared with.
    #[serde(default)]
    pub reference: Source,
    /// How large the editor's window is, where somebody has changed that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// The size of the editor's window in points, so that it means the same on every screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

/// A file to play. It is remembered also when it is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Source {
    /// Where it is; empty for none.
    pub path: String,
    /// Begins again when it has come to its end.
    pub looping: bool,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            version: VERSION,
            bypass: false,
            master: Master::default(),
            strips: [Strip::default(); BUSES],
            decks: Default::default(),
            reference: Source::default(),
            window: None,
        }
    }
}

/// Why a session was refused, in words for the person whose session it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

impl Session {
    /// Reads what [`write`](Self::write) gave, from a place that may have lost some of it.
    ///
    /// # Errors
    /// Like [`read`](Self::read), and when the end is missing.
    pub fn restore(bytes: &[u8]) -> Result<Self, Refusal> {
        // Looked at before the end: of a newer version nobody knows how it ends.
        let session = Self::read(bytes)?;
        match bytes.trim_ascii_end().ends_with(END.as_bytes()) {
            true => Ok(session),
            false => Err(Refusal("the session is cut off: its end is missing".into())),
        }
    }

    /// Reads a session of any version up to [`VERSION`] from bytes that nobody has vouched for,
    /// say a file that somebody wrote by hand.
    ///
    /// # Errors
    /// Says what is wrong, on which line, and what was expected.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > MAX_BYTES {
            let size = bytes.len();
            return Err(Refusal(format!(
                "the session has {size} bytes, and no session has more than {MAX_BYTES}"
            )));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Refusal(format!("the session is not text: {error}")))?;
        match parse::<Versioned>(text)?.version {
            1..=VERSION => {}
            0 => return Err(Refusal("session version 0 has never existed".into())),
            newer => {
                return Err(Refusal(format!(
                    "the session was saved by a newer Busbar (session version {newer}, this one \
                     reads up to {VERSION}): update Busbar to open it"
                )));
            }
        }
        // What has come since has its default, so an older session is one of the newest version.
        let session = Self { version: VERSION, ..parse(text)? };
        session.check()?;
        Ok(session)
    }

    /// The session as text; the same session always gives the same bytes.
    pub fn write(&self) -> String {
        let toml = toml::to_string(self).expect("a struct of numbers and flags has a TOML form");
        format!("{toml}\n{END}")
    }

    /// Every file to play: those of the decks, then the reference.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.decks.iter().chain([&self.reference])
    }

    /// The same, to be changed.
    pub fn sources_mut(&mut self) -> impl Iterator<Item = &mut Source> {
        self.decks.iter_mut().chain([&mut self.reference])
    }

    /// What the engine is asked for.
    pub fn targets(&self) -> Targets {
        Targets {
            strips: self.strips.map(|strip| strip.targets()),
            master: self.master.targets(),
            bypass: self.bypass,
            // Where one listens is not part of the work.
            hear_reference: false,
            keys: Keys::default(),
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        self.master.check().map_err(Refusal)?;
        for (strip, number) in self.strips.iter().zip(1..) {
            strip.check(number).map_err(Refusal)?;
        }
        if let Some(Window { width, height }) = self.window
            && [width, height].iter().any(|points| !(1..=MAX_POINTS).contains(points))
        {
            return Err(Refusal(format!(
                "the window is {width} by {height} points, and has to be from 1 to {MAX_POINTS}"
            )));
        }
        match self.sources().map(|source| source.path.len()).find(|length| *length > MAX_PATH) {
            Some(length) => {
                Err(Refusal(format!("a path has {length} bytes, more than {MAX_PATH}")))
            }
            None => Ok(()),
        }
    }
}

/// Looked at first, so that a newer version is called that, and not a list of unknown fields.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Refusal> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        Refusal(format!("line {line} of the session: {}", error.message()))
    })
}

/// A list that may be shorter than it could be, but not longer.
fn up_to_eight<'de, D, T>(from: D) -> Result<[T; BUSES], D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    let given = Vec::<T>::deserialize(from)?;
    if given.len() > BUSES {
        let count = given.len();
        return Err(serde::de::Error::custom(format!("{count} entries, and there are {BUSES}")));
    }
    let mut given = given.into_iter();
    Ok(std::array::from_fn(|_| given.next().unwrap_or_default()))
}
