//! Busbar in real hosts. This library is the hosts; what is expected of the bundle in them stands
//! in the files beside `src/`.
//!
//! | module     | what                                                              |
//! |------------|-------------------------------------------------------------------|
//! | [`bundle`] | finds, or builds, the bundle under test                           |
//! | [`child`]  | tests in a process of their own                                   |
//! | [`clap`]   | hosts for CLAP, a good one and a bad one                          |
//! | [`inspect`] | looks at any bundle, for `cargo xtask`                            |
//! | [`files`]  | files to load                                                     |
//! | [`memory`] | how much memory a process holds                                   |
//! | `editor`   | a CLAP host that shows the editor, and a screen to show it on     |
//! | `jackd`    | a JACK server of the tests' own, and a client that plays and records |
//! | [`probe`]  | what the bundle under test tells about itself                     |
//! | `program`  | the program `busbar`, started, told to end, and listened to       |
//! | [`signal`] | test signals                                                      |
//! | [`soak`]   | how much longer the long tests are when asked for                 |
//! | [`stop`]   | threads that go on until they are told to stop                    |
//! | [`vst3`]   | a small VST3 host                                                 |

pub mod bundle;
pub mod child;
pub mod clap;
#[cfg(target_os = "linux")]
pub mod editor;
pub mod files;
pub mod inspect;
#[cfg(target_os = "linux")]
pub mod jackd;
pub mod memory;
pub mod probe;
#[cfg(target_os = "linux")]
pub mod program;
pub mod signal;
pub mod soak;
pub mod stop;
pub mod vst3;
