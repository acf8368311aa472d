//! The way from an open file into FFmpeg: every byte passes here, and so does every cancellation.

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::ptr::{self, NonNull};

use ffmpeg_sys_the_third as ff;

use super::error;
use crate::cancel::Cancel;
use crate::error::Reason;
use crate::format::Limits;
use crate::source::Source;

/// Bytes read at a time.
const BUFFER: usize = 64 << 10;

/// What even the smallest file may be read, whatever its length.
const LEAST_BUDGET: u64 = 64 << 20;

/// FFmpeg's view of a file.
pub(super) struct Io {
    context: NonNull<ff::AVIOContext>,
    // Lent to FFmpeg as `opaque`: the callbacks reach it through this same pointer.
    state: NonNull<State>,
}

// SAFETY: FFmpeg's objects belong to no thread, the state is `Send`, and both are owned here alone.
unsafe impl Send for Io {}

struct State {
    file: File,
    length: u64,
    position: u64,
    reached: u64,
    spent: u64,
    budget: u64,
    failure: Option<Reason>,
    cancel: Cancel,
    // FFmpeg's own memory may be uninitialised, which must not be lent to Rust as a slice, and at
    // the end of the file it must stay as it is: what it holds may be wanted once more.
    bytes: Box<[u8]>,
}

impl Io {
    pub fn new(source: Source, limits: &Limits, cancel: &Cancel) -> Result<Self, Reason> {
        let Source { file, length, .. } = source;
        let budget = length.saturating_mul(limits.rereads.into()).saturating_add(LEAST_BUDGET);
        let state = State {
            file,
            length,
            position: 0,
            reached: 0,
            spent: 0,
            budget,
            failure: None,
            cancel: cancel.clone(),
            bytes: vec![0; BUFFER].into(),
        };
        let state = NonNull::from(Box::leak(Box::new(state)));
        // SAFETY: the callbacks fit `State`, which lives until `drop` has freed the context.
        let context = unsafe { context_for(state) };
        let Some(context) = context else {
            // SAFETY: FFmpeg did not get the pointer, and it came from a box.
            drop(unsafe { Box::from_raw(state.as_ptr()) });
            return Err(Reason::OutOfMemory);
        };
        Ok(Self { context, state })
    }

    pub fn as_ptr(&self) -> *mut ff::AVIOContext {
        self.context.as_ptr()
    }

    /// A callback by which FFmpeg asks, where it does not read, whether to go on.
    pub fn interrupt(&self) -> ff::AVIOInterruptCB {
        ff::AVIOInterruptCB { callback: Some(interrupt), opaque: self.state.as_ptr().cast() }
    }

    /// What kept FFmpeg from reading, if anything did: better than any error number of its own.
    pub fn trouble(&self) -> Option<Reason> {
        let state = self.state();
        if state.cancel.is_cancelled() { Some(Reason::Cancelled) } else { state.failure.clone() }
    }

    /// An answer of FFmpeg's, of which the negative ones are errors.
    pub fn check(&self, code: c_int) -> Result<c_int, Reason> {
        error::check(code).map_err(|reason| self.trouble().unwrap_or(reason))
    }

    /// How far into the file reading has come, and how long the file is.
    pub fn reached(&self) -> (u64, u64) {
        let state = self.state();
        (state.reached, state.length)
    }

    /// The file, from its start on, for another reader. Both move it: this one must be over.
    pub fn file_again(&self) -> Result<(File, u64), Reason> {
        let state = self.state();
        let mut file = state.file.try_clone()?;
        file.rewind()?;
        Ok((file, state.length))
    }

    /// Somebody wants to hear another part of it: what was read until now does not count.
    pub fn begin_again(&mut self) {
        // SAFETY: alive until `drop`, and no call into FFmpeg is under way.
        unsafe { self.state.as_mut() }.spent = 0;
    }

    /// The number of bytes that reading this file may cost.
    pub fn budget(&self) -> u64 {
        self.state().budget
    }

    fn state(&self) -> &State {
        // SAFETY: alive until `drop`; the callbacks change it only inside calls into FFmpeg, which
        // no borrow of the state outlasts.
        unsafe { self.state.as_ref() }
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        // SAFETY: FFmpeg may have replaced the buffer, so the present one is freed; then the
        // context, which is the last thing that knows of the state, and then the state.
        unsafe {
            ff::av_freep((&raw mut (*self.context.as_ptr()).buffer).cast());
            ff::avio_context_free(&mut self.context.as_ptr());
            drop(Box::from_raw(self.state.as_ptr()));
        }
    }
}

/// # Safety
/// The state outlives the context.
unsafe fn context_for(state: NonNull<State>) -> Option<NonNull<ff::AVIOContext>> {
    // SAFETY: the buffer is FFmpeg's own memory of the size that is named, as it asks for.
    unsafe {
        let mut buffer = ff::av_malloc(BUFFER);
        if buffer.is_null() {
            return None;
        }
        let context = ff::avio_alloc_context(
            buffer.cast(),
            BUFFER as c_int,
            0,
            state.as_ptr().cast(),
            Some(read),
            None,
            Some(seek),
        );
        if context.is_null() {
            ff::av_freep((&raw mut buffer).cast());
        }
        NonNull::new(context)
    }
}

// The three callbacks must not panic: nothing may unwind into FFmpeg.

