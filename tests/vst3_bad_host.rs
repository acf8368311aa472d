//! A VST3 host that does what it must not: with buses, lengths, rates, threads and objects. Bad
//! events are in `vst3_bad_events.rs`, bad state is in `vst3_bad_state.rs`.

use busbar_tests::vst3::Steinberg::Vst::{
    IAudioProcessorTrait, IComponentTrait, IEditControllerTrait,
};
use busbar_tests::vst3::block::{self, no_bus};
use busbar_tests::vst3::com::{INTERFACES, address_of, references, release};
use busbar_tests::vst3::faults::{FAULTS, hears};
use busbar_tests::vst3::play::assert_same;
use busbar_tests::vst3::plugin;
use busbar_tests::vst3::{
    Block, Change, MONO, Mode, Module, Plugin, STEREO, Score, SetUp, id, play, with_module,
};

/// Different on each bus, with sums that are exact.
const VALUES: [f32; 8] = [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015_625, 0.007_812_5, 0.003_906_25];

fn sum() -> f32 {
    VALUES.iter().sum()
}

/// What shows a fault of the framework must do no harm with the guard.
fn no_harm(name: &str) {
    let fault = FAULTS.iter().find(|fault| fault.name == name).expect("a fault of the list");
    with_module(fault.scenario);
}

macro_rules! no_harm {
    ($($test:ident: $fault:literal;)*) => {$(
        #[test]
        fn $test() {
            no_harm($fault);
        }
    )*};
}

no_harm! {
    fewer_outputs_than_declared: "no_monitor";
    fewer_inputs_than_declared: "fewer_inputs";
    null_channel_buffers: "null_monitor";
    null_channel_pointers: "null_channels";
    channels_zero: "sidechains_without_channels";
    more_channels_than_declared: "surplus_channels";
    a_mono_sidechain_is_heard_on_both_sides: "mono_sidechain";
    process_before_activation: "before_activation";
    samples_of_64_bits_are_refused: "wide_samples";
    set_active_beside_process: "activation_beside_process";
    a_block_longer_than_announced: "longer_block";
    block_lengths_that_cannot_be: "enormous_blocks_announced";
    an_empty_system_message: "empty_system_message";
    parameters_that_there_are_not: "parameter_after_the_last";
    the_mode_is_told_at_activation: "mode_at_activation";
}

/// Plays all buses, some of them lost on the way, and looks at which ones the plug-in takes.
fn sees(
    module: &Module,
    plugin: &Plugin<'_>,
    expected: f32,
    buses: (u32, u32),
    damage: impl FnOnce(&mut block::Raw),
) {
    hears(module, plugin, &VALUES, expected, damage);
    let look = module.probe().look(0).expect("an instance");
    assert_eq!((look.inputs, look.outputs), buses);
}

#[test]
fn every_way_to_leave_a_bus_out() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        let main = VALUES[0];
        sees(module, &plugin, sum(), (0xff, 3), |_| {});
        sees(module, &plugin, main, (1, 1), |raw| {
            (raw.data.numInputs, raw.data.numOutputs) = (1, 1);
        });
        sees(module, &plugin, 0.875, (7, 3), |raw| raw.data.numInputs = 3);
        sees(module, &plugin, sum(), (0xff, 1), |raw| raw.data.numOutputs = 1);
        sees(module, &plugin, main, (1, 1), |raw| {
            for bus in raw.inputs[1..].iter_mut().chain(&mut raw.outputs[1..]) {
                bus.__field0.channelBuffers32 = std::ptr::null_mut();
            }
        });
        sees(module, &plugin, main, (1, 1), |raw| {
            raw.inputs[1..].fill(no_bus());
            raw.outputs[1..].fill(no_bus());
        });
        sees(module, &plugin, main, (1, 1), |raw| {
            let aux = raw.inputs[1..].iter_mut().chain(&mut raw.outputs[1..]);
            aux.for_each(|bus| bus.numChannels = -3);
        });
        sees(module, &plugin, sum() - main, (0xfe, 3), |raw| raw.inputs[0] = no_bus());
        sees(module, &plugin, 0.0, (0, 3), |raw| raw.inputs.fill(no_bus()));
        sees(module, &plugin, 0.0, (0, 3), |raw| raw.inputs.clear());
        sees(module, &plugin, 0.0, (0, 3), |raw| raw.data.numInputs = -1);
        sees(module, &plugin, sum(), (0xff, 3), |raw| {
            raw.inputs.extend([no_bus(); 40]);
            raw.outputs.extend([no_bus(); 40]);
            (raw.data.numInputs, raw.data.numOutputs) = (48, 42);
        });
        sees(module, &plugin, sum(), (0xff, 3), |_| {});
    });
}

