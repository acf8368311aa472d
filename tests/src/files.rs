//! Files to load, in a folder that goes when it is dropped.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A folder of this test's own.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("busbar-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).expect("a new folder");
        Self(folder)
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// Where a file of that name is, or would be.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a WAV of 32-bit floats; returns where it is.
    pub fn wav(&self, name: &str, rate: u32, sides: &[Vec<f32>; 2]) -> PathBuf {
        let path = self.path(name);
        write_wav(&path, rate, sides);
        path
    }

    /// Writes a WAV at 48 kHz that has one level on both sides; returns where it is.
    pub fn level(&self, name: &str, level: f32, frames: usize) -> PathBuf {
        self.wav(name, 48_000, &[vec![level; frames], vec![level; frames]])
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is the system's to clean up.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn write_wav(path: &Path, rate: u32, [left, right]: &[Vec<f32>; 2]) {
    const BYTES_A_FRAME: u32 = 8;
    let data = left.len() as u32 * BYTES_A_FRAME;
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + data).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    // IEEE float, two channels.
    bytes.extend([3, 0, 2, 0]);
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * BYTES_A_FRAME).to_le_bytes());
    bytes.extend([BYTES_A_FRAME as u8, 0, 32, 0]);
    bytes.extend(b"data");
    bytes.extend(data.to_le_bytes());
    for (left, right) in left.iter().zip(right) {
        bytes.extend(left.to_le_bytes());
        bytes.extend(right.to_le_bytes());
    }
    fs::write(path, bytes).expect("a file can be written");
}