unsafe extern "C" fn read(state: *mut c_void, buffer: *mut u8, size: c_int) -> c_int {
    let Ok(size) = usize::try_from(size) else { return ff::AVERROR(libc::EINVAL) };
    // SAFETY: `state` is what `context_for` was given, and FFmpeg calls back on one thread at a
    // time.
    let state = unsafe { &mut *state.cast::<State>() };
    match state.read(size) {
        Ok([]) => ff::AVERROR_EOF,
        Ok(bytes) => {
            // SAFETY: the buffer has room for `size` bytes, which is at least as many, and is
            // FFmpeg's.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), buffer, bytes.len()) };
            bytes.len() as c_int
        }
        Err(Reason::Cancelled) => ff::AVERROR_EXIT,
        Err(reason) => {
            state.failure = Some(reason);
            ff::AVERROR(libc::EIO)
        }
    }
}

unsafe extern "C" fn seek(state: *mut c_void, offset: i64, whence: c_int) -> i64 {
    // SAFETY: as in `read`.
    let state = unsafe { &mut *state.cast::<State>() };
    match state.seek(offset, whence & !ff::AVSEEK_FORCE) {
        Some(position) => i64::try_from(position).unwrap_or(i64::MAX),
        None => ff::AVERROR(libc::EINVAL).into(),
    }
}

unsafe extern "C" fn interrupt(state: *mut c_void) -> c_int {
    // SAFETY: as in `read`, and nothing is changed.
    let state = unsafe { &*state.cast::<State>() };
    state.cancel.is_cancelled().into()
}

impl State {
    /// Reads some bytes, at most `most`; none at the end of the file.
    fn read(&mut self, most: usize) -> Result<&[u8], Reason> {
        let most = most.min(self.bytes.len());
        let count = loop {
            if self.cancel.is_cancelled() {
                return Err(Reason::Cancelled);
            }
            if self.spent > self.budget {
                return Err(Reason::OverLimit("it is read again and again"));
            }
            match self.file.read(&mut self.bytes[..most]) {
                Ok(count) => break count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Reason::Unreadable(error.kind())),
            }
        };
        self.spent += count as u64;
        self.position += count as u64;
        // Files may be read beyond their end, and grow.
        self.reached = self.reached.max(self.position.min(self.length));
        Ok(&self.bytes[..count])
    }

    fn seek(&mut self, offset: i64, whence: c_int) -> Option<u64> {
        let to = match whence {
            ff::AVSEEK_SIZE => return Some(self.length),
            libc::SEEK_SET => SeekFrom::Start(offset.try_into().ok()?),
            libc::SEEK_CUR => SeekFrom::Current(offset),
            libc::SEEK_END => SeekFrom::End(offset),
            _ => return None,
        };
        self.position = self.file.seek(to).ok()?;
        Some(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn this_file(rereads: u16) -> (Io, Cancel) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ffmpeg/io.rs");
        let limits = Limits { rereads, ..Limits::default() };
        let cancel = Cancel::new();
        (Io::new(Source::open(&path).unwrap(), &limits, &cancel).unwrap(), cancel)
    }

    fn read_all(io: &Io) -> (u64, c_int) {
        let mut bytes = [0; 100];
        let mut total = 0;
        loop {
            // SAFETY: the array has as many bytes as are named.
            let got = unsafe { ff::avio_read(io.as_ptr(), bytes.as_mut_ptr(), 100) };
            match got {
                1.. => total += got as u64,
                end => return (total, end),
            }
        }
    }

    fn rewind(io: &Io) {
        // SAFETY: the context is alive. Beyond the buffer first, so that the file is read anew.
        unsafe {
            ff::avio_seek(io.as_ptr(), 1 << 40, libc::SEEK_SET);
            ff::avio_seek(io.as_ptr(), 0, libc::SEEK_SET);
        }
    }

    #[test]
    fn every_byte_arrives_and_the_end_leaves_the_buffer_as_it_is() {
        let (io, _cancel) = this_file(16);
        let length = io.reached().1;
        for _ in 0..3 {
            assert_eq!(read_all(&io), (length, ff::AVERROR_EOF));
            // Within the buffer, which FFmpeg does not fill again.
            // SAFETY: the context is alive.
            unsafe {
                ff::avio_seek(io.as_ptr(), 0, libc::SEEK_SET);
                assert_eq!(ff::avio_r8(io.as_ptr()), c_int::from(b'/'));
                ff::avio_seek(io.as_ptr(), 0, libc::SEEK_SET);
            }
        }
        assert_eq!((io.reached(), io.trouble()), ((length, length), None));
    }

    #[test]
    fn reading_in_circles_comes_to_an_end() {
        let (io, _cancel) = this_file(0);
        let mut total = 0;
        while total < 2 * LEAST_BUDGET {
            rewind(&io);
            let (count, end) = read_all(&io);
            total += count;
            if end != ff::AVERROR_EOF {
                break;
            }
        }
        assert!(total.abs_diff(LEAST_BUDGET) <= 2 * io.reached().1, "{total}");
        assert!(matches!(io.trouble(), Some(Reason::OverLimit(_))));
    }

    #[test]
    fn nothing_is_read_once_it_is_cancelled() {
        let (io, cancel) = this_file(16);
        cancel.cancel();
        assert_eq!(read_all(&io), (0, ff::AVERROR_EXIT));
        assert_eq!(io.trouble(), Some(Reason::Cancelled));
    }
}
