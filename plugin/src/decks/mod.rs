//! Files on their way to the decks.
//!
//! Nobody tells the pump what to do: the editor and a loaded state write down what is [`Wanted`],
//! and the [`pump`] sees to it that the decks come to hold just that, whenever it can. So a file
//! that is missing stays wanted, and a state that is loaded twice loads nothing twice.
//!
//! | part     | what                                                                |
//! |----------|---------------------------------------------------------------------|
//! | `wanted` | what the slots of an instance are to hold: saved with the project    |
//! | `pump`   | one thread for all instances: carries clips there and back           |
//! | `carrier`| what the pump knows of one instance                                  |
//! | `status` | how a slot is doing, for people                                      |

mod carrier;
mod pump;
mod status;
mod wanted;

pub use carrier::Carrier;
pub use pump::{Membership, join};
pub use status::{DeckStatus, Kind};
pub use wanted::{Sources, Wanted};
