//! Both sections of a channel's high-pass, sample by sample.

use crate::high_pass::{SECTIONS, Section};

/// Two values of each section's memory.
pub type Memory = [[f64; 2]; SECTIONS];

/// Filters finite samples in place. Realtime-safe.
pub fn filter(sections: &[Section; SECTIONS], memory: &mut Memory, samples: &mut [f32]) {
    for sample in samples {
        let mut value = f64::from(*sample);
        for ([b0, b1, b2, a1, a2], [first, second]) in sections.iter().zip(&mut *memory) {
            let out = value * b0 + *first;
            *first = value * b1 - out * a1 + *second;
            *second = value * b2 - out * a2;
            value = out;
        }
        *sample = value as f32;
    }
}
