//! Each kernel against its plain twin, at every level of the machine.

use std::hint::black_box;

use busbar_dsp::denormals::FlushDenormals;
use busbar_dsp::pyramid::{BIN, Open, PyramidWriter};
use busbar_dsp::simd::sum::{BUSES, Bus};
use busbar_dsp::true_peak::{Filter, State, TAPS};
use busbar_dsp::{Level, Ramp, StereoReading, mix, scalar, simd};

use crate::ratio::{cycle, ratio};
use crate::signals::Aligned;
use crate::{Bench, Finding, Goal};

pub const BENCHES: &[Bench] = &[
    Bench {
        name: "meter",
        what: "plain stereo readings of 512 frames, against the kernel's",
        run: || meter(512, [8.0, 23.0, 32.0]),
    },
    Bench { name: "meter_64", what: "the same for 64 frames", run: || meter(64, [4.0, 9.0, 9.0]) },
    Bench {
        name: "mix",
        what: "the plain sum of 8 ramping stereo buses of 128 frames, against the kernel's",
        run: || sum(128, [5.0, 12.0, 21.0], plain_sum),
    },
    Bench {
        name: "mix_64",
        what: "the same for 64 frames",
        run: || sum(64, [4.0, 10.0, 15.0], plain_sum),
    },
    Bench {
        name: "mix_passes",
        what: "the same 128 frames bus by bus, in passes that the compiler turns into SSE2",
        run: || sum(128, [NONE; 3], sum_by_passes),
    },
    Bench {
        name: "true_peak",
        what: "the plain filter over 512 frames, against the kernel's",
        run: || true_peak(512, [7.0, 17.0, 38.0]),
    },
    Bench {
        name: "true_peak_64",
        what: "the same for 64 frames",
        run: || true_peak(64, [NONE; 3]),
    },
    Bench {
        name: "pyramid",
        what: "plain bins of 128 Ki samples in the second cache, against the whole pyramid",
        run: || pyramid(1 << 17, [13.0, 26.0, 45.0]),
    },
];

/// Where a level has no goal.
pub const NONE: f64 = f64::NAN;

/// The goal of a level among those of SSE2, AVX2 and AVX-512.
pub fn goal(level: Level, goals: [f64; 3]) -> Goal {
    let goal = match level.name() {
        "sse2" => goals[0],
        "avx2" => goals[1],
        "avx512" => goals[2],
        _ => NONE,
    };
    if goal.is_nan() { Goal::None } else { Goal::AtLeast(goal) }
}

/// The levels that have goals: SSE4.2 differs from SSE2 by little.
pub fn tested_levels() -> impl Iterator<Item = Level> {
    Level::all().filter(|level| level.name() != "sse4.2")
}

/// A kernel at each level against its twin; `work` is what one call has to move or compute.
pub fn levels(
    goals: [f64; 3],
    (work, unit): (f64, &str),
    plain: &mut dyn FnMut(),
    kernel: &mut dyn FnMut(Level),
) -> Vec<Finding> {
    let _flush = FlushDenormals::begin();
    let cycle = cycle();
    tested_levels()
        .map(|level| {
            let ratio = ratio(plain, &mut || kernel(level));
            let bound = format!("{:.1} {unit} a cycle", work * cycle / ratio.nanoseconds);
            Finding { level: level.name(), ratio, goal: goal(level, goals), bound }
        })
        .collect()
}

fn meter(frames: usize, goals: [f64; 3]) -> Vec<Finding> {
    let (left, right) = (Aligned::noise(frames, 1), Aligned::noise(frames, 2));
    let bytes = 8.0 * frames as f64;
    levels(
        goals,
        (bytes, "bytes"),
        &mut || {
            let mut reading = StereoReading::default();
            scalar::stereo::read(&mut reading, black_box(left.get()), black_box(right.get()));
            black_box(reading);
        },
        &mut |level| {
            let mut reading = StereoReading::default();
            simd::stereo::read(level, &mut reading, black_box(left.get()), black_box(right.get()));
            black_box(reading);
        },
    )
}

type Sum = fn(u64, &[Bus], [&mut [f32]; 2]);

fn plain_sum(frame: u64, buses: &[Bus], out: [&mut [f32]; 2]) {
    scalar::sum::sum(frame, buses, out);
}

/// A bus at a time: its ramp, then both sides.
fn sum_by_passes(frame: u64, buses: &[Bus], out: [&mut [f32]; 2]) {
    let mut gains = [0.0; 128];
    let gains = &mut gains[..out[0].len()];
    let [left, right] = out;
    left.fill(0.0);
    right.fill(0.0);
    for bus in buses {
        bus.gain.fill(frame, gains);
        mix::accumulate(left, bus.sides[0], gains);
        mix::accumulate(right, bus.sides[1], gains);
    }
}

fn sum(frames: usize, goals: [f64; 3], other: Sum) -> Vec<Finding> {
    let signals: Vec<_> = (0..2 * BUSES as u64).map(|seed| Aligned::noise(frames, seed)).collect();
    let mut gain = Ramp::steady(0.25);
    gain.head_for(0.75, 0, 1000);
    let buses: [Bus; BUSES] = std::array::from_fn(|bus| Bus {
        sides: [signals[2 * bus].get(), signals[2 * bus + 1].get()],
        gain,
    });
    let outs = || [Aligned::silence(frames), Aligned::silence(frames)];
    let (mut plain, mut fast) = (outs(), outs());
    // In the middle of the ramp all the time.
    let frame = 300;
    levels(
        goals,
        (2.0 * (BUSES * frames) as f64, "multiplications with their addition"),
        &mut || {
            let [left, right] = &mut plain;
            other(frame, black_box(&buses), [left.get_mut(), right.get_mut()]);
            black_box(&plain);
        },
        &mut |level| {
            let [left, right] = &mut fast;
            simd::sum::sum(level, frame, black_box(&buses), [left.get_mut(), right.get_mut()]);
            black_box(&fast);
        },
    )
}

fn true_peak(frames: usize, goals: [f64; 3]) -> Vec<Finding> {
    let samples = Aligned::noise(frames, 1);
    let filter = Filter::new();
    let (mut plain, mut fast) = (State::SILENT, State::SILENT);
    levels(
        goals,
        ((3 * TAPS * frames) as f64, "taps"),
        &mut || scalar::true_peak::take(&filter, &mut plain, black_box(samples.get())),
        &mut |level| simd::true_peak::take(level, &filter, &mut fast, black_box(samples.get())),
    )
}

fn pyramid(frames: usize, goals: [f64; 3]) -> Vec<Finding> {
    let samples = Aligned::noise(frames, 1);
    levels(
        goals,
        (4.0 * frames as f64, "bytes"),
        &mut || {
            for part in black_box(samples.get()).chunks(BIN) {
                let mut bin = Open::EMPTY;
                scalar::pyramid::take(&mut bin, part);
                black_box(bin);
            }
        },
        &mut |level| {
            let mut writer = PyramidWriter::new(level);
            writer.push(black_box(samples.get()), |level, bin| {
                black_box((level, bin));
            });
        },
    )
}
