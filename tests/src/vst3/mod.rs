//! A small VST3 host: everything that a host does to a plug-in, well or badly.
//!
//! ```text
//! Module ─ factory ─► Plugin ◄─ Block (buses, changes, notes, transport) ◄─ play()
//! ```
//!
//! | module       | what                                                              |
//! |--------------|-------------------------------------------------------------------|
//! | [`module`]   | the loaded library and what its factory says                      |
//! | [`plugin`]   | one instance, from its creation to its last reference             |
//! | [`params`]   | its parameters: information, values, text                         |
//! | [`com`]      | questions that only a suspicious host asks an object              |
//! | [`block`]    | one call of `process`, as it should be or damaged on purpose      |
//! | [`lists`]    | parameter changes and notes of a block                            |
//! | [`play`]     | a whole performance, cut into blocks                              |
//! | [`stream`]   | state streams with all kinds of manners                           |
//! | [`handler`]  | what the plug-in asks of the host                                 |
//! | [`exact`]    | lists behind which memory ends                                    |
//! | [`faults`]   | what the framework does wrong without the guard, as scenarios     |

pub mod block;
pub mod com;
pub mod exact;
pub mod faults;
pub mod handler;
pub mod lists;
pub mod module;
pub mod params;
pub mod play;
pub mod plugin;
pub mod stream;

pub use block::{Block, Mode};
pub use lists::Change;
pub use module::{Module, with_module};
pub use params::id;
pub use play::{Score, Take, play};
pub use plugin::{Plugin, SetUp};
pub use stream::{Manners, Stream};
pub use vst3::Steinberg;

use vst3::Steinberg::{TUID, char8, char16};

/// The arrangement of a stereo bus.
pub const STEREO: u64 = 3;
/// The arrangement of a mono bus.
pub const MONO: u64 = 1 << 19;

/// Text of fixed length up to its zero.
pub fn text_of_8(text: &[char8]) -> String {
    let bytes: Vec<u8> = text.iter().map(|c| *c as u8).take_while(|c| *c != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Wide text of fixed length up to its zero.
pub fn text_of_16(text: &[char16]) -> String {
    let units: Vec<u16> = text.iter().copied().take_while(|c| *c != 0).collect();
    String::from_utf16_lossy(&units)
}

/// An interface's or class's 16 bytes.
pub fn bytes_of(id: TUID) -> [u8; 16] {
    id.map(|byte| byte as u8)
}
