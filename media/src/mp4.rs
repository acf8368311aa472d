//! How much sound the tracks of an MP4 or MOV hold, to the sample.
//!
//! FFmpeg cuts what an encoder adds before the sound, but plays what it adds after it; and the
//! length that it tells is rounded like the edit list, which most programs write in milliseconds.

use std::io::{Read, Seek, SeekFrom};

/// Boxes that are looked at, at most, inside and outside of others.
const MOST_BOXES: usize = 1024;
/// Tracks that are looked at, at most: as many as streams may be in a file.
const MOST_TRACKS: usize = 64;
/// Edits of a track that are looked at, at most. Only lists with one that plays are understood.
const MOST_EDITS: u32 = 16;

/// The length of a track's sound, in units of its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Track {
    /// Units a second: nearly always the sample rate.
    pub clock: u32,
    pub length: u64,
    /// Whether an edit list says where the sound begins.
    pub is_edited: bool,
}

/// The tracks of a file in their order; empty where it is no MP4. A track whose length it leaves
/// open, or that is cut together from several pieces, is `None`.
pub(crate) fn tracks(file: &mut (impl Read + Seek)) -> Vec<Option<Track>> {
    let mut walk = Walk { file, boxes: 0, clock: 0, tracks: Vec::new() };
    // What is cut off ends the walk; what was found until then is as good as it was.
    let _ = walk.top();
    walk.tracks
}

struct Walk<'a, F> {
    file: &'a mut F,
    boxes: usize,
    /// Units a second of the film, which edits are as long as.
    clock: u32,
    tracks: Vec<Option<Track>>,
}

/// A box: its name, and where its contents begin and end.
struct Found {
    name: [u8; 4],
    start: u64,
    end: u64,
}

#[derive(Default)]
struct Parts {
    clock: u32,
    length: u64,
    edits: Option<Vec<(u64, i64)>>,
}

impl<F: Read + Seek> Walk<'_, F> {
    fn top(&mut self) -> Option<()> {
        let end = self.file.seek(SeekFrom::End(0)).ok()?;
        let mut at = 0;
        loop {
            let found = self.next(at, end)?;
            match &found.name {
                // Some file types begin with none; sound without a header is none of ours.
                b"moov" => return self.film(&found),
                name if at == 0 && !is_known(name) => return None,
                _ => at = found.end,
            }
        }
    }

    fn film(&mut self, film: &Found) -> Option<()> {
        let mut at = film.start;
        while at < film.end && self.tracks.len() < MOST_TRACKS {
            let found = self.next(at, film.end)?;
            at = found.end;
            match &found.name {
                b"mvhd" => self.clock = self.clock_and_length(&found)?.0,
                b"trak" => {
                    let mut parts = Parts::default();
                    let whole = self.track(&found, &mut parts);
                    self.tracks.push(whole.and_then(|()| parts.length(self.clock)));
                }
                _ => {}
            }
        }
        Some(())
    }

    fn track(&mut self, outer: &Found, parts: &mut Parts) -> Option<()> {
        let mut at = outer.start;
        while at < outer.end {
            let found = self.next(at, outer.end)?;
            at = found.end;
            match &found.name {
                // These two are in the track itself, and hold nothing of the kind themselves.
                b"mdia" | b"edts" if &outer.name == b"trak" => self.track(&found, parts)?,
                b"mdhd" => (parts.clock, parts.length) = self.clock_and_length(&found)?,
                b"elst" => parts.edits = Some(self.edits(&found)?),
                _ => {}
            }
        }
        Some(())
    }

    /// The box at a place, which lies within another.
    fn next(&mut self, at: u64, outer_end: u64) -> Option<Found> {
        self.boxes += 1;
        if self.boxes > MOST_BOXES {
            return None;
        }
        self.file.seek(SeekFrom::Start(at)).ok()?;
        let head: [u8; 8] = self.bytes()?;
        let name = head[4..].try_into().ok()?;
        let (header, size) = match u32::from_be_bytes(head[..4].try_into().ok()?) {
            0 => (8, outer_end.checked_sub(at)?),
            1 => (16, u64::from_be_bytes(self.bytes()?)),
            size => (8, size.into()),
        };
        let end = at.checked_add(size).filter(|&end| size >= header && end <= outer_end)?;
        Some(Found { name, start: at + header, end })
    }

    /// What the headers of films and of sounds have in common.
    fn clock_and_length(&mut self, found: &Found) -> Option<(u32, u64)> {
        let is_long = self.is_long(found)?;
        self.file.seek(SeekFrom::Current(if is_long { 16 } else { 8 })).ok()?;
        let clock = self.number()?;
        let length = match is_long {
            true => u64::from_be_bytes(self.bytes()?),
            // All ones stand for an unknown length.
            false => Some(self.number()?).filter(|&length| length != u32::MAX)?.into(),
        };
        Some((clock, length))
    }

    /// For each edit how long it plays and from where.
    fn edits(&mut self, found: &Found) -> Option<Vec<(u64, i64)>> {
        let is_long = self.is_long(found)?;
        let count = Some(self.number()?).filter(|&count| count <= MOST_EDITS)?;
        let mut edits = Vec::new();
        for _ in 0..count {
            edits.push(match is_long {
                true => (u64::from_be_bytes(self.bytes()?), i64::from_be_bytes(self.bytes()?)),
                false => (self.number()?.into(), i32::from_be_bytes(self.bytes()?).into()),
            });
            let speed: [u8; 4] = self.bytes()?;
            if speed != [0, 1, 0, 0] {
                return None;
            }
        }
        Some(edits)
    }

    /// Goes to a box's contents and reads its version: in the later one times have eight bytes.
    fn is_long(&mut self, found: &Found) -> Option<bool> {
        self.file.seek(SeekFrom::Start(found.start)).ok()?;
        let version: [u8; 4] = self.bytes()?;
        Some(version[0] == 1)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.bytes()?))
    }

    fn bytes<const COUNT: usize>(&mut self) -> Option<[u8; COUNT]> {
        let mut bytes = [0; COUNT];
        self.file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }
}

