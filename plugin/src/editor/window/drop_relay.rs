//! X11: drops that are addressed to the host's window.
//!
//! GTK's file managers look for `XdndAware` and `XdndProxy` on top-level windows only and never see
//! an editor embedded in one. Where the host's window takes no drops itself, it is lent a proxy: an
//! invisible window of ours, which passes the drag's messages on to the editor's window as if it
//! were their source, and the answers back as if it were the host's window. The editor's window
//! cannot be the proxy itself, because baseview ignores messages that name another window.
//!
//! A host's window that takes drops, or has a proxy already, is left alone.

use std::error::Error;
use std::sync::Arc;
use std::thread::JoinHandle;

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        XdndAware, XdndProxy, XdndTypeList, XdndEnter, XdndPosition, XdndStatus, XdndLeave,
        XdndDrop, XdndFinished, WM_STATE, _BUSBAR_QUIT,
    }
}

/// Since 2002; every toolkit speaks it.
const XDND_VERSION: u32 = 5;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Works until it is dropped.
pub struct Relay {
    connection: Arc<RustConnection>,
    proxy: Window,
    quit: Atom,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// For the editor's window, which is inside the host's already. `None` where no relay is needed
    /// or none is possible; drops by other programs arrive all the same.
    pub fn start(editor: Window) -> Option<Self> {
        Self::try_start(editor).ok().flatten()
    }

    fn try_start(editor: Window) -> Outcome<Option<Self>> {
        let (connection, _) = x11rb::connect(None)?;
        let atoms = Atoms::new(&connection)?.reply()?;
        let Some((top, root)) = host_window(&connection, atoms, editor)? else { return Ok(None) };
        let proxy = connection.generate_id()?;
        let aux = CreateWindowAux::new().override_redirect(1);
        let class = WindowClass::INPUT_ONLY;
        connection.create_window(0, proxy, root, -1, -1, 1, 1, 0, class, 0, &aux)?;
        let set = |window, property, kind, value| {
            connection.change_property32(PropMode::REPLACE, window, property, kind, &[value])
        };
        set(proxy, atoms.XdndAware, AtomEnum::ATOM, XDND_VERSION)?;
        // The proxy names itself too: that is how sources tell that it is still alive.
        set(proxy, atoms.XdndProxy, AtomEnum::WINDOW, proxy)?;
        set(top, atoms.XdndProxy, AtomEnum::WINDOW, proxy)?;
        connection.flush()?;
        let connection = Arc::new(connection);
        let route = Route {
            connection: connection.clone(),
            atoms,
            root,
            top,
            proxy,
            editor,
            source: 0,
            inside: false,
            enter: None,
        };
        let thread = std::thread::Builder::new().name("busbar-drops".into());
        let thread = Some(thread.spawn(move || route.run())?);
        Ok(Some(Self { connection, proxy, quit: atoms._BUSBAR_QUIT, thread }))
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let quit = ClientMessageEvent::new(32, self.proxy, self.quit, [0u32; 5]);
        _ = self.connection.send_event(false, self.proxy, EventMask::NO_EVENT, quit);
        _ = self.connection.flush();
        // No thread outlives the library's code.
        _ = self.thread.take().map(JoinHandle::join);
    }
}

/// The window that sources look at, and the root: the managed window around the editor, or the one
/// directly below the root. `None` when that is the editor itself, or takes drops already.
fn host_window(
    connection: &RustConnection,
    atoms: Atoms,
    editor: Window,
) -> Outcome<Option<(Window, Window)>> {
    let has = |window, property| -> Outcome<bool> {
        let property = connection.get_property(false, window, property, AtomEnum::ANY, 0, 1)?;
        Ok(property.reply()?.type_ != 0)
    };
    let mut top = editor;
    let root = loop {
        let tree = connection.query_tree(top)?.reply()?;
        if tree.parent == tree.root || has(top, atoms.WM_STATE)? {
            break tree.root;
        }
        top = tree.parent;
    };
    let needs_none = top == editor || has(top, atoms.XdndAware)? || has(top, atoms.XdndProxy)?;
    Ok((!needs_none).then_some((top, root)))
}

