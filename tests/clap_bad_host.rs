//! Busbar in a CLAP host that breaks the rules: buses and channels.

use busbar_tests::clap::block::{Block, JUNK};
use busbar_tests::clap::events::Event;
use busbar_tests::clap::raw::{RawHost, RawPlugin};
use busbar_tests::signal::{BUSES, constant};
use clap_sys::process::CLAP_PROCESS_ERROR;

const FRAMES: usize = 256;

/// Powers of two: every subset of the buses has a sum of its own, and an exact one.
const VALUES: [f32; BUSES] = [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015_625, 0.007_812_5];

fn sum(buses: impl IntoIterator<Item = usize>) -> f32 {
    buses.into_iter().map(|bus| VALUES[bus]).sum()
}

/// Processes one block, and expects that it has reached the plug-in with these buses.
fn expect(plugin: &RawPlugin<'_>, block: &mut Block, inputs: u32, outputs: u32) {
    let before = plugin.probe().look(0).unwrap();
    let status = plugin.process(block, &[]);
    assert_ne!(status, CLAP_PROCESS_ERROR);
    let after = plugin.probe().look(0).unwrap();
    assert_eq!(after.blocks, before.blocks + 1, "the block has not reached the plug-in");
    assert_eq!(after.frames, before.frames + block.frames as u64);
    assert_eq!((after.inputs, after.outputs), (inputs, outputs), "the buses that were there");
}

/// Expects that the plug-in is well.
fn expect_health(plugin: &RawPlugin<'_>) {
    let mut block = Block::constant(VALUES, FRAMES);
    expect(plugin, &mut block, 0xff, 3);
    assert_eq!(block.last(), [sum(0..BUSES); 2]);
}

#[test]
fn a_block_before_activation_is_refused_in_silence() {
    let host = RawHost::open();
    let plugin = host.plugin();
    let mut block = Block::constant(VALUES, FRAMES);
    assert_eq!(plugin.process(&mut block, &[]), CLAP_PROCESS_ERROR);
    for output in 0..2 {
        assert!(block.output(output, 0).iter().all(|x| *x == 0.0), "output {output}");
    }
    plugin.start(FRAMES as u32);
    expect_health(&plugin);
    plugin.stop();
}

#[test]
fn a_block_of_nothing_is_refused() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    assert_eq!(plugin.process_raw(None), CLAP_PROCESS_ERROR);
    expect_health(&plugin);
    plugin.stop();
}

#[test]
fn fewer_ports_than_declared() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    for inputs in 0..=BUSES {
        for outputs in 1..=2 {
            let mut block = Block::constant(VALUES, FRAMES);
            block.inputs.truncate(inputs);
            block.outputs.truncate(outputs);
            expect(&plugin, &mut block, (1 << inputs) - 1, (1 << outputs) - 1);
            assert_eq!(block.last(), [sum(0..inputs); 2], "{inputs} inputs");
            let monitor = if outputs == 2 { sum(0..inputs) } else { JUNK };
            assert_eq!(block.output(1, 1)[9], monitor, "{inputs} inputs, {outputs} outputs");
        }
    }
    plugin.stop();
}

#[test]
fn ports_without_a_list_of_channels() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    for bus in 1..BUSES {
        let mut block = Block::constant(VALUES, FRAMES);
        block.inputs[bus].data32 = std::ptr::null_mut();
        block.outputs[1].data32 = std::ptr::null_mut();
        expect(&plugin, &mut block, 0xff & !(1 << bus), 1);
        assert_eq!(block.last(), [sum((0..BUSES).filter(|other| *other != bus)); 2]);
    }
    plugin.stop();
}

#[test]
fn ports_without_channels() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    let mut block = Block::constant(VALUES, FRAMES);
    block.inputs[1..].iter_mut().for_each(|port| port.channel_count = 0);
    block.outputs[1].channel_count = 0;
    expect(&plugin, &mut block, 1, 1);
    assert_eq!(block.last(), [VALUES[0]; 2]);
    assert_eq!(block.output(1, 0)[0], JUNK, "a port without channels was written to");
    plugin.stop();
}

