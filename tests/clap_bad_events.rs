//! Busbar in a CLAP host that breaks the rules: events of any time, size and number.

use busbar_tests::clap::block::Block;
use busbar_tests::clap::events::Event;
use busbar_tests::clap::faults::expect_without_the_guard;
use busbar_tests::clap::raw::{RawHost, RawPlugin};
use busbar_tests::clap::run::assert_same;
use busbar_tests::signal::{BUSES, Inputs, constant, noise};
use clap_sys::events::{
    CLAP_EVENT_MIDI_SYSEX, CLAP_EVENT_NOTE_EXPRESSION, CLAP_EVENT_PARAM_VALUE, CLAP_EVENT_TRANSPORT,
};
use clap_sys::process::CLAP_PROCESS_ERROR;

/// Events that the wrapper has room for.
const ROOM: usize = 1_024;

/// What a run sounds like.
struct Heard {
    main: [Vec<f32>; 2],
    monitor: [Vec<f32>; 2],
    values: Vec<f64>,
}

impl Heard {
    fn assert_same(&self, expected: &Self, what: &str) {
        for side in 0..2 {
            assert_same(&self.main[side], &expected.main[side], what);
            assert_same(&self.monitor[side], &expected.monitor[side], what);
        }
        assert_eq!(self.values, expected.values, "{what}: values at the end");
    }
}

/// Plays one block to a new instance that has been told to expect `announced` frames, after a
/// block of silence, so that what changes is ramped.
fn play(host: &RawHost, announced: u32, signal: &Inputs, events: &[Event]) -> Heard {
    let plugin = host.plugin();
    plugin.start(announced);
    plugin.process(&mut Block::constant([0.0; BUSES], 32), &[]);
    let frames = signal[0][0].len();
    let mut block = Block::of(signal, 0..frames);
    assert_ne!(plugin.process(&mut block, events), CLAP_PROCESS_ERROR);
    assert_eq!(plugin.probe().look(0).unwrap().frames, 32 + frames as u64, "frames lost");
    let values = plugin.values();
    plugin.stop();
    let sides = |output| [0, 1].map(|side| block.output(output, side).to_vec());
    Heard { main: sides(0), monitor: sides(1), values }
}

fn ids(host: &RawHost) -> Vec<u32> {
    let plugin = host.plugin();
    (0..plugin.param_count()).filter_map(|i| plugin.param(i)).map(|(_, id)| id).collect()
}

fn id(host: &RawHost, name: &str) -> u32 {
    host.plugin().id(name)
}

/// Parameters that change all over a block.
fn storm(host: &RawHost, seed: u64, count: usize, frames: u32) -> Vec<Event> {
    let ids = ids(host);
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u32
    };
    let mut times: Vec<u32> = (0..count).map(|_| next() % frames).collect();
    times.sort();
    // Never the bypass, which is the first: too much would be the same.
    let pick = |bits: u32| ids[1 + bits as usize % (ids.len() - 1)];
    times
        .into_iter()
        .map(|time| Event::param(time, pick(next()), f64::from(next() % 1_001) / 1_000.0))
        .collect()
}

#[test]
fn a_block_longer_than_announced_is_heard_as_if_it_were_not() {
    let host = RawHost::open();
    let signal = noise(21, 3_000);
    for seed in 1..6 {
        let events = storm(&host, seed, 60, 3_000);
        let expected = play(&host, 4_096, &signal, &events);
        for announced in [1, 17, 256, 1_000, 2_999] {
            let what = format!("seed {seed}, {announced} frames announced");
            play(&host, announced, &signal, &events).assert_same(&expected, &what);
        }
    }
}

#[test]
fn an_event_beyond_the_first_piece_is_on_its_frame() {
    let host = RawHost::open();
    let gain = id(&host, "Master Gain");
    for frame in [0u32, 255, 256, 257, 511, 512, 700, 999] {
        let event = Event::param(frame, gain, 0.0);
        let heard = play(&host, 256, &constant([0.125; BUSES], 1_000), &[event]);
        let first = heard.main[0].iter().position(|x| *x != 1.0);
        assert_eq!(first, Some(frame as usize));
    }
}

#[test]
fn events_beyond_the_block_are_not_lost() {
    let host = RawHost::open();
    let gain = id(&host, "Master Gain");
    let signal = constant([0.125; BUSES], 300);
    for time in [300, 301, 5_000, u32::MAX] {
        for announced in [100, 300, 512] {
            let heard = play(&host, announced, &signal, &[Event::param(time, gain, 0.0)]);
            assert_eq!(heard.values[1], 0.0, "time {time}, {announced} announced");
            let early = heard.main[0][..299].iter().position(|x| *x != 1.0);
            assert_eq!(early, None, "time {time}, {announced} announced: heard too early");
        }
    }
}