fn is_known(name: &[u8; 4]) -> bool {
    matches!(name, b"ftyp" | b"wide" | b"free" | b"skip" | b"mdat" | b"moov" | b"pnot" | b"uuid")
}

impl Parts {
    fn length(self, film_clock: u32) -> Option<Track> {
        let Self { clock, length, edits } = self;
        if clock == 0 || length == 0 {
            return None;
        }
        let Some(edits) = edits else { return Some(Track { clock, length, is_edited: false }) };
        // Those without a place in the sound are pauses before it.
        let mut plays = edits.iter().filter(|(_, from)| *from >= 0);
        let (Some(&(plays_for, from)), None) = (plays.next(), plays.next()) else { return None };
        let there = length.checked_sub(u64::try_from(from).ok()?)?;
        if plays_for == 0 {
            // Until the end.
            return Some(Track { clock, length: there, is_edited: true });
        }
        let (film_clock, clock_wide) = (u128::from(film_clock), u128::from(clock));
        let edit = (u128::from(plays_for) * clock_wide).checked_div(film_clock)?;
        // As long as the sound but for the rounding of the film's coarser clock.
        let is_rounded = edit.abs_diff(there.into()) <= clock_wide.div_ceil(film_clock);
        let length = if is_rounded { there } else { there.min(edit.try_into().ok()?) };
        Some(Track { clock, length, is_edited: true })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(name: &[u8; 4], contents: &[u8]) -> Vec<u8> {
        let size = (contents.len() as u32 + 8).to_be_bytes();
        [&size, &name[..], contents].concat()
    }

    fn header(name: &[u8; 4], clock: u32, length: u32) -> Vec<u8> {
        boxed(name, &[&[0; 12][..], &clock.to_be_bytes(), &length.to_be_bytes()].concat())
    }

    fn edit(plays_for: u32, from: i32) -> Vec<u8> {
        [&plays_for.to_be_bytes()[..], &from.to_be_bytes(), &[0, 1, 0, 0]].concat()
    }

    /// A file with one track of 97,004 samples.
    fn file(edits: Option<&[Vec<u8>]>) -> Vec<u8> {
        let media = boxed(b"mdia", &header(b"mdhd", 48_000, 97_004));
        let list = edits.map_or_else(Vec::new, |edits| {
            let count = (edits.len() as u32).to_be_bytes();
            let list = [&[0; 4][..], &count, &edits.concat()].concat();
            boxed(b"edts", &boxed(b"elst", &list))
        });
        let track = boxed(b"trak", &[list, media].concat());
        let film = [header(b"mvhd", 1_000, 2_000), track].concat();
        [boxed(b"ftyp", b"M4A "), boxed(b"mdat", &[0; 99]), boxed(b"moov", &film)].concat()
    }

    fn length(file: &[u8]) -> Option<u64> {
        tracks(&mut Cursor::new(file)).first().copied().flatten().map(|track| track.length)
    }

    #[test]
    fn the_rounding_of_an_edit_list_is_undone_and_a_real_cut_is_kept() {
        assert_eq!(length(&file(None)), Some(97_004));
        assert_eq!(length(&file(Some(&[edit(1_999, 1_024)]))), Some(95_980));
        assert_eq!(length(&file(Some(&[edit(2_000, 1_024)]))), Some(95_980));
        assert_eq!(length(&file(Some(&[edit(1_000, 1_024)]))), Some(48_000));
        assert_eq!(length(&file(Some(&[edit(0, 1_024)]))), Some(95_980));
        assert_eq!(length(&file(Some(&[edit(500, -1), edit(2_000, 1_024)]))), Some(95_980));
    }

    #[test]
    fn what_is_not_understood_is_none() {
        assert_eq!(length(&file(Some(&[edit(500, 0), edit(500, 48_000)]))), None);
        assert_eq!(length(&file(Some(&[]))), None);
        assert_eq!(length(&file(Some(&[edit(1_000, 98_000)]))), None);
        let whole = file(Some(&[edit(1_999, 1_024)]));
        for end in 0..whole.len() {
            assert_eq!(length(&whole[..end]), None, "{end}");
        }
        assert_eq!(length(&boxed(b"moov", &boxed(b"trak", &[])).repeat(3)), None);
        assert!(tracks(&mut Cursor::new(b"RIFF\0\0\0\0WAVE")).is_empty());
        let endless = boxed(b"free", b"").repeat(2 * MOST_BOXES);
        assert!(tracks(&mut Cursor::new(endless)).is_empty());
    }
}
