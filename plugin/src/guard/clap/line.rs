//! The line to the host, as far as the editor needs it.

use std::ffi::CStr;
use std::sync::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use clap_sys::ext::gui::{CLAP_EXT_GUI, clap_host_gui};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_host_params};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_host_state};
use clap_sys::host::clap_host;

/// Asks for things, from any thread but the audio thread, until it is cut. No lock is held while the
/// host is called: it may answer at once, or wait for a thread of its own that is calling us.
pub struct Line {
    ends: Mutex<Option<Ends>>,
    /// Calls that are under way, of which the cut waits for the last.
    calls: AtomicU32,
    /// How many wait for the editor's thread, which therefore must not wait for the host.
    quiet: AtomicU32,
    /// What is wanted of the host and has not been asked for.
    wants_callback: AtomicBool,
    wants_flush: AtomicBool,
}

type Request = unsafe extern "C" fn(host: *const clap_host);

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
        Self {
            ends: Mutex::new(Some(ends)),
            calls: AtomicU32::new(0),
            quiet: AtomicU32::new(0),
            wants_callback: AtomicBool::new(false),
            wants_flush: AtomicBool::new(false),
        }
    }

    /// Looks at what the host offers, which is allowed from the initialisation on.
    ///
    /// # Safety
    /// The host is alive.
    pub unsafe fn connect(&self) {
        let Some(Ends { host, .. }) = *self.ends() else { return };
        // SAFETY: the caller's; the tables' types are the standard's.
        let ends = unsafe {
            Ends {
                host,
                params: extension(host, CLAP_EXT_PARAMS),
                gui: extension(host, CLAP_EXT_GUI),
                state: extension(host, CLAP_EXT_STATE),
            }
        };
        // Unless it has been cut meanwhile.
        if let Some(known) = self.ends().as_mut() {
            *known = ends;
        }
    }

    /// The instance goes: after its `last` work, which is done quietly, the host is never called
    /// again. Waits for calls that are under way.
    pub fn cut(&self, last: impl FnOnce()) {
        self.quiet.fetch_add(1, SeqCst);
        last();
        *self.ends() = None;
        while self.calls.load(Acquire) != 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// While `work` is going on, nothing is asked from other threads; what they want is asked for
    /// afterwards. A call that the host has not come back from by then stays its own affair.
    pub fn quietly<T>(&self, work: impl FnOnce() -> T) -> T {
        self.quiet.fetch_add(1, SeqCst);
        let done = work();
        self.quiet.fetch_sub(1, SeqCst);
        self.ask();
        done
    }

    /// Wants `on_main_thread`.
    pub fn request_callback(&self) {
        self.wants_callback.store(true, SeqCst);
        self.ask();
    }

    /// Wants `flush`, or a block: also while blocks are coming, since a host may stop at any time.
    pub fn request_flush(&self) {
        self.wants_flush.store(true, SeqCst);
        self.ask();
    }

    /// Main thread: the host shall make room for the editor; false when it does not.
    pub fn request_resize(&self, width: u32, height: u32) -> bool {
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

    /// Asks for what is wanted. A wish is written down before it is looked whether it is quiet, and
    /// looked for after that has ended, both in one order for all threads: so either its owner asks,
    /// or whoever was quiet.
    fn ask(&self) {
        if self.quiet.load(SeqCst) != 0 {
            return;
        }
        if self.wants_callback.swap(false, SeqCst) {
            // SAFETY: the host is alive while the line is not cut.
            self.call(|ends| unsafe { (*ends.host).request_callback });
        }
        if self.wants_flush.swap(false, SeqCst) {
            self.call(|ends| ends.params?.request_flush);
        }
    }

    fn call(&self, which: impl FnOnce(&Ends) -> Option<Request>) {
        let Some(ends) = self.begin_call() else { return };
        if let Some(request) = which(&ends) {
            // SAFETY: the host is alive while the line is not cut, and the cut waits for this.
            unsafe { request(ends.host) };
        }
        self.calls.fetch_sub(1, Release);
    }

    fn begin_call(&self) -> Option<Ends> {
        let ends = self.ends();
        // Counted with the lock held: a cut comes before that, or waits for the call.
        ends.inspect(|_| _ = self.calls.fetch_add(1, Relaxed))
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
