//! A program that files are dragged from, speaking XDND as file managers do.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        XdndAware, XdndProxy, XdndSelection, XdndEnter, XdndPosition, XdndStatus, XdndDrop,
        XdndFinished, XdndActionCopy,
        URIS: b"text/uri-list",
    }
}

/// Where a source looks for somebody who takes drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// At the window under the pointer, however deep it is.
    Deep,
    /// At top-level windows and their proxies only, as GTK does.
    TopLevelOnly,
}

/// A file as a URI, in which most bytes that are no letters are written as numbers.
fn uri(file: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in file.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// The program.
pub struct Source {
    connection: RustConnection,
    atoms: Atoms,
    window: Window,
    root: Window,
    uris: String,
}

impl Source {
    /// Offers files, given by their absolute paths.
    pub fn new(files: &[PathBuf]) -> Self {
        let (connection, screen) = x11rb::connect(None).expect("there is a screen");
        let root = connection.setup().roots[screen].root;
        let atoms = Atoms::new(&connection).expect("connected").reply().expect("atoms");
        let window = connection.generate_id().expect("there are ids");
        let (class, aux) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
        let made = connection.create_window(0, window, root, -9, -9, 1, 1, 0, class, 0, &aux);
        made.expect("connected");
        connection
            .set_selection_owner(window, atoms.XdndSelection, x11rb::CURRENT_TIME)
            .expect("connected");
        let uris = files.iter().map(|file| uri(file) + "\r\n").collect();
        Self { connection, atoms, window, root, uris }
    }

    /// Drags the files to a place in a window and drops them there. Returns whether they were
    /// taken.
    pub fn drop_on(&self, window: Window, place: (f64, f64), looks: Looks) -> bool {
        let (x, y) = (place.0.round() as i16, place.1.round() as i16);
        let at = self.connection.translate_coordinates(window, self.root, x, y);
        let at = at.expect("connected").reply().expect("it is there");
        let Some((target, receiver)) = self.target(window, looks) else { return false };
        let send = |kind: Atom, data: [u32; 5]| {
            let message = ClientMessageEvent::new(32, target, kind, data);
            self.connection
                .send_event(false, receiver, EventMask::NO_EVENT, message)
                .expect("connected");
            self.connection.flush().expect("connected");
        };
        let atoms = self.atoms;
        send(atoms.XdndEnter, [self.window, 5 << 24, atoms.URIS, 0, 0]);
        let packed = (at.dst_x as u16 as u32) << 16 | at.dst_y as u16 as u32;
        let position = [self.window, 0, packed, x11rb::CURRENT_TIME, atoms.XdndActionCopy];
        // Twice, as the pointer moves.
        for _ in 0..2 {
            send(atoms.XdndPosition, position);
            let status = self.answer(atoms.XdndStatus);
            if status.is_none_or(|status| status[1] & 1 == 0) {
                return false;
            }
        }
        send(atoms.XdndDrop, [self.window, 0, x11rb::CURRENT_TIME, 0, 0]);
        self.answer(atoms.XdndFinished).is_some_and(|finished| finished[1] & 1 == 1)
    }

    /// Whom the messages name, and whom they are sent to.
    fn target(&self, window: Window, looks: Looks) -> Option<(Window, Window)> {
        let property = |window, property| {
            let property =
                self.connection.get_property(false, window, property, AtomEnum::ANY, 0, 1);
            let property = property.expect("connected").reply().ok()?;
            property.value32().and_then(|mut values| values.next())
        };
        if looks == Looks::TopLevelOnly {
            if let Some(proxy) = property(window, self.atoms.XdndProxy) {
                // A proxy that does not name itself is what a program that died has left behind.
                let is_alive = property(proxy, self.atoms.XdndProxy) == Some(proxy);
                return is_alive.then_some((window, proxy));
            }
            return property(window, self.atoms.XdndAware).map(|_| (window, window));
        }
        let mut candidates = vec![window];
        while let Some(window) = candidates.pop() {
            if property(window, self.atoms.XdndAware).is_some() {
                return Some((window, window));
            }
            let tree = self.connection.query_tree(window).expect("connected");
            candidates.extend(tree.reply().ok()?.children);
        }
        None
    }

    /// The next message of that kind; hands out the files meanwhile.
    fn answer(&self, kind: Atom) -> Option<[u32; 5]> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(5) {
            match self.connection.poll_for_event().expect("connected") {
                Some(Event::ClientMessage(message)) if message.type_ == kind => {
                    return Some(message.data.as_data32());
                }
                Some(Event::SelectionRequest(request)) => self.hand_out(&request),
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        }
        None
    }

    fn hand_out(&self, request: &SelectionRequestEvent) {
        let (to, property) = (request.requestor, request.property);
        let uris = self.uris.as_bytes();
        self.connection
            .change_property8(PropMode::REPLACE, to, property, request.target, uris)
            .expect("connected");
        let notice = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: to,
            selection: request.selection,
            target: request.target,
            property,
        };
        self.connection.send_event(false, to, EventMask::NO_EVENT, notice).expect("connected");
        self.connection.flush().expect("connected");
    }
}
