//! The framework's `Editor`: opens windows and sizes them.

use std::cell::Cell;
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use baseview::dpi::NativeSize as Native;
use baseview::gl::GlConfig;
use baseview::host::{Host, HostCallbacks, HostMainThreadCaller};
use baseview::{HandlerError, Window, WindowSettings, WindowSize};
use nih_plug::context::gui::GuiContext;
use nih_plug::editor::dpi::{LogicalSize, NativeSize};
use nih_plug::editor::{
    Editor, EditorHandle, HostMethods, ParentWindowHandle, ResizeHint, SizeConstraints,
    SpawnedEditor,
};

use super::handler::{Handler, Shared};
use super::size::SMALLEST;
use super::{Repaint, Size};
use crate::editor::App;
use crate::guard::shield;

/// The editor of one instance; its windows come and go.
pub struct WindowedEditor {
    shared: Arc<Shared>,
}

const RESIZE: ResizeHint = ResizeHint {
    can_resize: true,
    can_resize_horizontally: true,
    can_resize_vertically: true,
    size_constraints: SizeConstraints::Logical {
        min_size: Some(LogicalSize::new(SMALLEST.width as f32, SMALLEST.height as f32)),
        max_size: None,
    },
    ..ResizeHint::NON_RESIZABLE
};

impl WindowedEditor {
    /// An editor without a window.
    pub fn new(app: App, size: Arc<Size>, repaint: Repaint) -> Self {
        Self {
            shared: Arc::new(Shared {
                app: Mutex::new(app),
                epoch: Instant::now(),
                size,
                repaint,
                hidden: AtomicBool::new(false),
                windows: AtomicU64::new(0),
                closing: AtomicU64::new(0),
                owner: AtomicU64::new(0),
                #[cfg(target_os = "linux")]
                x11_window: Default::default(),
            }),
        }
    }

    /// Without a window: how large one would be on a screen of that scale.
    pub fn size_at(&self, scale: Option<f64>) -> NativeSize<u32> {
        let (points, last) = (self.shared.size.logical(), self.shared.size.native().1);
        NativeSize::from_size(points.into(), scale.unwrap_or(last))
    }

    /// The nearest size that it can have, on a screen of that scale or of the last window's.
    pub fn adjusted(&self, size: NativeSize<u32>, scale: Option<f64>) -> NativeSize<u32> {
        // Not by `window.size()`: on X11 its scale misses what the host has suggested since.
        let (current, last) = self.shared.size.native();
        RESIZE.adjust_size(size, current, scale.unwrap_or(last))
    }
}

impl WindowedEditor {
    /// Has the open window close itself; from any thread. A window that is just about to open may
    /// miss it.
    pub fn close(&self) {
        self.shared.closing.fetch_max(self.shared.windows.load(Relaxed), Relaxed);
        self.shared.repaint.request();
    }
}

impl Editor for WindowedEditor {
    type Handle = Opened;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Opened>, Box<dyn Error>> {
        let wanted = self.shared.size.logical();
        let settings = WindowSettings::new()
            .with_title("Busbar")
            .with_size(wanted)
            .with_min_size::<baseview::dpi::Size>(Some(SMALLEST.into()))
            .with_resizable(true)
            .with_parent(parent.as_ref())
            .with_wait_for_parent(wait_for_parent)
            .with_fallback_scale_factor(fallback_scale_factor)
            .with_gl_config(GlConfig::default());
        let shared = self.shared.clone();
        let number = shared.windows.fetch_add(1, Relaxed) + 1;
        let window = Window::create_with_host(
            settings,
            move |window| Handler::new(window, number, shared, gui),
            host.map(|host| host_of(host, number, &self.shared)),
        )?;
        // On X11 baseview applies the fallback scale, but not to the first size. Elsewhere the
        // sizes agree and nothing happens.
        if (self.shared.size.logical().width - wanted.width).abs() > 1.0 {
            window.resize(wanted)?;
        }
        let handle = Opened {
            shared: self.shared.clone(),
            busy: Cell::new(false),
            #[cfg(target_os = "linux")]
            relay: Mutex::new(None),
        };
        if parent.is_some() {
            handle.embedded();
        }
        let window = Pane { window: Some(window), number, shared: self.shared.clone() };
        Ok(SpawnedEditor { handle, window })
    }

    fn size(&self) -> NativeSize<u32> {
        self.shared.size.native().0
    }

    fn resize_hint(&self) -> ResizeHint {
        RESIZE
    }
}

