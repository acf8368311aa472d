//! What a clip looks like, drawn from while it grows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use busbar_dsp::Level;
use busbar_dsp::pyramid::{BIN, Bin, LEVELS, PyramidWriter, STEP};

/// The lowest, the highest and the power of stretches of a clip, at the clip's rate, for both
/// sides: levels of longer and longer stretches. Takes a sixty-fourth of what the samples take.
///
/// Readers and the worker that fills it wait for each other for as long as a copy takes. Nothing
/// for an audio thread.
#[derive(Debug, Default)]
pub struct Waveform {
    sides: Mutex<[[Vec<Bin>; LEVELS]; 2]>,
}

/// The end that fills it.
pub(crate) struct WaveformWriter {
    waveform: Arc<Waveform>,
    sides: [PyramidWriter; 2],
}

impl Waveform {
    /// Frames of a clip that a bin of a level stands for; the last one of a clip for fewer.
    pub fn frames(level: usize) -> u64 {
        BIN as u64 * (STEP as u64).pow(level as u32)
    }

    /// The level to be drawn from where a point of the picture is so many frames wide: the coarsest
    /// of those whose bins are no wider, or the finest.
    pub fn level_for(frames: f64) -> usize {
        let fits = |&level: &usize| Self::frames(level) as f64 <= frames;
        (0..LEVELS).rev().find(fits).unwrap_or(0)
    }

    /// Copies bins of a side (0 for left) and a level from one on, as many as there are by now and
    /// as there is room for; returns how many.
    pub fn read(&self, side: usize, level: usize, from: usize, out: &mut [Bin]) -> usize {
        let sides = self.lock();
        let bins = sides.get(side).and_then(|levels| levels.get(level));
        let there = bins.and_then(|bins| bins.get(from..)).unwrap_or_default();
        let count = there.len().min(out.len());
        out[..count].copy_from_slice(&there[..count]);
        count
    }

    /// Bins of a level that there are by now, on either side.
    pub fn len(&self, level: usize) -> usize {
        self.lock()[1].get(level).map_or(0, Vec::len)
    }

    fn lock(&self) -> MutexGuard<'_, [[Vec<Bin>; LEVELS]; 2]> {
        // Each bin is whole once it is there.
        self.sides.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WaveformWriter {
    pub fn new(waveform: Arc<Waveform>) -> Self {
        let writer = || PyramidWriter::new(Level::best());
        Self { waveform, sides: [writer(), writer()] }
    }

    /// Takes what was appended to the clip.
    pub fn push(&mut self, sides: [&[f32]; 2]) {
        let mut kept = self.waveform.lock();
        for ((writer, samples), levels) in self.sides.iter_mut().zip(sides).zip(&mut *kept) {
            writer.push(samples, |level, bin| levels[level].push(bin));
        }
    }

    /// There is no more to come.
    pub fn finish(self) {
        let mut kept = self.waveform.lock();
        for (writer, levels) in self.sides.into_iter().zip(&mut *kept) {
            writer.finish(|level, bin| levels[level].push(bin));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_can_be_read_while_it_grows() {
        let waveform = Arc::new(Waveform::default());
        let mut writer = WaveformWriter::new(waveform.clone());
        let ramp: Vec<f32> = (0..3 * BIN).map(|i| i as f32 / 1_024.0).collect();
        let other: Vec<f32> = ramp.iter().map(|sample| -sample).collect();
        writer.push([&ramp[..BIN + 9], &other[..BIN + 9]]);
        assert_eq!((waveform.len(0), waveform.len(1), waveform.len(99)), (1, 0, 0));
        writer.push([&ramp[BIN + 9..], &other[BIN + 9..]]);
        let mut bins = [Bin { low: 7.0, high: 7.0, power: 7.0 }; 4];
        assert_eq!(waveform.read(0, 0, 1, &mut bins), 2);
        assert_eq!((bins[0].low, bins[0].high), (0.25, 511.0 / 1_024.0));
        assert_eq!((bins[1].low, bins[2].low), (0.5, 7.0));
        assert_eq!(waveform.read(1, 0, 2, &mut bins), 1);
        assert_eq!((bins[0].low, bins[0].high), (-767.0 / 1_024.0, -0.5));
        for (side, level, from) in [(2, 0, 0), (0, LEVELS, 0), (0, 0, 4), (0, 1, 0)] {
            assert_eq!(waveform.read(side, level, from, &mut bins), 0);
        }
        writer.finish();
        assert_eq!(waveform.read(0, 1, 0, &mut bins), 1);
        assert_eq!((bins[0].low, bins[0].high), (0.0, 767.0 / 1_024.0));
    }

    #[test]
    fn the_level_that_fits_a_picture() {
        assert_eq!((Waveform::frames(0), Waveform::frames(2)), (256, 4_096));
        for (frames, level) in [(0.1, 0), (256.0, 0), (1_023.0, 0), (1_024.0, 1), (5_000.0, 2)] {
            assert_eq!(Waveform::level_for(frames), level, "{frames}");
        }
        assert_eq!(Waveform::level_for(f64::INFINITY), LEVELS - 1);
        assert_eq!(Waveform::level_for(f64::NAN), 0);
    }
}
