//! What threads hand one another where a queue is too much, or not enough.
//!
//! It is here whoever uses it: this is the one crate that is below the plug-in and built for
//! models too, and each file has a model that looks at all interleavings of what is in it
//! (`cargo xtask test --only models`).
//!
//! | file       | what                                                             |
//! |------------|------------------------------------------------------------------|
//! | cell.rs    | a place that one thread at a time may enter                      |
//! | lease.rs   | frames that the audio thread may use up, by somebody with a clock |
//! | changes.rs | who wants something else, who sees to it, who waits for it       |
//! | edits.rs   | what an editor changes, on its way to the host                   |
//! | bell.rs    | tells somebody to look                                           |

mod bell;
mod cell;
mod changes;
mod edits;
mod lease;
mod sync;

pub use bell::Bell;
pub use cell::{TryCell, TryGuard};
pub use changes::{Changes, UpTo};
pub use edits::{Edit, Edits, Teller};
pub(crate) use lease::Lease;
