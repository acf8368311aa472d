//! For the host tests: what an open window shows, by the labels of its controls, and how much work
//! it does. Only with the feature `probe`.

use std::ffi::c_char;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use egui::accesskit::{Node, TreeUpdate};

/// The next frame of any window panics.
static PANIC_NEXT: AtomicBool = AtomicBool::new(false);
static WINDOWS: Mutex<Vec<Weak<Seen>>> = Mutex::new(Vec::new());

/// What is seen of one window.
#[derive(Default)]
pub struct Seen {
    frames: AtomicU64,
    nanoseconds: AtomicU64,
    /// A line for each node that has a label: its four edges in points, its value, and the label.
    labels: Mutex<String>,
}

impl Seen {
    /// Enters a new window into the list, for as long as it is open.
    pub fn register(egui: &egui::Context) -> Arc<Self> {
        egui.enable_accesskit();
        let seen = Arc::<Self>::default();
        let mut windows = windows();
        windows.retain(|known| known.strong_count() > 0);
        windows.push(Arc::downgrade(&seen));
        seen
    }

    /// Does what a test has asked for.
    pub fn enter_frame(&self) {
        if PANIC_NEXT.swap(false, Relaxed) {
            panic!("a test asked for it");
        }
    }

    /// Counts a frame, and what it took up to the graphics driver.
    pub fn leave_frame(&self, took: Duration) {
        self.frames.fetch_add(1, Relaxed);
        self.nanoseconds.fetch_add(took.as_nanos() as u64, Relaxed);
    }

    /// Keeps what the frame shows.
    pub fn look(&self, tree: Option<&TreeUpdate>) {
        let Some(tree) = tree else { return };
        let mut text = String::new();
        for (_, node) in &tree.nodes {
            line(&mut text, node);
        }
        *self.labels.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = text;
    }
}

fn line(text: &mut String, node: &Node) {
    let name = node.label().or_else(|| node.value()).unwrap_or_default();
    if let (false, Some(at)) = (name.is_empty(), node.bounds()) {
        let value = node.numeric_value().unwrap_or(f64::NAN);
        // Writing to a string does not fail.
        _ = writeln!(text, "{} {} {} {} {value} {name}", at.x0, at.y0, at.x1, at.y1);
    }
}

fn windows() -> MutexGuard<'static, Vec<Weak<Seen>>> {
    WINDOWS.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn window(i: u32) -> Option<Arc<Seen>> {
    windows().iter().filter_map(Weak::upgrade).nth(i as usize)
}

/// The next frame of any window panics.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_editor_panic_next() {
    PANIC_NEXT.store(true, Relaxed);
}

/// How many windows are open.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_editor_windows() -> u32 {
    windows().iter().filter(|known| known.strong_count() > 0).count() as u32
}

/// Frames that window `i`, the oldest first, has drawn.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_editor_frames(i: u32) -> u64 {
    window(i).map_or(0, |seen| seen.frames.load(Relaxed))
}

/// Nanoseconds that window `i` has spent on them, without the graphics driver.
#[unsafe(no_mangle)]
pub extern "C" fn busbar_probe_editor_nanoseconds(i: u32) -> u64 {
    window(i).map_or(0, |seen| seen.nanoseconds.load(Relaxed))
}

/// What window `i` shows: a line for each control with its edges in points, its value and its
/// label; cut to `size` bytes and ended by a zero. Returns the whole length.
///
/// # Safety
/// `to` has room for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn busbar_probe_editor_labels(i: u32, to: *mut c_char, size: usize) -> usize {
    let Some(seen) = window(i) else { return 0 };
    let text = seen.labels.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let length = text.len().min(size.saturating_sub(1));
    if size > 0 {
        // SAFETY: the caller's.
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr().cast(), to, length);
            to.add(length).write(0);
        }
    }
    text.len()
}
