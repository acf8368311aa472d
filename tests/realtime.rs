//! The engine on a thread that may not make one system call, nor allocate: the kernel kills the
//! process at the first call. An allocation is one, too: the allocator reports it by a `write`.
#![cfg(target_os = "linux")]

use std::os::unix::process::ExitStatusExt;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, violation_count};
use busbar_dsp::console::ducker::Ducking;
use busbar_dsp::console::highpass::{Corner, Slope};
use busbar_dsp::console::limiter::Limit;
use busbar_dsp::console::listen::{Listening, Part};
use busbar_dsp::console::pan::{PanLaw, Placing, Position};
use busbar_dsp::console::width::Width;
use busbar_dsp::{Balance, Decibels, SampleRate};
use busbar_engine::block::{Stereo, StereoMut};
use busbar_engine::keys::Keys;
use busbar_engine::targets::{StripTargets, Targets};
use busbar_engine::{
    BUSES, Block, Config, Engine, Layout, MeterReader, RenderMode, SIDECHAINS, wire,
};
use busbar_tests::numbers::Numbers;
use busbar_tests::seccomp::{NO_FILTER, under_the_filter};
use busbar_tests::{child, soak};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// How many are played, for each time that a soak asks for.
const BLOCKS: usize = 300_000;

const LONGEST: usize = 16_384;

/// How the child ends.
const FINE: i32 = 0;
const NOT_AUDIO: i32 = 4;

fn gain(numbers: &mut Numbers) -> Decibels {
    match numbers.below(8) {
        0 => Decibels::SILENCE,
        1 => Decibels::UNITY,
        _ => Decibels(numbers.unit() * 92.0 - 80.0),
    }
}

/// Everything elsewhere.
fn any_targets(numbers: &mut Numbers) -> Targets {
    let mut targets = Targets { bypass: numbers.one_in(4), ..Targets::default() };
    targets.master.gain = gain(numbers);
    targets.master.limit = numbers.one_in(2).then(|| Limit {
        ceiling: Decibels(numbers.unit() * -20.0),
        release: 0.01 + numbers.unit(),
    });
    targets.strips = std::array::from_fn(|_| any_strip(numbers));
    targets.hear_reference = numbers.one_in(4);
    targets.keys = any_keys(numbers);
    targets
}

fn any_keys(numbers: &mut Numbers) -> Keys {
    let parts = [Part::Picture, Part::Left, Part::Right, Part::Mid, Part::Side];
    let listening = Listening {
        part: parts[numbers.below(5) as usize],
        swap: numbers.one_in(3),
        mono: numbers.one_in(3),
        dim: Decibels(if numbers.one_in(3) { numbers.unit() * 60.0 } else { 0.0 }),
    };
    let bands = std::array::from_fn(|_| numbers.one_in(4));
    Keys { listening, bands, match_gain: Decibels(numbers.unit() * 48.0 - 24.0) }
}

fn any_strip(numbers: &mut Numbers) -> StripTargets {
    let slope = if numbers.one_in(2) { Slope::Db12 } else { Slope::Db24 };
    let corner = Corner { hertz: 20.0 + numbers.unit() * 380.0, slope };
    StripTargets {
        trim: Decibels(numbers.unit() * 48.0 - 24.0),
        inverted: [numbers.one_in(4), numbers.one_in(4)],
        high_pass: numbers.one_in(2).then_some(corner),
        key: numbers.one_in(2).then_some(numbers.below(BUSES as u32) as usize),
        ducking: Ducking {
            threshold: Decibels(numbers.unit() * -60.0),
            depth: Decibels(numbers.unit() * 60.0),
            attack: 0.001 + 0.5 * numbers.unit(),
            hold: 0.01 + numbers.unit(),
            release: 0.01 + numbers.unit(),
        },
        width: Width(numbers.unit() * 2.0),
        placing: any_placing(numbers),
        gain: gain(numbers),
        mute: numbers.one_in(4),
        to_master: !numbers.one_in(4),
        metered_before: numbers.one_in(4),
    }
}

fn any_placing(numbers: &mut Numbers) -> Placing {
    let at = numbers.unit() * 2.0 - 1.0;
    let (left, right) = (Position(at), Position(numbers.unit() * 2.0 - 1.0));
    let law = [PanLaw::ConstantPower, PanLaw::Between, PanLaw::ConstantSum];
    let law = law[numbers.below(3) as usize];
    match numbers.below(4) {
        0 => Placing::default(),
        1 => Placing::Balance(Balance(at)),
        2 => Placing::Dual { left, right, law },
        _ => Placing::Mono { at: left, law },
    }
}

/// A block's length: mostly short, sometimes the longest.
fn length(numbers: &mut Numbers) -> usize {
    match numbers.below(2_000) {
        0 => LONGEST,
        1..50 => 512,
        50..200 => 0,
        200..400 => 1,
        400..600 => 17,
        _ => numbers.below(130) as usize,
    }
}

/// What is no audio, and what is hardly any.
const POISON: [f32; 7] =
    [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -1e30, 1e-40, f32::MIN_POSITIVE];

/// One engine with everything that a block needs.
struct Rig {
    engine: Engine,
    meters: MeterReader,
    main: [Vec<f32>; 2],
    monitor: [Vec<f32>; 2],
    sidechains: [[Vec<f32>; 2]; SIDECHAINS],
}

