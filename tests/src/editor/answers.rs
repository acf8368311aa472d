//! A CLAP host that answers at once whatever it is asked for, by calling the plug-in back.

use std::ffi::{CStr, c_char, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};
use std::thread::ThreadId;

use clap_sys::ext::gui::{
    CLAP_EXT_GUI, CLAP_WINDOW_API_X11, clap_host_gui, clap_plugin_gui, clap_window,
    clap_window_handle,
};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_host_state};
use clap_sys::host::clap_host;
use clap_sys::plugin::clap_plugin;

use super::plug::Size;
use crate::clap::raw::RawPlugin;

/// What the host is and has been asked for; it must not move while a plug-in is there.
pub struct Answers {
    home: ThreadId,
    plugin: AtomicPtr<clap_plugin>,
    parent: u64,
    queue: Mutex<()>,
    /// How often other threads have asked for a call on the main thread.
    pub asked: AtomicU32,
    /// The sizes that the editor wanted.
    pub sizes: Mutex<Vec<Size>>,
    /// How often the editor has closed itself.
    pub closed: AtomicU32,
    /// How often there was something to save.
    pub dirty: AtomicU32,
    /// The next time that it is asked for a size, it opens the editor anew instead.
    pub reopens: AtomicBool,
}

impl Answers {
    /// At home on this thread, with a window for the editor.
    pub fn new(parent: u32) -> Self {
        Self {
            home: std::thread::current().id(),
            plugin: AtomicPtr::new(null_mut()),
            parent: parent.into(),
            queue: Mutex::default(),
            asked: AtomicU32::new(0),
            sizes: Mutex::default(),
            closed: AtomicU32::new(0),
            dirty: AtomicU32::new(0),
            reopens: AtomicBool::new(false),
        }
    }

    /// What plug-ins that are made from now on shall take for their host.
    pub fn stand_in(&self, host: &mut clap_host) {
        host.host_data = std::ptr::from_ref(self).cast_mut().cast();
        host.get_extension = Some(extension);
        host.request_callback = Some(request_callback);
    }

    /// The plug-in to be called back.
    pub fn meet(&self, plugin: &RawPlugin<'_>) {
        self.plugin.store(plugin.pointer().cast_mut(), Relaxed);
    }

    /// Keeps other threads waiting that ask for a call on the main thread.
    pub fn hold_queue(&self) -> MutexGuard<'_, ()> {
        self.queue.lock().expect("nobody panics in here")
    }

    /// Calls the plug-in on this thread.
    pub fn call(&self) {
        let plugin = self.plugin.load(Relaxed);
        // SAFETY: null, or the plug-in, which lives.
        if let Some(plugin) = unsafe { plugin.as_ref() } {
            // SAFETY: likewise.
            unsafe { plugin.on_main_thread.expect("it can be called")(plugin) };
        }
    }

    /// Opens the editor; false where that fails.
    pub fn open(&self) -> bool {
        let (gui, plugin) = self.gui();
        let api = CLAP_WINDOW_API_X11.as_ptr();
        let parent = clap_window { api, specific: clap_window_handle { x11: self.parent } };
        // SAFETY: the plug-in lives, and the window outlives the editor.
        unsafe {
            gui.create.expect("there")(plugin, api, false)
                && gui.set_parent.expect("there")(plugin, &parent)
                && gui.show.expect("there")(plugin)
        }
    }

    /// Closes it.
    pub fn close(&self) {
        let (gui, plugin) = self.gui();
        // SAFETY: the plug-in lives.
        unsafe { gui.destroy.expect("there")(plugin) };
    }

    /// Makes it so large; false when it refuses.
    pub fn resize(&self, (width, height): Size) -> bool {
        let (gui, plugin) = self.gui();
        // SAFETY: the plug-in lives.
        unsafe { gui.set_size.expect("there")(plugin, width, height) }
    }

    fn gui(&self) -> (&clap_plugin_gui, *const clap_plugin) {
        let plugin = self.plugin.load(Relaxed);
        // SAFETY: the plug-in lives, and its table with it.
        let gui = unsafe {
            let get = (*plugin).get_extension.expect("extensions");
            &*get(plugin, CLAP_EXT_GUI.as_ptr()).cast::<clap_plugin_gui>()
        };
        (gui, plugin)
    }
}

/// # Safety
/// The host is one that `Answers` stands in for.
unsafe fn answers<'a>(host: *const clap_host) -> &'a Answers {
    // SAFETY: the caller's.
    unsafe { &*(*host).host_data.cast::<Answers>() }
}

unsafe extern "C" fn extension(_: *const clap_host, id: *const c_char) -> *const c_void {
    static GUI: clap_host_gui = clap_host_gui {
        resize_hints_changed: None,
        request_resize: Some(request_resize),
        request_show: None,
        request_hide: None,
        closed: Some(closed),
    };
    static STATE: clap_host_state = clap_host_state { mark_dirty: Some(mark_dirty) };
    // SAFETY: the plug-in's string.
    let id = unsafe { CStr::from_ptr(id) };
    match id {
        _ if id == CLAP_EXT_GUI => (&raw const GUI).cast(),
        _ if id == CLAP_EXT_STATE => (&raw const STATE).cast(),
        _ => std::ptr::null(),
    }
}

unsafe extern "C" fn request_callback(host: *const clap_host) {
    // SAFETY: the plug-in's host.
    let this = unsafe { answers(host) };
    if std::thread::current().id() == this.home {
        return this.call();
    }
    this.asked.fetch_add(1, Relaxed);
    drop(this.hold_queue());
}

unsafe extern "C" fn request_resize(host: *const clap_host, width: u32, height: u32) -> bool {
    // SAFETY: the plug-in's host.
    let this = unsafe { answers(host) };
    this.sizes.lock().expect("nobody panics in here").push((width, height));
    this.call();
    if this.reopens.swap(false, Relaxed) {
        this.close();
        return this.open();
    }
    this.resize((width, height))
}

unsafe extern "C" fn closed(host: *const clap_host, _: bool) {
    // SAFETY: the plug-in's host.
    let this = unsafe { answers(host) };
    this.closed.fetch_add(1, Relaxed);
    this.call();
    this.close();
    this.open();
}

unsafe extern "C" fn mark_dirty(host: *const clap_host) {
    // SAFETY: the plug-in's host.
    let this = unsafe { answers(host) };
    this.dirty.fetch_add(1, Relaxed);
    this.call();
}
