//! From a file's channels and rate to stereo at the rate of whoever plays it.
//!
//! Mono goes to both sides as it is, stereo stays stereo, more channels are mixed down as
//! [`Speakers::gains`] says. Only then the rate is changed, which so costs the same for any file.

use std::ffi::{CStr, c_int};
use std::ptr;

use busbar_dsp::SampleRate;
use ffmpeg_sys_the_third as ff;

use super::error::check;
use super::layout::Layout;
use crate::error::Reason;
use crate::planar::Planar;
use crate::speakers::Speakers;

/// Taps of the filter at the lower of the two rates. With the window and the edge below it lets
/// everything up to 0.907 of the lower rate's half pass, and nothing from 1.0 on: at 44.1 kHz
/// flat to 20 kHz, and gone at 22.05 kHz.
const TAPS: i64 = 160;
/// How far the stop-band is below the pass-band, as the shape of Kaiser's window: about 100 dB.
const KAISER_BETA: f64 = 10.0;
/// The middle of the edge, as a part of the lower rate's half.
const EDGE: f64 = 0.9535;
/// Phases, as a power of two, where the rates have no common measure; between them it is linear.
const PHASES: i64 = 10;

/// Frames of silence that are fed at a time to get the end of the sound out.
const SILENCE: usize = 1024;

/// A block of stereo, both sides equally long.
pub(crate) type Sides<'a> = [&'a [f32]; 2];

/// Converts blocks in the order of the file.
pub(crate) struct Stereo {
    /// Null where samples pass at the rate they have.
    context: *mut ff::SwrContext,
    /// How much of each channel goes to each side; empty where the one channel, or the two, pass
    /// as they are.
    gains: Vec<[f32; 2]>,
    mixed: Planar,
    /// Channels whose rate is changed: one or two.
    width: usize,
    ratio: Ratio,
    /// Frames of the file that went in, and frames that came out.
    fed: u64,
    given: u64,
    out: Planar,
}

// SAFETY: FFmpeg's objects belong to no thread, and this one is owned here alone.
unsafe impl Send for Stereo {}

impl Stereo {
    /// A converter of blocks with these channels at this rate.
    pub fn new(speakers: &Speakers, from: SampleRate, to: SampleRate) -> Result<Self, Reason> {
        super::about();
        let ratio = Ratio::new(from, to).ok_or(Reason::OverLimit("sample rate"))?;
        let gains = speakers.gains();
        let is_as_it_is = matches!(&*gains, [_] | [[1.0, 0.0], [0.0, 1.0]]);
        let mut stereo = Self {
            context: ptr::null_mut(),
            gains: if is_as_it_is { Vec::new() } else { gains },
            mixed: Planar::new(),
            width: speakers.width().min(2),
            ratio,
            fed: 0,
            given: 0,
            out: Planar::new(),
        };
        if !ratio.is_one() {
            stereo.set_up()?;
        }
        Ok(stereo)
    }

    /// Takes a block and gives what is ready by now, which may be nothing.
    pub fn convert<'a>(&'a mut self, block: &'a Planar) -> Result<Sides<'a>, Reason> {
        self.fed += block.frames() as u64;
        let is_mixed = !self.gains.is_empty();
        if is_mixed {
            self.mixed.mix(block, &self.gains).map_err(|_| Reason::OutOfMemory)?;
        }
        if self.context.is_null() {
            self.given = self.fed;
            let block = if is_mixed { &self.mixed } else { block };
            return Ok([block.channel(0), block.channel(self.width - 1)]);
        }
        let block = if is_mixed { &self.mixed } else { block };
        let mut planes = [ptr::null::<u8>(); 2];
        for (plane, channel) in planes.iter_mut().zip(block.channels()) {
            *plane = channel.as_ptr().cast();
        }
        let frames = block.frames();
        // SAFETY: each of the channels that the context was made for has as many frames.
        unsafe { self.run(planes, frames) }?;
        self.given += self.out.frames() as u64;
        Ok(self.sides())
    }

