//! Where a stereo signal is, and how wide.

use std::f32::consts::FRAC_PI_2;

use crate::{Balance, Gain};

/// How loud each side is while a signal goes from one to the other. Both ends are exact: silence on
/// one side, the signal as it is on the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanLaw {
    /// The sum of both sides stays: 6 dB less in the centre. For what is heard in mono as well.
    Sum,
    /// Half-way between the two others: 4.5 dB less in the centre.
    Between,
    /// The power of both sides stays: 3 dB less in the centre.
    Power,
}

impl PanLaw {
    /// Gains of the left and the right side. Realtime-safe.
    pub fn gains(self, position: Balance) -> [Gain; 2] {
        let right = ((position.0 + 1.0) / 2.0).clamp(0.0, 1.0);
        [self.gain(1.0 - right), self.gain(right)]
    }

    fn gain(self, part: f32) -> Gain {
        if part == 0.0 || part == 1.0 {
            return Gain(part);
        }
        let power = (FRAC_PI_2 * part).sin();
        Gain(match self {
            Self::Sum => part,
            Self::Between => (part * power).sqrt(),
            Self::Power => power,
        })
    }
}

/// Makes a signal narrower (0 is mono) or wider (2 has its difference doubled), each frame by its
/// own width; where that is 1 the frame stays as it is, to the bit. Realtime-safe.
///
/// All slices have the same length.
pub fn spread(left: &mut [f32], right: &mut [f32], widths: &[f32]) {
    debug_assert!(left.len() == right.len() && left.len() == widths.len());
    for ((left, right), width) in left.iter_mut().zip(right).zip(widths) {
        let middle = (*left + *right) * 0.5;
        let side = (*left - *right) * 0.5 * width;
        let as_is = *width == 1.0;
        *left = if as_is { *left } else { middle + side };
        *right = if as_is { *right } else { middle - side };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LAWS: [(PanLaw, f32); 3] =
        [(PanLaw::Sum, -6.02), (PanLaw::Between, -4.515), (PanLaw::Power, -3.01)];

    #[test]
    fn ends_are_exact_and_the_centre_is_what_the_law_says() {
        for (law, centre) in LAWS {
            assert_eq!(law.gains(Balance(-1.0)), [Gain::UNITY, Gain::SILENCE]);
            assert_eq!(law.gains(Balance(1.0)), [Gain::SILENCE, Gain::UNITY]);
            for gain in law.gains(Balance::CENTRE) {
                assert!((gain.decibels().0 - centre).abs() < 0.01, "{law:?}: {gain:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn laws_keep_what_they_promise(position in -1.5f32..1.5) {
            let sides = |law: PanLaw| law.gains(Balance(position)).map(|gain| gain.0);
            let [left, right] = sides(PanLaw::Sum);
            prop_assert!((left + right - 1.0).abs() < 1e-6);
            let [left, right] = sides(PanLaw::Power);
            prop_assert!((left * left + right * right - 1.0).abs() < 1e-6);
            for (law, _) in LAWS {
                let mirrored = law.gains(Balance(-position)).map(|gain| gain.0);
                let [left, right] = sides(law);
                prop_assert!((left - mirrored[1]).abs() < 1e-6 && (right - mirrored[0]).abs() < 1e-6);
            }
        }

        #[test]
        fn width_leaves_the_middle_and_scales_the_difference(
            frames in prop::collection::vec((-2f32..2.0, -2f32..2.0), 0..60), width in 0f32..2.0,
        ) {
            let (left, right): (Vec<_>, Vec<_>) = frames.iter().copied().unzip();
            let (mut l, mut r) = (left.clone(), right.clone());
            spread(&mut l, &mut r, &vec![width; left.len()]);
            for n in 0..left.len() {
                prop_assert!((l[n] + r[n] - left[n] - right[n]).abs() < 1e-5);
                prop_assert!((l[n] - r[n] - width * (left[n] - right[n])).abs() < 1e-5);
            }
            let (mut l, mut r) = (left.clone(), right.clone());
            spread(&mut l, &mut r, &vec![1.0; left.len()]);
            prop_assert_eq!((l, r), (left.clone(), right));
            let (mut l, mut r) = (left.clone(), left.clone());
            spread(&mut l, &mut r, &vec![0.0; left.len()]);
            prop_assert_eq!(l, r);
        }
    }
}
