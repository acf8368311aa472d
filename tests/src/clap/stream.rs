//! The bad host's streams of state: they give little at a time, lie about it, or fail.

use std::ffi::c_void;

use clap_sys::stream::{clap_istream, clap_ostream};

/// What a reading stream gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The end, when all is read.
    Regular,
    /// An error, when all is read.
    Error,
    /// A claim to have read more than was asked for.
    Lie,
    /// Spaces without end.
    Endless,
}

/// A state to be read.
#[derive(Debug)]
pub struct Source<'a> {
    rest: &'a [u8],
    at_once: usize,
    ending: Ending,
    /// Bytes that have been read.
    pub served: u64,
}

impl<'a> Source<'a> {
    /// These bytes, as many at once as the plug-in likes.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at_once: usize::MAX, ending: Ending::Regular, served: 0 }
    }

    /// No more than so many bytes at once.
    pub fn at_once(self, at_once: usize) -> Self {
        Self { at_once, ..self }
    }

    /// What comes after the bytes.
    pub fn ending(self, ending: Ending) -> Self {
        Self { ending, ..self }
    }

    /// For the plug-in, as long as this lives and stays.
    pub fn raw(&mut self) -> clap_istream {
        clap_istream { ctx: std::ptr::from_mut(self).cast(), read: Some(read) }
    }

    fn read(&mut self, to: &mut [u8]) -> i64 {
        let now = self.rest.len().min(to.len()).min(self.at_once);
        if now == 0 {
            return match self.ending {
                Ending::Regular => 0,
                Ending::Error => -1,
                Ending::Lie => to.len() as i64 + 1,
                Ending::Endless => {
                    to.fill(b' ');
                    self.served += to.len() as u64;
                    to.len() as i64
                }
            };
        }
        let (now, later) = self.rest.split_at(now);
        to[..now.len()].copy_from_slice(now);
        self.rest = later;
        self.served += now.len() as u64;
        now.len() as i64
    }
}

unsafe extern "C" fn read(stream: *const clap_istream, to: *mut c_void, size: u64) -> i64 {
    // SAFETY: made by `Source::raw`; the plug-in has the room that it announces.
    unsafe {
        let source = &mut *(*stream).ctx.cast::<Source<'_>>();
        source.read(std::slice::from_raw_parts_mut(to.cast(), size as usize))
    }
}

/// Where a state is written to.
#[derive(Debug)]
pub struct Sink {
    /// What has been written.
    pub bytes: Vec<u8>,
    at_once: usize,
    room: usize,
}

impl Sink {
    /// Takes no more than `at_once` bytes at once, and no more than `room` in all.
    pub fn new(at_once: usize, room: usize) -> Self {
        Self { bytes: Vec::new(), at_once, room }
    }

    /// For the plug-in, as long as this lives and stays.
    pub fn raw(&mut self) -> clap_ostream {
        clap_ostream { ctx: std::ptr::from_mut(self).cast(), write: Some(write) }
    }

    fn write(&mut self, from: &[u8]) -> i64 {
        let now = from.len().min(self.at_once).min(self.room - self.bytes.len());
        if now == 0 {
            return -1;
        }
        self.bytes.extend_from_slice(&from[..now]);
        now as i64
    }
}

unsafe extern "C" fn write(stream: *const clap_ostream, from: *const c_void, size: u64) -> i64 {
    // SAFETY: made by `Sink::raw`; the plug-in has the bytes that it announces.
    unsafe {
        let sink = &mut *(*stream).ctx.cast::<Sink>();
        sink.write(std::slice::from_raw_parts(from.cast(), size as usize))
    }
}
