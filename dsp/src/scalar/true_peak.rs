//! True peak, value by value.

use crate::true_peak::{BOUND, Filter, HISTORY, PAIRS, State, TAPS};

/// Takes finite samples in. Realtime-safe.
pub fn take(filter: &Filter, state: &mut State, samples: &[f32]) {
    let taps = filter.taps();
    let mut window = [0.0; TAPS];
    window[..HISTORY].copy_from_slice(&state.history);
    for sample in samples {
        window[HISTORY] = *sample;
        let between = values(&taps, &window);
        let [quarter, half, three] = between;
        let (here, next) = (window[PAIRS - 1], window[PAIRS]);
        let refined = height(state.before, here, quarter)
            .max(height(here, quarter, half))
            .max(height(quarter, half, three))
            .max(height(half, three, next));
        state.peak = state.peak.max(refined);
        state.before = three;
        window.copy_within(1.., 0);
    }
    state.history.copy_from_slice(&window[..HISTORY]);
}

/// The values between the two samples in the middle.
pub fn values(taps: &[[f32; TAPS]; 3], window: &[f32; TAPS]) -> [f32; 3] {
    let mut values = [0.0; 3];
    for (value, taps) in values.iter_mut().zip(taps) {
        for (tap, sample) in taps.iter().zip(window) {
            *value += tap * sample;
        }
    }
    values
}

/// How high the signal gets around a value: where the value is a peak, the vertex of the parabola
/// through it and its neighbours.
fn height(before: f32, value: f32, after: f32) -> f32 {
    let sign = 1f32.copysign(value);
    let bend = (2.0 * value - before - after) * sign;
    let tilt = after - before;
    let height = value.abs();
    if bend > 0.0 && tilt.abs() <= bend {
        (height + tilt * tilt / (8.0 * bend)).min(height * BOUND)
    } else {
        height
    }
}
