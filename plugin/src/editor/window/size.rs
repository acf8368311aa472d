//! How large the window is. The framework's own notion of it can be neither set nor saved.

use std::sync::{Mutex, MutexGuard};

use baseview::WindowSize;
use baseview::dpi::LogicalSize;
use nih_plug::editor::dpi::NativeSize;

/// The size of the editor's window; outlives every window.
#[derive(Debug)]
pub struct Size(Mutex<State>);

#[derive(Debug)]
struct State {
    /// In points, so that it means the same on another screen or machine.
    current: LogicalSize<f64>,
    scale: f64,
    /// Set while a window is open, and not yet asked of the host.
    wanted: Option<LogicalSize<f64>>,
    is_open: bool,
}

/// Smaller than this, the controls would no longer fit.
pub const SMALLEST: LogicalSize<f64> = LogicalSize::new(900.0, 560.0);

const AT_FIRST: LogicalSize<f64> = LogicalSize::new(1120.0, 700.0);

/// Larger than any screen: what is beyond has not been a size.
const LARGEST: f64 = 16_384.0;

impl Default for Size {
    fn default() -> Self {
        let state = State { current: AT_FIRST, scale: 1.0, wanted: None, is_open: false };
        Self(Mutex::new(state))
    }
}

impl Size {
    /// Width and height in points: what to save.
    pub fn points(&self) -> (f64, f64) {
        let current = self.state().current;
        (current.width, current.height)
    }

    /// Restores what was saved: the next window opens with it, an open one asks its host for it.
    pub fn restore(&self, width: f64, height: f64) {
        let within = |points: f64, least: f64| {
            if points.is_finite() { points.clamp(least, LARGEST) } else { least }
        };
        let size = LogicalSize::new(within(width, SMALLEST.width), within(height, SMALLEST.height));
        let mut state = self.state();
        if state.is_open {
            state.wanted = Some(size);
        } else {
            state.current = size;
        }
    }

    pub(super) fn logical(&self) -> LogicalSize<f64> {
        self.state().current
    }

    /// In the platform's pixels, with the scale they were computed with.
    pub(super) fn native(&self) -> (NativeSize<u32>, f64) {
        let state = self.state();
        (NativeSize::from_size(state.current.into(), state.scale), state.scale)
    }

    pub(super) fn set(&self, size: WindowSize) {
        let mut state = self.state();
        (state.current, state.scale) = (size.logical, size.scale_factor);
    }

    pub(super) fn set_open(&self, is_open: bool) {
        self.state().is_open = is_open;
    }

    pub(super) fn take_wanted(&self) -> Option<LogicalSize<f64>> {
        self.state().wanted.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_size_waits_for_the_right_moment() {
        let size = Size::default();
        size.restore(1000.0, 600.0);
        assert_eq!(size.points(), (1000.0, 600.0));
        size.set_open(true);
        size.restore(f64::NAN, 1e300);
        assert_eq!(size.points(), (1000.0, 600.0), "the open window has to ask first");
        assert_eq!(size.take_wanted(), Some(LogicalSize::new(900.0, LARGEST)));
        assert_eq!(size.take_wanted(), None);
    }
}
