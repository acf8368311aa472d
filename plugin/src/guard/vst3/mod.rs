//! The guard for VST3: our factory, and a component that contains the framework's by value.
//!
//! The framework's `Wrapper` is a plain Rust value that implements the interface traits; only
//! `ComWrapper` makes it a COM object. Our component owns one that never becomes an object: there
//! is one COM identity, one reference count and one `queryInterface`, all ours, and the wrapper
//! cannot leak a pointer to itself because it has none. The price is that every method is
//! forwarded by hand; the compiler finds what is missing.
//!
//! | file         | what                                                  |
//! |--------------|-------------------------------------------------------|
//! | factory.rs   | what the library offers                               |
//! | component.rs | what is mended: buses, set-up, process, tail          |
//! | blocks.rs    | what one block needs: buses completed, pieces          |
//! | state.rs     | what is mended: state                                 |
//! | window.rs    | the events of one piece of a block                    |
//! | view.rs      | what the host holds of the editor                     |
//! | desk.rs      | what the editor wants of the host                     |
//! | run_loop.rs  | X11: how the host's main thread is called             |
//! | rest.rs      | the interfaces where there is nothing to mend         |

// The interfaces' methods have the names that the standard gives them.
#![allow(non_snake_case)]

mod blocks;
mod component;
mod desk;
mod factory;
mod rest;
#[cfg(target_os = "linux")]
mod run_loop;
mod state;
mod view;
mod window;

pub use factory::factory;

/// Methods handed on as they are, except that no panic comes back.
macro_rules! forward {
    ($interface:ident: $(fn $method:ident($($arg:ident: $ty:ty),*) -> $ret:ty, or $failed:expr;)*) => {$(
        unsafe fn $method(&self, $($arg: $ty),*) -> $ret {
            // SAFETY: the host's promises are handed on with the arguments.
            $crate::guard::shield(|| unsafe { $interface::$method(&*self.inner, $($arg),*) })
                .unwrap_or($failed)
        }
    )*};
}

pub(crate) use forward;
