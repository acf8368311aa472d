//! X11: how the host's main thread is called to the desk.

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Acquire, Ordering::Release};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use nih_plug::wrapper::vst3::Vst3Plugin;
pub use nih_plug::wrapper::vst3::vst3::Steinberg::Linux::IRunLoop;
use nih_plug::wrapper::vst3::vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IEventHandlerTrait, IRunLoopTrait,
};
use nih_plug::wrapper::vst3::vst3::Steinberg::kResultOk;
use nih_plug::wrapper::vst3::vst3::{Class, ComPtr, ComWrapper};

use super::desk::Desk;
use crate::guard::{Guarded, shield};

/// Two ends of a socket; both live as long as either is used, so that no write meets a closed end,
/// which would be a signal that ends the host. A socket and not an `eventfd`, because Ardour
/// listens to sockets only.
struct Pair {
    ear: UnixStream,
    mouth: UnixStream,
}

/// The sockets of all views that have a run loop.
#[derive(Default)]
pub struct Sockets {
    rung: AtomicBool,
    pairs: Mutex<Vec<Arc<Pair>>>,
}

impl Sockets {
    /// Calls the main thread, once for all that waits. Without a run loop nobody comes; what waits
    /// is done when there is one, or with the host's next call of a view.
    pub fn ring(&self) {
        if !self.rung.swap(true, AcqRel) {
            self.pairs().iter().for_each(|pair| pair.ring());
        }
    }

    /// Somebody has come: later rings count again.
    pub fn heard(&self) {
        self.rung.store(false, Release);
    }

    fn pairs(&self) -> MutexGuard<'_, Vec<Arc<Pair>>> {
        self.pairs.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn add(&self, pair: Arc<Pair>) {
        // First: a ring that comes in between then finds it, or is found here.
        self.pairs().push(pair.clone());
        if self.rung.load(Acquire) {
            pair.ring();
        }
    }
}

impl Pair {
    fn new() -> std::io::Result<Self> {
        let (ear, mouth) = UnixStream::pair()?;
        ear.set_nonblocking(true)?;
        mouth.set_nonblocking(true)?;
        Ok(Self { ear, mouth })
    }

    fn ring(&self) {
        // A socket that is full has been rung often enough.
        _ = (&self.mouth).write(&[1]);
    }

    fn drain(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.ear).read(&mut bytes), Ok(1..)) {}
    }
}

/// What the host's run loop calls.
struct Handler<P: Vst3Plugin + Guarded> {
    pair: Arc<Pair>,
    desk: Weak<Desk<P>>,
}

impl<P: Vst3Plugin + Guarded> Class for Handler<P> {
    type Interfaces = (IEventHandler,);
}

impl<P: Vst3Plugin + Guarded> IEventHandlerTrait for Handler<P> {
    unsafe fn onFDIsSet(&self, _: FileDescriptor) {
        let serve = || {
            self.pair.drain();
            if let Some(desk) = self.desk.upgrade() {
                desk.serve();
            }
        };
        _ = shield(serve);
    }
}

/// A socket that a run loop watches, until dropped.
pub struct Listener {
    run_loop: ComPtr<IRunLoop>,
    handler: ComPtr<IEventHandler>,
    pair: Arc<Pair>,
    sockets: Arc<Sockets>,
}

impl Listener {
    /// Has the run loop watch a new socket. `None` when it does not want to.
    pub fn new<P: Vst3Plugin + Guarded>(
        run_loop: ComPtr<IRunLoop>,
        desk: &Arc<Desk<P>>,
    ) -> Option<Self> {
        let pair = Arc::new(Pair::new().ok()?);
        let handler = Handler { pair: pair.clone(), desk: Arc::downgrade(desk) };
        let handler = ComWrapper::new(handler).to_com_ptr::<IEventHandler>()?;
        // SAFETY: the host takes a reference of its own, and the socket lives as long as any.
        let result =
            unsafe { run_loop.registerEventHandler(handler.as_ptr(), pair.ear.as_raw_fd()) };
        if result != kResultOk {
            return None;
        }
        desk.sockets.add(pair.clone());
        Some(Self { run_loop, handler, pair, sockets: desk.sockets.clone() })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.sockets.pairs().retain(|pair| !Arc::ptr_eq(pair, &self.pair));
        // SAFETY: the host's own run loop, and what it was given.
        unsafe { self.run_loop.unregisterEventHandler(self.handler.as_ptr()) };
    }
}
