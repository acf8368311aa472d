//! A deck: plays one clip at a time. What it is told to do never makes a step in its sound: what
//! stops fades out, what starts fades in, and what takes another's place does both at once.
//!
//! The position is a number of clip frames with a fraction, so that a clip made for another rate
//! goes on at the right pitch until a resampled one arrives.

use std::sync::Arc;

use busbar_dsp::{Clip, Growth, Ramp, SampleRate};

use crate::engine::SUB_BLOCK;
use crate::strip::Sides;
use crate::wiring::Retired;

/// How long fades take: short enough to be no fade, long enough to be no click.
pub const FADE_SECONDS: f64 = 0.004;

/// Fraction bits of a position.
const FRACTION_BITS: u32 = 24;
const ONE_FRAME: u64 = 1 << FRACTION_BITS;

/// A clip as it is given to a deck.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The samples.
    pub clip: Arc<Clip>,
    /// The rate they were made for; the engine's, unless that has changed since.
    pub rate: SampleRate,
    /// Says which load this is, to whoever asked for it.
    pub ticket: u64,
    /// Begins again when it has come to its end.
    pub looping: bool,
    /// Begins to play as it arrives, if it is another load than the one before.
    pub starts: bool,
}

/// One sounding place in a clip.
#[derive(Clone, Debug)]
struct Voice {
    loaded: Loaded,
    /// The next frame to play.
    position: u64,
    step: u64,
    level: Ramp,
    looping: bool,
    /// Whether it is to be heard, as far as there is anything.
    wanted: bool,
    /// It fades out because the clip ends.
    ending: bool,
}

/// What a deck is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// Goes on from where it is.
    Play,
    /// Stays where it is.
    Stop,
    /// Goes to a frame of the clip.
    Seek(u64),
    /// Begins again when it has come to the end, or not.
    Loop(bool),
}

/// Plays a clip into a bus.
#[derive(Debug, Default)]
pub(crate) struct Deck {
    voice: Option<Voice>,
    /// What sounded before, on its way out.
    leaving: Option<Voice>,
    playing: bool,
    looping: bool,
}

impl Deck {
    /// Whether an order or another clip can be taken now: a fade that is under way is not cut
    /// short. Realtime-safe.
    pub fn is_free(&self) -> bool {
        self.leaving.is_none()
    }

    /// Whether there may be anything to hear. Realtime-safe.
    pub fn has_clip(&self) -> bool {
        self.voice.is_some() || self.leaving.is_some()
    }

    /// Goes on at another rate of the engine.
    pub fn set_rate(&mut self, rate: SampleRate) {
        for voice in self.voice.iter_mut().chain(&mut self.leaving) {
            voice.step = step(voice.loaded.rate, rate);
        }
    }

    /// The ticket of the clip that is on the deck. Realtime-safe.
    pub fn ticket(&self) -> Option<u64> {
        self.voice.as_ref().map(|voice| voice.loaded.ticket)
    }

    /// The clip frame that comes next. Realtime-safe.
    pub fn position(&self) -> u64 {
        self.voice.as_ref().map_or(0, |voice| voice.position >> FRACTION_BITS)
    }

    /// Whether it plays, or would if there were something to play. Realtime-safe.
    pub fn is_playing(&self) -> bool {
        self.playing
    }

    /// Takes another clip, or none. The deck must be free. Realtime-safe.
    ///
    /// The same load at another rate (the same ticket) goes on where the old one is.
    pub fn install(&mut self, loaded: Option<Loaded>, rate: SampleRate, frame: u64, fade: u32) {
        let old = self.voice.take();
        self.looping = loaded.as_ref().map_or(self.looping, |loaded| loaded.looping);
        self.voice = loaded.map(|loaded| {
            let same = old.as_ref().filter(|old| old.loaded.ticket == loaded.ticket);
            self.playing |= loaded.starts && same.is_none();
            let position = same.map_or(0, |old| old.position_at(loaded.rate));
            Voice::new(loaded, rate, position, self.looping, self.playing)
        });
        self.leave(old, frame, fade);
    }

    /// Does what it is told. The deck must be free. Realtime-safe.
    pub fn order(&mut self, order: Order, frame: u64, fade: u32) {
        match order {
            Order::Play => self.set_playing(true),
            Order::Stop => self.set_playing(false),
            Order::Seek(to) => self.seek(to, frame, fade),
            Order::Loop(on) => self.set_looping(on, frame, fade),
        }
    }

