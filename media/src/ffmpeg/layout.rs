//! Which channel is for which speaker.

use std::mem;

use ffmpeg_sys_the_third as ff;

use super::error::check;
use crate::error::Reason;

/// The channels of a file, as plain numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Speakers {
    pub width: usize,
    /// A bit for each speaker, in FFmpeg's order; 0 where the file does not say.
    pub mask: u64,
}

/// The speakers of a layout that FFmpeg has a bit for each of; 0 where it does not say.
pub(super) fn native_mask(layout: &ff::AVChannelLayout) -> u64 {
    if layout.order == ff::AVChannelOrder::NATIVE {
        // SAFETY: with this order the mask is the member of the union that is set.
        unsafe { layout.u.mask }
    } else {
        0
    }
}

/// A channel layout with what it owns.
pub(super) struct Layout(pub ff::AVChannelLayout);

impl Layout {
    /// A copy; where the file does not say which channel is which, the usual one for as many.
    pub fn of(layout: &ff::AVChannelLayout) -> Result<Self, Reason> {
        if layout.order == ff::AVChannelOrder::UNSPEC {
            return Ok(Self::usual(layout.nb_channels.max(0) as usize));
        }
        let mut copy = Self::zeroed();
        // SAFETY: both are alive; the target owns nothing yet.
        check(unsafe { ff::av_channel_layout_copy(&mut copy.0, layout) })?;
        Ok(copy)
    }

    pub fn usual(width: usize) -> Self {
        let mut layout = Self::zeroed();
        // SAFETY: the target is alive and owns nothing yet.
        unsafe { ff::av_channel_layout_default(&mut layout.0, width as i32) };
        layout
    }

    /// The layout of a file; the usual one for as many channels where it does not say.
    pub fn for_speakers(speakers: Speakers) -> Self {
        let mut layout = Self::zeroed();
        // SAFETY: the target is alive and owns nothing yet; a mask that makes no sense is refused.
        let code = unsafe { ff::av_channel_layout_from_mask(&mut layout.0, speakers.mask) };
        let fits = code >= 0 && usize::try_from(layout.0.nb_channels) == Ok(speakers.width);
        if fits { layout } else { Self::usual(speakers.width) }
    }

    fn zeroed() -> Self {
        // SAFETY: all zeros is how FFmpeg wants an empty layout.
        Self(unsafe { mem::zeroed() })
    }
}

impl Drop for Layout {
    fn drop(&mut self) {
        // SAFETY: alive, uninitialised once.
        unsafe { ff::av_channel_layout_uninit(&mut self.0) }
    }
}
