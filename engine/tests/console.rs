//! The console in the engine: what makes room for what, what the limiter holds and delays, and that
//! no storm of parameters clicks.

mod rig;

use assert_no_alloc::AllocDisabler;
use busbar_dsp::console::ducker::Ducking;
use busbar_dsp::console::highpass::{Corner, Slope};
use busbar_dsp::console::limiter::Limit;
use busbar_dsp::console::pan::{PanLaw, Placing, Position};
use busbar_dsp::console::width::Width;
use busbar_dsp::{Decibels, Gain};
use busbar_engine::meters::MASTER;
use busbar_engine::targets::Targets;
use busbar_engine::{BUSES, Layout};
use proptest::prelude::*;
use rig::{Rig, any_targets, bits, constant, cut_at, noise, only};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

const RATE: f64 = 48_000.0;

/// One bus of the programme, the first, and whatever else is asked for.
fn alone() -> Targets {
    let mut targets = Targets::default();
    targets.strips[1..].iter_mut().for_each(|strip| strip.to_master = false);
    targets
}

fn decibels(level: f32) -> f32 {
    Gain(level.abs()).decibels().0
}

#[test]
fn a_bus_makes_room_for_what_its_key_sends_out() {
    let ducking = Ducking {
        threshold: Decibels(-20.0),
        depth: Decibels(12.0),
        attack: 0.01,
        hold: 0.01,
        release: 0.02,
    };
    let mut targets = alone();
    (targets.strips[0].key, targets.strips[0].ducking) = (Some(2), ducking);
    let inputs = constant([0.5, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0], 4000);
    let quiet = |change: fn(&mut Targets)| {
        let mut targets = targets;
        change(&mut targets);
        let mut rig = Rig::new(RATE, Layout::EightStereo);
        let out = rig.run(&inputs, [true; BUSES], &[512], |_| targets);
        (decibels(out[0][3999] / 0.5), rig.reductions.gain(0).decibels().0)
    };
    for (name, change, wanted) in [
        ("a key that is loud", (|_| {}) as fn(&mut Targets), -12.0),
        ("muted", |to| to.strips[2].mute = true, 0.0),
        ("faded out", |to| to.strips[2].gain = Decibels(-40.0), 0.0),
        ("trimmed down", |to| to.strips[2].trim = Decibels(-24.0), 0.0),
        ("panned hard", |to| to.strips[2].placing = MONO_RIGHT, -12.0),
        (
            "both duck each other",
            |to| {
                to.strips[2].key = Some(0);
                to.strips[2].ducking.threshold = Decibels(-60.0);
                to.strips[2].ducking.depth = Decibels(60.0);
            },
            -12.0,
        ),
        ("another threshold", |to| to.strips[0].ducking.threshold = Decibels(-12.0), 0.0),
        ("no key", |to| to.strips[0].key = None, 0.0),
    ] {
        let (level, shown) = quiet(change);
        assert!((level - wanted).abs() < 0.01, "{name}: {level} dB");
        assert!((shown - wanted).abs() < 0.01, "{name}: {shown} dB are shown");
    }
}

const MONO_RIGHT: Placing = Placing::Mono { at: Position::RIGHT, law: PanLaw::ConstantPower };

#[test]
fn without_the_key_on_its_input_nothing_ducks() {
    let mut targets = alone();
    targets.strips[0].key = Some(2);
    let inputs = noise(1, 3000);
    let mut rig = Rig::new(RATE, Layout::EightStereo);
    let out = rig.run(&inputs, only(0), &[512], |_| targets);
    assert_eq!(bits(&out), bits(&inputs[0]));
}

#[test]
fn the_meter_of_a_bus_looks_before_or_after_the_fader() {
    let mut targets = alone();
    targets.strips[0].trim = Decibels(-6.0);
    targets.strips[0].mute = true;
    for (before, wanted) in [(true, 0.5 * 10f32.powf(-0.3)), (false, 0.0)] {
        targets.strips[0].metered_before = before;
        let mut rig = Rig::new(RATE, Layout::Stereo);
        rig.run(&constant([0.5; BUSES], 2000), only(0), &[512], |_| targets);
        let frame = rig.meters.latest().unwrap();
        assert!((frame.points[0][0].peak - wanted).abs() < 1e-6);
        assert_eq!(frame.points[MASTER][0].peak, 0.0);
    }
}

#[test]
fn the_high_pass_rings_on_when_its_input_goes_away() {
    let mut targets = Targets::default();
    targets.strips[3].high_pass = Some(Corner { hertz: 20.0, slope: Slope::Db24 });
    let mut inputs = constant([0.0; BUSES], 2000);
    inputs[3] = [vec![0.5; 2000], vec![0.5; 2000]];
    let mut rig = Rig::new(RATE, Layout::EightStereo);
    let before = rig.run(&inputs, only(3), &[500], |_| targets);
    let after = rig.run(&inputs, only(0), &[500], |_| targets);
    assert!(after[0][0] < -0.05, "what was held back comes out: {}", after[0][0]);
    assert!((after[0][1] - after[0][0]).abs() < 0.01 && before[0][1999].abs() < 0.5);
}

#[test]
fn mono_has_neither_width_nor_pans() {
    let mut targets = Targets::default();
    targets.strips[0].width = Width(0.0);
    targets.strips[0].placing = MONO_RIGHT;
    let inputs = noise(2, 2000);
    let mut rig = Rig::new(RATE, Layout::Mono);
    let out = rig.run(&inputs, only(0), &[512], |_| targets);
    assert_eq!(bits(&out), bits(&inputs[0]));
}

