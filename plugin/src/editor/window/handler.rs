//! One open window. It lives on the window's thread: on X11 one of its own, elsewhere the host's
//! main thread.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Instant;

use baseview::dpi::LogicalSize;
use baseview::gl::GlContext;
use baseview::{
    Event, EventStatus, HandlerError, MouseCursor, MouseEvent, TimerHandle, WindowContext,
    WindowHandler, WindowSize,
};
use egui_glow::glow;
use nih_plug::context::gui::GuiContext;

use super::clipboard::Clipboard;
use super::cursor::cursor;
use super::input::{Input, KeyboardUse};
use super::keys::Command;
use super::pace::{Pace, TICK};
use super::{Repaint, Size};
use crate::editor::App;
use crate::guard::shield;

/// On X11 frames are drawn when the timer ticks. baseview's way there leads through the Present
/// extension, of which it asks every second refresh only, and which never answers what is asked
/// before the window is on the screen: the window would then stay empty for ever.
const DRAWS_ON_TICK: bool = cfg!(target_os = "linux");

/// What the windows of an instance, one after the other, share with its editor.
pub struct Shared {
    /// Outlives the windows.
    pub app: Mutex<App>,
    /// From here the app's time is counted, in every window.
    pub epoch: Instant,
    /// Outlives the windows too.
    pub size: Arc<Size>,
    /// Wakes the window, from any thread.
    pub repaint: Repaint,
    /// The host has hidden the window.
    pub hidden: AtomicBool,
    /// How many windows there have been. They are numbered, from 1 on, since one may still be on
    /// its way out when the next one is there.
    pub windows: AtomicU64,
    /// The windows up to this number shall close themselves.
    pub closing: AtomicU64,
    /// The number of the window that the app and the rest of this belong to.
    pub owner: AtomicU64,
    /// The open window's X11 id.
    #[cfg(target_os = "linux")]
    pub x11_window: std::sync::atomic::AtomicU32,
}

impl Shared {
    /// Whether the window of that number shall close itself.
    pub fn shall_close(&self, number: u64) -> bool {
        self.closing.load(Relaxed) >= number
    }

