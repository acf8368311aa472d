//! What the targets share: bytes as a file, and limits that keep each run short.

use std::{env, fs, process};

use busbar_media::{Block, Cancel, Decoder, Limits, Planar};

/// Frames after which a file is left: small files can say that they are hours of silence.
const MOST_FRAMES: usize = 1 << 20;

/// Writes the bytes to a file of this process's own, and opens it if it is any kind of sound.
pub fn open(bytes: &[u8]) -> Option<Decoder> {
    let path = env::temp_dir().join(format!("busbar-fuzz-{}", process::id()));
    fs::write(&path, bytes).expect("a folder for temporary files");
    let limits = Limits { block_frames: 1 << 20, ..Limits::default() };
    Decoder::open(&path, &limits, &Cancel::new()).ok()
}

/// Reads so many frames at the most, looks at each sample, and returns how many there were.
pub fn read(decoder: &mut Decoder, most: usize) -> usize {
    let mut block = Planar::new();
    let mut frames = 0;
    while frames < most.min(MOST_FRAMES) {
        // Without memory it ends as well.
        let Ok(Block::Frames(count)) = decoder.read(&mut block) else { break };
        assert!(count > 0 && count == block.frames());
        assert_eq!(block.width(), usize::from(decoder.format().channels));
        for channel in block.channels() {
            assert!(channel.len() == count && channel.iter().all(|sample| sample.is_finite()));
        }
        frames += count;
    }
    frames
}
