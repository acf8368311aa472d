//! Stands in for a host: sets parameters when the editor says so, and holds the state.

use std::sync::{Arc, PoisonError};

use busbar::editor::Shared;
use busbar::params::BusbarParams;
use busbar::state;
use busbar_engine::{Order, Session, Slot};
use nih_plug::context::PluginApi;
use nih_plug::context::gui::GuiContextInner;
use nih_plug::params::InternalParamMut;
use nih_plug::plugin::ParamValue;
use nih_plug::prelude::{ParamPtr, Params, PluginState};

/// Whoever owns the parameters of an instance that no host does.
pub struct Host {
    /// Keeps what `list` points into.
    params: Arc<BusbarParams>,
    list: Vec<(String, ParamPtr)>,
}

impl Host {
    /// For an instance's parameters.
    pub fn new(params: Arc<BusbarParams>) -> Self {
        let list = params.param_map().into_iter().map(|(id, param, _)| (id, param)).collect();
        Self { params, list }
    }

    /// All that is saved, as it is now.
    ///
    /// # Errors
    /// When a parameter has no place in the session.
    pub fn session(&self) -> Result<Session, String> {
        state::session(&self.get_state())
    }

    /// Takes a session over.
    ///
    /// # Errors
    /// When what the decks are to hold cannot be written down.
    pub fn load(&self, session: &Session) -> Result<(), String> {
        let state = state::framework_state(session)?;
        for (id, param) in &self.list {
            let Some(value) = state.params.get(id) else { continue };
            // SAFETY: the list points into the parameters, which live as long as it does. Setting a
            // value is a store to atomics.
            unsafe {
                match (param, value) {
                    (ParamPtr::FloatParam(param), ParamValue::F32(value)) => {
                        (**param)._internal_set_plain_value(*value);
                    }
                    (ParamPtr::BoolParam(param), ParamValue::Bool(value)) => {
                        (**param)._internal_set_plain_value(*value);
                    }
                    (ParamPtr::IntParam(param), ParamValue::I32(value)) => {
                        (**param)._internal_set_plain_value(*value);
                    }
                    (ParamPtr::EnumParam(param), ParamValue::String(value)) => {
                        (**param).set_from_id(value);
                    }
                    _ => return Err(format!("the parameter {id} does not take {value:?}")),
                }
            }
        }
        self.params.deserialize_fields(&state.fields);
        Ok(())
    }
}

/// What an instance's parameter is now, as the framework writes it down.
///
/// # Safety
/// The parameter lives.
unsafe fn value_of(param: &ParamPtr) -> ParamValue {
    use nih_plug::prelude::Param;
    // SAFETY: the caller's.
    unsafe {
        match param {
            ParamPtr::FloatParam(param) => ParamValue::F32((**param).unmodulated_plain_value()),
            ParamPtr::BoolParam(param) => ParamValue::Bool((**param).unmodulated_plain_value()),
            ParamPtr::IntParam(param) => ParamValue::I32((**param).unmodulated_plain_value()),
            ParamPtr::EnumParam(param) => match (**param).unmodulated_plain_id() {
                Some(id) => ParamValue::String(id.to_owned()),
                None => ParamValue::I32((**param).unmodulated_plain_value()),
            },
        }
    }
}

impl GuiContextInner for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Standalone
    }

    /// Nobody records automation here.
    unsafe fn raw_begin_set_parameter(&self, _: ParamPtr) {}

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        if self.list.iter().any(|(_, known)| *known == param) {
            // SAFETY: it is one of ours, and they live.
            unsafe { param._internal_set_normalized_value(normalized) };
        }
    }

    unsafe fn raw_end_set_parameter(&self, _: ParamPtr) {}

    fn get_state(&self) -> PluginState {
        // SAFETY: the list points into the parameters, which live as long as it does.
        let value = |(id, param): &(String, ParamPtr)| (id.clone(), unsafe { value_of(param) });
        PluginState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            params: self.list.iter().map(value).collect(),
            fields: self.params.serialize_fields(),
        }
    }

    /// Never used: the editor leaves the state to whoever owns it.
    fn set_state(&self, _: PluginState) {}

    /// Nothing that the editor can change needs one.
    fn request_restart(&self) {}
}

/// Starts every deck that is to hold something.
pub fn play_all(shared: &Shared) {
    let mut outer = shared.outer.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = &shared.params.wanted;
    let decks = Slot::all().filter(|slot| *slot != Slot::REFERENCE);
    for slot in decks.filter(|slot| !wanted.get(*slot).path.is_empty()) {
        // The queue has room for many times as many.
        _ = outer.orders.push((slot, Order::Play));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use busbar::guard::Link;
    use busbar::parts::Parts;

    #[test]
    fn a_session_comes_back_as_it_was() {
        let parts = Parts::new(Link::adopt());
        let host = Host::new(parts.shared.params.clone());
        assert_eq!(host.session(), Ok(Session::default()));
        let mut session = Session::default();
        session.bypass = true;
        session.master.gain = -3.217;
        session.strips[4].gain = f32::NEG_INFINITY;
        session.strips[7].balance = -0.37;
        (session.strips[0].mute, session.strips[1].to_master) = (true, false);
        session.decks[6].path = "/music/a.flac".into();
        session.reference.looping = true;
        host.load(&session).unwrap();
        assert_eq!(host.session(), Ok(session));
    }

    #[test]
    fn the_editor_sets_ours_and_nothing_else() {
        let (one, other) = (Parts::new(Link::adopt()), Parts::new(Link::adopt()));
        let host = Host::new(one.shared.params.clone());
        let [ours, theirs] = [&one, &other]
            .map(|parts| nih_plug::prelude::Param::as_ptr(&parts.shared.params.bypass));
        // SAFETY: both live.
        unsafe {
            host.raw_set_parameter_normalized(ours, 1.0);
            host.raw_set_parameter_normalized(theirs, 1.0);
        }
        assert!(one.shared.params.bypass.value() && !other.shared.params.bypass.value());
    }
}
