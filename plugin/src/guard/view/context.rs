//! What the editor calls to change parameters.

use std::sync::Arc;

use nih_plug::context::PluginApi;
use nih_plug::context::gui::GuiContextInner;
use nih_plug::prelude::{ParamPtr, PluginState};

use busbar_engine::handoff::Edits;

/// Writes what the editor does into [`Edits`]. Knows parameters by their place in the list; one
/// that is not in there is nobody's, and nothing happens.
pub struct Context {
    pub(super) api: PluginApi,
    pub(super) params: Arc<[ParamPtr]>,
    pub(super) edits: Arc<Edits>,
}

impl Context {
    fn with(&self, param: ParamPtr, change: impl FnOnce(&Edits, usize)) {
        if let Some(i) = self.params.iter().position(|known| *known == param) {
            change(&self.edits, i);
        }
    }
}

impl GuiContextInner for Context {
    fn plugin_api(&self) -> PluginApi {
        self.api
    }

    unsafe fn raw_begin_set_parameter(&self, param: ParamPtr) {
        self.with(param, |edits, i| edits.begin(i));
    }

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        self.with(param, |edits, i| edits.set(i, normalized));
    }

    unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
        self.with(param, |edits, i| edits.end(i));
    }

    /// An empty one: the state is the wrapper's, whose own function for this is not to be had, and
    /// what the editor wants saved it writes into the parameters' persistent fields.
    fn get_state(&self) -> PluginState {
        PluginState {
            version: String::new(),
            params: Default::default(),
            fields: Default::default(),
        }
    }

    /// Refused: the wrapper would make the audio thread wait for it.
    fn set_state(&self, _state: PluginState) {}

    /// Refused: nothing that the editor changes needs another activation.
    fn request_restart(&self) {}
}
