//! The two parcels that travel between FFmpeg's parts: compressed packets and decoded frames.

use std::ptr::NonNull;

use ffmpeg_sys_the_third as ff;

use super::layout::{Speakers, native_mask};
use crate::error::Reason;

/// A packet, used again and again.
pub(crate) struct Packet(NonNull<ff::AVPacket>);

// SAFETY: FFmpeg's objects belong to no thread, and this one is owned here alone.
unsafe impl Send for Packet {}

impl Packet {
    pub fn new() -> Result<Self, Reason> {
        // SAFETY: no conditions; null is answered below.
        NonNull::new(unsafe { ff::av_packet_alloc() }).map(Self).ok_or(Reason::OutOfMemory)
    }

    pub(super) fn as_ptr(&self) -> *mut ff::AVPacket {
        self.0.as_ptr()
    }

    /// The stream that it belongs to and its size in bytes.
    pub(super) fn stream_and_size(&self) -> (usize, u64) {
        // SAFETY: the packet is alive and only borrowed here.
        let packet = unsafe { self.0.as_ref() };
        (usize::try_from(packet.stream_index).unwrap_or(usize::MAX), packet.size.max(0) as u64)
    }

    /// Lets go of the contents.
    pub fn clear(&mut self) {
        // SAFETY: the packet is alive; nothing else refers to it.
        unsafe { ff::av_packet_unref(self.as_ptr()) }
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        // SAFETY: allocated in `new`, freed once.
        unsafe { ff::av_packet_free(&mut self.as_ptr()) }
    }
}

/// A decoded frame, used again and again.
pub(crate) struct Frame(NonNull<ff::AVFrame>);

// SAFETY: as for `Packet`.
unsafe impl Send for Frame {}

impl Frame {
    pub fn new() -> Result<Self, Reason> {
        // SAFETY: no conditions; null is answered below.
        NonNull::new(unsafe { ff::av_frame_alloc() }).map(Self).ok_or(Reason::OutOfMemory)
    }

    pub(super) fn as_ptr(&self) -> *mut ff::AVFrame {
        self.0.as_ptr()
    }

    pub(super) fn get(&self) -> &ff::AVFrame {
        // SAFETY: the frame is alive, and FFmpeg changes it only in calls that borrow it mutably.
        unsafe { self.0.as_ref() }
    }

    /// The number of samples in each channel.
    pub fn samples(&self) -> usize {
        self.get().nb_samples.max(0) as usize
    }

    /// The number of channels.
    pub fn width(&self) -> usize {
        self.get().ch_layout.nb_channels.max(0) as usize
    }

    /// Its channels.
    pub fn speakers(&self) -> Speakers {
        Speakers { width: self.width(), mask: native_mask(&self.get().ch_layout) }
    }

    /// Lets go of the contents.
    pub fn clear(&mut self) {
        // SAFETY: the frame is alive; nothing else refers to it.
        unsafe { ff::av_frame_unref(self.as_ptr()) }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // SAFETY: allocated in `new`, freed once.
        unsafe { ff::av_frame_free(&mut self.as_ptr()) }
    }
}
