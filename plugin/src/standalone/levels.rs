//! What was heard, where there is no window to see it.

use std::io::Write;
use std::sync::PoisonError;

use busbar::editor::Shared;
use busbar_dsp::Gain;
use busbar_engine::meters::{MASTER, MeterFrame};

/// The meters of all there was.
#[derive(Default)]
pub struct Levels(MeterFrame);

impl Levels {
    /// Takes in what the meters have said since.
    pub fn gather(&mut self, shared: &Shared) {
        let mut outer = shared.outer.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(frame) = outer.meters.next_frame() {
            self.0.fold(&frame);
        }
    }

    /// A line for the master, and for each bus that had a signal.
    pub fn print(&self) {
        let mut out = std::io::stdout();
        for (point, sides) in self.0.points.iter().enumerate() {
            let peaks = sides.map(|side| side.peak);
            if point != MASTER && peaks == [0.0; 2] {
                continue;
            }
            let name = if point == MASTER { "master".into() } else { format!("bus {}", point + 1) };
            let [left, right] = peaks.map(|peak| Gain(peak).decibels());
            let [left_rms, right_rms] = sides.map(|side| Gain(side.rms(self.0.frames)).decibels());
            // A terminal that has gone away is no reason to fail.
            _ = writeln!(out, "{name:<7} peak {left} / {right}, RMS {left_rms} / {right_rms}");
        }
    }
}
