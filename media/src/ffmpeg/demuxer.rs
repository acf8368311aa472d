//! Containers: what a file is, which stream of it is played, and its packets.

use std::ffi::{CString, c_char};
use std::ptr::{self, NonNull};

use ffmpeg_sys_the_third as ff;

use super::io::Io;
use super::{Packet, text};
use crate::cancel::Cancel;
use crate::error::Reason;
use crate::format::Limits;
use crate::source::Source;

/// The containers that may be opened. Playlists and anything else that names other files are
/// left out, here as in the library itself.
const FORMATS: &str = "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,eac3,flac,flv,matroska,mov,mp3,mpc,\
    mpc8,mpeg,mpegts,ogg,tta,w64,wav,wv";

/// An open container.
pub(crate) struct Demuxer {
    context: NonNull<ff::AVFormatContext>,
    // After the context, which is closed in `drop` and knows of it.
    io: Io,
    stream: usize,
    announced: Option<Duration>,
    wav_frames: Option<u64>,
    delivered: u64,
}

// SAFETY: FFmpeg's objects belong to no thread, and this one is owned here alone.
unsafe impl Send for Demuxer {}

/// What came of asking for a packet.
pub(crate) enum Next {
    /// A packet of the stream that is played.
    Packet,
    /// Nothing yet.
    Again,
    /// There is no more.
    End,
}

/// The length that a header announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Announced {
    pub frames: u64,
    /// How many frames of it a complete decode may lack.
    pub slack: u64,
}

#[derive(Clone, Copy, Debug)]
struct Duration {
    ticks: u64,
    base: ff::AVRational,
    /// Of the whole file rather than of a stream.
    whole: bool,
}

impl Demuxer {
    /// Finds out what a file is, and chooses its main stream of sound.
    pub fn open(source: Source, limits: &Limits, cancel: &Cancel) -> Result<Self, Reason> {
        super::about();
        // Only the extension means anything to FFmpeg: no name of a file can be taken for a URL.
        let name = CString::new(format!("file.{}", source.extension)).unwrap_or_default();
        let wav_frames = source.wav_frames;
        let io = Io::new(source, limits, cancel)?;
        let format = recognise(&io, &name, limits)?;
        let context = open_context(&io, &name, format, limits)?;
        let mut demuxer =
            Self { context, io, stream: 0, announced: None, wav_frames, delivered: 0 };
        // Before the streams are looked into, because there FFmpeg fills gaps with estimates.
        let announced = demuxer.durations();
        demuxer.choose_stream()?;
        demuxer.announced = announced.get(demuxer.stream).copied().flatten();
        Ok(demuxer)
    }

    /// The container's short name.
    pub fn container(&self) -> String {
        // SAFETY: an open context has a format, and its name is a static string.
        unsafe { text((*(*self.context.as_ptr()).iformat).name) }
    }

    /// The length that the header announces, at the rate of the sound.
    pub fn announced(&self, rate: u32) -> Option<Announced> {
        if let Some(frames) = self.wav_frames.filter(|_| self.is_plain()) {
            return Some(Announced { frames, slack: 0 });
        }
        let Duration { ticks, base, whole } = self.announced?;
        let (num, den) = (u128::try_from(base.num).ok()?, u128::try_from(base.den).ok()?);
        let per_tick = num * u128::from(rate);
        let frames = (u128::from(ticks) * per_tick).checked_div(den)?.try_into().ok()?;
        // Of lossy codecs headers count the padding before and after the sound too.
        let padding = if self.is_lossless() { 0 } else { 8192 };
        // A tick that is coarser than a frame rounds, and so does Matroska, to milliseconds.
        let rounding = match per_tick.checked_div(den)? {
            _ if whole => u64::from(rate) / 50,
            0 | 1 => 0,
            coarse => coarse.try_into().ok()?,
        };
        Some(Announced { frames, slack: rounding.saturating_add(padding) })
    }

    /// How far into the file reading has come, and how long the file is.
    pub fn reached(&self) -> (u64, u64) {
        self.io.reached()
    }

