//! What programs take for granted on a desktop, and a bare X server has not: JUCE ends at the first
//! thing that is missing.

use x11rb::CURRENT_TIME;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, CreateWindowAux, WindowClass};
use x11rb::rust_connection::RustConnection;

/// Names that window managers make known. JUCE only asks whether they are, and uses them anyway.
const NAMES: [&str; 9] = [
    "WM_PROTOCOLS",
    "WM_TAKE_FOCUS",
    "WM_DELETE_WINDOW",
    "WM_CHANGE_STATE",
    "WM_STATE",
    "_NET_WM_PING",
    "_NET_WM_WINDOW_TYPE",
    "_NET_WM_STATE",
    "_NET_WM_STATE_HIDDEN",
];

/// Whoever keeps a desktop's settings; JUCE asks that window for them without a look whether there
/// is one.
const SETTINGS: &str = "_XSETTINGS_S0";

/// Furnishes a screen, for as long as the connection lasts.
pub fn furnish(connection: &RustConnection, screen: usize) {
    let atom = |name: &str| {
        let atom = connection.intern_atom(false, name.as_bytes()).expect("connected");
        atom.reply().expect("the server knows names").atom
    };
    NAMES.iter().for_each(|name| _ = atom(name));
    let keeper = connection.generate_id().expect("there are ids");
    let root = connection.setup().roots[screen].root;
    let (class, aux) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
    connection
        .create_window(0, keeper, root, -1, -1, 1, 1, 0, class, 0, &aux)
        .expect("connected")
        .check()
        .expect("there can be windows");
    connection.set_selection_owner(keeper, atom(SETTINGS), CURRENT_TIME).expect("connected");
    connection.flush().expect("connected");
}
