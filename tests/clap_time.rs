//! Busbar in a CLAP host that keeps every rule: blocks, rates, automation, notes and the transport.

use std::ops::Range;

use busbar_tests::clap::desk::{amplitude, set_gains};
use busbar_tests::clap::host::{Host, Instance};
use busbar_tests::clap::run::{Change, Run, assert_same};
use busbar_tests::signal::{BUSES, constant, noise};
use clack_host::events::EventFlags;
use clack_host::events::event_types::*;
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, SecondsTime};

const RATE: f64 = 48_000.0;

/// Names another first seed for what is cut at random.
const SEED: &str = "BUSBAR_SEED";

fn first_seed() -> u32 {
    match std::env::var(SEED) {
        Ok(seed) => seed.parse().unwrap_or_else(|_| panic!("{SEED}={seed} is no number")),
        Err(_) => 0x5eed,
    }
}

#[test]
fn automation_begins_on_its_frame() {
    let host = Host::open();
    for frame in [0, 1, 63, 64, 127, 511, 512, 700] {
        let mut instance = host.instance();
        let signal = constant([0.5; BUSES].map(|x| x / 8.0), 1_500);
        let changes = [instance.change(frame, "Bus 2 Gain", "-12 dB")];
        let mut processor = instance.start(RATE, 512);
        // The first block after a reset starts where the controls are: leave that behind.
        Run::of(&signal).play(&mut processor);
        let take = Run { changes: &changes, ..Run::of(&signal) }.play(&mut processor);
        let before = take.main[0][..frame].iter().all(|x| *x == 0.5);
        assert!(before, "heard before frame {frame}");
        assert!(take.main[0][frame] < 0.5, "not heard at frame {frame}");
        let arrived = 0.5 * (7.0 + amplitude("-12 dB")) / 8.0;
        assert!((take.main[0][frame + 479] - arrived).abs() < 1e-6, "10 ms later it is there");
        instance.stop(processor);
    }
}

/// A rich automation at fixed frames, for comparing cuts.
fn storm(instance: &mut Instance, frames: usize) -> Vec<Change> {
    let names: Vec<String> = instance.list_params().into_iter().map(|param| param.name).collect();
    let mut state = 0x5eed_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % below
    };
    let mut changes: Vec<Change> = (0..120)
        .map(|_| {
            let name = &names[next(names.len())];
            let value = match name.ends_with("Gain") || name.ends_with("Balance") {
                true => next(1000) as f64 / 999.0,
                false => next(2) as f64,
            };
            Change { frame: next(frames), id: instance.id(name), value }
        })
        .collect();
    // Some together, some where the hosts like to cut.
    changes[0].frame = 0;
    (changes[1].frame, changes[2].frame, changes[3].frame) = (512, 512, 17);
    changes.sort_by_key(|change| change.frame);
    changes
}

#[test]
fn the_cut_of_the_blocks_cannot_be_heard() {
    const FRAMES: usize = 40_000;
    let host = Host::open();
    let signal = noise(14, FRAMES);
    let play = |cuts: &[usize]| {
        let mut instance = host.instance();
        let changes = storm(&mut instance, FRAMES);
        let mut processor = instance.start(RATE, 16_384);
        let take = Run { cuts, changes: &changes, ..Run::of(&signal) }.play(&mut processor);
        instance.stop(processor);
        take
    };
    let expected = play(&[512]);
    let fixed: [&[usize]; 7] =
        [&[1], &[17], &[64], &[16_384], &[0, 1, 17, 512, 16_384], &[0, 0, 333], &[16_384, 0, 1]];
    for cuts in fixed {
        play(cuts).assert_same(&expected, &format!("blocks of {cuts:?}"));
    }
    let mut seed = first_seed();
    println!("{SEED}={seed}");
    for _ in 0..8 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        println!("seed {seed}");
        let cuts: Vec<usize> = (0..30)
            .map(|i| seed.rotate_left(i) as usize)
            .map(|bits| if bits % 5 == 0 { 0 } else { bits / 5 % 3_000 })
            .chain([1])
            .collect();
        play(&cuts).assert_same(&expected, &format!("seed {seed}, blocks of {cuts:?}"));
    }
}