#[test]
fn ports_with_lost_channels() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    let mut block = Block::constant(VALUES, FRAMES);
    block.lose_input_channels(3);
    block.lose_output_channels(1);
    expect(&plugin, &mut block, 0xff & !(1 << 3), 1);
    assert_eq!(block.last(), [sum([0, 1, 2, 4, 5, 6, 7]); 2]);
    let mut block = Block::constant(VALUES, FRAMES);
    block.lose_output_channels(0);
    expect(&plugin, &mut block, 0xff, 2);
    assert_eq!(block.output(1, 0)[9], sum(0..BUSES), "the monitor goes on without the main output");
    plugin.stop();
}

#[test]
fn no_inputs() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    for claimed in [0, BUSES as u32] {
        let mut block = Block::constant(VALUES, FRAMES);
        let status = plugin.process_spoilt(&mut block, &[], |data| {
            data.audio_inputs = std::ptr::null();
            data.audio_inputs_count = claimed;
        });
        assert_ne!(status, CLAP_PROCESS_ERROR);
        assert_eq!(plugin.probe().look(0).unwrap().inputs, 0);
        assert_eq!(block.last(), [0.0; 2]);
    }
    expect_health(&plugin);
    plugin.stop();
}

#[test]
fn no_outputs() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    for claimed in [0, 2] {
        let before = plugin.probe().look(0).unwrap().blocks;
        let mut block = Block::constant(VALUES, FRAMES);
        let status = plugin.process_spoilt(&mut block, &[], |data| {
            data.audio_outputs = std::ptr::null_mut();
            data.audio_outputs_count = claimed;
        });
        assert_ne!(status, CLAP_PROCESS_ERROR);
        let look = plugin.probe().look(0).unwrap();
        assert_eq!((look.blocks, look.outputs), (before + 1, 0), "meters go on");
        assert!(block.input(0, 0).iter().all(|x| *x == VALUES[0]), "the input is untouched");
    }
    plugin.stop();
}

#[test]
fn a_mono_sidechain_is_heard_on_both_sides() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    for bus in 0..BUSES {
        let mut signal = constant([0.0; BUSES], FRAMES);
        signal[bus] = [vec![0.5; FRAMES], vec![99.0; FRAMES]];
        let mut block = Block::of(&signal, 0..FRAMES);
        block.inputs[bus].channel_count = 1;
        expect(&plugin, &mut block, 0xff, 3);
        assert_eq!(block.last(), [0.5; 2], "bus {bus}");
    }
    plugin.stop();
}

#[test]
fn a_mono_output_gets_the_left_side() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    let mut block = Block::constant(VALUES, FRAMES);
    block.outputs.iter_mut().for_each(|port| port.channel_count = 1);
    expect(&plugin, &mut block, 0xff, 3);
    assert_eq!(block.last(), [sum(0..BUSES), JUNK]);
    plugin.stop();
}

#[test]
fn work_in_place() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    for _ in 0..3 {
        let mut block = Block::constant(VALUES, FRAMES);
        block.work_in_place();
        expect(&plugin, &mut block, 0xff, 3);
        assert!(block.input(0, 1).iter().all(|x| *x == sum(0..BUSES)));
        assert!(block.output(1, 1).iter().all(|x| *x == sum(0..BUSES)));
    }
    plugin.stop();
}

#[test]
fn a_length_without_a_channel_is_a_flush_and_no_time() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    expect_health(&plugin);
    let before = plugin.probe().look(0).unwrap();
    let gain = plugin.id("Master Gain");
    let mut block = Block::constant(VALUES, FRAMES);
    for port in block.inputs.iter_mut().chain(&mut block.outputs) {
        port.channel_count = 0;
    }
    plugin.process(&mut block, &[Event::param(3, gain, 0.0)]);
    assert_eq!(plugin.value(gain), Some(0.0), "the parameter is set");
    assert_eq!(plugin.probe().look(0).unwrap().frames, before.frames, "no time has passed");
    plugin.stop();
}
