//! Where in a file which frame is, as far as it has been decoded from its start.

use crate::ffmpeg::Identity;

/// Marks that are kept at most; then every second one goes. Of a day of sound that leaves one
/// each two seconds.
const MOST: usize = 1 << 16;

/// A packet and the position of the first frame that came after it was given to the codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub frame: u64,
    pub packet: Identity,
}

/// Marks in rising order, at least so many frames apart.
#[derive(Debug)]
pub(super) struct Marks {
    list: Vec<Mark>,
    apart: u64,
    /// Times in the file jump back: what is beyond the last mark cannot be told by them.
    is_broken: bool,
}

impl Marks {
    pub fn new(apart: u64) -> Self {
        Self { list: Vec::new(), apart: apart.max(1), is_broken: false }
    }

    /// Notes where a packet is, unless that is known already.
    pub fn note(&mut self, mark: Mark) {
        if let Some(last) = self.list.last() {
            if self.is_broken || mark.frame < last.frame.saturating_add(self.apart) {
                return;
            }
            if mark.packet.time <= last.packet.time {
                self.is_broken = true;
                return;
            }
        }
        if self.list.len() == MOST {
            let mut is_kept = false;
            self.list.retain(|_| {
                is_kept = !is_kept;
                is_kept
            });
            self.apart *= 2;
        }
        // Without memory for it the way to a place is longer, and nothing else.
        if self.list.try_reserve(1).is_ok() {
            self.list.push(mark);
        }
    }

    /// The last mark that is not after a frame, and one that is at least `run_up` frames before
    /// that, where decoding has to begin for everything to be as it was the first time.
    pub fn before(&self, frame: u64, run_up: u64) -> Option<(Mark, Mark)> {
        let find = |frame: u64| {
            let after = self.list.partition_point(|mark| mark.frame <= frame);
            after.checked_sub(1).map(|index| self.list[index])
        };
        let land = find(frame)?;
        let start = find(land.frame.checked_sub(run_up)?)?;
        Some((start, land))
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.list.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(frame: u64, time: i64) -> Mark {
        Mark { frame, packet: Identity { place: frame as i64, time, contents: 0 } }
    }

    #[test]
    fn the_way_to_a_frame_begins_early_enough() {
        let mut marks = Marks::new(100);
        assert_eq!(marks.before(1_000, 0), None);
        for frame in (50..5_000).step_by(50) {
            marks.note(mark(frame, frame as i64));
        }
        let way = |frame, run_up| marks.before(frame, run_up).map(|(a, b)| (a.frame, b.frame));
        assert_eq!(way(1_000, 0), Some((950, 950)));
        assert_eq!(way(1_050, 120), Some((850, 1_050)));
        assert_eq!(way(9_999, 1), Some((4_850, 4_950)));
        assert_eq!((way(49, 0), way(60, 20), way(60, 100)), (None, None, None));
    }

    #[test]
    fn nothing_is_noted_once_times_jump_back() {
        let mut marks = Marks::new(1);
        for (frame, time) in [(0, 0), (10, 10), (20, 5), (30, 30)] {
            marks.note(mark(frame, time));
        }
        assert_eq!(marks.before(99, 0).unwrap().1, mark(10, 10));
    }

    #[test]
    fn there_are_never_too_many() {
        let mut marks = Marks::new(1);
        (0..300_000).for_each(|frame| marks.note(mark(frame, frame as i64)));
        assert!(marks.len() <= MOST && marks.len() > MOST / 2);
        let (_, land) = marks.before(200_001, 0).unwrap();
        assert!((200_001 - 8..=200_001).contains(&land.frame), "{land:?}");
    }
}
