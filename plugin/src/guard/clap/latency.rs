//! The latency, in the guard's hands: the wrapper would tell of a change whenever it likes, and a
//! CLAP host bears it only while it activates the plug-in.

use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_host_latency, clap_plugin_latency};
use clap_sys::plugin::clap_plugin;
use nih_plug::wrapper::clap::ClapPlugin;

use super::instance::Instance;
use crate::guard::Guarded;

impl<P: ClapPlugin + Guarded> Instance<P> {
    pub(super) const LATENCY: clap_plugin_latency =
        clap_plugin_latency { get: Some(Self::latency_get) };

    /// # Safety
    /// Main thread, while the plug-in is activated.
    pub(super) unsafe fn say_that_the_latency_changed(&self) {
        // SAFETY: the host outlives the instance; its table's type is the standard's.
        unsafe {
            let get = (*self.host).get_extension;
            let table = get.map(|get| get(self.host, CLAP_EXT_LATENCY.as_ptr()));
            let latency = table.and_then(|table| table.cast::<clap_host_latency>().as_ref());
            if let Some(changed) = latency.and_then(|latency| latency.changed) {
                changed(self.host);
            }
        }
    }

    /// Something was set that takes another activation. Realtime-safe as far as the host is.
    pub(super) fn ask_for_a_restart(&self) {
        if !self.link.take_restart() {
            return;
        }
        // SAFETY: the host outlives the instance, and lets any thread ask for this.
        unsafe {
            if let Some(request) = (*self.host).request_restart {
                request(self.host);
            }
        }
    }

    unsafe extern "C" fn latency_get(plugin: *const clap_plugin) -> u32 {
        // SAFETY: the host's plug-in.
        unsafe { Self::of(plugin) }.link.latency()
    }
}
