//! The editor on a screen of its own, in a CLAP host that keeps every rule.
//!
//! | module      | what                                                     |
//! |-------------|----------------------------------------------------------|
//! | [`screen`]  | an X server without a screen, one for a test program     |
//! | [`host`]    | a host with a window for the editor                      |
//! | [`player`]  | its audio thread, which keeps what the plug-in tells it  |
//! | [`hands`]   | mouse and keyboard                                       |
//! | [`drag`]    | a program that files are dragged from                    |
//! | [`picture`] | what is to be seen                                       |
//! | [`labels`]  | where it is, by the labels in the accessibility tree     |

pub mod drag;
pub mod hands;
pub mod host;
pub mod labels;
pub mod picture;
pub mod player;
pub mod screen;

use std::time::{Duration, Instant};

/// Waits until something is so, and does `meanwhile` until then.
///
/// # Panics
/// Says what was expected when it does not come to pass.
pub fn until<T>(
    what: &str,
    mut meanwhile: impl FnMut(),
    mut is_so: impl FnMut() -> Option<T>,
) -> T {
    const PATIENCE: Duration = Duration::from_secs(15);
    let began = Instant::now();
    loop {
        meanwhile();
        if let Some(result) = is_so() {
            return result;
        }
        assert!(began.elapsed() < PATIENCE, "did not come to pass: {what}");
        std::thread::sleep(Duration::from_millis(4));
    }
}
