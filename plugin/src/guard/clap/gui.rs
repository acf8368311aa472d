//! The editor, as CLAP's `gui` extension. Embedded only: a floating window would need somebody to
//! close it, and hosts of this standard all embed.
//!
//! In whatever order a host calls: what makes no sense without a window is refused.

use std::ffi::{CStr, c_char};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use busbar_engine::handoff::{Bell, TryCell};
use clap_sys::ext::gui::*;
use clap_sys::ext::params::clap_plugin_params;
use clap_sys::host::clap_host;
use clap_sys::plugin::clap_plugin;
use nih_plug::context::PluginApi;
use nih_plug::editor::dpi::{NativeSize, Size};
use nih_plug::editor::{
    EditorHandle, HostCallbacks, HostMainThreadCaller, HostMethods, ParentWindowHandle,
};
use nih_plug::wrapper::clap::ClapPlugin;

use super::instance::Instance;
use super::line::Line;
use super::speaker::Speaker;
use crate::editor::window::{Opened, Pane};
use crate::guard::view::{Display, Edits, HostSide, Offer, scale_of};
use crate::guard::{Guarded, Link, shield};

#[cfg(target_os = "linux")]
const API: &CStr = CLAP_WINDOW_API_X11;
#[cfg(target_os = "macos")]
const API: &CStr = CLAP_WINDOW_API_COCOA;
#[cfg(target_os = "windows")]
const API: &CStr = CLAP_WINDOW_API_WIN32;

/// An instance's editor, and what it wants of the host.
pub struct Gui {
    display: Display,
    edits: Arc<Edits>,
    speaker: TryCell<Speaker>,
    line: Arc<Line>,
    link: Arc<Link>,
    /// How many of the link's edits the host knows of.
    told_edits: AtomicU64,
    /// The window has been given a parent.
    has_parent: AtomicBool,
}

impl Gui {
    /// For an instance just made.
    ///
    /// # Safety
    /// The host outlives the instance; the wrapper's plug-in, and its table of parameters.
    pub unsafe fn new(
        host: *const clap_host,
        plugin: *const clap_plugin,
        theirs: clap_plugin_params,
        link: Arc<Link>,
        offer: Offer,
    ) -> Self {
        let line = Arc::new(Line::new(host));
        let (callback, flush) = (line.clone(), line.clone());
        link.on_edit(Bell::new(move || callback.request_callback()));
        let edits = Edits::new(offer.param_count(), Bell::new(move || flush.request_flush()));
        let edits = Arc::new(edits);
        // SAFETY: the caller's.
        let speaker = TryCell::new(unsafe { Speaker::new(plugin, theirs, &edits) });
        Self {
            display: Display::new(offer, edits.clone()),
            edits,
            speaker,
            line,
            link,
            told_edits: AtomicU64::new(0),
            has_parent: AtomicBool::new(false),
        }
    }

    /// The host initialises the instance.
    ///
    /// # Safety
    /// The host is alive.
    pub unsafe fn connect(&self) {
        // SAFETY: the caller's.
        unsafe { self.line.connect() };
    }

    /// The host destroys the instance: no window stays, and the host is not called any more.
    pub fn retire(&self) {
        self.line.cut(|| self.display.retire());
    }

    /// On the main thread, when that was asked for.
    pub fn on_main_thread(&self) {
        self.with_window(|window, pane| window.host_main_thread_callback(pane));
        let edits = self.link.edits();
        if self.told_edits.swap(edits, Relaxed) != edits {
            self.line.mark_dirty();
        }
    }

    /// Tells wrapper and host what the editor has changed. Without changes that is one look at one
    /// flag. Realtime-safe, as far as the host and the wrapper are.
    ///
    /// # Safety
    /// As for [`Speaker::speak`].
    pub unsafe fn speak(
        &self,
        plugin: *const clap_plugin,
        to: *const clap_sys::events::clap_output_events,
    ) {
        if self.edits.are_pending()
            && let Some(mut speaker) = self.speaker.try_enter()
        {
            // SAFETY: the caller's.
            unsafe { speaker.speak(&self.edits, plugin, to) };
        }
    }

    fn create(&self) -> bool {
        self.has_parent.store(false, Relaxed);
        let methods = HostMethods {
            callbacks: Box::new(Callbacks(self.line.clone())),
            main_thread_caller: Box::new(Caller(self.line.clone())),
        };
        let host = HostSide { api: PluginApi::Clap, methods };
        self.line.quietly(|| self.display.open(None, host))
    }

    fn destroy(&self) {
        self.line.quietly(|| self.display.close());
    }

    /// Does something with the window. All that can be done with one waits for its thread.
    fn with_window<T>(&self, work: impl FnOnce(&Opened, &Pane) -> T) -> Option<T> {
        self.line.quietly(|| self.display.with(work))
    }

