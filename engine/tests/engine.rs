//! The engine by itself: what comes out, that it does not depend on the block size, and that
//! nothing is allocated on the way.

mod rig;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, violation_count};
use busbar_dsp::console::pan::{PanLaw, Placing, Position};
use busbar_dsp::{Balance, Decibels, Gain};
use busbar_engine::meters::{MASTER, MeterFrame, POINTS};
use busbar_engine::targets::{StripTargets, Targets};
use busbar_engine::{BUSES, Layout};
use proptest::prelude::*;
use rig::{Rig, any_targets, bits, constant, cut_at, noise, only};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// Energies of later frames are added to sums from 0 on, so what was folded differently may differ
/// in the last bits; peaks, counts and positions may not.
fn assert_equal_meters(one: &MeterFrame, other: &MeterFrame) {
    assert_eq!(
        (one.end, one.frames, one.silenced),
        (other.end, other.frames, other.silenced),
        "positions"
    );
    for (a, b) in one.points.iter().flatten().zip(other.points.iter().flatten()) {
        assert_eq!(a.peak, b.peak);
        assert!((a.energy - b.energy).abs() <= 1e-12 * a.energy.max(1e-30));
    }
}

#[test]
fn nothing_set_is_nothing_done() {
    let frames = 3000;
    let mut inputs = noise(1, frames);
    inputs[0][0][100] = -0.0;
    inputs[0][1][200] = 0.0;
    inputs[0][1][300] = f32::MIN_POSITIVE;
    inputs[0][1][301] = 1e-40;
    inputs[0][0][302] = -f32::from_bits(1);
    inputs[0][0][400] = 9e14;
    for sidechain in &mut inputs[1..] {
        for side in sidechain {
            side.iter_mut().for_each(|x| *x *= 0.0);
        }
    }
    for present in [only(0), [true; BUSES]] {
        let mut rig = Rig::new(48_000.0, Layout::EightStereo);
        let out = rig.run(&inputs, present, &[512], |_| Targets::default());
        assert_eq!(bits(&out), bits(&inputs[0]), "{present:?}");
        assert_eq!(rig.engine.latency(), 0);
        assert!((0..POINTS).all(|point| rig.reductions.gain(point) == Gain::UNITY));
    }
}

