//! Test signals: the same on every machine.

/// Buses and sides of Busbar's inputs.
pub const BUSES: usize = 8;

/// Eight stereo inputs of the same length.
pub type Inputs = [[Vec<f32>; 2]; BUSES];

/// White noise from a seed, between −1 and 1, different on every bus and side.
pub fn noise(seed: u64, frames: usize) -> Inputs {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::array::from_fn(|_| std::array::from_fn(|_| (0..frames).map(|_| next()).collect()))
}

/// A value that stays, one for each bus.
pub fn constant(values: [f32; BUSES], frames: usize) -> Inputs {
    values.map(|value| [vec![value; frames], vec![value; frames]])
}

/// The bits of samples, for comparisons that forgive nothing.
pub fn bits(samples: &[f32]) -> Vec<u32> {
    samples.iter().map(|sample| sample.to_bits()).collect()
}
