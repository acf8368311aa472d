//! The monitor never prints: when main carries the reference, and above all when it does not.

use std::sync::Arc;
use std::time::Duration;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, violation_count};
use busbar_dsp::console::listen::{Listening, Part};
use busbar_dsp::{Clip, Decibels, SampleRate};
use busbar_engine::block::StereoMut;
use busbar_engine::keys::Keys;
use busbar_engine::monitor::{Dismissal, Heard, LEASE_SECONDS};
use busbar_engine::{
    Block, Config, Engine, Install, Layout, Loaded, Monitor, Order, OuterEnds, PumpEnds,
    RenderMode, SIDECHAINS, Slot, Targets, wire,
};
use proptest::prelude::*;

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

const RATE: f64 = 48_000.0;
const MIX: f32 = 0.25;
const REFERENCE: f32 = -0.5;
/// Longer than every fade.
const FADED: usize = 600;

/// An engine that gets the mix, with the reference playing.
struct Rig {
    engine: Engine,
    outer: OuterEnds,
    pump: PumpEnds,
    targets: Targets,
    mode: RenderMode,
    has_monitor: bool,
}

impl Rig {
    fn new(has_monitor: bool) -> Self {
        let (ends, mut outer, mut pump) = wire();
        let config = Config { rate: rate(), layout: Layout::Stereo };
        let (mut writer, clip) = Clip::growing(4096);
        writer.append(&[REFERENCE; 4096], &[REFERENCE; 4096]).unwrap();
        writer.complete();
        pump.installs.push(install(clip)).unwrap();
        outer.orders.push((Slot::REFERENCE, Order::Play)).unwrap();
        let engine = Engine::new(config, ends);
        let (targets, mode) = (Targets::default(), RenderMode::Realtime);
        Self { engine, outer, pump, targets, mode, has_monitor }
    }

    fn monitor(&self) -> &Monitor {
        &self.outer.monitor
    }

    /// A block; the left sides of main and Monitor output.
    fn run(&mut self, frames: usize) -> [Vec<f32>; 2] {
        let [mut main, mut side] = [(); 2].map(|()| vec![MIX; frames]);
        let [mut left, mut right] = [(); 2].map(|()| vec![7.0; frames]);
        let mut block = Block {
            main: StereoMut { left: &mut main, right: Some(&mut side) },
            sidechains: [None; SIDECHAINS],
            monitor: self
                .has_monitor
                .then_some(StereoMut { left: &mut left, right: Some(&mut right) }),
            mode: self.mode,
        };
        // As the plug-in does, next to the parameters.
        self.targets.hear_reference = self.outer.monitor.asks_for_reference();
        self.targets.keys = self.outer.monitor.keys();
        let before = violation_count();
        assert_no_alloc(|| self.engine.process(&self.targets, &mut block));
        assert_eq!(violation_count(), before, "allocated in the callback");
        [main, left]
    }

    /// As much as is heard in a time, by somebody who watches the clock.
    fn listen(&mut self, frames: usize) -> [Vec<f32>; 2] {
        let mut heard = [vec![], vec![]];
        for at in (0..frames).step_by(256) {
            let block = 256.min(frames - at);
            self.renew(block as f64 / RATE);
            for (all, new) in heard.iter_mut().zip(self.run(block)) {
                all.extend(new);
            }
        }
        heard
    }

    fn renew(&self, seconds: f64) {
        self.pump.monitor.renew(Duration::from_secs_f64(seconds), rate());
    }
}

fn rate() -> SampleRate {
    SampleRate::new(RATE).unwrap()
}

fn install(clip: Arc<Clip>) -> Install {
    let loaded = Loaded { clip, rate: rate(), ticket: 0, looping: true, starts: false };
    Install { slot: Slot::REFERENCE, loaded: Some(loaded) }
}

fn all(signal: &[f32], value: f32) -> bool {
    signal.iter().all(|x| *x == value)
}

