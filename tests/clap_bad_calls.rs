//! Busbar in a CLAP host that breaks the rules: lengths, rates, values, calls and threads.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use busbar_tests::clap::block::Block;
use busbar_tests::clap::events::Event;
use busbar_tests::clap::expect::{FRAMES, VALUES, expect, expect_health, sum};
use busbar_tests::clap::faults::expect_without_the_guard;
use busbar_tests::clap::host::ID;
use busbar_tests::clap::raw::{RawHost, RawPlugin};
use busbar_tests::signal::{BUSES, constant};
use busbar_tests::stop::Stop;
use clap_sys::ext::render::{CLAP_RENDER_OFFLINE, CLAP_RENDER_REALTIME};
use clap_sys::process::{CLAP_PROCESS_CONTINUE, CLAP_PROCESS_ERROR};

#[test]
fn absurd_lengths_are_announced() {
    let host = RawHost::open();
    let plugin = host.plugin();
    for (min, max) in [(0, 0), (1, u32::MAX), (u32::MAX, u32::MAX), (512, 1), (0, 1)] {
        assert!(plugin.activate(48_000.0, min, max), "{min} to {max} frames");
        plugin.start_processing();
        let mut block = Block::constant(VALUES, FRAMES);
        assert_ne!(plugin.process(&mut block, &[]), CLAP_PROCESS_ERROR);
        assert_eq!(block.last(), [sum(0..BUSES); 2], "{min} to {max} frames");
        plugin.stop();
    }
}

#[test]
fn what_is_no_rate_is_refused_and_does_no_harm() {
    let host = RawHost::open();
    let plugin = host.plugin();
    let bad =
        [0.0, -48_000.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, f64::MIN_POSITIVE];
    let refused = |rate: f64| {
        assert!(!plugin.activate(rate, 1, 4_096), "{rate} Hz");
        // Some hosts do not listen.
        let mut block = Block::constant(VALUES, 4_096);
        assert_eq!(plugin.process(&mut block, &[]), CLAP_PROCESS_ERROR, "{rate} Hz");
        assert_eq!(block.last(), [0.0; 2], "{rate} Hz");
    };
    bad.into_iter().for_each(refused);
    plugin.start(64);
    expect_short(&plugin);
    plugin.stop();
    bad.into_iter().for_each(refused);
    plugin.start(64);
    expect_short(&plugin);
    plugin.stop();
}

fn expect_short(plugin: &RawPlugin<'_>) {
    let mut block = Block::constant(VALUES, 64);
    expect(plugin, &mut block, 0xff, 3);
    assert_eq!(block.last(), [sum(0..BUSES); 2]);
}

#[test]
fn what_is_no_audio_is_silenced() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    for poison in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, f32::MAX] {
        let mut signal = constant(VALUES, FRAMES);
        for bus in [0, 4] {
            signal[bus][0][100] = poison;
        }
        let mut block = Block::of(&signal, 0..FRAMES);
        expect(&plugin, &mut block, 0xff, 3);
        for (frame, x) in block.output(0, 0).iter().enumerate() {
            let expected = if frame == 100 { sum([1, 2, 3, 5, 6, 7]) } else { sum(0..BUSES) };
            assert_eq!(*x, expected, "frame {frame} with {poison}");
        }
    }
    plugin.stop();
}

#[test]
fn values_and_parameters_that_there_are_not() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    let before = plugin.values();
    let ids: Vec<u32> = (0..plugin.param_count()).map(|i| plugin.param(i).unwrap().1).collect();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let events: Vec<Event> = ids.iter().map(|id| Event::param(0, *id, value)).collect();
        plugin.process(&mut Block::constant(VALUES, FRAMES), &events);
        plugin.flush(&events);
        assert_eq!(plugin.values(), before, "{value}");
    }
    let unknown = [0, 1, u32::MAX].map(|id| Event::param(0, id, 0.0));
    plugin.process(&mut Block::constant(VALUES, FRAMES), &unknown);
    plugin.flush(&unknown);
    assert_eq!(plugin.values(), before);
    assert_eq!(plugin.value(u32::MAX), None);
    expect_health(&plugin);
    for value in [-1e300, -5.0, 7.0, 1e300] {
        let events: Vec<Event> = ids.iter().map(|id| Event::param(0, *id, value)).collect();
        plugin.process(&mut Block::constant(VALUES, FRAMES), &events);
        for (at, range) in plugin.values().into_iter().zip(plugin.ranges()) {
            assert!(range.contains(&at), "{value} became {at}, which is not in {range:?}");
        }
    }
    plugin.stop();
}

