//! Which channels are measured together, and how much each counts.

/// Where a channel is heard from, as far as loudness cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Ahead, behind and above.
    Plain,
    /// At the side, 60° to 120° from ahead and not above: counted 1.5 dB more.
    Side,
    /// Low frequency effects: not counted.
    Effects,
    /// The only channel, to be heard from two loudspeakers.
    Dual,
}

impl Position {
    /// By how much its energy counts. Realtime-safe.
    pub fn weight(self) -> f64 {
        match self {
            Self::Plain => 1.0,
            Self::Side => 1.41,
            Self::Effects => 0.0,
            Self::Dual => 2.0,
        }
    }
}

use Position::{Dual, Effects, Plain, Side};

/// One loudspeaker.
pub const MONO: &[Position] = &[Plain];
/// One channel as it sounds from two loudspeakers: 3 LU more.
pub const DUAL_MONO: &[Position] = &[Dual];
/// Left, right.
pub const STEREO: &[Position] = &[Plain; 2];
/// Left, right, centre, effects, and both surrounds, which are at the side.
pub const SURROUND_5_1: &[Position] = &[Plain, Plain, Plain, Effects, Side, Side];
/// Left, right, centre, effects, both behind, both at the side.
pub const SURROUND_7_1: &[Position] = &[Plain, Plain, Plain, Effects, Plain, Plain, Side, Side];
/// The same and four above.
pub const SURROUND_7_1_4: &[Position] =
    &[Plain, Plain, Plain, Effects, Plain, Plain, Side, Side, Plain, Plain, Plain, Plain];
