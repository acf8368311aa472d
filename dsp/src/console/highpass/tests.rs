use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;
use crate::console::Sides;
use crate::console::testing::{first_difference, in_stretches, largest_step, sides_of};

const RATES: [f64; 5] = [44_100.0, 48_000.0, 96_000.0, 192_000.0, 384_000.0];

fn rate(hertz: f64) -> SampleRate {
    SampleRate::new(hertz).unwrap()
}

/// The gain in decibels at a frequency, from the answer to an impulse that is as long as it takes.
fn response(corner: Corner, rate_hertz: f64, hertz: f64) -> f64 {
    let mut filter = HighPass::settled_at(Some(corner), rate(rate_hertz));
    let (mut real, mut imaginary) = (0.0, 0.0);
    let length = (rate_hertz * 12.0 / f64::from(corner.hertz)) as usize;
    for start in (0..length).step_by(STEP) {
        let mut sides = [[0.0; STEP]; 2];
        if start == 0 {
            sides[0][0] = 1.0;
        }
        filter.run(start as u64, &mut sides, STEP);
        for (i, value) in sides[0].iter().enumerate() {
            let angle = TAU * hertz * (start + i) as f64 / rate_hertz;
            real += f64::from(*value) * angle.cos();
            imaginary += f64::from(*value) * angle.sin();
        }
    }
    10.0 * (real * real + imaginary * imaginary).log10()
}

/// What Butterworth's formula says for the analogue filter.
fn analogue(corner: Corner, hertz: f64) -> f64 {
    let order = match corner.slope {
        Slope::Db12 => 2,
        Slope::Db24 => 4,
    };
    -10.0 * (1.0 + (f64::from(corner.hertz) / hertz).powi(2 * order)).log10()
}

#[test]
fn responses_are_the_analogue_filters() {
    for rate in RATES {
        for hertz in [20.0f32, 80.0, 400.0] {
            for (slope, octave) in [(Slope::Db12, 12.0), (Slope::Db24, 24.0)] {
                let corner = Corner { hertz, slope };
                for share in [0.25, 0.5, 0.9, 1.0, 1.2, 2.0, 5.0, 10.0, 40.0] {
                    let at = f64::from(hertz) * share;
                    let (got, wanted) = (response(corner, rate, at), analogue(corner, at));
                    assert!((got - wanted).abs() < 0.1, "{corner:?} at {at}: {got}, not {wanted}");
                }
                let low = f64::from(hertz) / 8.0;
                let fall = response(corner, rate, 2.0 * low) - response(corner, rate, low);
                assert!((fall - octave).abs() < 0.3, "{corner:?}: {fall} dB in an octave");
            }
        }
    }
}

fn any_corner() -> impl Strategy<Value = Option<Corner>> {
    let slope = prop_oneof![Just(Slope::Db12), Just(Slope::Db24)];
    prop::option::weighted(0.8, (20f32..400.0, slope))
        .prop_map(|corner| corner.map(|(hertz, slope)| Corner { hertz, slope }))
}

/// A signal that is the same on every machine.
fn signal(frame: u64, bus: usize) -> [f32; 2] {
    let noise = (frame.wrapping_mul(6364136223846793005 + 2 * bus as u64) >> 40) as f32;
    let noise = noise / (1 << 24) as f32 - 0.5;
    [noise + 0.25, (frame as f32 * 0.003).sin() - noise]
}

const RAMP: u32 = 480;

