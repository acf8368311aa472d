//! The energy of a channel after the K-weighting, sample by sample.

use crate::loudness::Weighting;

/// Four values of both filters' memory.
pub type Memory = [f64; 4];

/// The sum of the squares of the weighted samples, which are finite. Realtime-safe.
pub fn energy(weighting: &Weighting, memory: &mut Memory, samples: &[f32]) -> f64 {
    let Weighting { shelf: [b0, b1, b2, a1, a2], high_pass: [c1, c2] } = *weighting;
    let mut energy = 0.0;
    for sample in samples {
        let input = f64::from(*sample);
        let shelved = b0 * input + memory[0];
        memory[0] = b1 * input - a1 * shelved + memory[1];
        memory[1] = b2 * input - a2 * shelved;
        let weighted = shelved + memory[2];
        memory[2] = -2.0 * shelved - c1 * weighted + memory[3];
        memory[3] = shelved - c2 * weighted;
        energy += weighted * weighted;
    }
    energy
}
