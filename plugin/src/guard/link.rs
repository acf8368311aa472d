//! What guard and plug-in tell each other: atomics, each access one load or store.

use std::cell::RefCell;
use std::fmt;
use std::io::Write;
use std::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use busbar_engine::RenderMode;
use busbar_engine::handoff::{Bell, Changes};

use super::view::Offer;

/// How long an offline render waits for its clips before it goes on without them, and says so.
pub const OFFLINE_PATIENCE: Duration = Duration::from_secs(20);

/// Shared by the guard and the plug-in of one instance.
#[derive(Debug)]
pub struct Link {
    // guard → plug-in: written before each block, on the thread that then processes it
    mode: AtomicU8,
    inputs: AtomicU32,
    outputs: AtomicU32,
    // plug-in → guard
    infinite_tail: AtomicBool,
    latency: AtomicU32,
    /// What the latency will be, by the plug-in.
    forecast: OnceLock<Forecast>,
    wants_restart: AtomicBool,
    // pump and whoever wants clips → guard
    clips: Changes,
    /// How often the user changed something that is saved and is no parameter.
    edits: AtomicU64,
    /// Rings for the guard when that happens.
    bell: OnceLock<Bell>,
    // plug-in → whoever asks
    failed: AtomicBool,
    /// Why the last state was refused. Never touched by the audio thread.
    refusal: Mutex<Option<String>>,
}

impl Default for Link {
    /// Without a guard, every bus is the host's.
    fn default() -> Self {
        Self {
            mode: AtomicU8::new(RenderMode::Realtime as u8),
            inputs: AtomicU32::new(u32::MAX),
            outputs: AtomicU32::new(u32::MAX),
            infinite_tail: AtomicBool::new(false),
            latency: AtomicU32::new(0),
            forecast: OnceLock::new(),
            wants_restart: AtomicBool::new(false),
            clips: Changes::default(),
            edits: AtomicU64::new(0),
            bell: OnceLock::new(),
            failed: AtomicBool::new(false),
            refusal: Mutex::new(None),
        }
    }
}

struct Forecast(Box<dyn Fn(f64) -> u32 + Send + Sync>);

impl fmt::Debug for Forecast {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Forecast")
    }
}

/// What goes through the plug-in's constructor, which has neither arguments nor results.
struct Making {
    link: Arc<Link>,
    adopted: bool,
    offer: Option<Offer>,
}

thread_local! {
    static MAKING: RefCell<Option<Making>> = const { RefCell::new(None) };
}

/// An instance just made, and what it shares with the guard.
pub(super) struct Made<T> {
    pub link: Arc<Link>,
    /// The plug-in's editor.
    pub offer: Option<Offer>,
    pub made: T,
}

impl Link {
    /// Guard: makes an instance whose plug-in will share the returned link. The wrappers build the
    /// plug-in with `Default::default()` on the calling thread, so a thread-local carries the link
    /// in and the editor out.
    pub(super) fn give_while<T>(make: impl FnOnce() -> T) -> Made<T> {
        let link = Arc::<Self>::default();
        MAKING.set(Some(Making { link: link.clone(), adopted: false, offer: None }));
        let made = make();
        let offer = MAKING.take().and_then(|making| making.offer);
        Made { link, offer, made }
    }

    /// Plug-in, while it is made: the guard's link, or an idle one where there is no guard.
    pub fn adopt() -> Arc<Self> {
        MAKING.with_borrow_mut(|making| match making {
            Some(Making { link, adopted: adopted @ false, .. }) => {
                *adopted = true;
                link.clone()
            }
            _ => Arc::default(),
        })
    }

    /// Plug-in, while it is made: gives the guard its editor. The guard owns it, and the link does
    /// not know of it: the editor knows the link.
    pub fn offer(offer: Offer) {
        MAKING.with_borrow_mut(|making| {
            if let Some(making) = making {
                making.offer = Some(offer);
            }
        });
    }

    /// Guard, or whoever else calls the plug-in: what is true for the block that comes now.
    /// Realtime-safe.
    pub fn begin_block(&self, mode: RenderMode, present: super::pad::Present) {
        self.mode.store(mode as u8, Relaxed);
        self.inputs.store(present.inputs, Relaxed);
        self.outputs.store(present.outputs, Relaxed);
    }

    /// How the host is calling, true for the block being processed. Realtime-safe.
    pub fn mode(&self) -> RenderMode {
        match self.mode.load(Relaxed) {
            0 => RenderMode::Realtime,
            1 => RenderMode::Prefetch,
            _ => RenderMode::Offline,
        }
    }

    /// Bit i: input bus i is the host's in this block, and not our silence. Realtime-safe.
    pub fn inputs(&self) -> u32 {
        self.inputs.load(Relaxed)
    }

