//! What the tests of the whole engine share.

use std::sync::Arc;

use assert_no_alloc::{assert_no_alloc, violation_count};
use busbar_dsp::console::ducker::Ducking;
use busbar_dsp::console::highpass::{Corner, Slope};
use busbar_dsp::console::limiter::Limit;
use busbar_dsp::console::pan::{PanLaw, Placing, Position};
use busbar_dsp::console::width::Width;
use busbar_dsp::{Balance, Decibels, SampleRate};
use busbar_engine::block::{Stereo, StereoMut};
use busbar_engine::targets::{Master, StripTargets, Targets};
use busbar_engine::{
    BUSES, Block, Config, Engine, Layout, MeterReader, Reductions, RenderMode, SIDECHAINS, wire,
};
use proptest::prelude::*;

/// Eight stereo inputs of the same length.
pub type Inputs = [[Vec<f32>; 2]; BUSES];

/// A rig that feeds an engine from whole signals, cut as one likes.
pub struct Rig {
    pub engine: Engine,
    pub meters: MeterReader,
    pub reductions: Arc<Reductions>,
}

impl Rig {
    pub fn new(rate: f64, layout: Layout) -> Self {
        let (ends, outer, _pump) = wire();
        let rate = SampleRate::new(rate).unwrap();
        let engine = Engine::new(Config { rate, layout }, ends);
        Self { engine, meters: outer.meters, reductions: outer.reductions }
    }

    /// Processes all of the inputs; `targets` says what is asked for at a frame, `cuts` how long
    /// the blocks are (then over again).
    pub fn run(
        &mut self,
        inputs: &Inputs,
        present: [bool; BUSES],
        cuts: &[usize],
        targets: impl Fn(usize) -> Targets,
    ) -> [Vec<f32>; 2] {
        let mut out = inputs[0].clone();
        let mut monitor = [vec![7.0; out[0].len()], vec![7.0; out[0].len()]];
        let mut at = 0;
        for cut in cuts.iter().cycle() {
            let range = at..(at + cut).min(out[0].len());
            let [left, right] = &mut out;
            let right = match self.engine.config().layout {
                Layout::Mono => None,
                _ => Some(&mut right[range.clone()]),
            };
            let [monitor_left, monitor_right] = &mut monitor;
            let sidechains: [_; SIDECHAINS] = std::array::from_fn(|i| {
                present[i + 1].then(|| Stereo {
                    left: &inputs[i + 1][0][range.clone()],
                    right: &inputs[i + 1][1][range.clone()],
                })
            });
            let mut block = Block {
                main: StereoMut { left: &mut left[range.clone()], right },
                sidechains,
                monitor: Some(StereoMut {
                    left: &mut monitor_left[range.clone()],
                    right: Some(&mut monitor_right[range.clone()]),
                }),
                mode: RenderMode::Realtime,
            };
            let asked = targets(at);
            let before = violation_count();
            assert_no_alloc(|| self.engine.process(&asked, &mut block));
            assert_eq!(violation_count(), before, "allocated in a block of {cut}");
            at = range.end;
            if at == out[0].len() {
                break;
            }
        }
        if self.engine.config().layout != Layout::Mono {
            assert_eq!(bits(&out), bits(&monitor), "the monitor carries the programme");
        }
        out
    }
}

pub fn bits(signal: &[Vec<f32>; 2]) -> Vec<u32> {
    signal.iter().flatten().map(|x| x.to_bits()).collect()
}

pub fn constant(values: [f32; BUSES], frames: usize) -> Inputs {
    values.map(|value| [vec![value; frames], vec![value; frames]])
}

/// Noise from a seed: the same on every machine.
pub fn noise(seed: u64, frames: usize) -> Inputs {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::array::from_fn(|_| std::array::from_fn(|_| (0..frames).map(|_| next()).collect()))
}

pub fn only(bus: usize) -> [bool; BUSES] {
    std::array::from_fn(|i| i == bus)
}

/// What a parameter storm may ask for. Everything takes its turn at being as if it were not there.
pub fn any_targets() -> impl Strategy<Value = Targets> {
    let limit = (-20f32..=0.0, 0.01f32..1.0)
        .prop_map(|(ceiling, release)| Limit { ceiling: Decibels(ceiling), release });
    let master = (any_gain(), prop::option::of(limit));
    (prop::collection::vec(any_strip(), BUSES), master, any::<bool>()).prop_map(
        |(strips, (gain, limit), bypass)| Targets {
            strips: strips.try_into().unwrap(),
            master: Master { gain, limit },
            bypass,
            ..Targets::default()
        },
    )
}

fn any_gain() -> impl Strategy<Value = Decibels> {
    prop_oneof![Just(Decibels::UNITY), Just(Decibels::SILENCE), (-80f32..12.0).prop_map(Decibels),]
}

fn any_strip() -> impl Strategy<Value = StripTargets> {
    let input = (prop_oneof![Just(0f32), -24f32..24.0], prop::array::uniform2(any::<bool>()));
    let slope = prop_oneof![Just(Slope::Db12), Just(Slope::Db24)];
    let high_pass =
        prop::option::of((20f32..400.0, slope).prop_map(|(hertz, slope)| Corner { hertz, slope }));
    let width = prop_oneof![Just(1f32), 0f32..2.0].prop_map(Width);
    let output = (width, any_placing(), any_gain());
    let switches = prop::array::uniform3(any::<bool>());
    (input, high_pass, any_ducker(), output, switches).prop_map(
        |((trim, inverted), high_pass, (key, ducking), (width, placing, gain), switches)| {
            let [mute, to_master, metered_before] = switches;
            let trim = Decibels(trim);
            StripTargets {
                trim,
                inverted,
                high_pass,
                key,
                ducking,
                width,
                placing,
                gain,
                mute,
                to_master,
                metered_before,
            }
        },
    )
}

fn any_ducker() -> impl Strategy<Value = (Option<usize>, Ducking)> {
    let times = (0.001f32..0.05, 0.01f32..0.05, 0.01f32..0.1);
    let ducking =
        (-60f32..0.0, 0f32..60.0, times).prop_map(|(threshold, depth, (attack, hold, release))| {
            let (threshold, depth) = (Decibels(threshold), Decibels(depth));
            Ducking { threshold, depth, attack, hold, release }
        });
    (prop::option::of(0..BUSES), ducking)
}

fn any_placing() -> impl Strategy<Value = Placing> {
    let at = || (-1f32..=1.0).prop_map(Position);
    let law = || {
        prop_oneof![Just(PanLaw::ConstantPower), Just(PanLaw::Between), Just(PanLaw::ConstantSum)]
    };
    prop_oneof![
        Just(Placing::default()),
        (-1f32..=1.0).prop_map(|at| Placing::Balance(Balance(at))),
        (at(), at(), law()).prop_map(|(left, right, law)| Placing::Dual { left, right, law }),
        (at(), law()).prop_map(|(at, law)| Placing::Mono { at, law }),
    ]
}

/// Block lengths that fall on the frames where something changes, and anywhere between.
pub fn cut_at(changes: &[usize], total: usize, between: &[usize]) -> Vec<usize> {
    let mut cuts = vec![];
    let mut at = 0;
    let mut lengths = between.iter().cycle();
    for stop in changes.iter().copied().chain([total]) {
        while at < stop {
            let cut = (*lengths.next().unwrap()).min(stop - at);
            cuts.push(cut);
            at += cut;
        }
    }
    cuts
}
