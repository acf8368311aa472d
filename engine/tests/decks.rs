//! Decks: what is loaded is heard where it should be, nothing clicks, nothing is freed in the
//! callback, and every clip comes home.

use std::sync::Arc;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, violation_count};
use busbar_dsp::{Clip, ClipWriter, SampleRate};
use busbar_engine::block::StereoMut;
use busbar_engine::meters::MASTER;
use busbar_engine::{
    Block, Config, Engine, Install, Layout, Loaded, Order, OuterEnds, PumpEnds, RenderMode,
    SIDECHAINS, Slot, Targets, wire,
};
use proptest::prelude::*;

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// An engine with a silent input, and both other ends of its queues.
struct Rig {
    engine: Option<Engine>,
    outer: OuterEnds,
    pump: PumpEnds,
    targets: Targets,
}

fn rate(hertz: f64) -> SampleRate {
    SampleRate::new(hertz).unwrap()
}

fn deck(i: usize) -> Slot {
    Slot::deck(i).unwrap()
}

/// A finished clip.
fn clip(left: &[f32], right: &[f32]) -> Arc<Clip> {
    let (mut writer, clip) = Clip::growing(left.len() as u64);
    writer.append(left, right).unwrap();
    writer.complete();
    clip
}

fn constant(value: f32, frames: usize) -> Arc<Clip> {
    clip(&vec![value; frames], &vec![value; frames])
}

impl Rig {
    fn new(hertz: f64) -> Self {
        let (ends, outer, pump) = wire();
        let config = Config { rate: rate(hertz), layout: Layout::Stereo };
        let engine = Some(Engine::new(config, ends));
        Self { engine, outer, pump, targets: Targets::default() }
    }

    fn install(&mut self, slot: Slot, clip: Option<&Arc<Clip>>, ticket: u64, hertz: f64) {
        let loaded = clip.map(|clip| Loaded {
            clip: clip.clone(),
            rate: rate(hertz),
            ticket,
            looping: false,
            starts: false,
        });
        self.pump.installs.push(Install { slot, loaded }).unwrap();
    }

    fn order(&mut self, slot: Slot, order: Order) {
        self.outer.orders.push((slot, order)).unwrap();
    }

    /// Renders in blocks of a length; returns main and monitor.
    fn run(&mut self, frames: usize, block: usize) -> [[Vec<f32>; 2]; 2] {
        let mut out =
            [[vec![0.0; frames], vec![0.0; frames]], [vec![0.0; frames], vec![0.0; frames]]];
        let [main, monitor] = &mut out;
        let [main_left, main_right] = main;
        let [left, right] = monitor;
        let mains = main_left.chunks_mut(block).zip(main_right.chunks_mut(block));
        for ((main_left, main_right), (left, right)) in
            mains.zip(left.chunks_mut(block).zip(right.chunks_mut(block)))
        {
            let mut block = Block {
                main: StereoMut { left: main_left, right: Some(main_right) },
                sidechains: [None; SIDECHAINS],
                monitor: Some(StereoMut { left, right: Some(right) }),
                mode: RenderMode::Realtime,
            };
            let engine = self.engine.as_mut().unwrap();
            let before = violation_count();
            assert_no_alloc(|| engine.process(&self.targets, &mut block));
            assert_eq!(violation_count(), before, "allocated or freed in the callback");
        }
        out
    }

    /// Frees what has come home, as the pump does; returns how many there were.
    fn take_home(&mut self) -> usize {
        std::iter::from_fn(|| self.pump.retired.pop().ok()).count()
    }
}