    fn set_scale(&self, scale: f64) -> bool {
        // On macOS the system knows better.
        let Some(scale) = scale_of(scale).filter(|_| !cfg!(target_os = "macos")) else {
            return false;
        };
        self.display.set_scale(scale);
        let told = self.with_window(|window, pane| window.set_fallback_scale_factor(scale, pane));
        matches!(told, None | Some(Ok(())))
    }

    fn set_size(&self, width: u32, height: u32) -> bool {
        // Larger windows there are not.
        let sides = 1..=0xffff;
        let size = NativeSize { width, height };
        sides.contains(&width)
            && sides.contains(&height)
            && matches!(self.with_window(|window, pane| window.set_size(size, pane)), Some(Ok(())))
    }

    fn set_parent(&self, parent: ParentWindowHandle) -> bool {
        let set = self.with_window(|window, pane| window.set_parent(parent, pane));
        let set = matches!(set, Some(Ok(())));
        self.has_parent.fetch_or(set, Relaxed);
        set
    }

    /// Not before there is a parent: the window would float.
    fn show(&self) -> bool {
        self.has_parent.load(Relaxed)
            && matches!(self.with_window(|window, pane| window.show(pane)), Some(Ok(())))
    }

    fn hide(&self) -> bool {
        matches!(self.with_window(|window, pane| window.hide(pane)), Some(Ok(())))
    }
}

/// What the window asks of its host, called on the main thread.
struct Callbacks(Arc<Line>);

impl HostCallbacks for Callbacks {
    fn request_resize(&mut self, size: Size, scale: f64) -> Result<(), Box<dyn std::error::Error>> {
        let size = NativeSize::<u32>::from_size(size, scale);
        match self.0.request_resize(size.width, size.height) {
            true => Ok(()),
            false => Err("the host keeps the size as it is".into()),
        }
    }

    fn destroyed(&mut self) {
        self.0.closed();
    }
}

/// Calls the main thread; on X11 only.
struct Caller(Arc<Line>);

impl HostMainThreadCaller for Caller {
    fn call_main_thread(&mut self) {
        self.0.request_callback();
    }
}

/// # Safety
/// `api` is null or a string.
unsafe fn is_ours(api: *const c_char) -> bool {
    // SAFETY: the caller's.
    !api.is_null() && unsafe { CStr::from_ptr(api) } == API
}

/// # Safety
/// `plugin` is the host's.
unsafe fn with<P: ClapPlugin + Guarded, T>(
    plugin: *const clap_plugin,
    work: impl FnOnce(&Gui) -> T,
) -> Option<T> {
    // SAFETY: the caller's.
    let gui = unsafe { Instance::<P>::of(plugin) }.gui.as_ref()?;
    shield(|| work(gui))
}

pub(super) const fn table<P: ClapPlugin + Guarded>() -> clap_plugin_gui {
    clap_plugin_gui {
        is_api_supported: Some(is_api_supported),
        get_preferred_api: Some(get_preferred_api),
        create: Some(create::<P>),
        destroy: Some(destroy::<P>),
        set_scale: Some(set_scale::<P>),
        get_size: Some(get_size::<P>),
        can_resize: Some(can_resize),
        get_resize_hints: Some(get_resize_hints),
        adjust_size: Some(adjust_size::<P>),
        set_size: Some(set_size::<P>),
        set_parent: Some(set_parent::<P>),
        set_transient: Some(set_transient),
        suggest_title: Some(suggest_title),
        show: Some(show::<P>),
        hide: Some(hide::<P>),
    }
}

unsafe extern "C" fn is_api_supported(
    _: *const clap_plugin,
    api: *const c_char,
    is_floating: bool,
) -> bool {
    // SAFETY: null or the host's string.
    !is_floating && unsafe { is_ours(api) }
}

unsafe extern "C" fn get_preferred_api(
    _: *const clap_plugin,
    api: *mut *const c_char,
    is_floating: *mut bool,
) -> bool {
    // SAFETY: null or the host's.
    let (Some(api), Some(is_floating)) = (unsafe { (api.as_mut(), is_floating.as_mut()) }) else {
        return false;
    };
    (*api, *is_floating) = (API.as_ptr(), false);
    true
}

unsafe extern "C" fn create<P: ClapPlugin + Guarded>(
    plugin: *const clap_plugin,
    api: *const c_char,
    is_floating: bool,
) -> bool {
    // SAFETY: the host's plug-in; null or its string.
    unsafe {
        !is_floating && is_ours(api) && with::<P, _>(plugin, |gui| gui.create()) == Some(true)
    }
}

unsafe extern "C" fn destroy<P: ClapPlugin + Guarded>(plugin: *const clap_plugin) {
    // SAFETY: the host's plug-in.
    unsafe { with::<P, _>(plugin, |gui| gui.destroy()) };
}

