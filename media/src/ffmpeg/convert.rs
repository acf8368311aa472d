//! From the decoder's sample format to planar `f32`.

use std::ptr;

use ffmpeg_sys_the_third as ff;

use super::Frame;
use super::error::check;
use super::layout::{Layout, native_mask};
use crate::error::Reason;
use crate::planar::Planar;

/// The most channels there are pointers for.
pub(crate) const MOST_CHANNELS: usize = 64;

/// Converts frames one by one, at the rate they have.
pub(crate) struct Converter {
    context: *mut ff::SwrContext,
    width: usize,
    // What the context was made for.
    input: Option<Input>,
}

// SAFETY: FFmpeg's objects belong to no thread, and this one is owned here alone.
unsafe impl Send for Converter {}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Input {
    format: i32,
    width: i32,
    mask: u64,
}

impl Converter {
    /// A converter to a number of channels, at most [`MOST_CHANNELS`].
    pub fn new(width: usize) -> Self {
        Self { context: ptr::null_mut(), width: width.min(MOST_CHANNELS), input: None }
    }

    /// Puts the samples of a frame into `out`. Where a file changes its number of channels on the
    /// way, what follows is mixed to the first.
    pub fn convert(&mut self, frame: &Frame, out: &mut Planar) -> Result<(), Reason> {
        self.adapt(frame.get())?;
        let samples = frame.samples();
        out.prepare(self.width, samples).map_err(|_| Reason::OutOfMemory)?;
        let mut planes = [ptr::null_mut::<u8>(); MOST_CHANNELS];
        for (plane, channel) in planes.iter_mut().zip(out.channels_mut()) {
            *plane = channel.as_mut_ptr().cast();
        }
        // SAFETY: the context was made for the form of this frame; each of its `width` planes has
        // room for as many samples as go in, and without a change of rate no more come out.
        let written = check(unsafe {
            let (count, data) = (frame.get().nb_samples, frame.get().extended_data);
            ff::swr_convert(self.context, planes.as_mut_ptr(), count, data.cast(), count)
        })?;
        out.truncate(written as usize);
        Ok(())
    }

    fn adapt(&mut self, frame: &ff::AVFrame) -> Result<(), Reason> {
        let input = Input {
            format: frame.format,
            width: frame.ch_layout.nb_channels,
            mask: native_mask(&frame.ch_layout),
        };
        if self.input == Some(input) {
            return Ok(());
        }
        self.input = None;
        let mut from = Layout::of(&frame.ch_layout)?;
        let same = self.width == from.0.nb_channels.max(0) as usize;
        let mut to = if same { Layout::of(&from.0)? } else { Layout::usual(self.width) };
        // SAFETY: the layouts are alive and are copied; an old context is reused or freed.
        check(unsafe {
            ff::swr_alloc_set_opts2(
                &mut self.context,
                &mut to.0,
                ff::AVSampleFormat::FLTP,
                frame.sample_rate,
                &mut from.0,
                ff::AVSampleFormat(frame.format),
                frame.sample_rate,
                0,
                ptr::null_mut(),
            )
        })?;
        // SAFETY: the context has just been given its settings.
        check(unsafe { ff::swr_init(self.context) })?;
        self.input = Some(input);
        Ok(())
    }
}

impl Drop for Converter {
    fn drop(&mut self) {
        // SAFETY: ours, or null.
        unsafe { ff::swr_free(&mut self.context) }
    }
}
