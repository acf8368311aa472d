//! What a host with a window does, whatever the format.

use std::collections::HashMap;

use libloading::Library;
use x11rb::protocol::xproto::Window;

use super::player::Signal;
pub use crate::vst3::handler::Told;

/// Width and height in pixels.
pub type Size = (u32, u32);

/// A plug-in format, from the side of a host that keeps every rule.
pub trait Plug: Sized + 'static {
    /// What the host is called.
    const HOST: &str;
    /// The bundle, loaded.
    type Loaded;
    /// What belongs to the audio thread.
    type Processor: Send + 'static;

    /// Loads the bundle.
    fn load() -> Self::Loaded;
    /// Its library.
    fn library(loaded: &Self::Loaded) -> &Library;
    /// A new instance.
    fn new(loaded: &Self::Loaded) -> Self;

    /// Opens the editor in the host's window, which `resize` makes as large as it should be.
    fn open(&mut self, parent: Window, scale: f64, resize: &dyn Fn(Size));
    /// Closes it.
    fn close(&mut self);
    /// Hides it, or shows it again; false in a format that cannot.
    fn show(&mut self, shown: bool) -> bool;
    /// Its size, as it tells.
    fn size(&mut self) -> Size;
    /// The user wants another one; returns what the editor made of it.
    fn resize(&mut self, wanted: Size, resize: &dyn Fn(Size)) -> Size;
    /// What the main thread does all the time.
    fn turn(&mut self, resize: &dyn Fn(Size));
    /// Whether the plug-in has said that its editor is gone; `None` in a format without a word for
    /// it.
    fn was_closed(&mut self) -> Option<bool>;

    /// The parameters' numbers, by name.
    fn ids(&mut self) -> HashMap<String, u32>;
    /// What a parameter is set to, as text.
    fn text(&mut self, id: u32) -> String;
    /// What the plug-in has told about parameters so far; values as the format counts them.
    fn told(&self) -> Vec<Told>;
    /// Forgets it.
    fn forget(&self);
    /// How often it has said that there is something to save.
    fn dirty(&self) -> u32;

    /// How often the plug-in has wanted to be called on the main thread.
    fn wakes(&self) -> u32;

    /// Begins to process.
    fn start(&mut self) -> Self::Processor;
    /// The host wants a value of a parameter in the next block.
    fn automate(processor: &mut Self::Processor, id: u32, value: f64);
    /// One block, on the audio thread.
    fn block(processor: &mut Self::Processor, signal: &Signal, time: u64);
    /// Ends that.
    fn stop(&mut self, processor: Self::Processor);
}