    /// After the last block: gives what is still to come, piece by piece, and then `None`. The
    /// whole is as long as the file is, at the new rate, to the frame.
    pub fn finish(&mut self) -> Result<Option<Sides<'_>>, Reason> {
        let missing = self.ratio.frames(self.fed).saturating_sub(self.given);
        if missing == 0 {
            return Ok(None);
        }
        // As if silence came after the file: the library's own way of ending it would repeat the
        // last frames backwards, and lose files that are shorter than its filter.
        let silence = [0f32; SILENCE];
        // SAFETY: every channel is this silence.
        unsafe { self.run([silence.as_ptr().cast(); 2], SILENCE) }?;
        self.out.truncate(usize::try_from(missing).unwrap_or(usize::MAX));
        self.given += self.out.frames() as u64;
        Ok(Some(self.sides()))
    }

    fn sides(&self) -> Sides<'_> {
        [self.out.channel(0), self.out.channel(self.out.width() - 1)]
    }

    /// # Safety
    /// The first `width` planes have as many frames each.
    unsafe fn run(&mut self, mut planes: [*const u8; 2], frames: usize) -> Result<(), Reason> {
        let count = c_int::try_from(frames).map_err(|_| Reason::OverLimit("length of a block"))?;
        // SAFETY: the context is set up.
        let room = check(unsafe { ff::swr_get_out_samples(self.context, count) })?;
        self.out.prepare(self.width, room as usize).map_err(|_| Reason::OutOfMemory)?;
        let mut sides = [ptr::null_mut::<u8>(); 2];
        for (side, channel) in sides.iter_mut().zip(self.out.channels_mut()) {
            *side = channel.as_mut_ptr().cast();
        }
        // SAFETY: the planes by the caller's promise; each side has `room` frames.
        let written = check(unsafe {
            ff::swr_convert(self.context, sides.as_mut_ptr(), room, planes.as_mut_ptr(), count)
        })?;
        self.out.truncate(written as usize);
        Ok(())
    }

    fn set_up(&mut self) -> Result<(), Reason> {
        let mut from = Layout::usual(self.width);
        let mut to = Layout::usual(self.width);
        // SAFETY: the layouts are alive and are copied; an old context is reused or freed.
        check(unsafe {
            ff::swr_alloc_set_opts2(
                &mut self.context,
                &mut to.0,
                ff::AVSampleFormat::FLTP,
                self.ratio.to,
                &mut from.0,
                ff::AVSampleFormat::FLTP,
                self.ratio.from,
                0,
                ptr::null_mut(),
            )
        })?;
        self.set(c"filter_size", TAPS)?;
        self.set(c"phase_shift", PHASES)?;
        self.set(c"linear_interp", 1)?;
        self.set(c"exact_rational", 1)?;
        self.set(c"filter_type", i64::from(ff::SwrFilterType::KAISER.0))?;
        // The library knows the edge as a part of the new rate's half.
        let edge = EDGE * (f64::from(self.ratio.from) / f64::from(self.ratio.to)).min(1.0);
        // SAFETY: a context begins with its class, which is what options are set by.
        unsafe {
            let context = self.context.cast();
            check(ff::av_opt_set_double(context, c"kaiser_beta".as_ptr(), KAISER_BETA, 0))?;
            check(ff::av_opt_set_double(context, c"cutoff".as_ptr(), edge, 0))?;
            check(ff::swr_init(self.context))?;
        }
        Ok(())
    }

    fn set(&mut self, option: &CStr, value: i64) -> Result<(), Reason> {
        // SAFETY: as in `set_up`.
        check(unsafe { ff::av_opt_set_int(self.context.cast(), option.as_ptr(), value, 0) })?;
        Ok(())
    }
}

impl Drop for Stereo {
    fn drop(&mut self) {
        // SAFETY: ours, or null.
        unsafe { ff::swr_free(&mut self.context) }
    }
}

/// Two rates as whole numbers, of which only the ratio counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ratio {
    from: c_int,
    to: c_int,
}

impl Ratio {
    /// Whole hertz are exact, others are to a thousandth; `None` for what swresample cannot hold.
    fn new(from: SampleRate, to: SampleRate) -> Option<Self> {
        let (from, to) = (from.hertz(), to.hertz());
        let is_whole = from.fract() == 0.0 && to.fract() == 0.0;
        let scale = if is_whole { 1.0 } else { 1000.0 };
        let whole = |hertz: f64| {
            let scaled = (hertz * scale).round();
            (1.0..=f64::from(c_int::MAX)).contains(&scaled).then_some(scaled as c_int)
        };
        Some(Self { from: whole(from)?, to: whole(to)? })
    }

    fn is_one(self) -> bool {
        self.from == self.to
    }

    /// How many frames at the new rate are as long as so many at the old one, to the nearest.
    fn frames(self, frames: u64) -> u64 {
        let (from, to) = (self.from as u128, self.to as u128);
        let nearest = (u128::from(frames) * to * 2 + from) / (from * 2);
        u64::try_from(nearest).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
#[path = "stereo_tests.rs"]
mod tests;