#[test]
fn unsorted_events_all_count() {
    let host = RawHost::open();
    let signal = noise(22, 1_000);
    for announced in [64, 256, 2_000] {
        for seed in 1..5 {
            let mut events = storm(&host, seed, 50, 1_000);
            events.reverse();
            let heard = play(&host, announced, &signal, &events);
            // The last in the list wins, whatever its time says.
            let mut sorted = events.clone();
            sorted.iter_mut().for_each(|event| *event = event.at(999));
            let expected = play(&host, announced, &signal, &sorted);
            assert_eq!(heard.values, expected.values, "{announced} announced, seed {seed}");
        }
        let (late, early) = (storm(&host, 9, 10, 1_000), storm(&host, 10, 10, 1_000));
        let mixed: Vec<_> = late.iter().zip(&early).flat_map(|(a, b)| [*a, *b]).collect();
        play(&host, announced, &signal, &mixed);
    }
}

#[test]
fn sizes_that_are_wrong() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(256);
    let gain = plugin.id("Master Gain");
    let before = plugin.values();
    for size in [0, 1, 15, 16, 20, 47] {
        for time in [0, 100, 300, u32::MAX] {
            let lie = Event::param(time, gain, 0.0).with_size(size);
            plugin.process(&mut Block::constant([0.1; BUSES], 600), &[lie]);
            assert_eq!(plugin.values(), before, "size {size} at {time}: there is no value in it");
        }
    }
    for size in [257, 1 << 20, u32::MAX] {
        for time in [0, 100, 300] {
            let huge = Event::param(time, gain, 0.0).with_size(size);
            plugin.process(&mut Block::constant([0.1; BUSES], 600), &[huge]);
        }
    }
    healthy_after(&plugin);
}

#[test]
fn flushed_events_are_looked_at_too() {
    let host = RawHost::open();
    let plugin = host.plugin();
    let gain = plugin.id("Master Gain");
    let before = plugin.values();
    let flush = |is_active: bool| {
        for size in [0, 1, 15, 16, 20, 47] {
            plugin.flush(&[Event::param(0, gain, 0.0).with_size(size)]);
            assert_eq!(plugin.values(), before, "size {size}, active: {is_active}");
        }
        for time in [0, 100, u32::MAX] {
            plugin.flush(&[Event::param(time, gain, 0.25)]);
            assert_eq!(plugin.value(gain), Some(0.25), "time {time}, active: {is_active}");
            plugin.flush(&[Event::param(time, gain, before[1])]);
        }
        // More than there is room for, of which the last counts.
        let mut many: Vec<Event> = (0..5_000).map(|key| Event::note(key, 60)).collect();
        many.extend((0..5_000).map(|i| Event::param(i, gain, f64::from(i % 2))));
        many.push(Event::param(0, gain, 0.5));
        let allocated = host.allocations();
        host.probe().watch(&mut || plugin.flush(&many));
        assert_eq!(host.allocations(), allocated, "active: {is_active}");
        let last = plugin.value(gain).unwrap();
        assert!((last - 0.5).abs() < 1e-3, "{last}, active: {is_active}");
        plugin.flush(&[Event::param(0, gain, before[1])]);
        plugin.flush(&[]);
        assert_eq!(plugin.values(), before);
        plugin.flush_nothing();
    };
    flush(false);
    plugin.start(256);
    flush(true);
    healthy_after(&plugin);
    flush(false);
}

#[test]
fn kinds_that_nobody_knows() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(256);
    let gain = plugin.id("Master Gain");
    let before = plugin.values();
    for time in [0, 100, 300, 599] {
        let base = Event::param(time, gain, 0.0);
        for strange in [
            base.with_space(1),
            base.with_space(u16::MAX),
            base.with_space(7).with_type(CLAP_EVENT_TRANSPORT),
            base.with_type(99),
            base.with_type(u16::MAX),
        ] {
            plugin.process(&mut Block::constant([0.1; BUSES], 600), &[strange]);
            assert_eq!(plugin.values(), before);
        }
    }
    // What is not a note expression, and a message without a message.
    for type_ in [CLAP_EVENT_NOTE_EXPRESSION, CLAP_EVENT_MIDI_SYSEX] {
        let strange = Event::note(10, i16::MIN).with_type(type_).with_size(16);
        plugin.process(&mut Block::constant([0.1; BUSES], 600), &[strange]);
    }
    assert_eq!(plugin.values(), before);
    healthy_after(&plugin);
}