#[test]
fn every_bus_arrives_once_at_its_own_gain() {
    for bus in 0..BUSES {
        let mut values = [0.0; BUSES];
        values[bus] = 0.5;
        let mut targets = Targets::default();
        targets.strips[bus].gain = Decibels(-6.0);
        targets.master.gain = Decibels(3.0);
        let mut rig = Rig::new(48_000.0, Layout::EightStereo);
        let out = rig.run(&constant(values, 2000), [true; BUSES], &[256], |_| targets);
        let expected = 0.5 * 10f32.powf(-3.0 / 20.0);
        assert!(out.iter().flatten().all(|x| (x - expected).abs() < 1e-6), "bus {bus}");
        let frame = rig.meters.latest().unwrap();
        for (point, readings) in frame.points.iter().enumerate() {
            let expected = match point {
                MASTER => expected,
                _ if point == bus => 0.5 * 10f32.powf(-6.0 / 20.0),
                _ => 0.0,
            };
            for reading in readings {
                assert!((reading.peak - expected).abs() < 1e-6, "point {point}: {reading:?}");
                assert!((reading.rms(frame.frames) - expected).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn mute_balance_and_the_way_to_the_master() {
    let mut targets = Targets::default();
    targets.strips[0].mute = true;
    targets.strips[1].placing = Placing::Balance(Balance(-1.0));
    targets.strips[2].to_master = false;
    targets.strips[3].gain = Decibels::SILENCE;
    let inputs = constant([0.1, 0.2, 0.4, 0.8, 0.0, 0.0, 0.0, 0.0], 1000);
    let mut rig = Rig::new(48_000.0, Layout::EightStereo);
    let out = rig.run(&inputs, [true; BUSES], &[64], |_| targets);
    assert_eq!((out[0][999], out[1][999]), (0.2, 0.0));
    let frame = rig.meters.latest().unwrap();
    let peaks = |point: usize| frame.points[point].map(|reading| reading.peak);
    assert_eq!(peaks(0), [0.0, 0.0], "muted before its meter");
    assert_eq!(peaks(1), [0.2, 0.0]);
    assert_eq!(peaks(2), [0.4, 0.4], "metered though not in the programme");
    assert_eq!(peaks(MASTER), [0.2, 0.0]);
}

#[test]
fn mono_has_one_side_and_no_balance() {
    let mut targets = Targets::default();
    targets.strips[0].placing = Placing::Balance(Balance(1.0));
    let mut rig = Rig::new(48_000.0, Layout::Mono);
    let out = rig.run(&constant([0.5; BUSES], 2000), only(0), &[512], |_| targets);
    assert!(out[0].iter().all(|x| *x == 0.5));
    let frame = rig.meters.latest().unwrap();
    assert_eq!(frame.points[MASTER].map(|reading| reading.peak), [0.5, 0.0]);
}

#[test]
fn bypass_is_the_input_whatever_is_set() {
    let mut targets = Targets { bypass: true, ..Targets::default() };
    targets.master.gain = Decibels(6.0);
    let inputs = noise(3, 2000);
    let mut rig = Rig::new(48_000.0, Layout::EightStereo);
    let out = rig.run(&inputs, [true; BUSES], &[333], |_| targets);
    assert_eq!(bits(&out), bits(&inputs[0]));
}

#[test]
fn what_is_no_audio_is_silenced_counted_and_over_at_once() {
    for poison in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, f32::MAX] {
        let mut inputs = constant([0.1; BUSES], 2048);
        inputs[0][0][700] = poison;
        inputs[5][1][701] = poison;
        let mut rig = Rig::new(48_000.0, Layout::EightStereo);
        let mut targets = Targets::default();
        targets.strips[1].gain = Decibels(12.0);
        let out = rig.run(&inputs, [true; BUSES], &[512], |_| targets);
        assert!(out.iter().flatten().all(|x| x.is_finite() && x.abs() < 4.0), "{poison}");
        assert!((out[0][700] - (out[0][0] - 0.1)).abs() < 1e-6);
        assert_eq!(out[0][702], out[0][0]);
        assert_eq!(rig.meters.latest().unwrap().silenced, 2, "{poison}");
    }
}

#[test]
fn a_late_reader_misses_no_peak() {
    let frames = 48_000 * 3;
    let mut inputs = constant([0.0; BUSES], frames);
    for (at, peak) in [(100, 0.25), (24_000, 0.75), (140_000, 0.5)] {
        inputs[2][0][at] = peak;
    }
    let mut rig = Rig::new(48_000.0, Layout::EightStereo);
    let mut seen = MeterFrame::default();
    rig.run(&inputs, [true; BUSES], &[480], |_| Targets::default());
    // The queue held what it could; the rest is folded into the frame that is still open, which
    // arrives as soon as there is room.
    let mut peaks = vec![];
    let mut take = |rig: &mut Rig| {
        while let Some(frame) = rig.meters.next_frame() {
            peaks.push(frame.points[2][0].peak);
            seen.frames += frame.frames;
            seen.end = frame.end;
        }
    };
    take(&mut rig);
    rig.run(&constant([0.0; BUSES], 800), [true; BUSES], &[800], |_| Targets::default());
    take(&mut rig);
    assert_eq!(seen.frames, frames as u64 + 800);
    assert_eq!(seen.end, seen.frames);
    assert_eq!(peaks[0], 0.25);
    assert_eq!(peaks.iter().copied().fold(0.0, f32::max), 0.75);
    assert_eq!(peaks.len(), busbar_engine::wiring::METER_FRAMES + 1);
}

#[test]
fn reset_starts_where_the_controls_are() {
    let inputs = constant([1.0; BUSES], 500);
    let mut quiet = Targets::default();
    quiet.master.gain = Decibels::SILENCE;
    let mut rig = Rig::new(48_000.0, Layout::Stereo);
    rig.run(&inputs, only(0), &[500], |_| Targets::default());
    rig.engine.reset();
    let out = rig.run(&inputs, only(0), &[500], |_| quiet);
    assert!(out.iter().flatten().all(|x| *x == 0.0));
}

/// The same with nothing but faders, at 0 dB at the most, balances and switches.
fn no_louder(mut targets: Targets) -> Targets {
    for strip in &mut targets.strips {
        let placing = match strip.placing {
            Placing::Balance(_) => strip.placing,
            _ => Placing::default(),
        };
        let StripTargets { gain, mute, to_master, .. } = *strip;
        *strip = StripTargets { gain, mute, to_master, placing, ..StripTargets::default() };
    }
    let cap = |gain: &mut Decibels| gain.0 = gain.0.min(0.0);
    targets.strips.iter_mut().for_each(|strip| cap(&mut strip.gain));
    cap(&mut targets.master.gain);
    targets
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_cut_of_the_blocks_cannot_be_heard_or_read(
        seed in any::<u64>(),
        rate in prop_oneof![Just(48_000.0), Just(1234.5678), 8_000f64..400_000.0],
        mono in any::<bool>(),
        present in prop::array::uniform8(any::<bool>()),
        states in prop::collection::vec(any_targets(), 1..5),
        between in prop::collection::vec(prop_oneof![Just(0usize), Just(1), 1usize..700], 1..8)
            .prop_filter("somewhere it must go on", |cuts| cuts.iter().any(|cut| *cut > 0)),
        gaps in prop::collection::vec(1usize..1500, 4),
        look_ahead in prop::option::of(0f32..0.01),
    ) {
        let total = 4000;
        let layout = if mono { Layout::Mono } else { Layout::EightStereo };
        let inputs = noise(seed, total);
        let mut changes: Vec<usize> = gaps
            .iter()
            .scan(0, |at, gap| { *at += gap; Some(*at) })
            .take(states.len() - 1)
            .filter(|at| *at < total)
            .collect();
        changes.dedup();
        let asked = |at: usize| states[changes.iter().filter(|change| **change <= at).count()];

        let (mut plain, mut cut) = (Rig::new(rate, layout), Rig::new(rate, layout));
        plain.engine.fit_limiter(look_ahead);
        cut.engine.fit_limiter(look_ahead);
        let cuts = cut_at(&changes, total, &[16_384]);
        let expected = plain.run(&inputs, present, &cuts, asked);
        let cuts = cut_at(&changes, total, &between);
        let heard = cut.run(&inputs, present, &cuts, asked);
        prop_assert_eq!(bits(&heard), bits(&expected));
        loop {
            match (plain.meters.next_frame(), cut.meters.next_frame()) {
                (Some(one), Some(other)) => assert_equal_meters(&one, &other),
                (None, None) => break,
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }

    #[test]
    fn no_change_makes_a_click(
        states in prop::collection::vec(any_targets(), 2..8),
        gap in 1usize..900,
    ) {
        // Constant inputs: whatever steps in the output was made by us.
        let total = gap * states.len() + 600;
        let inputs = constant([0.9, -0.7, 0.5, 0.3, -0.2, 0.6, 0.8, -0.4], total);
        let changes: Vec<usize> = (1..states.len()).map(|i| i * gap).collect();
        let asked = |at: usize| no_louder(states[(at / gap).min(states.len() - 1)]);
        let mut rig = Rig::new(48_000.0, Layout::EightStereo);
        let cuts = cut_at(&changes, total, &[128]);
        let out = rig.run(&inputs, [true; BUSES], &cuts, asked);
        // No factor is above 1 or goes further than 1 in a ramp: at the steepest, side gain, way to
        // the master and master turn all eight buses over at once, and so does the bypass.
        let sum: f32 = inputs.iter().map(|bus| bus[0][0].abs()).sum();
        let steepest = (3.0 * sum + sum + 0.9) / 480.0;
        for side in &out {
            for pair in side.windows(2) {
                prop_assert!((pair[1] - pair[0]).abs() <= steepest, "{pair:?}");
            }
        }
    }
}

const TO_THE_RIGHT: Placing = Placing::Mono { at: Position::RIGHT, law: PanLaw::ConstantPower };

#[test]
fn every_control_takes_ten_milliseconds_in_even_steps() {
    type Change = fn(&mut Targets);
    let controls: [(&str, Change, f32); 10] = [
        ("trim", |to| to.strips[1].trim = Decibels(6.0), 0.75 - 0.000_7),
        ("polarity", |to| to.strips[1].inverted = [true; 2], 0.0),
        ("placing", |to| to.strips[1].placing = TO_THE_RIGHT, 0.25),
        ("gain", |to| to.strips[1].gain = Decibels::SILENCE, 0.25),
        ("balance", |to| to.strips[1].placing = Placing::Balance(Balance(1.0)), 0.25),
        ("mute", |to| to.strips[1].mute = true, 0.25),
        ("to master", |to| to.strips[1].to_master = false, 0.25),
        ("louder", |to| to.strips[1].gain = Decibels(6.0), 0.75 - 0.000_7),
        ("master", |to| to.master.gain = Decibels::SILENCE, 0.0),
        ("bypass", |to| to.bypass = true, 0.25),
    ];
    let (rate, at, ramp) = (48_000.0, 500, 480);
    for (name, change, end) in controls {
        let mut after = Targets::default();
        change(&mut after);
        for (from, to) in [(Targets::default(), after), (after, Targets::default())] {
            let mut rig = Rig::new(rate, Layout::EightStereo);
            let inputs = constant([0.25, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], at + ramp + 100);
            let out =
                rig.run(&inputs, [true; BUSES], &[at, 64], |f| if f < at { from } else { to });
            let left = &out[0];
            let way = (left[at + ramp] - left[at - 1]).abs();
            assert!((way - (0.5 - end).abs()).abs() < 1e-3, "{name}: goes {way} of the way");
            let steepest =
                left.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            assert!(steepest <= way / ramp as f32 + 1e-6, "{name}: a step of {steepest}");
            assert_eq!(left[at + ramp - 1], left[at + ramp], "{name} has arrived");
            assert_ne!(left[at + ramp - 2], left[at + ramp - 1], "{name} is not early");
        }
    }
}

#[test]
fn a_deliberate_allocation_is_noticed() {
    let before = violation_count();
    assert_no_alloc(|| std::hint::black_box(vec![0u8; 100]));
    assert!(violation_count() > before, "the check above sees nothing");
    assert_eq!(POINTS, BUSES + 1);
}
