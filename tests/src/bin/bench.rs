//! `cargo xtask bench`: what things cost, as ratios of two variants measured in turns within one
//! run. Times by themselves say more about the machine than about the program.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use busbar_dsp::{Decibels, SampleRate};
use busbar_engine::{
    BUSES, Block, Config, Engine, Layout, RenderMode, Stereo, StereoMut, Targets, wire,
};

/// How often the two variants take turns; the median round counts.
const ROUNDS: usize = 300;

/// Calls of a variant in one round.
const CALLS: usize = 200;

/// Where the results go, beside the table.
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench.json");

/// What is compared, and what is asked of it.
struct Bench {
    name: &'static str,
    what: &'static str,
    /// The ratio may not be higher.
    goal: f64,
    run: fn() -> f64,
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "denormals",
        what: "a block of denormals, against one of ordinary samples",
        goal: 1.2,
        run: || ratio(&mut rig(1e-40, 64), &mut rig(0.1, 64)),
    },
    Bench {
        name: "silence",
        what: "a block of silence after signal, against one of ordinary samples",
        goal: 1.2,
        run: || ratio(&mut rig(0.0, 64), &mut rig(0.1, 64)),
    },
    Bench {
        name: "storm",
        what: "every control moving all the time, against none",
        goal: 3.0,
        run: || ratio(&mut storm(), &mut rig(0.1, 64)),
    },
    Bench {
        name: "small_blocks",
        what: "the same frames in blocks of 32, against blocks of 512",
        goal: 1.6,
        run: || 16.0 * ratio(&mut rig(0.1, 32), &mut rig(0.1, 512)),
    },
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = wanted.iter().find(|name| !BENCHES.iter().any(|b| b.name == **name)) {
        let names: Vec<_> = BENCHES.iter().map(|bench| bench.name).collect();
        eprintln!("bench: there is no {unknown}, only {}", names.join(", "));
        return ExitCode::from(2);
    }
    println!("{:<14} {:>7}   {:<8} {:<8} ratio of", "bench", "ratio", "goal", "");
    let mut rows = Vec::new();
    let mut missed = 0;
    for bench in BENCHES.iter().filter(|b| wanted.is_empty() || wanted.iter().any(|w| w == b.name))
    {
        let ratio = (bench.run)();
        let pass = ratio <= bench.goal;
        missed += usize::from(!pass);
        let verdict = if pass { "ok" } else { "MISSED" };
        let (name, goal, what) = (bench.name, bench.goal, bench.what);
        println!("{name:<14} {ratio:>7.2}   ≤ {goal:<6} {verdict:<8} {what}");
        rows.push(row(bench, ratio, pass));
    }
    let json = format!("[\n{}\n]\n", rows.join(",\n"));
    if let Err(error) = std::fs::write(Path::new(RESULTS), json) {
        eprintln!("bench: cannot write {RESULTS}: {error}");
        return ExitCode::FAILURE;
    }
    println!("\nalso in target/bench.json");
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn row(bench: &Bench, ratio: f64, pass: bool) -> String {
    let mut row = String::new();
    let (name, goal) = (bench.name, bench.goal);
    let _ = write!(
        row,
        r#"  {{"name": "{name}", "level": "portable", "value": {ratio:.4}, "unit": "ratio", "goal": {goal}, "pass": {pass}}}"#
    );
    row
}

/// How much longer one variant takes than the other: the median over rounds in which both ran.
fn ratio(one: &mut dyn FnMut(), other: &mut dyn FnMut()) -> f64 {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..CALLS).for_each(|_| work());
        start.elapsed().as_secs_f64()
    };
    // The first round warms caches and clocks.
    time(one);
    time(other);
    let mut ratios: Vec<f64> = (0..ROUNDS).map(|_| time(one) / time(other)).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ROUNDS / 2]
}

/// An engine with eight buses of one value, called with blocks of a length.
fn rig(value: f32, frames: usize) -> impl FnMut() {
    let targets = targets(-6.0);
    engine(value, frames, move |_| targets)
}

/// An engine whose faders turn back before they have arrived.
fn storm() -> impl FnMut() {
    let targets = [targets(-6.0), targets(-12.0)];
    engine(0.1, 64, move |block| targets[block % 2])
}

/// No fader at unity: every bus has work to do.
fn targets(gain: f32) -> Targets {
    let mut targets = Targets::default();
    targets.strips.iter_mut().for_each(|strip| strip.gain = Decibels(gain));
    targets.master.gain = Decibels(gain);
    targets
}

fn engine(value: f32, frames: usize, asked: impl Fn(usize) -> Targets) -> impl FnMut() {
    let (ends, mut outer, _pump) = wire();
    let rate = SampleRate::new(48_000.0).expect("a rate");
    let mut engine = Engine::new(Config { rate, layout: Layout::EightStereo }, ends);
    let input = vec![value; frames];
    let mut main = [input.clone(), input.clone()];
    let mut blocks = 0;
    move || {
        let [left, right] = &mut main;
        left.copy_from_slice(&input);
        right.copy_from_slice(&input);
        let stereo = Stereo { left: &input, right: &input };
        let mut block = Block {
            main: StereoMut { left, right: Some(right) },
            sidechains: [Some(stereo); BUSES - 1],
            monitor: None,
            mode: RenderMode::Realtime,
        };
        engine.process(&asked(blocks), black_box(&mut block));
        blocks += 1;
        black_box(outer.meters.latest());
    }
}
