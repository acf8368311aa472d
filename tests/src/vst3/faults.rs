//! What the framework does wrong without the guard, as scenarios: each passes with the guard, and
//! panics, or ends the process, as long as the fault is there without it.

use busbar_engine::session::VERSION;
use vst3::Steinberg::Vst::Event_::EventTypes_;
use vst3::Steinberg::{kInvalidArgument, kResultOk};

use super::block::{Raw, no_bus};
use super::{Block, Change, MONO, Manners, Mode, Module, Plugin, STEREO, SetUp, Stream, id, lists};

/// A fault and what shows it.
#[derive(Clone, Copy)]
pub struct Fault {
    /// What it is called.
    pub name: &'static str,
    /// Where the guard mends it.
    pub mended_in: &'static str,
    /// Panics, or worse, while the fault is there.
    pub scenario: fn(&Module),
}

macro_rules! faults {
    ($($name:ident: $mended_in:literal;)*) => {
        /// Every fault that the guard mends in VST3.
        pub const FAULTS: &[Fault] = &[$(
            Fault { name: stringify!($name), mended_in: $mended_in, scenario: $name },
        )*];
    };
}

faults! {
    no_monitor: "guard/pad.rs";
    null_monitor: "guard/pad.rs";
    null_channels: "guard/pad.rs";
    sidechains_without_channels: "guard/pad.rs";
    mono_sidechain: "guard/pad.rs";
    surplus_channels: "guard/pad.rs";
    every_sidechain: "guard/vst3/blocks.rs, lay_buses";
    fewer_inputs: "guard/vst3/blocks.rs, lay_buses";
    last_sidechain_mono: "guard/vst3/component.rs, setBusArrangements";
    mode_at_activation: "guard/vst3/component.rs, setupProcessing";
    enormous_blocks_announced: "guard/vst3/component.rs, setupProcessing";
    longer_block: "guard/vst3/component.rs, process_pieces";
    crowded_block: "guard/vst3/window.rs";
    wide_samples: "guard/vst3/component.rs, process";
    before_activation: "guard/vst3/component.rs, process";
    activation_beside_process: "guard/pad.rs, TryCell";
    empty_system_message: "guard/shield.rs";
    endless_state: "guard/state.rs";
    newer_state: "guard/vst3/component.rs, setState";
    state_without_seeking: "guard/vst3/state.rs";
    tail_before_the_first_block: "guard/link.rs";
    parameter_after_the_last: "guard/vst3/rest.rs";
}

/// A signal on the main bus and on the first sidechain. The framework hears no other, which is a
/// fault of its own and must not hide the others.
const TWO: [f32; 2] = [0.5, 0.25];
const SUM: f32 = 0.75;

/// Plays constants through a damaged call; what the main output then is must be what is expected,
/// and the plug-in must have been asked.
pub fn hears(
    module: &Module,
    plugin: &Plugin<'_>,
    values: &[f32],
    expected: f32,
    damage: impl FnOnce(&mut Raw),
) {
    let blocks = || module.probe().look(0).expect("an instance").blocks;
    let before = blocks();
    let mut block = Block::constant(plugin, 256, values);
    assert_eq!(block.run_damaged(plugin, damage), kResultOk);
    assert!(blocks() > before, "the plug-in was not asked to process");
    for side in block.main() {
        assert!(side.iter().all(|x| *x == expected), "{} instead of {expected}", side[0]);
    }
}

fn no_monitor(module: &Module) {
    let plugin = Plugin::running(module);
    hears(module, &plugin, &TWO, SUM, |raw| raw.data.numOutputs = 1);
}

fn null_monitor(module: &Module) {
    let plugin = Plugin::running(module);
    hears(module, &plugin, &TWO, SUM, |raw| {
        raw.outputs[1].__field0.channelBuffers32 = std::ptr::null_mut();
    });
}

fn null_channels(module: &Module) {
    let plugin = Plugin::running(module);
    hears(module, &plugin, &TWO, TWO[0], |raw| {
        super::block::pointers(&mut raw.outputs[1]).fill(std::ptr::null_mut());
        super::block::pointers(&mut raw.inputs[1]).fill(std::ptr::null_mut());
    });
}