#[test]
fn the_parameter_after_the_last() {
    let host = RawHost::open();
    let plugin = host.plugin();
    let count = plugin.param_count();
    for i in [count, count + 1, u32::MAX] {
        assert!(plugin.param(i).is_none(), "parameter {i} of {count}");
    }
}

#[test]
fn the_render_mode_is_the_truth_for_each_block() {
    let host = RawHost::open();
    let plugin = host.plugin();
    let mode = || {
        plugin.process(&mut Block::constant(VALUES, FRAMES), &[]);
        plugin.probe().look(0).unwrap().mode
    };
    plugin.start(FRAMES as u32);
    assert_eq!(mode(), 0);
    for _ in 0..3 {
        assert!(plugin.render(CLAP_RENDER_OFFLINE));
        assert_eq!(mode(), 2, "offline at once");
        assert!(plugin.render(CLAP_RENDER_REALTIME));
        assert_eq!(mode(), 0, "and back at once");
    }
    plugin.render(77);
    assert_eq!(mode(), 0, "a mode that there is not");
    plugin.stop();
    assert!(plugin.render(CLAP_RENDER_OFFLINE));
    plugin.start(FRAMES as u32);
    assert_eq!(mode(), 2, "set before activation");
    plugin.stop();
}

#[test]
fn the_tail_is_endless_while_something_is_held() {
    let host = RawHost::open();
    let plugin = host.plugin();
    assert_eq!(plugin.tail(), 0);
    plugin.probe().hold(0, true);
    assert!(plugin.tail() >= i32::MAX as u32, "told before the first block");
    plugin.start(FRAMES as u32);
    let process = || plugin.process(&mut Block::constant([0.0; BUSES], FRAMES), &[]);
    assert_eq!(process(), CLAP_PROCESS_CONTINUE);
    plugin.probe().hold(0, false);
    assert_eq!(plugin.tail(), 0);
    assert_ne!(process(), CLAP_PROCESS_CONTINUE, "the host may let it sleep");
    plugin.stop();
}

#[test]
fn outputs_are_not_called_constant() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    let mut block = Block::constant(VALUES, FRAMES);
    for port in block.inputs.iter_mut().chain(&mut block.outputs) {
        port.constant_mask = u64::MAX;
    }
    expect(&plugin, &mut block, 0xff, 3);
    assert!(block.outputs.iter().all(|port| port.constant_mask == 0));
    plugin.stop();
}

#[test]
fn a_panic_stays_inside_and_main_goes_on() {
    let mut host = RawHost::open();
    host.want_allocations();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    expect_health(&plugin);
    plugin.probe().panic_next();
    let status = plugin.process(&mut Block::constant(VALUES, FRAMES), &[]);
    assert_ne!(status, CLAP_PROCESS_ERROR, "hosts throw out a plug-in that fails");
    assert_eq!(plugin.probe().look(0).unwrap().failed, 1);
    for _ in 0..3 {
        let mut block = Block::constant(VALUES, FRAMES);
        plugin.process(&mut block, &[]);
        assert_eq!(block.last(), [VALUES[0]; 2], "the main input passes");
        assert!(block.output(1, 0).iter().all(|x| *x == 0.0), "the monitor is silent");
    }
    plugin.stop();
    plugin.start(FRAMES as u32);
    assert_eq!(plugin.probe().look(0).unwrap().failed, 0, "activation mends it");
    expect_health(&plugin);
    plugin.stop();
}

