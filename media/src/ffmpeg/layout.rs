//! Which channel is for which speaker.

use std::mem;

use ffmpeg_sys_the_third as ff;

use super::error::check;
use crate::error::Reason;
use crate::speakers::{Speakers, speaker};

/// What the channels of a layout are for.
pub(super) fn speakers(layout: &ff::AVChannelLayout) -> Speakers {
    let width = layout.nb_channels.max(0) as usize;
    match layout.order {
        ff::AVChannelOrder::NATIVE => Speakers::of_mask(width, native_mask(layout)),
        ff::AVChannelOrder::CUSTOM => {
            // SAFETY: with this order the map is the member of the union that is set, and it has
            // an entry for each channel.
            let map = unsafe { std::slice::from_raw_parts(layout.u.map, width) };
            Speakers::told(map.iter().map(|channel| speaker(channel.id.0 as u32)).collect())
        }
        _ => Speakers::usual(width),
    }
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
