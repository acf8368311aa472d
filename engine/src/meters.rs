//! Readings on their way out of the callback.
//!
//! The writer closes a frame about 60 times a second. When the queue is full it does not drop it:
//! the frame stays open and the next one folds into it. So however slow the reader is, every peak
//! arrives, and the energies always belong to the frames they were measured over.

use busbar_dsp::meter::Reading;
use rtrb::{Consumer, Producer};

use crate::BUSES;

/// Meter frames a second.
pub const FRAMES_A_SECOND: f64 = 60.0;

/// Where is measured: every bus after its fader, and the programme.
pub const POINTS: usize = BUSES + 1;

/// The master's place among the points; the buses come before it.
pub const MASTER: usize = BUSES;

/// What was measured at one point: left and right.
pub type Point = [Reading; 2];

/// What was measured at all points over a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MeterFrame {
    /// The absolute frame after the last one measured.
    pub end: u64,
    /// Audio frames measured; more than a hop when the reader was late.
    pub frames: u64,
    /// The buses, then the master.
    pub points: [Point; POINTS],
    /// Samples that were no audio (NaN, infinite, absurd) and have been silenced.
    pub silenced: u32,
}

impl MeterFrame {
    /// Adds a later frame to this one: no peak is lost.
    pub fn fold(&mut self, later: &Self) {
        self.end = later.end;
        self.frames += later.frames;
        self.silenced = self.silenced.saturating_add(later.silenced);
        for (point, later) in self.points.iter_mut().flatten().zip(later.points.iter().flatten()) {
            point.fold(later);
        }
    }
}

/// The audio thread's end.
#[derive(Debug)]
pub(crate) struct MeterWriter {
    queue: Producer<MeterFrame>,
    /// Being measured, or waiting for room.
    open: MeterFrame,
    /// Frames until `open` is offered.
    until_offer: u32,
}

impl MeterWriter {
    pub fn new(queue: Producer<MeterFrame>) -> Self {
        Self { queue, open: MeterFrame::default(), until_offer: 0 }
    }

    /// Frames that may be measured before the open frame has to be offered. Realtime-safe.
    pub fn room(&mut self, hop: u32) -> u32 {
        if self.until_offer == 0 {
            self.until_offer = hop;
        }
        self.until_offer
    }

    /// The frame to measure into. Realtime-safe.
    pub fn open(&mut self) -> &mut MeterFrame {
        &mut self.open
    }

    /// Says that `frames` (at most [`room`](Self::room)) have been measured, up to the absolute
    /// frame `end`. Realtime-safe.
    pub fn advance(&mut self, frames: u32, end: u64) {
        self.open.frames += u64::from(frames);
        self.open.end = end;
        self.until_offer -= frames;
        if self.until_offer == 0 && self.queue.push(self.open).is_ok() {
            self.open = MeterFrame::default();
        }
    }

    /// Lets the next frame have a full hop of a new length. Realtime-safe.
    pub fn restart_hop(&mut self) {
        self.until_offer = 0;
    }
}

/// The reader's end.
#[derive(Debug)]
pub struct MeterReader {
    queue: Consumer<MeterFrame>,
}

impl MeterReader {
    pub(crate) fn new(queue: Consumer<MeterFrame>) -> Self {
        Self { queue }
    }

    /// The next frame, oldest first. Never waits.
    pub fn next_frame(&mut self) -> Option<MeterFrame> {
        self.queue.pop().ok()
    }

    /// Everything since the last time, as one frame; `None` when there is nothing new.
    pub fn latest(&mut self) -> Option<MeterFrame> {
        let mut folded = self.next_frame()?;
        while let Some(later) = self.next_frame() {
            folded.fold(&later);
        }
        Some(folded)
    }
}