fn sidechains_without_channels(module: &Module) {
    let plugin = Plugin::running(module);
    hears(module, &plugin, &TWO, TWO[0], |raw| {
        raw.inputs[1..].fill(no_bus());
        raw.outputs[1] = no_bus();
    });
}

fn mono_sidechain(module: &Module) {
    let plugin = Plugin::running(module);
    hears(module, &plugin, &TWO, SUM, |raw| raw.inputs[1].numChannels = 1);
}

fn surplus_channels(module: &Module) {
    let plugin = Plugin::running(module);
    let mut spare = vec![vec![0.0; 256]; 3];
    let mut channels: Vec<*mut f32> = Vec::new();
    hears(module, &plugin, &TWO, SUM, |raw| {
        channels.extend_from_slice(super::block::pointers(&mut raw.outputs[0]));
        channels.extend(spare.iter_mut().map(|channel| channel.as_mut_ptr()));
        raw.outputs[0].numChannels = channels.len() as i32;
        raw.outputs[0].__field0.channelBuffers32 = channels.as_mut_ptr();
    });
}

fn every_sidechain(module: &Module) {
    let plugin = Plugin::running(module);
    let values = [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015_625, 0.007_812_5, 0.003_906_25];
    hears(module, &plugin, &values, values.iter().sum(), |_| {});
}

fn fewer_inputs(module: &Module) {
    let plugin = Plugin::running(module);
    hears(module, &plugin, &TWO, TWO[0], |raw| raw.data.numInputs = 1);
}

fn last_sidechain_mono(module: &Module) {
    let plugin = Plugin::new(module);
    let mut inputs = [STEREO; 8];
    inputs[7] = MONO;
    assert!(!plugin.arrange(&inputs, &[STEREO; 2]), "a layout that there is not");
    assert!(!plugin.arrange(&[MONO; 8], &[MONO; 2]), "a layout that there is not");
}

fn mode_at_activation(module: &Module) {
    let plugin = Plugin::new(module);
    for mode in [Mode::Offline, Mode::Realtime] {
        plugin.start(SetUp { mode, ..SetUp::new(48_000.0, 512) });
        assert_eq!(module.probe().activated_as(0), mode as u32, "announced {mode:?}");
        plugin.stop();
    }
}

fn enormous_blocks_announced(module: &Module) {
    let plugin = Plugin::new(module);
    for longest in [0, -1, i32::MIN, i32::MAX] {
        plugin.start(SetUp::new(48_000.0, longest));
        hears(module, &plugin, &TWO, SUM, |_| {});
        plugin.stop();
    }
}

fn longer_block(module: &Module) {
    let plugin = Plugin::new(module);
    plugin.start(SetUp::new(48_000.0, 64));
    hears(module, &plugin, &TWO, SUM, |_| {});
}

fn crowded_block(module: &Module) {
    let plugin = Plugin::running(module);
    let gain = id("gain_1");
    let changes: Vec<_> = (0..5_000)
        .map(|i| Change::at(i * 512 / 5_000, gain, 0.5 + f64::from(i as i32 % 50) * 0.001))
        .collect();
    let mut block = Block::constant(&plugin, 512, &TWO).with(&changes);
    let before = module.probe().violations();
    module.probe().watch(&mut || assert_eq!(block.run(&plugin), kResultOk));
    assert_eq!(module.probe().violations(), before, "allocations in the block");
    assert!((plugin.value(gain) - 0.549).abs() < 1e-4, "{}", plugin.value(gain));
}

fn wide_samples(module: &Module) {
    let plugin = Plugin::running(module);
    let blocks = || module.probe().look(0).expect("an instance").blocks;
    let before = blocks();
    let mut block = Block::constant(&plugin, 256, &TWO);
    assert_ne!(block.run_damaged(&plugin, |raw| raw.data.symbolicSampleSize = 1), kResultOk);
    assert_eq!(blocks(), before, "64-bit samples were taken for 32-bit ones");
}

