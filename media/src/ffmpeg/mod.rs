//! The only place that knows FFmpeg, and the only one with unsafe code.
//!
//! Each type here owns one FFmpeg object, frees it when dropped, and has a safe interface; what
//! is made of them is in [`decoder`](crate::decoder).
//!
//! Nothing here waits or takes a lock: FFmpeg needs none around opening and probing, and a decoder
//! with one thread starts none of its own.

mod codec;
mod convert;
mod demuxer;
mod error;
mod frame;
mod header;
mod io;
mod layout;
mod library;
mod opening;
mod stereo;

pub(crate) use codec::{Codec, Received};
pub(crate) use convert::{Converter, MOST_CHANNELS};
pub(crate) use demuxer::{After, Announced, Demuxer, Next};
pub(crate) use frame::{Frame, Identity, Packet};
pub use library::{About, about};
pub(crate) use stereo::{Sides, Stereo};

use std::ffi::{CStr, c_char};

/// A static name of FFmpeg's as a string; empty for a null pointer.
///
/// # Safety
/// `text` is null or points to a string that ends in zero and stays as it is during the call.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null, and the caller's promise says the rest.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
