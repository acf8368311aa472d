//! Times as ratios: two variants in turns within one run.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How often the two variants take turns; the median round counts.
const ROUNDS: usize = 201;

/// How long a variant runs in one round, at the least: well above what reading the clock costs, well
/// below the time after which something else gets the core.
const TURN: Duration = Duration::from_micros(60);

/// How many times as long one variant takes as another.
#[derive(Clone, Copy)]
pub struct Ratio {
    pub median: f64,
    /// Half the distance between the quartiles, as a part of the median: the noise of the machine.
    pub noise: f64,
    /// Nanoseconds of one call of the quicker, in the median round.
    pub nanoseconds: f64,
}

/// How much longer `one` takes than `other`: over rounds in which both ran.
pub fn ratio(one: &mut dyn FnMut(), other: &mut dyn FnMut()) -> Ratio {
    let (of_one, of_other) = (calls(one), calls(other));
    let mut rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| {
            let (one, other) = (time(one, of_one), time(other, of_other));
            (one / other, one.min(other))
        })
        .collect();
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |quarter: usize| rounds[ROUNDS * quarter / 4].0;
    let (median, nanoseconds) = (at(2), 1e9 * rounds[ROUNDS / 2].1);
    Ratio { median, noise: (at(3) - at(1)) / 2.0 / median, nanoseconds }
}

/// Seconds of one call, from so many.
fn time(work: &mut dyn FnMut(), calls: u32) -> f64 {
    let start = Instant::now();
    (0..calls).for_each(|_| work());
    start.elapsed().as_secs_f64() / f64::from(calls)
}

/// How many calls make a turn; finding out warms caches and clocks.
fn calls(work: &mut dyn FnMut()) -> u32 {
    let mut calls = 1;
    while time(work, calls) * f64::from(calls) < TURN.as_secs_f64() && calls < 1 << 20 {
        calls *= 2;
    }
    calls
}

/// Nanoseconds of a cycle: an addition that needs the one before takes one on every processor.
pub fn cycle() -> f64 {
    const STEPS: u64 = 1 << 16;
    let mut chain = || {
        let mut sum = black_box(1u64);
        for step in 0..STEPS {
            // The hint keeps the chain: the sum goes through it each time, in a register.
            sum = black_box_in_register(sum.wrapping_add(step));
        }
        black_box(sum);
    };
    let best = (0..50).map(|_| time(&mut chain, 1)).fold(f64::INFINITY, f64::min);
    1e9 * best / STEPS as f64
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn black_box_in_register(mut value: u64) -> u64 {
    // SAFETY: no instruction at all; the compiler only has to believe that the value changes.
    unsafe {
        std::arch::asm!("/* {0} */", inout(reg) value, options(nomem, nostack, preserves_flags))
    };
    value
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn black_box_in_register(value: u64) -> u64 {
    black_box(value)
}
