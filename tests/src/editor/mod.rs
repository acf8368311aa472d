//! The editor on a screen of its own, in hosts of both formats that keep every rule.
//!
//! | module      | what                                                     |
//! |-------------|----------------------------------------------------------|
//! | [`screen`]  | an X server without a screen, one for a test program     |
//! | [`desktop`] | what programs take for granted on one                   |
//! | [`host`]    | a host with a window for the editor                      |
//! | [`plug`]    | what such a host does, whatever the format               |
//! | [`clap`]    | in CLAP                                                  |
//! | [`answers`] | in CLAP, one that calls back whenever it is called       |
//! | [`vst3`]    | in VST3, with a run loop and a frame                     |
//! | [`player`]  | its audio thread                                         |
//! | [`hands`]   | mouse and keyboard                                       |
//! | [`drag`]    | a program that files are dragged from                    |
//! | [`picture`] | what is to be seen                                       |
//! | [`labels`]  | where it is, by the labels in the accessibility tree     |

pub mod answers;
pub mod clap;
pub mod desktop;
pub mod drag;
pub mod hands;
pub mod host;
pub mod labels;
pub mod picture;
pub mod player;
pub mod plug;
pub mod screen;
pub mod vst3;

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
    const PATIENCE: Duration = Duration::from_secs(60);
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

/// Makes tests that are generic over [`plug::Plug`] tests in hosts of both formats.
#[macro_export]
macro_rules! in_both_formats {
    ($($test:ident)*) => {
        mod clap {
            $(#[test] fn $test() { super::$test::<$crate::editor::clap::Clap>(); })*
        }
        mod vst3 {
            $(#[test] fn $test() { super::$test::<$crate::editor::vst3::Vst3>(); })*
        }
    };
}
pub use crate::in_both_formats;

/// Descriptors, threads, and private memory in kB.
pub fn open_things() -> (usize, usize, i64) {
    std::thread::sleep(Duration::from_millis(100));
    let count = |folder: &str| std::fs::read_dir(folder).expect("Linux has it").count();
    let memory = std::fs::read_to_string("/proc/self/smaps_rollup").expect("Linux has it");
    let private = memory.lines().find_map(|line| line.strip_prefix("Private_Dirty:"));
    let kilobytes = private.and_then(|line| line.split_whitespace().next()?.parse().ok());
    (count("/proc/self/fd"), count("/proc/self/task"), kilobytes.expect("it is a number"))
}