    /// The app; `None` when it is busy on another thread, or further up the stack.
    fn try_app(&self) -> Option<MutexGuard<'_, App>> {
        match self.app.try_lock() {
            Ok(app) => Some(app),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// An open window.
pub struct Handler {
    window: WindowContext,
    number: u64,
    tick: TimerHandle,
    shared: Arc<Shared>,
    egui: egui::Context,
    opened: Instant,
    /// Counted from the opening.
    pace: Pace,
    /// The window is on the screen, and has been drawn once.
    drawn: Cell<bool>,
    /// Set by a panic or an error: the window is then only waiting to be closed.
    broken: Cell<bool>,
    #[cfg(feature = "probe")]
    seen: Arc<crate::editor::probe::Seen>,
    /// Never borrowed while the app or the window is called: on Windows some of the window's calls
    /// come back as events at once.
    inner: RefCell<Inner>,
}

struct Inner {
    input: Input,
    painter: egui_glow::Painter,
    clipboard: Clipboard,
    cursor: MouseCursor,
}

fn failure(text: &str) -> HandlerError {
    HandlerError::from_boxed(text.into())
}

/// Runs `work` with the context current, and only as long: on Windows and macOS other plug-ins draw
/// on the same thread.
fn with_current<T>(gl: &GlContext, work: impl FnOnce() -> T) -> Result<T, HandlerError> {
    // SAFETY: the context was made on this thread, which is the only one that uses it.
    unsafe { gl.make_current()? };
    let result = work();
    // SAFETY: likewise.
    unsafe { gl.make_not_current()? };
    Ok(result)
}

impl Handler {
    /// Sets a window up.
    ///
    /// # Errors
    /// Without OpenGL, when the editor panics, or in the middle of another window's frame.
    pub fn new(
        window: WindowContext,
        number: u64,
        shared: Arc<Shared>,
        gui: GuiContext,
    ) -> Result<Self, HandlerError> {
        let gl = window.gl_context().ok_or_else(|| failure("there is no OpenGL context"))?;
        let painter = with_current(&gl, || {
            // SAFETY: the context is current, and its functions are looked up in itself.
            let functions = unsafe {
                glow::Context::from_loader_function_cstr(|name| gl.get_proc_address(name))
            };
            egui_glow::Painter::new(Arc::new(functions), "", None, true)
        })??;
        #[cfg(target_os = "linux")]
        super::drivers::keep();
        let egui = egui::Context::default();
        let repaint = shared.repaint.clone();
        // egui calls this with its own lock held: it only notes the wish.
        egui.set_request_repaint_callback(move |wish| repaint.request_after(wish.delay));
        let input = Input::new(window.size(), painter.max_texture_side());
        // Hosts ask for the size before the window is shown.
        shared.size.set(window.size());
        #[cfg(target_os = "linux")]
        note_x11_window(&window, &shared);
        let handler = Self {
            tick: window.create_timer(TICK)?,
            window,
            number,
            shared,
            #[cfg(feature = "probe")]
            seen: crate::editor::probe::Seen::register(&egui),
            egui,
            opened: Instant::now(),
            pace: Pace::default(),
            drawn: Cell::new(false),
            broken: Cell::new(false),
            inner: RefCell::new(Inner {
                input,
                painter,
                clipboard: Clipboard::default(),
                cursor: MouseCursor::Default,
            }),
        };
        // Not waited for: it may be a frame of the former window that has led to this one, by what
        // it told the host, where all of them are on the main thread.
        let Some(mut app) = handler.shared.try_app() else {
            return Err(failure("another window of the editor is in the middle of a frame"));
        };
        // Last, so that each opening is followed by the closing in `drop`.
        handler.shared.owner.store(number, Relaxed);
        handler.shared.size.set_open(true);
        handler.shared.hidden.store(false, Relaxed);
        let opened = shield(|| app.opened(&handler.egui, gui, handler.shared.epoch.elapsed()));
        drop(app);
        handler.shared.repaint.request();
        opened.map(|()| handler).ok_or_else(|| failure("the editor panicked"))
    }

    /// Runs `work`; after a panic the window closes. A panic must not get out to baseview: on X11
    /// it would come up again in the host's call that closes the window.
    fn guarded<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        if self.broken.get() {
            return None;
        }
        let result = shield(work);
        if result.is_none() {
            self.close();
        }
        result
    }

    fn close(&self) {
        self.broken.set(true);
        _ = shield(|| self.window.request_close());
    }

    /// Something is to be drawn.
    fn want_frame(&self) {
        if DRAWS_ON_TICK {
            self.shared.repaint.request();
        } else {
            self.window.request_redraw();
        }
    }

    /// Draws what is wanted, or sees to it.
    fn give_frame(&self) {
        if !DRAWS_ON_TICK {
            self.window.request_redraw();
        } else if self.drawn.get() && !self.shared.hidden.load(Relaxed) && self.frame().is_err() {
            self.close();
        }
    }

    /// Lets the app do something; `None` when it is busy on another thread, or further up the
    /// stack behind a modal dialog. Then it is tried again with the next tick.
    fn with_app<T>(&self, work: impl FnOnce(&mut App) -> T) -> Option<T> {
        let Some(mut app) = self.shared.try_app() else {
            self.shared.repaint.request();
            return None;
        };
        Some(work(&mut app))
    }

    fn frame(&self) -> Result<(), HandlerError> {
        let began = self.opened.elapsed();
        let output = self.with_app(|app| {
            #[cfg(feature = "probe")]
            self.seen.enter_frame();
            let raw =
                self.inner.borrow_mut().input.take(began.as_secs_f64(), self.egui.zoom_factor());
            self.egui.run_ui(raw, |ui| app.ui(ui, self.shared.epoch.elapsed()))
        });
        let Some(mut output) = output else { return Ok(()) };
        let viewport = output.viewport_output.remove(&egui::ViewportId::ROOT);
        let scale = output.pixels_per_point;
        let shapes = self.egui.tessellate(output.shapes, scale);
        #[cfg(feature = "probe")]
        {
            self.seen.leave_frame(self.opened.elapsed() - began);
            self.seen.look(output.platform_output.accesskit_update.as_ref());
            let size = self.window.size().physical;
            let background = self.egui.global_style().visuals.panel_fill;
            let canvas = ([size.width, size.height], scale, background);
            self.seen.keep(&shapes, &output.textures_delta, canvas);
        }
        self.paint(&shapes, output.textures_delta, scale)?;
        self.obey(output.platform_output);
        if let Some(viewport) = viewport {
            // Wishes that `Repaint` has given up for this frame count again.
            self.shared.repaint.request_after(viewport.repaint_delay);
            viewport.commands.iter().for_each(|command| self.obey_viewport(command));
        }
        Ok(())
    }

    fn paint(
        &self,
        shapes: &[egui::ClippedPrimitive],
        mut textures: egui::TexturesDelta,
        scale: f32,
    ) -> Result<(), HandlerError> {
        let size = self.window.size().physical;
        let size = [size.width, size.height];
        let background = self.egui.global_style().visuals.panel_fill.to_normalized_gamma_f32();
        let gl = self.window.gl_context().ok_or_else(|| failure("there is no OpenGL context"))?;
        with_current(&gl, || {
            let painter = &mut self.inner.borrow_mut().painter;
            painter.clear(size, background);
            painter.paint_and_update_textures(size, scale, shapes, &mut textures);
            gl.swap_buffers()
        })??;
        Ok(())
    }

    fn obey(&self, output: egui::PlatformOutput) {
        for command in output.commands {
            if let egui::OutputCommand::CopyText(text) = command {
                self.inner.borrow_mut().clipboard.write(text);
            }
        }
        let wanted = cursor(output.cursor_icon);
        if std::mem::replace(&mut self.inner.borrow_mut().cursor, wanted) != wanted {
            _ = self.window.set_mouse_cursor(wanted);
        }
    }

    fn obey_viewport(&self, command: &egui::ViewportCommand) {
        match command {
            egui::ViewportCommand::Close => self.window.request_close(),
            egui::ViewportCommand::Focus => _ = self.window.focus(),
            egui::ViewportCommand::InnerSize(size) => {
                let size = *size * self.egui.zoom_factor();
                self.ask_for(LogicalSize::new(size.x.into(), size.y.into()));
            }
            _ => {}
        }
    }

    /// Asks the host for another size. If it refuses, the window stays as it is, which everyone
    /// can see.
    fn ask_for(&self, size: LogicalSize<f64>) {
        _ = self.window.resize(size);
    }

    fn take_event(&self, event: &Event) -> EventStatus {
        // Hosts do not give an embedded window the keyboard when it is clicked.
        let is_click = matches!(event, Event::Mouse(MouseEvent::ButtonPressed { .. }));
        if is_click && !self.window.has_focus() {
            _ = self.window.focus();
        }
        let keyboard = KeyboardUse {
            types: self.egui.text_edit_focused(),
            focused: self.egui.egui_wants_keyboard_input(),
        };
        // Already borrowed: painting has led back here, where nothing can be done with an event.
        let Ok(mut inner) = self.inner.try_borrow_mut() else { return EventStatus::Ignored };
        let (status, command) = inner.input.event(event, self.egui.zoom_factor(), keyboard);
        if command == Some(Command::Paste)
            && let Some(text) = inner.clipboard.read()
        {
            inner.input.paste(&text);
        }
        drop(inner);
        self.want_frame();
        status
    }
}

#[cfg(target_os = "linux")]
fn note_x11_window(window: &WindowContext, shared: &Shared) {
    use raw_window_handle::{HasWindowHandle, RawWindowHandle};
    if let Ok(RawWindowHandle::Xlib(handle)) = window.window_handle().map(|handle| handle.as_raw())
        && let Ok(id) = u32::try_from(handle.window)
    {
        shared.x11_window.store(id, Relaxed);
    }
}

impl WindowHandler for Handler {
    fn draw(&self) -> Result<(), HandlerError> {
        self.drawn.set(true);
        // An error ends the window, and the host is told.
        self.guarded(|| self.frame()).unwrap_or_else(|| Err(failure("the editor panicked")))
    }

