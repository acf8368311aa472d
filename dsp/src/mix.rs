//! Scaling and summing of blocks.
//!
//! Products are rounded before they are added (no fused multiply-add), so that every processor
//! and every way of cutting a block gives the same bits.

/// Multiplies each sample by its own factor. Realtime-safe.
///
/// Both slices have the same length.
pub fn scale(samples: &mut [f32], factors: &[f32]) {
    debug_assert_eq!(samples.len(), factors.len());
    for (sample, factor) in samples.iter_mut().zip(factors) {
        *sample *= factor;
    }
}

/// Adds scaled samples to a sum. Realtime-safe.
///
/// What adds nothing changes nothing, to the bit: neither the sign of a zero in the sum nor a
/// denormal, which a sum would flush. So silent buses leave the programme exactly as it is.
///
/// All slices have the same length.
pub fn accumulate(sum: &mut [f32], samples: &[f32], factors: &[f32]) {
    debug_assert!(sum.len() == samples.len() && sum.len() == factors.len());
    for ((sum, sample), factor) in sum.iter_mut().zip(samples).zip(factors) {
        let product = sample * factor;
        *sum = if product == 0.0 { *sum } else { *sum + product };
    }
}

/// Goes from one signal (share 0) to another (share 1), each sample with its own share, and is
/// exact at both ends. Realtime-safe.
///
/// All slices have the same length.
pub fn crossfade(from: &[f32], to: &mut [f32], shares: &[f32]) {
    debug_assert!(from.len() == to.len() && from.len() == shares.len());
    for ((to, from), share) in to.iter_mut().zip(from).zip(shares) {
        *to = if *share == 1.0 { *to } else { from + (*to - from) * share };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn silence_adds_nothing_to_the_bit(
            bits in prop::collection::vec(any::<u32>(), 0..70),
            zeros in prop::collection::vec(prop_oneof![Just(0.0f32), Just(-0.0)], 70),
            factor in -4f32..4.0,
        ) {
            let kept: Vec<f32> =
                bits.iter().map(|b| f32::from_bits(*b)).filter(|x| x.is_finite()).collect();
            let _flush = crate::denormals::FlushDenormals::begin();
            let mut sum = kept.clone();
            accumulate(&mut sum, &zeros[..kept.len()], &vec![factor; kept.len()]);
            for (a, b) in sum.iter().zip(&kept) {
                prop_assert_eq!(a.to_bits(), b.to_bits());
            }
        }

        #[test]
        fn crossfade_is_exact_at_its_ends(
            a in prop::collection::vec(-2f32..2.0, 40), b in prop::collection::vec(-2f32..2.0, 40),
        ) {
            let mut out = b.clone();
            crossfade(&a, &mut out, &[1.0; 40]);
            prop_assert_eq!(&out, &b);
            crossfade(&a, &mut out, &[0.0; 40]);
            prop_assert_eq!(&out, &a);
        }
    }

    #[test]
    fn sums_and_scales() {
        let mut sum = [1.0, 2.0, -3.0];
        accumulate(&mut sum, &[1.0, 1.0, 1.0], &[0.5, -2.0, 3.0]);
        assert_eq!(sum, [1.5, 0.0, 0.0]);
        scale(&mut sum, &[2.0, 1.0, 1.0]);
        assert_eq!(sum, [3.0, 0.0, 0.0]);
    }
}
