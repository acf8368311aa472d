//! Decks in a host: files named in the state or by hand are heard, through the loader's threads,
//! the pump and the engine's queues, in the finished library.

use std::path::Path;
use std::time::{Duration, Instant};

use busbar_tests::clap::block::Block;
use busbar_tests::clap::raw::{RawHost, RawPlugin};
use busbar_tests::clap::stream::Source;
use busbar_tests::files::Folder;
use busbar_tests::signal::BUSES;
use clap_sys::ext::render::{CLAP_RENDER_OFFLINE, CLAP_RENDER_REALTIME};

const FRAMES: usize = 256;
const RATE: u32 = 48_000;

/// Longer than any fade, in blocks.
const FADED: usize = 4;

/// Far longer than a small file takes; only so that a test that has failed ends.
const PATIENCE: Duration = Duration::from_secs(30);

fn constant(value: f32, frames: usize) -> [Vec<f32>; 2] {
    [vec![value; frames], vec![value / 2.0; frames]]
}

/// Processes a block of silence; both sides of the main output at its end.
fn block(plugin: &RawPlugin<'_>) -> [f32; 2] {
    let mut block = Block::constant([0.0; BUSES], FRAMES);
    plugin.process(&mut block, &[]);
    block.last()
}

fn blocks(plugin: &RawPlugin<'_>, count: usize) {
    for _ in 0..count {
        block(plugin);
    }
}

/// Processes until something is heard.
fn play_until(plugin: &RawPlugin<'_>, expected: [f32; 2]) {
    let deadline = Instant::now() + PATIENCE;
    while block(plugin) != expected {
        assert!(Instant::now() < deadline, "{expected:?} is never heard, but {:?}", block(plugin));
        std::thread::yield_now();
    }
}

fn offline(plugin: &RawPlugin<'_>) {
    assert!(plugin.render(CLAP_RENDER_OFFLINE));
}

fn want(plugin: &RawPlugin<'_>, instance: u32, slot: u32, path: &Path) {
    plugin.probe().want(instance, slot, path.to_str().expect("a path of text"), false);
}

#[test]
fn an_offline_render_waits_for_its_clips() {
    let folder = Folder::new();
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    offline(&plugin);
    for slot in 0..BUSES as u32 {
        let value = 0.5f32.powi(slot as i32 + 1);
        let path = folder.wav(&format!("{slot}.wav"), RATE, &constant(value, 480_000));
        want(&plugin, 0, slot, &path);
        assert!(plugin.probe().order(0, slot, 0));
        // The very first blocks have it: as many as a fade takes.
        blocks(&plugin, FADED);
        let sum: f32 = (0..=slot as i32).map(|slot| 0.5f32.powi(slot + 1)).sum();
        assert_eq!(block(&plugin), [sum, sum / 2.0], "deck {slot}");
    }
    plugin.stop();
}

#[test]
fn in_real_time_nothing_waits_and_everything_arrives() {
    let folder = Folder::new();
    let (one, two) = (
        folder.wav("one.wav", RATE, &constant(0.5, 4_800_000)),
        folder.wav("two.wav", RATE, &constant(0.25, 4_800_000)),
    );
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    assert!(plugin.probe().order(0, 3, 0));
    want(&plugin, 0, 3, &one);
    play_until(&plugin, [0.5, 0.25]);
    want(&plugin, 0, 3, &two);
    play_until(&plugin, [0.25, 0.125]);
    plugin.probe().want(0, 3, "", false);
    play_until(&plugin, [0.0, 0.0]);
    plugin.stop();
}

#[test]
fn an_instance_that_does_not_run_holds_up_no_other() {
    let folder = Folder::new();
    let path = folder.wav("one.wav", RATE, &constant(0.5, 4_800_000));
    let host = RawHost::open();
    let (idle, plugin) = (host.plugin(), host.plugin());
    // Active, but never processing: its queues fill up.
    idle.start(FRAMES as u32);
    plugin.start(FRAMES as u32);
    for round in 0..200 {
        want(&idle, 0, round % 9, &path);
        plugin.probe().want(0, (round + 4) % 9, "", false);
    }
    want(&plugin, 1, 0, &path);
    assert!(plugin.probe().order(1, 0, 0));
    play_until(&plugin, [0.5, 0.25]);
    idle.stop();
    plugin.stop();
}

