//! Where a bus is in the picture: balance, dual pan, mono pan, and the laws of the pans.

use crate::{Balance, Gain};

/// A place between the loudspeakers: −1 is left, 0 the middle, +1 right.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Position(pub f32);

impl Position {
    /// All the way to the left.
    pub const LEFT: Self = Self(-1.0);
    /// The middle.
    pub const CENTRE: Self = Self(0.0);
    /// All the way to the right.
    pub const RIGHT: Self = Self(1.0);
}

/// How loud each side is in the middle, compared with a signal that is all the way on that side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PanLaw {
    /// −3 dB: the same power everywhere, for rooms and loudspeakers.
    #[default]
    ConstantPower,
    /// −4.5 dB: halfway between the two others.
    Between,
    /// −6 dB: the same sum everywhere, for what is heard in mono.
    ConstantSum,
}

impl PanLaw {
    /// Gains of the left and the right side at a position; exact at both ends. Realtime-safe.
    pub fn gains(self, at: Position) -> [Gain; 2] {
        let to_right = (at.0 * 0.5 + 0.5).clamp(0.0, 1.0);
        // The quarter circle does not quite end at 0.
        if to_right == 0.0 || to_right == 1.0 {
            return [Gain(1.0 - to_right), Gain(to_right)];
        }
        let sum = [1.0 - to_right, to_right];
        let power = [1.0 - to_right, to_right].map(|x| (x * std::f32::consts::FRAC_PI_2).sin());
        match self {
            Self::ConstantPower => power.map(Gain),
            Self::ConstantSum => sum.map(Gain),
            Self::Between => [0, 1].map(|side| Gain((power[side] * sum[side]).sqrt())),
        }
    }
}

/// How a bus is placed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Placing {
    /// Turns one side down and leaves the other as it is; nothing is lost in the middle.
    Balance(Balance),
    /// Each side has a place of its own.
    Dual {
        /// The left side's.
        left: Position,
        /// The right side's.
        right: Position,
        /// What happens on the way.
        law: PanLaw,
    },
    /// The sum of both sides, halved, at one place.
    Mono {
        /// Where.
        at: Position,
        /// What happens on the way.
        law: PanLaw,
    },
}

impl Default for Placing {
    fn default() -> Self {
        Self::Balance(Balance::CENTRE)
    }
}

/// How much of each side goes to each side: `matrix[to][from]`, 0 left and 1 right.
pub type Matrix = [[f32; 2]; 2];

impl Placing {
    /// The gains that it stands for. Realtime-safe.
    pub fn matrix(self) -> Matrix {
        match self {
            Self::Balance(balance) => {
                let [left, right] = balance.gains();
                [[left.0, 0.0], [0.0, right.0]]
            }
            Self::Dual { left, right, law } => {
                let (left, right) = (law.gains(left), law.gains(right));
                [[left[0].0, right[0].0], [left[1].0, right[1].0]]
            }
            Self::Mono { at, law } => law.gains(at).map(|gain| [gain.0 * 0.5; 2]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LAWS: [(PanLaw, f32); 3] =
        [(PanLaw::ConstantPower, -3.01), (PanLaw::Between, -4.515), (PanLaw::ConstantSum, -6.02)];

    #[test]
    fn laws_are_named_after_their_middle_and_exact_at_their_ends() {
        for (law, centre) in LAWS {
            for gain in law.gains(Position::CENTRE) {
                assert!((gain.decibels().0 - centre).abs() < 0.01, "{law:?}: {gain:?}");
            }
            assert_eq!(law.gains(Position::LEFT), [Gain::UNITY, Gain::SILENCE]);
            assert_eq!(law.gains(Position::RIGHT), [Gain::SILENCE, Gain::UNITY]);
        }
    }

    #[test]
    fn defaults_leave_everything_as_it_is() {
        let unity = [[1.0, 0.0], [0.0, 1.0]];
        assert_eq!(Placing::default().matrix(), unity);
        for (law, _) in LAWS {
            let wide = Placing::Dual { left: Position::LEFT, right: Position::RIGHT, law };
            assert_eq!(wide.matrix(), unity);
        }
    }

    #[test]
    fn a_mono_source_is_the_same_from_either_side() {
        for (law, centre) in LAWS {
            let matrix = Placing::Mono { at: Position::CENTRE, law }.matrix();
            for row in matrix {
                assert_eq!(row[0], row[1]);
                // The same on both inputs comes out at the law's level.
                assert!((Gain(row[0] + row[1]).decibels().0 - centre).abs() < 0.01);
            }
            let matrix = Placing::Mono { at: Position::RIGHT, law }.matrix();
            assert_eq!(matrix, [[0.0, 0.0], [0.5, 0.5]]);
        }
    }

    proptest! {
        #[test]
        fn laws_keep_what_they_are_there_to_keep(at in -1f32..=1.0) {
            let at = Position(at);
            let squares = |gains: [Gain; 2]| gains.iter().map(|gain| gain.0 * gain.0).sum::<f32>();
            let sum = |gains: [Gain; 2]| gains[0].0 + gains[1].0;
            prop_assert!((squares(PanLaw::ConstantPower.gains(at)) - 1.0).abs() < 1e-6);
            prop_assert!((sum(PanLaw::ConstantSum.gains(at)) - 1.0).abs() < 1e-6);
            for (law, _) in LAWS {
                let [left, right] = law.gains(at);
                let [mirrored_right, mirrored_left] = law.gains(Position(-at.0));
                prop_assert!((left.0 - mirrored_left.0).abs() < 1e-6);
                prop_assert!((right.0 - mirrored_right.0).abs() < 1e-6);
                prop_assert!((0.0..=1.0).contains(&left.0) && (0.0..=1.0).contains(&right.0));
            }
        }
    }
}
