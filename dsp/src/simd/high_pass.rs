//! High-passes with channels in the lanes, in double precision. They are heard, so every level gives
//! the bits of the plain twin.

use fearless_simd::{Simd, dispatch, prelude::*};

use super::k_weighting::turn;
use super::{Level, WIDEST, load, load_rest};
use crate::SampleRate;
use crate::high_pass::{HighPass, OPEN, SECTIONS};

/// The high-passes of several channels. A channel that has none is not touched.
#[derive(Clone, Debug)]
pub struct HighPasses {
    level: Level,
    rate: SampleRate,
    channels: usize,
    on: Vec<bool>,
    /// Each coefficient of each section, of all channels and as many as fill the last register.
    sections: [[Vec<f64>; 5]; SECTIONS],
    memory: [[Vec<f64>; 2]; SECTIONS],
}

impl HighPasses {
    /// None on, for so many channels.
    pub fn new(level: Level, rate: SampleRate, channels: usize) -> Self {
        let room = channels.next_multiple_of(WIDEST);
        let section = || OPEN.map(|coefficient| vec![coefficient; room]);
        let memory = || [vec![0.0; room], vec![0.0; room]];
        Self {
            level,
            rate,
            channels,
            on: vec![false; channels],
            sections: std::array::from_fn(|_| section()),
            memory: std::array::from_fn(|_| memory()),
        }
    }

    /// Gives a channel its high-pass, or takes it away. One that was on keeps its memory, so a new
    /// frequency makes no more of a noise than the difference. Realtime-safe.
    pub fn set(&mut self, channel: usize, high_pass: Option<HighPass>) {
        let Some(on) = self.on.get_mut(channel) else { return };
        if !*on {
            self.memory.as_flattened_mut().iter_mut().for_each(|lanes| lanes[channel] = 0.0);
        }
        *on = high_pass.is_some();
        let sections = high_pass.map_or([OPEN; SECTIONS], |it| it.sections(self.rate));
        for (lanes, section) in self.sections.iter_mut().zip(sections) {
            for (lanes, coefficient) in lanes.iter_mut().zip(section) {
                lanes[channel] = coefficient;
            }
        }
    }

    /// Filters finite samples of all channels in place: a row for each, all of one length.
    /// Realtime-safe.
    pub fn filter(&mut self, rows: &mut [&mut [f32]]) {
        debug_assert_eq!(rows.len(), self.channels);
        dispatch!(self.level.token(), simd => filter_all(simd, self, rows));
    }

    /// As if silence had gone before. Realtime-safe.
    pub fn reset(&mut self) {
        self.memory.as_flattened_mut().iter_mut().for_each(|lanes| lanes.fill(0.0));
    }
}

#[inline(always)]
fn filter_all<S: Simd>(simd: S, filters: &mut HighPasses, rows: &mut [&mut [f32]]) {
    let width = S::f32s::LEN;
    let mut first = 0;
    while first < rows.len() {
        let end = rows.len().min(first + width);
        let mut any = false;
        for channel in first..end {
            any |= filters.on[channel];
        }
        if any {
            filter_square(simd, filters, &mut rows[first..end], first);
        }
        first = end;
    }
}

/// The sections of half a register's channels.
#[derive(Clone, Copy)]
struct Half<S: Simd> {
    sections: [[S::f64s; 5]; SECTIONS],
    memory: [[S::f64s; 2]; SECTIONS],
}

/// The channels of one register of samples, from `first` on.
#[inline(always)]
fn filter_square<S: Simd>(
    simd: S,
    filters: &mut HighPasses,
    rows: &mut [&mut [f32]],
    first: usize,
) {
    let (width, half) = (S::f32s::LEN, S::f64s::LEN);
    let mut halves =
        [Half::<S>::load(simd, filters, first), Half::load(simd, filters, first + half)];
    let frames = rows[0].len();
    let silence = S::f32s::splat(simd, 0.0);
    let mut at = 0;
    while at < frames {
        let count = width.min(frames - at);
        let mut square = [silence; WIDEST];
        for row in 0..rows.len() {
            square[row] = if count == width {
                load(simd, rows[row], at)
            } else {
                load_rest(simd, rows[row], at)
            };
        }
        turn::<S>(&mut square);
        for frame in 0..count {
            let (low, high) = square[frame].widen();
            let (low, high) = (halves[0].filter(low), halves[1].filter(high));
            square[frame] = S::f64s::narrow(low, high);
        }
        turn::<S>(&mut square);
        for row in 0..rows.len() {
            if filters.on[first + row] {
                let mut samples = [0.0; WIDEST];
                square[row].store_slice(&mut samples[..width]);
                rows[row][at..at + count].copy_from_slice(&samples[..count]);
            }
        }
        at += count;
    }
    halves[0].store(filters, first);
    halves[1].store(filters, first + half);
}