    /// Reads on to the next packet.
    pub fn next(&mut self, packet: &mut Packet) -> Result<Next, Reason> {
        const AGAIN: i32 = ff::AVERROR(libc::EAGAIN);
        // SAFETY: both are alive and borrowed by nobody else; FFmpeg overwrites the packet.
        let code = unsafe { ff::av_read_frame(self.context.as_ptr(), packet.as_ptr()) };
        match code {
            AGAIN => return Ok(Next::Again),
            // FFmpeg takes a failing file for one that ends.
            ff::AVERROR_EOF => return self.io.trouble().map_or(Ok(Next::End), Err),
            code => self.io.check(code)?,
        };
        let (stream, size) = packet.stream_and_size();
        if stream != self.stream {
            packet.clear();
            return Ok(Next::Again);
        }
        // Tables can point at the same bytes any number of times.
        self.delivered += size;
        if self.delivered > self.io.budget() {
            return Err(Reason::OverLimit("it is read again and again"));
        }
        Ok(Next::Packet)
    }

    /// The stream that is played.
    pub(super) fn stream(&self) -> &ff::AVStream {
        self.streams()[self.stream]
    }

    fn streams(&self) -> &[&ff::AVStream] {
        // SAFETY: FFmpeg keeps `nb_streams` pointers to live streams there, none of them null; they
        // are the context's own and change only in calls that borrow it mutably.
        unsafe {
            let context = self.context.as_ref();
            match context.nb_streams as usize {
                0 => &[],
                count => std::slice::from_raw_parts(context.streams.cast(), count),
            }
        }
    }

    /// Whether the codec can keep every bit.
    pub(super) fn is_lossless(&self) -> bool {
        // SAFETY: a stream has parameters; a descriptor is static, or null where there is none.
        unsafe {
            let descriptor = ff::avcodec_descriptor_get((*self.stream().codecpar).codec_id);
            descriptor.as_ref().is_some_and(|found| found.props & ff::AV_CODEC_PROP_LOSSLESS != 0)
        }
    }

    /// Whether the samples are as they are, so that bytes can be counted as frames.
    fn is_plain(&self) -> bool {
        // SAFETY: a stream has parameters; this only looks a number up.
        unsafe { ff::av_get_exact_bits_per_sample((*self.stream().codecpar).codec_id) > 0 }
    }

    /// For each stream the duration in the header, as far as there is one.
    fn durations(&self) -> Vec<Option<Duration>> {
        let positive = |ticks: i64| u64::try_from(ticks).ok().filter(|&ticks| ticks > 0);
        let streams = self.streams();
        // What holds for a file as a whole says nothing of the sound when there are pictures too.
        // SAFETY: the context is alive; this only reads a number.
        let whole = positive(unsafe { self.context.as_ref() }.duration)
            .filter(|_| streams.len() == 1)
            .map(|ticks| Duration { ticks, base: ff::av_make_q(1, ff::AV_TIME_BASE), whole: true });
        let is_caf = self.container() == "caf";
        let of_stream = |stream: &&ff::AVStream| {
            // Of plain samples in CAF FFmpeg knows the number, but does not call it a duration.
            let counted = positive(stream.nb_frames).filter(|_| is_caf);
            let own = positive(stream.duration).or(counted);
            own.map(|ticks| Duration { ticks, base: stream.time_base, whole: false }).or(whole)
        };
        streams.iter().map(of_stream).collect()
    }

    fn choose_stream(&mut self) -> Result<(), Reason> {
        let context = self.context.as_ptr();
        // SAFETY: the context is open; no options are passed.
        self.io.check(unsafe { ff::avformat_find_stream_info(context, ptr::null_mut()) })?;
        self.stream = self.best_stream()?;
        for index in 0..self.streams().len() {
            if index != self.stream {
                // SAFETY: the index is within the streams, and nobody holds a reference to one.
                unsafe { (**(*context).streams.add(index)).discard = ff::AVDiscard::ALL };
            }
        }
        Ok(())
    }

    /// The main stream of sound that there is a decoder for, else the main one of all.
    fn best_stream(&self) -> Result<usize, Reason> {
        let find = |decoder: *mut *const ff::AVCodec| {
            let (context, kind) = (self.context.as_ptr(), ff::AVMediaType::AUDIO);
            // SAFETY: the context is open; the decoder is null or a place to write one to.
            unsafe { ff::av_find_best_stream(context, kind, -1, -1, decoder.cast(), 0) }
        };
        let mut decoder = ptr::null();
        let mut found = find(&mut decoder);
        if found == ff::AVERROR_DECODER_NOT_FOUND {
            found = find(ptr::null_mut());
        }
        self.io.check(found).map(|index| index as usize)
    }
}

