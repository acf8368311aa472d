//! CLAP hosts: one that keeps every rule, and one that breaks them.
//!
//! | module     | what                                                         |
//! |------------|--------------------------------------------------------------|
//! | [`host`]   | loads the bundle and makes instances, on `clack-host`        |
//! | [`run`]    | gives an instance a whole signal, cut into blocks as one likes |
//! | [`desk`]   | faders as the tests set them                                 |
//! | [`raw`]    | the bad host: the bare interface, where every call can be wrong |
//! | [`block`]  | the bad host's buffers                                       |
//! | [`events`] | the bad host's events                                        |
//! | [`expect`] | what the bad host expects all the same                       |
//! | [`faults`] | the bad host's tests again, without the guard                |
//! | [`stream`] | the bad host's streams of state                              |

pub mod block;
pub mod desk;
pub mod events;
pub mod expect;
pub mod faults;
pub mod host;
pub mod raw;
pub mod run;
pub mod stream;

use std::sync::{Mutex, MutexGuard};

/// Tests of one program share the library and its probe, whose counters and switches belong to all
/// instances: whoever has this is alone with them.
fn alone() -> MutexGuard<'static, ()> {
    static LIBRARY: Mutex<()> = Mutex::new(());
    LIBRARY.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
