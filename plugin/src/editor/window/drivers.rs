//! Linux: graphics drivers stay, once they are loaded.
//!
//! baseview opens the libraries of GL with each window and lets go of them with it, and so does Mesa
//! with its driver. These have thread-local storage of the static kind, of which the C library has
//! only so much room, and which does not bear to be unloaded and loaded again by the hundred: after
//! several hundred windows EGL could not be opened any more, and the heap was damaged.

use std::ffi::{CStr, CString, c_int, c_void};

/// What the names of such libraries have in them.
const NAMES: [&str; 6] = ["libEGL", "libGL", "libglapi", "_dri.so", "libgallium", "nvidia"];

/// Makes those stay that are loaded now. Called when a window has its context.
pub fn keep() {
    let mut names: Vec<CString> = Vec::new();
    // SAFETY: the callback is called during this call only, and with the list.
    unsafe { libc::dl_iterate_phdr(Some(collect), (&raw mut names).cast()) };
    for name in names {
        let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
        // SAFETY: nothing is loaded, so nothing of the library's is run.
        let library = unsafe { libc::dlopen(name.as_ptr(), flags) };
        if !library.is_null() {
            // SAFETY: just opened; what stays is the mark.
            unsafe { libc::dlclose(library) };
        }
    }
}

/// Only notes the names: the loader must not be called from in here.
unsafe extern "C" fn collect(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    names: *mut c_void,
) -> c_int {
    // SAFETY: the loader's, during the call; the name is a string or null; the list is `keep`'s.
    let (name, names) = unsafe {
        let name = (*info).dlpi_name;
        if name.is_null() {
            return 0;
        }
        (CStr::from_ptr(name), &mut *names.cast::<Vec<CString>>())
    };
    let file = name.to_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let file = String::from_utf8_lossy(file);
    if NAMES.iter().any(|part| file.contains(part)) {
        names.push(name.to_owned());
    }
    0
}
