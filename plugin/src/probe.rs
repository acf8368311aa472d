//! For the host tests: counts allocations inside the bundle, looks at instances, and breaks things
//! on purpose. Only with the feature `probe`, which nothing that ships has.
//!
//! All functions may be called from any thread while instances process, except where they say
//! otherwise.

use std::ffi::{CStr, c_char, c_void};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use assert_no_alloc::{AllocDisabler, assert_no_alloc, violation_count};
use busbar_engine::meters::POINTS;
use busbar_engine::session::Source;
use busbar_engine::{Order, OuterEnds, Slot};
use nih_plug::prelude::ProcessMode;

use crate::decks::Wanted;
use crate::guard::Link;

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// Allocations and frees inside `process`, framework included, since the library was loaded.
static VIOLATIONS: AtomicU64 = AtomicU64::new(0);
/// What the next block shall do.
static ALLOCATE_NEXT: AtomicBool = AtomicBool::new(false);
static PANIC_NEXT: AtomicBool = AtomicBool::new(false);
/// New instances are the framework's own.
static UNGUARDED: AtomicBool = AtomicBool::new(false);
static INSTANCES: Mutex<Vec<Weak<Instance>>> = Mutex::new(Vec::new());

/// What is seen of one instance.
pub struct Instance {
    link: Arc<Link>,
    outer: Arc<Mutex<OuterEnds>>,
    wanted: Arc<Wanted>,
    blocks: AtomicU64,
    frames: AtomicU64,
    longest: AtomicU32,
    activated_as: AtomicU32,
}

impl Instance {
    /// Enters a new instance into the list, for as long as it lives.
    pub fn register(
        link: Arc<Link>,
        outer: Arc<Mutex<OuterEnds>>,
        wanted: Arc<Wanted>,
    ) -> Arc<Self> {
        let instance = Arc::new(Self {
            link,
            outer,
            wanted,
            blocks: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            longest: AtomicU32::new(0),
            activated_as: AtomicU32::new(0),
        });
        let mut list = locked();
        list.retain(|known| known.strong_count() > 0);
        list.push(Arc::downgrade(&instance));
        instance
    }

    /// Keeps what the framework said about the mode at an activation.
    pub fn activate(&self, mode: ProcessMode) {
        let mode = match mode {
            ProcessMode::Realtime => 0,
            ProcessMode::Buffered => 1,
            ProcessMode::Offline => 2,
        };
        self.activated_as.store(mode, Relaxed);
    }

    /// Counts a block that has reached the plug-in, and does to it what a test has asked for.
    pub fn enter_block(&self, frames: usize) {
        self.blocks.fetch_add(1, Relaxed);
        self.frames.fetch_add(frames as u64, Relaxed);
        self.longest.fetch_max(frames as u32, Relaxed);
        if ALLOCATE_NEXT.swap(false, Relaxed) {
            drop(std::hint::black_box(Box::new([0u8; 64])));
        }
        if PANIC_NEXT.swap(false, Relaxed) {
            panic!("a test asked for it");
        }
    }
}

/// Runs a block with every allocation and free counted.
pub fn watch_allocations<T>(run: impl FnOnce() -> T) -> T {
    let before = violation_count();
    let result = assert_no_alloc(run);
    VIOLATIONS.fetch_add(u64::from(violation_count() - before), Relaxed);
    result
}

/// Whether a new instance shall be the framework's own, without the guard.
pub fn is_unguarded() -> bool {
    UNGUARDED.load(Relaxed)
}

fn locked() -> MutexGuard<'static, Vec<Weak<Instance>>> {
    INSTANCES.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Live instance `i`, oldest first.
fn instance(i: u32) -> Option<Arc<Instance>> {
    locked().iter().filter_map(Weak::upgrade).nth(i as usize)
}

/// How many instances are alive.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_instances() -> u32 {
    locked().iter().filter(|known| known.strong_count() > 0).count() as u32
}

/// Allocations and frees inside `process` so far.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_violations() -> u64 {
    VIOLATIONS.load(Relaxed)
}

/// The next block of any instance allocates.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_allocate_next() {
    ALLOCATE_NEXT.store(true, Relaxed);
}

/// The next block of any instance panics.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_panic_next() {
    PANIC_NEXT.store(true, Relaxed);
}

/// From now on new instances are the framework's own, or guarded again. So the tests see
/// whether each fault that the guard mends is still there.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_unguarded(on: bool) {
    UNGUARDED.store(on, Relaxed);
}

/// Calls back with every allocation and free of this library counted, as the guard has them counted
/// in each block.
///
/// # Safety
/// `work` may be called with `on`, once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn busbar_probe_watch(
    work: unsafe extern "C" fn(*mut c_void),
    on: *mut c_void,
) {
    // SAFETY: the caller's.
    watch_allocations(|| unsafe { work(on) });
}

