//! How much sound the header of a WAV announces.
//!
//! FFmpeg keeps this to itself when the file is shorter than that, and then plays what there is as
//! if it were everything: a recording that was cut off could not be told from a whole one.

use std::io::{Read, Seek, SeekFrom};

/// Chunks before the samples that are walked through at most.
const MOST_CHUNKS: usize = 64;

/// The name of RIFF, WAVE, `fmt ` and `data` in Sony's W64 is longer and ends differently from
/// what they are in WAV.
const W64_RIFF: [u8; 16] = *b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0";
const W64_WAVE: &[u8; 16] = b"wave\xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";

/// The number of frames that a WAV, RF64 or W64 of plain samples announces. `None` for any other
/// file, and where the header leaves the length open, as recordings into a pipe do.
pub(crate) fn announced_frames(file: &mut (impl Read + Seek)) -> Option<u64> {
    file.seek(SeekFrom::Start(0)).ok()?;
    let head: [u8; 12] = bytes(file)?;
    let walk = match (&head[..4], &head[8..]) {
        (b"RIFF" | b"RF64" | b"BW64", b"WAVE") => Walk { wide: false, rf64: &head[..4] != b"RIFF" },
        (b"riff", _) => {
            file.seek(SeekFrom::Start(0)).ok()?;
            let head: [u8; 40] = bytes(file)?;
            let is_wave = head[..16] == W64_RIFF && &head[24..] == W64_WAVE;
            is_wave.then_some(Walk { wide: true, rf64: false })?
        }
        _ => return None,
    };
    walk.frames(file)
}

struct Walk {
    /// W64: names of 16 bytes, sizes of 8 that count their own header, and padding to 8.
    wide: bool,
    /// Sizes of 8 bytes in a chunk of their own.
    rf64: bool,
}

impl Walk {
    fn frames(&self, file: &mut (impl Read + Seek)) -> Option<u64> {
        let (mut frame_bytes, mut long_size) = (None, None);
        for _ in 0..MOST_CHUNKS {
            let (name, size) = self.chunk(file)?;
            let start = file.stream_position().ok()?;
            match &name {
                b"ds64" if self.rf64 => {
                    let sizes: [u8; 16] = bytes(file)?;
                    long_size = Some(u64::from_le_bytes(sizes[8..].try_into().ok()?));
                }
                b"fmt " => {
                    let format: [u8; 16] = bytes(file)?;
                    frame_bytes = Some(u16::from_le_bytes([format[12], format[13]]));
                }
                b"data" => {
                    let size = if self.rf64 { long_size? } else { size };
                    return if self.is_open(size) {
                        None
                    } else {
                        size.checked_div(frame_bytes?.into())
                    };
                }
                _ => {}
            }
            let padding = if self.wide { 8 } else { 2 };
            let next = start.checked_add(size)?.checked_next_multiple_of(padding)?;
            file.seek(SeekFrom::Start(next)).ok()?;
        }
        None
    }

    /// The name of the next chunk and the size of its contents.
    fn chunk(&self, file: &mut impl Read) -> Option<([u8; 4], u64)> {
        if self.wide {
            let head: [u8; 24] = bytes(file)?;
            let size = u64::from_le_bytes(head[16..].try_into().ok()?).checked_sub(24)?;
            return Some((head[..4].try_into().ok()?, size));
        }
        let head: [u8; 8] = bytes(file)?;
        let size = u32::from_le_bytes(head[4..].try_into().ok()?);
        Some((head[..4].try_into().ok()?, size.into()))
    }

    /// Whether a size stands for "until the end": none, or close below what fits into 31 or 32
    /// bits, which is what programs write that cannot go back and fill it in.
    fn is_open(&self, size: u64) -> bool {
        let just_below = |top: u64| (top - 4_096..=top + 64).contains(&size);
        size == 0 && !self.rf64 || !self.wide && (just_below(1 << 31) || just_below(1 << 32))
    }
}

fn bytes<const COUNT: usize>(file: &mut impl Read) -> Option<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A stereo WAV of 16 bits whose header announces `data` bytes, and that ends there.
    fn wav(data: u32) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        file.extend(b"\x01\0\x02\0\x80\xbb\0\0\0\xee\x02\0\x04\0\x10\0data");
        file.extend(data.to_le_bytes());
        file
    }

    fn frames(file: &[u8]) -> Option<u64> {
        announced_frames(&mut Cursor::new(file))
    }

    #[test]
    fn the_length_is_found_behind_other_chunks_and_without_the_sound() {
        assert_eq!(frames(&wav(4_000)), Some(1_000));
        assert_eq!(frames(&wav(4_000_000_000)), Some(1_000_000_000));
    }

    #[test]
    fn a_length_that_is_left_open_is_none() {
        for open in [0, u32::MAX, u32::MAX - 36, i32::MAX as u32, 0x7fff_f024, 0x8000_0000] {
            assert_eq!(frames(&wav(open)), None, "{open:x}");
        }
    }

    #[test]
    fn rf64_has_its_length_in_a_chunk_of_its_own() {
        let mut file = b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0".to_vec();
        file.extend(0u64.to_le_bytes());
        file.extend(40_000_000_000u64.to_le_bytes());
        file.extend([0; 12]);
        file.extend(&wav(u32::MAX)[12..]);
        assert_eq!(frames(&file), Some(10_000_000_000));
    }

    #[test]
    fn what_is_cut_or_nonsense_announces_nothing() {
        let whole = wav(4_000);
        for length in 0..whole.len() {
            assert_eq!(frames(&whole[..length]), None, "{length}");
        }
        let mut no_frame_size = whole.clone();
        no_frame_size[44..46].fill(0);
        assert_eq!(frames(&no_frame_size), None);
        let endless = [b"RIFF\0\0\0\0WAVE".as_slice(), &b"none\0\0\0\0".repeat(100)].concat();
        assert_eq!(frames(&endless), None);
    }
}
