//! The plain twins of the kernels in [`crate::simd`]: what each has to compute, in the words of a
//! textbook, compiled with the same flags. They are frozen. Tests hold the kernels against them, and
//! benchmarks count how many times faster the kernels are.

pub mod k_weighting;
pub mod pyramid;
pub mod stereo;
pub mod sum;
pub mod true_peak;
