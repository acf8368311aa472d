//! Busbar in a CLAP host that breaks the rules: states that are none, and streams that fail.
//! Whatever comes is refused at once, with a reason, and nothing changes.

use std::time::{Duration, Instant};

use busbar_engine::session::VERSION;
use busbar_tests::clap::block::Block;
use busbar_tests::clap::events::Event;
use busbar_tests::clap::raw::{RawHost, RawPlugin};
use busbar_tests::clap::stream::{Ending, Sink, Source};
use busbar_tests::signal::BUSES;

/// The largest state that is taken.
const LIMIT: u64 = 1 << 20;

/// What is read beyond it at the most: the guard reads in chunks.
const CHUNK: u64 = 64 << 10;

/// A refusal takes milliseconds; this only has to be less than a hang, however busy the machine.
const SOON: Duration = Duration::from_secs(10);

/// An instance with settings of its own.
fn settled(host: &RawHost) -> RawPlugin<'_> {
    let plugin = host.plugin();
    let events: Vec<Event> = (0..plugin.param_count())
        .map(|i| plugin.param(i).unwrap().1)
        .enumerate()
        .map(|(i, id)| Event::param(0, id, if i % 2 == 0 { 1.0 } else { 0.3 }))
        .collect();
    plugin.flush(&events);
    plugin
}

/// Expects that a state is refused without harm; returns the reason.
fn refused(plugin: &RawPlugin<'_>, mut source: Source<'_>, what: &str) -> String {
    let (values, state) = (plugin.values(), plugin.saved());
    let started = Instant::now();
    assert!(!plugin.load(&mut source), "{what} was taken");
    let took = started.elapsed();
    assert!(took < SOON, "{what}: refused after {took:?}");
    assert!(source.served <= LIMIT + CHUNK, "{what}: {} bytes read", source.served);
    assert_eq!(plugin.values(), values, "{what} changed parameters");
    assert_eq!(plugin.saved(), state, "{what} changed the state");
    plugin.probe().refusal(0).unwrap_or_else(|| panic!("{what}: no reason"))
}

#[test]
fn noise() {
    let host = RawHost::open();
    let plugin = settled(&host);
    let mut state = 1u64;
    let mut bytes = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    for size in [0, 1, 2, 7, 8, 9, 100, 4_096, 65_536, LIMIT as usize] {
        let noise: Vec<u8> = (0..size).map(|_| bytes()).collect();
        refused(&plugin, Source::of(&noise), &format!("{size} bytes of noise"));
        let text: Vec<u8> = noise.iter().map(|byte| b' ' + byte % 95).collect();
        refused(&plugin, Source::of(&text), &format!("{size} characters of noise"));
        refused(&plugin, Source::of(&vec![0; size]), &format!("{size} zeros"));
    }
}

#[test]
fn a_state_cut_off_anywhere() {
    let host = RawHost::open();
    let whole = settled(&host).saved();
    let plugin = host.plugin();
    for length in 0..whole.len() {
        let reason = refused(&plugin, Source::of(&whole[..length]), &format!("{length} bytes"));
        assert!(!reason.is_empty());
    }
    assert!(plugin.load(&mut Source::of(&whole)), "the whole of it is taken");
    assert_eq!(plugin.saved(), whole);
    assert_eq!(plugin.probe().refusal(0), None, "the reason is gone");
}

#[test]
fn a_state_with_any_byte_changed() {
    let host = RawHost::open();
    let whole = settled(&host).saved();
    let plugin = host.plugin();
    let (mut taken, mut turned_away) = (0, 0);
    for at in 0..whole.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            // A digit may have become another; then it is another state. Never anything else.
            match plugin.load(&mut Source::of(&bytes)) {
                true => taken += 1,
                false => turned_away += 1,
            }
            assert!(plugin.values().iter().all(|value| (0.0..=1.0).contains(value)));
        }
    }
    println!("{taken} changed states were states, {turned_away} were refused");
    assert!(turned_away > taken);
}

#[test]
fn lengths_that_are_lies() {
    let host = RawHost::open();
    let plugin = settled(&host);
    let state = plugin.saved();
    for length in [0, 1, 1 << 31, 1 << 32, 1 << 62, 1 << 63, u64::MAX, state.len() as u64] {
        for bytes in [length.to_le_bytes(), length.to_be_bytes()] {
            let lie = [&bytes[..], &state[..]].concat();
            refused(&plugin, Source::of(&lie), &format!("the length {length} in front"));
            refused(&plugin, Source::of(&bytes), &format!("the length {length} alone"));
        }
    }
}