    /// Bit i: what is written to output bus i reaches the host. Realtime-safe.
    pub fn outputs(&self) -> u32 {
        self.outputs.load(Relaxed)
    }

    /// The plug-in sounds, or records, without an end in sight. Realtime-safe.
    pub fn set_infinite_tail(&self, on: bool) {
        self.infinite_tail.store(on, Relaxed);
    }

    pub(crate) fn infinite_tail(&self) -> bool {
        self.infinite_tail.load(Relaxed)
    }

    /// The frames from the main input to the main output, from this activation to the next.
    pub fn set_latency(&self, frames: u32) {
        self.latency.store(frames, Relaxed);
    }

    /// Plug-in, once: says the latency that it would have if it were activated now, at so many
    /// frames a second.
    pub fn on_forecast(&self, forecast: impl Fn(f64) -> u32 + Send + Sync + 'static) {
        // Only the first counts, and there is only one plug-in.
        _ = self.forecast.set(Forecast(Box::new(forecast)));
    }

    pub(super) fn latency_at(&self, rate: f64) -> u32 {
        self.forecast.get().map_or(0, |forecast| forecast.0(rate))
    }

    pub(super) fn latency(&self) -> u32 {
        self.latency.load(Relaxed)
    }

    /// Something was set that needs another activation. Realtime-safe.
    pub fn want_restart(&self) {
        self.wants_restart.store(true, Relaxed);
    }

    /// Guard, or whoever else activates: whether something was since the last time. Realtime-safe.
    pub fn take_restart(&self) -> bool {
        self.wants_restart.load(Relaxed) && self.wants_restart.swap(false, Relaxed)
    }

    /// Other clips are wanted than those on the decks; which ones has been written down already.
    pub fn want_other_clips(&self) {
        self.clips.want();
    }

    /// The pump: sees to what is wanted; `all_there` looks what that is, and says whether the decks
    /// have all of it.
    pub fn attend_to_clips(&self, all_there: impl FnOnce() -> bool) {
        self.clips.attend(all_there);
    }

    /// Whether the decks have all that is wanted.
    pub fn has_all_clips(&self) -> bool {
        self.clips.are_all_there()
    }

    /// Guard, before an offline block and nowhere else: waits for the clips that are wanted. The
    /// one exception to the rules of the audio thread, for blocks that have no deadline.
    pub fn wait_for_clips(&self, mode: RenderMode) {
        if mode != RenderMode::Offline {
            return;
        }
        let wanted = self.clips.by_now();
        let deadline = Instant::now() + OFFLINE_PATIENCE;
        while self.clips.are_awaited(wanted) {
            if Instant::now() > deadline {
                self.clips.give_up(wanted);
                let patience = OFFLINE_PATIENCE.as_secs();
                let words = "an offline render goes on without clips that did not arrive within";
                let _ = writeln!(std::io::stderr(), "Busbar: {words} {patience} seconds");
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Editor: the user has changed something that is saved and is no parameter.
    pub fn edit(&self) {
        self.edits.fetch_add(1, Release);
        if let Some(bell) = self.bell.get() {
            bell.ring();
        }
    }

    /// Guard, once: the bell rings at each [`edit`](Self::edit).
    pub(super) fn on_edit(&self, bell: Bell) {
        // Only the first counts, and there is only one guard.
        _ = self.bell.set(bell);
    }

    /// How often; the guard tells the host that there is something to save.
    pub fn edits(&self) -> u64 {
        self.edits.load(Acquire)
    }

    /// The plug-in has panicked and does nothing until it is activated again. Realtime-safe.
    pub fn fail(&self) {
        self.failed.store(true, Relaxed);
    }

    /// The plug-in has been made anew.
    pub fn recover(&self) {
        self.failed.store(false, Relaxed);
    }

    /// Whether the plug-in has panicked. Realtime-safe.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Relaxed)
    }

    /// Why the last state that the host wanted to load was refused; `None` when it was taken.
    pub fn refusal(&self) -> Option<String> {
        self.refusal.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Tells whoever asks why a state was refused.
    pub fn set_refusal(&self, reason: Option<String>) {
        *self.refusal.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = reason;
    }

    /// Passes on what `admitted` gives, and keeps the reason where it is refused.
    pub(super) fn judge<T>(&self, admitted: Result<T, String>) -> Option<T> {
        match admitted {
            Ok(state) => {
                self.set_refusal(None);
                Some(state)
            }
            Err(reason) => {
                let words = format!("the saved state was refused, and nothing changed: {reason}");
                self.set_refusal(Some(reason));
                // Where nobody listens there is nobody to tell.
                let _ = writeln!(std::io::stderr(), "Busbar: {words}");
                None
            }
        }
    }
}