    /// Without the loop there may be too little left to fade in: then what goes round fades out
    /// going round, and the deck has come to its end.
    fn set_looping(&mut self, on: bool, frame: u64, fade: u32) {
        self.looping = on;
        let Some(mut voice) = self.voice.take() else { return };
        let too_little =
            voice.loop_length().is_some() && voice.lasts(voice.ahead().0) <= fade.into();
        if on || !too_little {
            voice.looping = on;
            self.voice = Some(voice);
            return;
        }
        let mut ended = Voice { looping: false, level: Ramp::steady(0.0), ..voice.clone() };
        ended.rewind();
        self.playing = false;
        self.voice = Some(ended);
        self.leave(Some(voice), frame, fade);
    }

    fn set_playing(&mut self, on: bool) {
        self.playing = on;
        if let Some(voice) = &mut self.voice {
            voice.wanted = on;
        }
    }

    fn seek(&mut self, to: u64, frame: u64, fade: u32) {
        let Some(old) = self.voice.take() else { return };
        let to = to.saturating_mul(ONE_FRAME);
        let mut voice = Voice { position: to, level: Ramp::steady(0.0), ..old.clone() };
        voice.ending = false;
        self.voice = Some(voice);
        self.leave(Some(old), frame, fade);
    }

    fn leave(&mut self, old: Option<Voice>, frame: u64, fade: u32) {
        self.leaving = old;
        if let Some(leaving) = &mut self.leaving {
            leaving.wanted = false;
            leaving.level.head_for(0.0, frame, fade);
        }
    }

    /// Frames until a fade of this deck arrives or has to begin. Realtime-safe.
    pub fn next_turn(&self, frame: u64, fade: u32) -> Option<u32> {
        self.voice
            .iter()
            .chain(&self.leaving)
            .filter_map(|voice| voice.next_turn(frame, fade))
            .min()
    }

    /// Adds what sounds to a bus. Realtime-safe.
    pub fn play(&mut self, frame: u64, fade: u32, bus: &mut Sides, frames: usize) {
        if let Some(voice) = &mut self.voice {
            voice.play(frame, fade, bus, frames);
            if voice.ending && voice.level.settled(frame + frames as u64).is_some() {
                self.playing = false;
                voice.rewind();
            }
        }
        if let Some(leaving) = &mut self.leaving {
            leaving.play(frame, fade, bus, frames);
        }
    }

    /// What has faded out by `frame`, to be sent home. Realtime-safe.
    pub fn take_retired(&mut self, frame: u64) -> Option<Retired> {
        let gone = |voice: &mut Voice| voice.level.settled(frame) == Some(0.0);
        self.leaving.take_if(gone).map(|voice| Retired(voice.loaded.clip))
    }
}

impl Voice {
    fn new(loaded: Loaded, rate: SampleRate, position: u64, looping: bool, wanted: bool) -> Self {
        let (step, level) = (step(loaded.rate, rate), Ramp::steady(0.0));
        Self { loaded, position, step, level, looping, wanted, ending: false }
    }

    /// The same place in the same sound at another rate.
    fn position_at(&self, rate: SampleRate) -> u64 {
        (self.position as f64 * rate.hertz() / self.loaded.rate.hertz()) as u64
    }

    fn rewind(&mut self) {
        (self.position, self.wanted, self.ending) = (0, false, false);
    }

    /// Clip frames that are ready from the position on, and whether more will come.
    fn ahead(&self) -> (u64, bool) {
        // In this order: a clip that grows no more has its last frames.
        let growing = self.loaded.clip.growth() == Growth::Growing;
        let ready = self.loaded.clip.ready();
        (ready.saturating_sub(self.position >> FRACTION_BITS), growing)
    }

    /// Engine frames that the clip frames ahead last for.
    fn lasts(&self, clip_frames: u64) -> u64 {
        (clip_frames << FRACTION_BITS).saturating_sub(self.position & (ONE_FRAME - 1))
            / self.step.max(1)
    }

    fn next_turn(&self, frame: u64, fade: u32) -> Option<u32> {
        let arrives = Some(self.level.remaining(frame)).filter(|left| *left > 0);
        let (ahead, growing) = self.ahead();
        // A clip that goes on for ever, or may yet grow, has no end to prepare for.
        let has_end = !growing && !self.looping && self.wanted;
        let end = has_end.then(|| self.lasts(ahead).saturating_sub(fade.into()));
        let end = end.filter(|left| *left > 0).map(|left| left.min(u32::MAX.into()) as u32);
        arrives.into_iter().chain(end).min()
    }

