//! What a good VST3 host hears however it plays: block lengths, rates, layouts, threads, several
//! instances.

use busbar_engine::{BUSES, Session};
use busbar_tests::signal::{self, Inputs, noise};
use busbar_tests::vst3::play::assert_same;
use busbar_tests::vst3::plugin::{INPUT, OUTPUT};
use busbar_tests::vst3::{
    Block, Change, MONO, Mode, Module, Plugin, STEREO, Score, SetUp, block, id, lists, play,
    with_module,
};
use proptest::prelude::*;

/// Automation of all kinds at fixed frames, several within a ramp and within one sub-block.
fn automation(plugin: &Plugin<'_>) -> Vec<Change> {
    let at = |frame, change: Change| Change { frame, ..change };
    vec![
        at(0, plugin.gain(1, -3.0)),
        at(1, plugin.gain(2, -12.0)),
        Change::at(63, id("balance_1"), 0.2),
        Change::at(64, id("mute_3"), 1.0),
        at(100, plugin.gain(2, 6.0)),
        Change::at(700, id("to_master_4"), 0.0),
        at(1_023, plugin.gain(8, -80.0)),
        Change::at(2_500, id("mute_3"), 0.0),
        Change::at(4_097, id("bypass"), 1.0),
        Change::at(4_400, id("bypass"), 0.0),
        Change::at(9_000, id("master_gain"), plugin.normalised(id("master_gain"), -6.0)),
        at(16_383, plugin.gain(1, 0.0)),
        at(16_384, plugin.gain(1, 3.0)),
    ]
}

#[test]
fn blocks_of_any_length_give_the_same_bits() {
    let inputs = noise(7, 20_000);
    with_module(|module| {
        let perform = |blocks: &[usize]| {
            let plugin = Plugin::new(module);
            plugin.start(SetUp::new(48_000.0, 16_384));
            play(&plugin, &Score::with(&inputs, &automation(&plugin)), blocks)
        };
        let whole = perform(&[16_384]);
        for blocks in
            [&[1][..], &[17], &[64], &[512], &[1_000], &[0, 1, 17, 512, 16_384], &[0, 0, 5, 0, 63]]
        {
            perform(blocks).assert_same(&whole, &format!("blocks of {blocks:?} and of 16,384"));
        }
        let length = prop_oneof![0..3usize, 0..70usize, 0..600usize, Just(512), Just(4_096)];
        let config = ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() };
        proptest!(config, |(blocks in prop::collection::vec(length, 1..60))| {
            perform(&blocks).assert_same(&whole, "blocks at random and of 16,384");
        });
    });
}

#[test]
fn processing_in_place_gives_the_same_bits() {
    with_module(|module| {
        let inputs = noise(8, 512);
        let plugin = Plugin::running(module);
        let apart = play(&plugin, &Score::with(&inputs, &automation(&plugin)), &[512]);
        let other = Plugin::running(module);
        let mut block = Block::for_plugin(&other, 512).with(&automation(&other)[..5]);
        for (bus, signal) in block.inputs.iter_mut().zip(&inputs) {
            *bus = signal.to_vec();
        }
        let result = block.run_damaged(&other, |raw| {
            let from = block::pointers(&mut raw.inputs[0]).to_vec();
            block::pointers(&mut raw.outputs[0]).copy_from_slice(&from);
        });
        assert_eq!(result, 0);
        for (heard, apart) in block.inputs[0].iter().zip(apart.main()) {
            assert_same(heard, apart, "in place and apart");
        }
    });
}

const RATES: [f64; 11] = [
    1_234.567_8,
    8_000.0,
    11_025.0,
    22_050.0,
    44_100.0,
    48_000.0,
    88_200.0,
    96_000.0,
    176_400.0,
    192_000.0,
    384_000.0,
];

