//! Four bands to listen into, one or several at a time.
//!
//! Crossovers of the fourth order after Linkwitz and Riley: both sides of each are in phase at
//! every frequency, so that all four bands add up to a flat response. What the first crossover
//! divides passes through the phase of the other two, each half through that of the one in the
//! other half, or the sum would not be flat.

use super::svf::{self, BUTTERWORTH, Coefficients, State};
use super::{STEP, Sides};
use crate::{Ramp, SampleRate};

/// Low, low middle, high middle, high.
pub const BANDS: usize = 4;

/// Where one band goes over into the next.
pub const CROSSOVERS: [f64; BANDS - 1] = [120.0, 1_000.0, 6_000.0];

/// The bands of both sides of one signal.
#[derive(Debug)]
pub struct Bands {
    /// How much is heard of the bands, in place of the signal as it is.
    on: Ramp,
    /// How much is heard of each.
    levels: [Ramp; BANDS],
    crossovers: [Coefficients<2>; BANDS - 1],
    states: States,
}

/// What the filters remember.
#[derive(Clone, Copy, Debug, Default)]
struct States {
    /// The crossovers, in the order of [`CROSSOVERS`].
    splits: [Split; BANDS - 1],
    /// The phase of the upper crossover in the lower half, and of the lower in the upper half.
    phases: [State<2>; 2],
}

/// A crossover: two filters one after the other for each way.
#[derive(Clone, Copy, Debug, Default)]
struct Split {
    both: State<2>,
    low: State<2>,
    high: State<2>,
}

type Frame = [f64; 2];

impl Split {
    #[inline(always)]
    fn step(&mut self, with: &Coefficients<2>, input: Frame) -> (Frame, Frame) {
        let both = self.both.step(with, input);
        (self.low.step(with, both.low).low, self.high.step(with, both.high).high)
    }
}

/// The phase that both ways of a crossover have, at full level.
#[inline(always)]
fn phase(state: &mut State<2>, with: &Coefficients<2>, input: Frame) -> Frame {
    let band = state.step(with, input).band;
    [0, 1].map(|side| input[side] - 2.0 * BUTTERWORTH * band[side])
}

impl States {
    #[inline(always)]
    fn step(&mut self, with: &[Coefficients<2>; BANDS - 1], input: Frame) -> [Frame; BANDS] {
        let (lower, upper) = self.splits[1].step(&with[1], input);
        let lower = phase(&mut self.phases[0], &with[2], lower);
        let upper = phase(&mut self.phases[1], &with[0], upper);
        let (low, low_middle) = self.splits[0].step(&with[0], lower);
        let (high_middle, high) = self.splits[2].step(&with[2], upper);
        [low, low_middle, high_middle, high]
    }

    fn heal(&mut self) {
        let of_split = |split: &mut Split| {
            split.both.heal();
            split.low.heal();
            split.high.heal();
        };
        self.splits.iter_mut().for_each(of_split);
        self.phases.iter_mut().for_each(State::heal);
    }
}

impl Bands {
    /// With nothing but the signal as it is. Realtime-safe.
    pub fn new(rate: SampleRate) -> Self {
        let coefficients = |hertz| Coefficients::new(svf::tuning(hertz, rate), BUTTERWORTH);
        Self {
            on: Ramp::steady(0.0),
            levels: [Ramp::steady(0.0); BANDS],
            crossovers: CROSSOVERS.map(coefficients),
            states: States::default(),
        }
    }

    /// From `frame` on only the bands that are `soloed` are heard; if none is, the signal as it is.
    /// Realtime-safe.
    pub fn head_for(&mut self, soloed: [bool; BANDS], frame: u64, length: u32) {
        if !soloed.contains(&true) {
            return self.on.head_for(0.0, frame, length);
        }
        let levels = soloed.map(|on| if on { 1.0 } else { 0.0 });
        if self.on.settled(frame) == Some(0.0) {
            self.states = States::default();
            self.levels = levels.map(Ramp::steady);
        }
        self.on.head_for(1.0, frame, length);
        for (ramp, level) in self.levels.iter_mut().zip(levels) {
            ramp.head_for(level, frame, length);
        }
    }

    /// Whether anything is heard but the signal as it is. Realtime-safe.
    pub fn is_on(&self, frame: u64) -> bool {
        self.on.settled(frame) != Some(0.0)
    }

    /// Frames until the next ramp arrives; `None` when all have. Realtime-safe.
    pub fn next_arrival(&self, frame: u64) -> Option<u32> {
        let left = self.levels.iter().chain([&self.on]).map(|ramp| ramp.remaining(frame));
        left.filter(|left| *left > 0).min()
    }

