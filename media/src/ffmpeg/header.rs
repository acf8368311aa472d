//! What a container says of its sound beside the sound.

use std::ffi::CStr;
use std::ptr;

use ffmpeg_sys_the_third as ff;

use super::{Demuxer, text};
use crate::format::{Edges, Sound};
use crate::tags::{self, Tags};

impl Demuxer {
    /// What the file is called.
    pub fn tags(&self) -> Tags {
        let of_file = self.context().metadata;
        // In a film a stream's title is the name of that track; in Ogg everything is the stream's.
        let of_stream = match self.container().as_str() {
            "ogg" => self.stream().metadata,
            _ => ptr::null_mut(),
        };
        let find = |key: &CStr| {
            let found = [of_file, of_stream].into_iter();
            // SAFETY: both are the context's own, or null, and live as long as it does.
            found.filter_map(|dictionary| unsafe { entry(dictionary, key) }).find_map(tags::clean)
        };
        Tags { title: find(c"title"), artist: find(c"artist"), album: find(c"album") }
    }

    /// All the streams of sound.
    pub fn sounds(&self) -> Vec<Sound> {
        let sound = |index: usize| {
            let stream = self.streams()[index];
            // SAFETY: a stream has parameters, and every id has a static name.
            let (parameters, codec) = unsafe {
                let parameters = &*stream.codecpar;
                (parameters, text(ff::avcodec_get_name(parameters.codec_id)))
            };
            // SAFETY: the dictionary is the stream's own, or null.
            let find = |key| unsafe { entry(stream.metadata, key) }.and_then(tags::clean);
            Sound {
                codec,
                channels: parameters.ch_layout.nb_channels.try_into().unwrap_or(0),
                rate: parameters.sample_rate.try_into().unwrap_or(0),
                language: find(c"language"),
                title: find(c"title"),
            }
        };
        self.sound_streams().map(sound).collect()
    }

    /// Which of the streams of sound is played.
    pub fn chosen(&self) -> u16 {
        let before = self.sound_streams().take_while(|&index| index != self.stream_index());
        before.count().try_into().unwrap_or(u16::MAX)
    }

    /// Bits of a sample, of codecs that can keep each of them.
    pub fn bits(&self) -> Option<u16> {
        let parameters = self.parameters();
        // SAFETY: this only looks a number up.
        let exact = unsafe { ff::av_get_exact_bits_per_sample(parameters.codec_id) };
        let told = [parameters.bits_per_raw_sample, exact, parameters.bits_per_coded_sample];
        let bits = told.into_iter().find(|&bits| bits > 0)?;
        u16::try_from(bits).ok().filter(|&bits| self.is_lossless() && bits <= 64)
    }

    /// Bits a second, as far as the header says.
    pub fn bit_rate(&self) -> Option<u64> {
        let whole = if self.streams().len() == 1 { self.context().bit_rate } else { 0 };
        let told = [self.parameters().bit_rate, whole].map(|rate| u64::try_from(rate).unwrap_or(0));
        told.into_iter().find(|&rate| rate > 0)
    }

    /// Whether it is said where the sound begins and ends. The first packet has been read by then.
    pub fn edges(&self) -> Edges {
        // SAFETY: every id has a static name.
        let codec = unsafe { text(ff::avcodec_get_name(self.parameters().codec_id)) };
        let container = self.container();
        match (container.as_str(), codec.as_str()) {
            // Blocks of a fixed length that nothing cuts, and codecs that are lossless or not.
            ("asf", _) | (_, "dts" | "mlp" | "truehd") => Edges::Padded,
            ("ogg", "vorbis" | "opus") => Edges::Exact,
            _ if self.is_lossless() || self.is_plain() => Edges::Exact,
            // The tag that says where the sound begins says where it ends as well.
            ("mp3", _) if self.lead() > 0 => Edges::Exact,
            (mov, codec) if mov.starts_with("mov") => self.track_edges(codec),
            // The end is said only where it is.
            (film, _) if film.starts_with("matroska") && self.parameters().initial_padding > 0 => {
                Edges::Start
            }
            _ => Edges::Padded,
        }
    }

    fn track_edges(&self, codec: &str) -> Edges {
        let is_edited = self.track().is_some_and(|track| track.is_edited);
        match codec {
            _ if !is_edited && self.smpb_frames().is_none() => Edges::Padded,
            "aac" => Edges::Exact,
            // Of other codecs programs note where the sound begins, but whole blocks as its length.
            _ => Edges::Start,
        }
    }

    /// Frames of the track of an MP4, by what its header says and not by what is in its packets.
    pub(super) fn track_frames(&self, rate: u32) -> Option<u64> {
        let track = self.track()?;
        if let Some(frames) = self.smpb_frames().filter(|_| !track.is_edited) {
            return Some(frames);
        }
        let scaled = track.length.checked_mul(rate.into())?;
        (scaled % u64::from(track.clock) == 0).then_some(scaled / u64::from(track.clock))
    }

    /// Whether it is a single Vorbis in an Ogg: then the container's last page says where it ends.
    pub(super) fn is_one_vorbis(&self) -> bool {
        self.is_one_ogg()
            && self.streams().len() == 1
            && self.parameters().codec_id == ff::AVCodecID::VORBIS
    }

    /// The frames that iTunes notes in a text of its own: flags, then what comes before the sound,
    /// what comes after it, and the sound, each in hexadecimal.
    fn smpb_frames(&self) -> Option<u64> {
        // SAFETY: the dictionary is the context's own, or null.
        let note = unsafe { entry(self.context().metadata, c"iTunSMPB") }?;
        let note = str::from_utf8(note).ok()?;
        let frames = u64::from_str_radix(note.split_whitespace().nth(3)?, 16).ok()?;
        Some(frames).filter(|&frames| frames > 0)
    }

    /// Whether the codec can keep every bit.
    pub(super) fn is_lossless(&self) -> bool {
        // SAFETY: a descriptor is static, or null where there is none.
        unsafe {
            let descriptor = ff::avcodec_descriptor_get(self.parameters().codec_id);
            descriptor.as_ref().is_some_and(|found| found.props & ff::AV_CODEC_PROP_LOSSLESS != 0)
        }
    }

    /// Whether the samples are as they are, so that bytes can be counted as frames.
    pub(super) fn is_plain(&self) -> bool {
        // SAFETY: this only looks a number up.
        unsafe { ff::av_get_exact_bits_per_sample(self.parameters().codec_id) > 0 }
    }

    fn parameters(&self) -> &ff::AVCodecParameters {
        // SAFETY: a stream has parameters, which live as long as it does.
        unsafe { &*self.stream().codecpar }
    }
}

/// The text that a dictionary has for a key.
///
/// # Safety
/// The dictionary is null, or alive and unchanged as long as the answer is used.
unsafe fn entry<'a>(dictionary: *const ff::AVDictionary, key: &CStr) -> Option<&'a [u8]> {
    // SAFETY: the caller's; an entry has a value, which ends in zero.
    unsafe {
        let found = ff::av_dict_get(dictionary, key.as_ptr(), ptr::null(), 0).as_ref()?;
        Some(CStr::from_ptr(found.value).to_bytes())
    }
}
