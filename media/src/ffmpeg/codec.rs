//! Codecs: packets in, frames out.

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use ffmpeg_sys_the_third as ff;

use super::error::check;
use super::{Demuxer, Frame, Packet, text};
use crate::error::Reason;
use crate::format::Limits;

/// Samples of all channels in one block at the most, which are 256 MiB: FFmpeg's own limit is for
/// each channel alone.
const MOST_SAMPLES: i64 = 1 << 26;

/// An open decoder.
pub(crate) struct Codec {
    context: NonNull<ff::AVCodecContext>,
    name: String,
}

// SAFETY: FFmpeg's objects belong to no thread, and this one is owned here alone.
unsafe impl Send for Codec {}

/// What came of asking for a frame.
pub(crate) enum Received {
    /// One is there.
    Frame,
    /// Another packet is needed first.
    Hungry,
    /// There will be no more.
    End,
    /// Something could not be decoded; what comes after it may be good.
    Damaged,
    /// The memory for a frame could not be had.
    OutOfMemory,
}

impl Codec {
    /// Sets up the decoder for the stream that is played.
    pub fn open(demuxer: &Demuxer, limits: &Limits) -> Result<Self, Reason> {
        let stream = demuxer.stream();
        // SAFETY: a stream has parameters; a decoder is static, or null where there is none.
        let (id, decoder) = unsafe {
            let id = (*stream.codecpar).codec_id;
            (id, ff::avcodec_find_decoder(id))
        };
        if decoder.is_null() {
            // SAFETY: every id has a static name.
            return Err(Reason::NoDecoder(unsafe { text(ff::avcodec_get_name(id)) }));
        }
        // SAFETY: the decoder is static.
        let context = unsafe { ff::avcodec_alloc_context3(decoder) };
        let not_null = NonNull::new(context).ok_or(Reason::OutOfMemory)?;
        // SAFETY: every id has a static name.
        let codec = Self { context: not_null, name: unsafe { text(ff::avcodec_get_name(id)) } };
        // SAFETY: context and parameters are alive, and the parameters are only read.
        check(unsafe { ff::avcodec_parameters_to_context(context, stream.codecpar) })?;
        // SAFETY: the context is alive and nobody else's.
        configure(unsafe { &mut *context }, demuxer, limits);
        // SAFETY: as above; the decoder is the one that the context was made for.
        check(unsafe {
            set_uncompressed(context);
            ff::avcodec_open2(context, decoder, ptr::null_mut())
        })?;
        Ok(codec)
    }

    /// The codec's short name.
    pub fn short_name(&self) -> &str {
        &self.name
    }

    /// The number of channels and the rate of the frame that was received last, before the first
    /// those that the container announces. Of a frame itself FFmpeg may name the rate of the one
    /// before.
    pub fn width_and_rate(&self) -> (usize, u32) {
        let context = self.get();
        (context.ch_layout.nb_channels.max(0) as usize, context.sample_rate.max(0) as u32)
    }

    /// Forgets all that it took, for packets from another place.
    pub fn flush(&mut self) {
        // SAFETY: the context is open.
        unsafe { ff::avcodec_flush_buffers(self.context.as_ptr()) }
    }

    /// Takes a packet, or with `None` the news that there are no more. Returns whether it could
    /// make anything of it.
    pub fn send(&mut self, packet: Option<&Packet>) -> bool {
        let packet = packet.map_or(ptr::null(), |packet| packet.as_ptr().cast_const());
        // SAFETY: the context is open; the packet is null or alive, and is not changed.
        unsafe { ff::avcodec_send_packet(self.context.as_ptr(), packet) >= 0 }
    }

    /// Asks for a frame.
    pub fn receive(&mut self, frame: &mut Frame) -> Received {
        const HUNGRY: c_int = ff::AVERROR(libc::EAGAIN);
        const OUT_OF_MEMORY: c_int = ff::AVERROR(libc::ENOMEM);
        // SAFETY: both are alive and borrowed by nobody else; FFmpeg overwrites the frame.
        match unsafe { ff::avcodec_receive_frame(self.context.as_ptr(), frame.as_ptr()) } {
            0 => Received::Frame,
            HUNGRY => Received::Hungry,
            ff::AVERROR_EOF => Received::End,
            OUT_OF_MEMORY => Received::OutOfMemory,
            _ => Received::Damaged,
        }
    }

    fn get(&self) -> &ff::AVCodecContext {
        // SAFETY: alive, and FFmpeg changes it only in calls that borrow it mutably.
        unsafe { self.context.as_ref() }
    }
}

impl Drop for Codec {
    fn drop(&mut self) {
        // SAFETY: allocated in `open`, freed once.
        unsafe { ff::avcodec_free_context(&mut self.context.as_ptr()) }
    }
}

fn configure(context: &mut ff::AVCodecContext, demuxer: &Demuxer, limits: &Limits) {
    // The clock of the packets, without which FFmpeg cannot shift times by what it cuts off.
    context.pkt_timebase = demuxer.stream().time_base;
    // Workers decode side by side: threads within a decoder would only get in their way.
    context.thread_count = 1;
    let channels = i64::from(context.ch_layout.nb_channels.max(1));
    context.max_samples = i64::from(limits.block_frames).min(MOST_SAMPLES / channels);
    // There is no picture to decode.
    context.max_pixels = 1;
    if demuxer.is_lossless() {
        // Checksums exist to be looked at: damage would be noise at full level.
        context.err_recognition |= ff::AV_EF_CRCCHECK | ff::AV_EF_EXPLODE;
    }
}

/// AC-3 carries a dynamic compression of its own, which must not colour what is measured.
///
/// # Safety
/// The context is alive.
unsafe fn set_uncompressed(context: *mut ff::AVCodecContext) {
    let (key, value) = (c"drc_scale".as_ptr(), c"0".as_ptr());
    // SAFETY: a context begins with its class, which is what options are set by; the strings are
    // copied. Decoders without the option answer with an error, which is as good.
    unsafe { ff::av_opt_set(context.cast(), key, value, ff::AV_OPT_SEARCH_CHILDREN) };
}
