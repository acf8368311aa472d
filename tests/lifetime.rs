//! The library comes and goes a thousand times, and instances by the hundreds: nothing may be left
//! of them.
#![cfg(target_os = "linux")]

use std::path::Path;

use busbar_tests::bundle;
use busbar_tests::child;
use busbar_tests::clap::block::Block as ClapBlock;
use busbar_tests::clap::raw::{RawHost, RawPlugin};
use busbar_tests::clap::stream::Source;
use busbar_tests::memory::resident;
use busbar_tests::signal::BUSES;
use busbar_tests::soak;
use busbar_tests::stop::Stop;
use busbar_tests::vst3::block::Block as Vst3Block;
use busbar_tests::vst3::module::Module;
use busbar_tests::vst3::plugin::Plugin;

/// How often, for each time that a soak asks for.
const CYCLES: usize = 1_000;

/// From here on nothing may grow: what is made once has been made.
const SETTLED: usize = 200;

/// What the resident memory of a process moves by when nothing happens in it: measured 16 kB, and
/// once in a while, on a busy machine, the 340 kB of an instance that comes while the last one goes.
const NOISE: usize = 512 << 10;

/// What a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Holdings {
    threads: usize,
    descriptors: usize,
    mappings: usize,
    resident: usize,
}

impl Holdings {
    fn now() -> Self {
        let count = |folder: &str| std::fs::read_dir(folder).expect("Linux").count();
        let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
        Self {
            threads: count("/proc/self/task"),
            descriptors: count("/proc/self/fd"),
            mappings: maps.lines().count(),
            resident: resident(),
        }
    }
}

fn is_loaded(library: &Path) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    let name = library.file_name().expect("a file").to_string_lossy();
    maps.lines().any(|line| line.ends_with(&*name))
}

fn clap_cycle() {
    let host = RawHost::open();
    let plugin = host.plugin();
    plugin.start(256);
    for _ in 0..3 {
        let mut block = ClapBlock::constant([0.125; BUSES], 256);
        plugin.process(&mut block, &[]);
        assert_eq!(block.last(), [1.0; 2]);
    }
    let state = plugin.saved();
    assert!(plugin.load(&mut Source::of(&state)));
    plugin.stop();
}

fn vst3_cycle() {
    let module = Module::under_test();
    let plugin = Plugin::running(&module);
    for _ in 0..3 {
        let mut block = Vst3Block::constant(&plugin, 256, &[0.125; BUSES]);
        block.run(&plugin);
        assert_eq!(block.main()[0][255], 1.0);
    }
    let state = plugin.save();
    assert!(plugin.load(&state));
    plugin.stop();
}

/// Who loads and leaves the library.
#[derive(Clone, Copy, PartialEq)]
enum Host {
    /// A thread that goes on: the library's thread-locals would keep it in memory.
    OneThread,
    /// A thread of its own each time, which ends: nothing but the library itself would.
    NewThreads,
}

/// Loads, uses and unloads the library many times, and looks at what the process holds.
fn come_and_go(library: &Path, host: Host, cycles: usize, cycle: fn()) {
    let mut settled = None;
    for round in 1..=cycles {
        match host {
            Host::OneThread => cycle(),
            Host::NewThreads => {
                let thread = std::thread::Builder::new().name("host".into()).spawn(cycle);
                thread.expect("a thread").join().expect("the cycle succeeds");
            }
        }
        assert!(is_loaded(library), "the library is made to stay");
        if round == SETTLED || round == cycles {
            let now = Holdings::now();
            println!("cycle {round}: {now:?}");
            check_growth(settled.get_or_insert(now), &now, round);
        }
    }
}

fn check_growth(before: &Holdings, now: &Holdings, round: usize) {
    assert_eq!(now.threads, before.threads, "threads");
    assert_eq!(now.descriptors, before.descriptors, "file descriptors");
    assert_eq!(now.mappings, before.mappings, "mappings");
    let grown = now.resident.saturating_sub(before.resident);
    assert!(grown <= NOISE, "{grown} bytes more after {round} cycles");
}

fn run(test: &str, library: &Path, host: Host, cycle: fn()) {
    let times = soak::times(soak::CYCLES);
    let cycles = CYCLES * times as usize;
    let output = child::run_long(test, times, || come_and_go(library, host, cycles, cycle));
    let said = child::said(&output);
    println!("{said}");
    assert!(output.status.success(), "{}\n{said}", output.status);
}

