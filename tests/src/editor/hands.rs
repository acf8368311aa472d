//! Mouse and keyboard, through the server's extension for tests.

use std::time::Duration;

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT,
    KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;

use super::screen::Screen;

/// Keysyms that tests press.
pub mod key {
    /// Return.
    pub const ENTER: u32 = 0xff0d;
}

/// The wheel, as X11 counts buttons.
pub const WHEEL_UP: u8 = 4;

/// A user's hands.
pub struct Hands<'a>(pub &'a Screen);

impl Hands<'_> {
    fn event(&self, kind: u8, detail: u8, x: i16, y: i16) {
        let connection = &self.0.connection;
        connection
            .xtest_fake_input(kind, detail, 0, self.0.root, x, y, 0)
            .expect("connected")
            .check()
            .expect("the server takes events for tests");
        connection.flush().expect("connected");
    }

    /// Moves the pointer to a place in a window.
    pub fn move_to(&self, window: Window, (x, y): (f64, f64)) {
        let (x, y) = (x.round() as i16, y.round() as i16);
        let place = self.0.connection.translate_coordinates(window, self.0.root, x, y);
        let place = place.expect("connected").reply().expect("it is there");
        self.event(MOTION_NOTIFY_EVENT, 0, place.dst_x, place.dst_y);
    }

    /// Presses a button of the mouse, or lets it go.
    pub fn button(&self, button: u8, down: bool) {
        let kind = if down { BUTTON_PRESS_EVENT } else { BUTTON_RELEASE_EVENT };
        self.event(kind, button, 0, 0);
    }

    /// Presses it and lets it go.
    pub fn click(&self, button: u8) {
        self.button(button, true);
        std::thread::sleep(Duration::from_millis(30));
        self.button(button, false);
    }

    /// Presses a key, or lets it go.
    pub fn key(&self, keysym: u32, down: bool) {
        let kind = if down { KEY_PRESS_EVENT } else { KEY_RELEASE_EVENT };
        self.event(kind, self.code(keysym), 0, 0);
    }

    /// Presses a key and lets it go.
    pub fn press(&self, keysym: u32) {
        self.key(keysym, true);
        self.key(keysym, false);
    }

    /// Types letters and digits that need no Shift.
    pub fn type_text(&self, text: &str) {
        text.chars().for_each(|letter| self.press(letter.into()));
    }

    /// The key with a keysym on its first place.
    fn code(&self, keysym: u32) -> u8 {
        let setup = self.0.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let map = self.0.connection.get_keyboard_mapping(first, last - first + 1);
        let map = map.expect("connected").reply().expect("there is a keyboard");
        let per_key = map.keysyms_per_keycode.into();
        let at = map.keysyms.chunks(per_key).position(|key| key.first() == Some(&keysym));
        let at = at.unwrap_or_else(|| panic!("no key for the keysym {keysym:#x}"));
        first + u8::try_from(at).expect("keycodes are bytes")
    }
}
