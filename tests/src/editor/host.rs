//! A host with a window for the editor.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, PropMode, Window,
    WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::hands::Hands;
use super::labels::{Control, Windows};
use super::picture::Picture;
use super::player::Player;
use super::plug::{Plug, Size, Told};
use super::screen::Screen;
use super::until;
use crate::probe::Probe;

/// The bundle, loaded.
pub struct Bundle<P: Plug>(P::Loaded);

impl<P: Plug> Bundle<P> {
    /// Loads it.
    pub fn open() -> Self {
        Self(P::load())
    }

    /// What its open windows show.
    pub fn windows(&self) -> Windows<'_> {
        Windows(P::library(&self.0))
    }

    /// What it tells about itself.
    pub fn probe(&self) -> Probe<'_> {
        Probe(P::library(&self.0))
    }
}

/// One instance, and the window that it is shown in.
pub struct Host<'a, P: Plug> {
    /// Where its window is.
    pub screen: &'a Screen,
    /// The host's window.
    pub window: Window,
    /// The instance. `None` once it has been let go of.
    plug: Option<P>,
    bundle: &'a Bundle<P>,
    ids: HashMap<String, u32>,
    player: Option<Player<P::Processor>>,
    scale: f64,
}

impl<'a, P: Plug> Host<'a, P> {
    /// A new instance, not shown yet.
    pub fn new(screen: &'a Screen, bundle: &'a Bundle<P>) -> Self {
        let mut plug = P::new(&bundle.0);
        let ids = plug.ids();
        let window = parent(screen, P::HOST);
        Self { screen, window, plug: Some(plug), bundle, ids, player: None, scale: 1.0 }
    }

    /// The instance.
    ///
    /// # Panics
    /// When it has been let go of.
    pub fn plug(&mut self) -> &mut P {
        self.plug.as_mut().expect("it is still there")
    }

    /// Makes the host's window so large, without telling the editor.
    pub fn fit(&self, size: Size) {
        resize_window(self.screen, self.window, size);
    }

    /// Destroys the host's window, with the editor's in it.
    pub fn destroy_window(&self) {
        self.screen.connection.destroy_window(self.window).expect("connected");
        self.screen.connection.sync().expect("connected");
    }

    /// Takes the host's window from the screen: the editor then has nothing to draw on.
    pub fn hide_window(&self) {
        self.screen.connection.unmap_window(self.window).expect("connected");
        self.screen.connection.sync().expect("connected");
    }

    /// Opens the editor in the host's window, and waits until it has drawn something.
    pub fn open(&mut self, scale: f64) {
        let before = self.bundle.windows().count();
        // Out of the way, so that nothing is told about what happens to be under the pointer.
        let (width, height) = self.screen.geometry(self.screen.root);
        let corner = (f64::from(width) - 1.0, f64::from(height) - 1.0);
        Hands(self.screen).move_to(self.screen.root, corner);
        self.open_only(scale);
        let bundle = self.bundle;
        self.until("the editor draws", |_| (bundle.windows().frames(before) > 0).then_some(()));
    }

    /// Opens it without waiting.
    pub fn open_only(&mut self, scale: f64) {
        self.scale = scale;
        let (screen, window) = (self.screen, self.window);
        self.plug().open(window, scale, &|size| resize_window(screen, window, size));
    }

    /// Closes the editor.
    pub fn close(&mut self) {
        self.plug().close();
    }

    /// Lets go of the instance, as it is.
    pub fn drop_plug(&mut self) {
        self.stop();
        self.plug = None;
    }

    /// Hides the editor, or shows it again; false in a format that cannot.
    pub fn show(&mut self, shown: bool) -> bool {
        self.plug().show(shown)
    }

    /// The editor's size, as it tells.
    pub fn size(&mut self) -> Size {
        self.plug().size()
    }

    /// The user makes the host's window larger or smaller; returns what the editor made of it.
    pub fn resize(&mut self, width: u32, height: u32) -> Size {
        let (screen, window) = (self.screen, self.window);
        self.plug().resize((width, height), &|size| resize_window(screen, window, size))
    }

