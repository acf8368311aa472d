//! Where things are in the editor, by the labels in its accessibility tree, and how it looks when it
//! is painted without OpenGL, as the bundle's probe tells.

use std::ffi::c_char;

use libloading::{Library, Symbol};

use super::picture::{Picture, Region};

/// The probe of the loaded bundle.
pub struct Windows<'a>(pub &'a Library);

/// A control.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// Left, top, right, bottom, in points.
    pub place: [f64; 4],
    /// Where it is set to, if it is a slider or a meter.
    pub value: Option<f64>,
    /// Its label.
    pub label: String,
}

impl Control {
    /// Its middle in pixels.
    pub fn middle(&self, scale: f64) -> (f64, f64) {
        let [left, top, right, bottom] = self.place;
        ((left + right) / 2.0 * scale, (top + bottom) / 2.0 * scale)
    }

    /// Its place in pixels.
    pub fn region(&self, scale: f64) -> Region {
        self.place.map(|edge| (edge * scale).round().max(0.0) as usize)
    }
}

impl Windows<'_> {
    fn function<T>(&self, name: &str) -> Symbol<'_, T> {
        // SAFETY: the types are those that the plug-in exports, see its module `editor::probe`.
        unsafe { self.0.get(name.as_bytes()) }.expect("the bundle has been built with `probe`")
    }

    /// How many are open.
    pub fn count(&self) -> u32 {
        self.function::<extern "C" fn() -> u32>("busbar_probe_editor_windows")()
    }

    /// Frames that window `i` has drawn.
    pub fn frames(&self, i: u32) -> u64 {
        self.function::<extern "C" fn(u32) -> u64>("busbar_probe_editor_frames")(i)
    }

    /// Nanoseconds that it has spent on them, without the graphics driver.
    pub fn nanoseconds(&self, i: u32) -> u64 {
        self.function::<extern "C" fn(u32) -> u64>("busbar_probe_editor_nanoseconds")(i)
    }

    /// The next frame of any window panics.
    pub fn panic_next(&self) {
        self.function::<extern "C" fn()>("busbar_probe_editor_panic_next")();
    }

    /// Everything with a label in window `i`.
    pub fn controls(&self, i: u32) -> Vec<Control> {
        type Labels = unsafe extern "C" fn(u32, *mut c_char, usize) -> usize;
        let labels = self.function::<Labels>("busbar_probe_editor_labels");
        let mut text = vec![0u8; 65_536];
        // SAFETY: room for as many bytes as announced.
        let length = unsafe { labels(i, text.as_mut_ptr().cast(), text.len()) };
        assert!(length < text.len(), "the window has more labels than expected");
        String::from_utf8_lossy(&text[..length]).lines().filter_map(control).collect()
    }

    /// The last frame of window `i`, as the plug-in paints it without OpenGL; `None` when that is
    /// of another size.
    pub fn painted(&self, i: u32, width: usize, height: usize) -> Option<Picture> {
        type Paint = unsafe extern "C" fn(u32, *mut u8, usize) -> usize;
        let paint = self.function::<Paint>("busbar_probe_editor_paint");
        let mut bytes = vec![0u8; width * height * 3];
        // SAFETY: room for as many bytes as announced.
        let length = unsafe { paint(i, bytes.as_mut_ptr(), bytes.len()) };
        (length == bytes.len()).then(|| Picture::of_rgb(width, height, &bytes))
    }

    /// The control of that label in window `i`; `None` when there is none yet.
    pub fn find(&self, i: u32, label: &str) -> Option<Control> {
        self.controls(i).into_iter().find(|control| control.label == label)
    }
}

fn control(line: &str) -> Option<Control> {
    let mut parts = line.splitn(6, ' ');
    let mut number = || parts.next()?.parse().ok();
    let place = [number()?, number()?, number()?, number()?];
    let value = number().filter(|value: &f64| !value.is_nan());
    Some(Control { place, value, label: parts.next()?.to_owned() })
}