/// Between a source and the editor.
struct Route {
    connection: Arc<RustConnection>,
    atoms: Atoms,
    root: Window,
    /// The host's window.
    top: Window,
    proxy: Window,
    editor: Window,
    /// Who is dragging.
    source: Window,
    /// The pointer is over the editor, which has been told of the drag.
    inside: bool,
    /// What the editor is told when the pointer gets there.
    enter: Option<[u32; 5]>,
}

impl Route {
    fn run(mut self) {
        while let Ok(event) = self.connection.wait_for_event() {
            let Event::ClientMessage(message) = event else { continue };
            if message.type_ == self.atoms._BUSBAR_QUIT || self.pass(&message).is_err() {
                break;
            }
        }
        _ = self.connection.delete_property(self.top, self.atoms.XdndProxy);
        _ = self.connection.destroy_window(self.proxy);
        _ = self.connection.flush();
    }

    fn send(&self, to: Window, kind: Atom, data: [u32; 5]) -> Outcome<()> {
        let message = ClientMessageEvent::new(32, to, kind, data);
        self.connection.send_event(false, to, EventMask::NO_EVENT, message)?;
        Ok(self.connection.flush()?)
    }

    fn pass(&mut self, message: &ClientMessageEvent) -> Outcome<()> {
        let (atoms, kind, mut data) = (self.atoms, message.type_, message.data.as_data32());
        if kind == atoms.XdndStatus || kind == atoms.XdndFinished {
            data[0] = self.top;
            return self.send(self.source, kind, data);
        }
        if kind == atoms.XdndEnter {
            return self.entered(data);
        }
        data[0] = self.proxy;
        if kind == atoms.XdndPosition {
            self.moved((data[2] >> 16) as i16, data[2] as u16 as i16)?;
        }
        if self.inside {
            self.send(self.editor, kind, data)
        } else if kind == atoms.XdndDrop {
            self.send(self.source, atoms.XdndFinished, [self.top, 0, 0, 0, 0])
        } else {
            Ok(())
        }
    }

    fn entered(&mut self, mut data: [u32; 5]) -> Outcome<()> {
        self.source = data[0];
        self.inside = false;
        if data[1] & 1 != 0 {
            // More than three types: the editor will look for their list at whom it takes for the
            // source, which is the proxy.
            let list = self.atoms.XdndTypeList;
            let kinds =
                self.connection.get_property(false, self.source, list, AtomEnum::ATOM, 0, 1024)?;
            let kinds: Vec<u32> = kinds.reply()?.value32().into_iter().flatten().collect();
            let replace = PropMode::REPLACE;
            self.connection.change_property32(replace, self.proxy, list, AtomEnum::ATOM, &kinds)?;
        }
        data[0] = self.proxy;
        self.enter = Some(data);
        Ok(())
    }

    /// The drag has moved to a place on the screen.
    fn moved(&mut self, x: i16, y: i16) -> Outcome<()> {
        let place = self.connection.translate_coordinates(self.root, self.editor, x, y)?.reply()?;
        let size = self.connection.get_geometry(self.editor)?.reply()?;
        let inside = (0..i32::from(size.width)).contains(&place.dst_x.into())
            && (0..i32::from(size.height)).contains(&place.dst_y.into());
        let was_inside = std::mem::replace(&mut self.inside, inside);
        if let (true, false, Some(enter)) = (inside, was_inside, self.enter) {
            self.send(self.editor, self.atoms.XdndEnter, enter)?;
        }
        if !inside {
            if was_inside {
                self.send(self.editor, self.atoms.XdndLeave, [self.proxy, 0, 0, 0, 0])?;
            }
            self.send(self.source, self.atoms.XdndStatus, [self.top, 0, 0, 0, 0])?;
        }
        Ok(())
    }
}
