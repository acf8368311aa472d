//! The editor's window: egui on baseview and OpenGL.
//!
//! Why it is ours and not `nice-plug-egui`'s: that one throws away the drop events that baseview
//! delivers, so files dropped on the editor would never arrive, and its handler can neither be
//! wrapped nor fed from outside. What is particular to a platform (windows, drag and drop, GL
//! contexts, scale) stays in baseview.
//!
//! | module         | what                                                              |
//! |----------------|-------------------------------------------------------------------|
//! | [`open`]       | the framework's `Editor`: opens windows, sizes them               |
//! | [`handler`]    | one open window: frames, events, painting                         |
//! | [`input`]      | baseview's events as egui's                                       |
//! | [`keys`]       | keys, and what they mean to the clipboard                         |
//! | [`cursor`]     | egui's mouse cursors as baseview's                                |
//! | [`clipboard`]  | the system's                                                      |
//! | [`pace`]       | when to look whether something has moved                          |
//! | [`repaint`]    | when to draw next                                                 |
//! | [`size`]       | how large the window is, kept between openings                    |
//! | `drivers`      | Linux: graphics drivers stay, once they are loaded                |
//! | `drop_relay`   | X11: drops that are addressed to the host's window                |

mod clipboard;
mod cursor;
#[cfg(target_os = "linux")]
mod drivers;
#[cfg(target_os = "linux")]
mod drop_relay;
mod handler;
mod input;
mod keys;
mod open;
mod pace;
mod repaint;
mod size;

pub use open::{Opened, Pane, WindowedEditor};
pub use repaint::Repaint;
pub use size::{SMALLEST, Size};
