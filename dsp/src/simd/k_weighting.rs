//! The K-weighting with channels in the lanes, in double precision.
//!
//! A recursive filter needs its last output for the next, so its samples cannot share a register;
//! those of as many channels can. A square of samples is turned in registers, and two sets of
//! channels run in turns, one while the other waits.

use fearless_simd::{Simd, dispatch, prelude::*};

use super::{Level, WIDEST, load, load_rest};
use crate::denormals::FlushDenormals;
use crate::loudness::Weighting;

/// The filters of several channels, each with its memory and the energy of what came out.
#[derive(Clone, Debug)]
pub struct Lanes {
    level: Level,
    weighting: Weighting,
    channels: usize,
    /// Each value of the memory of all channels, and of as many more as fill the last register.
    memory: [Vec<f64>; 4],
    energy: Vec<f64>,
}

impl Lanes {
    /// After silence, for so many channels.
    pub fn new(level: Level, weighting: Weighting, channels: usize) -> Self {
        let room = channels.next_multiple_of(WIDEST);
        let lanes = || vec![0.0; room];
        let memory = std::array::from_fn(|_| lanes());
        Self { level, weighting, channels, memory, energy: lanes() }
    }

    /// Takes finite samples of all channels in: a row for each, all of one length. Realtime-safe.
    pub fn take(&mut self, rows: &[&[f32]]) {
        debug_assert_eq!(rows.len(), self.channels);
        // Memories fade out below what is a normal number, a second after the signal did.
        let _flush = FlushDenormals::begin();
        dispatch!(self.level.token(), simd => take_all(simd, self, rows));
    }

    /// The energy of each channel since it was last cleared. Realtime-safe.
    pub fn energy(&self) -> &[f64] {
        &self.energy[..self.channels]
    }

    /// Realtime-safe.
    pub fn clear_energy(&mut self) {
        self.energy.fill(0.0);
    }

    /// As if silence had gone before. Realtime-safe.
    pub fn reset(&mut self) {
        self.memory.iter_mut().for_each(|lanes| lanes.fill(0.0));
        self.clear_energy();
    }
}

#[inline(always)]
fn take_all<S: Simd>(simd: S, lanes: &mut Lanes, rows: &[&[f32]]) {
    let (width, half) = (S::f32s::LEN, S::f64s::LEN);
    let mut first = 0;
    while first < rows.len() {
        let mut square: [&[f32]; WIDEST] = [rows[first]; WIDEST];
        let count = width.min(rows.len() - first);
        square[..count].copy_from_slice(&rows[first..first + count]);
        // The upper half of the channels may be nobody's.
        if count > half {
            take_square::<S, 2>(simd, lanes, &square, first);
        } else {
            take_square::<S, 1>(simd, lanes, &square, first);
        }
        first += count;
    }
}

/// Both filters of a register's channels.
#[derive(Clone, Copy)]
struct Filter<S: Simd> {
    memory: [S::f64s; 4],
    energy: S::f64s,
}

/// As many channels as a register of samples has lanes, or half of them, from `first` on.
#[inline(always)]
fn take_square<S: Simd, const HALVES: usize>(
    simd: S,
    lanes: &mut Lanes,
    rows: &[&[f32]; WIDEST],
    first: usize,
) {
    let (width, half) = (S::f32s::LEN, S::f64s::LEN);
    let zero = S::f64s::splat(simd, 0.0);
    let mut filters = [Filter::<S> { memory: [zero; 4], energy: zero }; HALVES];
    for (part, filter) in filters.iter_mut().enumerate() {
        let from = first + part * half;
        for value in 0..4 {
            filter.memory[value] =
                S::f64s::from_slice(simd, &lanes.memory[value][from..from + half]);
        }
        filter.energy = S::f64s::from_slice(simd, &lanes.energy[from..from + half]);
    }
    let weighting = Factors::new(simd, &lanes.weighting);
    let frames = rows[0].len();
    let mut square = [S::f32s::splat(simd, 0.0); WIDEST];
    let mut at = 0;
    while at < frames {
        let count = width.min(frames - at);
        for row in 0..width {
            square[row] = if count == width {
                load(simd, rows[row], at)
            } else {
                load_rest(simd, rows[row], at)
            };
        }
        turn::<S>(&mut square);
        for frame in 0..count {
            let (low, high) = square[frame].widen();
            filters[0].take(&weighting, low);
            if HALVES == 2 {
                filters[1].take(&weighting, high);
            }
        }
        at += count;
    }
    for (part, filter) in filters.iter().enumerate() {
        let from = first + part * half;
        for value in 0..4 {
            filter.memory[value].store_slice(&mut lanes.memory[value][from..from + half]);
        }
        filter.energy.store_slice(&mut lanes.energy[from..from + half]);
    }
}