fn steepest(signal: &[f32]) -> f32 {
    signal.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

#[test]
fn a_deck_is_heard_in_its_bus_to_the_bit() {
    let left: Vec<f32> = (0..5000).map(|i| (i as f32 * 0.01).sin()).collect();
    let right: Vec<f32> = left.iter().map(|x| 0.5 * x).collect();
    let clip = clip(&left, &right);
    for i in 0..8 {
        let mut rig = Rig::new(48_000.0);
        rig.install(deck(i), Some(&clip), 7, 48_000.0);
        rig.order(deck(i), Order::Play);
        let [main, _] = rig.run(2000, 512);
        // After the fade in, what is in the file is what is heard.
        assert_eq!(main[0][200..], left[200..2000], "deck {i}");
        assert_eq!(main[1][200..], right[200..2000]);
        let view = &rig.outer.slots[i];
        assert_eq!((view.ticket(), view.position(), view.is_playing()), (Some(7), 2000, true));
        let meters = rig.outer.meters.latest().unwrap();
        assert!(meters.points[i][0].peak > 0.9 && meters.points[MASTER][0].peak > 0.9);
    }
}

#[test]
fn nothing_loaded_and_nothing_playing_is_nothing_heard() {
    let mut rig = Rig::new(48_000.0);
    rig.order(deck(0), Order::Play);
    rig.order(deck(0), Order::Seek(100));
    rig.order(deck(1), Order::Loop(true));
    rig.install(deck(2), Some(&constant(1.0, 1000)), 0, 48_000.0);
    let [main, _] = rig.run(1000, 64);
    assert!(main.iter().flatten().all(|x| *x == 0.0));
}

#[test]
fn in_mono_both_sides_are_heard() {
    let mut rig = Rig::new(48_000.0);
    let mono = Config { rate: rate(48_000.0), layout: Layout::Mono };
    rig.engine = rig.engine.take().map(|engine| engine.reconfigured(mono));
    for slot in [deck(0), deck(1), Slot::REFERENCE] {
        let clip = clip(&[0.5; 4000], &[0.25; 4000]);
        rig.install(slot, Some(&clip), 1, 48_000.0);
        rig.order(slot, Order::Play);
    }
    let [main, _] = rig.run(1000, 256);
    assert_eq!(main[0][999], 0.75, "two decks of 0.375");
    let meters = rig.outer.meters.latest().unwrap();
    assert_eq!(meters.points[1].map(|side| side.peak), [0.375, 0.0]);
    rig.targets.hear_reference = true;
    let [_, monitor] = rig.run(1000, 256);
    assert_eq!(monitor[0][999], 0.375);
}

#[test]
fn what_starts_by_itself_starts_once() {
    let mut rig = Rig::new(48_000.0);
    let clip = constant(0.5, 100_000);
    let arrive = |rig: &mut Rig, ticket: u64| {
        let (clip, rate) = (clip.clone(), rate(48_000.0));
        let loaded = Loaded { clip, rate, ticket, looping: false, starts: true };
        rig.pump.installs.push(Install { slot: deck(0), loaded: Some(loaded) }).unwrap();
        rig.run(1000, 256)[0][0][999]
    };
    assert_eq!(arrive(&mut rig, 1), 0.5);
    rig.order(deck(0), Order::Stop);
    rig.run(1000, 256);
    assert_eq!(arrive(&mut rig, 1), 0.0, "the same load again, say at another rate");
    assert_eq!(arrive(&mut rig, 2), 0.5);
}

/// A clip that begins to play by itself and never ends.
fn starting(ticket: u64) -> Option<Loaded> {
    let (clip, rate) = (constant(0.5, 1000), rate(48_000.0));
    Some(Loaded { clip, rate, ticket, looping: true, starts: true })
}

#[test]
fn a_stop_does_not_overtake_the_clip_that_it_stops() {
    let mut rig = Rig::new(48_000.0);
    // The third clip waits until the first has faded out, and the last waits behind it.
    for (slot, ticket) in [(0, 1), (0, 2), (0, 3), (2, 4)] {
        let install = Install { slot: deck(slot), loaded: starting(ticket) };
        rig.pump.installs.push(install).unwrap();
    }
    rig.order(deck(2), Order::Stop);
    rig.run(4000, 64);
    let view = &rig.outer.slots[2];
    assert_eq!((view.ticket(), view.is_playing()), (Some(4), false));
    assert!(rig.outer.slots[0].is_playing());
}

#[test]
fn the_reference_is_heard_on_the_monitor_only() {
    let mut rig = Rig::new(48_000.0);
    rig.install(Slot::REFERENCE, Some(&constant(0.5, 100_000)), 1, 48_000.0);
    rig.order(Slot::REFERENCE, Order::Play);
    let [main, monitor] = rig.run(2000, 256);
    assert!(main.iter().chain(&monitor).flatten().all(|x| *x == 0.0), "not listened to");
    rig.targets.hear_reference = true;
    let [main, monitor] = rig.run(2000, 256);
    assert!(main.iter().flatten().all(|x| *x == 0.0), "never in the programme");
    assert_eq!(monitor[0][1999], 0.5);
    assert!(steepest(&monitor[0]) <= 0.5 / 192.0);
    rig.targets.hear_reference = false;
    let [_, monitor] = rig.run(2000, 256);
    assert_eq!(monitor[0][1999], 0.0);
    assert!(steepest(&monitor[0]) <= 0.5 / 192.0);
}

#[test]
fn a_file_ends_faded_and_stops_and_can_be_played_again() {
    let mut rig = Rig::new(48_000.0);
    rig.install(deck(3), Some(&constant(0.8, 1000)), 1, 48_000.0);
    rig.order(deck(3), Order::Play);
    for _ in 0..2 {
        let [main, _] = rig.run(1500, 100);
        assert_eq!(main[0][500], 0.8);
        assert_eq!(main[0][1000..], [0.0; 500]);
        assert!(steepest(&main[0]) <= 0.8 / 190.0, "{}", steepest(&main[0]));
        let view = &rig.outer.slots[3];
        assert_eq!((view.is_playing(), view.position()), (false, 0));
        rig.order(deck(3), Order::Play);
    }
}

#[test]
fn a_loop_goes_on_without_a_gap() {
    let ramp: Vec<f32> = (0..1000).map(|i| i as f32 / 1000.0).collect();
    let mut rig = Rig::new(48_000.0);
    rig.install(deck(0), Some(&clip(&ramp, &ramp)), 1, 48_000.0);
    rig.order(deck(0), Order::Loop(true));
    rig.order(deck(0), Order::Play);
    let [main, _] = rig.run(5000, 37);
    for (i, x) in main[0].iter().enumerate().skip(300) {
        assert_eq!(*x, ramp[i % 1000], "frame {i}");
    }
}

#[test]
fn playing_begins_before_decoding_ends_and_waits_for_it() {
    let (mut writer, clip) = Clip::growing(10_000);
    let samples = |frames: usize| vec![0.6; frames];
    let grow = |writer: &mut ClipWriter, frames| {
        writer.append(&samples(frames), &samples(frames)).unwrap();
    };
    let mut rig = Rig::new(48_000.0);
    rig.install(deck(0), Some(&clip), 1, 48_000.0);
    rig.order(deck(0), Order::Play);
    let mut heard = vec![];
    let mut run = |rig: &mut Rig, frames| heard.extend_from_slice(&rig.run(frames, 64)[0][0]);
    run(&mut rig, 500);
    grow(&mut writer, 2000);
    run(&mut rig, 1000);
    // More is played than is there: it fades, waits, and goes on where it was.
    run(&mut rig, 3000);
    let waiting = rig.outer.slots[0].position();
    assert!((1700..=2000).contains(&waiting), "{waiting}");
    grow(&mut writer, 3000);
    run(&mut rig, 1000);
    writer.complete();
    run(&mut rig, 4000);
    assert_eq!(heard[..500], [0.0; 500]);
    assert_eq!(heard[1000], 0.6);
    assert_eq!(heard[4000], 0.0, "waits for more");
    assert_eq!(heard[5000], 0.6);
    assert_eq!(heard[9400], 0.0, "has ended");
    assert!(steepest(&heard) <= 0.6 / 190.0, "{}", steepest(&heard));
    let sounding = heard.iter().filter(|x| **x == 0.6).count();
    assert!((3800..5000).contains(&sounding), "{sounding}");
}

#[test]
fn another_rate_keeps_pitch_and_place() {
    // A second of 1 kHz, made for 48 kHz.
    let tone = |hertz: f64| -> Vec<f32> {
        let step = std::f64::consts::TAU * 1000.0 / hertz;
        (0..hertz as usize).map(|i| (i as f64 * step).sin() as f32).collect()
    };
    let (at_48, at_44) = (tone(48_000.0), tone(44_100.0));
    let mut rig = Rig::new(48_000.0);
    rig.install(deck(0), Some(&clip(&at_48, &at_48)), 5, 48_000.0);
    rig.order(deck(0), Order::Play);
    rig.run(4800, 512);
    let config = Config { rate: rate(44_100.0), layout: Layout::Stereo };
    rig.engine = rig.engine.take().map(|engine| engine.reconfigured(config));
    // A tenth of a second in, at the new rate.
    let [main, _] = rig.run(4410, 512);
    for (i, x) in main[0].iter().enumerate() {
        assert!((x - at_44[4410 + i]).abs() < 2e-3, "frame {i}: {x} {}", at_44[4410 + i]);
    }
    // The same load, resampled, takes over in place.
    rig.install(deck(0), Some(&clip(&at_44, &at_44)), 5, 44_100.0);
    let [main, _] = rig.run(4410, 512);
    for (i, x) in main[0].iter().enumerate() {
        assert!((x - at_44[8820 + i]).abs() < 0.2, "frame {i}");
    }
    assert!(steepest(&main[0]) < 0.16, "no step beyond the tone's own");
    assert_eq!(rig.take_home(), 1);
}

/// What may happen to a rig between two blocks.
#[derive(Clone, Debug)]
enum Event {
    Load(usize, u32),
    Unload(usize),
    Order(usize, Order),
    Rate(f64),
    Frames(usize),
}

fn any_event() -> impl Strategy<Value = Event> {
    let order = prop_oneof![
        4 => Just(Order::Play),
        1 => Just(Order::Stop),
        2 => (0u64..6000).prop_map(Order::Seek),
        1 => any::<bool>().prop_map(Order::Loop),
    ];
    prop_oneof![
        3 => (0usize..9, 1u32..6000).prop_map(|(slot, frames)| Event::Load(slot, frames)),
        1 => (0usize..9).prop_map(Event::Unload),
        4 => (0usize..9, order).prop_map(|(slot, order)| Event::Order(slot, order)),
        1 => prop_oneof![Just(44_100.0), Just(48_000.0), Just(96_000.0)].prop_map(Event::Rate),
        6 => (0usize..700).prop_map(Event::Frames),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nothing_clicks_leaks_or_is_freed_in_the_callback(
        events in prop::collection::vec(any_event(), 1..80),
    ) {
        let mut rig = Rig::new(48_000.0);
        rig.targets.hear_reference = true;
        let mut alive: Vec<std::sync::Weak<Clip>> = vec![];
        let mut last = [0.0f32; 4];
        let all: Vec<Slot> = Slot::all().collect();
        for event in events {
            match event {
                Event::Load(slot, frames) => {
                    let clip = constant(0.5, frames as usize);
                    alive.push(Arc::downgrade(&clip));
                    let ticket = alive.len() as u64;
                    let looping = frames % 3 == 0;
                    let (rate, starts) = (rate(48_000.0), frames % 2 == 0);
                    let loaded = Loaded { clip, rate, ticket, looping, starts };
                    // A full queue gives back what it does not take.
                    let _ = rig.pump.installs.push(Install { slot: all[slot], loaded: Some(loaded) });
                }
                Event::Unload(slot) => {
                    let _ = rig.pump.installs.push(Install { slot: all[slot], loaded: None });
                }
                Event::Order(slot, order) => {
                    let _ = rig.outer.orders.push((all[slot], order));
                }
                Event::Rate(hertz) => {
                    let config = Config { rate: rate(hertz), layout: Layout::Stereo };
                    rig.engine = rig.engine.take().map(|engine| engine.reconfigured(config));
                }
                Event::Frames(frames) => {
                    let out = rig.run(frames, 128);
                    for (side, last) in out.iter().flatten().zip(&mut last) {
                        for x in side {
                            // Eight decks at once over the shortest fade.
                            prop_assert!((x - *last).abs() <= 8.0 * 0.5 * 2.0 / 176.0, "{last} {x}");
                            *last = *x;
                        }
                    }
                    rig.take_home();
                }
            }
        }
        // Everything off, and time for it to come home, through queues that may be full.
        for _ in 0..20 {
            for slot in &all {
                let _ = rig.pump.installs.push(Install { slot: *slot, loaded: None });
            }
            rig.run(2000, 512);
            rig.take_home();
        }
        prop_assert_eq!(alive.iter().filter(|clip| clip.strong_count() > 0).count(), 0);
    }

    #[test]
    fn an_order_is_the_last_word_on_what_came_before_it(
        events in prop::collection::vec((0usize..4, 0u8..8, 0usize..300), 1..40),
    ) {
        let mut rig = Rig::new(48_000.0);
        // What a deck was told after everything that came for it.
        let mut last_words = [None; 4];
        for (ticket, (slot, what, frames)) in events.into_iter().enumerate() {
            match what {
                0..4 => {
                    let install = Install { slot: deck(slot), loaded: starting(ticket as u64) };
                    rig.pump.installs.push(install).unwrap();
                    last_words[slot] = None;
                }
                4..7 => {
                    let plays = what == 4;
                    rig.order(deck(slot), if plays { Order::Play } else { Order::Stop });
                    last_words[slot] = Some(plays);
                }
                _ => _ = rig.run(frames, 64),
            }
        }
        // Each waits for one fade at the most.
        rig.run(40 * 200, 64);
        for (view, last_word) in rig.outer.slots.iter().zip(last_words) {
            prop_assert_eq!(view.is_playing(), last_word.unwrap_or_else(|| view.is_playing()));
        }
    }

    #[test]
    fn the_cut_of_the_blocks_cannot_be_heard(
        lengths in prop::collection::vec(300usize..3000, 1..4),
        looping in any::<bool>(), seek in 0u64..2000, block in 1usize..700,
        clip_rate in prop_oneof![Just(48_000.0), Just(44_100.0)],
    ) {
        let ramp = |frames: usize| -> Vec<f32> {
            (0..frames).map(|i| (i as f32 * 0.03).sin()).collect()
        };
        let clips: Vec<_> = lengths.iter().map(|n| clip(&ramp(*n), &ramp(*n))).collect();
        let render = |block: usize| {
            let mut rig = Rig::new(48_000.0);
            for (i, clip) in clips.iter().enumerate() {
                rig.install(deck(i), Some(clip), i as u64, clip_rate);
                rig.order(deck(i), Order::Loop(looping));
                rig.order(deck(i), Order::Play);
            }
            let mut heard = rig.run(700, block)[0].concat();
            rig.order(deck(0), Order::Seek(seek));
            rig.order(deck(0), Order::Seek(0));
            heard.extend(rig.run(5000, block)[0].concat());
            heard.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        let (cut, whole) = (render(block), render(16_384));
        let first = cut.iter().zip(&whole).position(|(a, b)| a != b);
        prop_assert_eq!(first, None);
    }
}
