//! The framework's `Editor`: opens windows and sizes them.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
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
                closing: AtomicBool::new(false),
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
        self.shared.closing.store(true, Relaxed);
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
        let window = Window::create_with_host(
            settings,
            move |window| Handler::new(window, shared, gui),
            host.map(host_of),
        )?;
        // On X11 baseview applies the fallback scale, but not to the first size. Elsewhere the
        // sizes agree and nothing happens.
        if (self.shared.size.logical().width - wanted.width).abs() > 1.0 {
            window.resize(wanted)?;
        }
        let handle = Opened {
            shared: self.shared.clone(),
            #[cfg(target_os = "linux")]
            relay: Mutex::new(None),
        };
        if parent.is_some() {
            handle.embedded();
        }
        let window = Pane { window: Some(window), shared: self.shared.clone() };
        Ok(SpawnedEditor { handle, window })
    }

    fn size(&self) -> NativeSize<u32> {
        self.shared.size.native().0
    }

    fn resize_hint(&self) -> ResizeHint {
        RESIZE
    }
}

/// The framework mirrors baseview's traits instead of depending on it.
fn host_of(methods: HostMethods) -> Host {
    struct Callbacks(Box<dyn nih_plug::editor::HostCallbacks>);
    impl HostCallbacks for Callbacks {
        fn request_resize(&mut self, size: WindowSize) -> Result<(), HandlerError> {
            let answer = self.0.request_resize(size.physical.into(), size.scale_factor);
            answer.map_err(HandlerError::from_boxed)
        }
        fn destroyed(&mut self) {
            self.0.destroyed();
        }
    }
    struct Caller(Box<dyn nih_plug::editor::HostMainThreadCaller>);
    impl HostMainThreadCaller for Caller {
        fn call_main_thread(&mut self) {
            self.0.call_main_thread();
        }
    }
    Host::new()
        .with_callbacks(Callbacks(methods.callbacks))
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
    shared: Arc<Shared>,
}

/// For how long a window that does not close itself is waited for. Long, because on a busy
/// machine a frame may take a while.
const CLOSES_WITHIN: Duration = Duration::from_secs(10);

impl Pane {
    fn with<T>(&self, work: impl FnOnce(&Window) -> T) -> Option<T> {
        self.window.as_ref().map(work)
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        let Some(window) = self.window.take() else { return };
        if cfg!(target_os = "linux") {
            self.shared.closing.store(true, Relaxed);
            _ = window.request_poll();
            let began = Instant::now();
            while window.is_open() && began.elapsed() < CLOSES_WITHIN {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

/// An open window, as the framework holds it. Dropping it closes what belongs to it.
pub struct Opened {
    shared: Arc<Shared>,
    #[cfg(target_os = "linux")]
    relay: Mutex<Option<super::drop_relay::Relay>>,
}

impl Opened {
    /// The window has a parent now, perhaps another one than before.
    fn embedded(&self) {
        #[cfg(target_os = "linux")]
        {
            let mut relay = self.relay.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
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

    fn host_main_thread_callback(&self, window: &Pane) {
        window.with(Window::host_main_thread_callback);
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
