//! The wrapper's table of parameters, with the one function in which it panics replaced.

use std::ffi::c_void;
use std::sync::OnceLock;

use clap_sys::ext::params::{clap_param_info, clap_plugin_params};
use clap_sys::plugin::clap_plugin;

/// The wrapper's table, and the one that the host gets: made when the host first asks.
#[derive(Default)]
pub struct Params(OnceLock<[clap_plugin_params; 2]>);

type GetInfo = unsafe extern "C" fn(*const clap_plugin, u32, *mut clap_param_info) -> bool;

impl Params {
    /// The table for the host, valid as long as this stays where it is.
    ///
    /// # Safety
    /// `theirs` is the wrapper's table.
    pub unsafe fn table(&self, theirs: *const c_void, get_info: GetInfo) -> *const c_void {
        let [_, ours] = self.0.get_or_init(|| {
            // SAFETY: the caller's.
            let theirs = unsafe { *theirs.cast::<clap_plugin_params>() };
            [theirs, clap_plugin_params { get_info: Some(get_info), ..theirs }]
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
}