#[test]
fn without_outputs_it_goes_on_measuring() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        module.probe().meters(0);
        let mut block = Block::constant(&plugin, 4_800, &VALUES);
        assert_eq!(block.run_damaged(&plugin, |raw| raw.data.numOutputs = 0), 0);
        assert_eq!(
            module.probe().look(0).map(|look| (look.frames, look.outputs)),
            Some((4_800, 0))
        );
        let (_, readings) = module.probe().meters(0).expect("readings");
        assert_eq!(readings[7][0], VALUES[7]);
    });
}

#[test]
fn process_between_activations_is_refused_and_silent() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        sees(module, &plugin, sum(), (0xff, 3), |_| {});
        plugin.stop();
        let mut block = Block::constant(&plugin, 256, &VALUES);
        assert_ne!(block.run(&plugin), 0);
        assert!(block.outputs.iter().flatten().flatten().all(|x| *x == 0.0));
        // Activated, but never told that blocks are coming.
        assert!(plugin.set_active(true));
        sees(module, &plugin, sum(), (0xff, 3), |_| {});
    });
}

#[test]
fn parameters_are_flushed_without_time_going_on() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        let frames = || module.probe().look(0).expect("an instance").frames;
        let gain = id("gain_1");
        let ways: [&dyn Fn(&mut block::Raw); 5] = [
            // Ableton Live: a length, and no channel anywhere.
            &|raw| {
                raw.inputs.iter_mut().chain(&mut raw.outputs).for_each(|bus| bus.numChannels = 0)
            },
            &|raw| raw.inputs.iter_mut().chain(&mut raw.outputs).for_each(|bus| *bus = no_bus()),
            &|raw| raw.data.numSamples = 0,
            &|raw| (raw.data.numSamples, raw.data.numInputs, raw.data.numOutputs) = (0, 0, 0),
            &|raw| (raw.data.numSamples, raw.data.numOutputs) = (-5, 0),
        ];
        for (way, value) in ways.iter().zip([0.1, 0.2, 0.3, 0.4, 0.5]) {
            let change = Change::at(0, gain, value);
            let mut block = Block::constant(&plugin, 256, &VALUES).with(&[change]);
            assert_eq!(block.run_damaged(&plugin, |raw| way(raw)), 0, "for {value}");
            assert_eq!(frames(), 0, "time went on for {value}");
            assert!((plugin.value(gain) - value).abs() < 1e-3, "{}", plugin.value(gain));
        }
        // A flush is not the place where ramps end.
        let mut block = Block::constant(&plugin, 256, &VALUES);
        assert_eq!((block.run(&plugin), frames()), (0, 256));
    });
}

#[test]
fn absurd_rates_are_refused() {
    with_module(|module| {
        let plugin = Plugin::new(module);
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-300, 1e300] {
            let accepted = plugin.set_up(SetUp::new(rate, 256)) && plugin.set_active(true);
            assert!(!accepted, "{rate} is accepted");
            let mut block = Block::constant(&plugin, 256, &VALUES);
            assert_ne!(block.run(&plugin), 0, "a block at {rate}");
            plugin.set_active(false);
        }
        plugin.start(SetUp::new(44_100.0, 256));
        sees(module, &plugin, sum(), (0xff, 3), |_| {});
    });
}

#[test]
fn absurd_samples_do_not_last() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        for absurd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, f32::MAX] {
            for bus in [0, 3, 7] {
                let mut block = Block::constant(&plugin, 256, &VALUES);
                block.inputs[bus].iter_mut().for_each(|side| side[100] = absurd);
                assert_eq!(block.run(&plugin), 0);
                for side in block.outputs.iter().flatten() {
                    assert_eq!(side[100], sum() - VALUES[bus], "{absurd} on bus {}", bus + 1);
                    assert!(side.iter().enumerate().all(|(i, x)| i == 100 || *x == sum()));
                }
            }
        }
        play(&plugin, &Score::new(&busbar_tests::signal::constant([0.5; 8], 1_600)), &[512]);
        let (_, readings) = module.probe().meters(0).expect("readings");
        assert!(readings.iter().flatten().all(|x| x.is_finite() && *x < 9.0), "{readings:?}");
    });
}