#[test]
fn deep_nesting() {
    let host = RawHost::open();
    let plugin = settled(&host);
    for depth in [100, 10_000, 200_000] {
        for (open, close) in [("[", "]"), ("{a=", "}"), ("{\"a\":", "}")] {
            let text = format!(
                "version = 1\nx = {}1{}\n# end of session",
                open.repeat(depth),
                close.repeat(depth)
            );
            refused(&plugin, Source::of(text.as_bytes()), &format!("{depth} {open}"));
        }
        let dotted = format!("version = 1\n{}b = 1\n# end of session", "a.".repeat(depth));
        refused(&plugin, Source::of(dotted.as_bytes()), &format!("{depth} dots"));
        let tables = format!("version = 1\n[{}b]\n# end of session", "a.".repeat(depth));
        refused(&plugin, Source::of(tables.as_bytes()), &format!("{depth} tables"));
    }
}

#[test]
fn other_versions() {
    let host = RawHost::open();
    let plugin = settled(&host);
    let text = String::from_utf8(plugin.saved()).unwrap();
    let line = format!("version = {VERSION}\n");
    for version in [(VERSION + 1).to_string().as_str(), "99", "4294967295"] {
        let newer = text.replace(&line, &format!("version = {version}\nnovelty = [1, 2]\n"));
        let reason = refused(&plugin, Source::of(newer.as_bytes()), "a newer version");
        assert!(reason.contains("newer Busbar") && reason.contains(version), "{reason}");
    }
    for version in ["0", "-1", "1.5", "99999999999999999999", "'1'", "nan", "[1]"] {
        let other = text.replace(&line, &format!("version = {version}\n"));
        refused(&plugin, Source::of(other.as_bytes()), &format!("version {version}"));
    }
    refused(&plugin, Source::of(text.replace(&line, "").as_bytes()), "no version");
}

#[test]
fn values_out_of_range() {
    let host = RawHost::open();
    let plugin = settled(&host);
    for line in [
        "gain = nan",
        "gain = inf",
        "gain = 1e30",
        "gain = 13.0",
        "balance = -1.01",
        "trim = 25.0",
        "high_pass.hertz = 1e9",
    ] {
        let text = format!("version = 1\n[[strip]]\n{line}\n# end of session");
        let reason = refused(&plugin, Source::of(text.as_bytes()), line);
        assert!(reason.contains("strip 1"), "{reason}");
    }
}

#[test]
fn streams_that_are_too_long_to_read() {
    let host = RawHost::open();
    let plugin = settled(&host);
    let huge = vec![b' '; 100 << 20];
    let reason = refused(&plugin, Source::of(&huge), "100 MiB");
    assert!(reason.contains("1048576"), "{reason}");
    let state = plugin.saved();
    let endless = Source::of(&state).ending(Ending::Endless);
    refused(&plugin, endless, "a stream without end");
}

#[test]
fn streams_that_fail() {
    let host = RawHost::open();
    let plugin = settled(&host);
    let state = plugin.saved();
    for at_once in [1, 7, usize::MAX] {
        for given in [0, 1, state.len() / 2, state.len()] {
            for ending in [Ending::Error, Ending::Lie] {
                let source = Source::of(&state[..given]).at_once(at_once).ending(ending);
                refused(&plugin, source, &format!("{ending:?} after {given} bytes"));
            }
        }
    }
    for at_once in [1, 5, 7, 4_096] {
        assert!(plugin.load(&mut Source::of(&state).at_once(at_once)), "{at_once} at once");
    }
}

#[test]
fn sinks_that_fail() {
    let host = RawHost::open();
    let plugin = settled(&host);
    let state = plugin.saved();
    for at_once in [1, 5, 4_096] {
        let mut sink = Sink::new(at_once, usize::MAX);
        assert!(plugin.save(&mut sink));
        assert_eq!(sink.bytes, state, "{at_once} bytes at once");
    }
    for room in [0, 1, state.len() - 1] {
        assert!(!plugin.save(&mut Sink::new(3, room)), "saved into {room} bytes");
    }
}

#[test]
fn hostile_states_while_it_plays() {
    let host = RawHost::open();
    let plugin = settled(&host);
    let state = plugin.saved();
    plugin.start(256);
    let play = || {
        let mut block = Block::constant([0.125; BUSES], 256);
        plugin.process(&mut block, &[]);
        block.last()
    };
    for _ in 0..10 {
        play();
    }
    let before = play();
    for length in [0, 10, state.len() - 1] {
        refused(&plugin, Source::of(&state[..length]), "a part");
        assert_eq!(play(), before);
    }
    plugin.stop();
}
