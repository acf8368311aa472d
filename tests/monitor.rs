//! The monitor never prints: the reference in a host that listens, and in one that renders.

use std::time::{Duration, Instant};

use busbar_tests::clap::block::Block;
use busbar_tests::clap::raw::{RawHost, RawPlugin};
use busbar_tests::clap::stream::Source;
use busbar_tests::files::Folder;
use busbar_tests::signal::BUSES;
use clap_sys::ext::render::{CLAP_RENDER_OFFLINE, CLAP_RENDER_REALTIME};

const FRAMES: usize = 256;
const RATE: u32 = 48_000;
const MIX: f32 = 0.5;
const REFERENCE: f32 = 0.25;

/// Longer than any fade, in blocks.
const FADED: usize = 4;

/// Only so that a test that has failed ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// A block of the mix, in a host that has connected the Monitor output or not; the left sides of
/// main and Monitor.
fn block(plugin: &RawPlugin<'_>, has_monitor: bool) -> [Vec<f32>; 2] {
    let mut block = Block::constant([MIX, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], FRAMES);
    const { assert!(BUSES == 8) }
    if !has_monitor {
        block.lose_output_channels(1);
    }
    plugin.process(&mut block, &[]);
    [0, 1].map(|output| block.output(output, 0).to_vec())
}

/// Whether all of it is the mix.
fn is_mix(signal: &[f32]) -> bool {
    signal.iter().all(|sample| *sample == MIX)
}

/// Plays at the pace of real time, with B pressed again and again, until the reference is heard on
/// an output.
fn listen_to_b(plugin: &RawPlugin<'_>, has_monitor: bool, output: usize) {
    let (began, mut played) = (Instant::now(), 0.0);
    loop {
        let passed = began.elapsed();
        assert!(passed < PATIENCE, "the reference is never heard");
        if played > passed.as_secs_f64() {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        }
        played += FRAMES as f64 / f64::from(RATE);
        plugin.probe().hear(0, true);
        let heard = block(plugin, has_monitor);
        assert!(output == 0 || is_mix(&heard[0]), "main changes though the monitor is connected");
        if heard[output].last() == Some(&REFERENCE) {
            return;
        }
    }
}

fn with_a_reference(test: impl FnOnce(&RawPlugin<'_>)) {
    let folder = Folder::new();
    let sides = [vec![REFERENCE; 20 * RATE as usize], vec![REFERENCE; 20 * RATE as usize]];
    let path = folder.wav("that record.wav", RATE, &sides);
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    plugin.probe().want(0, 8, path.to_str().expect("a path of text"), true);
    assert!(plugin.probe().order(0, 8, 0));
    test(&plugin);
    plugin.stop();
}

#[test]
fn with_the_monitor_output_connected_main_is_the_programme() {
    with_a_reference(|plugin| {
        listen_to_b(plugin, true, 1);
        plugin.probe().hear(0, false);
        (0..FADED).for_each(|_| assert!(is_mix(&block(plugin, true)[0])));
        assert!(is_mix(&block(plugin, true)[1]));
    });
}

#[test]
fn an_announced_render_is_the_programme_from_its_first_frame_to_long_after() {
    with_a_reference(|plugin| {
        listen_to_b(plugin, false, 0);
        assert!(plugin.render(CLAP_RENDER_OFFLINE));
        (0..100).for_each(|_| assert!(is_mix(&block(plugin, false)[0])));
        assert!(plugin.render(CLAP_RENDER_REALTIME));
        (0..100).for_each(|_| assert!(is_mix(&block(plugin, false)[0])));
    });
}

#[test]
fn a_render_that_is_not_announced_has_little_of_the_reference_and_then_none() {
    with_a_reference(|plugin| {
        listen_to_b(plugin, false, 0);
        // As fast as it goes. Far more than the lease, which grows a little meanwhile.
        let blocks: Vec<_> = (0..4000).map(|_| block(plugin, false)).collect();
        let printed = blocks.iter().filter(|[main, _]| !is_mix(main)).count();
        assert!(printed * FRAMES < 2 * RATE as usize, "{printed} blocks");
        assert!(blocks[2000..].iter().all(|[main, _]| is_mix(main)));
    });
}

#[test]
fn a_loaded_state_and_a_restart_begin_with_the_mix() {
    with_a_reference(|plugin| {
        let state = plugin.saved();
        listen_to_b(plugin, false, 0);
        assert!(plugin.load(&mut Source::of(&state)));
        (0..FADED).for_each(|_| _ = block(plugin, false));
        assert!(is_mix(&block(plugin, false)[0]));
        listen_to_b(plugin, false, 0);
        plugin.stop();
        plugin.start(FRAMES as u32);
        assert!(is_mix(&block(plugin, false)[0]), "from the first frame");
    });
}
