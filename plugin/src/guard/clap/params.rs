//! The wrapper's table of parameters, with the two functions replaced in which it panics.

use std::ffi::c_void;
use std::sync::OnceLock;

use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::params::{clap_param_info, clap_plugin_params};
use clap_sys::plugin::clap_plugin;

use super::window::Window;

/// The wrapper's table, and the one that the host gets: made when the host first asks.
#[derive(Default)]
pub struct Params(OnceLock<[clap_plugin_params; 2]>);

type GetInfo = unsafe extern "C" fn(*const clap_plugin, u32, *mut clap_param_info) -> bool;
type Flush =
    unsafe extern "C" fn(*const clap_plugin, *const clap_input_events, *const clap_output_events);

impl Params {
    /// The table for the host, valid as long as this stays where it is.
    ///
    /// # Safety
    /// `theirs` is the wrapper's table.
    pub unsafe fn table(
        &self,
        theirs: *const c_void,
        get_info: GetInfo,
        flush: Flush,
    ) -> *const c_void {
        let [_, ours] = self.0.get_or_init(|| {
            // SAFETY: the caller's.
            let theirs = unsafe { *theirs.cast::<clap_plugin_params>() };
            let ours =
                clap_plugin_params { get_info: Some(get_info), flush: Some(flush), ..theirs };
            [theirs, ours]
        });
        std::ptr::from_ref(ours).cast()
    }

    /// What the wrapper knows of a parameter, asked for only where there is one: for the index
    /// after the last it panics, in a function that nothing unwinds from.
    ///
    /// # Safety
    /// The host's pointers, during its call.
    pub unsafe fn get_info(
        &self,
        plugin: *const clap_plugin,
        i: u32,
        to: *mut clap_param_info,
    ) -> bool {
        let Some([clap_plugin_params { count: Some(count), get_info: Some(get), .. }, _]) =
            self.0.get()
        else {
            return false;
        };
        // SAFETY: the wrapper's own functions, and the caller's pointers.
        unsafe { i < count(plugin) && get(plugin, i, to) }
    }

    /// Changes parameters outside of a block. The wrapper sees what it would see in a block of no
    /// frames: no event with less to it than its kind needs, and no more than `room` at a time.
    /// Realtime-safe as far as the wrapper is.
    ///
    /// # Safety
    /// The host's pointers, during its call; nobody is in the wrapper's `process`.
    pub unsafe fn flush(
        &self,
        plugin: *const clap_plugin,
        from: *const clap_input_events,
        to: *const clap_output_events,
        room: u32,
    ) {
        let Some([clap_plugin_params { flush: Some(flush), .. }, _]) = self.0.get() else { return };
        // SAFETY: null or the host's.
        let is_open = unsafe { to.as_ref() }.is_some_and(|to| to.try_push.is_some());
        let to = if is_open { to } else { std::ptr::null() };
        // One of its own: there need not have been an activation.
        let window = Window::new();
        // SAFETY: null or the host's list, during its call.
        unsafe { window.look_at(from) };
        loop {
            window.advance(0, 0, true, room);
            let events = window.list();
            // SAFETY: the wrapper's own function; the window stays where it is.
            unsafe { flush(plugin, &events, to) };
            if window.is_done() {
                return;
            }
        }
    }
}
