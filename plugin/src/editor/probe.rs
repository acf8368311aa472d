//! For the host tests: what an open window shows, by the labels of its controls and as a picture
//! painted without OpenGL, and how much work it does. Only with the feature `probe`.

use std::ffi::c_char;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use egui::accesskit::{Node, TreeUpdate};
use egui::{ClippedPrimitive, Color32, TexturesDelta};

use super::paint::{Canvas, Painter};

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
    drawn: Mutex<Drawn>,
}

/// What the last frame gave OpenGL to draw.
#[derive(Default)]
struct Drawn {
    painter: Painter,
    shapes: Vec<ClippedPrimitive>,
    size: [u32; 2],
    scale: f32,
    background: Color32,
}

impl Drawn {
    /// The same without OpenGL.
    fn paint(&mut self) -> Canvas {
        let [width, height] = self.size.map(|pixels| pixels as usize);
        let mut canvas = Canvas::new(width, height, self.background);
        let textures = &mut TexturesDelta::default();
        // What is no mesh is missing in the picture, and so is seen.
        _ = self.painter.paint(&mut canvas, self.scale, &self.shapes, textures);
        canvas
    }
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

    /// Keeps what the frame gives OpenGL to draw.
    pub fn keep(
        &self,
        shapes: &[ClippedPrimitive],
        textures: &TexturesDelta,
        (size, scale, background): ([u32; 2], f32, Color32),
    ) {
        let painter = std::mem::take(&mut self.drawn().painter);
        let shapes = shapes.to_vec();
        let mut drawn = Drawn { painter, shapes, size, scale, background };
        let (nothing, textures) = (&mut Canvas::new(0, 0, background), &mut textures.clone());
        _ = drawn.painter.paint(nothing, scale, &[], textures);
        *self.drawn() = drawn;
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.drawn.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
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

/// The last frame of window `i`, painted without OpenGL: red, green and blue, row by row, cut to
/// `size` bytes. Returns the whole length.
///
/// # Safety
/// `to` has room for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn busbar_probe_editor_paint(i: u32, to: *mut u8, size: usize) -> usize {
    let Some(seen) = window(i) else { return 0 };
    let canvas = seen.drawn().paint();
    let bytes: Vec<[u8; 3]> = canvas.pixels().iter().map(|[r, g, b, _]| [*r, *g, *b]).collect();
    let bytes = bytes.as_flattened();
    // SAFETY: the caller's.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len().min(size)) };
    bytes.len()
}