#[test]
fn every_rate_and_changes_between_them_on_one_instance() {
    with_module(|module| {
        let plugin = Plugin::new(module);
        let inputs = signal::constant([0.5, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 8_000);
        for rate in RATES.into_iter().chain(RATES.into_iter().rev()) {
            assert!(plugin.set_value(id("gain_1"), plugin.gain(1, 0.0).value));
            plugin.start(SetUp::new(rate, 512));
            let take = play(&plugin, &Score::new(&inputs), &[512]);
            assert!(take.main()[0].iter().all(|x| *x == 0.75), "at {rate}");
            // Ten milliseconds are as many frames as the rate makes them.
            let silence = Change { frame: 10, ..plugin.gain(1, -80.0) };
            let take = play(&plugin, &Score::with(&inputs, &[silence]), &[512]);
            let arrived = take.main()[1].iter().position(|x| *x == 0.25).expect("arrives");
            let expected = 9.0 + rate * 0.010;
            assert!((arrived as f64 - expected).abs() <= 1.0, "at {rate}: {arrived}, {expected}");
            plugin.stop();
        }
    });
}

#[test]
fn layouts_of_one_bus() {
    with_module(|module| {
        let inputs = noise(9, 3_000);
        let plugin = Plugin::new(module);
        assert!(plugin.arrange(&[MONO], &[MONO; 2]));
        assert_eq!((plugin.buses(INPUT).len(), plugin.buses(OUTPUT).len()), (1, 2));
        assert!(plugin.buses(OUTPUT).iter().all(|bus| bus.channels == 1));
        plugin.start(SetUp::new(48_000.0, 512));
        // With one side, balance turns nothing down.
        let change = Change::at(0, id("balance_1"), 0.0);
        let take = play(&plugin, &Score::with(&inputs, &[change]), &[512]);
        assert_same(&take.main()[0], &inputs[0][0], "mono");
        assert_same(&take.monitor()[0], &inputs[0][0], "mono monitor");
        plugin.stop();

        assert!(plugin.arrange(&[STEREO], &[STEREO; 2]));
        assert_eq!(plugin.arrangement(), (vec![STEREO], vec![STEREO; 2]));
        plugin.start(SetUp::new(48_000.0, 512));
        let take = play(&plugin, &Score::new(&inputs), &[512]);
        assert!(take.main()[0].iter().zip(&inputs[0][0]).any(|(a, b)| a == b));
        assert!(take.main()[1].iter().all(|x| *x == 0.0), "the balance is on the left");
    });
}

#[test]
fn buses_that_are_switched_off_are_silent() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        let values = [0.5, 0.25, 0.125, 0.0625, 0.0, 0.0, 0.0, 0.0];
        let listen = |expected: f32, inputs: u32, outputs: u32| {
            let mut block = Block::constant(&plugin, 256, &values);
            assert_eq!(block.run(&plugin), 0);
            assert!(
                block.main().iter().flatten().all(|x| *x == expected),
                "{}",
                block.main()[0][0]
            );
            let monitor = if outputs & 2 == 2 { expected } else { 0.0 };
            assert!(block.outputs[1].iter().flatten().all(|x| *x == monitor));
            let look = module.probe().look(0).expect("an instance");
            assert_eq!((look.inputs, look.outputs), (inputs, outputs));
        };
        listen(0.9375, 0xff, 3);
        assert!(plugin.switch_bus(INPUT, 2, false));
        listen(0.8125, 0xfb, 3);
        assert!(plugin.switch_bus(INPUT, 1, false) && plugin.switch_bus(OUTPUT, 1, false));
        listen(0.5625, 0xf9, 1);
        for (direction, i) in [(INPUT, 1), (INPUT, 2), (OUTPUT, 1)] {
            assert!(plugin.switch_bus(direction, i, true));
        }
        listen(0.9375, 0xff, 3);
        assert!(!plugin.switch_bus(INPUT, 8, false) && !plugin.switch_bus(OUTPUT, -1, false));
    });
}