impl<S: Simd> Half<S> {
    #[inline(always)]
    fn load(simd: S, filters: &HighPasses, first: usize) -> Self {
        let zero = S::f64s::splat(simd, 0.0);
        let mut it = Self { sections: [[zero; 5]; SECTIONS], memory: [[zero; 2]; SECTIONS] };
        let lanes = first..first + S::f64s::LEN;
        for section in 0..SECTIONS {
            for n in 0..5 {
                let all = &filters.sections[section][n];
                it.sections[section][n] = S::f64s::from_slice(simd, &all[lanes.clone()]);
            }
            for n in 0..2 {
                let all = &filters.memory[section][n];
                it.memory[section][n] = S::f64s::from_slice(simd, &all[lanes.clone()]);
            }
        }
        it
    }

    #[inline(always)]
    fn store(&self, filters: &mut HighPasses, first: usize) {
        for section in 0..SECTIONS {
            for n in 0..2 {
                let lanes = &mut filters.memory[section][n][first..first + S::f64s::LEN];
                self.memory[section][n].store_slice(lanes);
            }
        }
    }

    /// Operation by operation what the plain twin does.
    #[inline(always)]
    fn filter(&mut self, input: S::f64s) -> S::f64s {
        let mut value = input;
        for section in 0..SECTIONS {
            let [b0, b1, b2, a1, a2] = self.sections[section];
            let [first, second] = self.memory[section];
            let out = value * b0 + first;
            self.memory[section] = [value * b1 - out * a1 + second, value * b2 - out * a2];
            value = out;
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denormals::FlushDenormals;
    use crate::high_pass::Slope;
    use crate::scalar::high_pass::{Memory, filter};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_level_gives_the_bits_of_the_plain_twin(
            seed in prop::collection::vec(-1f32..1.0, 300), channels in 1usize..21,
            frequencies in prop::collection::vec(prop::option::of(5f64..3000.0), 21),
            cuts in prop::collection::vec(1usize..90, 1..5), scale in prop_oneof![Just(1f32), Just(1e14), Just(1e-30)],
        ) {
            let _flush = FlushDenormals::begin();
            let rate = SampleRate::new(48_000.0).unwrap();
            let set = |n: usize| frequencies[n].map(|frequency| {
                let slope = if n.is_multiple_of(2) { Slope::Steep } else { Slope::Gentle };
                HighPass { frequency, slope }
            });
            let signals: Vec<Vec<f32>> = (0..channels)
                .map(|n| seed.iter().cycle().skip(29 * n).take(seed.len()).map(|x| x * scale).collect())
                .collect();
            let mut plain = signals.clone();
            for (n, samples) in plain.iter_mut().enumerate() {
                if let Some(high_pass) = set(n) {
                    filter(&high_pass.sections(rate), &mut Memory::default(), samples);
                }
            }
            for level in Level::all() {
                let mut fast = signals.clone();
                let mut filters = HighPasses::new(level, rate, channels);
                (0..channels).for_each(|n| filters.set(n, set(n)));
                let mut from = 0;
                for cut in cuts.iter().cycle() {
                    let to = (from + cut).min(seed.len());
                    let mut rows: Vec<&mut [f32]> = fast.iter_mut().map(|s| &mut s[from..to]).collect();
                    filters.filter(&mut rows);
                    from = to;
                    if from == seed.len() { break; }
                }
                for (fast, plain) in fast.iter().zip(&plain) {
                    let bits = |samples: &[f32]| samples.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                    prop_assert_eq!(bits(fast), bits(plain), "{:?}", level);
                }
            }
        }
    }

    #[test]
    fn a_channel_without_one_is_not_touched() {
        let odd = [-0.0, f32::NAN, 1e-40, f32::INFINITY];
        for level in Level::all() {
            let mut filters = HighPasses::new(level, SampleRate::new(48_000.0).unwrap(), 2);
            filters.set(1, Some(HighPass { frequency: 100.0, slope: Slope::Steep }));
            let (mut untouched, mut other) = (odd, [1.0; 4]);
            filters.filter(&mut [&mut untouched, &mut other]);
            assert_eq!(untouched.map(f32::to_bits), odd.map(f32::to_bits), "{level:?}");
            assert_ne!(other, [1.0; 4]);
        }
    }
}