fn healthy_after(plugin: &RawPlugin<'_>) {
    let on = plugin.understand(plugin.id("Master Gain"), c"0").unwrap();
    let gain = Event::param(0, plugin.id("Master Gain"), on);
    for _ in 0..4 {
        plugin.process(&mut Block::constant([0.125; BUSES], 256), &[gain]);
    }
    let mut block = Block::constant([0.125; BUSES], 256);
    assert_ne!(plugin.process(&mut block, &[]), CLAP_PROCESS_ERROR);
    assert_eq!(block.last(), [1.0; 2]);
    plugin.stop();
}

#[test]
fn more_events_than_there_is_room_for() {
    let host = RawHost::open();
    let signal = noise(23, 4_000);
    let notes = |events: &[Event]| -> Vec<Event> {
        let with_notes = |event: &Event| [Event::note(event.time(), 60), *event];
        events.iter().flat_map(with_notes).collect()
    };
    for (seed, count) in [(1, ROOM), (2, ROOM + 1), (3, 3 * ROOM), (4, 9_999)] {
        let events = storm(&host, seed, count, 4_000);
        let expected = play(&host, 4_096, &signal, &events);
        for announced in [256, 4_096] {
            // Notes are what the wrapper keeps, and allocates for when there are too many.
            let heard = play(&host, announced, &signal, &notes(&events));
            heard.assert_same(&expected, &format!("{count} events, {announced} announced"));
        }
    }
}

#[test]
fn thousands_at_one_frame() {
    let host = RawHost::open();
    let (gain, mute) = (id(&host, "Master Gain"), id(&host, "Bus 2 Mute"));
    let signal = constant([0.125; BUSES], 1_000);
    for frame in [0, 1, 255, 256, 500, 999] {
        let wild = |i: u32| Event::param(frame, gain, f64::from(i % 2));
        let mut events: Vec<Event> = (0..5_000).map(wild).collect();
        events.extend((0..5_000).map(|key| Event::note(frame, key % 128)));
        events.push(Event::param(frame, mute, 1.0));
        events.push(Event::param(frame, gain, 0.0));
        let plain = [Event::param(frame, mute, 1.0), Event::param(frame, gain, 0.0)];
        for announced in [256, 1_000] {
            let heard = play(&host, announced, &signal, &events);
            let expected = play(&host, announced, &signal, &plain);
            heard.assert_same(&expected, &format!("frame {frame}, {announced} announced"));
        }
    }
}

#[test]
fn transports_in_the_middle_of_blocks() {
    let host = RawHost::open();
    let signal = noise(24, 2_000);
    let plain = storm(&host, 5, 20, 2_000);
    let expected = play(&host, 2_048, &signal, &plain);
    for announced in [64, 256, 2_048] {
        let mut events: Vec<Event> = plain.clone();
        for time in (0..2_000).step_by(37) {
            events.push(Event::transport(time, i64::from(time) - 1_000));
            events.push(Event::transport(time, 0));
        }
        events.sort_by_key(Event::time);
        play(&host, announced, &signal, &events).assert_same(&expected, "with transports");
    }
}

#[test]
fn a_list_without_functions_is_an_empty_one() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(256);
    let mut nothing =
        clap_sys::events::clap_input_events { ctx: std::ptr::null_mut(), size: None, get: None };
    for (input, output) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut block = Block::constant([0.125; BUSES], 600);
        let status = plugin.process_spoilt(&mut block, &[], |data| {
            data.in_events = if input { &raw mut nothing } else { std::ptr::null_mut() };
            if output {
                data.out_events = std::ptr::null();
            }
        });
        assert_ne!(status, CLAP_PROCESS_ERROR);
        assert_eq!(block.last(), [1.0; 2]);
    }
    plugin.stop();
}

#[test]
fn every_event_has_a_value_of_its_type() {
    // The test's own events are well-formed where nobody has spoilt them.
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(256);
    let id = plugin.id("Bus 3 Balance");
    plugin.process(&mut Block::constant([0.1; BUSES], 256), &[Event::param(7, id, 0.25)]);
    assert_eq!(plugin.value(id), Some(0.25));
    let typed = Event::note(7, 3).with_type(CLAP_EVENT_PARAM_VALUE);
    plugin.process(&mut Block::constant([0.1; BUSES], 256), &[typed]);
    assert_eq!(plugin.value(id), Some(0.25), "a note that claims to be a value");
    plugin.stop();
}

#[test]
fn without_the_guard_some_of_this_fails() {
    expect_without_the_guard(
        "kinds_that_nobody_knows",
        &[
            ("a_list_without_functions_is_an_empty_one", "guard/clap/window.rs"),
            ("events_beyond_the_block_are_not_lost", "guard/clap/window.rs"),
            ("flushed_events_are_looked_at_too", "guard/clap/params.rs, flush"),
            ("sizes_that_are_wrong", "guard/clap/window.rs, least_size"),
            ("unsorted_events_all_count", "guard/clap/window.rs"),
        ],
    );
}
