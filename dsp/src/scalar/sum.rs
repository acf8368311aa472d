//! Buses into a sum, one after the other.

use crate::mix;
use crate::simd::sum::Bus;

/// Replaces what is in `out` by the sum of the buses from `frame` on. Realtime-safe.
pub fn sum(frame: u64, buses: &[Bus], out: [&mut [f32]; 2]) {
    for (side, out) in out.into_iter().enumerate() {
        let Some((first, others)) = buses.split_first() else {
            out.fill(0.0);
            continue;
        };
        out.copy_from_slice(first.sides[side]);
        let mut factors = [0.0; 64];
        let mut at = frame;
        for start in (0..out.len()).step_by(factors.len()) {
            let end = out.len().min(start + factors.len());
            let factors = &mut factors[..end - start];
            first.gain.fill(at, factors);
            for (sample, factor) in out[start..end].iter_mut().zip(&*factors) {
                *sample = if *factor == 1.0 { *sample } else { *sample * factor };
            }
            for bus in others {
                bus.gain.fill(at, factors);
                mix::accumulate(&mut out[start..end], &bus.sides[side][start..end], factors);
            }
            at += factors.len() as u64;
        }
    }
}
