//! The buffer that travels between a decoder and its caller.

use std::collections::TryReserveError;

use crate::format::Sanitised;

/// Samples from here on are damage, not sound: +60 dBFS.
///
/// Hot float mixes stay far below, and damaged AAC has been seen at +99 dBFS.
const ABSURD: f32 = 1000.0;

/// One block of planar samples. It grows to the largest block it has held and is then reused.
#[derive(Clone, Debug, Default)]
pub struct Planar {
    // Each at least `frames` long; what lies beyond is left over from larger blocks.
    channels: Vec<Vec<f32>>,
    frames: usize,
}

impl Planar {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of frames in the block.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The number of channels in the block.
    pub fn width(&self) -> usize {
        self.channels.len()
    }

    /// The samples of each channel in turn, all equally long.
    pub fn channels(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.channels.iter().map(|channel| &channel[..self.frames])
    }

    /// The samples of one channel.
    ///
    /// # Panics
    /// If there is no such channel.
    pub fn channel(&self, index: usize) -> &[f32] {
        &self.channels[index][..self.frames]
    }

    /// Makes room for a block without ever aborting for want of memory.
    pub(crate) fn prepare(&mut self, width: usize, frames: usize) -> Result<(), TryReserveError> {
        self.frames = 0;
        if self.channels.len() != width {
            self.channels.clear();
            self.channels.try_reserve(width)?;
            self.channels.resize_with(width, Vec::new);
        }
        for channel in &mut self.channels {
            if channel.len() < frames {
                channel.try_reserve(frames - channel.len())?;
                channel.resize(frames, 0.0);
            }
        }
        self.frames = frames;
        Ok(())
    }

    /// Drops the end of the block.
    pub(crate) fn truncate(&mut self, frames: usize) {
        self.frames = self.frames.min(frames);
    }

    /// Drops the beginning of the block.
    pub(crate) fn skip(&mut self, frames: usize) {
        let frames = frames.min(self.frames);
        if frames > 0 {
            let end = self.frames;
            self.channels.iter_mut().for_each(|channel| channel.copy_within(frames..end, 0));
            self.frames -= frames;
        }
    }

    /// Moves all from some frame on into another block.
    pub(crate) fn split_off(&mut self, at: usize, rest: &mut Self) -> Result<(), TryReserveError> {
        let at = at.min(self.frames);
        rest.prepare(self.width(), self.frames - at)?;
        for (to, from) in rest.channels_mut().zip(self.channels()) {
            to.copy_from_slice(&from[at..]);
        }
        self.frames = at;
        Ok(())
    }

    /// The samples of each channel, to be written.
    pub(crate) fn channels_mut(&mut self) -> impl ExactSizeIterator<Item = &mut [f32]> {
        self.channels.iter_mut().map(|channel| &mut channel[..self.frames])
    }

    /// Becomes the two sides of another block, each channel of which goes to them with its gains.
    pub(crate) fn mix(&mut self, block: &Self, gains: &[[f32; 2]]) -> Result<(), TryReserveError> {
        self.prepare(2, block.frames())?;
        for (side, out) in self.channels_mut().enumerate() {
            let mut heard = block.channels().zip(gains).filter(|(_, gains)| gains[side] != 0.0);
            match heard.next() {
                Some((first, gains)) => scale(out, first, gains[side]),
                None => out.fill(0.0),
            }
            for (channel, gains) in heard {
                let gain = gains[side];
                out.iter_mut().zip(channel).for_each(|(out, &sample)| *out += gain * sample);
            }
        }
        Ok(())
    }

    /// Silences what cannot be sound, and says how much there was of it.
    pub(crate) fn sanitise(&mut self) -> Sanitised {
        let mut found = Sanitised::default();
        for channel in self.channels_mut() {
            // Nearly every block is clean; this form is one the compiler vectorises.
            if channel.iter().fold(true, |clean, sample| clean & (sample.abs() < ABSURD)) {
                continue;
            }
            channel.iter_mut().for_each(|sample| found.silence(sample));
        }
        found
    }
}

fn scale(out: &mut [f32], samples: &[f32], gain: f32) {
    out.iter_mut().zip(samples).for_each(|(out, &sample)| *out = gain * sample);
}

impl Sanitised {
    fn silence(&mut self, sample: &mut f32) {
        let count = match sample.abs() {
            level if level < ABSURD => return,
            level if level.is_finite() => &mut self.absurd,
            _ => &mut self.not_finite,
        };
        *count += 1;
        *sample = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(samples: &[&[f32]]) -> Planar {
        let mut planar = Planar::new();
        planar.prepare(samples.len(), samples[0].len()).unwrap();
        for (to, from) in planar.channels_mut().zip(samples) {
            to.copy_from_slice(from);
        }
        planar
    }

    #[test]
    fn what_is_not_sound_is_silenced_and_counted_apart() {
        let mut planar =
            block(&[&[0.5, f32::NAN, -999.0, f32::INFINITY], &[-1000.0, 3e38, -0.25, 1.0]]);
        assert_eq!(planar.sanitise(), Sanitised { not_finite: 2, absurd: 2 });
        assert_eq!(planar.channel(0), [0.5, 0.0, -999.0, 0.0]);
        assert_eq!(planar.channel(1), [0.0, 0.0, -0.25, 1.0]);
        assert_eq!(planar.sanitise(), Sanitised::default());
    }

    #[test]
    fn a_smaller_block_reuses_the_memory_of_a_larger_one() {
        let mut planar = block(&[&[1.0; 64], &[2.0; 64]]);
        let before = planar.channel(1).as_ptr();
        planar.prepare(2, 16).unwrap();
        assert_eq!((planar.width(), planar.frames()), (2, 16));
        assert_eq!(planar.channel(1).as_ptr(), before);
        planar.truncate(3);
        assert!(planar.channels().all(|channel| channel.len() == 3));
    }

    #[test]
    fn an_impossible_block_is_an_error_and_leaves_an_empty_buffer() {
        let mut planar = block(&[&[1.0; 4]]);
        assert!(planar.prepare(1, isize::MAX as usize).is_err());
        assert_eq!(planar.frames(), 0);
    }
}
