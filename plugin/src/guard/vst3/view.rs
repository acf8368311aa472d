//! A view: what the host holds of the editor. The window itself is the desk's.

use std::ffi::{CStr, c_void};
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use nih_plug::context::PluginApi;
use nih_plug::editor::dpi::{NativeSize, Size};
use nih_plug::editor::{
    EditorHandle, HostCallbacks, HostMainThreadCaller, HostMethods, ParentWindowHandle,
};
use nih_plug::wrapper::vst3::Vst3Plugin;
use nih_plug::wrapper::vst3::vst3::Steinberg::IPlugViewContentScaleSupport_::ScaleFactor;
use nih_plug::wrapper::vst3::vst3::Steinberg::*;
use nih_plug::wrapper::vst3::vst3::{Class, ComPtr, ComRef, ComWrapper};

use super::desk::Desk;
#[cfg(target_os = "linux")]
use super::run_loop::{IRunLoop, Listener};
use crate::guard::view::{HostSide, scale_of};
use crate::guard::{Guarded, shield};

#[cfg(target_os = "linux")]
const PLATFORM: FIDString = kPlatformTypeX11EmbedWindowID;
#[cfg(target_os = "macos")]
const PLATFORM: FIDString = kPlatformTypeNSView;
#[cfg(target_os = "windows")]
const PLATFORM: FIDString = kPlatformTypeHWND;

/// What the host holds. There may be several of an instance; the one that is attached has the
/// window, and no other can be until it is removed.
pub struct View<P: Vst3Plugin + Guarded> {
    desk: Arc<Desk<P>>,
    frame: Arc<Frame>,
    /// This view has opened the window.
    attached: AtomicBool,
    #[cfg(target_os = "linux")]
    listener: Mutex<Option<Listener>>,
}

impl<P: Vst3Plugin + Guarded> Class for View<P> {
    type Interfaces = (IPlugView, IPlugViewContentScaleSupport);
}

/// What the host has put around the view.
#[derive(Default)]
struct Frame {
    given: Mutex<Option<ComPtr<IPlugFrame>>>,
    /// The view itself, null once it is gone.
    view: AtomicPtr<IPlugView>,
}

impl Frame {
    fn given(&self) -> MutexGuard<'_, Option<ComPtr<IPlugFrame>>> {
        self.given.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Asks the host for another size, on the main thread; false when it refuses. No lock is held
    /// meanwhile, because it calls the view back.
    fn resize(&self, size: NativeSize<u32>) -> bool {
        let Some(frame) = self.given().clone() else { return false };
        // SAFETY: null, or the view: it goes on this thread and no other, and takes itself out here
        // before. The reference keeps it during the call.
        let view = unsafe { ComRef::from_raw(self.view.load(Relaxed)) };
        let Some(view) = view.map(|view| view.to_com_ptr()) else { return false };
        let mut rect = rect_of(size);
        // SAFETY: both live during the call.
        unsafe { frame.resizeView(view.as_ptr(), &mut rect) == kResultOk }
    }
}

/// What the window asks of its host, called on the main thread.
struct Callbacks(Weak<Frame>);

impl HostCallbacks for Callbacks {
    fn request_resize(&mut self, size: Size, scale: f64) -> Result<(), Box<dyn std::error::Error>> {
        let taken = self.0.upgrade().is_some_and(|frame| {
            shield(|| frame.resize(NativeSize::from_size(size, scale))) == Some(true)
        });
        if taken { Ok(()) } else { Err("the host keeps the size as it is".into()) }
    }

    /// The format has no word for it. The host's window stays, empty, until the user closes it.
    fn destroyed(&mut self) {}
}

/// Calls the main thread; on X11 only.
struct Caller<P: Vst3Plugin + Guarded>(Weak<Desk<P>>);

impl<P: Vst3Plugin + Guarded> HostMainThreadCaller for Caller<P> {
    fn call_main_thread(&mut self) {
        if let Some(desk) = self.0.upgrade() {
            desk.call_main_thread();
        }
    }
}

fn rect_of(size: NativeSize<u32>) -> ViewRect {
    ViewRect { left: 0, top: 0, right: size.width as int32, bottom: size.height as int32 }
}

