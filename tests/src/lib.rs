//! Busbar in real hosts. This library is the hosts; what is expected of the bundle in them stands
//! in the files beside `src/`.
//!
//! | module     | what                                                              |
//! |------------|-------------------------------------------------------------------|
//! | [`bundle`] | finds, or builds, the bundle under test                           |
//! | [`probe`]  | what the bundle under test tells about itself                     |
//! | [`signal`] | test signals                                                      |

pub mod bundle;
pub mod probe;
pub mod signal;
