//! FFmpeg's process-wide settings, and what the library says of itself.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};
use std::fmt;
use std::sync::OnceLock;

use ffmpeg_sys_the_third as ff;

/// The most that FFmpeg may take in one piece. A file can announce blocks of any size: a 20 kB WAV
/// with a huge INFO chunk has been seen to take 2 GB.
const LARGEST_ALLOCATION: usize = 256 << 20;

/// Which FFmpeg is inside, and on what terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Such as `5.1.9`.
    pub version: Cow<'static, str>,
    /// Such as `LGPL version 2.1 or later`.
    pub licence: Cow<'static, str>,
    /// The options it was built with.
    pub configuration: Cow<'static, str>,
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FFmpeg {}, {}", self.version, self.licence)
    }
}

/// Which FFmpeg is inside.
///
/// The first call, here or by a decoder, makes FFmpeg's process-wide settings. They are never
/// undone: the copy of FFmpeg is Busbar's own, so nobody else is affected by them.
pub fn about() -> &'static About {
    static ABOUT: OnceLock<About> = OnceLock::new();
    ABOUT.get_or_init(|| {
        // SAFETY: both set a global that FFmpeg reads without a lock; `OnceLock` lets one thread
        // in, and every decoder passes here before it calls anything else.
        unsafe {
            ff::av_log_set_level(ff::AV_LOG_QUIET);
            ff::av_max_alloc(LARGEST_ALLOCATION);
        }
        // SAFETY: the three answer with static strings.
        unsafe {
            About {
                version: own_words(ff::av_version_info()),
                licence: own_words(ff::avcodec_license()),
                configuration: own_words(ff::avcodec_configuration()),
            }
        }
    })
}

/// One of FFmpeg's static strings, as it is: what a copy takes would be lost each time that a host
/// unloads the library.
///
/// # Safety
/// It is one.
unsafe fn own_words(text: *const c_char) -> Cow<'static, str> {
    // SAFETY: the caller's.
    unsafe { CStr::from_ptr(text) }.to_string_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_says_what_it_is() {
        let about = about();
        assert!(about.version.starts_with(|c: char| c.is_ascii_digit()), "{about:?}");
        assert!(about.licence.starts_with("LGPL"), "{about:?}");
        assert!(about.to_string().starts_with("FFmpeg "), "{about}");
    }

    #[test]
    fn nothing_in_it_can_reach_the_network_or_open_files_by_itself() {
        let about = about();
        for option in ["--disable-network", "--disable-protocols"] {
            assert!(about.configuration.contains(option), "{about:?}");
        }
        let mut cursor = std::ptr::null_mut();
        // SAFETY: the cursor starts at null and only FFmpeg changes it.
        let first = unsafe { ff::avio_enum_protocols(&mut cursor, 0) };
        assert!(first.is_null());
    }

    #[test]
    fn the_bindings_were_made_for_the_library_that_is_linked() {
        // SAFETY: these only return numbers.
        let linked = unsafe {
            [ff::avcodec_version() >> 8, ff::avformat_version() >> 8, ff::swresample_version() >> 8]
        };
        let bound = [
            (ff::LIBAVCODEC_VERSION_MAJOR << 8) | ff::LIBAVCODEC_VERSION_MINOR,
            (ff::LIBAVFORMAT_VERSION_MAJOR << 8) | ff::LIBAVFORMAT_VERSION_MINOR,
            (ff::LIBSWRESAMPLE_VERSION_MAJOR << 8) | ff::LIBSWRESAMPLE_VERSION_MINOR,
        ];
        assert_eq!(linked.map(|number| number as i32), bound);
    }

    #[test]
    fn a_block_beyond_the_limit_cannot_be_had() {
        about();
        // SAFETY: what is given is freed; freeing null is allowed.
        unsafe {
            let small = ff::av_malloc(LARGEST_ALLOCATION / 2);
            let large = ff::av_malloc(LARGEST_ALLOCATION + 1);
            assert!(!small.is_null() && large.is_null());
            ff::av_free(small);
        }
    }
}