/// What the framework told live instance `i` about the mode when it was last activated: 0 real
/// time, 1 prefetch, 2 offline.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_activated_as(i: u32) -> u32 {
    instance(i).map_or(u32::MAX, |instance| instance.activated_as.load(Relaxed))
}

/// What [`busbar_probe_look`] sees.
#[repr(C)]
#[derive(Default)]
pub struct Look {
    /// Blocks, frames, and the longest block that have reached the plug-in itself.
    pub blocks: u64,
    /// See `blocks`.
    pub frames: u64,
    /// See `blocks`.
    pub longest: u32,
    /// In the last block: 0 real time, 1 prefetch, 2 offline.
    pub mode: u32,
    /// In the last block: bit i for each bus that was the host's.
    pub inputs: u32,
    /// See `inputs`.
    pub outputs: u32,
    /// 1 after a panic, until the next activation.
    pub failed: u32,
}

/// Looks at live instance `i`, oldest first; false when there is none.
///
/// # Safety
/// `to` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn busbar_probe_look(i: u32, to: *mut Look) -> bool {
    let Some(instance) = instance(i) else { return false };
    let look = Look {
        blocks: instance.blocks.load(Relaxed),
        frames: instance.frames.load(Relaxed),
        longest: instance.longest.load(Relaxed),
        mode: instance.link.mode() as u32,
        inputs: instance.link.inputs(),
        outputs: instance.link.outputs(),
        failed: instance.link.has_failed().into(),
    };
    // SAFETY: the caller's.
    unsafe { to.write(look) };
    true
}

/// Gives live instance `i` an endless tail, or takes it away.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_hold(i: u32, on: bool) {
    if let Some(instance) = instance(i) {
        instance.link.set_infinite_tail(on);
    }
}

/// Everything that the meters of live instance `i` have said since the last call: for each point
/// (eight buses, then the master) peak left, peak right, RMS left, RMS right. Returns the frames
/// measured; 0 when there is nothing new.
///
/// # Safety
/// `to` has room for 4 × 9 values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn busbar_probe_meters(i: u32, to: *mut f32) -> u64 {
    let Some(instance) = instance(i) else { return 0 };
    let mut outer = instance.outer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let Some(frame) = outer.meters.latest() else { return 0 };
    for (point, sides) in frame.points.iter().enumerate().take(POINTS) {
        let [left, right] = sides;
        let values = [left.peak, right.peak, left.rms(frame.frames), right.rms(frame.frames)];
        // SAFETY: the caller's.
        unsafe { to.add(4 * point).cast::<[f32; 4]>().write(values) };
    }
    frame.frames
}

/// Why live instance `i` refused the last state, cut to `size` bytes and ended by a zero; returns
/// its length, and 0 when the state was taken.
///
/// # Safety
/// `to` has room for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn busbar_probe_refusal(i: u32, to: *mut c_char, size: usize) -> usize {
    let reason = instance(i).and_then(|instance| instance.link.refusal()).unwrap_or_default();
    let length = reason.len().min(size.saturating_sub(1));
    if size > 0 {
        // SAFETY: the caller's.
        unsafe {
            std::ptr::copy_nonoverlapping(reason.as_ptr().cast(), to, length);
            to.add(length).write(0);
        }
    }
    reason.len()
}

/// Wants a file in a slot (0 to 7 are the decks, 8 is the reference) of live instance `i`; an empty
/// path empties it.
///
/// # Safety
/// `path` is text that ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn busbar_probe_want(i: u32, slot: u32, path: *const c_char, looping: bool) {
    // SAFETY: the caller's.
    let path = unsafe { CStr::from_ptr(path) }.to_string_lossy().into_owned();
    if let (Some(instance), Some(slot)) = (instance(i), Slot::all().nth(slot as usize)) {
        instance.wanted.put(slot, Source { path, looping });
    }
}

/// Tells a slot of live instance `i` to play (0) or to stop (1); false when its queue is full.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_order(i: u32, slot: u32, order: u32) -> bool {
    let (Some(instance), Some(slot)) = (instance(i), Slot::all().nth(slot as usize)) else {
        return false;
    };
    let order = if order == 0 { Order::Play } else { Order::Stop };
    let mut outer = instance.outer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    outer.orders.push((slot, order)).is_ok()
}

/// In live instance `i` presses B, the reference, or A, the mix.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_hear(i: u32, reference: bool) {
    if let Some(instance) = instance(i) {
        let outer = instance.outer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        outer.monitor.hear_reference(reference);
    }
}
