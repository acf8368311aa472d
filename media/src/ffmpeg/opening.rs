//! Finding out what a file is and reading its header, within limits and without any other file.

use std::ffi::{CString, c_char};
use std::ptr::{self, NonNull};

use ffmpeg_sys_the_third as ff;

use super::io::Io;
use super::text;
use crate::error::Reason;
use crate::format::Limits;

/// The containers that may be opened. Playlists and anything else that names other files are
/// left out, here as in the library itself.
const FORMATS: &str = "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,iff,loas,\
    matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,ogg,tak,truehd,tta,w64,wav,wv";

/// Finds the container's kind from its first bytes.
pub(super) fn recognise(
    io: &Io,
    name: &CString,
    limits: &Limits,
) -> Result<*const ff::AVInputFormat, Reason> {
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
pub(super) fn open_context(
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
