//! FFmpeg's error numbers in words.

use std::ffi::{CStr, c_char, c_int};

use ffmpeg_sys_the_third as ff;

use crate::error::Reason;

/// What FFmpeg says about one of its error numbers.
pub(super) fn words(code: c_int) -> String {
    let mut buffer: [c_char; 128] = [0; 128];
    // SAFETY: the buffer is as long as is said, and FFmpeg ends what it writes with a zero; where
    // it writes nothing the zeros that were there stay.
    let words = unsafe {
        ff::av_strerror(code, buffer.as_mut_ptr(), buffer.len());
        CStr::from_ptr(buffer.as_ptr())
    };
    words.to_string_lossy().into_owned()
}

/// The reason behind an error number.
pub(super) fn reason(code: c_int) -> Reason {
    const OUT_OF_MEMORY: c_int = ff::AVERROR(libc::ENOMEM);
    match code {
        OUT_OF_MEMORY => Reason::OutOfMemory,
        ff::AVERROR_EXIT => Reason::Cancelled,
        ff::AVERROR_STREAM_NOT_FOUND => Reason::NoSound,
        code => Reason::Damaged(words(code)),
    }
}

/// An answer of FFmpeg's, of which the negative ones are errors.
pub(super) fn check(code: c_int) -> Result<c_int, Reason> {
    if code < 0 { Err(reason(code)) } else { Ok(code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_words_and_reasons() {
        assert!(words(ff::AVERROR_INVALIDDATA).contains("Invalid data"));
        assert_eq!(check(7), Ok(7));
        assert_eq!(check(ff::AVERROR(libc::ENOMEM)), Err(Reason::OutOfMemory));
        assert_eq!(check(ff::AVERROR_EXIT), Err(Reason::Cancelled));
    }
}
