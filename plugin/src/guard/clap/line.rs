//! The line to the host, as far as the editor needs it.

use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};

use clap_sys::ext::gui::{CLAP_EXT_GUI, clap_host_gui};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_host_params};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_host_state};
use clap_sys::host::clap_host;

/// Asks for things, from any thread but the audio thread, until it is cut.
pub struct Line {
    ends: Mutex<Option<Ends>>,
    /// Somebody waits for the editor's thread, which therefore must not wait for the host.
    quiet: AtomicBool,
}

#[derive(Clone, Copy)]
struct Ends {
    host: *const clap_host,
    params: Option<clap_host_params>,
    gui: Option<clap_host_gui>,
    state: Option<clap_host_state>,
}

// SAFETY: what is called from any thread the standard allows to be called from any thread; the rest
// is called on the main thread, as it says there.
unsafe impl Send for Ends {}

impl Line {
    /// To a host that is not asked anything yet.
    pub fn new(host: *const clap_host) -> Self {
        let ends = Ends { host, params: None, gui: None, state: None };
        Self { ends: Mutex::new(Some(ends)), quiet: AtomicBool::new(false) }
    }

    /// Looks at what the host offers, which is allowed from the initialisation on.
    ///
    /// # Safety
    /// The host is alive.
    pub unsafe fn connect(&self) {
        if let Some(ends) = self.ends().as_mut() {
            // SAFETY: the caller's; the tables' types are the standard's.
            unsafe {
                ends.params = extension(ends.host, CLAP_EXT_PARAMS);
                ends.gui = extension(ends.host, CLAP_EXT_GUI);
                ends.state = extension(ends.host, CLAP_EXT_STATE);
            }
        }
    }

    /// The instance goes: the host is never called again. Waits for calls that are under way.
    pub fn cut(&self) {
        *self.ends() = None;
    }

    /// While `work` is going on, nothing is asked from other threads.
    pub fn quietly<T>(&self, work: impl FnOnce() -> T) -> T {
        self.quiet.store(true, Relaxed);
        let done = work();
        self.quiet.store(false, Relaxed);
        done
    }

    /// Wants `on_main_thread`.
    pub fn request_callback(&self) {
        self.ask(|ends| {
            // SAFETY: the host is alive while the line is not cut.
            if let Some(request) = unsafe { (*ends.host).request_callback } {
                // SAFETY: likewise.
                unsafe { request(ends.host) };
            }
        });
    }

    /// Wants `flush`, or a block: also while blocks are coming, since a host may stop at any time.
    pub fn request_flush(&self) {
        self.ask(|ends| {
            if let Some(request) = ends.params.and_then(|params| params.request_flush) {
                // SAFETY: the host is alive while the line is not cut.
                unsafe { request(ends.host) };
            }
        });
    }

    /// Main thread: the host shall make room for the editor; false when it does not.
    pub fn request_resize(&self, width: u32, height: u32) -> bool {
        // Without the lock, since hosts answer by calling the editor.
        let Some(ends) = *self.ends() else { return false };
        let request = ends.gui.and_then(|gui| gui.request_resize);
        // SAFETY: the host is alive, since the main thread is here and not at the destruction.
        request.is_some_and(|request| unsafe { request(ends.host, width, height) })
    }

    /// Main thread: the editor has closed itself.
    pub fn closed(&self) {
        let Some(ends) = *self.ends() else { return };
        if let Some(closed) = ends.gui.and_then(|gui| gui.closed) {
            // SAFETY: as above. The host answers by destroying the editor.
            unsafe { closed(ends.host, true) };
        }
    }

    /// Main thread: there is something to save.
    pub fn mark_dirty(&self) {
        let Some(ends) = *self.ends() else { return };
        if let Some(mark) = ends.state.and_then(|state| state.mark_dirty) {
            // SAFETY: as above.
            unsafe { mark(ends.host) };
        }
    }

    fn ask(&self, request: impl FnOnce(&Ends)) {
        if !self.quiet.load(Relaxed)
            && let Some(ends) = &*self.ends()
        {
            request(ends);
        }
    }

    fn ends(&self) -> MutexGuard<'_, Option<Ends>> {
        self.ends.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// # Safety
/// The host is alive, and `T` the type of that extension's table.
unsafe fn extension<T: Copy>(host: *const clap_host, id: &CStr) -> Option<T> {
    // SAFETY: the caller's.
    unsafe {
        let get = (*host).get_extension?;
        get(host, id.as_ptr()).cast::<T>().as_ref().copied()
    }
}
