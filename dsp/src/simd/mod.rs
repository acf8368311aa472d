//! One binary for every processor: the loops that see each sample exist once, generic over the
//! width of its registers, and the widest that the machine has is picked at run time.
//!
//! A [`Level`] is found out once, kept by whoever is constructed with it, and handed to each kernel,
//! so that tests and benchmarks can ask for every level that the machine has. Each kernel has a
//! plain twin in [`crate::scalar`], which says what it has to compute, and a property that holds the
//! two together on random lengths, offsets and values at every level.
//!
//! - **What is heard** ([`sum`]) gives the same bits at every level and as the plain twin: products
//!   are rounded before they are added, and each lane goes the way that a single sample would.
//! - **What is measured** may use fused multiply-adds and add in another order; each kernel says how
//!   far it can differ.
//! - A rest shorter than a register is padded and goes through the same instructions: where a block
//!   is cut changes no lane's value.
//! - What runs over samples is `#[inline(always)]` down to the instruction, and has no closures: a
//!   closure that the compiler does not inline is compiled for the baseline, and then so is every
//!   vector operation in it, call by call.
//! - Numbers close to zero cost a hundred times as much as others. The caller holds
//!   [`crate::denormals::FlushDenormals`] where signals fade out; what has feedback holds it itself.

// Registers are told apart by number, several arrays of them in one loop.
#![allow(clippy::needless_range_loop)]

pub mod k_weighting;
pub mod level;
pub mod pyramid;
pub mod stereo;
pub mod sum;
pub mod true_peak;

pub use level::Level;

use fearless_simd::{Simd, prelude::*};

/// The widest register of any level, in single-precision samples.
pub(crate) const WIDEST: usize = 16;

/// 0, 1, 2 …: where each lane stands.
pub(crate) const STAIRS: [f32; WIDEST] =
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0];

/// The samples of a register from a place on.
#[inline(always)]
pub(crate) fn load<S: Simd>(simd: S, samples: &[f32], at: usize) -> S::f32s {
    S::f32s::from_slice(simd, &samples[at..at + S::f32s::LEN])
}

/// The samples from a place on, which do not fill a register, with silence behind them.
#[inline(always)]
pub(crate) fn load_rest<S: Simd>(simd: S, samples: &[f32], at: usize) -> S::f32s {
    S::f32s::from_slice(simd, &padded(&samples[at..])[..S::f32s::LEN])
}

#[inline(always)]
pub(crate) fn padded(rest: &[f32]) -> [f32; WIDEST] {
    let mut whole = [0.0; WIDEST];
    for (to, from) in whole.iter_mut().zip(rest) {
        *to = *from;
    }
    whole
}