#[test]
fn instances_do_not_disturb_each_other() {
    let inputs = noise(10, 4_000);
    with_module(|module| {
        let score = |plugin: &Plugin<'_>, i: u8| {
            let level = -3.0 * f64::from(i);
            let mut changes = automation(plugin);
            changes.insert(0, plugin.gain(8, level));
            Score::with(&inputs, &changes)
        };
        let alone: Vec<_> = (0..4)
            .map(|i| {
                let plugin = Plugin::running(module);
                play(&plugin, &score(&plugin, i), &[512])
            })
            .collect();
        let together: Vec<_> = (0..4).map(|_| Plugin::running(module)).collect();
        assert_eq!(module.probe().instances(), 4);
        std::thread::scope(|scope| {
            for ((plugin, alone), i) in together.iter().zip(&alone).zip(0..) {
                let play_and_compare = move || {
                    let take = play(plugin, &score(plugin, i), &[17 + 100 * usize::from(i)]);
                    take.assert_same(alone, &format!("instance {i} with others and alone"));
                };
                named(scope, "instance", play_and_compare);
            }
        });
    });
}

/// A thread that can be told apart.
fn named<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() + Send + 'scope,
) -> std::thread::ScopedJoinHandle<'scope, ()> {
    std::thread::Builder::new().name(name.into()).spawn_scoped(scope, work).expect("a thread")
}

#[test]
fn state_is_set_while_another_thread_processes() {
    let mut quiet = Session::default();
    quiet.strips[0].gain = -12.0;
    quiet.strips[0].balance = 0.5;
    let states = [Session::default().write(), quiet.write()];
    with_module(|module| {
        let plugin = Plugin::running(module);
        std::thread::scope(|scope| {
            let states = named(scope, "state", || {
                for state in states.iter().cycle().take(400) {
                    assert!(plugin.load(state.as_bytes()));
                    assert!(plugin.save().ends_with(b"# end of session"));
                }
            });
            let mut block = Block::constant(&plugin, 128, &[0.5]);
            let mut last = [0.5f32; 2];
            while !states.is_finished() {
                assert_eq!(block.run(&plugin), 0);
                for (side, last) in block.main().iter().zip(&mut last) {
                    for heard in side {
                        // From 0 to full in 480 frames, at the steepest.
                        assert!((heard - *last).abs() <= 0.5 / 480.0 * 1.01, "a step");
                        *last = *heard;
                    }
                }
            }
        });
    });
}

#[test]
fn every_block_may_come_from_another_thread() {
    let inputs = noise(14, 2_048);
    with_module(|module| {
        let plugin = Plugin::running(module);
        let score = Score::with(&inputs, &automation(&plugin));
        let expected = play(&plugin, &score, &[512]);
        let plugin = Plugin::running(module);
        for (at, first) in (0..2_048).step_by(512).enumerate() {
            let piece: Inputs = std::array::from_fn(|bus| {
                std::array::from_fn(|side| inputs[bus][side][first..first + 512].to_vec())
            });
            let inside = score.changes.iter().filter(|c| (c.frame / 512) as usize == at);
            let changes: Vec<_> =
                inside.map(|c| Change { frame: c.frame - first as i64, ..*c }).collect();
            std::thread::scope(|scope| {
                named(scope, "block", || {
                    let take = play(&plugin, &Score::with(&piece, &changes), &[512]);
                    for (heard, expected) in take.main().iter().zip(expected.main()) {
                        assert_same(heard, &expected[first..first + 512], "on a thread of its own");
                    }
                });
            });
        }
    });
}