#[test]
fn arrangements_that_there_are_not() {
    with_module(|module| {
        let plugin = Plugin::new(module);
        let mut last_mono = [STEREO; 8];
        last_mono[7] = MONO;
        let mut main_mono = [STEREO; 8];
        main_mono[0] = MONO;
        for (inputs, outputs) in [
            (&last_mono[..], &[STEREO; 2][..]),
            (&main_mono, &[MONO, STEREO]),
            (&main_mono, &[STEREO, STEREO]),
            (&[MONO; 8], &[MONO; 2]),
            (&[STEREO; 8], &[STEREO, MONO]),
            (&[STEREO; 8], &[STEREO]),
            (&[STEREO; 7], &[STEREO; 2]),
            (&[STEREO; 9], &[STEREO; 2]),
            (&[STEREO; 8], &[]),
            (&[], &[STEREO; 2]),
            (&[], &[]),
            (&[0x3f; 8], &[0x3f; 2]),
            (&[0; 8], &[0; 2]),
            (&[u64::MAX; 100], &[u64::MAX; 100]),
        ] {
            assert!(!plugin.arrange(inputs, outputs), "{inputs:?} and {outputs:?}");
        }
        for counts in [(8, 2), (-1, -1), (i32::MIN, 0), (0, 0)] {
            assert!(!plugin.arrange_null(counts.0, counts.1), "null lists of {counts:?}");
        }
        // Behind these lists memory ends.
        for counts in [(i32::MAX, 2), (8, i32::MAX), (9, 2), (8, 3), (i32::MAX, i32::MIN)] {
            let taken = plugin.arrange_announcing(&[STEREO; 8], &[STEREO; 2], counts);
            assert!(!taken, "{counts:?} buses announced");
        }
        assert_eq!(plugin.arrangement(), (vec![STEREO; 8], vec![STEREO; 2]), "and nothing changed");
        plugin.start(SetUp::new(48_000.0, 256));
        sees(module, &plugin, sum(), (0xff, 3), |_| {});
    });
}

#[test]
fn a_mono_plug_in_in_a_host_that_passes_everything() {
    with_module(|module| {
        let plugin = Plugin::new(module);
        let everything = Block::constant(&plugin, 256, &VALUES);
        assert!(plugin.arrange(&[MONO], &[MONO; 2]));
        plugin.start(SetUp::new(48_000.0, 256));
        let mut block = everything;
        assert_eq!(block.run(&plugin), 0);
        assert!(block.main()[0].iter().all(|x| *x == VALUES[0]));
        assert_eq!(module.probe().look(0).map(|look| (look.inputs, look.outputs)), Some((1, 3)));
    });
}

#[test]
fn mode_of_each_block_and_back_to_real_time_at_once() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        let modes = [Mode::Realtime, Mode::Offline, Mode::Realtime, Mode::Prefetch, Mode::Offline];
        for mode in modes.into_iter().chain([Mode::Realtime]) {
            let mut block = Block::constant(&plugin, 64, &VALUES);
            block.mode = mode;
            assert_eq!(block.run(&plugin), 0);
            assert_eq!(module.probe().look(0).map(|look| look.mode), Some(mode as u32));
        }
        let mut block = Block::constant(&plugin, 64, &VALUES);
        assert_eq!(block.run_damaged(&plugin, |raw| raw.data.processMode = 77), 0);
        assert_eq!(module.probe().look(0).map(|look| look.mode), Some(0), "real time in doubt");
    });
}

#[test]
fn the_tail_is_infinite_while_held() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        assert_eq!(plugin.tail(), 0);
        module.probe().hold(0, true);
        assert_eq!(plugin.tail(), u32::MAX, "before the first block");
        plugin.set_processing(false);
        plugin.set_processing(true);
        assert_eq!(plugin.tail(), u32::MAX, "after setProcessing");
        sees(module, &plugin, sum(), (0xff, 3), |_| {});
        assert_eq!(plugin.tail(), u32::MAX, "after a block");
        module.probe().hold(0, false);
        assert_eq!(plugin.tail(), 0, "let go");
    });
}

#[test]
fn silence_flags_are_cleared() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        let mut block = Block::constant(&plugin, 256, &VALUES);
        let mut flags = Vec::new();
        assert_eq!(
            block.run_and_look(
                &plugin,
                |raw| raw.outputs.iter_mut().for_each(|bus| bus.silenceFlags = 3),
                |raw| {
                    flags = raw.outputs.iter().map(|bus| bus.silenceFlags).collect();
                }
            ),
            0
        );
        assert_eq!(flags, [0, 0]);
    });
}

