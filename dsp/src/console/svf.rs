//! The second-order state-variable filter with trapezoidal integrators.
//!
//! Its state is what the integrators hold, which means the same for every tuning: so it may be
//! retuned at each frame and stays stable, and quiet where a direct form would click. It computes
//! in `f64`, since a corner of 20 Hz at 384 kHz leaves `f32` too little.
//!
//! Lanes are independent channels. More lanes make the same bits in less time.

use crate::SampleRate;

/// How much damping a Butterworth filter of the second order has.
pub const BUTTERWORTH: f64 = std::f64::consts::SQRT_2;

/// What a filter multiplies with.
#[derive(Clone, Copy, Debug)]
pub struct Coefficients<const LANES: usize> {
    damping: [f64; LANES],
    a1: [f64; LANES],
    a2: [f64; LANES],
    a3: [f64; LANES],
}

impl<const LANES: usize> Coefficients<LANES> {
    /// The same for all lanes. Realtime-safe.
    ///
    /// `tuning` comes from [`tuning`]; `damping` is 1/Q.
    pub fn new(tuning: f64, damping: f64) -> Self {
        let a1 = 1.0 / (1.0 + tuning * (tuning + damping));
        let a2 = tuning * a1;
        let a3 = tuning * a2;
        let all = |value| [value; LANES];
        Self { damping: all(damping), a1: all(a1), a2: all(a2), a3: all(a3) }
    }

    /// Takes two lanes from `from`. Realtime-safe.
    pub fn set_pair(&mut self, pair: usize, from: &Coefficients<2>) {
        self.damping[2 * pair..][..2].copy_from_slice(&from.damping);
        self.a1[2 * pair..][..2].copy_from_slice(&from.a1);
        self.a2[2 * pair..][..2].copy_from_slice(&from.a2);
        self.a3[2 * pair..][..2].copy_from_slice(&from.a3);
    }
}

/// The integration constant of a corner: the bilinear transform, exact at the corner itself. Above
/// what a rate can carry it stays just below. Realtime-safe.
pub fn tuning(hertz: f64, rate: SampleRate) -> f64 {
    let share = (hertz / rate.hertz()).clamp(0.0, 0.49);
    (std::f64::consts::PI * share).tan()
}

/// What a filter remembers.
#[derive(Clone, Copy, Debug)]
pub struct State<const LANES: usize> {
    first: [f64; LANES],
    second: [f64; LANES],
}

impl<const LANES: usize> Default for State<LANES> {
    fn default() -> Self {
        Self { first: [0.0; LANES], second: [0.0; LANES] }
    }
}

/// What a filter gives for one frame.
#[derive(Clone, Copy, Debug)]
pub struct Outputs<const LANES: usize> {
    /// Below the corner.
    pub low: [f64; LANES],
    /// Around the corner.
    pub band: [f64; LANES],
    /// Above the corner.
    pub high: [f64; LANES],
}

impl<const LANES: usize> State<LANES> {
    /// Takes one frame in. Realtime-safe.
    #[inline(always)]
    #[expect(clippy::needless_range_loop, reason = "one index runs through all lanes")]
    pub fn step(&mut self, with: &Coefficients<LANES>, input: [f64; LANES]) -> Outputs<LANES> {
        let mut out = Outputs { low: [0.0; LANES], band: [0.0; LANES], high: [0.0; LANES] };
        for i in 0..LANES {
            let drive = input[i] - self.second[i];
            let band = with.a1[i] * self.first[i] + with.a2[i] * drive;
            let low = self.second[i] + with.a2[i] * self.first[i] + with.a3[i] * drive;
            self.first[i] = 2.0 * band - self.first[i];
            self.second[i] = 2.0 * low - self.second[i];
            out.low[i] = low;
            out.band[i] = band;
            out.high[i] = input[i] - with.damping[i] * band - low;
        }
        out
    }

    /// Takes two lanes from `from`. Realtime-safe.
    pub fn set_pair(&mut self, pair: usize, from: &State<2>) {
        self.first[2 * pair..][..2].copy_from_slice(&from.first);
        self.second[2 * pair..][..2].copy_from_slice(&from.second);
    }

    /// Two of the lanes. Realtime-safe.
    pub fn pair(&self, pair: usize) -> State<2> {
        let two = |lanes: &[f64; LANES]| [lanes[2 * pair], lanes[2 * pair + 1]];
        State { first: two(&self.first), second: two(&self.second) }
    }

    /// Forgets what is no number, which would otherwise stay for ever. Realtime-safe.
    pub fn heal(&mut self) {
        let held = self.first.iter().chain(&self.second);
        if !held.fold(0.0, |sum, value| sum + value).is_finite() {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The worst that automation can do: another tuning at each frame.
        #[test]
        fn any_retuning_is_stable(
            tunings in prop::collection::vec((0.0005f64..20.0, 0.1f64..2.0), 1..50),
            input in prop::collection::vec(-1f64..1.0, 1..50),
        ) {
            let mut state = State::<1>::default();
            let (mut tunings, mut input) = (tunings.iter().cycle(), input.iter().cycle());
            for _ in 0..20_000 {
                let (tuning, damping) = *tunings.next().unwrap();
                let out = state.step(&Coefficients::new(tuning, damping), [*input.next().unwrap()]);
                for value in [out.low[0], out.band[0], out.high[0]] {
                    prop_assert!(value.abs() < 1e3, "{out:?}");
                }
            }
        }

        #[test]
        fn the_outputs_add_up_to_the_input(
            hertz in 10f64..20_000.0, damping in 0.3f64..2.0,
            input in prop::collection::vec(-1f64..1.0, 200),
        ) {
            let with = Coefficients::new(tuning(hertz, SampleRate::new(48_000.0).unwrap()), damping);
            let mut state = State::<1>::default();
            for x in input {
                let out = state.step(&with, [x]);
                let sum = out.low[0] + damping * out.band[0] + out.high[0];
                prop_assert!((sum - x).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn what_is_no_number_does_not_stay() {
        let with = Coefficients::<2>::new(0.1, BUTTERWORTH);
        let mut state = State::default();
        state.step(&with, [f64::NAN, 0.0]);
        state.heal();
        assert_eq!(state.step(&with, [0.0; 2]).high, [0.0; 2]);
        state.step(&with, [1.0; 2]);
        state.heal();
        assert_ne!(state.step(&with, [0.0; 2]).low, [0.0; 2], "numbers stay");
    }
}
