//! The one window of an instance: opened, sized, closed.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};

use nih_plug::context::PluginApi;
use nih_plug::context::gui::GuiContext;
use nih_plug::editor::dpi::NativeSize;
use nih_plug::editor::{Editor, HostMethods, ParentWindowHandle, SpawnedEditor};
use nih_plug::prelude::ParamPtr;

use super::Offer;
use super::context::Context;
use super::home::Home;
use crate::editor::WindowedEditor;
use crate::editor::window::{Opened, Pane};
use crate::guard::shield;
use busbar_engine::handoff::Edits;

/// A window is never enlarged more than so much, nor made smaller.
const SCALES: std::ops::RangeInclusive<f64> = 0.25..=8.0;

/// What a host says about the scale of its screen, where that is one.
pub fn scale_of(given: f64) -> Option<f64> {
    SCALES.contains(&given).then_some(given)
}

/// What a window needs of its host.
pub struct HostSide {
    /// Which format the host speaks.
    pub api: PluginApi,
    /// What the host is asked for.
    pub methods: HostMethods,
}

/// The editor, and its window while there is one. It may be called by any thread, but the window
/// only by the one that opened it. No lock is held while the window or the host is called, since
/// both call back.
pub struct Display {
    editor: WindowedEditor,
    params: Arc<[ParamPtr]>,
    edits: Arc<Edits>,
    /// Somebody is about to open a window.
    opening: AtomicBool,
    /// The instance is gone: nothing opens any more.
    retired: AtomicBool,
    scale: Mutex<Option<f64>>,
    window: Mutex<Option<Arc<Home<SpawnedEditor<Opened>>>>>,
}

impl Display {
    /// Without a window.
    pub fn new(offer: Offer, edits: Arc<Edits>) -> Self {
        Self {
            editor: offer.editor,
            params: offer.params.into(),
            edits,
            opening: AtomicBool::new(false),
            retired: AtomicBool::new(false),
            scale: Mutex::default(),
            window: Mutex::default(),
        }
    }

    /// Opens the window, in its parent or with one still to come; false when it cannot be opened,
    /// or is open already.
    pub fn open(&self, parent: Option<ParentWindowHandle>, host: HostSide) -> bool {
        if self.is_open() || self.retired.load(Relaxed) || self.opening.swap(true, Relaxed) {
            return false;
        }
        let (params, edits) = (self.params.clone(), self.edits.clone());
        let context = Context { api: host.api, params, edits };
        let (scale, context) = (self.scale(), GuiContext::new(Arc::new(context)));
        let waits = parent.is_none();
        let methods = Some(host.methods);
        let spawned = shield(|| self.editor.spawn(parent, waits, scale, context, methods));
        let opened = match spawned {
            Some(Ok(spawned)) => {
                // SAFETY: on X11 the window itself lives on a thread of its own; what is dropped
                // here are ends of channels, and what the guard gave it, all of which may be
                // dropped on any thread.
                let window = unsafe { Home::new(spawned, cfg!(target_os = "linux")) };
                *self.window() = Some(Arc::new(window));
                true
            }
            _ => false,
        };
        self.opening.store(false, Relaxed);
        opened
    }

    /// Closes the window; false when there is none. Afterwards none of its threads is left, and
    /// another one may open: also when this is called from within [`with`](Self::with), where what
    /// is left of the window, which waits for nobody any more, goes with the end of that.
    pub fn close(&self) -> bool {
        let window = self.window().take();
        let was_open = window.is_some();
        let close = || {
            if let Some(SpawnedEditor { handle, window }) = window.as_deref().and_then(Home::get) {
                handle.close(window);
            }
            drop(window);
        };
        _ = shield(close);
        was_open
    }

    /// Closes the window, and no other one opens.
    pub fn retire(&self) {
        self.retired.store(true, Relaxed);
        self.close();
    }

    /// Whether there is a window.
    pub fn is_open(&self) -> bool {
        self.window().is_some()
    }

    /// Does something with the window, on its thread; `None` elsewhere, without one, or when that
    /// panics.
    pub fn with<T>(&self, work: impl FnOnce(&Opened, &Pane) -> T) -> Option<T> {
        let home = self.window().clone()?;
        let work = || {
            let SpawnedEditor { handle, window } = home.get()?;
            let done = work(handle, window);
            // Perhaps the last one, if it has been closed meanwhile.
            drop(home);
            Some(done)
        };
        shield(work).flatten()
    }

    /// Width and height in the platform's pixels: what they are, or without a window what they
    /// would be.
    pub fn size(&self) -> NativeSize<u32> {
        if self.is_open() { self.editor.size() } else { self.editor.size_at(self.scale()) }
    }

    /// The nearest size that it can have.
    pub fn adjusted(&self, size: NativeSize<u32>) -> NativeSize<u32> {
        let scale = if self.is_open() { None } else { self.scale() };
        self.editor.adjusted(size, scale)
    }

    /// What the host has said about the scale.
    pub fn scale(&self) -> Option<f64> {
        *self.scale.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The host says something about the scale.
    pub fn set_scale(&self, scale: f64) {
        *self.scale.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(scale);
    }

    fn window(&self) -> MutexGuard<'_, Option<Arc<Home<SpawnedEditor<Opened>>>>> {
        self.window.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
