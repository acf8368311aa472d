//! The two parcels that travel between FFmpeg's parts: compressed packets and decoded frames.

use std::ptr::NonNull;

use ffmpeg_sys_the_third as ff;

use super::layout::speakers;
use crate::error::Reason;
use crate::speakers::Speakers;

/// What tells a packet from others of its stream, each time that it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Where in the file it is; negative where the container does not say. Packets that are stored
    /// together have the place in common.
    pub place: i64,
    /// When it is, in the stream's units.
    pub time: i64,
    /// What is in it, but not all of that.
    pub contents: u64,
}

impl Identity {
    /// Whether it is the same packet, whatever is thought of its time where its place is known.
    pub fn is(&self, other: &Self) -> bool {
        let is_there = self.place == other.place && self.contents == other.contents;
        is_there && (self.place >= 0 || self.time == other.time)
    }
}

/// Bytes of either end of a packet by which it is known.
const ENDS: usize = 64;

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

    /// What tells it from others.
    pub fn identity(&self) -> Identity {
        // SAFETY: as above.
        let packet = unsafe { self.0.as_ref() };
        let bytes = self.bytes();
        let ends = bytes.iter().take(ENDS).chain(bytes.iter().rev().take(ENDS));
        // FNV-1a.
        let contents = ends.fold(bytes.len() as u64 ^ 0xcbf2_9ce4_8422_2325, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Identity { place: packet.pos, time: packet.pts, contents }
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: as above; a packet has as many bytes as it says, or none.
        unsafe {
            let packet = self.0.as_ref();
            match usize::try_from(packet.size) {
                Ok(size) if !packet.data.is_null() => std::slice::from_raw_parts(packet.data, size),
                _ => &[],
            }
        }
    }

    /// Frames that are to be cut at its beginning.
    pub(super) fn lead(&mut self) -> u32 {
        self.cuts().and_then(|cuts| cuts.first_chunk()).map_or(0, |cut| u32::from_le_bytes(*cut))
    }

    /// Nothing is to be cut at its end.
    pub(super) fn keep_end(&mut self) {
        if let Some(end) = self.cuts().and_then(|cuts| cuts.get_mut(4..8)) {
            end.fill(0);
        }
    }

    /// The frames to be cut at its beginning and at its end, as four bytes each.
    fn cuts(&mut self) -> Option<&mut [u8]> {
        let mut size = 0;
        let kind = ff::AVPacketSideDataType::SKIP_SAMPLES;
        // SAFETY: the packet is alive; what is found is as long as is said, and is the packet's.
        unsafe {
            let data = ff::av_packet_get_side_data(self.as_ptr(), kind, &mut size);
            (!data.is_null()).then(|| std::slice::from_raw_parts_mut(data, size))
        }
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

    /// What its channels are for.
    pub fn speakers(&self) -> Speakers {
        speakers(&self.get().ch_layout)
    }

    /// Its time in the stream's units, if it has one.
    pub fn time(&self) -> Option<i64> {
        Some(self.get().pts).filter(|&time| time != ff::AV_NOPTS_VALUE)
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