fn before_activation(module: &Module) {
    let plugin = Plugin::new(module);
    let mut block = Block::constant(&plugin, 256, &TWO);
    assert_ne!(block.run(&plugin), kResultOk, "before there was a set-up");
    assert!(block.main().iter().flatten().all(|x| *x == 0.0), "stale memory is heard");
    assert!(plugin.set_up(SetUp::new(48_000.0, 256)));
    assert_ne!(block.run(&plugin), kResultOk, "before the activation");
}

fn activation_beside_process(module: &Module) {
    let plugin = Plugin::new(module);
    // The longer the blocks that are announced, the longer an activation takes.
    plugin.start(SetUp::new(48_000.0, 1 << 16));
    std::thread::scope(|scope| {
        let activate = || {
            for _ in 0..300 {
                plugin.set_active(false);
                assert!(plugin.set_active(true));
            }
        };
        let thread = std::thread::Builder::new().name("activation".into());
        let thread = thread.spawn_scoped(scope, activate).expect("a thread");
        while !thread.is_finished() {
            let mut block = Block::constant(&plugin, 256, &TWO);
            let expected = if block.run(&plugin) == kResultOk { SUM } else { 0.0 };
            let heard = block.main().iter().flatten();
            assert!(heard.clone().all(|x| *x == expected), "neither the sum nor silence");
        }
    });
    hears(module, &plugin, &TWO, SUM, |_| {});
}

/// The wrapper panics over a system message without bytes.
fn empty_system_message(module: &Module) {
    let plugin = Plugin::running(module);
    let mut block = Block::constant(&plugin, 256, &TWO);
    let mut message = lists::note(true, 3, 0, 60);
    message.r#type = EventTypes_::kDataEvent as u16;
    message.__field0.data =
        vst3::Steinberg::Vst::DataEvent { size: 3, r#type: 0, bytes: std::ptr::null() };
    block.notes.push(message);
    block.run(&plugin);
    assert!(block.main().iter().flatten().all(|x| *x == 0.0 || *x == SUM));
    hears(module, &plugin, &TWO, SUM, |_| {});
}

fn endless_state(module: &Module) {
    let plugin = Plugin::running(module);
    let endless = Stream::new(vec![b' '; 100 << 20], Manners::GOOD);
    assert!(!plugin.load_from(&endless));
    assert!(endless.served() <= 2 << 20, "{} bytes were read", endless.served());
}

fn newer_state(module: &Module) {
    let plugin = Plugin::new(module);
    let saved = String::from_utf8(plugin.save()).expect("text");
    // The framework stores its own JSON, the guard a session.
    let newer = saved.replacen(&format!("version = {VERSION}"), "version = 9", 1).replacen(
        concat!("\"version\":\"", env!("CARGO_PKG_VERSION"), "\""),
        "\"version\":\"9.0.0\"",
        1,
    );
    assert_ne!(newer, saved, "the version is somewhere else");
    assert!(!plugin.load(newer.as_bytes()), "a newer state was taken");
}

fn state_without_seeking(module: &Module) {
    let plugin = Plugin::new(module);
    let saved = plugin.save();
    plugin.set_value(id("gain_1"), 0.25);
    assert!(plugin.load_from(&Stream::new(saved.clone(), Manners::SHORT)));
    assert!(plugin.save() == saved, "the state did not come back");
}

fn tail_before_the_first_block(module: &Module) {
    let plugin = Plugin::running(module);
    module.probe().hold(0, true);
    assert_eq!(plugin.tail(), u32::MAX);
    plugin.set_processing(true);
    assert_eq!(plugin.tail(), u32::MAX, "after setProcessing");
    module.probe().hold(0, false);
    assert_eq!(plugin.tail(), 0);
}

fn parameter_after_the_last(module: &Module) {
    let plugin = Plugin::new(module);
    for i in [plugin.parameter_count(), -1, i32::MAX, i32::MIN] {
        // Refused, that is, and not caught in the act of panicking.
        assert_eq!(plugin.parameter(i), Err(kInvalidArgument), "parameter {i}");
    }
}
