//! The width of a stereo picture: how much there is of the difference between the sides.

use super::{STEP, Sides};
use crate::Ramp;

/// A width as a factor for the difference: 0 is mono, 1 is as it was, 2 is twice as wide.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Width(pub f32);

impl Width {
    /// As it was.
    pub const NATURAL: Self = Self(1.0);
}

/// Makes both sides as wide as `width` says, which is a ramp of [`Width`] factors; at 1 it leaves
/// them alone. Realtime-safe.
pub fn widen(width: &Ramp, frame: u64, sides: &mut Sides, frames: usize) {
    if width.settled(frame) == Some(1.0) {
        return;
    }
    let mut widths = [0.0; STEP];
    width.fill(frame, &mut widths[..frames]);
    let [left, right] = sides;
    for ((left, right), width) in left[..frames].iter_mut().zip(&mut right[..frames]).zip(widths) {
        let more = (*left - *right) * ((width - 1.0) * 0.5);
        (*left, *right) = (*left + more, *right - more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_middle_stays_and_the_difference_scales(
            left in prop::array::uniform32(-1f32..1.0), right in prop::array::uniform32(-1f32..1.0),
            width in 0f32..2.0,
        ) {
            let mut sides = [[0.0; STEP]; 2];
            sides[0][..32].copy_from_slice(&left);
            sides[1][..32].copy_from_slice(&right);
            widen(&Ramp::steady(width), 7, &mut sides, 32);
            for i in 0..32 {
                let (mid, side) = (left[i] + right[i], left[i] - right[i]);
                prop_assert!((sides[0][i] + sides[1][i] - mid).abs() < 1e-6);
                prop_assert!((sides[0][i] - sides[1][i] - width * side).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn natural_is_untouched_to_the_bit() {
        let mut sides = [[-0.0, 1e-40].repeat(32).try_into().unwrap(), [0.3; STEP]];
        let before = sides.map(|side: [f32; STEP]| side.map(f32::to_bits));
        widen(&Ramp::steady(Width::NATURAL.0), 0, &mut sides, STEP);
        assert_eq!(sides.map(|side| side.map(f32::to_bits)), before);
    }
}
