//! State on its way between the host's streams and the wrapper's.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;

use nih_plug::wrapper::vst3::vst3::Steinberg::{
    IBStream, IBStream_, IBStreamTrait, int32, int64, kInvalidArgument, kResultOk, tresult,
};
use nih_plug::wrapper::vst3::vst3::{Class, ComRef};

use crate::guard::state::{self, CHUNK};

/// Everything from the stream's position on, or why not.
///
/// # Safety
/// The stream is alive.
pub unsafe fn read_bounded(stream: ComRef<'_, IBStream>, limit: usize) -> Result<Vec<u8>, String> {
    state::read_bounded(limit, |chunk| {
        let mut got: int32 = 0;
        // The result is not looked at: some hosts answer `kResultFalse` at the end of the stream.
        // SAFETY: the chunk has as many bytes as announced.
        unsafe { stream.read(chunk.as_mut_ptr().cast(), chunk.len() as int32, &mut got) };
        got.into()
    })
}

/// Writes everything, in as many parts as the host wants.
///
/// # Safety
/// The stream is alive.
pub unsafe fn write_all(stream: ComRef<'_, IBStream>, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let mut put: int32 = 0;
        let now = bytes.len().min(CHUNK);
        // SAFETY: at least `now` bytes are there.
        let result =
            unsafe { stream.write(bytes.as_ptr().cast_mut().cast(), now as int32, &mut put) };
        match usize::try_from(put) {
            Ok(put) if result == kResultOk && (1..=now).contains(&put) => bytes = &bytes[put..],
            _ => return false,
        }
    }
    true
}

/// A stream in memory, for the wrapper to read from or write to; lives for one call.
#[derive(Default)]
pub struct MemoryStream {
    bytes: RefCell<Vec<u8>>,
    at: Cell<usize>,
}

impl MemoryStream {
    /// At its beginning.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: RefCell::new(bytes), at: Cell::new(0) }
    }

    /// What has been written.
    pub fn take(&self) -> Vec<u8> {
        self.bytes.take()
    }
}

impl Class for MemoryStream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for MemoryStream {
    unsafe fn read(&self, buffer: *mut c_void, count: int32, got: *mut int32) -> tresult {
        let bytes = self.bytes.borrow();
        let rest = &bytes[self.at.get().min(bytes.len())..];
        let count = usize::try_from(count).unwrap_or(0).min(rest.len());
        // SAFETY: the caller's buffer has room for what it asked for.
        unsafe { std::ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast(), count) };
        self.at.set(self.at.get() + count);
        // SAFETY: null or the caller's.
        if let Some(got) = unsafe { got.as_mut() } {
            *got = count as int32;
        }
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, count: int32, put: *mut int32) -> tresult {
        let count = usize::try_from(count).unwrap_or(0);
        // SAFETY: the caller's buffer has what it says.
        let given = unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), count) };
        self.bytes.borrow_mut().extend_from_slice(given);
        self.at.set(self.bytes.borrow().len());
        // SAFETY: null or the caller's.
        if let Some(put) = unsafe { put.as_mut() } {
            *put = count as int32;
        }
        kResultOk
    }

    unsafe fn seek(&self, to: int64, mode: int32, result: *mut int64) -> tresult {
        let end = self.bytes.borrow().len() as int64;
        let from = match mode as IBStream_::IStreamSeekMode {
            IBStream_::IStreamSeekMode_::kIBSeekSet => 0,
            IBStream_::IStreamSeekMode_::kIBSeekCur => self.at.get() as int64,
            IBStream_::IStreamSeekMode_::kIBSeekEnd => end,
            _ => return kInvalidArgument,
        };
        let at = from.saturating_add(to).clamp(0, end);
        self.at.set(at as usize);
        // SAFETY: null or the caller's.
        if let Some(result) = unsafe { result.as_mut() } {
            *result = at;
        }
        kResultOk
    }

    unsafe fn tell(&self, position: *mut int64) -> tresult {
        // SAFETY: null or the caller's.
        let Some(position) = (unsafe { position.as_mut() }) else { return kInvalidArgument };
        *position = self.at.get() as int64;
        kResultOk
    }
}