#[test]
fn clap_library_left_by_new_threads() {
    run("clap_library_left_by_new_threads", &bundle::clap(), Host::NewThreads, clap_cycle);
}

#[test]
fn clap_library_left_by_one_thread() {
    run("clap_library_left_by_one_thread", &bundle::clap(), Host::OneThread, clap_cycle);
}

#[test]
fn vst3_library_left_by_new_threads() {
    run("vst3_library_left_by_new_threads", &bundle::vst3(), Host::NewThreads, vst3_cycle);
}

#[test]
fn vst3_library_left_by_one_thread() {
    run("vst3_library_left_by_one_thread", &bundle::vst3(), Host::OneThread, vst3_cycle);
}

/// The same order of things on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % limit
    }
}

const CROWD: usize = 200;

fn play_clap(plugin: &RawPlugin<'_>) {
    let mut block = ClapBlock::constant([0.125; BUSES], 64);
    plugin.process(&mut block, &[]);
    assert_eq!(block.last(), [1.0; 2]);
}

#[test]
fn hundreds_of_clap_instances_leave_in_any_order() {
    for seed in [1, 2, 3] {
        let host = RawHost::open();
        let mut dice = Dice(seed);
        let mut crowd: Vec<_> = (0..CROWD).map(|_| host.plugin()).collect();
        crowd.iter().for_each(|plugin| plugin.start(64));
        assert_eq!(host.probe().instances(), CROWD as u32);
        while !crowd.is_empty() {
            let leaver = crowd.swap_remove(dice.below(crowd.len()));
            if dice.below(2) == 0 {
                leaver.stop();
            }
            drop(leaver);
            if let Some(plugin) = crowd.first() {
                play_clap(plugin);
            }
        }
        assert_eq!(host.probe().instances(), 0, "seed {seed}");
    }
}

#[test]
fn hundreds_of_vst3_instances_leave_in_any_order() {
    let module = Module::under_test();
    let mut dice = Dice(4);
    let mut crowd: Vec<_> = (0..CROWD).map(|_| Plugin::running(&module)).collect();
    assert_eq!(module.probe().instances(), CROWD as u32);
    while !crowd.is_empty() {
        drop(crowd.swap_remove(dice.below(crowd.len())));
        if let Some(plugin) = crowd.first() {
            let mut block = Vst3Block::constant(plugin, 64, &[0.125; BUSES]);
            block.run(plugin);
            assert_eq!(block.main()[0][63], 1.0);
        }
    }
    assert_eq!(module.probe().instances(), 0);
}

#[test]
fn instances_come_and_go_on_threads_while_others_play() {
    let host = RawHost::open();
    let stops: [Stop; 4] = Default::default();
    std::thread::scope(|scope| {
        let thread = |name: String| std::thread::Builder::new().name(name);
        for i in 0..2 {
            let (host, stops) = (&host, &stops);
            let player = thread(format!("player {i}")).spawn_scoped(scope, move || {
                let plugin = host.plugin();
                plugin.start(64);
                while !stops.iter().all(Stop::is_set) {
                    play_clap(&plugin);
                }
                plugin.stop();
            });
            player.expect("a thread");
        }
        for (i, stop) in stops.iter().enumerate() {
            let host = &host;
            let comer = thread(format!("comer {i}")).spawn_scoped(scope, move || {
                let _end = stop.at_end();
                let mut dice = Dice(i as u64 + 5);
                let mut own: Vec<_> = Vec::new();
                for _ in 0..150 {
                    own.push(host.plugin());
                    own.last().expect("just pushed").start(64);
                    play_clap(&own[dice.below(own.len())]);
                    if dice.below(3) > 0 {
                        own.swap_remove(dice.below(own.len()));
                    }
                }
            });
            comer.expect("a thread");
        }
    });
    assert_eq!(host.probe().instances(), 0);
}

#[test]
fn an_instance_ends_on_another_thread_than_it_began_on() {
    let host = RawHost::open();
    for _ in 0..50 {
        let plugin = host.plugin();
        plugin.start(64);
        std::thread::scope(|scope| {
            let other = std::thread::Builder::new().name("other".into());
            let other = other.spawn_scoped(scope, move || {
                play_clap(&plugin);
                plugin.stop();
            });
            other.expect("a thread").join().expect("it ends well");
        });
    }
    assert_eq!(host.probe().instances(), 0);
}