#[test]
fn wrong_ids_and_no_host_make_nothing() {
    let host = RawHost::open();
    assert!(host.factory(None).is_null());
    assert!(host.factory(Some(c"no.such.factory")).is_null());
    assert!(host.has_descriptor(0));
    assert!(!host.has_descriptor(1) && !host.has_descriptor(u32::MAX));
    let before = host.probe().instances();
    assert!(host.create(true, Some(c"org.busbar.busbar2")).is_null());
    assert!(host.create(true, Some(c"")).is_null());
    assert!(host.create(true, None).is_null());
    assert!(host.create(false, Some(ID)).is_null());
    assert_eq!(host.probe().instances(), before);
    let plugin = host.plugin();
    assert!(plugin.extension(Some(c"no.such.extension")).is_null());
    assert!(plugin.extension(Some(c"")).is_null());
    assert!(plugin.extension(None).is_null());
}

#[test]
fn calls_in_the_wrong_order() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.deactivate();
    plugin.reset();
    plugin.start_processing();
    plugin.start(64);
    plugin.start(FRAMES as u32);
    plugin.reset();
    expect_health(&plugin);
    plugin.stop();
    plugin.stop();
    plugin.start(FRAMES as u32);
    expect_health(&plugin);
    drop(plugin);
    assert_eq!(host.probe().instances(), 0, "destroyed while active");
}

#[test]
fn activation_beside_blocks() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    let (stop, processed, refused) = (Stop::default(), AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        let audio = std::thread::Builder::new().name("audio".into());
        let audio = audio.spawn_scoped(scope, || {
            while !stop.is_set() {
                let right = try_block(&plugin);
                (if right { &processed } else { &refused }).fetch_add(1, Relaxed);
            }
        });
        let audio = audio.expect("a thread");
        let _end = stop.at_end();
        for round in 0.. {
            plugin.deactivate();
            assert!(plugin.activate(48_000.0 + f64::from(round), 1, 16 + round % 500));
            plugin.reset();
            plugin.start_processing();
            if audio.is_finished() || (round > 300 && processed.load(Relaxed) > 300) {
                break;
            }
        }
    });
    println!("{} blocks processed, {} refused", processed.into_inner(), refused.into_inner());
    plugin.stop();
    plugin.start(FRAMES as u32);
    expect_health(&plugin);
    plugin.stop();
}

#[test]
fn flushes_beside_blocks() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    let gain = plugin.id("Bus 2 Gain");
    let value = plugin.value(gain).unwrap();
    let events = vec![Event::param(0, gain, value); 2_000];
    let (stop, processed) = (Stop::default(), AtomicU32::new(0));
    std::thread::scope(|scope| {
        let audio = std::thread::Builder::new().name("audio".into());
        let audio = audio.spawn_scoped(scope, || {
            while !stop.is_set() {
                processed.fetch_add(try_block(&plugin).into(), Relaxed);
            }
        });
        let audio = audio.expect("a thread");
        let _end = stop.at_end();
        for round in 0.. {
            plugin.flush(&events);
            if audio.is_finished() || (round > 2_000 && processed.load(Relaxed) > 2_000) {
                break;
            }
            // A block beside a flush is refused: leave some room.
            std::thread::yield_now();
        }
    });
    // Alone, a flush counts.
    plugin.flush(&[Event::param(0, gain, 0.0)]);
    assert_eq!(plugin.value(gain), Some(0.0));
    plugin.flush(&[Event::param(0, gain, value)]);
    plugin.stop();
    plugin.start(FRAMES as u32);
    expect_health(&plugin);
    plugin.stop();
}

/// Whether a block was processed, rightly, or else refused.
fn try_block(plugin: &RawPlugin<'_>) -> bool {
    let mut block = Block::constant(VALUES, FRAMES);
    if plugin.process(&mut block, &[]) == CLAP_PROCESS_ERROR {
        return false;
    }
    assert_eq!(block.last(), [sum(0..BUSES); 2]);
    true
}

#[test]
fn without_the_guard_some_of_this_fails() {
    expect_without_the_guard(
        "what_is_no_audio_is_silenced",
        &[
            ("flushes_beside_blocks", "guard/clap/params.rs, flush"),
            ("what_is_no_rate_is_refused_and_does_no_harm", "guard/clap/instance.rs, activate"),
            ("the_parameter_after_the_last", "guard/clap/params.rs"),
            ("the_tail_is_endless_while_something_is_held", "guard/link.rs"),
            ("outputs_are_not_called_constant", "guard/clap/instance.rs, process"),
        ],
    );
}