    fn play(&mut self, frame: u64, fade: u32, bus: &mut Sides, frames: usize) {
        self.mind_the_end(frame, frames, fade);
        if self.level.settled(frame) == Some(0.0) {
            return;
        }
        let mut sides = [[0.0; SUB_BLOCK]; 2];
        self.fetch(&mut sides, frames);
        let mut levels = [0.0; SUB_BLOCK];
        self.level.fill(frame, &mut levels[..frames]);
        for (side, bus) in sides.iter().zip(bus) {
            busbar_dsp::mix::accumulate(&mut bus[..frames], &side[..frames], &levels[..frames]);
        }
    }

    /// Fades out in time before the clip ends, or before what has been decoded by now does, and in
    /// again when there is more.
    fn mind_the_end(&mut self, frame: u64, frames: usize, fade: u32) {
        let (ahead, growing) = self.ahead();
        // A loop has no end.
        let lasts = self.loop_length().map_or_else(|| self.lasts(ahead), |_| u64::MAX);
        let needed = if growing { u64::from(fade) + frames as u64 } else { fade.into() };
        let goes_on = lasts > needed;
        if self.wanted && goes_on {
            self.level.head_for(1.0, frame, fade);
        } else {
            let length = lasts.min(fade.into()) as u32;
            self.level.head_for(0.0, frame, length);
            // After a change of rate what is left may be used up faster than was planned.
            self.level.hasten(frame, length);
        }
        self.ending = self.wanted && !goes_on && !growing;
    }

    /// Reads the next frames and moves on.
    fn fetch(&mut self, sides: &mut Sides, frames: usize) {
        if self.step == ONE_FRAME && self.position & (ONE_FRAME - 1) == 0 {
            self.fetch_as_it_is(sides, frames);
        } else {
            let [left, right] = sides;
            for (left, right) in left[..frames].iter_mut().zip(right) {
                self.wrap();
                [*left, *right] = self.between();
                self.position = self.position.saturating_add(self.step);
            }
        }
    }

    fn fetch_as_it_is(&mut self, sides: &mut Sides, frames: usize) {
        let mut at = 0;
        while at < frames {
            self.wrap();
            let [left, right] = sides;
            let from = self.position >> FRACTION_BITS;
            let got = self.loaded.clip.read(from, &mut left[at..frames], &mut right[at..frames]);
            if got == 0 {
                return;
            }
            at += got;
            self.position += got as u64 * ONE_FRAME;
        }
    }

    /// The value between two frames, on a curve through four.
    fn between(&self) -> [f32; 2] {
        let at = self.position >> FRACTION_BITS;
        let share = (self.position & (ONE_FRAME - 1)) as f32 / ONE_FRAME as f32;
        let (mut left, mut right) = ([0.0; 4], [0.0; 4]);
        for ((left, right), offset) in left.iter_mut().zip(&mut right).zip(0..) {
            if let Some(frame) = self.neighbour(at, offset) {
                self.loaded.clip.read(
                    frame,
                    std::slice::from_mut(left),
                    std::slice::from_mut(right),
                );
            }
        }
        [curve(left, share), curve(right, share)]
    }

    /// The frame before `at` (offset 0), that frame, and those after it; a loop goes round.
    fn neighbour(&self, at: u64, offset: u64) -> Option<u64> {
        match self.loop_length() {
            Some(length) => Some((at + offset + length - 1) % length),
            None => (at + offset).checked_sub(1),
        }
    }

    /// The frames that go round; `None` without a loop, or while nobody knows where it ends.
    fn loop_length(&self) -> Option<u64> {
        let (_, growing) = self.ahead();
        Some(self.loaded.clip.ready()).filter(|ready| self.looping && !growing && *ready > 0)
    }

    /// Goes back to where the loop begins.
    fn wrap(&mut self) {
        if let Some(length) = self.loop_length() {
            self.position %= length << FRACTION_BITS;
        }
    }
}

/// How far a clip moves on in a frame of the engine.
fn step(clip: SampleRate, engine: SampleRate) -> u64 {
    (clip.hertz() / engine.hertz() * ONE_FRAME as f64).round() as u64
}

/// A cubic through the middle two of four values, with the slopes of their neighbours.
fn curve([a, b, c, d]: [f32; 4], share: f32) -> f32 {
    let slope_b = 0.5 * (c - a);
    let slope_c = 0.5 * (d - b);
    let third = 2.0 * (b - c) + slope_b + slope_c;
    let second = 3.0 * (c - b) - 2.0 * slope_b - slope_c;
    ((third * share + second) * share + slope_b) * share + b
}
