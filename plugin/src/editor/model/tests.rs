use busbar_engine::block::{Block, StereoMut};
use busbar_engine::{Config, Engine, Layout, OuterEnds, RenderMode, wire};

use super::*;

/// An engine that plays what it is told, and the model that looks at it.
struct Bench {
    engine: Engine,
    outer: OuterEnds,
    model: Model,
    rate: SampleRate,
    played: u64,
}

const RATE: f64 = 48_000.0;
const BLOCK: usize = 480;

impl Bench {
    fn new() -> Self {
        let (ends, outer, _pump) = wire();
        let rate = SampleRate::new(RATE).unwrap();
        let engine = Engine::new(Config { rate, layout: Layout::Stereo }, ends);
        Self { engine, outer, model: Model::default(), rate, played: 0 }
    }

    /// 10 ms of a level, with one louder sample in it.
    fn play(&mut self, level: f32, click: f32) {
        let mut sides = [[level; BLOCK], [level; BLOCK]];
        sides[0][BLOCK / 3] = click;
        let [left, right] = &mut sides;
        let main = StereoMut { left, right: Some(right) };
        let mode = RenderMode::Realtime;
        let mut block = Block { main, sidechains: [None; 7], monitor: None, mode };
        self.engine.process(&Targets::default(), &mut block);
        self.played += 1;
    }

    fn look(&mut self) {
        let now = Duration::from_millis(10 * self.played);
        self.model.advance(now, &mut self.outer.meters, Some(self.rate));
    }

    fn left(&self) -> &Channel {
        &self.model.point(0)[0]
    }
}

fn near(level: Decibels, expected: f32) -> bool {
    (level.0 - expected).abs() < 0.05
}

#[test]
fn no_peak_is_missed_at_ten_frames_a_second() {
    let mut bench = Bench::new();
    // Clicks of one sample at places that have nothing to do with the frames, each a little
    // louder than the one before, so that every one of them would show if it were missed.
    let mut expected = f32::NEG_INFINITY;
    let mut seen = Vec::new();
    let mut random = 12_345u32;
    for _ in 0..100 {
        let mut click = 0.0f32;
        for _ in 0..10 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let this = (random >> 8) as f32 / (1 << 24) as f32;
            click = click.max(this);
            bench.play(0.0, this);
        }
        bench.look();
        expected = expected.max(20.0 * click.log10());
        seen.push(bench.left().peak.bar());
    }
    assert!(near(bench.model.highest(0), expected), "{:?}, not {expected}", bench.model.highest(0));
    assert!(seen.iter().all(|level| level.0 > -3.0), "{seen:?}");
    // One click, with two seconds of silence around it and ten frames a second, one of them late.
    let mut bench = Bench::new();
    for tenth in 0..40 {
        (0..10).for_each(|i| bench.play(0.0, if (tenth, i) == (20, 3) { 0.5 } else { 0.0 }));
        if tenth != 20 {
            bench.look();
        }
    }
    assert!(near(bench.left().peak.hold(), -6.02), "{:?}", bench.left().peak.hold());
    assert!(near(bench.model.highest(MASTER), -6.02));
}

#[test]
fn rms_is_that_of_the_signal() {
    let mut bench = Bench::new();
    for _ in 0..100 {
        bench.play(0.25, 0.25);
        bench.look();
    }
    let [left, right] = bench.model.point(MASTER);
    assert!(near(left.rms.level(), -12.04) && near(right.rms.level(), -12.04));
    for _ in 0..32 {
        bench.play(0.0, 0.0);
        bench.look();
    }
    assert_eq!(bench.left().rms.level(), Decibels::SILENCE);
}

#[test]
fn what_happened_unseen_is_latched_and_not_shown() {
    let mut bench = Bench::new();
    for closed_for in [5, 16, 500] {
        bench.model.reset();
        bench.model.advance(
            bench.model.now + Duration::from_secs(60),
            &mut bench.outer.meters,
            None,
        );
        (0..closed_for).for_each(|_| bench.play(1.5, 1.5));
        bench.model.catch_up(&mut bench.outer.meters);
        bench.played += 100_000;
        (0..4).for_each(|_| bench.play(0.0, 0.0));
        // A frame that was open while the window opened may hold the end of the loud passage.
        bench.look();
        if closed_for == 500 {
            assert_eq!(bench.left().peak.bar(), Decibels::SILENCE);
        }
        assert!(bench.model.is_over(0), "after {closed_for} blocks");
    }
}

#[test]
fn when_the_host_stops_everything_falls_and_then_nothing_moves() {
    let mut bench = Bench::new();
    assert!(!bench.model.is_running());
    for _ in 0..50 {
        bench.play(0.5, 1.25);
        bench.look();
    }
    assert!(bench.model.is_running() && bench.model.has_moved());
    let mut moves = 0;
    for _ in 0..1500 {
        bench.played += 1;
        bench.look();
        moves += u32::from(bench.model.has_moved());
    }
    assert!((600..1300).contains(&moves), "moved {moves} times");
    assert!(!bench.model.is_running());
    assert_eq!(bench.left().rms.level(), Decibels::SILENCE);
    assert!(bench.model.is_over(0) && !bench.model.is_over(5), "the latch stays");
    bench.model.reset_point(0);
    assert!(bench.model.has_moved() && !bench.model.is_over(0));
    assert!(bench.model.is_over(MASTER), "the others stay");
}

#[test]
fn silence_is_no_movement() {
    let mut bench = Bench::new();
    bench.look();
    bench.play(0.0, 0.0);
    bench.play(0.0, 0.0);
    bench.look();
    assert!(bench.model.has_moved(), "the host has begun to process");
    for _ in 0..100 {
        bench.play(0.0, 0.0);
        bench.look();
        assert!(!bench.model.has_moved());
    }
    let mut targets = Targets::default();
    targets.strips[3].mute = true;
    bench.model.set_targets(targets);
    assert!(bench.model.has_moved(), "a control has");
}

#[test]
fn a_notice_goes_by_itself() {
    let mut bench = Bench::new();
    bench.look();
    bench.model.has_moved();
    bench.model.notify("no room".to_owned());
    assert!(bench.model.has_moved() && bench.model.notice() == Some("no room"));
    bench.played += 1100;
    bench.look();
    assert!(!bench.model.has_moved() && bench.model.notice().is_some());
    bench.played += 200;
    bench.look();
    assert!(bench.model.has_moved() && bench.model.notice().is_none());
}

#[test]
fn a_position_moves_only_as_far_as_can_be_told_apart() {
    let mut model = Model::default();
    let mut show = |position: f64| {
        let mut decks: [DeckStatus; SLOTS] = Default::default();
        decks[3] = DeckStatus { position, length: Some(1024.0), ..Default::default() };
        model.set_decks(decks, Listening::default());
        model.has_moved()
    };
    assert!(show(10.0));
    assert!(!show(10.99) && show(11.0) && !show(11.5));
}
