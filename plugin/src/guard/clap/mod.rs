//! The guard for CLAP: our entry and factory, and a `clap_plugin` that stands in front of the
//! wrapper's.
//!
//! Every function of the wrapper, those of its extensions too, finds its object through
//! `plugin->plugin_data` and looks at nothing else of `plugin`. Our instance begins with a copy of
//! the wrapper's `clap_plugin`, `plugin_data` included: what is not replaced works unchanged on
//! our pointer, extensions that nobody here has heard of included. What is replaced finds our
//! instance by casting the same pointer back. So there is one `clap_plugin` for the host, and
//! nothing to forward by hand.
//!
//! | file        | what                                            |
//! |-------------|-------------------------------------------------|
//! | instance.rs | what is mended: ports, process, tail            |
//! | latency.rs  | what is mended: the latency                     |
//! | render.rs   | what is mended: how the host is calling         |
//! | blocks.rs   | what one block needs: ports, transport          |
//! | params.rs   | what is mended: parameters                      |
//! | state.rs    | what is mended: state                           |
//! | window.rs   | the events of one piece of a block              |
//! | gui.rs      | the editor                                      |
//! | line.rs     | what the editor asks of the host                |
//! | speaker.rs  | what the editor has changed, as events          |

mod blocks;
mod gui;
mod instance;
mod latency;
mod line;
mod params;
mod render;
mod speaker;
mod state;
mod window;

use std::ffi::{CStr, c_char, c_void};
#[cfg(feature = "probe")]
use std::sync::Arc;
use std::sync::OnceLock;

pub use clap_sys::entry::clap_plugin_entry;
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::host::clap_host;
use clap_sys::plugin::{clap_plugin, clap_plugin_descriptor};
use clap_sys::version::CLAP_VERSION;
#[cfg(feature = "probe")]
use nih_plug::wrapper::clap::Wrapper;
use nih_plug::wrapper::clap::{ClapPlugin, PluginDescriptor};

use super::{Guarded, shield};
use instance::Instance;

/// For `clap_entry`.
pub const fn entry<P: ClapPlugin + Guarded>() -> clap_plugin_entry {
    clap_plugin_entry {
        clap_version: CLAP_VERSION,
        init: Some(init),
        deinit: Some(deinit),
        get_factory: Some(get_factory::<P>),
    }
}

unsafe extern "C" fn init(_path: *const c_char) -> bool {
    true
}

unsafe extern "C" fn deinit() {}

unsafe extern "C" fn get_factory<P: ClapPlugin + Guarded>(id: *const c_char) -> *const c_void {
    // SAFETY: null or the host's string.
    if id.is_null() || unsafe { CStr::from_ptr(id) } != CLAP_PLUGIN_FACTORY_ID {
        return std::ptr::null();
    }
    let factory: &'static clap_plugin_factory = const {
        &clap_plugin_factory {
            get_plugin_count: Some(plugin_count),
            get_plugin_descriptor: Some(plugin_descriptor::<P>),
            create_plugin: Some(create_plugin::<P>),
        }
    };
    (&raw const *factory).cast()
}

/// One plug-in in a library: a static in a generic function is shared by all its kinds.
fn descriptor<P: ClapPlugin>() -> &'static PluginDescriptor {
    static ONLY: OnceLock<PluginDescriptor> = OnceLock::new();
    ONLY.get_or_init(PluginDescriptor::for_plugin::<P>)
}

unsafe extern "C" fn plugin_count(_: *const clap_plugin_factory) -> u32 {
    1
}

unsafe extern "C" fn plugin_descriptor<P: ClapPlugin>(
    _: *const clap_plugin_factory,
    i: u32,
) -> *const clap_plugin_descriptor {
    if i == 0 { descriptor::<P>().clap_plugin_descriptor() } else { std::ptr::null() }
}

unsafe extern "C" fn create_plugin<P: ClapPlugin + Guarded>(
    _: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    let known = || {
        // SAFETY: not null, and then the host's string.
        !id.is_null() && unsafe { CStr::from_ptr(id) } == descriptor::<P>().clap_id()
    };
    if host.is_null() || !known() {
        return std::ptr::null();
    }
    #[cfg(feature = "probe")]
    if crate::probe::is_unguarded() {
        // SAFETY: the host stays alive as long as its plug-ins, and destroys them by the wrapper's
        // own function, which takes this reference back.
        return unsafe { (*Arc::into_raw(Wrapper::<P>::new(host))).clap_plugin.as_ptr() };
    }
    // SAFETY: the host stays alive as long as its plug-ins.
    shield(|| unsafe { Instance::<P>::create(host) }).unwrap_or(std::ptr::null())
}