#[test]
fn questions_out_of_range_and_without_room_for_an_answer() {
    let (audio, events, none) = (plugin::AUDIO, plugin::EVENTS, std::ptr::null_mut::<u8>());
    with_module(|module| {
        let plugin = Plugin::new(module);
        let (component, controller) = (plugin.component(), plugin.controller());
        for i in [-1, 8, 9, 1_000, i32::MAX, i32::MIN] {
            let mut arrangement = 0;
            // SAFETY: a plug-in looks whether there is a place, and whether there is such a bus.
            unsafe {
                for direction in [plugin::INPUT, plugin::OUTPUT, 77] {
                    let place = &mut arrangement;
                    plugin.processor().getBusArrangement(direction, i, place);
                    component.getBusInfo(audio, direction, i, &mut std::mem::zeroed());
                    component.getBusInfo(events, direction, i, &mut std::mem::zeroed());
                    assert_ne!(component.getBusInfo(audio, direction, i, none.cast()), 0);
                    assert_ne!(component.activateBus(audio, direction, i, 0), 0, "bus {i}");
                }
                assert_ne!(controller.getParameterInfo(i, none.cast()), 0);
            }
        }
        // SAFETY: as above.
        unsafe {
            assert_ne!(controller.getParamStringByValue(id("gain_1"), 0.5, none.cast()), 0);
            assert_ne!(controller.getParamValueByString(id("gain_1"), none.cast(), none.cast()), 0);
            assert_ne!(plugin.processor().setupProcessing(none.cast()), 0);
            assert_ne!(plugin.processor().process(none.cast()), 0);
        }
        for value in [f64::NAN, f64::INFINITY, -1e300, 1e300] {
            assert!(plugin.text(id("gain_1"), value).is_some_and(|text| text.len() < 40));
        }
        plugin.start(SetUp::new(48_000.0, 256));
        sees(module, &plugin, sum(), (0xff, 3), |_| {});
    });
}

#[test]
fn one_identity_and_one_count_of_references() {
    let module = Module::under_test();
    let plugin = Plugin::new(&module);
    let object = plugin.component().as_ptr().cast();
    let before = {
        // SAFETY: the component is alive.
        unsafe { references(object) }
    };
    for (from, interface) in INTERFACES {
        // SAFETY: the component is alive.
        let one = unsafe { address_of(object, &interface) }.expect(from);
        for (to, other) in INTERFACES {
            // SAFETY: the component, and with it `one`, is alive.
            let (direct, around) = unsafe { (address_of(object, &other), address_of(one, &other)) };
            assert!(direct.is_some() && direct == around, "from {from} to {to}");
        }
        // SAFETY: as above.
        assert_eq!(unsafe { address_of(one, b"0123456789abcdef") }, None, "from {from}");
    }
    // SAFETY: the component is alive.
    assert_eq!(unsafe { references(object) }, before, "references that were not given back");

    assert_eq!(module.probe().instances(), 1);
    let component = plugin.component().clone();
    drop(plugin);
    assert_eq!(module.probe().instances(), 1, "there is a reference left");
    // SAFETY: the last reference, which is ours.
    assert_eq!(unsafe { release(component.into_raw().cast()) }, 0);
    assert_eq!(module.probe().instances(), 0);
}

#[test]
fn a_panic_stays_inside_and_the_main_input_passes() {
    // A panic allocates its message, so allocations are not looked at here.
    let module = Module::under_test();
    let plugin = Plugin::running(&module);
    let bystander = Plugin::running(&module);
    plugin.preset(&[plugin.gain(1, -20.0)]);
    let failed = |i| module.probe().look(i).expect("an instance").failed;
    module.probe().panic_next();
    let mut block = Block::constant(&plugin, 256, &VALUES);
    assert_eq!(block.run(&plugin), 0);
    assert_eq!((failed(0), failed(1)), (1, 0));
    assert!(block.outputs.iter().flatten().flatten().all(|x| x.abs() <= 1.0), "stale memory");
    for _ in 0..3 {
        assert_eq!(block.run(&plugin), 0);
        assert_same(&block.main()[1], &block.inputs[0][1], "the main input unharmed");
        assert!(block.outputs[1].iter().flatten().all(|x| *x == 0.0), "a silent monitor");
    }
    // The other instance never noticed.
    let mut block = Block::constant(&bystander, 256, &VALUES);
    assert_eq!((block.run(&bystander), block.main()[0][9]), (0, sum()));

    plugin.restart(SetUp::new(48_000.0, 512));
    assert_eq!(failed(0), 0);
    let mut block = Block::constant(&plugin, 256, &VALUES);
    assert_eq!(block.run(&plugin), 0);
    let expected = sum() - VALUES[0] + VALUES[0] * 0.1;
    assert!((block.main()[0][255] - expected).abs() < 1e-3, "recovered: {}", block.main()[0][255]);
    drop((plugin, bystander));
    assert_eq!(module.probe().instances(), 0);
}
