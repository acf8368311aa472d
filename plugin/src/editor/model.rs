//! What the editor knows. It has neither a window nor a clock: time is passed in, counted from any
//! moment that stays the same.

use std::time::Duration;

use busbar_dsp::{Decibels, SampleRate};
use busbar_engine::meters::{MASTER, MeterFrame, MeterReader, POINTS};
use busbar_engine::monitor::{Dismissal, Heard};
use busbar_engine::targets::Targets;
use busbar_engine::wiring::METER_FRAMES;
use busbar_engine::{SLOTS, Slot};

use super::ballistics::{FLOOR, Peak, RMS_SECONDS, Rms};
use crate::decks::DeckStatus;

/// After so long without a frame the host has stopped calling, and there is no level any more.
const STOPPED_AFTER: Duration = Duration::from_millis(250);

/// Numbers that change faster than this cannot be read.
const READ_EVERY: Duration = Duration::from_millis(100);

/// One channel of one point.
#[derive(Clone, Debug, Default)]
pub struct Channel {
    /// Its peaks.
    pub peak: Peak,
    /// Its RMS.
    pub rms: Rms,
}

/// How long a notice stays.
const NOTICE: Duration = Duration::from_secs(12);

/// The way through a file moves in so many steps: more than a slot is wide in most windows.
const STEPS: f64 = 1024.0;

/// Where one listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listening {
    /// B has been pressed.
    pub asks_for_reference: bool,
    /// What the last block has carried.
    pub heard: Heard,
    /// Why A is heard again though B was pressed.
    pub dismissal: Option<Dismissal>,
}

/// What is to be seen of a slot.
#[derive(Clone, Debug, Default, PartialEq)]
struct SlotPicture {
    path: String,
    looping: bool,
    word: String,
    /// Seconds, steps of the way, and seconds in all.
    place: [u32; 3],
}

/// What is to be seen, rounded to what can be told apart on a screen: as long as it stays the same
/// nothing has to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
struct Picture {
    /// Bar, hold line, RMS and latch of each channel in tenths of a decibel.
    levels: [[[i16; 4]; 2]; POINTS],
    numbers: [[i16; 2]; POINTS],
    targets: Targets,
    is_running: bool,
    silenced: u64,
    decks: [SlotPicture; SLOTS],
    listening: Listening,
    notice: Option<String>,
}

/// What the editor knows of its instance.
#[derive(Debug)]
pub struct Model {
    points: [[Channel; 2]; POINTS],
    now: Duration,
    last_frame: Option<Duration>,
    /// RMS as numbers, and when they were taken.
    read: [[Decibels; 2]; POINTS],
    read_at: Duration,
    /// The next frame began when nobody was looking.
    next_is_stale: bool,
    silenced: u64,
    targets: Targets,
    decks: [DeckStatus; SLOTS],
    listening: Listening,
    /// What has just happened, and until when it is said.
    notice: Option<(String, Duration)>,
    picture: Picture,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            points: Default::default(),
            now: Duration::ZERO,
            last_frame: None,
            read: [[Decibels::SILENCE; 2]; POINTS],
            read_at: Duration::ZERO,
            next_is_stale: false,
            silenced: 0,
            targets: Targets::default(),
            decks: Default::default(),
            listening: Listening::default(),
            notice: None,
            picture: Picture::default(),
        }
    }
}

impl Model {
    /// A window opens after none has been. What was measured meanwhile is not shown as if it
    /// happened now, but the latches take it in.
    pub fn catch_up(&mut self, meters: &mut MeterReader) {
        let mut waiting = 0;
        while let Some(frame) = meters.next_frame() {
            self.latch(&frame);
            waiting += 1;
        }
        // When the queue has been full, its writer holds one more frame with everything since.
        self.next_is_stale = waiting >= METER_FRAMES;
    }

    /// Time goes on until `now`; takes in what the meters have said since. `rate` is the engine's.
    pub fn advance(&mut self, now: Duration, meters: &mut MeterReader, rate: Option<SampleRate>) {
        self.pass(now);
        while let Some(frame) = meters.next_frame() {
            if std::mem::take(&mut self.next_is_stale) {
                self.latch(&frame);
            } else {
                self.take(&frame, rate);
            }
        }
        if self.now.saturating_sub(self.read_at) >= READ_EVERY {
            self.read_at = self.now;
            let levels = |point: &[Channel; 2]| point.each_ref().map(|side| side.rms.level());
            self.read = self.points.each_ref().map(levels);
        }
    }

    /// Looks at what the controls ask for.
    pub fn set_targets(&mut self, targets: Targets) {
        self.targets = targets;
    }

    /// Whether there is something to be seen that was not there the last time.
    pub fn has_moved(&mut self) -> bool {
        let picture = self.picture();
        let moved = picture != self.picture;
        self.picture = picture;
        moved
    }

