//! From a file's channels and rate to stereo at the rate of whoever plays it.
//!
//! Mono goes to both sides as it is, stereo stays stereo. More channels are mixed down by
//! swresample's own matrix, which is that of ITU-R BS.775: centre and surrounds at −3 dB to the
//! sides they are on, the LFE left out, nothing scaled back. Where nothing says what more than two
//! channels are for, the first two are played.

use std::ffi::{CStr, c_int};
use std::ptr;

use busbar_dsp::SampleRate;
use ffmpeg_sys_the_third as ff;

use super::Speakers;
use super::convert::MOST_CHANNELS;
use super::error::check;
use super::layout::Layout;
use crate::error::Reason;
use crate::planar::Planar;

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
    /// Null where samples pass as they are.
    context: *mut ff::SwrContext,
    /// Channels of the file that are taken, from the first on.
    taken: usize,
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
    pub fn new(speakers: Speakers, from: SampleRate, to: SampleRate) -> Result<Self, Reason> {
        super::about();
        let ratio = Ratio::new(from, to).ok_or(Reason::OverLimit("sample rate"))?;
        let mut stereo = Self {
            context: ptr::null_mut(),
            taken: speakers.width.min(MOST_CHANNELS),
            ratio,
            fed: 0,
            given: 0,
            out: Planar::new(),
        };
        if speakers.width > 2 && stereo.set_up(speakers).is_err() {
            stereo.taken = 2;
            stereo.free();
        }
        if stereo.context.is_null() && !ratio.is_one() {
            stereo.set_up(Speakers { width: stereo.taken, mask: 0 })?;
        }
        Ok(stereo)
    }

    /// Takes a block and gives what is ready by now, which may be nothing.
    pub fn convert<'a>(&'a mut self, block: &'a Planar) -> Result<Sides<'a>, Reason> {
        self.fed += block.frames() as u64;
        if self.context.is_null() {
            self.given = self.fed;
            return Ok([block.channel(0), block.channel(self.taken.min(2) - 1)]);
        }
        let mut planes = [ptr::null::<u8>(); MOST_CHANNELS];
        for (plane, channel) in planes.iter_mut().zip(block.channels()) {
            *plane = channel.as_ptr().cast();
        }
        // SAFETY: each of the channels that the context was made for has as many frames.
        unsafe { self.run(planes, block.frames()) }?;
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
        unsafe { self.run([silence.as_ptr().cast(); MOST_CHANNELS], SILENCE) }?;
        self.out.truncate(usize::try_from(missing).unwrap_or(usize::MAX));
        self.given += self.out.frames() as u64;
        Ok(Some(self.sides()))
    }

    fn sides(&self) -> Sides<'_> {
        [self.out.channel(0), self.out.channel(self.out.width() - 1)]
    }

    /// # Safety
    /// The first `taken` planes have as many frames each.
    unsafe fn run(
        &mut self,
        mut planes: [*const u8; MOST_CHANNELS],
        frames: usize,
    ) -> Result<(), Reason> {
        let count = c_int::try_from(frames).map_err(|_| Reason::OverLimit("length of a block"))?;
        // SAFETY: the context is set up.
        let room = check(unsafe { ff::swr_get_out_samples(self.context, count) })?;
        let width = self.taken.min(2);
        self.out.prepare(width, room as usize).map_err(|_| Reason::OutOfMemory)?;
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

    fn set_up(&mut self, speakers: Speakers) -> Result<(), Reason> {
        let mut from = Layout::for_speakers(speakers);
        let mut to = Layout::usual(speakers.width.min(2));
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

    fn free(&mut self) {
        // SAFETY: ours, or null; null afterwards.
        unsafe { ff::swr_free(&mut self.context) }
    }
}

impl Drop for Stereo {
    fn drop(&mut self) {
        self.free();
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
