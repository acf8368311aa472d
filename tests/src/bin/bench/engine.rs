//! The engine as a whole.

use std::hint::black_box;

use busbar_dsp::{Decibels, SampleRate};
use busbar_engine::{
    BUSES, Block, Config, Engine, Layout, RenderMode, Stereo, StereoMut, Targets, wire,
};

use crate::ratio::ratio;
use crate::{Bench, Finding, Goal};

pub const BENCHES: &[Bench] = &[
    Bench {
        name: "denormals",
        what: "a block of denormals, against one of ordinary samples",
        run: || finding(1.2, 1.0, &mut rig(1e-40, 64), &mut rig(0.1, 64)),
    },
    Bench {
        name: "silence",
        what: "a block of silence after signal, against one of ordinary samples",
        run: || finding(1.2, 1.0, &mut rig(0.0, 64), &mut rig(0.1, 64)),
    },
    Bench {
        name: "storm",
        what: "every control moving all the time, against none",
        run: || finding(3.0, 1.0, &mut storm(), &mut rig(0.1, 64)),
    },
    Bench {
        name: "small_blocks",
        what: "the same frames in blocks of 32, against blocks of 512",
        run: || finding(1.6, 16.0, &mut rig(0.1, 32), &mut rig(0.1, 512)),
    },
];

/// A ratio that may not be higher, after `times` calls of the one for a call of the other.
fn finding(goal: f64, times: f64, one: &mut dyn FnMut(), other: &mut dyn FnMut()) -> Vec<Finding> {
    let mut ratio = ratio(one, other);
    ratio.median *= times;
    vec![Finding { level: "portable", ratio, goal: Goal::AtMost(goal), bound: String::new() }]
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
