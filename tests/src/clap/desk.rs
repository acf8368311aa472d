//! Faders as the tests set them: each bus at a gain of its own.

use super::host::Instance;
use crate::signal::BUSES;

/// What each bus's fader is set to.
pub const GAINS: [&str; BUSES] =
    ["-1 dB", "-3.5 dB", "2 dB", "-6.02 dB", "-12 dB", "4.25 dB", "-20 dB", "-0.5 dB"];

/// Sets all of them, while the instance is not active.
pub fn set_gains(instance: &mut Instance) {
    for (gain, bus) in GAINS.iter().zip(1..) {
        instance.set(&[(&format!("Bus {bus} Gain"), gain)]);
    }
}

/// The factor that a fader's text stands for.
pub fn amplitude(gain: &str) -> f32 {
    let level: f32 = gain.trim_end_matches(" dB").parse().expect("a number in decibels");
    10f32.powf(level / 20.0)
}
