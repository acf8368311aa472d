//! What the tests of several parts need.

use super::{STEP, Sides};

/// Noise from −1 to 1 that is the same on every machine.
pub fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Calls `run` with the first frame and the length of each stretch: as long as `cuts` say, over
/// and over, up to `total`, and ending wherever `gap` divides a frame.
pub fn in_stretches(total: u64, gap: u64, cuts: &[usize], mut run: impl FnMut(u64, usize)) {
    let (mut frame, mut cuts) = (0, cuts.iter().cycle());
    while frame < total {
        let cut = *cuts.next().unwrap() as u64;
        let length = cut.min(STEP as u64).min(gap - frame % gap).min(total - frame);
        run(frame, length as usize);
        frame += length;
    }
}

/// The first place where two signals are not the same to the bit.
pub fn first_difference(one: &[f32], other: &[f32]) -> Option<(usize, f32, f32)> {
    assert_eq!(one.len(), other.len());
    let mut pairs = one.iter().zip(other).enumerate();
    pairs.find(|(_, (a, b))| a.to_bits() != b.to_bits()).map(|(at, (a, b))| (at, *a, *b))
}

/// The largest step from one sample to the next.
pub fn largest_step(signal: &[f32]) -> f32 {
    signal.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

/// A stretch of a signal, which is asked for its frames one after the other.
pub fn sides_of(length: usize, mut signal: impl FnMut(usize) -> [f32; 2]) -> Sides {
    let frames: [[f32; 2]; STEP] =
        std::array::from_fn(|i| if i < length { signal(i) } else { [0.0; 2] });
    [frames.map(|frame| frame[0]), frames.map(|frame| frame[1])]
}
