//! What a waveform looks like from further and further away: the lowest, the highest and the RMS of
//! stretches that get four times as long with each level.
//!
//! Built as the samples come, a bin at a time, and handed out as it is complete: where bins are kept
//! is the caller's business. All levels together take 1/64 of what the samples take.

use crate::{Level, simd};

/// Frames of a bin of the first level.
pub const BIN: usize = 256;

/// Bins of a level that make one of the next.
pub const STEP: usize = 4;

/// Levels at the most: the last has bins of some hours.
pub const LEVELS: usize = 12;

/// A stretch of one channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// The lowest sample.
    pub low: f32,
    /// The highest sample.
    pub high: f32,
    /// The mean of the squares.
    pub power: f32,
}

impl Bin {
    /// The root of the mean square. Realtime-safe.
    pub fn rms(&self) -> f32 {
        self.power.sqrt()
    }
}

/// What has come of a bin so far.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    /// The lowest so far.
    pub low: f32,
    /// The highest so far.
    pub high: f32,
    /// The sum of the squares.
    pub energy: f64,
    /// Samples so far.
    pub frames: u64,
    /// Bins of the level before, so far.
    parts: usize,
}

impl Open {
    /// Nothing yet.
    pub const EMPTY: Self =
        Self { low: f32::INFINITY, high: f32::NEG_INFINITY, energy: 0.0, frames: 0, parts: 0 };

    fn fold(&mut self, part: &Self) {
        self.low = self.low.min(part.low);
        self.high = self.high.max(part.high);
        self.energy += part.energy;
        self.frames += part.frames;
        self.parts += 1;
    }

    fn bin(&self) -> Bin {
        Bin { low: self.low, high: self.high, power: (self.energy / self.frames as f64) as f32 }
    }
}

/// Builds the pyramid of one channel.
#[derive(Clone, Debug)]
pub struct PyramidWriter {
    level: Level,
    open: [Open; LEVELS],
}

impl PyramidWriter {
    /// At the beginning.
    pub fn new(level: Level) -> Self {
        Self { level, open: [Open::EMPTY; LEVELS] }
    }

    /// Takes finite samples in, and hands out each bin that they complete with its level, in order.
    /// Realtime-safe if `keep` is.
    pub fn push(&mut self, samples: &[f32], mut keep: impl FnMut(usize, Bin)) {
        let mut left = samples;
        while !left.is_empty() {
            if self.open[0].frames == 0 && left.len() >= BIN {
                left = self.push_whole(left, &mut keep);
                continue;
            }
            let lacks = BIN - self.open[0].frames as usize;
            let (part, rest) = left.split_at(lacks.min(left.len()));
            simd::pyramid::take(self.level, &mut self.open[0], part);
            if part.len() == lacks {
                self.complete(0, &mut keep);
            }
            left = rest;
        }
    }

    /// Several whole bins at once; returns what is left.
    fn push_whole<'a>(
        &mut self,
        samples: &'a [f32],
        keep: &mut impl FnMut(usize, Bin),
    ) -> &'a [f32] {
        let mut bins = [Open::EMPTY; 16];
        let count = (samples.len() / BIN).min(bins.len());
        let (whole, rest) = samples.split_at(count * BIN);
        simd::pyramid::fill(self.level, &mut bins[..count], whole);
        for bin in &bins[..count] {
            self.open[0] = *bin;
            self.complete(0, keep);
        }
        rest
    }

    /// Hands out what is not complete, now that no samples come any more, each level after the one
    /// below it.
    pub fn finish(mut self, mut keep: impl FnMut(usize, Bin)) {
        for level in 0..LEVELS {
            if self.open[level].frames > 0 {
                self.complete(level, &mut keep);
            }
        }
    }

    /// A bin is complete, and with it perhaps those above.
    fn complete(&mut self, level: usize, keep: &mut impl FnMut(usize, Bin)) {
        let mut level = level;
        loop {
            let done = std::mem::replace(&mut self.open[level], Open::EMPTY);
            keep(level, done.bin());
            let Some(next) = self.open.get_mut(level + 1) else { return };
            next.fold(&done);
            if next.parts < STEP {
                return;
            }
            level += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn build(level: Level, samples: &[f32], cuts: &[usize]) -> Vec<Vec<Bin>> {
        let mut levels = vec![Vec::new(); LEVELS];
        let mut writer = PyramidWriter::new(level);
        let mut left = samples;
        for cut in cuts.iter().cycle() {
            if left.is_empty() {
                break;
            }
            let (head, tail) = left.split_at((*cut).min(left.len()));
            writer.push(head, |level, bin| levels[level].push(bin));
            left = tail;
        }
        writer.finish(|level, bin| levels[level].push(bin));
        levels
    }

    proptest! {
        #[test]
        fn every_bin_is_what_its_samples_are(
            seed in prop::collection::vec(-2f32..2.0, 1..300), times in 1usize..60,
            cuts in prop::collection::vec(1usize..700, 1..6),
        ) {
            let samples: Vec<f32> = seed.iter().copied().cycle().take(seed.len() * times).collect();
            for vector in Level::all() {
                for (level, bins) in build(vector, &samples, &cuts).iter().enumerate() {
                    let length = BIN * STEP.pow(level as u32);
                    let parts: Vec<_> = samples.chunks(length).collect();
                    prop_assert_eq!(bins.len(), parts.len());
                    for (bin, part) in bins.iter().zip(parts) {
                        prop_assert_eq!(bin.low, part.iter().copied().fold(f32::INFINITY, f32::min));
                        prop_assert_eq!(bin.high, part.iter().copied().fold(f32::NEG_INFINITY, f32::max));
                        let power = part.iter().map(|x| f64::from(x * x)).sum::<f64>() / part.len() as f64;
                        prop_assert!((f64::from(bin.power) - power).abs() <= 1e-5 * power + 1e-30);
                    }
                }
            }
        }
    }

    #[test]
    fn it_takes_a_sixty_fourth_of_the_samples() {
        let samples = vec![0.5; 1 << 22];
        let levels = build(Level::best(), &samples, &[1 << 22]);
        let bytes = levels.iter().map(Vec::len).sum::<usize>() * size_of::<Bin>();
        assert!(bytes as f64 <= 0.016 * size_of_val(&samples[..]) as f64, "{bytes} bytes");
        assert_eq!(levels[3][0], Bin { low: 0.5, high: 0.5, power: 0.25 });
    }

    #[test]
    fn nothing_makes_no_bins() {
        assert!(build(Level::best(), &[], &[1]).iter().all(Vec::is_empty));
    }
}