/// The framework mirrors baseview's traits instead of depending on it. What a window still has to
/// say when it has been closed in answer to what it said before is nothing to its host.
fn host_of(methods: HostMethods, number: u64, shared: &Arc<Shared>) -> Host {
    struct Callbacks {
        host: Box<dyn nih_plug::editor::HostCallbacks>,
        number: u64,
        shared: Arc<Shared>,
    }
    impl HostCallbacks for Callbacks {
        fn request_resize(&mut self, size: WindowSize) -> Result<(), HandlerError> {
            if self.shared.shall_close(self.number) {
                return Ok(());
            }
            let answer = self.host.request_resize(size.physical.into(), size.scale_factor);
            answer.map_err(HandlerError::from_boxed)
        }
        fn destroyed(&mut self) {
            if !self.shared.shall_close(self.number) {
                self.host.destroyed();
            }
        }
    }
    struct Caller(Box<dyn nih_plug::editor::HostMainThreadCaller>);
    impl HostMainThreadCaller for Caller {
        fn call_main_thread(&mut self) {
            self.0.call_main_thread();
        }
    }
    Host::new()
        .with_callbacks(Callbacks { host: methods.callbacks, number, shared: shared.clone() })
        .with_main_thread(Caller(methods.main_thread_caller))
}

/// baseview's window, closed in the right order.
///
/// On X11 baseview asks its thread to show the window before it waits for the thread's end, and
/// where the thread has ended before it can answer, does not wait at all. The host could then
/// unload the library while the thread still runs in it. So the window is first made to close
/// itself, and dropped only after that: then nothing is asked and the thread is waited for.
pub struct Pane {
    window: Option<Window>,
    number: u64,
    shared: Arc<Shared>,
}

/// For how long a window that does not close itself is waited for. Long, because on a busy
/// machine a frame may take a while.
const CLOSES_WITHIN: Duration = Duration::from_secs(10);

impl Pane {
    fn with<T>(&self, work: impl FnOnce(&Window) -> T) -> Option<T> {
        self.window.as_ref().map(work)
    }

    /// On X11 the window closes itself, and its thread ends.
    fn close(&self) {
        let Some(window) = self.window.as_ref().filter(|_| cfg!(target_os = "linux")) else {
            return;
        };
        self.shared.closing.fetch_max(self.number, Relaxed);
        _ = window.request_poll();
        let began = Instant::now();
        while window.is_open() && began.elapsed() < CLOSES_WITHIN {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        self.close();
    }
}

/// An open window, as the framework holds it. Dropping it closes what belongs to it.
pub struct Opened {
    shared: Arc<Shared>,
    /// The host is being told something.
    busy: Cell<bool>,
    #[cfg(target_os = "linux")]
    relay: Mutex<Option<super::drop_relay::Relay>>,
}

impl Opened {
    /// What dropping both would wait for, for whoever can only do that later.
    pub fn close(&self, window: &Pane) {
        #[cfg(target_os = "linux")]
        {
            *self.relay() = None;
        }
        window.close();
    }

    #[cfg(target_os = "linux")]
    fn relay(&self) -> std::sync::MutexGuard<'_, Option<super::drop_relay::Relay>> {
        self.relay.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The window has a parent now, perhaps another one than before.
    fn embedded(&self) {
        #[cfg(target_os = "linux")]
        {
            let mut relay = self.relay();
            // The former parent gets back what was lent to it before the next one is looked at.
            *relay = None;
            *relay = super::drop_relay::Relay::start(self.shared.x11_window.load(Relaxed));
        }
    }
}

impl EditorHandle for Opened {
    type Window = Pane;
    type Error = baseview::Error;

    fn run_until_closed(mut window: Pane) -> Result<(), Self::Error> {
        window.window.take().map_or(Ok(()), Window::run_until_closed)
    }

    fn set_parent(&self, parent: ParentWindowHandle, window: &Pane) -> Result<(), Self::Error> {
        window.with(|window| window.set_parent(&parent)).transpose()?;
        self.embedded();
        Ok(())
    }

    fn show(&self, window: &Pane) -> Result<(), Self::Error> {
        window.with(Window::show).transpose()?;
        self.shared.hidden.store(false, Relaxed);
        self.shared.repaint.request();
        Ok(())
    }

    fn hide(&self, window: &Pane) -> Result<(), Self::Error> {
        window.with(Window::hide).transpose()?;
        self.shared.hidden.store(true, Relaxed);
        Ok(())
    }

    /// A host may lead back here from what it is told, which baseview does not bear. That call has
    /// nothing to do: the one that is going on tells everything there is.
    fn host_main_thread_callback(&self, window: &Pane) {
        if !self.busy.replace(true) {
            _ = shield(|| window.with(Window::host_main_thread_callback));
            self.busy.set(false);
        }
    }

    fn set_size(&self, size: NativeSize<u32>, window: &Pane) -> Result<(), Self::Error> {
        let size = Native::new(size.width, size.height);
        window.with(|window| window.resize(size)).unwrap_or(Ok(()))
    }

    fn set_fallback_scale_factor(&self, scale: f64, window: &Pane) -> Result<(), Self::Error> {
        window.with(|window| window.suggest_fallback_scale_factor(scale)).unwrap_or(Ok(()))
    }

    fn state_changed(&self) {
        self.shared.repaint.request();
    }

    fn param_value_changed(&self, _id: &str, _normalized: f32) {
        self.shared.repaint.request();
    }

    fn param_modulation_changed(&self, _id: &str, _offset: f32) {
        self.shared.repaint.request();
    }
}