#[test]
fn with_a_limiter_everything_is_late_by_the_same() {
    let frames = 6000;
    let inputs = noise(3, frames);
    for (look_ahead, bypass, layout) in [
        (0.0, false, Layout::EightStereo),
        (0.004, false, Layout::Stereo),
        (0.004, true, Layout::EightStereo),
        (0.01, false, Layout::Mono),
    ] {
        let mut rig = Rig::new(RATE, layout);
        rig.engine.fit_limiter(Some(look_ahead));
        assert_eq!(rig.engine.look_ahead(), Some(look_ahead));
        let latency = rig.engine.latency() as usize;
        assert!(latency >= (look_ahead as f64 * RATE) as usize);
        let targets = Targets { bypass, ..Targets::default() };
        let out = rig.run(&inputs, only(0), &[333], |_| targets);
        let sides = if layout == Layout::Mono { 1 } else { 2 };
        for side in 0..sides {
            assert!(out[side][..latency].iter().all(|x| *x == 0.0));
            assert_eq!(out[side][latency..], inputs[0][side][..frames - latency]);
        }
        rig.engine.fit_limiter(None);
        assert_eq!(rig.engine.latency(), 0);
        let out = rig.run(&inputs, only(0), &[333], |_| targets);
        assert_eq!(bits(&out), bits(&inputs[0]), "without a limiter nothing is late");
    }
}

#[test]
fn the_limiter_holds_its_ceiling_after_the_master_fader() {
    let mut targets = Targets::default();
    targets.master.gain = Decibels(12.0);
    targets.master.limit = Some(Limit { ceiling: Decibels(-3.0), release: 0.05 });
    let mut rig = Rig::new(RATE, Layout::EightStereo);
    rig.engine.fit_limiter(Some(0.002));
    let out = rig.run(&noise(4, 20_000), [true; BUSES], &[512], |_| targets);
    let peak = out.iter().flatten().fold(0f32, |peak, x| peak.max(x.abs()));
    assert!((-4.0..=-3.0).contains(&decibels(peak)), "{} dB", decibels(peak));
    // Eight noises, 12 dB louder: some 20 dB too much.
    let shown = rig.reductions.gain(MASTER).decibels().0;
    assert!((-40.0..-10.0).contains(&shown), "{shown} dB are shown");
    let frame = rig.meters.latest().unwrap();
    assert!(frame.points[MASTER].iter().all(|reading| decibels(reading.peak) <= -3.0));
}

#[test]
fn what_is_no_audio_leaves_nothing_behind_in_filters_and_limiter() {
    for poison in [f32::NAN, f32::INFINITY, -1e30, 9e14, 1e-40] {
        let mut inputs = constant([0.1; BUSES], 2048);
        for side in inputs.iter_mut().flatten() {
            side[700..800].fill(poison);
        }
        let mut targets = Targets::default();
        for strip in &mut targets.strips {
            strip.high_pass = Some(Corner { hertz: 400.0, slope: Slope::Db24 });
            strip.key = Some(0);
            strip.trim = Decibels(24.0);
            strip.gain = Decibels(12.0);
        }
        targets.master.gain = Decibels(12.0);
        targets.master.limit = Some(Limit { ceiling: Decibels(0.0), release: 0.01 });
        let mut rig = Rig::new(RATE, Layout::EightStereo);
        rig.engine.fit_limiter(Some(0.001));
        let out = rig.run(&inputs, [true; BUSES], &[512], |_| targets);
        assert!(out.iter().flatten().all(|x| x.abs() <= 1.0), "{poison}");
        // A second later: a filter lets go of 300 dB in a few hundred milliseconds.
        rig.run(&constant([0.0; BUSES], 48_000), [true; BUSES], &[512], |_| targets);
        let out = rig.run(&constant([0.0; BUSES], 512), [true; BUSES], &[512], |_| targets);
        assert!(out.iter().flatten().all(|x| x.abs() < 1e-6), "{poison}: {}", out[0][0]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// One bus with everything in its way, and seven that it may duck for.
    #[test]
    fn no_storm_makes_a_click(
        states in prop::collection::vec(any_targets(), 2..8), gap in 1usize..900,
        look_ahead in prop::option::of(0f32..0.01),
    ) {
        let total = gap * states.len() + 1200;
        let inputs = constant([0.5, 0.3, 0.1, 0.9, 0.01, 0.2, 0.4, 0.6], total);
        let changes: Vec<usize> = (1..states.len()).map(|i| i * gap).collect();
        let asked = |at: usize| {
            let mut targets = states[(at / gap).min(states.len() - 1)];
            let first = &mut targets.strips[0];
            first.trim.0 = first.trim.0.min(0.0);
            first.gain.0 = first.gain.0.min(0.0);
            targets.master.gain.0 = targets.master.gain.0.min(0.0);
            targets.strips[1..].iter_mut().for_each(|strip| strip.to_master = false);
            targets
        };
        let mut rig = Rig::new(RATE, Layout::EightStereo);
        rig.engine.fit_limiter(look_ahead);
        // What comes out of a delay begins somewhere.
        let begin = rig.engine.latency() as usize + 1;
        let out = rig.run(&inputs, [true; BUSES], &cut_at(&changes, total, &[128]), asked);
        // The high-pass lets go of a constant by 0.16 a frame at the most, the ducker goes by
        // 1.25 dB; the rest are ramps.
        let steepest = 0.5 * (0.16 + 0.16 + 8.0 / 480.0);
        for side in &out {
            for pair in side.get(begin..).unwrap_or(&[]).windows(2) {
                prop_assert!((pair[1] - pair[0]).abs() <= steepest, "{pair:?}");
            }
        }
    }
}
