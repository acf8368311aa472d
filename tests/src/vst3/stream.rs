//! State streams, from well-behaved to hopeless.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;

use vst3::Steinberg::{
    IBStream, IBStream_::IStreamSeekMode, IBStream_::IStreamSeekMode_, IBStreamTrait, int32, int64,
    kInvalidArgument, kNotImplemented, kResultFalse, kResultOk, tresult,
};
use vst3::{Class, ComWrapper};

/// How a stream treats its user.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// No more is read or written at once.
    pub piece: usize,
    /// Whether it can be asked where it is, and moved.
    pub seekable: bool,
    /// After so many bytes every call fails.
    pub fails_after: usize,
    /// What a read says that it has read, whatever it has.
    pub lie: Option<i32>,
}

impl Manners {
    /// As one wishes.
    pub const GOOD: Self =
        Self { piece: usize::MAX, seekable: true, fails_after: usize::MAX, lie: None };
    /// Seven bytes at a time, and no seeking.
    pub const SHORT: Self = Self { piece: 7, seekable: false, ..Self::GOOD };
}

/// A stream in memory.
pub struct Stream {
    bytes: RefCell<Vec<u8>>,
    at: Cell<usize>,
    served: Cell<usize>,
    manners: Manners,
}

impl Stream {
    /// At its beginning.
    pub fn new(bytes: Vec<u8>, manners: Manners) -> ComWrapper<Self> {
        let (at, served) = (Cell::new(0), Cell::new(0));
        ComWrapper::new(Self { bytes: RefCell::new(bytes), at, served, manners })
    }

    /// What is in it.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.borrow().clone()
    }

    /// How many bytes have been read from it, or written to it.
    pub fn served(&self) -> usize {
        self.served.get()
    }

    /// How many of `count` bytes are read or written now; `None` when that fails.
    fn serve(&self, count: int32, there: usize) -> Option<usize> {
        if self.served.get() >= self.manners.fails_after {
            return None;
        }
        let count = usize::try_from(count).ok()?.min(there).min(self.manners.piece);
        self.served.set(self.served.get() + count);
        Some(count)
    }
}

impl Class for Stream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for Stream {
    unsafe fn read(&self, to: *mut c_void, count: int32, got: *mut int32) -> tresult {
        let bytes = self.bytes.borrow();
        let at = self.at.get().min(bytes.len());
        let served = self.serve(count, bytes.len() - at);
        let count = served.unwrap_or(0);
        // SAFETY: the caller has room for what it asked for, and no more than that is there.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr().add(at), to.cast(), count) };
        self.at.set(at + count);
        // SAFETY: null or the caller's.
        if let Some(got) = unsafe { got.as_mut() } {
            *got = self.manners.lie.unwrap_or(count as int32);
        }
        if served.is_some() { kResultOk } else { kResultFalse }
    }

    unsafe fn write(&self, from: *mut c_void, count: int32, put: *mut int32) -> tresult {
        let served = self.serve(count, usize::MAX);
        let count = served.unwrap_or(0);
        // SAFETY: the caller has what it says.
        let given = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), count) };
        let mut bytes = self.bytes.borrow_mut();
        let at = self.at.get().min(bytes.len());
        bytes.truncate(at);
        bytes.extend_from_slice(given);
        self.at.set(bytes.len());
        // SAFETY: null or the caller's.
        if let Some(put) = unsafe { put.as_mut() } {
            *put = count as int32;
        }
        if served.is_some() { kResultOk } else { kResultFalse }
    }

    unsafe fn seek(&self, to: int64, mode: int32, result: *mut int64) -> tresult {
        if !self.manners.seekable {
            return kNotImplemented;
        }
        let end = self.bytes.borrow().len() as int64;
        let from = match mode as IStreamSeekMode {
            IStreamSeekMode_::kIBSeekSet => 0,
            IStreamSeekMode_::kIBSeekCur => self.at.get() as int64,
            IStreamSeekMode_::kIBSeekEnd => end,
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
        match unsafe { position.as_mut() } {
            Some(position) if self.manners.seekable => {
                *position = self.at.get() as int64;
                kResultOk
            }
            _ => kNotImplemented,
        }
    }
}