/// `None` for what has no area, or is larger than there are windows.
fn size_of_rect(rect: &ViewRect) -> Option<NativeSize<u32>> {
    let side = |from: int32, to: int32| match to.checked_sub(from)? {
        side @ 1..=0xffff => Some(side as u32),
        _ => None,
    };
    Some(NativeSize { width: side(rect.left, rect.right)?, height: side(rect.top, rect.bottom)? })
}

/// # Safety
/// `given` is null or a string.
unsafe fn is(given: FIDString, known: FIDString) -> bool {
    // SAFETY: the caller's, and the standard's own constant.
    !given.is_null() && unsafe { CStr::from_ptr(given) == CStr::from_ptr(known) }
}

/// A new view, for the host to own. Null for every other name than the editor's.
///
/// # Safety
/// `name` is null or a string.
pub unsafe fn create<P: Vst3Plugin + Guarded>(
    desk: &Arc<Desk<P>>,
    name: FIDString,
) -> *mut IPlugView {
    // SAFETY: the caller's.
    if !unsafe { is(name, Vst::ViewType::kEditor) } {
        return std::ptr::null_mut();
    }
    let view = ComWrapper::new(View {
        desk: desk.clone(),
        frame: Arc::default(),
        attached: AtomicBool::new(false),
        #[cfg(target_os = "linux")]
        listener: Mutex::default(),
    });
    let Some(pointer) = view.to_com_ptr::<IPlugView>() else { return std::ptr::null_mut() };
    view.frame.view.store(pointer.as_ptr(), Relaxed);
    pointer.into_raw()
}

impl<P: Vst3Plugin + Guarded> View<P> {
    fn open(&self, parent: ParentWindowHandle) -> tresult {
        let announced = self.desk.display.size();
        let methods = HostMethods {
            callbacks: Box::new(Callbacks(Arc::downgrade(&self.frame))),
            main_thread_caller: Box::new(Caller(Arc::downgrade(&self.desk))),
        };
        let host = HostSide { api: PluginApi::Vst3, methods };
        let display = &self.desk.display;
        if !display.open(Some(parent), host) {
            return kResultFalse;
        }
        self.attached.store(true, Relaxed);
        if !matches!(display.with(|window, pane| window.show(pane)), Some(Ok(()))) {
            self.close();
            return kResultFalse;
        }
        // The screen may have a scale that nobody knew before there was a window on it.
        let size = display.size();
        if size != announced {
            self.frame.resize(size);
        }
        kResultOk
    }

    /// False when the window is not this view's.
    fn close(&self) -> bool {
        let was_open = self.attached.swap(false, Relaxed) && self.desk.display.close();
        // The end of a gesture that the closing has interrupted.
        self.desk.serve();
        was_open
    }

    fn put_into(&self, frame: Option<ComPtr<IPlugFrame>>) {
        #[cfg(target_os = "linux")]
        {
            let run_loop = frame.as_ref().and_then(|frame| frame.cast::<IRunLoop>());
            let run_loop = run_loop.or_else(|| self.desk.run_loop().filter(|_| frame.is_some()));
            let listener = run_loop.and_then(|run_loop| Listener::new(run_loop, &self.desk));
            let mut place = self.listener.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let old = std::mem::replace(&mut *place, listener);
            drop(place);
            // Without a lock: it calls the host.
            drop(old);
        }
        let _old = std::mem::replace(&mut *self.frame.given(), frame);
    }
}

impl<P: Vst3Plugin + Guarded> Drop for View<P> {
    fn drop(&mut self) {
        let leave = || {
            self.frame.view.store(std::ptr::null_mut(), Relaxed);
            self.put_into(None);
            self.close();
        };
        _ = shield(leave);
    }
}

/// The window has the keys from the system; what a host sends on would come twice.
impl<P: Vst3Plugin + Guarded> IPlugViewTrait for View<P> {
    unsafe fn isPlatformTypeSupported(&self, kind: FIDString) -> tresult {
        // SAFETY: null or the host's string.
        if unsafe { is(kind, PLATFORM) } { kResultOk } else { kResultFalse }
    }

    unsafe fn attached(&self, parent: *mut c_void, kind: FIDString) -> tresult {
        // SAFETY: null or the host's string.
        if parent.is_null() || !unsafe { is(kind, PLATFORM) } {
            return kInvalidArgument;
        }
        shield(|| parent_handle(parent).map(|parent| self.open(parent)))
            .flatten()
            .unwrap_or(kResultFalse)
    }

