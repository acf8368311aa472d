//! A clip: the samples of a file at the engine's rate, in memory, growing while they are decoded.
//!
//! One [`ClipWriter`] appends, any number of readers play what is there already. A clip grows by
//! blocks that never move, so nobody ever waits: the writer fills frames that no reader may look
//! at yet, and then moves the mark up to which they may.

use std::sync::Arc;

#[cfg(loom)]
use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicPtr, AtomicU8, AtomicU64, Ordering},
};
#[cfg(not(loom))]
use std::{
    cell::UnsafeCell,
    sync::atomic::{AtomicPtr, AtomicU8, AtomicU64, Ordering},
};

/// Frames in a block: 256 KiB of stereo samples.
#[cfg(not(loom))]
pub const BLOCK_FRAMES: usize = 1 << 15;
/// Small enough for a model to look at every interleaving.
#[cfg(loom)]
pub const BLOCK_FRAMES: usize = 2;

/// How far a clip is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Growth {
    /// More may come.
    Growing,
    /// All of the file is there.
    Complete,
    /// The file ended before its time, or the writer was taken away.
    CutOff,
}

/// A block: left, then right.
struct Block {
    sides: [Box<[UnsafeCell<f32>]>; 2],
}

impl Block {
    fn new() -> Self {
        let side = || (0..BLOCK_FRAMES).map(|_| UnsafeCell::new(0.0)).collect();
        Self { sides: [side(), side()] }
    }
}

/// The samples, for readers.
pub struct Clip {
    /// Room for the pointers to all the blocks that there may ever be; null from some point on.
    blocks: Box<[AtomicPtr<Block>]>,
    /// Frames that readers may look at.
    ready: AtomicU64,
    growth: AtomicU8,
}

// SAFETY: readers look only at frames below `ready`, and the writer writes only to those from
// `ready` on; the mark is moved with release and read with acquire.
unsafe impl Sync for Clip {}
// SAFETY: owns plain memory.
unsafe impl Send for Clip {}

/// The end that appends; there is one for each clip.
pub struct ClipWriter {
    clip: Arc<Clip>,
}

/// The clip has as many frames as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Clip {
    /// An empty clip that can grow to `limit` frames, rounded up to whole blocks. Only the table of
    /// blocks is allocated now.
    pub fn growing(limit: u64) -> (ClipWriter, Arc<Self>) {
        let blocks = limit.div_ceil(BLOCK_FRAMES as u64) as usize;
        let clip = Arc::new(Self {
            blocks: (0..blocks).map(|_| AtomicPtr::new(std::ptr::null_mut())).collect(),
            ready: AtomicU64::new(0),
            growth: AtomicU8::new(Growth::Growing as u8),
        });
        (ClipWriter { clip: clip.clone() }, clip)
    }

    /// Frames that can be played by now. Realtime-safe.
    pub fn ready(&self) -> u64 {
        self.ready.load(Ordering::Acquire)
    }

    /// How far it is. Asked before [`ready`](Self::ready), an answer other than growing means that
    /// the number of frames is final. Realtime-safe.
    pub fn growth(&self) -> Growth {
        match self.growth.load(Ordering::Acquire) {
            0 => Growth::Growing,
            1 => Growth::Complete,
            _ => Growth::CutOff,
        }
    }

    /// Bytes that the samples take by now.
    pub fn bytes(&self) -> u64 {
        let blocks = self.ready().div_ceil(BLOCK_FRAMES as u64);
        blocks * (2 * BLOCK_FRAMES * size_of::<f32>()) as u64
    }

    /// Copies frames from `at` on, as many as there are room and frames for; returns how many.
    /// Both sides have the same length. Realtime-safe.
    pub fn read(&self, at: u64, left: &mut [f32], right: &mut [f32]) -> usize {
        debug_assert_eq!(left.len(), right.len());
        let there = usize::try_from(self.ready().saturating_sub(at)).unwrap_or(usize::MAX);
        let frames = there.min(left.len());
        let mut done = 0;
        while done < frames {
            let from = at + done as u64;
            let offset = (from % BLOCK_FRAMES as u64) as usize;
            let now = (frames - done).min(BLOCK_FRAMES - offset);
            let block = self.blocks[(from / BLOCK_FRAMES as u64) as usize].load(Ordering::Acquire);
            // SAFETY: frames below `ready` are in blocks that have been published, and those stay
            // until the clip is dropped, which whoever calls this keeps from happening.
            let block = unsafe { &*block };
            for (side, out) in block.sides.iter().zip([&mut *left, &mut *right]) {
                for (cell, out) in side[offset..offset + now].iter().zip(&mut out[done..]) {
                    *out = get(cell);
                }
            }
            done += now;
        }
        frames
    }
}

impl Drop for Clip {
    fn drop(&mut self) {
        for block in &mut self.blocks {
            let block = block.load(Ordering::Acquire);
            if !block.is_null() {
                // SAFETY: made by `Box::into_raw`, and nobody else has the clip any more.
                drop(unsafe { Box::from_raw(block) });
            }
        }
    }
}

impl std::fmt::Debug for Clip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clip")
            .field("ready", &self.ready())
            .field("growth", &self.growth())
            .finish()
    }
}

