//! Busbar: eight metered stereo buses as a VST3 and CLAP plug-in, and as a program.
//!
//! This is the only crate that knows the plug-in framework. It has no signal processing of its
//! own: the host's buffers go to [`busbar_engine`].
//!
//! | module       | what                                                          |
//! |--------------|---------------------------------------------------------------|
//! | `editor`     | what is to be seen, and the window it is in                    |
//! | [`guard`]    | stands between the host and the framework's wrappers           |
//! | [`instance`] | the plug-in as the framework sees it                           |
//! | [`parts`]    | what an instance is made of, whoever runs it                   |
//! | [`loudness_targets`] | what programmes are measured against       |
//! | [`params`]   | the host's parameters                                          |
//! | [`state`]    | the host's stored state is a session                           |
//! | [`decks`]    | files on their way to the decks                                |
//! | [`demo`]     | a session with eight stems, made and rendered by the engine    |
//! | [`picture`]  | the editor as a picture, without a host and without a display  |
//! | [`session_file`] | sessions in files of their own                             |
//! | `probe`      | only in bundles for tests: looks inside, breaks things         |

// The framework's derive macros name it by its own name.
extern crate nih_plug as nice_plug;

pub mod decks;
pub mod demo;
pub mod editor;
pub mod guard;
pub mod instance;
pub mod loudness_targets;
pub mod params;
pub mod parts;
pub mod picture;
#[cfg(feature = "probe")]
pub mod probe;
pub mod session_file;
pub mod state;

pub use instance::Busbar;

guard::export_guarded!(Busbar);
