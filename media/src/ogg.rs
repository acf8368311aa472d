//! Whether an Ogg file is one piece or several one after the other.
//!
//! FFmpeg tells the length of the last piece as that of the file. Of one piece it is right, and
//! better than what FFmpeg itself makes of the end of short ones.

use std::io::{Read, Seek, SeekFrom};

/// The header of a page up to its stream's number, and the longest page.
const HEADER: usize = 18;
const LONGEST: usize = 27 + 255 + 255 * 255;

/// Whether the last page of an Ogg belongs to the stream of the first; `false` for any other file.
pub(crate) fn is_one_piece(file: &mut (impl Read + Seek)) -> bool {
    let mut is_one = || {
        let mut first = [0; HEADER];
        file.seek(SeekFrom::Start(0)).ok()?;
        file.read_exact(&mut first).ok()?;
        let first = stream(&first)?;
        let length = file.seek(SeekFrom::End(0)).ok()?;
        file.seek(SeekFrom::Start(length.saturating_sub(LONGEST as u64))).ok()?;
        let mut end = Vec::new();
        file.take(LONGEST as u64).read_to_end(&mut end).ok()?;
        let last = end.windows(HEADER).rev().find_map(stream)?;
        Some(first == last)
    };
    is_one().unwrap_or(false)
}

/// The number of the stream that a page belongs to.
fn stream(page: &[u8]) -> Option<[u8; 4]> {
    page.starts_with(b"OggS\0").then_some(())?;
    page.get(14..18)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn page(stream: u32, contents: usize) -> Vec<u8> {
        let number = stream.to_le_bytes();
        [b"OggS\0\x02\0\0\0\0\0\0\0\0", &number[..], &vec![7; contents]].concat()
    }

    #[test]
    fn the_last_page_is_the_first_ones_or_not() {
        let is_one = |pages: &[Vec<u8>]| is_one_piece(&mut Cursor::new(pages.concat()));
        assert!(is_one(&[page(5, 100)]) && is_one(&[page(5, 0), page(5, 60_000)]));
        assert!(is_one(&[page(5, 0), page(6, 99_000), page(5, 9)]));
        assert!(!is_one(&[page(5, 100), page(6, 100)]));
        // No page within the length of the longest.
        assert!(!is_one(&[page(5, 70_000)]));
        assert!(!is_one(&[b"RIFF".to_vec(), page(5, 100)]) && !is_one(&[]));
    }
}
