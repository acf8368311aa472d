//! Busbar in a CLAP host that breaks the rules: buses and channels.

use busbar_tests::clap::block::{Block, JUNK};
use busbar_tests::clap::events::Event;
use busbar_tests::clap::expect::{FRAMES, VALUES, expect, expect_health, sum};
use busbar_tests::clap::faults::expect_without_the_guard;
use busbar_tests::clap::raw::RawHost;
use busbar_tests::signal::{BUSES, constant};
use clap_sys::process::CLAP_PROCESS_ERROR;

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
fn left_and_right_crossed_in_place() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    let mut signal = constant([0.0; BUSES], FRAMES);
    (signal[0][0], signal[0][1]) = (vec![0.25; FRAMES], vec![0.5; FRAMES]);
    let mut block = Block::of(&signal, 0..FRAMES);
    block.work_crossed();
    plugin.process(&mut block, &[]);
    // Left is written where right was read, and the other way round.
    assert!(block.input(0, 1).iter().all(|x| *x == 0.25), "left");
    assert!(block.input(0, 0).iter().all(|x| *x == 0.5), "right");
    plugin.stop();
}

#[test]
fn main_and_monitor_in_one_place() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    let mut block = Block::constant(VALUES, FRAMES);
    block.outputs[1].data32 = block.outputs[0].data32;
    plugin.process(&mut block, &[]);
    assert_eq!(block.last(), [sum(0..BUSES); 2]);
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

#[test]
fn every_layout_with_more_ports_than_it_has() {
    let host = RawHost::open();
    let plugin = host.plugin();
    assert!(!plugin.select_layout(3), "there are three");
    // Stereo and mono without sidechains, and back to eight buses.
    for (layout, heard, inputs) in
        [(1, [VALUES[0]; 2], 1), (2, [VALUES[0], JUNK], 1), (0, [sum(0..BUSES); 2], 0xff)]
    {
        assert!(plugin.select_layout(layout));
        plugin.start(FRAMES as u32);
        let mut block = Block::constant(VALUES, FRAMES);
        expect(&plugin, &mut block, inputs, 3);
        assert_eq!(block.last(), heard, "layout {layout}");
        assert_eq!(block.output(1, 0)[9], heard[0], "layout {layout}, monitor");
        plugin.stop();
    }
}

#[test]
fn without_the_guard_most_of_this_fails() {
    expect_without_the_guard(
        "work_in_place",
        &[
            ("a_block_before_activation_is_refused_in_silence", "guard/clap/instance.rs, process"),
            ("fewer_ports_than_declared", "guard/pad.rs"),
            ("ports_without_a_list_of_channels", "guard/pad.rs"),
            ("ports_without_channels", "guard/pad.rs"),
            ("ports_with_lost_channels", "guard/pad.rs"),
            ("no_outputs", "guard/pad.rs"),
            ("left_and_right_crossed_in_place", "guard/pad.rs, part"),
            ("a_mono_sidechain_is_heard_on_both_sides", "guard/pad.rs, wire_input"),
            ("a_mono_output_gets_the_left_side", "guard/pad.rs"),
            ("every_layout_with_more_ports_than_it_has", "guard/clap/instance.rs, lay_buses"),
        ],
    );
}