#[test]
fn what_is_on_the_decks_comes_back_with_the_state_missing_files_too() {
    let folder = Folder::new();
    let path = folder.wav("one.wav", RATE, &constant(0.5, 480_000));
    let missing = folder.path("gone.flac");
    let host = RawHost::open();
    let state = {
        let plugin = host.plugin();
        want(&plugin, 0, 1, &path);
        want(&plugin, 0, 8, &missing);
        plugin.saved()
    };
    let text = String::from_utf8(state.clone()).expect("text");
    for path in [&path, &missing] {
        assert!(text.contains(path.to_str().expect("text")), "{text}");
    }
    let plugin = host.plugin();
    assert!(plugin.load(&mut Source::of(&state)));
    plugin.start(FRAMES as u32);
    offline(&plugin);
    assert!(plugin.probe().order(0, 1, 0));
    blocks(&plugin, FADED);
    assert_eq!(block(&plugin), [0.5, 0.25]);
    assert_eq!(plugin.saved(), state, "what is missing is remembered, to the byte");
    plugin.stop();
}

#[test]
fn the_editors_size_comes_back_with_the_state_where_there_is_one() {
    let host = RawHost::open();
    let plain = host.plugin().saved();
    let text = String::from_utf8(plain.clone()).expect("text");
    assert!(!text.contains("[window]"), "nobody has touched it: {text}");
    let window = "\n[window]\nwidth = 1400\nheight = 900\n\n# end";
    let sized = text.replace("\n# end", window);
    let plugin = host.plugin();
    assert!(plugin.load(&mut Source::of(sized.as_bytes())));
    assert_eq!(String::from_utf8(plugin.saved()).expect("text"), sized);
    let absurd = sized.replace("1400", "0");
    assert!(!plugin.load(&mut Source::of(absurd.as_bytes())));
    assert!(plugin.load(&mut Source::of(&plain)));
    let saved = String::from_utf8(plugin.saved()).expect("text");
    assert_eq!(saved, sized, "a state without a size leaves the window as it is");
}

#[test]
fn another_rate_goes_on_playing() {
    let folder = Folder::new();
    let path = folder.wav("one.wav", RATE, &constant(0.5, 480_000));
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    offline(&plugin);
    want(&plugin, 0, 0, &path);
    assert!(plugin.probe().order(0, 0, 0));
    blocks(&plugin, FADED);
    assert!(plugin.render(CLAP_RENDER_REALTIME));
    for rate in [44_100.0, 96_000.0, 1234.5678, 48_000.0] {
        plugin.stop();
        assert!(plugin.activate(rate, 1, FRAMES as u32));
        assert!(plugin.start_processing());
        for _ in 0..FADED {
            let [left, right] = block(&plugin);
            assert!((left - 0.5).abs() < 1e-3 && (right - 0.25).abs() < 1e-3, "{rate}: {left}");
        }
    }
    plugin.stop();
}

#[test]
fn what_cannot_be_played_disturbs_nobody() {
    let folder = Folder::new();
    let path = folder.wav("one.wav", RATE, &constant(0.5, 480_000));
    std::fs::write(folder.path("words.wav"), "no audio at all").expect("a file");
    std::fs::write(folder.path("empty.flac"), "").expect("a file");
    let silence = folder.wav("whole.wav", RATE, &constant(0.0, 48_000));
    let bytes = std::fs::read(silence).expect("it has just been written");
    std::fs::write(folder.path("cut.wav"), &bytes[..bytes.len() / 2]).expect("a file");
    let pipe = std::process::Command::new("mkfifo").arg(folder.path("pipe.wav")).status();
    assert!(pipe.expect("mkfifo is everywhere").success());
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(FRAMES as u32);
    offline(&plugin);
    let bad = ["words.wav", "empty.flac", "missing.mp3", ".", "cut.wav", "pipe.wav"];
    for (slot, name) in bad.into_iter().enumerate() {
        want(&plugin, 0, slot as u32 + 1, &folder.path(name));
        assert!(plugin.probe().order(0, slot as u32 + 1, 0));
    }
    want(&plugin, 0, 0, &path);
    assert!(plugin.probe().order(0, 0, 0));
    blocks(&plugin, FADED);
    assert_eq!(block(&plugin), [0.5, 0.25]);
    plugin.stop();
}