    /// Lets the bands through, in place. Realtime-safe.
    pub fn run(&mut self, frame: u64, sides: &mut Sides, frames: usize) {
        if !self.is_on(frame) {
            return;
        }
        let mut on = [0.0; STEP];
        self.on.fill(frame, &mut on[..frames]);
        let mut levels = [[0.0; STEP]; BANDS];
        for (levels, ramp) in levels.iter_mut().zip(&self.levels) {
            ramp.fill(frame, &mut levels[..frames]);
        }
        for i in 0..frames {
            let input = [sides[0][i].into(), sides[1][i].into()];
            let bands = self.states.step(&self.crossovers, input);
            for side in 0..2 {
                let heard = |band: usize| bands[band][side] * f64::from(levels[band][i]);
                let sum = (heard(0) + heard(1)) + (heard(2) + heard(3));
                let dry: f64 = input[side];
                sides[side][i] = (dry + (sum - dry) * f64::from(on[i])) as f32;
            }
        }
        self.states.heal();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::testing::{first_difference, in_stretches, largest_step, noise, sides_of};
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    fn rate(hertz: f64) -> SampleRate {
        SampleRate::new(hertz).unwrap()
    }

    /// The gain in decibels at a frequency.
    fn response(soloed: [bool; BANDS], rate_hertz: f64, hertz: f64) -> f64 {
        let mut bands = Bands::new(rate(rate_hertz));
        bands.head_for(soloed, 1, 1);
        let (mut real, mut imaginary) = (0.0, 0.0);
        for start in (0..rate_hertz as usize / 4).step_by(STEP) {
            let mut sides = [[0.0; STEP]; 2];
            if start == 0 {
                sides[0][0] = 1.0;
            }
            bands.run(2 + start as u64, &mut sides, STEP);
            for (i, value) in sides[0].iter().enumerate() {
                let angle = TAU * hertz * (start + i) as f64 / rate_hertz;
                real += f64::from(*value) * angle.cos();
                imaginary += f64::from(*value) * angle.sin();
            }
        }
        10.0 * (real * real + imaginary * imaginary).log10()
    }

    const SPOTS: [f64; 14] = [
        20.0, 60.0, 119.0, 120.0, 250.0, 500.0, 999.0, 1_000.0, 2_000.0, 4_000.0, 6_000.0, 6_100.0,
        12_000.0, 20_000.0,
    ];

    #[test]
    fn all_bands_add_up_to_a_flat_response() {
        for rate in [8_000.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0] {
            for hertz in SPOTS.into_iter().filter(|hertz| *hertz < 0.49 * rate) {
                let gain = response([true; BANDS], rate, hertz);
                assert!(gain.abs() < 0.001, "{gain} dB at {hertz} Hz of {rate}");
            }
        }
    }

    #[test]
    fn each_band_is_where_it_should_be() {
        // Halfway on a crossover both sides are at half the level; an octave past it the other
        // band is all there is.
        for rate in [44_100.0, 48_000.0, 192_000.0] {
            for (crossover, hertz) in CROSSOVERS.into_iter().enumerate() {
                for band in [crossover, crossover + 1] {
                    let mut soloed = [false; BANDS];
                    soloed[band] = true;
                    let gain = response(soloed, rate, hertz);
                    assert!((gain + 6.02).abs() < 0.1, "band {band}: {gain} dB at {hertz} Hz");
                    let past = if band == crossover { hertz * 4.0 } else { hertz / 4.0 };
                    if past < 0.4 * rate {
                        let gain = response(soloed, rate, past);
                        assert!(gain < -47.0, "band {band}: {gain} dB at {past} Hz");
                    }
                }
            }
        }
    }

    fn play(
        storm: &[[bool; BANDS]],
        gap: u64,
        cuts: &[usize],
        mut signal: impl FnMut() -> [f32; 2],
    ) -> [Vec<f32>; 2] {
        let mut bands = Bands::new(rate(48_000.0));
        let mut heard = [vec![], vec![]];
        in_stretches(4000, gap, cuts, |frame, length| {
            if frame % gap == 0 {
                bands.head_for(storm[(frame / gap) as usize % storm.len()], frame, 480);
            }
            let mut sides = sides_of(length, |_| signal());
            bands.run(frame, &mut sides, length);
            heard[0].extend_from_slice(&sides[0][..length]);
            heard[1].extend_from_slice(&sides[1][..length]);
        });
        heard
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn cuts_cannot_be_heard(
            storm in prop::collection::vec(prop::array::uniform4(any::<bool>()), 1..6),
            gap in 1u64..1500, cuts in prop::collection::vec(1usize..=STEP, 1..8),
        ) {
            let signal = || { let mut noise = noise(3); move || [noise(), noise()] };
            let (whole, cut) =
                (play(&storm, gap, &[STEP], signal()), play(&storm, gap, &cuts, signal()));
            for side in 0..2 {
                prop_assert_eq!(first_difference(&whole[side], &cut[side]), None);
            }
        }

        #[test]
        fn no_solo_makes_a_click(
            storm in prop::collection::vec(prop::array::uniform4(any::<bool>()), 2..8),
            gap in 1u64..1500,
        ) {
            // A constant is in the lowest band only. The filters come in while they still ring,
            // with up to 2.5 times the level, but along a ramp.
            let heard = play(&storm, gap, &[STEP], || [1.0, -1.0]);
            let step = heard.iter().map(|side| largest_step(side)).fold(0.0, f32::max);
            prop_assert!(step < 0.03, "{step}");
        }
    }

    #[test]
    fn nothing_soloed_is_untouched_to_the_bit() {
        let mut bands = Bands::new(rate(48_000.0));
        bands.head_for([false; BANDS], 0, 480);
        let mut sides = [[-0.0, 1e-40].repeat(32).try_into().unwrap(), [0.3; STEP]];
        let before = sides.map(|side: [f32; STEP]| side.map(f32::to_bits));
        bands.run(0, &mut sides, STEP);
        assert_eq!(sides.map(|side| side.map(f32::to_bits)), before);
    }

    #[test]
    fn what_is_no_audio_is_over_with_the_stretch() {
        for poison in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut bands = Bands::new(rate(48_000.0));
            bands.head_for([true; BANDS], 1, 1);
            bands.run(2, &mut [[poison; STEP]; 2], STEP);
            let mut sides = [[0.5; STEP]; 2];
            bands.run(2 + STEP as u64, &mut sides, STEP);
            assert!(sides.iter().flatten().all(|x| x.is_finite() && x.abs() < 1.0), "{poison}");
        }
    }
}
