//! The console: what a strip, the master and the monitor do to a signal.
//!
//! Everything works in place on at most [`STEP`] frames and knows the absolute frame that they
//! begin at. What changes, changes along a [`Ramp`](crate::Ramp), and what remembers, remembers
//! frame by frame: so the sound is the same to the bit however the frames are cut into calls.
//! Switched off, each part leaves its signal alone, and costs nothing.
//!
//! | module       | what                                                                |
//! |--------------|---------------------------------------------------------------------|
//! | [`svf`]      | the second-order filter that all others are made of                 |
//! | [`highpass`] | 12 or 24 dB per octave                                              |
//! | [`ducker`]   | one bus makes room for another                                      |
//! | [`width`]    | from mono to twice the sides                                        |
//! | [`pan`]      | balance, dual pan, mono pan and their laws, as gains                |
//! | [`limiter`]  | holds a true-peak ceiling, with look-ahead                          |
//! | [`bands`]    | four bands to listen into, which add up to all of it                |
//! | [`listen`]   | what of the picture is heard: mono, one side, the difference, dimmed |
//! | [`delay`]    | keeps one path in step with another                                 |

pub mod bands;
pub mod delay;
pub mod ducker;
pub mod highpass;
pub mod limiter;
pub mod listen;
pub mod pan;
pub mod svf;
#[cfg(test)]
mod testing;
pub mod width;

/// The longest stretch that is worked on in one go.
pub const STEP: usize = 64;

/// Both sides of a stretch.
pub type Sides = [[f32; STEP]; 2];
