//! Loudness in the words of the standard: everything kept, nothing clever. And programmes for it.

use busbar_dsp::SampleRate;
use busbar_dsp::loudness::{Lufs, Weighting};
use busbar_dsp::scalar::k_weighting::{Memory, energy};

/// Two sides of something that gets louder and quieter, and stops at times.
pub struct Programme {
    pub left: Vec<f32>,
    pub right: Vec<f32>,
}

impl Programme {
    /// The same for the same seed.
    pub fn random(seed: u64, rate: f64, seconds: f64) -> Self {
        let mut random = Random(seed ^ 0x5bd1_e995_97f4_a7c1);
        let frames = (seconds * 10.0) as usize * (rate / 10.0) as usize;
        let (mut left, mut right) = (Vec::with_capacity(frames), Vec::with_capacity(frames));
        while left.len() < frames {
            let length = ((0.2 + 5.0 * random.part()) * rate) as usize;
            let silent = random.part() < 0.08;
            let height = if silent { 0.0 } else { 10f64.powf(-(50.0 * random.part()) / 20.0) };
            let (noise, pitch) = (random.part(), 0.001 + 0.3 * random.part());
            for n in 0..length.min(frames - left.len()) {
                let tone = (std::f64::consts::TAU * pitch * n as f64).sin() * (1.0 - noise);
                let mut side = || (height * (tone + noise * (2.0 * random.part() - 1.0))) as f32;
                left.push(side());
                right.push(side());
            }
        }
        Self { left, right }
    }
}

struct Random(u64);

impl Random {
    /// From 0 to 1.
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// What the standards define.
pub struct Definition {
    pub momentary: Option<Lufs>,
    pub short_term: Option<Lufs>,
    pub integrated: Option<Lufs>,
    /// The range, then what it is with its gate lower by up to a hundredth.
    pub ranges: [f64; 6],
    /// The range with a short-term loudness each second instead of each tenth.
    pub range_by_seconds: f64,
}

impl Definition {
    /// Whether a range is the defined one, with its gate where a histogram may put it, to within
    /// the width of two of its bins.
    pub fn has_range(&self, range: f64) -> bool {
        self.ranges.iter().any(|exact| (exact - range).abs() <= 0.021)
    }

    /// Of two sides; what does not fill 0.1 s at the end does not count.
    pub fn of(rate: f64, sides: [&[f32]; 2]) -> Self {
        let weighting = Weighting::new(SampleRate::new(rate).unwrap()).unwrap();
        let step = (rate / 10.0) as usize;
        let mut memories = [Memory::default(); 2];
        let tenths: Vec<f64> = sides[0]
            .chunks_exact(step)
            .zip(sides[1].chunks_exact(step))
            .map(|(left, right)| {
                let sum = energy(&weighting, &mut memories[0], left)
                    + energy(&weighting, &mut memories[1], right);
                sum / step as f64
            })
            .collect();
        let windows = |count: usize| -> Vec<f64> {
            tenths.windows(count).map(|window| window.iter().sum::<f64>() / count as f64).collect()
        };
        let (blocks, short_terms) = (windows(4), windows(30));
        let loudest = |powers: Vec<f64>, below_mean: f64| -> Vec<f64> {
            let heard: Vec<f64> =
                powers.into_iter().filter(|power| *power > Lufs(-70.0).power()).collect();
            let mean = heard.iter().sum::<f64>() / heard.len() as f64;
            let gate = mean * 10f64.powf(below_mean / 10.0);
            heard.into_iter().filter(|power| *power >= gate).collect()
        };
        let gated = loudest(blocks.clone(), -10.0);
        let range = |step: usize, lower: f64| {
            let heard = short_terms.iter().copied().step_by(step).collect();
            let mut spread = loudest(heard, -20.0 - lower);
            spread.sort_by(f64::total_cmp);
            let at = |part: f64| spread[((spread.len() - 1) as f64 * part).round() as usize];
            if spread.is_empty() { 0.0 } else { 10.0 * (at(0.95) / at(0.1)).log10() }
        };
        Self {
            momentary: blocks.last().copied().and_then(Lufs::of_power),
            short_term: short_terms.last().copied().and_then(Lufs::of_power),
            integrated: Lufs::of_power(gated.iter().sum::<f64>() / gated.len() as f64),
            ranges: std::array::from_fn(|n| range(1, n as f64 * 0.002)),
            range_by_seconds: range(10, 0.0),
        }
    }
}