    /// Both channels of a point: a bus, or [`MASTER`].
    pub fn point(&self, point: usize) -> &[Channel; 2] {
        &self.points[point]
    }

    /// RMS of both channels of a point, to be read as numbers.
    pub fn rms(&self, point: usize) -> [Decibels; 2] {
        self.read[point]
    }

    /// The highest peak of a point since it was last reset.
    pub fn highest(&self, point: usize) -> Decibels {
        let [left, right] = &self.points[point];
        Decibels(left.peak.highest().0.max(right.peak.highest().0))
    }

    /// Whether a sample of a point was above full scale since it was last reset.
    pub fn is_over(&self, point: usize) -> bool {
        self.points[point].iter().any(|channel| channel.peak.is_over())
    }

    /// Forgets the highest peaks of a point.
    pub fn reset_point(&mut self, point: usize) {
        self.points[point].iter_mut().for_each(|channel| channel.peak.reset());
    }

    /// Forgets all highest peaks, and how much was no audio.
    pub fn reset(&mut self) {
        (0..POINTS).for_each(|point| self.reset_point(point));
        self.silenced = 0;
    }

    /// Whether a point has had a signal since it was last reset.
    pub fn has_signal(&self, point: usize) -> bool {
        self.highest(point) > FLOOR
    }

    /// Whether any point has.
    pub fn has_any_signal(&self) -> bool {
        (0..=MASTER).any(|point| self.has_signal(point))
    }

    /// Whether the host is processing.
    pub fn is_running(&self) -> bool {
        self.last_frame.is_some_and(|last| self.now.saturating_sub(last) < STOPPED_AFTER)
    }

    /// Samples that were no audio.
    pub fn silenced(&self) -> u64 {
        self.silenced
    }

    /// Looks at what the decks do.
    pub fn set_decks(&mut self, decks: [DeckStatus; SLOTS], listening: Listening) {
        (self.decks, self.listening) = (decks, listening);
    }

    /// How a slot is doing.
    pub fn deck(&self, slot: Slot) -> &DeckStatus {
        &self.decks[slot.index()]
    }

    /// Where one listens.
    pub fn listening(&self) -> Listening {
        self.listening
    }

    /// Says something for a while, until there is something else to be said.
    pub fn notify(&mut self, text: String) {
        self.notice = Some((text, self.now + NOTICE));
    }

    /// What has just happened.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_ref().map(|(text, _)| text.as_str())
    }

    fn pass(&mut self, now: Duration) {
        // A clock that goes back would let peaks rise.
        let now = now.max(self.now);
        for channel in self.points.iter_mut().flatten() {
            channel.peak.pass(self.now, now);
        }
        self.now = now;
        self.notice.take_if(|(_, until)| *until <= now);
        if !self.is_running() {
            self.points.iter_mut().flatten().for_each(|channel| channel.rms.clear());
        }
    }

    fn take(&mut self, frame: &MeterFrame, rate: Option<SampleRate>) {
        self.last_frame = Some(self.now);
        self.silenced += u64::from(frame.silenced);
        // Before the rate is known the reading itself is the window.
        let window = rate.map_or(1, |rate| rate.frames_in(RMS_SECONDS)).into();
        let readings = frame.points.iter().flatten();
        for (channel, reading) in self.points.iter_mut().flatten().zip(readings) {
            channel.peak.rise(reading.peak, self.now);
            channel.rms.take(reading.energy, frame.frames, window);
        }
    }

    fn latch(&mut self, frame: &MeterFrame) {
        self.silenced += u64::from(frame.silenced);
        let readings = frame.points.iter().flatten();
        for (channel, reading) in self.points.iter_mut().flatten().zip(readings) {
            channel.peak.latch(reading.peak);
        }
    }

    fn picture(&self) -> Picture {
        let levels = |channel: &Channel| {
            let Channel { peak, rms } = channel;
            [peak.bar(), peak.hold(), rms.level(), peak.highest()].map(tenths)
        };
        Picture {
            levels: self.points.each_ref().map(|point| point.each_ref().map(levels)),
            numbers: self.read.map(|point| point.map(tenths)),
            targets: self.targets,
            is_running: self.is_running(),
            silenced: self.silenced,
            decks: self.decks.each_ref().map(slot_picture),
            listening: self.listening,
            notice: self.notice().map(str::to_owned),
        }
    }
}

fn slot_picture(deck: &DeckStatus) -> SlotPicture {
    let length = deck.length.unwrap_or_default();
    let way = if length > 0.0 { deck.position / length * STEPS } else { 0.0 };
    SlotPicture {
        path: deck.source.path.clone(),
        looping: deck.source.looping,
        word: deck.word(),
        // Casts from float saturate.
        place: [deck.position as u32, way as u32, length as u32],
    }
}

fn tenths(level: Decibels) -> i16 {
    // A cast from float saturates, so silence is a number too.
    (level.0 * 10.0).round() as i16
}

#[cfg(test)]
mod tests;
