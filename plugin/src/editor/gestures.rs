//! Between the controls and the host. A host records automation properly only when each change
//! stands between the beginning and the end of a gesture, with no gesture inside another of the
//! same parameter. Controls come from several hands (the framework's `ParamSlider` begins on a
//! press and ends only after a drag), so it is made sure here, once for all of them.

use std::sync::{Mutex, MutexGuard};

use nih_plug::context::PluginApi;
use nih_plug::context::gui::{GuiContext, GuiContextInner};
use nih_plug::prelude::{ParamPtr, PluginState};

/// Passes changes on to the host, well-formed.
pub struct Gestures {
    host: GuiContext,
    /// What is being changed right now.
    open: Mutex<Vec<ParamPtr>>,
}

impl Gestures {
    /// To the host of the window.
    pub fn new(host: GuiContext) -> Self {
        Self { host, open: Mutex::default() }
    }

    /// Ends every gesture: no button is held any more, or the window closes.
    pub fn end_all(&self) {
        let open = std::mem::take(&mut *self.open());
        for param in open {
            // SAFETY: it was begun by a reference to the parameter, and the wrapper checks it.
            unsafe { self.host.raw_end_set_parameter(param) };
        }
    }

    fn open(&self) -> MutexGuard<'_, Vec<ParamPtr>> {
        self.open.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl GuiContextInner for Gestures {
    fn plugin_api(&self) -> PluginApi {
        self.host.plugin_api()
    }

    unsafe fn raw_begin_set_parameter(&self, param: ParamPtr) {
        let mut open = self.open();
        if !open.contains(&param) {
            open.push(param);
            // SAFETY: the caller's.
            unsafe { self.host.raw_begin_set_parameter(param) };
        }
    }

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        // SAFETY: the caller's.
        unsafe {
            self.raw_begin_set_parameter(param);
            self.host.raw_set_parameter_normalized(param, normalized);
        }
    }

    unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
        let mut open = self.open();
        if let Some(at) = open.iter().position(|other| *other == param) {
            open.remove(at);
            // SAFETY: the caller's.
            unsafe { self.host.raw_end_set_parameter(param) };
        }
    }

    fn get_state(&self) -> PluginState {
        self.host.get_state()
    }

    /// Never used: it would make the audio thread wait.
    fn set_state(&self, _state: PluginState) {}

    fn request_restart(&self) {
        self.host.request_restart();
    }
}
