//! What the component and its views share: the editor, and everything that the editor wants of the
//! host.
//!
//! The host may be told anything on its main thread only. On X11 the editor works on another one,
//! so what it wants waits at the desk, and a socket that the host's run loop watches calls the main
//! thread there (`run_loop.rs`). Elsewhere the editor is on the main thread, and the desk is looked
//! at right away.

use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use nih_plug::editor::EditorHandle;
use nih_plug::wrapper::vst3::vst3::ComPtr;
use nih_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    IComponentHandler, IComponentHandler2, IComponentHandler2Trait, IComponentHandlerTrait,
    IEditControllerTrait, ParamID, ParameterInfo,
};
use nih_plug::wrapper::vst3::vst3::Steinberg::int32;
use nih_plug::wrapper::vst3::{Vst3Plugin, Wrapper};

#[cfg(target_os = "linux")]
use super::run_loop::Sockets;
use crate::guard::view::{Display, Edit, Edits, Offer, Teller};
use crate::guard::{Guarded, Link, shield};
use busbar_engine::handoff::Bell;

/// One for each instance. Views may outlive the component, and with it the desk; then there is no
/// wrapper any more, and nobody to tell anything.
pub struct Desk<P: Vst3Plugin + Guarded> {
    wrapper: Weak<Wrapper<P>>,
    link: Arc<Link>,
    /// The editor.
    pub display: Display,
    edits: Arc<Edits>,
    /// The parameters' ids, in the order of the editor's list.
    ids: Box<[ParamID]>,
    handler: Mutex<Option<ComPtr<IComponentHandler>>>,
    /// Of whoever is telling the host something.
    teller: Mutex<Teller>,
    /// How many have come to do that, of whom the first does it for all.
    callers: AtomicU32,
    /// How many of the link's edits the host knows of.
    told_edits: AtomicU64,
    /// What calls the main thread.
    #[cfg(target_os = "linux")]
    pub sockets: Arc<Sockets>,
    /// For frames that have none.
    #[cfg(target_os = "linux")]
    run_loop: Mutex<Option<ComPtr<super::run_loop::IRunLoop>>>,
}

// SAFETY: all but the wrapper guards itself, and the wrapper is only asked what the host may ask it
// from any thread.
unsafe impl<P: Vst3Plugin + Guarded> Send for Desk<P> {}
// SAFETY: likewise.
unsafe impl<P: Vst3Plugin + Guarded> Sync for Desk<P> {}

impl<P: Vst3Plugin + Guarded> Desk<P> {
    /// For an instance just made.
    pub fn new(wrapper: &Arc<Wrapper<P>>, link: Arc<Link>, offer: Offer) -> Arc<Self> {
        let ids = (0..offer.param_count() as int32).map(|i| {
            // SAFETY: plain numbers and characters, for which zeros are a value.
            let mut info: ParameterInfo = unsafe { std::mem::zeroed() };
            // SAFETY: the place can be written.
            unsafe { wrapper.getParameterInfo(i, &mut info) };
            info.id
        });
        let ids = ids.collect();
        #[cfg(target_os = "linux")]
        let sockets = Arc::<Sockets>::default();
        Arc::new_cyclic(|desk: &Weak<Self>| {
            #[cfg(target_os = "linux")]
            let bell = {
                _ = desk;
                let sockets = sockets.clone();
                Bell::new(move || sockets.ring())
            };
            #[cfg(not(target_os = "linux"))]
            let bell = {
                let desk = desk.clone();
                Bell::new(move || {
                    // Away from the main thread nothing is told before the next ring on it.
                    if let Some(desk) = desk.upgrade()
                        && desk.display.with(|_, _| ()).is_some()
                    {
                        desk.serve();
                    }
                })
            };
            link.on_edit(bell.clone());
            let edits = Arc::new(Edits::new(offer.param_count(), bell));
            Self {
                wrapper: Arc::downgrade(wrapper),
                teller: Mutex::new(Teller::new(&edits)),
                display: Display::new(offer, edits.clone()),
                edits,
                link,
                ids,
                handler: Mutex::default(),
                callers: AtomicU32::new(0),
                told_edits: AtomicU64::new(0),
                #[cfg(target_os = "linux")]
                sockets,
                #[cfg(target_os = "linux")]
                run_loop: Mutex::default(),
            }
        })
    }

    /// The host's handler, `None` to forget it.
    pub fn set_handler(&self, handler: Option<ComPtr<IComponentHandler>>) {
        // The old one is let go of without a lock: that calls the host.
        let _old = std::mem::replace(&mut *lock(&self.handler), handler);
    }

    /// The run loop that came with the host's context.
    #[cfg(target_os = "linux")]
    pub fn set_run_loop(&self, run_loop: Option<ComPtr<super::run_loop::IRunLoop>>) {
        let _old = std::mem::replace(&mut *lock(&self.run_loop), run_loop);
    }

    /// Likewise.
    #[cfg(target_os = "linux")]
    pub fn run_loop(&self) -> Option<ComPtr<super::run_loop::IRunLoop>> {
        lock(&self.run_loop).clone()
    }

    /// Has [`serve`](Self::serve) called on the main thread; needed on X11 only.
    pub fn call_main_thread(&self) {
        #[cfg(target_os = "linux")]
        self.sockets.ring();
    }

    /// The component goes: as [`leave`](Self::leave), and no view opens a window any more.
    pub fn retire(&self) {
        self.display.retire();
        self.leave();
    }

    /// No window stays, and the host is not called any more.
    pub fn leave(&self) {
        self.display.close();
        self.set_handler(None);
        #[cfg(target_os = "linux")]
        self.set_run_loop(None);
    }

    /// Does what waits, on the main thread. A host may call back in the middle of it, from a loop
    /// of its own even: that call leaves its work to the one going on.
    pub fn serve(&self) {
        if self.callers.fetch_add(1, AcqRel) != 0 {
            return;
        }
        let mut served = 1;
        loop {
            #[cfg(target_os = "linux")]
            self.sockets.heard();
            self.display.with(|window, pane| window.host_main_thread_callback(pane));
            _ = shield(|| self.tell(&mut lock(&self.teller)));
            // In one step, so that nobody comes between the last look and the leaving.
            match self.callers.compare_exchange(served, 0, AcqRel, Acquire) {
                Ok(_) => return,
                Err(come) => served = come,
            }
        }
    }

    fn tell(&self, teller: &mut Teller) {
        let Some(wrapper) = self.wrapper.upgrade() else { return };
        let handler = lock(&self.handler).clone();
        teller.look(&self.edits);
        // Seen at once where the host is not processing; where it is, this does nothing, and the
        // value comes with a block.
        teller.fresh_values(|i, value| {
            // SAFETY: no pointers.
            unsafe { wrapper.setParamNormalized(self.ids[i], value.into()) };
        });
        let Some(handler) = handler else { return };
        teller.tell(&self.edits, |i, edit| {
            let id = self.ids[i];
            // SAFETY: no pointers.
            unsafe {
                match edit {
                    Edit::Begin => handler.beginEdit(id),
                    Edit::Set(value) => handler.performEdit(id, value.into()),
                    Edit::End => handler.endEdit(id),
                }
            };
            true
        });
        let edits = self.link.edits();
        if self.told_edits.swap(edits, Relaxed) != edits
            && let Some(handler) = handler.cast::<IComponentHandler2>()
        {
            // SAFETY: no pointers.
            unsafe { handler.setDirty(1) };
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