    fn resized(&self, size: WindowSize) -> Result<(), HandlerError> {
        self.shared.size.set(size);
        if let Ok(mut inner) = self.inner.try_borrow_mut() {
            inner.input.resized(size);
        }
        self.want_frame();
        Ok(())
    }

    fn poll(&self) {
        if self.shared.shall_close(self.number) {
            self.window.request_close();
        }
    }

    fn on_event(&self, event: Event) -> EventStatus {
        self.guarded(|| self.take_event(&event)).unwrap_or(EventStatus::Ignored)
    }

    fn on_timer(&self, timer: &TimerHandle) {
        if *timer != self.tick || !self.pace.is_due(self.opened.elapsed()) {
            return;
        }
        self.poll();
        self.guarded(|| {
            if let Some(size) = self.shared.size.take_wanted() {
                self.ask_for(size);
            }
            let now = self.shared.epoch.elapsed();
            let moved = self.with_app(|app| app.tick(now)) == Some(true);
            if moved | self.shared.repaint.take_due() {
                self.give_frame();
            }
        });
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // What egui has in the graphics memory can be freed only with the context current.
        if let Some(gl) = self.window.gl_context() {
            let painter = &mut self.inner.get_mut().painter;
            _ = with_current(&gl, || painter.destroy());
        }
        // Otherwise the next window has it all already.
        if self.shared.owner.load(Relaxed) != self.number {
            return;
        }
        self.shared.size.set_open(false);
        // Not held further up: a host that closes the window in the middle of its frame, which has
        // told it something, only marks it. baseview drops no handler while one of its calls is
        // going on.
        let mut app = self.shared.app.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        _ = shield(|| app.closed());
    }
}
