//! What of the picture is heard on the monitor.

use super::pan::Matrix;
use super::{STEP, Sides};
use crate::{Decibels, Ramp};

/// A part of the stereo picture. Everything but the picture itself is heard in the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Both sides, where they belong.
    #[default]
    Picture,
    /// The left side.
    Left,
    /// The right side.
    Right,
    /// What the sides have in common: half of their sum.
    Mid,
    /// In what they differ: half of their difference.
    Side,
}

/// How the monitor is listened to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Listening {
    /// What is heard of the picture.
    pub part: Part,
    /// The loudspeakers are swapped.
    pub swap: bool,
    /// Both loudspeakers carry half of the sum.
    pub mono: bool,
    /// How much quieter it is, as a positive number; 0 is not dimmed.
    pub dim: Decibels,
}

impl Default for Listening {
    fn default() -> Self {
        Self { part: Part::Picture, swap: false, mono: false, dim: Decibels::UNITY }
    }
}

impl Listening {
    /// The gains that it stands for. Realtime-safe.
    pub fn matrix(self) -> Matrix {
        let part = match self.part {
            Part::Picture => [[1.0, 0.0], [0.0, 1.0]],
            Part::Left => [[1.0, 0.0]; 2],
            Part::Right => [[0.0, 1.0]; 2],
            Part::Mid => [[0.5, 0.5]; 2],
            Part::Side => [[0.5, -0.5]; 2],
        };
        let [left, right] = if self.swap { [part[1], part[0]] } else { part };
        let sum = [0, 1].map(|from| 0.5 * (left[from] + right[from]));
        let sides = if self.mono { [sum; 2] } else { [left, right] };
        let dim = Decibels(-self.dim.0).gain().0;
        sides.map(|row| row.map(|gain| gain * dim))
    }
}

/// A [`Matrix`] that moves without a click.
#[derive(Clone, Copy, Debug)]
pub struct MatrixRamp([[Ramp; 2]; 2]);

impl MatrixRamp {
    /// At the gains, without a ramp. Realtime-safe.
    pub fn steady(matrix: Matrix) -> Self {
        Self(matrix.map(|row| row.map(Ramp::steady)))
    }

    /// Heads for other gains from `frame` on. Realtime-safe.
    pub fn head_for(&mut self, matrix: Matrix, frame: u64, length: u32) {
        for (ramp, gain) in self.0.as_flattened_mut().iter_mut().zip(matrix.as_flattened()) {
            ramp.head_for(*gain, frame, length);
        }
    }

    /// Frames until the next ramp arrives; `None` when all have. Realtime-safe.
    pub fn next_arrival(&self, frame: u64) -> Option<u32> {
        let left = self.0.as_flattened().iter().map(|ramp| ramp.remaining(frame));
        left.filter(|left| *left > 0).min()
    }

    /// Whether it leaves everything as it is. Realtime-safe.
    pub fn is_transparent(&self, frame: u64) -> bool {
        let [[ll, rl], [lr, rr]] = self.0.map(|row| row.map(|ramp| ramp.settled(frame)));
        [ll, rl, lr, rr] == [Some(1.0), Some(0.0), Some(0.0), Some(1.0)]
    }

    /// Whether nothing comes through it. Realtime-safe.
    pub fn is_silent(&self, frame: u64) -> bool {
        self.0.as_flattened().iter().all(|ramp| ramp.settled(frame) == Some(0.0))
    }

    /// Applies the gains in place. Realtime-safe.
    ///
    /// A gain that is exactly 1 or 0 costs nothing, and is exact: nothing of the other side is
    /// added when nothing of it is wanted.
    pub fn run(&self, frame: u64, sides: &mut Sides, frames: usize) {
        let [[left_left, right_left], [left_right, right_right]] = &self.0;
        if [right_left, left_right].iter().all(|ramp| ramp.settled(frame) == Some(0.0)) {
            let [left, right] = sides;
            scale(left_left, frame, &mut left[..frames]);
            scale(right_right, frame, &mut right[..frames]);
            return;
        }
        let mut gains = [[0.0; STEP]; 4];
        for (gains, ramp) in gains.iter_mut().zip(self.0.as_flattened()) {
            ramp.fill(frame, &mut gains[..frames]);
        }
        for i in 0..frames {
            let (left, right) = (sides[0][i], sides[1][i]);
            sides[0][i] = left * gains[0][i] + right * gains[1][i];
            sides[1][i] = left * gains[2][i] + right * gains[3][i];
        }
    }
}