impl ClipWriter {
    /// Appends frames. Allocates a block now and then, so never in the callback.
    ///
    /// # Errors
    /// When the clip is full; as many frames as there was room for have been taken.
    pub fn append(&mut self, left: &[f32], right: &[f32]) -> Result<(), Full> {
        debug_assert_eq!(left.len(), right.len());
        let mut ready = self.clip.ready.load(Ordering::Relaxed);
        let mut done = 0;
        while done < left.len() {
            let offset = (ready % BLOCK_FRAMES as u64) as usize;
            let now = (left.len() - done).min(BLOCK_FRAMES - offset);
            let block = self.block((ready / BLOCK_FRAMES as u64) as usize)?;
            for (side, samples) in block.sides.iter().zip([left, right]) {
                for (cell, sample) in side[offset..offset + now].iter().zip(&samples[done..]) {
                    set(cell, *sample);
                }
            }
            done += now;
            ready += now as u64;
            self.clip.ready.store(ready, Ordering::Release);
        }
        Ok(())
    }

    /// Says that all of the file is there.
    pub fn complete(self) {
        self.clip.growth.store(Growth::Complete as u8, Ordering::Release);
    }

    /// Whether nobody but the writer has the clip: then decoding may as well end.
    pub fn is_alone(&self) -> bool {
        Arc::strong_count(&self.clip) == 1
    }

    /// The block, made now if it is not there yet.
    fn block(&mut self, i: usize) -> Result<&Block, Full> {
        let slot = self.clip.blocks.get(i).ok_or(Full)?;
        let mut block = slot.load(Ordering::Relaxed);
        if block.is_null() {
            block = Box::into_raw(Box::new(Block::new()));
            slot.store(block, Ordering::Release);
        }
        // SAFETY: made above or earlier, and stays until the clip is dropped.
        Ok(unsafe { &*block })
    }
}

impl Drop for ClipWriter {
    /// Whoever ends without [`complete`](ClipWriter::complete) leaves a clip that is cut off.
    fn drop(&mut self) {
        let growing = Growth::Growing as u8;
        let cut_off = Growth::CutOff as u8;
        // After `complete` there is nothing left to say.
        let _ = self.clip.growth.compare_exchange(
            growing,
            cut_off,
            Ordering::Release,
            Ordering::Relaxed,
        );
    }
}

#[cfg(not(loom))]
fn get(cell: &UnsafeCell<f32>) -> f32 {
    // SAFETY: a reader's frame, which nobody writes any more.
    unsafe { *cell.get() }
}

#[cfg(not(loom))]
fn set(cell: &UnsafeCell<f32>, sample: f32) {
    // SAFETY: a writer's frame, which nobody reads yet.
    unsafe { *cell.get() = sample };
}

#[cfg(loom)]
fn get(cell: &UnsafeCell<f32>) -> f32 {
    // SAFETY: as above; the model checks it.
    cell.with(|sample| unsafe { *sample })
}

#[cfg(loom)]
fn set(cell: &UnsafeCell<f32>, sample: f32) {
    // SAFETY: as above; the model checks it.
    cell.with_mut(|place| unsafe { *place = sample });
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn what_is_appended_is_read_however_it_is_cut(
            appends in prop::collection::vec(0usize..30_000, 1..8),
            reads in prop::collection::vec((0u64..120_000, 0usize..5_000), 1..8),
        ) {
            let total: usize = appends.iter().sum();
            let left: Vec<f32> = (0..total).map(|i| i as f32).collect();
            let right: Vec<f32> = left.iter().map(|x| -x).collect();
            let (mut writer, clip) = Clip::growing(total as u64);
            let mut at = 0;
            for count in appends {
                writer.append(&left[at..at + count], &right[at..at + count]).unwrap();
                at += count;
                prop_assert_eq!(clip.ready(), at as u64);
            }
            for (at, length) in reads {
                let (mut l, mut r) = (vec![7.0; length], vec![7.0; length]);
                let got = clip.read(at, &mut l, &mut r);
                prop_assert_eq!(got, length.min(total.saturating_sub(at as usize)));
                for i in 0..length {
                    let expected = if i < got { (at as usize + i) as f32 } else { 7.0 };
                    prop_assert_eq!(l[i], expected);
                    prop_assert!(r[i] == -expected || i >= got);
                }
            }
        }
    }

    #[test]
    fn a_full_clip_says_so_and_keeps_what_it_has() {
        let (mut writer, clip) = Clip::growing(1);
        let samples = vec![0.5; BLOCK_FRAMES + 1];
        assert_eq!(writer.append(&samples, &samples), Err(Full));
        assert_eq!(clip.ready(), BLOCK_FRAMES as u64);
    }

    #[test]
    fn how_it_ended() {
        let (writer, clip) = Clip::growing(1);
        assert_eq!(clip.growth(), Growth::Growing);
        writer.complete();
        assert_eq!(clip.growth(), Growth::Complete);
        let (writer, clip) = Clip::growing(1);
        assert!(!writer.is_alone());
        drop(writer);
        assert_eq!(clip.growth(), Growth::CutOff);
    }
}

/// `RUSTFLAGS="--cfg loom" cargo test -p busbar-dsp --release clip`
#[cfg(all(test, loom))]
mod models {
    use super::*;

    #[test]
    fn readers_see_whole_frames_or_none() {
        loom::model(|| {
            let (mut writer, clip) = Clip::growing(4);
            let writing = loom::thread::Builder::new().name("writer".into()).spawn(move || {
                writer.append(&[1.0, 2.0, 3.0], &[-1.0, -2.0, -3.0]).unwrap();
                writer.complete();
            });
            let growth = clip.growth();
            let (mut left, mut right) = ([0.0; 4], [0.0; 4]);
            let got = clip.read(0, &mut left, &mut right);
            assert!(growth == Growth::Growing || got == 3);
            for i in 0..got {
                assert_eq!((left[i], right[i]), (i as f32 + 1.0, -(i as f32 + 1.0)));
            }
            writing.unwrap().join().unwrap();
        });
    }
}
