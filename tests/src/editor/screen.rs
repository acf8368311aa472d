//! An X server without a screen: `Xvfb`, one for a test program, on a display that is free.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

use super::desktop;
use super::picture::Picture;

/// Large enough for the editor at twice its size.
const SIZE: (u16, u16) = (2560, 1600);

/// A connection to the server.
pub struct Screen {
    /// The connection; the server ends with the last one.
    pub connection: RustConnection,
    /// The window behind all.
    pub root: Window,
    /// Ends by itself, when the program and with it the last connection does.
    _server: Child,
}

/// The screen, for one test at a time: they share mouse, keyboard and the bundle's counters.
pub fn screen() -> MutexGuard<'static, Screen> {
    static SCREEN: OnceLock<Mutex<Screen>> = OnceLock::new();
    let screen = SCREEN.get_or_init(|| Mutex::new(Screen::start()));
    screen.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Screen {
    fn start() -> Self {
        let (width, height) = SIZE;
        let mut server = Command::new("Xvfb")
            // Chooses a display that is free, and writes its number.
            .args(["-displayfd", "1", "-terminate", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts: the package `xvfb` has it");
        let mut number = String::new();
        let output = server.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut number).expect("Xvfb tells its display");
        let display = format!(":{}", number.trim());
        // SAFETY: the first thing that any test of the program does; until it is done all others
        // wait for the screen, so no other thread reads the environment.
        unsafe {
            std::env::set_var("DISPLAY", &display);
            std::env::set_var("LIBGL_ALWAYS_SOFTWARE", "1");
        }
        let (connection, number) =
            x11rb::connect(Some(&display)).expect("the server takes connections");
        let root = connection.setup().roots[number].root;
        desktop::furnish(&connection, number);
        Self { connection, root, _server: server }
    }

    /// What a window shows, and what is in front of it.
    pub fn picture(&self, window: Window) -> Picture {
        let size = self.geometry(window);
        let place = self.connection.translate_coordinates(window, self.root, 0, 0);
        let place = place.expect("connected").reply().expect("it is there");
        let whole = u32::MAX;
        let image = self
            .connection
            .get_image(
                ImageFormat::Z_PIXMAP,
                self.root,
                place.dst_x,
                place.dst_y,
                size.0,
                size.1,
                whole,
            )
            .expect("connected")
            .reply()
            .expect("the window is on the screen");
        Picture::of_x11(size.0.into(), size.1.into(), &image.data)
    }

    /// Width and height of a window.
    pub fn geometry(&self, window: Window) -> (u16, u16) {
        let size = self.connection.get_geometry(window).expect("connected");
        let size = size.reply().expect("it is there");
        (size.width, size.height)
    }

    /// What a window is called; nothing, for one that has just gone.
    pub fn name(&self, window: Window) -> String {
        let (name, text) = (AtomEnum::WM_NAME, AtomEnum::ANY);
        let name = self.connection.get_property(false, window, name, text, 0, 64);
        let name = name.expect("connected").reply().map(|name| name.value);
        String::from_utf8_lossy(&name.unwrap_or_default()).into_owned()
    }

    /// The windows in a window; none, in one that has just gone.
    pub fn inside(&self, window: Window) -> Vec<Window> {
        let tree = self.connection.query_tree(window).expect("connected");
        tree.reply().map(|tree| tree.children).unwrap_or_default()
    }
}
