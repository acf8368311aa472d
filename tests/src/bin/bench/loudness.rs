//! The meters of a whole console, and of a whole file.

use std::hint::black_box;

use busbar_dsp::file::FileMeter;
use busbar_dsp::loudness::{Programme, Weighting, layout};
use busbar_dsp::points::Points;
use busbar_dsp::scalar::k_weighting::Memory;
use busbar_dsp::simd::sum::{BUSES, Bus};
use busbar_dsp::true_peak::{Filter, State};
use busbar_dsp::{Level, Ramp, SampleRate, StereoReading, scalar, simd};
use ebur128::{EbuR128, Mode};

use crate::kernels::{NONE, goal, levels, tested_levels};
use crate::ratio::{Ratio, ratio};
use crate::signals::{Aligned, Random};
use crate::{Bench, Finding};

const RATE: f64 = 48_000.0;

/// Eight buses, the master, the reference.
const POINTS: usize = 10;

const BLOCK: usize = 512;

const HOP: usize = 480;

pub const BENCHES: &[Bench] = &[
    Bench {
        name: "live_meters",
        what: "8 buses mixed and 10 points measured with everything, plainly, against the kernels",
        run: live_meters,
    },
    Bench {
        name: "live_vs_ebur128",
        what: "ten meters of the crate ebur128 with everything, against our ten points",
        run: live_against_ebur128,
    },
    Bench {
        name: "file_r128",
        what: "a file through the crate ebur128 with everything, against ours",
        run: file_against_ebur128,
    },
];

fn signals() -> Vec<Aligned> {
    (0..2 * POINTS as u64).map(|seed| Aligned::noise(BLOCK, seed)).collect()
}

fn sides(signals: &[Aligned]) -> [[&[f32]; 2]; POINTS] {
    std::array::from_fn(|n| [signals[2 * n].get(), signals[2 * n + 1].get()])
}

fn points(level: Level) -> Points {
    Points::new(level, rate(), POINTS, Vec::new())
}

fn rate() -> SampleRate {
    SampleRate::new(RATE).expect("a rate")
}

fn live_meters() -> Vec<Finding> {
    let signals = signals();
    let sides = sides(&signals);
    let buses: [Bus; BUSES] =
        std::array::from_fn(|n| Bus { sides: sides[n], gain: Ramp::steady(0.5) });
    let mut plain = Plain::new();
    let mut out = [Aligned::silence(BLOCK), Aligned::silence(BLOCK)];
    let mut ours: Vec<(&str, Points)> =
        tested_levels().map(|level| (level.name(), points(level))).collect();
    let mut mixed = out.clone();
    let mut findings = levels(
        [3.5, 12.5, 25.0],
        (BLOCK as f64, "frames"),
        &mut || {
            let [left, right] = &mut out;
            scalar::sum::sum(0, black_box(&buses), [left.get_mut(), right.get_mut()]);
            plain.take(black_box(&sides));
        },
        &mut |level| {
            let [left, right] = &mut mixed;
            simd::sum::sum(level, 0, black_box(&buses), [left.get_mut(), right.get_mut()]);
            let ours = ours.iter_mut().find(|ours| ours.0 == level.name());
            ours.expect("every tested level").1.take(black_box(&sides));
        },
    );
    findings.iter_mut().for_each(|finding| finding.bound = block_time(finding.ratio));
    findings
}

fn block_time(ratio: Ratio) -> String {
    format!("{:.1} µs a block of {BLOCK}", ratio.nanoseconds / 1000.0)
}

/// The same measuring with the plain twins.
struct Plain {
    weighting: Weighting,
    filter: Filter,
    memories: [Memory; 2 * POINTS],
    peaks: [State; 2 * POINTS],
    readings: [StereoReading; POINTS],
    energies: [f64; 2 * POINTS],
    programmes: Vec<Programme>,
    frames: usize,
}

