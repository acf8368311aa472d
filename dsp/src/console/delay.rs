//! A delay by whole frames, which keeps one path in step with another.

use super::Sides;

/// Both sides, some frames later.
#[derive(Debug)]
pub struct Delay {
    rings: [Box<[f32]>; 2],
    /// The oldest frame.
    at: usize,
}

impl Delay {
    /// A delay by `frames`, which may be 0. Allocates.
    pub fn new(frames: u32) -> Self {
        let ring = || vec![0.0; frames as usize].into_boxed_slice();
        Self { rings: [ring(), ring()], at: 0 }
    }

    /// By how many frames. Realtime-safe.
    pub fn frames(&self) -> u32 {
        self.rings[0].len() as u32
    }

    /// Puts a stretch in and the earlier one in its place. Realtime-safe.
    pub fn run(&mut self, sides: &mut Sides, frames: usize) {
        let length = self.rings[0].len();
        if length == 0 {
            return;
        }
        let mut done = 0;
        while done < frames {
            let count = (frames - done).min(length - self.at);
            for (side, ring) in sides.iter_mut().zip(&mut self.rings) {
                side[done..done + count].swap_with_slice(&mut ring[self.at..self.at + count]);
            }
            self.at = (self.at + count) % length;
            done += count;
        }
    }

    /// Forgets what is on its way. Realtime-safe.
    pub fn clear(&mut self) {
        self.rings.iter_mut().for_each(|ring| ring.fill(0.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::STEP;
    use crate::console::testing::sides_of;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out_later_to_the_bit(
            length in 0u32..300, cuts in prop::collection::vec(0usize..=STEP, 1..60),
        ) {
            let mut delay = Delay::new(length);
            let (mut frame, mut heard) = (0u32, vec![]);
            for cut in cuts {
                let mut sides = sides_of(cut, |_| {
                    frame += 1;
                    [frame as f32, -(frame as f32)]
                });
                delay.run(&mut sides, cut);
                prop_assert!((0..cut).all(|i| sides[1][i] == -sides[0][i]));
                heard.extend_from_slice(&sides[0][..cut]);
            }
            for (i, value) in (1..).zip(heard) {
                prop_assert_eq!(value, (i as u32).saturating_sub(length) as f32);
            }
            delay.clear();
            let mut sides = [[1.0; STEP]; 2];
            delay.run(&mut sides, STEP.min(length as usize));
            prop_assert!(sides[0][..STEP.min(length as usize)].iter().all(|x| *x == 0.0));
        }
    }
}
