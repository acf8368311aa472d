//! What both formats need to show the plug-in's editor.
//!
//! The framework's wrappers are built without their editor support, so the guard gives the host
//! the views itself. The plug-in hands its editor over while it is made
//! ([`Link::offer`](super::Link::offer)): the guard owns it, the editor knows the [`Link`](super::Link),
//! and the link knows neither, so that nothing keeps itself alive.
//!
//! | file       | what                                                              |
//! |------------|-------------------------------------------------------------------|
//! | display.rs | the one window of an instance: opened, sized, closed              |
//! | context.rs | what the editor calls to change parameters                        |
//! | home.rs    | what only one thread may touch                                    |
//!
//! On X11 the window runs on a thread of its own. What it wants of the host reaches the host on the
//! host's main thread (VST3), or on its audio thread as events (CLAP), and never from the window's.

mod context;
mod display;
mod home;

use nih_plug::prelude::{ParamPtr, Params};

pub use busbar_engine::handoff::{Edit, Edits, Teller};
pub use display::{Display, HostSide, scale_of};

use crate::editor::WindowedEditor;

/// What the plug-in hands the guard while it is made.
pub struct Offer {
    editor: WindowedEditor,
    /// In the order of the framework's map, which is that of the wrappers' lists.
    params: Box<[ParamPtr]>,
}

impl Offer {
    /// An editor, and the parameters that it changes.
    pub fn new(editor: WindowedEditor, params: &impl Params) -> Self {
        Self { editor, params: params.param_map().into_iter().map(|(_, param, _)| param).collect() }
    }

    /// How many parameters there are.
    pub fn param_count(&self) -> usize {
        self.params.len()
    }
}