    unsafe fn removed(&self) -> tresult {
        if shield(|| self.close()) == Some(true) { kResultOk } else { kResultFalse }
    }

    unsafe fn onWheel(&self, _distance: f32) -> tresult {
        kResultFalse
    }

    unsafe fn onKeyDown(&self, _key: char16, _code: int16, _modifiers: int16) -> tresult {
        kResultFalse
    }

    unsafe fn onKeyUp(&self, _key: char16, _code: int16, _modifiers: int16) -> tresult {
        kResultFalse
    }

    unsafe fn getSize(&self, to: *mut ViewRect) -> tresult {
        // SAFETY: null or the host's.
        let Some(to) = (unsafe { to.as_mut() }) else { return kInvalidArgument };
        let Some(size) = shield(|| self.desk.display.size()) else { return kInternalError };
        *to = rect_of(size);
        kResultOk
    }

    /// Before there is a window, and for a view that has none, there is nothing to do: it opens in
    /// its own size.
    unsafe fn onSize(&self, to: *mut ViewRect) -> tresult {
        // SAFETY: null or the host's.
        let Some(size) = (unsafe { to.as_ref() }).and_then(size_of_rect) else {
            return kInvalidArgument;
        };
        if !self.attached.load(Relaxed) {
            return kResultOk;
        }
        let resized = shield(|| {
            let resized = self.desk.display.with(|window, pane| window.set_size(size, pane));
            self.desk.serve();
            matches!(resized, Some(Ok(())))
        });
        if resized == Some(true) { kResultOk } else { kResultFalse }
    }

    unsafe fn onFocus(&self, _state: TBool) -> tresult {
        kResultFalse
    }

    unsafe fn setFrame(&self, frame: *mut IPlugFrame) -> tresult {
        // SAFETY: null or the host's.
        let frame = unsafe { ComRef::from_raw(frame) }.map(|frame| frame.to_com_ptr());
        match shield(|| self.put_into(frame)) {
            Some(()) => kResultOk,
            None => kInternalError,
        }
    }

    unsafe fn canResize(&self) -> tresult {
        kResultOk
    }

    unsafe fn checkSizeConstraint(&self, rect: *mut ViewRect) -> tresult {
        // SAFETY: null or the host's.
        let Some(rect) = (unsafe { rect.as_mut() }) else { return kInvalidArgument };
        let Some(size) = size_of_rect(rect) else { return kResultFalse };
        let Some(size) = shield(|| self.desk.display.adjusted(size)) else { return kInternalError };
        let corner = |from: int32, side: u32| from.saturating_add(side as int32);
        (rect.right, rect.bottom) = (corner(rect.left, size.width), corner(rect.top, size.height));
        kResultOk
    }
}

impl<P: Vst3Plugin + Guarded> IPlugViewContentScaleSupportTrait for View<P> {
    unsafe fn setContentScaleFactor(&self, scale: ScaleFactor) -> tresult {
        // On macOS the system knows better.
        let Some(scale) = scale_of(scale.into()).filter(|_| !cfg!(target_os = "macos")) else {
            return kResultFalse;
        };
        let set = || {
            let display = &self.desk.display;
            display.set_scale(scale);
            let told = display.with(|window, pane| window.set_fallback_scale_factor(scale, pane));
            matches!(told, None | Some(Ok(())))
        };
        if shield(set) == Some(true) { kResultOk } else { kResultFalse }
    }
}

#[cfg(target_os = "linux")]
fn parent_handle(parent: *mut c_void) -> Option<ParentWindowHandle> {
    // An id of 32 bits in place of a pointer.
    let id = u32::try_from(parent as usize).ok()?;
    Some(ParentWindowHandle::XlibWindow(id.into()))
}

#[cfg(target_os = "macos")]
fn parent_handle(parent: *mut c_void) -> Option<ParentWindowHandle> {
    std::ptr::NonNull::new(parent).map(ParentWindowHandle::AppKitNsView)
}

#[cfg(target_os = "windows")]
fn parent_handle(parent: *mut c_void) -> Option<ParentWindowHandle> {
    std::num::NonZeroIsize::new(parent as isize).map(ParentWindowHandle::Win32Hwnd)
}
