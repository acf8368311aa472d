//! Keys, and what they mean to the clipboard and to the whole editor.

use egui::{Key, Modifiers};
use keyboard_types::{Key as Typed, KeyState, KeyboardEvent, NamedKey};

/// What the window has to do for a key, besides telling egui.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// egui puts its selection into the clipboard, and removes it.
    Cut,
    /// egui puts its selection into the clipboard.
    Copy,
    /// The window reads the clipboard, and hands its text to egui.
    Paste,
}

/// A key by what it says and by where it is. Both libraries use the W3C's names.
pub fn keys(event: &KeyboardEvent) -> (Option<Key>, Option<Key>) {
    (Key::from_name(&event.key.to_string()), Key::from_name(&event.code.to_string()))
}

/// The modifiers held after an event. X11 reports those from before it, in which a modifier's own
/// press or release is missing.
pub fn modifiers_after(event: &KeyboardEvent) -> keyboard_types::Modifiers {
    let own = match event.key {
        Typed::Named(NamedKey::Shift) => keyboard_types::Modifiers::SHIFT,
        Typed::Named(NamedKey::Control) => keyboard_types::Modifiers::CONTROL,
        Typed::Named(NamedKey::Alt) => keyboard_types::Modifiers::ALT,
        Typed::Named(NamedKey::Meta) => keyboard_types::Modifiers::META,
        _ => keyboard_types::Modifiers::empty(),
    };
    let mut after = event.modifiers;
    after.set(own, event.state == KeyState::Down);
    after
}

/// baseview's modifiers as egui's.
pub fn modifiers(held: &keyboard_types::Modifiers) -> Modifiers {
    let is_mac = cfg!(target_os = "macos");
    Modifiers {
        alt: held.alt(),
        ctrl: held.ctrl(),
        shift: held.shift(),
        mac_cmd: is_mac && held.meta(),
        command: if is_mac { held.meta() } else { held.ctrl() },
    }
}

/// The text that a key press types, if any.
pub fn text(event: &KeyboardEvent, held: Modifiers) -> Option<&str> {
    // AltGr is Ctrl and Alt at once on Windows, and does type.
    let is_shortcut = ((held.ctrl || held.command) && !held.alt) || held.mac_cmd;
    match &event.key {
        Typed::Character(text) if event.state == KeyState::Down && !is_shortcut => {
            (!text.is_empty() && !text.chars().any(char::is_control)).then_some(text.as_str())
        }
        _ => None,
    }
}

/// Whether a key means something in the whole editor, so that the host must not act on it as well:
/// A and B are the mix and the reference.
pub fn is_ours(key: Key, held: Modifiers) -> bool {
    matches!(key, Key::A | Key::B) && held.is_none()
}

/// What a pressed key means to the clipboard.
pub fn command(key: Key, held: Modifiers) -> Option<Command> {
    let has_old_keys = cfg!(not(target_os = "macos"));
    match key {
        Key::X if held.command && !held.alt => Some(Command::Cut),
        Key::C if held.command && !held.alt => Some(Command::Copy),
        Key::V if held.command && !held.alt => Some(Command::Paste),
        Key::Cut => Some(Command::Cut),
        Key::Copy => Some(Command::Copy),
        Key::Paste => Some(Command::Paste),
        Key::Delete if has_old_keys && held.shift => Some(Command::Cut),
        Key::Insert if has_old_keys && held.ctrl => Some(Command::Copy),
        Key::Insert if has_old_keys && held.shift => Some(Command::Paste),
        _ => None,
    }
}
