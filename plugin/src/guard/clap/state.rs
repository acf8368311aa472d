//! State on its way between the host's streams and the wrapper's. The wrapper's format is a length
//! (u64, little endian) and that many bytes.

use std::ffi::c_void;

use clap_sys::ext::state::clap_plugin_state;
use clap_sys::plugin::clap_plugin;
use clap_sys::stream::{clap_istream, clap_ostream};

use crate::guard::{Guarded, Link, state};

/// Gives the host what the plug-in makes of the wrapper's state.
///
/// # Safety
/// The host's pointers, during its call; `theirs` is the wrapper's extension.
pub unsafe fn save<P: Guarded>(
    theirs: clap_plugin_state,
    plugin: *const clap_plugin,
    to: *const clap_ostream,
) -> bool {
    let (Some(save), false) = (theirs.save, to.is_null()) else { return false };
    let mut bytes: Vec<u8> = Vec::new();
    let memory = clap_ostream { ctx: (&raw mut bytes).cast(), write: Some(write_memory) };
    // SAFETY: the stream lives during the call.
    let saved = unsafe { save(plugin, &memory) };
    let stored = bytes.get(8..).ok_or_else(String::new).and_then(P::stored_state_of);
    match stored {
        // SAFETY: the host's stream.
        Ok(stored) if saved => unsafe { write_all(to, &stored) },
        _ => false,
    }
}

/// Gives the wrapper what the plug-in makes of the host's state, if it takes it.
///
/// # Safety
/// The host's pointers, during its call; `theirs` is the wrapper's extension.
pub unsafe fn load<P: Guarded>(
    theirs: clap_plugin_state,
    link: &Link,
    plugin: *const clap_plugin,
    from: *const clap_istream,
) -> bool {
    let (Some(load), false) = (theirs.load, from.is_null()) else { return false };
    // SAFETY: the host's stream.
    let bytes = unsafe { read_bounded(from, P::STATE_LIMIT) };
    let admitted = bytes.and_then(|bytes| P::framework_state_of(&bytes));
    let Some(state) = link.judge(admitted) else { return false };
    let mut bytes = (state.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(&state);
    let mut rest: &[u8] = &bytes;
    let memory = clap_istream { ctx: (&raw mut rest).cast(), read: Some(read_memory) };
    // SAFETY: the stream lives during the call.
    unsafe { load(plugin, &memory) }
}

/// The stream to its end, or why not.
unsafe fn read_bounded(stream: *const clap_istream, limit: usize) -> Result<Vec<u8>, String> {
    // SAFETY: the host's stream.
    let read = unsafe { (*stream).read }.ok_or("the host's stream cannot be read")?;
    state::read_bounded(limit, |chunk| {
        // SAFETY: the chunk has as many bytes as announced.
        unsafe { read(stream, chunk.as_mut_ptr().cast(), chunk.len() as u64) }
    })
}

/// Writes everything, in as many parts as the host wants.
unsafe fn write_all(stream: *const clap_ostream, mut bytes: &[u8]) -> bool {
    // SAFETY: the host's stream.
    let Some(write) = (unsafe { (*stream).write }) else { return false };
    while !bytes.is_empty() {
        // SAFETY: the bytes are there.
        let put = unsafe { write(stream, bytes.as_ptr().cast(), bytes.len() as u64) };
        match usize::try_from(put) {
            Ok(put) if (1..=bytes.len()).contains(&put) => bytes = &bytes[put..],
            _ => return false,
        }
    }
    true
}

unsafe extern "C" fn read_memory(stream: *const clap_istream, to: *mut c_void, size: u64) -> i64 {
    // SAFETY: `load` made the stream with a slice as its context, and lives.
    let rest = unsafe { &mut *(*stream).ctx.cast::<&[u8]>() };
    let (now, later) = rest.split_at(rest.len().min(usize::try_from(size).unwrap_or(usize::MAX)));
    // SAFETY: the wrapper has room for what it asked for.
    unsafe { std::ptr::copy_nonoverlapping(now.as_ptr(), to.cast(), now.len()) };
    *rest = later;
    now.len() as i64
}

unsafe extern "C" fn write_memory(
    stream: *const clap_ostream,
    from: *const c_void,
    size: u64,
) -> i64 {
    // SAFETY: `save` made the stream with a vector as its context, and lives; the wrapper has the
    // bytes that it announces.
    unsafe {
        let bytes = &mut *(*stream).ctx.cast::<Vec<u8>>();
        bytes.extend_from_slice(std::slice::from_raw_parts(from.cast(), size as usize));
    }
    size as i64
}