#[test]
fn one_instance_at_every_rate() {
    const RATES: [f64; 12] = [
        1_234.567_8,
        8_000.0,
        11_025.0,
        22_050.0,
        32_000.0,
        44_100.0,
        45_678.901,
        48_000.0,
        88_200.0,
        96_000.0,
        192_000.0,
        384_000.0,
    ];
    let host = Host::open();
    let mut instance = host.instance();
    let quiet = noise(15, 6_000);
    let steady = constant([0.25; BUSES].map(|x| x / 8.0), 12_000);
    for rate in RATES.iter().chain(RATES.iter().rev()).copied() {
        let changes = [
            instance.change(1_000, "Master Gain", "-∞ dB"),
            instance.change(7_000, "Master Gain", "0 dB"),
        ];
        let mut processor = instance.start(rate, 1_024);
        let take = Run { ports: 1, cuts: &[1_000, 24], ..Run::of(&quiet) }.play(&mut processor);
        assert_same(&take.main[0], &quiet[0][0], &format!("at {rate} Hz"));

        let take = Run { changes: &changes, ..Run::of(&steady) }.play(&mut processor);
        let ramp = (rate * 0.010).round() as usize;
        let gone = take.main[0].iter().position(|x| *x == 0.0).unwrap();
        assert_eq!(gone, 1_000 + ramp - 1, "a ramp has 10 ms at {rate} Hz");
        assert!(take.main[0][gone..7_000].iter().all(|x| *x == 0.0), "closed");
        assert_eq!(take.main[0][7_000 + ramp], 0.25, "open again at {rate} Hz");
        instance.stop(processor);
    }
}

#[test]
fn notes_disturb_nothing() {
    let host = Host::open();
    let signal = noise(17, 6_000);
    let play = |more: &dyn Fn(Range<usize>, &mut EventBuffer)| {
        let mut instance = host.instance();
        set_gains(&mut instance);
        let mut processor = instance.start(RATE, 512);
        let take = Run { more, ..Run::of(&signal) }.play(&mut processor);
        instance.stop(processor);
        take
    };
    let expected = play(&|_, _| ());
    let notes = play(&|block, events| {
        for frame in (0..block.len() as u32).step_by(50) {
            let key = Pckn::new(0u16, 3u16, 60u16, frame);
            events.push(&NoteOnEvent::new(frame, key, 0.8));
            events.push(&NoteExpressionEvent::new(frame, key, NoteExpressionType::Pan, 0.1));
            events.push(&MidiEvent::new(frame, 0, [0xb0, 7, 0]));
            events.push(&MidiEvent::new(frame, 0, [0xff, 0xff, 0xff]));
            events.push(&NoteOffEvent::new(frame, key, 0.0));
            events.push(&NoteChokeEvent::new(frame, Pckn::match_all()));
        }
    });
    notes.assert_same(&expected, "with notes");
}

/// A song's position in all of its forms.
fn song(seconds: f64, tempo: f64) -> TransportEvent {
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags: TransportFlags::all(),
        song_pos_beats: BeatTime::from_float(seconds * tempo / 60.0),
        song_pos_seconds: SecondsTime::from_float(seconds),
        tempo,
        tempo_inc: 0.0,
        loop_start_beats: BeatTime::from_float(4.0),
        loop_end_beats: BeatTime::from_float(4.25),
        loop_start_seconds: SecondsTime::from_float(2.0),
        loop_end_seconds: SecondsTime::from_float(2.125),
        bar_start: BeatTime::from_float((seconds * tempo / 240.0).floor() * 4.0),
        bar_number: (seconds * tempo / 240.0).floor() as i32,
        time_signature_numerator: 7,
        time_signature_denominator: 8,
    }
}

/// A transport at each frame.
type Song<'a> = &'a dyn Fn(usize) -> Option<TransportEvent>;

#[test]
fn no_transport_can_be_heard() {
    let host = Host::open();
    let signal = noise(20, 9_000);
    let play = |transport: Song<'_>| {
        let mut instance = host.instance();
        let changes = storm(&mut instance, 9_000);
        let mut processor = instance.start(RATE, 512);
        let run = Run { transport, changes: &changes, cuts: &[512, 100], ..Run::of(&signal) };
        let take = run.play(&mut processor);
        instance.stop(processor);
        take
    };
    let seconds = |frame: usize| frame as f64 / RATE;
    let expected = play(&|_| None);
    let strange: [(&str, Song<'_>); 6] = [
        ("from 0", &|frame| Some(song(seconds(frame), 120.0))),
        ("from before the start", &|frame| Some(song(seconds(frame) - 4_000.0, 120.0))),
        ("in a loop", &|frame| Some(song(2.0 + seconds(frame % 6_000), 120.0))),
        ("jumping", &|frame| Some(song((frame % 7) as f64 * 1e5, 999.0))),
        ("at no tempo", &|frame| Some(song(seconds(frame), f64::NAN))),
        ("now and then", &|frame| (frame % 3 == 0).then(|| song(seconds(frame), 0.0))),
    ];
    for (what, transport) in strange {
        play(transport).assert_same(&expected, &format!("a transport {what}"));
    }
}