impl Rig {
    fn new(layout: Layout, rate: f64, look_ahead: Option<f32>) -> Self {
        let (ends, outer, _pump) = wire();
        let rate = SampleRate::new(rate).expect("a rate");
        let side = || vec![0.25; LONGEST];
        let mut engine = Engine::new(Config { rate, layout }, ends);
        engine.fit_limiter(look_ahead);
        Self {
            engine,
            meters: outer.meters,
            main: [side(), side()],
            monitor: [side(), side()],
            sidechains: std::array::from_fn(|_| [side(), side()]),
        }
    }

    /// One block of anything; false when what came out is no audio.
    fn block(&mut self, numbers: &mut Numbers, targets: &Targets) -> bool {
        let frames = length(numbers);
        let present = numbers.bits();
        if numbers.one_in(3) {
            self.poison(numbers, frames);
        }
        let [left, right] = &mut self.main;
        let [monitor_left, monitor_right] = &mut self.monitor;
        let layout = self.engine.config().layout;
        let is_present = |i: usize| layout == Layout::EightStereo && present >> i & 1 == 1;
        let sidechains = std::array::from_fn(|i| {
            let [left, right] = &self.sidechains[i];
            is_present(i).then_some(Stereo { left: &left[..frames], right: &right[..frames] })
        });
        let monitor = StereoMut {
            left: &mut monitor_left[..frames],
            right: Some(&mut monitor_right[..frames]),
        };
        let mut block = Block {
            main: StereoMut {
                left: &mut left[..frames],
                right: (layout != Layout::Mono).then_some(&mut right[..frames]),
            },
            sidechains,
            monitor: (present >> 20 & 1 == 1).then_some(monitor),
            mode: RenderMode::Realtime,
        };
        self.engine.process(targets, &mut block);
        let sides = if layout == Layout::Mono { 1 } else { 2 };
        self.main[..sides].iter().all(|side| side[..frames].iter().all(|x| x.is_finite()))
    }

    fn poison(&mut self, numbers: &mut Numbers, frames: usize) {
        let sides = self.main.iter_mut().chain(self.sidechains.iter_mut().flatten());
        for side in sides {
            let poison = POISON[numbers.below(POISON.len() as u32) as usize];
            for sample in side[..frames].iter_mut().step_by(1 + numbers.below(9) as usize) {
                *sample = poison;
            }
        }
    }
}

fn drill(rigs: &mut [Rig], blocks: usize) -> i32 {
    let mut numbers = Numbers::new(1);
    let mut targets = Targets::default();
    for block in 0..blocks {
        let rig = &mut rigs[block % 7 % 4];
        if !numbers.one_in(4) {
            targets = any_targets(&mut numbers);
        }
        let is_audio = assert_no_alloc(|| {
            if numbers.one_in(500) {
                rig.engine.reset();
            }
            // Mostly nobody reads, and the ring is full.
            if numbers.one_in(1_000) {
                while rig.meters.next_frame().is_some() {}
            }
            rig.block(&mut numbers, &targets)
        });
        if !is_audio {
            return NOT_AUDIO;
        }
    }
    FINE
}

#[test]
fn the_engine_makes_no_system_call() {
    let times = soak::times(soak::BLOCKS);
    let blocks = BLOCKS * times as usize;
    let output = child::run_long("the_engine_makes_no_system_call", times, || {
        let mut rigs = vec![
            Rig::new(Layout::EightStereo, 48_000.0, Some(0.005)),
            Rig::new(Layout::Stereo, 1_234.567_8, None),
            Rig::new(Layout::Mono, 44_100.0, Some(0.0)),
            Rig::new(Layout::EightStereo, 384_000.0, Some(0.010)),
        ];
        under_the_filter(move || drill(&mut rigs, blocks));
    });
    let said = child::said(&output);
    println!("{blocks} blocks");
    let signal = output.status.signal();
    assert_eq!(signal, None, "killed by a system call ({} is SIGSYS)\n{said}", libc::SIGSYS);
    match output.status.code() {
        Some(FINE) => {}
        Some(NOT_AUDIO) => panic!("something came out that is no audio\n{said}"),
        Some(NO_FILTER) => panic!("the kernel takes no filter\n{said}"),
        other => panic!("ended with {other:?}\n{said}"),
    }
}

/// Runs what must not be under the filter, and expects that it is killed.
fn expect_death(test: &str, crime: impl FnOnce() + Send + 'static) {
    let output = child::run(test, || {
        under_the_filter(|| {
            crime();
            FINE
        });
    });
    let said = child::said(&output);
    assert_eq!(output.status.signal(), Some(libc::SIGSYS), "{:?}\n{said}", output.status);
}

#[test]
fn a_system_call_is_death() {
    expect_death("a_system_call_is_death", || {
        // SAFETY: asks who the parent is.
        std::hint::black_box(unsafe { libc::getppid() });
    });
}

#[test]
fn a_word_is_death() {
    expect_death("a_word_is_death", || println!("said under the filter"));
}

#[test]
fn a_large_allocation_is_death() {
    expect_death("a_large_allocation_is_death", || {
        drop(std::hint::black_box(vec![1u8; 64 << 20]));
    });
}

#[test]
fn a_small_allocation_is_counted() {
    let before = violation_count();
    assert_no_alloc(|| drop(std::hint::black_box(vec![1u8; 16])));
    assert!(violation_count() > before);
}
