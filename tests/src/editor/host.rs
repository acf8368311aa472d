//! A CLAP host with a window for the editor.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use clack_extensions::gui::{
    GuiApiType, GuiConfiguration, GuiSize, HostGui, HostGuiImpl, PluginGui, Window as Parent,
};
use clack_extensions::params::{ParamInfoBuffer, PluginParams};
use clack_host::prelude::*;
use libloading::Library;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, PropMode, Window,
    WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::labels::{Control, Windows};
use super::picture::Picture;
use super::player::Player;
use super::screen::Screen;
use super::until;
use crate::bundle;
use crate::clap::host::ID;

/// The bundle, loaded.
pub struct Bundle {
    entry: PluginEntry,
    library: Library,
    info: HostInfo,
}

impl Bundle {
    /// Loads it.
    pub fn open() -> Self {
        let path = bundle::clap();
        // SAFETY: our own bundle, which does what its format says when it is loaded.
        let entry = unsafe { PluginEntry::load(&path) }.expect("the bundle can be loaded");
        // SAFETY: likewise; it is loaded already, and this adds one to its count.
        let library = unsafe { Library::new(&path) }.expect("the bundle can be loaded");
        let info = HostInfo::new("Busbar's tests", "Busbar", "", "1").expect("no zeros in names");
        Self { entry, library, info }
    }

    /// What its open windows show.
    pub fn windows(&self) -> Windows<'_> {
        Windows(&self.library)
    }
}

/// What the plug-in asks of its host; from any thread.
#[derive(Default)]
pub struct Requests {
    callback: AtomicBool,
    width: AtomicU32,
    height: AtomicU32,
    closed: AtomicBool,
}

impl SharedHandler<'_> for Requests {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.callback.store(true, Relaxed);
    }
}

impl HostGuiImpl for Requests {
    fn resize_hints_changed(&self) {}
    fn request_resize(&self, size: GuiSize) -> Result<(), HostError> {
        self.height.store(size.height, Relaxed);
        self.width.store(size.width, Relaxed);
        Ok(())
    }
    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn closed(&self, _was_destroyed: bool) {
        self.closed.store(true, Relaxed);
    }
}

/// The host's side of an instance.
pub struct Handlers;

impl HostHandlers for Handlers {
    type Shared<'a> = Requests;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<'_, Self>, _: &Requests) {
        builder.register::<HostGui>();
    }
}

/// One instance, and the window that it is shown in.
pub struct Host<'a> {
    /// Where its window is.
    pub screen: &'a Screen,
    /// The host's window.
    pub window: Window,
    bundle: &'a Bundle,
    plugin: PluginInstance<Handlers>,
    gui: PluginGui,
    params: PluginParams,
    ids: HashMap<String, ClapId>,
    scale: f64,
}

const EMBEDDED: GuiConfiguration<'static> =
    GuiConfiguration { api_type: GuiApiType::X11, is_floating: false };

impl<'a> Host<'a> {
    /// A new instance, not shown yet.
    pub fn new(screen: &'a Screen, bundle: &'a Bundle) -> Self {
        let made = PluginInstance::<Handlers>::new(
            |()| Requests::default(),
            |_| (),
            &bundle.entry,
            ID,
            &bundle.info,
        );
        let mut plugin = made.expect("the plug-in can be made");
        let handle = plugin.plugin_handle();
        let gui: PluginGui = handle.get_extension().expect("it has an editor");
        let params: PluginParams = handle.get_extension().expect("it has parameters");
        let mut buffer = ParamInfoBuffer::new();
        let ids = (0..params.count(&handle)).map(|i| {
            let info = params.get_info(&handle, i, &mut buffer).expect("counted");
            (String::from_utf8_lossy(info.name).into_owned(), info.id)
        });
        let ids = ids.collect();
        let window = parent(screen);
        Self { screen, window, bundle, plugin, gui, params, ids, scale: 1.0 }
    }

    /// Opens the editor in the host's window, and waits until it has drawn something.
    pub fn open(&mut self, scale: f64) {
        self.scale = scale;
        let before = self.bundle.windows().count();
        let handle = self.plugin.plugin_handle();
        self.gui.create(&handle, EMBEDDED).expect("the editor can be made");
        if scale != 1.0 {
            self.gui.set_scale(&handle, scale).expect("it takes a scale");
        }
        let size = self.gui.get_size(&handle).expect("it has a size");
        self.resize_window(size);
        let parent = Parent::from_x11_handle(self.window.into());
        // SAFETY: the window outlives the editor.
        unsafe { self.gui.set_parent(&self.plugin.plugin_handle(), parent) }
            .expect("it can be embedded");
        self.gui.show(&self.plugin.plugin_handle()).expect("it can be shown");
        let bundle = self.bundle;
        self.until("the editor draws", |_| (bundle.windows().frames(before) > 0).then_some(()));
    }

