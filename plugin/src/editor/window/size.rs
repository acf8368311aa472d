//! How large the window is. The framework's own notion of it can be neither set nor saved.

use std::sync::{Arc, Mutex, MutexGuard};

use baseview::WindowSize;
use baseview::dpi::LogicalSize;
use busbar_engine::session;
use nih_plug::editor::dpi::NativeSize;
use nih_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize};

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
const LARGEST: f64 = session::MAX_POINTS as f64;

impl Default for Size {
    fn default() -> Self {
        let state = State { current: AT_FIRST, scale: 1.0, wanted: None, is_open: false };
        Self(Mutex::new(state))
    }
}

impl Size {
    /// What to save: nothing as long as it is as at first.
    pub fn saved(&self) -> Option<session::Window> {
        let rounded = |size: LogicalSize<f64>| {
            // A cast from float saturates.
            let [width, height] = [size.width, size.height].map(|points| points.round() as u32);
            session::Window { width, height }
        };
        Some(rounded(self.state().current)).filter(|window| *window != rounded(AT_FIRST))
    }

    /// Restores what was saved: the next window opens with it, an open one asks its host for it.
    pub fn restore(&self, saved: session::Window) {
        let within = |points: u32, least: f64| f64::from(points).clamp(least, LARGEST);
        let width = within(saved.width, SMALLEST.width);
        let size = LogicalSize::new(width, within(saved.height, SMALLEST.height));
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

/// The size as the framework stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved(pub Option<session::Window>);

impl PersistentField<'_, Saved> for Arc<Size> {
    /// A project that says nothing about it leaves the window as it is.
    fn set(&self, saved: Saved) {
        if let Some(saved) = saved.0 {
            self.restore(saved);
        }
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Saved) -> R,
    {
        f(&Saved(self.saved()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_size_waits_for_the_right_moment() {
        let size = Size::default();
        assert_eq!(size.saved(), None);
        let saved = session::Window { width: 1000, height: 600 };
        size.restore(saved);
        assert_eq!(size.saved(), Some(saved));
        size.set_open(true);
        size.restore(session::Window { width: 1, height: u32::MAX });
        assert_eq!(size.saved(), Some(saved), "the open window has to ask first");
        assert_eq!(size.take_wanted(), Some(LogicalSize::new(900.0, LARGEST)));
        assert_eq!(size.take_wanted(), None);
    }

    #[test]
    fn a_project_without_a_size_changes_nothing() {
        let size = Arc::new(Size::default());
        let saved = Saved(Some(session::Window { width: 1000, height: 600 }));
        PersistentField::set(&size, saved);
        PersistentField::set(&size, Saved(None));
        assert_eq!(size.map(|saved| *saved), saved);
    }
}