#[test]
fn notes_and_transport_do_not_disturb() {
    let inputs = noise(11, 5_000);
    with_module(|module| {
        let plain = Plugin::running(module);
        let score = Score::with(&inputs, &automation(&plain));
        let without = play(&plain, &score, &[512]);
        let notes = (0..500i32).map(|i| lists::note(i % 2 == 0, i * 10, (i % 16) as i16, 60));
        let score = Score { notes: notes.collect(), ..score };
        play(&Plugin::running(module), &score, &[512]).assert_same(&without, "with notes");

        let plugin = Plugin::running(module);
        let mut at = 0;
        for start in [-10_000i64, 0, i64::MAX - 512, i64::MIN] {
            let mut block = Block::for_plugin(&plugin, 512).with(&score.changes[..4]);
            // SAFETY: plain numbers, for which zeros are a value.
            let mut context: block::ProcessContext = unsafe { std::mem::zeroed() };
            (context.state, context.sampleRate, context.tempo) = (2 | 1 << 10, f64::NAN, -1.0);
            (context.projectTimeSamples, context.projectTimeMusic) = (start, f64::INFINITY);
            block.context = Some(context);
            assert_eq!(block.run(&plugin), 0);
            at += 512;
        }
        assert_eq!(module.probe().look(1).map(|look| look.frames), Some(at));
    });
}

#[test]
fn what_is_set_between_playing_is_heard() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        let inputs = signal::constant([0.5; BUSES], 1_000);
        assert_eq!(play(&plugin, &Score::new(&inputs), &[512]).main()[0][999], 4.0);
        let mutes: Vec<_> =
            (2..=BUSES).map(|bus| Change::at(0, id(&format!("mute_{bus}")), 1.0)).collect();
        plugin.preset(&mutes);
        assert!(play(&plugin, &Score::new(&inputs), &[512]).main()[0].iter().all(|x| *x == 0.5));
    });
}

#[test]
fn bypass_gives_the_main_input() {
    let inputs = noise(12, 4_000);
    with_module(|module| {
        let plugin = Plugin::running(module);
        plugin.preset(&[plugin.gain(1, 6.0)]);
        play(&plugin, &Score::new(&noise(13, 512)), &[512]);
        let changes = [Change::at(0, id("bypass"), 1.0)];
        let take = play(&plugin, &Score::with(&inputs, &changes), &[512]);
        for (heard, given) in take.main().iter().zip(&inputs[0]) {
            assert_same(&heard[480..], &given[480..], "bypassed");
            assert_ne!(heard[100], given[100], "no crossfade");
        }
        let back =
            play(&plugin, &Score::with(&inputs, &[Change::at(0, id("bypass"), 0.0)]), &[512]);
        assert_ne!(back.main()[0][3_000], inputs[0][0][3_000]);
    });
}

#[test]
fn mode_of_each_block_is_told_truly() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        for mode in [
            Mode::Realtime,
            Mode::Offline,
            Mode::Realtime,
            Mode::Prefetch,
            Mode::Offline,
            Mode::Realtime,
        ] {
            let mut block = Block::for_plugin(&plugin, 64);
            block.mode = mode;
            assert_eq!(block.run(&plugin), 0);
            assert_eq!(module.probe().look(0).map(|look| look.mode), Some(mode as u32));
        }
        for mode in [Mode::Offline, Mode::Realtime, Mode::Prefetch, Mode::Realtime] {
            plugin.restart(SetUp { mode, ..SetUp::new(48_000.0, 512) });
            assert_eq!(module.probe().activated_as(0), mode as u32, "announced {mode:?}");
        }
    });
}

#[test]
fn a_measurement_goes_on_over_a_pause() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        let inputs: Inputs = signal::constant([0.5; BUSES], 2_400);
        play(&plugin, &Score::new(&inputs), &[512]);
        plugin.restart(SetUp::new(48_000.0, 512));
        play(&plugin, &Score::new(&inputs), &[512]);
        let (frames, _) = module.probe().meters(0).expect("readings");
        assert!(frames >= 4_000, "{frames} frames of 4,800");
    });
}

#[test]
fn a_deliberate_allocation_is_counted() {
    let module = Module::under_test();
    let plugin = Plugin::running(&module);
    let before = module.probe().violations();
    let mut block = Block::for_plugin(&plugin, 64);
    block.run(&plugin);
    assert_eq!(module.probe().violations(), before);
    module.probe().allocate_next();
    block.run(&plugin);
    assert!(module.probe().violations() > before, "the allocation passed unnoticed");
}