/// Multiplies a side by a ramp; at 1 it is left alone. Realtime-safe.
fn scale(ramp: &Ramp, frame: u64, side: &mut [f32]) {
    if ramp.settled(frame) == Some(1.0) {
        return;
    }
    let mut gains = [0.0; STEP];
    ramp.fill(frame, &mut gains[..side.len()]);
    for (sample, gain) in side.iter_mut().zip(gains) {
        *sample *= gain;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::testing::{first_difference, in_stretches, largest_step, noise, sides_of};
    use proptest::prelude::*;

    fn hear(listening: Listening, left: f32, right: f32) -> [f32; 2] {
        let mut sides = [[left; STEP], [right; STEP]];
        MatrixRamp::steady(listening.matrix()).run(0, &mut sides, STEP);
        [sides[0][0], sides[1][0]]
    }

    #[test]
    fn each_key_does_what_it_says() {
        let key = |part| Listening { part, ..Listening::default() };
        for (part, heard) in [
            (Part::Picture, [0.75, 0.25]),
            (Part::Left, [0.75, 0.75]),
            (Part::Right, [0.25, 0.25]),
            (Part::Mid, [0.5, 0.5]),
            (Part::Side, [0.25, 0.25]),
        ] {
            assert_eq!(hear(key(part), 0.75, 0.25), heard, "{part:?}");
        }
        let swap = Listening { swap: true, ..Listening::default() };
        assert_eq!(hear(swap, 0.75, 0.25), [0.25, 0.75]);
        let mono = Listening { mono: true, ..swap };
        assert_eq!(hear(mono, 0.75, 0.25), [0.5, 0.5]);
        assert_eq!(hear(mono, 0.75, -0.75), [0.0, 0.0]);
        let dimmed = Listening { dim: Decibels(20.0), ..Listening::default() };
        assert!((hear(dimmed, 1.0, 0.5)[0] - 0.1).abs() < 1e-7);
        assert!(MatrixRamp::steady(Listening::default().matrix()).is_transparent(0));
    }

    fn any_listening() -> impl Strategy<Value = Listening> {
        let part = prop_oneof![
            Just(Part::Picture),
            Just(Part::Left),
            Just(Part::Right),
            Just(Part::Mid),
            Just(Part::Side)
        ];
        let dim = prop_oneof![Just(0f32), 0f32..60.0].prop_map(Decibels);
        (part, any::<bool>(), any::<bool>(), dim).prop_map(|(part, swap, mono, dim)| Listening {
            part,
            swap,
            mono,
            dim,
        })
    }

    fn play(
        storm: &[Listening],
        gap: u64,
        cuts: &[usize],
        mut signal: impl FnMut() -> [f32; 2],
    ) -> [Vec<f32>; 2] {
        let mut matrix = MatrixRamp::steady(storm[0].matrix());
        let mut heard = [vec![], vec![]];
        in_stretches(3000, gap, cuts, |frame, length| {
            if frame % gap == 0 {
                let next = storm[(frame / gap) as usize % storm.len()].matrix();
                matrix.head_for(next, frame, 480);
            }
            let mut sides = sides_of(length, |_| signal());
            matrix.run(frame, &mut sides, length);
            heard[0].extend_from_slice(&sides[0][..length]);
            heard[1].extend_from_slice(&sides[1][..length]);
        });
        heard
    }

    proptest! {
        #[test]
        fn cuts_cannot_be_heard(
            storm in prop::collection::vec(any_listening(), 1..6), gap in 1u64..900,
            cuts in prop::collection::vec(1usize..=STEP, 1..8),
        ) {
            let signal = || { let mut noise = noise(3); move || [noise(), noise()] };
            let (whole, cut) =
                (play(&storm, gap, &[STEP], signal()), play(&storm, gap, &cuts, signal()));
            for side in 0..2 {
                prop_assert_eq!(first_difference(&whole[side], &cut[side]), None);
            }
        }

        #[test]
        fn no_key_makes_a_click(
            storm in prop::collection::vec(any_listening(), 2..8), gap in 1u64..900,
        ) {
            let heard = play(&storm, gap, &[STEP], || [1.0, -1.0]);
            // Each of two gains goes from −0.5 or 0 to 1 at the most.
            prop_assert!(heard.iter().all(|side| largest_step(side) <= 3.0 / 480.0 + 1e-6));
        }
    }
}
