//! What a host stores is a [`Session`]; what the framework loads is its own list of parameters.
//! The guard calls these two on the way.

use busbar_engine::Session;
use nih_plug::prelude::PluginState;

use crate::decks::Sources;
use crate::params;

/// Under these names the framework keeps what the decks are to hold, and the editor's size.
const DECKS: &str = "decks";
const WINDOW: &str = "window";

/// The framework's state as the session to store.
///
/// # Errors
/// When it is not what this version of the framework writes.
pub fn session_of(framework: &[u8]) -> Result<String, String> {
    let state: PluginState = serde_json::from_slice(framework)
        .map_err(|error| format!("the framework's state cannot be read: {error}"))?;
    let mut session = Session::default();
    for (id, value) in &state.params {
        if !params::set_value(&mut session, id, value) {
            return Err(format!("the parameter {id} has no place in the session"));
        }
    }
    if let Some(sources) = state.fields.get(DECKS) {
        let sources: Sources = serde_json::from_str(sources).map_err(|error| {
            format!("the framework's state of the decks cannot be read: {error}")
        })?;
        sources.put(&mut session);
    }
    if let Some(window) = state.fields.get(WINDOW) {
        session.window = serde_json::from_str(window).map_err(|error| {
            format!("the framework's state of the window cannot be read: {error}")
        })?;
    }
    Ok(session.write())
}

/// A stored session, which nobody has vouched for, as the framework's state.
///
/// # Errors
/// Says why the session is refused.
pub fn framework_state_of(stored: &[u8]) -> Result<Vec<u8>, String> {
    let session = Session::restore(stored).map_err(|refusal| refusal.to_string())?;
    let sources = serde_json::to_string(&Sources::of(&session)).map_err(|e| e.to_string())?;
    let window = serde_json::to_string(&session.window).map_err(|e| e.to_string())?;
    let state = PluginState {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        params: params::values_of(&session).collect(),
        fields: [(DECKS.to_owned(), sources), (WINDOW.to_owned(), window)].into(),
    };
    serde_json::to_vec(&state).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use busbar_engine::session::Window;

    use super::*;

    #[test]
    fn a_session_survives_the_framework() {
        let mut session = Session::default();
        session.bypass = true;
        session.master.gain = -3.25;
        session.strips[4].gain = f32::NEG_INFINITY;
        session.strips[7].balance = -0.37;
        (session.strips[0].mute, session.strips[1].to_master) = (true, false);
        session.decks[6].path = "/music/\"ü\".flac".into();
        session.reference.looping = true;
        session.window = Some(Window { width: 1400, height: 900 });
        let text = session.write();
        let framework = framework_state_of(text.as_bytes()).unwrap();
        assert_eq!(session_of(&framework), Ok(text));
    }

    #[test]
    fn refusals_keep_their_reason() {
        let refusal = framework_state_of(b"version = 99").unwrap_err();
        assert!(refusal.contains("newer Busbar"), "{refusal}");
        assert!(session_of(b"{}").is_err());
    }
}