    /// Closes the editor.
    pub fn close(&mut self) {
        let handle = self.plugin.plugin_handle();
        self.gui.destroy(&handle);
    }

    /// Hides the editor, or shows it again.
    pub fn show(&mut self, shown: bool) {
        let handle = self.plugin.plugin_handle();
        let result = if shown { self.gui.show(&handle) } else { self.gui.hide(&handle) };
        result.expect("it can be hidden and shown");
    }

    /// The editor's size, as it tells.
    pub fn size(&mut self) -> (u32, u32) {
        let size = self.gui.get_size(&self.plugin.plugin_handle()).expect("it has a size");
        (size.width, size.height)
    }

    /// The user makes the host's window larger or smaller; returns what the editor made of it.
    pub fn resize(&mut self, width: u32, height: u32) -> (u32, u32) {
        let handle = self.plugin.plugin_handle();
        assert!(self.gui.can_resize(&handle));
        let size = self.gui.adjust_size(&handle, GuiSize { width, height }).expect("it adjusts");
        self.gui.set_size(&handle, size).expect("it takes the size that it wanted");
        self.resize_window(size);
        (size.width, size.height)
    }

    fn resize_window(&self, size: GuiSize) {
        let aux = ConfigureWindowAux::new().width(size.width).height(size.height);
        self.screen.connection.configure_window(self.window, &aux).expect("connected");
        self.screen.connection.flush().expect("connected");
    }

    /// What a host's main thread does all the time.
    pub fn turn(&mut self) {
        if self.plugin.access_shared_handler(|requests| requests.callback.swap(false, Relaxed)) {
            self.plugin.call_on_main_thread_callback();
        }
        let wanted = self.plugin.access_shared_handler(|requests| GuiSize {
            width: requests.width.swap(0, Relaxed),
            height: requests.height.load(Relaxed),
        });
        if wanted.width != 0 {
            self.resize_window(wanted);
        }
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

    /// Whether the plug-in has said that its editor is gone.
    pub fn was_closed(&self) -> bool {
        self.plugin.access_shared_handler(|requests| requests.closed.swap(false, Relaxed))
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
    pub fn id(&self, name: &str) -> ClapId {
        self.ids[name]
    }

    /// What a parameter is set to, as text.
    pub fn text(&mut self, name: &str) -> String {
        let id = self.id(name);
        let handle = self.plugin.plugin_handle();
        let value = self.params.get_value(&handle, id).expect("it is there");
        let mut buffer = [0u8; 64];
        let text = self.params.value_to_text(&handle, id, value, &mut buffer);
        String::from_utf8_lossy(text.expect("every value has a text")).into_owned()
    }

    /// Starts an audio thread.
    pub fn play(&mut self) -> Player<Handlers> {
        let configuration = PluginAudioConfiguration {
            sample_rate: 48_000.0,
            min_frames_count: 1,
            max_frames_count: 512,
        };
        let stopped = self.plugin.activate(|_, _| (), configuration).expect("it can be activated");
        Player::start(stopped.start_processing().expect("it can process"))
    }

    /// Stops it.
    pub fn stop(&mut self, player: Player<Handlers>) {
        self.plugin.deactivate(player.stop().stop_processing());
    }
}

impl Drop for Host<'_> {
    fn drop(&mut self) {
        _ = self.screen.connection.destroy_window(self.window);
        _ = self.screen.connection.flush();
    }
}

/// The host's window, which files may not be dropped on.
fn parent(screen: &Screen) -> Window {
    let connection = &screen.connection;
    let window = connection.generate_id().expect("there are ids");
    // Orange where the editor does not draw.
    let aux = CreateWindowAux::new().background_pixel(0xff_8000);
    let (class, root) = (WindowClass::INPUT_OUTPUT, screen.root);
    connection
        .create_window(24, window, root, 0, 0, 480, 320, 0, class, 0, &aux)
        .expect("connected");
    let name = b"a CLAP host";
    connection
        .change_property8(PropMode::REPLACE, window, AtomEnum::WM_NAME, AtomEnum::STRING, name)
        .expect("connected");
    connection.map_window(window).expect("connected");
    connection.flush().expect("connected");
    window
}