fn steepest(signal: &[f32]) -> f32 {
    signal.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

#[test]
fn where_the_monitor_output_is_connected_main_never_changes() {
    let mut rig = Rig::new(true);
    rig.listen(FADED);
    rig.monitor().hear_reference(true);
    let [main, monitor] = rig.listen(4 * FADED);
    assert!(all(&main, MIX));
    assert!(all(&monitor[FADED..], REFERENCE) && steepest(&monitor) < 0.75 / 400.0);
    assert_eq!(rig.monitor().heard(), Heard::ReferenceOnMonitor);
    rig.monitor().hear_reference(false);
    let [main, monitor] = rig.listen(FADED);
    assert!(all(&main, MIX) && monitor[FADED - 1] == MIX);
    assert_eq!(rig.monitor().heard(), Heard::Mix);
}

#[test]
fn where_it_is_not_main_carries_the_reference_for_who_listens() {
    let mut rig = Rig::new(false);
    rig.listen(FADED);
    rig.monitor().hear_reference(true);
    let [main, _] = rig.listen(4 * FADED);
    assert!(all(&main[FADED..], REFERENCE) && steepest(&main) < 0.75 / 400.0);
    assert_eq!(rig.monitor().heard(), Heard::ReferenceOnMain);
    // An hour later it is still so.
    rig.listen(10 * RATE as usize);
    assert_eq!(rig.listen(1)[0], [REFERENCE]);
    // The meters are those of the programme all the time.
    let meters = rig.outer.meters.latest().unwrap();
    assert_eq!(meters.points[busbar_engine::meters::MASTER][0].peak, MIX);
    rig.monitor().hear_reference(false);
    let [main, _] = rig.listen(2 * FADED);
    assert!(all(&main[FADED..], MIX) && steepest(&main) < 0.75 / 400.0);
    assert_eq!((rig.monitor().heard(), rig.monitor().dismissal()), (Heard::Mix, None));
}

#[test]
fn an_offline_block_is_the_programme_from_its_first_frame() {
    for has_monitor in [false, true] {
        let mut rig = Rig::new(has_monitor);
        rig.listen(FADED);
        rig.monitor().hear_reference(true);
        rig.listen(2 * FADED);
        rig.mode = RenderMode::Offline;
        let [main, monitor] = rig.listen(FADED);
        assert!(all(&main, MIX));
        assert!(!has_monitor || all(&monitor, MIX));
        assert_eq!(rig.monitor().dismissal(), Some(Dismissal::Offline));
        // It stays so when the render is over, until somebody asks again.
        rig.mode = RenderMode::Realtime;
        assert!(all(&rig.listen(FADED)[0], MIX));
        rig.monitor().hear_reference(true);
        rig.renew(1.0);
        let [main, monitor] = rig.listen(FADED);
        let heard = if has_monitor { monitor } else { main };
        assert_eq!(heard[FADED - 1], REFERENCE);
        assert_eq!(rig.monitor().dismissal(), None);
    }
}

#[test]
fn a_host_that_renders_and_does_not_say_so_gets_the_programme() {
    let most = (LEASE_SECONDS * RATE) as usize + FADED;
    for speed in [2.0, 10.0, 1000.0] {
        let mut rig = Rig::new(false);
        rig.listen(FADED);
        rig.monitor().hear_reference(true);
        let mut printed = 0;
        for _ in 0..2000 {
            rig.renew(512.0 / RATE / speed);
            printed += rig.run(512)[0].iter().filter(|x| **x != MIX).count();
        }
        // While the lease is used up at that speed, some of it grows again.
        let longest = most as f64 / (1.0 - 1.5 / speed);
        assert!(printed > 0 && (printed as f64) < longest, "{printed} at {speed}");
        assert_eq!(rig.monitor().dismissal(), Some(Dismissal::TooFast));
        // With nobody to watch the clock, nothing is printed at all.
        let mut rig = Rig::new(false);
        rig.monitor().hear_reference(true);
        assert!(all(&rig.run(2048)[0], MIX));
    }
}

#[test]
fn bursts_and_pauses_of_a_sound_card_are_no_rendering() {
    let mut rig = Rig::new(false);
    rig.listen(FADED);
    rig.monitor().hear_reference(true);
    for round in 0..200 {
        // 8192 frames at once; now and then the host stops for a while.
        rig.renew(8192.0 / RATE * if round % 7 == 0 { 20.0 } else { 1.0 });
        for _ in 0..32 {
            rig.run(256);
        }
    }
    assert_eq!(rig.monitor().heard(), Heard::ReferenceOnMain);
    assert_eq!(rig.monitor().dismissal(), None);
}

#[test]
fn it_survives_neither_reset_nor_another_configuration_and_bypass_is_bypass() {
    let mut rig = Rig::new(false);
    rig.listen(FADED);
    rig.monitor().hear_reference(true);
    rig.listen(FADED);
    rig.engine.reset();
    assert!(all(&rig.listen(FADED)[0], MIX));
    assert!(!rig.monitor().asks_for_reference());
    rig.monitor().hear_reference(true);
    let config = Config { rate: rate(), layout: Layout::Stereo };
    rig.engine = rig.engine.reconfigured(config);
    assert!(all(&rig.listen(FADED)[0], MIX));
    rig.monitor().hear_reference(true);
    rig.targets.bypass = true;
    assert!(all(&rig.listen(2 * FADED)[0], MIX));
    assert_eq!(rig.monitor().heard(), Heard::Mix);
}

#[test]
fn behind_a_limiter_the_reference_is_as_late_as_the_mix() {
    let heard = |look_ahead: Option<f32>| {
        let mut rig = Rig::new(true);
        rig.engine.fit_limiter(look_ahead);
        rig.monitor().hear_reference(true);
        let [_, monitor] = rig.listen(2000);
        (monitor, rig.engine.latency() as usize)
    };
    let ((at_once, _), (late, latency)) = (heard(None), heard(Some(0.002)));
    assert!(latency > 96 && all(&late[..latency], 0.0));
    assert_eq!(late[latency..], at_once[..2000 - latency]);
    assert_eq!(at_once[1000], REFERENCE);
}

/// Half of the level: on both sides there is the same.
const DIMMED: f32 = 6.020_6;

fn dimmed() -> Keys {
    let listening = Listening { dim: Decibels(DIMMED), ..Listening::default() };
    Keys { listening, ..Keys::default() }
}

fn close(signal: &[f32], value: f32) -> bool {
    signal.iter().all(|x| (x - value).abs() < 1e-6)
}

#[test]
fn keys_act_on_mix_and_reference_alike_and_never_on_main_beside_a_monitor() {
    let side = Keys {
        listening: Listening { part: Part::Side, ..Listening::default() },
        ..Keys::default()
    };
    let high = Keys { bands: [false, false, false, true], ..Keys::default() };
    for (keys, factor) in [(dimmed(), 0.5), (side, 0.0), (high, 0.0), (Keys::default(), 1.0)] {
        let mut rig = Rig::new(true);
        rig.listen(FADED);
        rig.monitor().set_keys(keys);
        // A band of a constant takes its time to become silent.
        let [main, monitor] = rig.listen(8 * FADED);
        assert!(all(&main, MIX) && close(&monitor[7 * FADED..], MIX * factor), "{keys:?}");
        rig.monitor().hear_reference(true);
        let [main, monitor] = rig.listen(8 * FADED);
        assert!(all(&main, MIX) && close(&monitor[7 * FADED..], REFERENCE * factor), "{keys:?}");
        assert!(steepest(&monitor) < 0.01);
        rig.engine.reset();
        rig.listen(1);
        assert_eq!(rig.monitor().keys(), keys, "on the Monitor output they stay");
    }
}

#[test]
fn only_the_reference_is_brought_to_the_level_of_the_mix() {
    let mut rig = Rig::new(true);
    rig.monitor().set_keys(Keys { match_gain: Decibels(-DIMMED), ..Keys::default() });
    assert!(all(&rig.listen(FADED)[1], MIX));
    rig.monitor().hear_reference(true);
    assert!(close(&rig.listen(2 * FADED)[1][FADED..], REFERENCE * 0.5));
}

#[test]
fn keys_are_heard_on_main_only_by_who_listens() {
    let mut rig = Rig::new(false);
    rig.listen(FADED);
    rig.monitor().set_keys(dimmed());
    let [main, _] = rig.listen(2 * FADED);
    assert!(close(&main[FADED..], MIX * 0.5) && steepest(&main) < 0.75 / 400.0);
    assert_eq!(rig.monitor().heard(), Heard::PartOnMain);
    let meters = rig.outer.meters.latest().unwrap();
    assert_eq!(meters.points[busbar_engine::meters::MASTER][0].peak, MIX);
    // A bypass, a reset and a render that nobody has announced carry the mix; so does one that is.
    rig.targets.bypass = true;
    assert!(all(&rig.listen(2 * FADED)[0][FADED..], MIX));
    rig.targets.bypass = false;
    rig.listen(2 * FADED);
    rig.engine.reset();
    assert!(all(&rig.listen(FADED)[0], MIX));
    assert_eq!(rig.monitor().keys(), Keys::default());
    rig.monitor().set_keys(dimmed());
    rig.listen(2 * FADED);
    let config = Config { rate: rate(), layout: Layout::Stereo };
    rig.engine = rig.engine.reconfigured(config);
    assert!(all(&rig.listen(FADED)[0], MIX));
    rig.monitor().set_keys(dimmed());
    rig.listen(2 * FADED);
    let most = (LEASE_SECONDS * RATE) as usize + FADED;
    assert!(all(&rig.run(2 * most)[0][most..], MIX));
    assert_eq!(rig.monitor().dismissal(), Some(Dismissal::TooFast));
    assert_eq!(rig.monitor().keys(), Keys::default());
    rig.renew(1.0);
    rig.monitor().set_keys(dimmed());
    assert!(close(&rig.listen(2 * FADED)[0][FADED..], MIX * 0.5));
    rig.mode = RenderMode::Offline;
    assert!(all(&rig.listen(FADED)[0], MIX));
    assert_eq!(rig.monitor().dismissal(), Some(Dismissal::Offline));
}

fn any_keys() -> impl Strategy<Value = Keys> {
    let parts = [Part::Picture, Part::Left, Part::Right, Part::Mid, Part::Side];
    let bands = prop_oneof![Just([false; 4]), prop::array::uniform4(any::<bool>())];
    let switches = (0..5usize, any::<bool>(), any::<bool>(), 0f32..60.0);
    (switches, bands, -24f32..6.0).prop_map(move |((part, swap, mono, dim), bands, matched)| Keys {
        listening: Listening { part: parts[part], swap, mono, dim: Decibels(dim) },
        bands,
        match_gain: Decibels(matched),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_key_makes_a_click_or_lets_the_cut_be_heard(
        storm in prop::collection::vec((any_keys(), any::<bool>()), 1..8), gap in 1usize..900,
        cuts in prop::collection::vec(1usize..900, 1..8), has_monitor in any::<bool>(),
    ) {
        let render = |cuts: &[usize]| {
            let mut rig = Rig::new(has_monitor);
            rig.run(1000);
            rig.renew(1.0);
            let mut heard = [vec![], vec![]];
            let mut cuts = cuts.iter().cycle();
            for (keys, reference) in &storm {
                rig.monitor().set_keys(*keys);
                rig.monitor().hear_reference(*reference);
                let mut left = gap;
                while left > 0 {
                    let frames = left.min(*cuts.next().unwrap());
                    for (heard, new) in heard.iter_mut().zip(rig.run(frames)) {
                        heard.extend(new);
                    }
                    left -= frames;
                }
            }
            heard
        };
        let [main, monitor] = render(&cuts);
        let [whole_main, whole_monitor] = render(&[16_384]);
        let bits = |signal: &[f32]| signal.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        prop_assert!(bits(&main) == bits(&whole_main));
        prop_assert!(!has_monitor || bits(&monitor) == bits(&whole_monitor));
        // Up to 1 on either side, through several ramps at once; a step would be 0.25 at least.
        prop_assert!(steepest(&main) < 0.03, "{}", steepest(&main));
        prop_assert!(!has_monitor || steepest(&monitor) < 0.03, "{}", steepest(&monitor));
        prop_assert!(!has_monitor || all(&main, MIX));
    }

    #[test]
    fn the_cut_of_the_blocks_cannot_be_heard(
        cuts in prop::collection::vec(1usize..900, 1..8), lease in 0u64..6000,
    ) {
        let render = |cuts: &[usize]| {
            let mut rig = Rig::new(false);
            rig.renew(0.0);
            rig.run(1000);
            // As if so much of the lease were left.
            rig.pump.monitor.renew(Duration::from_secs_f64(lease as f64 / RATE), rate());
            rig.monitor().hear_reference(true);
            let (mut heard, mut left) = (vec![], 30_000);
            for cut in cuts.iter().cycle() {
                let frames = left.min(*cut);
                heard.extend(rig.run(frames)[0].iter().map(|x| x.to_bits()));
                left -= frames;
                if left == 0 {
                    break;
                }
            }
            heard
        };
        prop_assert!(render(&cuts) == render(&[16_384]));
    }
}
