//! The engine on a thread that may not make one system call, nor allocate: the kernel kills the
//! process at the first call. An allocation is one, too: the allocator reports it by a `write`.
#![cfg(target_os = "linux")]

use std::os::unix::process::ExitStatusExt;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, violation_count};
use busbar_dsp::{Balance, Decibels, SampleRate};
use busbar_engine::block::{Stereo, StereoMut};
use busbar_engine::targets::Targets;
use busbar_engine::{Block, Config, Engine, Layout, MeterReader, RenderMode, SIDECHAINS, wire};
use busbar_tests::child;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

const BLOCKS: usize = 300_000;

const LONGEST: usize = 16_384;

/// How the child ends.
const FINE: i32 = 0;
const NOT_AUDIO: i32 = 4;
const NO_FILTER: i32 = 5;

/// Nothing is allowed but to end.
fn filter() -> BpfProgram {
    let ends = [libc::SYS_exit, libc::SYS_exit_group].map(|call| (call, vec![]));
    let arch = std::env::consts::ARCH.try_into().expect("an architecture with seccomp");
    let filter = SeccompFilter::new(
        ends.into_iter().collect(),
        SeccompAction::KillProcess,
        SeccompAction::Allow,
        arch,
    );
    filter.and_then(BpfProgram::try_from).expect("a filter")
}

/// Runs `work` under the filter on a thread of its own, and ends the process with what it returns:
/// a thread cannot end in the usual way without system calls.
fn under_the_filter(work: impl FnOnce() -> i32 + Send + 'static) {
    let filter = filter();
    let audio = std::thread::Builder::new().name("audio".into()).spawn(move || {
        let code = match seccompiler::apply_filter(&filter) {
            Ok(()) => work(),
            Err(_) => NO_FILTER,
        };
        // SAFETY: ends the process, and returns to nobody.
        unsafe { libc::syscall(libc::SYS_exit_group, code) };
    });
    audio.expect("a thread").join().expect("it ends the process");
}

/// The same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 32) as u32
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.bits() % limit
    }

    fn one_in(&mut self, chances: u32) -> bool {
        self.below(chances) == 0
    }

    fn unit(&mut self) -> f32 {
        self.below(1 << 20) as f32 / (1 << 20) as f32
    }

    fn gain(&mut self) -> Decibels {
        match self.below(8) {
            0 => Decibels::SILENCE,
            1 => Decibels::UNITY,
            _ => Decibels(self.unit() * 92.0 - 80.0),
        }
    }

    /// Everything elsewhere.
    fn targets(&mut self) -> Targets {
        let mut targets = Targets { bypass: self.one_in(4), ..Targets::default() };
        targets.master.gain = self.gain();
        for strip in &mut targets.strips {
            strip.gain = self.gain();
            strip.balance = Balance(self.unit() * 2.0 - 1.0);
            (strip.mute, strip.to_master) = (self.one_in(4), !self.one_in(4));
        }
        targets
    }

    /// A block's length: mostly short, sometimes the longest.
    fn length(&mut self) -> usize {
        match self.below(2_000) {
            0 => LONGEST,
            1..50 => 512,
            50..200 => 0,
            200..400 => 1,
            400..600 => 17,
            _ => self.below(130) as usize,
        }
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
    fn new(layout: Layout, rate: f64) -> Self {
        let (ends, outer) = wire();
        let rate = SampleRate::new(rate).expect("a rate");
        let side = || vec![0.25; LONGEST];
        Self {
            engine: Engine::new(Config { rate, layout }, ends),
            meters: outer.meters,
            main: [side(), side()],
            monitor: [side(), side()],
            sidechains: std::array::from_fn(|_| [side(), side()]),
        }
    }

    /// One block of anything; false when what came out is no audio.
    fn block(&mut self, numbers: &mut Numbers, targets: &Targets) -> bool {
        let frames = numbers.length();
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

fn drill(rigs: &mut [Rig]) -> i32 {
    let mut numbers = Numbers(1);
    let mut targets = Targets::default();
    for block in 0..BLOCKS {
        let rig = &mut rigs[block % 7 % 4];
        if !numbers.one_in(4) {
            targets = numbers.targets();
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
    let output = child::run("the_engine_makes_no_system_call", || {
        let mut rigs = vec![
            Rig::new(Layout::EightStereo, 48_000.0),
            Rig::new(Layout::Stereo, 1_234.567_8),
            Rig::new(Layout::Mono, 44_100.0),
            Rig::new(Layout::EightStereo, 384_000.0),
        ];
        under_the_filter(move || drill(&mut rigs));
    });
    let said = child::said(&output);
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