/// The coefficients, with the signs that fused multiply-adds want.
struct Factors<S: Simd> {
    b: [S::f64s; 3],
    minus_a: [S::f64s; 2],
    minus_two: S::f64s,
    minus_c: [S::f64s; 2],
}

impl<S: Simd> Factors<S> {
    #[inline(always)]
    fn new(simd: S, weighting: &Weighting) -> Self {
        let [b0, b1, b2, a1, a2] = weighting.shelf;
        let [c1, c2] = weighting.high_pass;
        Self {
            b: [S::f64s::splat(simd, b0), S::f64s::splat(simd, b1), S::f64s::splat(simd, b2)],
            minus_a: [S::f64s::splat(simd, -a1), S::f64s::splat(simd, -a2)],
            minus_two: S::f64s::splat(simd, -2.0),
            minus_c: [S::f64s::splat(simd, -c1), S::f64s::splat(simd, -c2)],
        }
    }
}

impl<S: Simd> Filter<S> {
    #[inline(always)]
    fn take(&mut self, factors: &Factors<S>, input: S::f64s) {
        let [m0, m1, m2, m3] = self.memory;
        let shelved = input.mul_add(factors.b[0], m0);
        let weighted = shelved + m2;
        // What does not need the outputs comes first: they are what the next sample waits for.
        self.memory = [
            shelved.mul_add(factors.minus_a[0], input.mul_add(factors.b[1], m1)),
            shelved.mul_add(factors.minus_a[1], input * factors.b[2]),
            weighted.mul_add(factors.minus_c[0], shelved.mul_add(factors.minus_two, m3)),
            weighted.mul_add(factors.minus_c[1], shelved),
        ];
        self.energy = weighted.mul_add(weighted, self.energy);
    }
}

/// Turns a square of samples: registers of a channel's frames into registers of a frame's channels.
/// Each step interleaves rows that are half the square apart, and after as many as halve it down to
/// one, every sample is where it belongs.
#[inline(always)]
fn turn<S: Simd>(square: &mut [S::f32s; WIDEST]) {
    let half = S::f32s::LEN / 2;
    let mut steps = S::f32s::LEN;
    while steps > 1 {
        let rows = *square;
        for row in 0..half {
            square[2 * row] = rows[row].zip_low(rows[row + half]);
            square[2 * row + 1] = rows[row].zip_high(rows[row + half]);
        }
        steps /= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SampleRate;
    use crate::scalar::k_weighting::{Memory, energy};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_level_weighs_like_the_plain_twin(
            seed in prop::collection::vec(-1f32..1.0, 700), channels in 1usize..37,
            rate in prop_oneof![Just(48_000.0), 4000.0..400_000.0],
            cuts in prop::collection::vec(0usize..150, 1..5),
            scale in prop_oneof![3 => Just(1f32), 1 => Just(1e14), 1 => Just(1e-38)],
        ) {
            let weighting = Weighting::new(SampleRate::new(rate).unwrap()).unwrap();
            let signals: Vec<Vec<f32>> = (0..channels)
                .map(|n| seed.iter().cycle().skip(37 * n).take(seed.len()).map(|x| x * scale).collect())
                .collect();
            let plain: Vec<f64> = signals.iter()
                .map(|signal| energy(&weighting, &mut Memory::default(), signal)).collect();
            for level in Level::all() {
                let run = |cuts: &[usize]| {
                    let mut lanes = Lanes::new(level, weighting, channels);
                    let mut from = 0;
                    for cut in cuts {
                        let to = (from + cut).min(seed.len());
                        let rows: Vec<&[f32]> = signals.iter().map(|s| &s[from..to]).collect();
                        lanes.take(&rows);
                        from = to;
                    }
                    let rows: Vec<&[f32]> = signals.iter().map(|s| &s[from..]).collect();
                    lanes.take(&rows);
                    lanes.energy().to_vec()
                };
                let whole = run(&[]);
                prop_assert_eq!(run(&cuts), whole.clone(), "{:?}", level);
                for (fast, plain) in whole.iter().zip(&plain) {
                    prop_assert!((fast - plain).abs() <= 1e-9 * plain + 1e-70, "{:?}: {} for {}", level, fast, plain);
                }
            }
        }
    }

    #[test]
    fn a_memory_that_fades_out_ends_at_nothing() {
        let weighting = Weighting::new(SampleRate::new(8000.0).unwrap()).unwrap();
        for level in Level::all() {
            let mut lanes = Lanes::new(level, weighting, 2);
            lanes.take(&[&[1.0; 100], &[-1.0; 100]]);
            for _ in 0..100 {
                lanes.take(&[&[0.0; 800], &[0.0; 800]]);
            }
            lanes.clear_energy();
            lanes.take(&[&[0.0; 800], &[0.0; 800]]);
            assert_eq!(lanes.energy(), [0.0, 0.0], "{level:?}");
        }
    }
}