unsafe extern "C" fn set_scale<P: ClapPlugin + Guarded>(
    plugin: *const clap_plugin,
    scale: f64,
) -> bool {
    // SAFETY: the host's plug-in.
    unsafe { with::<P, _>(plugin, |gui| gui.set_scale(scale)) == Some(true) }
}

unsafe extern "C" fn get_size<P: ClapPlugin + Guarded>(
    plugin: *const clap_plugin,
    width: *mut u32,
    height: *mut u32,
) -> bool {
    // SAFETY: null or the host's.
    let (Some(width), Some(height)) = (unsafe { (width.as_mut(), height.as_mut()) }) else {
        return false;
    };
    // SAFETY: the host's plug-in.
    let size = unsafe { with::<P, _>(plugin, |gui| gui.display.size()) };
    size.inspect(|size| (*width, *height) = (size.width, size.height)).is_some()
}

unsafe extern "C" fn can_resize(_: *const clap_plugin) -> bool {
    true
}

unsafe extern "C" fn get_resize_hints(
    _: *const clap_plugin,
    to: *mut clap_gui_resize_hints,
) -> bool {
    // SAFETY: null or the host's.
    let Some(to) = (unsafe { to.as_mut() }) else { return false };
    *to = clap_gui_resize_hints {
        can_resize_horizontally: true,
        can_resize_vertically: true,
        preserve_aspect_ratio: false,
        aspect_ratio_width: 1,
        aspect_ratio_height: 1,
    };
    true
}

unsafe extern "C" fn adjust_size<P: ClapPlugin + Guarded>(
    plugin: *const clap_plugin,
    width: *mut u32,
    height: *mut u32,
) -> bool {
    // SAFETY: null or the host's.
    let (Some(width), Some(height)) = (unsafe { (width.as_mut(), height.as_mut()) }) else {
        return false;
    };
    let size = NativeSize { width: (*width).min(0xffff), height: (*height).min(0xffff) };
    // SAFETY: the host's plug-in.
    let size = unsafe { with::<P, _>(plugin, |gui| gui.display.adjusted(size)) };
    size.inspect(|size| (*width, *height) = (size.width, size.height)).is_some()
}

unsafe extern "C" fn set_size<P: ClapPlugin + Guarded>(
    plugin: *const clap_plugin,
    width: u32,
    height: u32,
) -> bool {
    // SAFETY: the host's plug-in.
    unsafe { with::<P, _>(plugin, |gui| gui.set_size(width, height)) == Some(true) }
}

unsafe extern "C" fn set_parent<P: ClapPlugin + Guarded>(
    plugin: *const clap_plugin,
    window: *const clap_window,
) -> bool {
    // SAFETY: null or the host's.
    let Some(window) = (unsafe { window.as_ref() }) else { return false };
    // SAFETY: null or the host's string.
    if !unsafe { is_ours(window.api) } {
        return false;
    }
    let Some(parent) = parent_handle(window) else { return false };
    // SAFETY: the host's plug-in.
    unsafe { with::<P, _>(plugin, |gui| gui.set_parent(parent)) == Some(true) }
}

/// For floating windows.
unsafe extern "C" fn set_transient(_: *const clap_plugin, _: *const clap_window) -> bool {
    false
}

/// For floating windows.
unsafe extern "C" fn suggest_title(_: *const clap_plugin, _: *const c_char) {}

unsafe extern "C" fn show<P: ClapPlugin + Guarded>(plugin: *const clap_plugin) -> bool {
    // SAFETY: the host's plug-in.
    unsafe { with::<P, _>(plugin, |gui| gui.show()) == Some(true) }
}

unsafe extern "C" fn hide<P: ClapPlugin + Guarded>(plugin: *const clap_plugin) -> bool {
    // SAFETY: the host's plug-in.
    unsafe { with::<P, _>(plugin, |gui| gui.hide()) == Some(true) }
}

#[cfg(target_os = "linux")]
fn parent_handle(window: &clap_window) -> Option<ParentWindowHandle> {
    // SAFETY: all fields of the union are numbers; the interface has been looked at.
    let id = u32::try_from(unsafe { window.specific.x11 }).ok()?;
    (id != 0).then(|| ParentWindowHandle::XlibWindow(id.into()))
}

#[cfg(target_os = "macos")]
fn parent_handle(window: &clap_window) -> Option<ParentWindowHandle> {
    // SAFETY: all fields of the union are numbers; the interface has been looked at.
    let view = unsafe { window.specific.cocoa };
    std::ptr::NonNull::new(view).map(ParentWindowHandle::AppKitNsView)
}

#[cfg(target_os = "windows")]
fn parent_handle(window: &clap_window) -> Option<ParentWindowHandle> {
    // SAFETY: all fields of the union are numbers; the interface has been looked at.
    let window = unsafe { window.specific.win32 };
    std::num::NonZeroIsize::new(window as isize).map(ParentWindowHandle::Win32Hwnd)
}
