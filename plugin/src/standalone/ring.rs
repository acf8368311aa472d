//! An input on its way to an output that has a clock of its own.
//!
//! Two devices never agree on how long a second is. Nothing is resampled here: when the input is
//! slower the ring runs dry, when it is faster it runs over, and either is counted and told. One
//! device for both, or JACK, has one clock and none of this. After it has run dry, or before it has
//! begun, nothing is taken before the ring is half full again: so there is one gap and not a
//! stutter, and no more delay than half the ring.

use rtrb::{Consumer, Producer, RingBuffer};

use super::stage::Counts;

/// Samples, interleaved; whole frames only.
pub struct Feed {
    samples: Producer<f32>,
    channels: usize,
}

/// The other end.
pub struct Drain {
    samples: Consumer<f32>,
    channels: usize,
    /// Takes nothing before it is half full.
    waits: bool,
}

/// A ring for so many frames.
pub fn ring(frames: usize, channels: usize) -> (Feed, Drain) {
    let (into, out) = RingBuffer::new(frames.max(2) * channels);
    (Feed { samples: into, channels }, Drain { samples: out, channels, waits: true })
}

impl Feed {
    /// Passes frames on, as many as there is room for. Realtime-safe.
    pub fn put(&mut self, samples: impl ExactSizeIterator<Item = f32>, counts: &Counts) {
        let wanted = samples.len();
        let room = self.samples.slots() / self.channels * self.channels;
        if room < wanted {
            Counts::add(&counts.over);
        }
        if let Ok(chunk) = self.samples.write_chunk_uninit(room.min(wanted)) {
            chunk.fill_from_iter(samples);
        }
    }
}

impl Drain {
    /// Channels of a frame.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Gives frames one after the other to `each`, which gets its number and its samples; silence
    /// from where there are none. Realtime-safe.
    pub fn take(
        &mut self,
        frames: usize,
        counts: &Counts,
        mut each: impl FnMut(usize, usize, f32),
    ) {
        let there = self.samples.slots() / self.channels;
        let capacity = self.samples.buffer().capacity() / self.channels;
        if self.waits && there < (capacity / 2).max(frames.min(capacity)) {
            return give_silence(0, frames, self.channels, each);
        }
        self.waits = there < frames;
        if self.waits {
            Counts::add(&counts.dry);
        }
        let given = there.min(frames);
        if let Ok(chunk) = self.samples.read_chunk(given * self.channels) {
            for (i, sample) in chunk.into_iter().enumerate() {
                each(i / self.channels, i % self.channels, sample);
            }
        }
        give_silence(given, frames, self.channels, each);
    }
}

fn give_silence(from: usize, to: usize, channels: usize, mut each: impl FnMut(usize, usize, f32)) {
    for frame in from..to {
        (0..channels).for_each(|channel| each(frame, channel, 0.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::Relaxed;

    /// What comes out, channel after channel of each frame.
    fn take(drain: &mut Drain, frames: usize, counts: &Counts) -> Vec<f32> {
        let mut taken = vec![f32::NAN; frames * drain.channels()];
        let channels = drain.channels();
        drain.take(frames, counts, |frame, channel, sample| {
            taken[frame * channels + channel] = sample;
        });
        taken
    }

    fn put(feed: &mut Feed, samples: std::ops::Range<u32>, counts: &Counts) {
        let samples: Vec<f32> = samples.map(|sample| sample as f32).collect();
        feed.put(samples.iter().copied(), counts);
    }

    fn counted(counts: &Counts) -> [u64; 2] {
        [&counts.dry, &counts.over].map(|count| count.load(Relaxed))
    }

    #[test]
    fn frames_stay_whole_and_in_order() {
        let counts = Counts::default();
        let (mut feed, mut drain) = ring(8, 3);
        put(&mut feed, 0..12, &counts);
        assert_eq!(take(&mut drain, 3, &counts), (0..9).map(|i| i as f32).collect::<Vec<_>>());
        put(&mut feed, 12..30, &counts);
        assert_eq!(take(&mut drain, 6, &counts), (9..27).map(|i| i as f32).collect::<Vec<_>>());
        assert_eq!(counted(&counts), [0, 0]);
    }

    #[test]
    fn dry_is_one_gap_and_over_is_one_drop() {
        let counts = Counts::default();
        let (mut feed, mut drain) = ring(8, 1);
        put(&mut feed, 0..3, &counts);
        assert_eq!(take(&mut drain, 2, &counts), [0.0; 2], "not before it is half full");
        assert_eq!(counted(&counts), [0, 0], "which is no fault");
        put(&mut feed, 3..4, &counts);
        assert_eq!(take(&mut drain, 2, &counts), [0.0, 1.0]);
        assert_eq!(take(&mut drain, 4, &counts), [2.0, 3.0, 0.0, 0.0], "short by two");
        assert_eq!(counted(&counts), [1, 0]);
        put(&mut feed, 4..6, &counts);
        assert_eq!(take(&mut drain, 2, &counts), [0.0; 2]);
        assert_eq!(counted(&counts), [1, 0], "counted once");
        put(&mut feed, 6..20, &counts);
        assert_eq!(counted(&counts), [1, 1]);
        assert_eq!(take(&mut drain, 8, &counts), (4..12).map(|i| i as f32).collect::<Vec<_>>());
    }

    #[test]
    fn a_block_longer_than_the_ring_takes_what_there_is() {
        let counts = Counts::default();
        let (mut feed, mut drain) = ring(4, 2);
        put(&mut feed, 0..8, &counts);
        let taken = take(&mut drain, 6, &counts);
        assert_eq!(taken[..8], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        assert_eq!(taken[8..], [0.0; 4]);
    }
}
