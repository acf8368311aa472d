//! Containers: what a file is, which stream of it is played, and its packets.

use std::ffi::CString;
use std::ptr::{self, NonNull};

use ffmpeg_sys_the_third as ff;

use super::io::Io;
use super::opening::{open_context, recognise};
use super::{Packet, text};
use crate::cancel::Cancel;
use crate::error::Reason;
use crate::format::Limits;
use crate::mp4::Track;
use crate::source::{Known, Source};

/// Frames that the largest packet of a lossy codec in MP4 holds.
const MOST_IN_A_PACKET: u64 = 2048;

/// An open container.
pub(crate) struct Demuxer {
    context: NonNull<ff::AVFormatContext>,
    // After the context, which is closed in `drop` and knows of it.
    io: Io,
    stream: usize,
    announced: Option<Duration>,
    known: Known,
    extension: String,
    delivered: u64,
    /// Frames that the first packet says are to be cut at its beginning, once there was one.
    lead: Option<u32>,
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
    pub after: After,
}

/// What comes after the length that a header announces, if anything does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// Sound as well: headers are wrong.
    Sound,
    /// What an encoder added.
    Padding,
    /// What an encoder added, if it is the rest of the last block.
    PaddingAtTheEnd,
}

#[derive(Clone, Copy, Debug)]
struct Duration {
    ticks: u64,
    base: ff::AVRational,
    /// Of the whole file rather than of a stream.
    whole: bool,
}

impl Demuxer {
    /// Finds out what a file is, and chooses the stream of sound with that number, or the main one.
    pub fn open(
        source: Source,
        wanted: Option<u16>,
        limits: &Limits,
        cancel: &Cancel,
    ) -> Result<Self, Reason> {
        super::about();
        // Only the extension means anything to FFmpeg: no name of a file can be taken for a URL.
        let name = CString::new(format!("file.{}", source.extension)).unwrap_or_default();
        let (known, extension) = (source.known.clone(), source.extension.clone());
        let io = Io::new(source, limits, cancel)?;
        let format = recognise(&io, &name, limits)?;
        let context = open_context(&io, &name, format, limits)?;
        let mut demuxer = Self {
            context,
            io,
            stream: 0,
            announced: None,
            known,
            extension,
            delivered: 0,
            lead: None,
        };
        // Before the streams are looked into, because there FFmpeg fills gaps with estimates.
        let announced = demuxer.durations();
        demuxer.choose_stream(wanted)?;
        demuxer.announced = announced.get(demuxer.stream).copied().flatten();
        Ok(demuxer)
    }

    /// The same file once more, whatever its name leads to by now.
    pub fn source_again(&self) -> Result<Source, Reason> {
        let (file, length) = self.io.file_again()?;
        Ok(Source { file, length, extension: self.extension.clone(), known: self.known.clone() })
    }

    /// The container's short name.
    pub fn container(&self) -> String {
        // SAFETY: an open context has a format, and its name is a static string.
        unsafe { text((*(*self.context.as_ptr()).iformat).name) }
    }

    /// The length that the header announces, at the rate of the sound.
    pub fn announced(&self, rate: u32) -> Option<Announced> {
        if let Some(frames) = self.known.wav_frames.filter(|_| self.is_plain()) {
            return Some(Announced { frames, slack: 0, after: After::Padding });
        }
        if let Some(frames) = self.track_frames(rate) {
            let slack = if self.is_lossless() { 0 } else { MOST_IN_A_PACKET };
            return Some(Announced { frames, slack, after: After::Padding });
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
        let slack = rounding.saturating_add(padding);
        let after = if self.is_one_vorbis() { After::PaddingAtTheEnd } else { After::Sound };
        Some(Announced { frames, slack, after })
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
        self.lead.get_or_insert_with(|| packet.lead());
        if self.is_one_vorbis() {
            // Of sound on a single page it is wrong by a block.
            packet.keep_end();
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

    pub(super) fn streams(&self) -> &[&ff::AVStream] {
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

    /// For each stream the duration in the header, as far as there is one.
    fn durations(&self) -> Vec<Option<Duration>> {
        let positive = |ticks: i64| u64::try_from(ticks).ok().filter(|&ticks| ticks > 0);
        let streams = self.streams();
        // What holds for a file as a whole says nothing of the sound when there are pictures too.
        let whole = positive(self.context().duration)
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

    fn choose_stream(&mut self, wanted: Option<u16>) -> Result<(), Reason> {
        let context = self.context.as_ptr();
        // SAFETY: the context is open; no options are passed.
        self.io.check(unsafe { ff::avformat_find_stream_info(context, ptr::null_mut()) })?;
        self.stream = match wanted {
            Some(number) => self.sound_streams().nth(number.into()).ok_or(Reason::NoSound)?,
            None => self.best_stream()?,
        };
        for index in 0..self.streams().len() {
            if index != self.stream {
                // SAFETY: the index is within the streams, and nobody holds a reference to one.
                unsafe { (**(*context).streams.add(index)).discard = ff::AVDiscard::ALL };
            }
        }
        Ok(())
    }

    /// The streams of sound, by their index.
    pub(super) fn sound_streams(&self) -> impl Iterator<Item = usize> {
        let kind = |stream: &&ff::AVStream| {
            // SAFETY: a stream has parameters.
            unsafe { (*stream.codecpar).codec_type }
        };
        let streams = self.streams().iter().enumerate();
        streams.filter(move |(_, s)| kind(s) == ff::AVMediaType::AUDIO).map(|(index, _)| index)
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

    /// Goes to a packet that begins at a time or before, in the stream's own units. Where it went
    /// the packets say.
    pub fn seek(&mut self, time: i64) -> Result<(), Reason> {
        self.io.begin_again();
        self.delivered = 0;
        let (context, stream) = (self.context.as_ptr(), self.stream as i32);
        // SAFETY: the context is open, and the stream is one of its own.
        let code = unsafe { ff::av_seek_frame(context, stream, time, ff::AVSEEK_FLAG_BACKWARD) };
        self.io.check(code).map(drop)
    }

    /// Whether the times of packets are positions in frames: those of lossless codecs in their own
    /// containers.
    pub fn times_are_positions(&self, rate: u32) -> bool {
        let counts =
            matches!(&*self.container(), "wav" | "w64" | "aiff" | "au" | "flac" | "tta" | "wv");
        counts && self.is_lossless() && self.clock() == Some(rate)
    }

    /// Units a second in which times are counted, if it is a whole number.
    fn clock(&self) -> Option<u32> {
        let base = self.stream().time_base;
        u32::try_from(base.den).ok().filter(|_| base.num == 1)
    }

    pub(super) fn context(&self) -> &ff::AVFormatContext {
        // SAFETY: open, and FFmpeg changes it only in calls that borrow it mutably.
        unsafe { self.context.as_ref() }
    }

    /// The track of an MP4 that is played.
    pub(super) fn track(&self) -> Option<Track> {
        let track = self.known.tracks.get(self.stream).copied().flatten()?;
        let is_the_same = self.clock() == Some(track.clock);
        Some(track).filter(|_| is_the_same && self.container().starts_with("mov"))
    }

    pub(super) fn stream_index(&self) -> usize {
        self.stream
    }

    pub(super) fn is_one_ogg(&self) -> bool {
        self.known.is_one_ogg
    }

    pub(super) fn lead(&self) -> u32 {
        self.lead.unwrap_or(0)
    }
}

impl Drop for Demuxer {
    fn drop(&mut self) {
        // SAFETY: opened in `open_context`, closed once; `io` lives until this is over.
        unsafe { ff::avformat_close_input(&mut self.context.as_ptr()) }
    }
}