/// Plays `total` frames in cuts through a bank, whose corners change each `gap` frames; the channels
/// one after the other.
fn play(
    storm: &[[Option<Corner>; BUSES]],
    (total, gap): (u64, u64),
    cuts: &[usize],
    in_lanes: bool,
    signal: impl Fn(u64, usize) -> [f32; 2],
) -> [Vec<f32>; 2 * BUSES] {
    let rate = rate(48_000.0);
    let mut bank = Bank::settled_at(storm[0], rate);
    let mut heard: [Vec<f32>; 2 * BUSES] = Default::default();
    in_stretches(total, gap, cuts, |frame, length| {
        if frame % gap == 0 {
            for (bus, corner) in storm[(frame / gap) as usize % storm.len()].iter().enumerate() {
                bank.head_for(bus, *corner, rate, frame, RAMP);
            }
        }
        let mut buses: [Sides; BUSES] =
            std::array::from_fn(|bus| sides_of(length, |i| signal(frame + i as u64, bus)));
        if in_lanes {
            bank.run(frame, &mut buses, &[true; BUSES], length);
        } else {
            for (filter, sides) in bank.filters.iter_mut().zip(&mut buses) {
                filter.run(frame, sides, length);
            }
        }
        for (heard, side) in heard.iter_mut().zip(buses.as_flattened()) {
            heard.extend_from_slice(&side[..length]);
        }
    });
    heard
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn neither_cuts_nor_lanes_can_be_heard(
        storm in prop::collection::vec(prop::array::uniform8(any_corner()), 1..6),
        gap in 1u64..1500,
        cuts in prop::collection::vec(1usize..=STEP, 1..8),
    ) {
        let whole = play(&storm, (4000, gap), &[STEP], true, signal);
        let cut = play(&storm, (4000, gap), &cuts, true, signal);
        let alone = play(&storm, (4000, gap), &cuts, false, signal);
        for (lane, whole) in whole.iter().enumerate() {
            prop_assert_eq!(first_difference(&cut[lane], whole), None);
            prop_assert_eq!(first_difference(&alone[lane], whole), None);
        }
    }

    /// A constant is what a high-pass takes away: switched hard, it would step by all of it.
    #[test]
    fn no_change_makes_a_click(
        storm in prop::collection::vec(prop::array::uniform8(any_corner()), 2..8),
        gap in 1u64..1500,
    ) {
        let heard = play(&storm, (8000, gap), &[STEP], true, |_, _| [1.0, -1.0]);
        for side in heard {
            prop_assert!(side.iter().all(|x| x.abs() < 4.0));
            // The steepest by itself: 24 dB at 400 Hz, let loose on a constant, falls 0.13 in a
            // frame; the crossfade adds its own.
            prop_assert!(largest_step(&side) < 0.16, "{}", largest_step(&side));
        }
    }

    #[test]
    fn what_is_no_audio_is_over_with_the_stretch(
        poison in prop_oneof![Just(f32::NAN), Just(f32::INFINITY), Just(f32::NEG_INFINITY)],
        corner in any_corner(), lanes in any::<bool>(),
    ) {
        let mut corners = [corner; BUSES];
        if !lanes {
            corners[1..].fill(None);
        }
        let mut bank = Bank::settled_at(corners, rate(48_000.0));
        let mut buses = [[[poison; STEP]; 2]; BUSES];
        bank.run(0, &mut buses, &[true; BUSES], STEP);
        let mut buses: [Sides; BUSES] = [[[0.5; STEP]; 2]; BUSES];
        bank.run(64, &mut buses, &[true; BUSES], STEP);
        prop_assert!(buses.iter().flatten().flatten().all(|x| x.is_finite() && x.abs() < 1.0));
    }
}

#[test]
fn off_is_untouched_to_the_bit() {
    let mut bank = Bank::settled_at([None; BUSES], rate(48_000.0));
    let mut buses = [[[-0.0, 1e-40].repeat(32).try_into().unwrap(), [0.3; STEP]]; BUSES];
    let before = buses.map(|sides: Sides| sides.map(|side| side.map(f32::to_bits)));
    bank.run(0, &mut buses, &[true; BUSES], STEP);
    assert_eq!(buses.map(|sides| sides.map(|side| side.map(f32::to_bits))), before);
}

#[test]
fn a_huge_level_and_none_stay_numbers() {
    let corner = Some(Corner { hertz: 20.0, slope: Slope::Db24 });
    let mut bank = Bank::settled_at([corner; BUSES], rate(384_000.0));
    for (frame, level) in [(0, 1e30f32), (64, -1e30), (128, f32::MAX / 8.0), (192, 1e-40)] {
        let mut buses = [[[level; STEP]; 2]; BUSES];
        bank.run(frame, &mut buses, &[true; BUSES], STEP);
        assert!(buses.iter().flatten().flatten().all(|x| x.is_finite()), "{level}");
    }
}