impl Drop for Demuxer {
    fn drop(&mut self) {
        // SAFETY: opened in `open_context`, closed once; `io` lives until this is over.
        unsafe { ff::avformat_close_input(&mut self.context.as_ptr()) }
    }
}

/// Finds the container's kind from its first bytes.
fn recognise(io: &Io, name: &CString, limits: &Limits) -> Result<*const ff::AVInputFormat, Reason> {
    let mut format: *const ff::AVInputFormat = ptr::null();
    // SAFETY: all pointers are alive; FFmpeg puts a static format there, or leaves it null.
    let name = unsafe {
        let most = limits.probe_bytes.min(PROBE_FOR_KIND);
        let logger = ptr::null_mut();
        let found: *mut *const ff::AVInputFormat = &raw mut format;
        let code =
            ff::av_probe_input_buffer2(io.as_ptr(), found.cast(), name.as_ptr(), logger, 0, most);
        if code < 0 || format.is_null() {
            return Err(io.trouble().unwrap_or(Reason::UnknownFormat));
        }
        text((*format).name)
    };
    let allowed = name.split(',').any(|name| FORMATS.split(',').any(|known| known == name));
    if allowed { Ok(format) } else { Err(Reason::UnknownFormat) }
}

/// Bytes that are read for the container's kind alone.
const PROBE_FOR_KIND: u32 = 1 << 20;

/// Reads the header.
fn open_context(
    io: &Io,
    name: &CString,
    format: *const ff::AVInputFormat,
    limits: &Limits,
) -> Result<NonNull<ff::AVFormatContext>, Reason> {
    // SAFETY: no conditions.
    let mut context = unsafe { ff::avformat_alloc_context() };
    if context.is_null() {
        return Err(Reason::OutOfMemory);
    }
    // SAFETY: the context is new and ours; the format is static. When opening fails FFmpeg frees
    // the context but, because of the flag, not the reader, which is `io`'s.
    unsafe {
        (*context).pb = io.as_ptr();
        (*context).flags |= ff::AVFMT_FLAG_CUSTOM_IO;
        (*context).interrupt_callback = io.interrupt();
        limit(&mut *context, limits);
        if matches!(text((*format).name).as_str(), "wav" | "w64") {
            // FFmpeg searches PCM for compressed sound in disguise, which takes four times as long
            // as everything else about opening a WAV.
            (*context).max_probe_packets = 1;
        }
        let (none, url) = (ptr::null_mut(), name.as_ptr());
        let mut code = forbid_other_files(context);
        if code < 0 {
            ff::avformat_free_context(context);
        } else {
            code = ff::avformat_open_input(&mut context, url, format.cast_mut(), none);
        }
        io.check(code)?;
    }
    NonNull::new(context).ok_or(Reason::OutOfMemory)
}

fn limit(context: &mut ff::AVFormatContext, limits: &Limits) {
    context.probesize = limits.probe_bytes.into();
    context.max_analyze_duration = i64::from(limits.probe_milliseconds) * 1000;
    context.max_streams = limits.streams.into();
}

/// No protocol may be used, and no other container opened from within this one.
///
/// # Safety
/// The context is alive.
unsafe fn forbid_other_files(context: *mut ff::AVFormatContext) -> i32 {
    let formats = CString::new(FORMATS).unwrap_or_default();
    let set = |key: *const c_char, value: *const c_char| {
        // SAFETY: a context begins with its class, which is what options are set by; the strings
        // are copied.
        unsafe { ff::av_opt_set(context.cast(), key, value, 0) }
    };
    let protocols = set(c"protocol_whitelist".as_ptr(), c"".as_ptr());
    protocols.min(set(c"format_whitelist".as_ptr(), formats.as_ptr()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_has_the_containers_of_the_list_and_no_others() {
        let mut cursor = ptr::null_mut();
        let built = std::iter::from_fn(|| {
            // SAFETY: the cursor starts at null and only FFmpeg changes it; formats are static.
            unsafe { ff::av_demuxer_iterate(&mut cursor).as_ref().map(|format| text(format.name)) }
        });
        let main_name = |names: String| names.split(',').next().unwrap_or_default().to_owned();
        let mut built: Vec<_> = built.map(main_name).collect();
        let mut listed: Vec<_> = FORMATS.split(',').map(str::to_owned).collect();
        built.sort();
        listed.sort();
        assert_eq!(built, listed);
    }
}