    /// What a host's main thread does all the time.
    pub fn turn(&mut self) {
        let (screen, window) = (self.screen, self.window);
        self.plug().turn(&|size| resize_window(screen, window, size));
    }

    /// Turns until something is so.
    pub fn until<T>(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> Option<T>) -> T {
        until(
            what,
            || (),
            || {
                self.turn();
                is_so(self)
            },
        )
    }

    /// Turns for a while.
    pub fn wait(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.turn();
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether the plug-in has said that its editor is gone; `None` in a format without a word for
    /// it.
    pub fn was_closed(&mut self) -> Option<bool> {
        self.plug().was_closed()
    }

    /// The control of that label; waits until it is there.
    pub fn control(&mut self, label: &str) -> Control {
        let bundle = self.bundle;
        self.until(&format!("there is “{label}”"), |_| bundle.windows().find(0, label))
    }

    /// Where its middle is in the host's window.
    pub fn middle(&mut self, label: &str) -> (f64, f64) {
        let scale = self.scale;
        self.control(label).middle(scale)
    }

    /// What the host's window shows.
    pub fn picture(&self) -> Picture {
        self.screen.picture(self.window)
    }

    /// The parameter of that name.
    pub fn id(&self, name: &str) -> u32 {
        self.ids[name]
    }

    /// The numbers of all parameters.
    pub fn all_ids(&self) -> Vec<u32> {
        self.ids.values().copied().collect()
    }

    /// What a parameter is set to, as text.
    pub fn text(&mut self, name: &str) -> String {
        let id = self.id(name);
        self.plug().text(id)
    }

    /// What a parameter is set to, in decibels.
    pub fn decibels(&mut self, name: &str) -> f32 {
        let text = self.text(name);
        let number = text.strip_suffix(" dB").unwrap_or_else(|| panic!("no level: {text}"));
        number.parse().unwrap_or_else(|_| panic!("no level: {text}"))
    }

    /// What the plug-in has told about parameters.
    pub fn told(&mut self) -> Vec<Told> {
        self.plug().told()
    }

    /// Forgets it.
    pub fn forget(&mut self) {
        self.plug().forget();
    }

    /// Starts an audio thread.
    pub fn play(&mut self) {
        let processor = self.plug().start();
        self.player = Some(Player::start(processor, P::block));
    }

    /// The audio thread.
    pub fn player(&self) -> &Player<P::Processor> {
        self.player.as_ref().expect("it plays")
    }

    /// Stops it.
    pub fn stop(&mut self) {
        if let Some(player) = self.player.take() {
            let processor = player.stop();
            self.plug().stop(processor);
        }
    }
}

impl<P: Plug> Drop for Host<'_, P> {
    fn drop(&mut self) {
        self.stop();
        self.plug = None;
        _ = self.screen.connection.destroy_window(self.window);
        _ = self.screen.connection.flush();
    }
}

fn resize_window(screen: &Screen, window: Window, (width, height): Size) {
    let aux = ConfigureWindowAux::new().width(width).height(height);
    screen.connection.configure_window(window, &aux).expect("connected");
    screen.connection.flush().expect("connected");
}

/// The host's window, which files may not be dropped on.
fn parent(screen: &Screen, name: &str) -> Window {
    let connection = &screen.connection;
    let window = connection.generate_id().expect("there are ids");
    // Orange where the editor does not draw.
    let aux = CreateWindowAux::new().background_pixel(0xff_8000);
    let (class, root) = (WindowClass::INPUT_OUTPUT, screen.root);
    connection
        .create_window(24, window, root, 0, 0, 480, 320, 0, class, 0, &aux)
        .expect("connected");
    let (property, name) = (AtomEnum::WM_NAME, name.as_bytes());
    connection
        .change_property8(PropMode::REPLACE, window, property, AtomEnum::STRING, name)
        .expect("connected");
    connection.map_window(window).expect("connected");
    // The plug-in has a connection of its own, to which the window must be known.
    connection.sync().expect("connected");
    window
}
