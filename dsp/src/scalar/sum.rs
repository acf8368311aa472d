//! Buses into a sum, frame by frame.

use crate::simd::sum::Bus;

/// Replaces what is in `out` by the sum of the buses from `frame` on. Realtime-safe.
pub fn sum(frame: u64, buses: &[Bus], out: [&mut [f32]; 2]) {
    let [left, right] = out;
    for (n, (left, right)) in left.iter_mut().zip(right).enumerate() {
        let mut sums = [0.0; 2];
        for (index, bus) in buses.iter().enumerate() {
            let gain = bus.gain.at(frame + n as u64);
            for (sum, side) in sums.iter_mut().zip(bus.sides) {
                let product = side[n] * gain;
                *sum = match index {
                    // At unity even what is no audio passes as it is.
                    0 if gain == 1.0 => side[n],
                    0 => product,
                    _ if product == 0.0 => *sum,
                    _ => *sum + product,
                };
            }
        }
        [*left, *right] = sums;
    }
}
