//! The guard: a thin layer between the host and the framework's VST3 and CLAP wrappers.
//!
//! The wrappers have faults that plug-in code cannot mend from inside. The guard stands in front
//! of them, hands the host objects of ours, and lets theirs see only well-formed calls. It mends
//! just these; each has a test that fails without it, and when the framework mends one, its lines
//! here go:
//!
//! | fault of the wrappers                                             | mended in             |
//! |-------------------------------------------------------------------|-----------------------|
//! | with a missing, null or empty bus, `process` is not called at all | [`pad`]               |
//! | buffers that a host lays onto one another are read after they were written | [`pad`]      |
//! | VST3 sidechains are dropped or read past the host's list          | `vst3::blocks`        |
//! | VST3 bus arrangements are compared with the wrong bus             | `vst3::component`     |
//! | the process mode lags by one set-up                               | `vst3::component`, [`link`] |
//! | a block longer than announced, or with more events than announced | [`pad`], `*::window`  |
//! | CLAP events beyond the block are read as a longer block           | `clap::window`        |
//! | a panic ends the host's process (which of them: see below)        | [`shield()`]          |
//! | state of any size is read, of any kind accepted                   | `*::state`            |
//! | the tail is not told before the first block                       | [`link`]              |
//! | what is asked of the parameter after the last panics              | `vst3::rest`, `clap::params` |
//! | after a failed activation, CLAP's `process` panics                | `clap::instance`      |
//! | activating, and flushing CLAP's parameters, beside `process` panics | [`TryCell`](busbar_engine::handoff::TryCell) |
//! | a CLAP flush reads events beyond their size, or at null           | `clap::params`        |
//! | VST3 transport near the end of the numbers overflows              | `vst3::component`     |
//! | with an editor, automation posts tasks that end the host          | [`view`]: built without, the views are ours |
//!
//! # Panics
//!
//! | where it panics                                  | VST3                | CLAP                        |
//! |--------------------------------------------------|---------------------|-----------------------------|
//! | the plug-in's own code in `process`              | caught in `Instance::process` | caught in `Instance::process` |
//! | making an instance, and the guard's own code inside a [`shield()`] | caught in the guard | caught in the guard |
//! | the wrapper, and what else of the plug-in it calls | caught in the guard | **ends the process**      |
//! | the editor, and a function of its views          | closes the window; caught in the guard | likewise |
//! | a host's function, called by us                  | the host's own fault | the host's own fault       |
//!
//! The wrapper's VST3 methods are Rust functions, through which a panic unwinds to the guard. Its
//! CLAP functions are `extern "C"`, out of which nothing unwinds: a panic in one aborts at its own
//! edge, inside of any `shield` around the call. So what is known to panic there is never called
//! like that; and the plug-in's callbacks other than `process` must not panic.
//!
//! # Views
//!
//! What the host sees of the editor is the guard's own: `vst3::view` and `clap::gui`, on what both
//! share in [`view`]. The framework's part in it are its traits only.
//!
//! Both formats use what the framework's export macros expand to, which is public but not promised
//! to stay: the framework is pinned with `=`.

pub mod clap;
pub mod link;
pub mod pad;
mod shield;
mod state;
pub mod view;
pub mod vst3;

pub use link::Link;
pub use shield::shield;

/// What the guard asks of the plug-in beyond [`Plugin`](nih_plug::plugin::Plugin).
pub trait Guarded: nih_plug::plugin::Plugin {
    /// No larger state is read, let alone parsed.
    const STATE_LIMIT: usize;

    /// What the host is to store for the framework's state.
    ///
    /// # Errors
    /// Says why it cannot be stored.
    fn stored_state_of(framework: &[u8]) -> Result<Vec<u8>, String>;

    /// The framework's state for what the host has stored.
    ///
    /// # Errors
    /// Says why it is refused; then nothing is loaded, and what was there stays.
    fn framework_state_of(stored: &[u8]) -> Result<Vec<u8>, String>;
}

/// The entry points of both formats, in place of the framework's export macros.
macro_rules! export_guarded {
    ($plugin:ty) => {
        /// VST3: the factory.
        #[unsafe(no_mangle)]
        pub extern "system" fn GetPluginFactory() -> *mut ::std::ffi::c_void {
            $crate::guard::vst3::factory::<$plugin>()
        }

        /// VST3 on Linux: the library has been loaded.
        #[cfg(all(target_family = "unix", not(target_os = "macos")))]
        #[unsafe(no_mangle)]
        pub extern "C" fn ModuleEntry(_library: *mut ::std::ffi::c_void) -> bool {
            true
        }

        /// VST3 on Linux: the library is about to be unloaded.
        #[cfg(all(target_family = "unix", not(target_os = "macos")))]
        #[unsafe(no_mangle)]
        pub extern "C" fn ModuleExit() -> bool {
            true
        }

        /// VST3 on macOS: the library has been loaded.
        #[cfg(target_os = "macos")]
        #[unsafe(no_mangle)]
        pub extern "C" fn bundleEntry(_bundle: *mut ::std::ffi::c_void) -> bool {
            true
        }

        /// VST3 on macOS: the library is about to be unloaded.
        #[cfg(target_os = "macos")]
        #[unsafe(no_mangle)]
        pub extern "C" fn bundleExit() -> bool {
            true
        }

        /// VST3 on Windows: the library has been loaded.
        #[cfg(target_os = "windows")]
        #[unsafe(no_mangle)]
        pub extern "system" fn InitDll() -> bool {
            true
        }

        /// VST3 on Windows: the library is about to be unloaded.
        #[cfg(target_os = "windows")]
        #[unsafe(no_mangle)]
        pub extern "system" fn ExitDll() -> bool {
            true
        }

        /// CLAP: the entry.
        #[unsafe(no_mangle)]
        #[used]
        pub static clap_entry: $crate::guard::clap::clap_plugin_entry =
            $crate::guard::clap::entry::<$plugin>();
    };
}

pub(crate) use export_guarded;