impl Plain {
    fn new() -> Self {
        Self {
            weighting: Weighting::new(rate()).expect("high enough"),
            filter: Filter::new(),
            memories: [Memory::default(); 2 * POINTS],
            peaks: [State::SILENT; 2 * POINTS],
            readings: [StereoReading::default(); POINTS],
            energies: [0.0; 2 * POINTS],
            programmes: (0..POINTS).map(Programme::new).collect(),
            frames: 0,
        }
    }

    fn take(&mut self, sides: &[[&[f32]; 2]; POINTS]) {
        let mut at = 0;
        while at < BLOCK {
            let count = (HOP - self.frames).min(BLOCK - at);
            for (point, signal) in sides.iter().enumerate() {
                let [left, right] = signal.map(|side| &side[at..at + count]);
                scalar::stereo::read(&mut self.readings[point], left, right);
                for (channel, side) in [(2 * point, left), (2 * point + 1, right)] {
                    let memory = &mut self.memories[channel];
                    self.energies[channel] +=
                        scalar::k_weighting::energy(&self.weighting, memory, side);
                    scalar::true_peak::take(&self.filter, &mut self.peaks[channel], side);
                }
            }
            (at, self.frames) = (at + count, self.frames + count);
            if self.frames == HOP {
                self.frames = 0;
                for (point, programme) in self.programmes.iter_mut().enumerate() {
                    let power = self.energies[2 * point] + self.energies[2 * point + 1];
                    programme.hop(power / HOP as f64, self.peaks[2 * point].peak);
                }
                self.energies.fill(0.0);
                self.peaks.iter_mut().for_each(|state| state.peak = 0.0);
            }
        }
        black_box(&self.readings);
    }
}

const EVERYTHING: Mode = Mode::all();

fn ebur128() -> EbuR128 {
    EbuR128::new(2, RATE as u32, EVERYTHING).expect("a meter")
}

fn live_against_ebur128() -> Vec<Finding> {
    let signals = signals();
    let sides = sides(&signals);
    let mut theirs: Vec<EbuR128> = (0..POINTS).map(|_| ebur128()).collect();
    tested_levels()
        .map(|level| {
            let mut ours = points(level);
            let ratio = ratio(
                &mut || {
                    for (meter, sides) in theirs.iter_mut().zip(black_box(&sides)) {
                        meter.add_frames_planar_f32(sides).expect("frames");
                    }
                },
                &mut || ours.take(black_box(&sides)),
            );
            let (goal, bound) = (goal(level, [NONE, 9.0, 18.0]), block_time(ratio));
            Finding { level: level.name(), ratio, goal, bound }
        })
        .collect()
}

/// Sixteen seconds that get louder and quieter, up to full scale.
fn file() -> [Vec<f32>; 2] {
    let mut random = Random(7);
    std::array::from_fn(|_| {
        let mut height = 0.1;
        (0..16 * RATE as usize)
            .map(|n| {
                if n % 12_000 == 0 {
                    height = 10f32.powf(0.9 * random.next() - 0.9);
                }
                height * random.next()
            })
            .collect()
    })
}

fn file_against_ebur128() -> Vec<Finding> {
    let [left, right] = file();
    let chunks = || left.chunks(4096).zip(right.chunks(4096));
    tested_levels()
        .map(|level| {
            let ratio = ratio(
                &mut || {
                    let mut meter = ebur128();
                    for (left, right) in chunks() {
                        meter.add_frames_planar_f32(&[left, right]).expect("frames");
                    }
                    black_box((meter.loudness_global(), meter.loudness_range()).0.ok());
                },
                &mut || {
                    let mut meter = FileMeter::new(level, rate(), layout::STEREO);
                    for (left, right) in chunks() {
                        meter.push(&[left, right]);
                    }
                    black_box(meter.finish());
                },
            );
            let speed = left.len() as f64 / RATE / (1e-9 * ratio.nanoseconds);
            let bound = format!("{speed:.0} × real time");
            Finding { level: level.name(), ratio, goal: goal(level, [NONE, 12.0, 24.0]), bound }
        })
        .collect()
}
