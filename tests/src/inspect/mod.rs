//! Looks at any bundle of Busbar, the one that ships included: what it says about itself, and
//! whether it does the least that it must.
//!
//! | module         | what                                                     |
//! |----------------|----------------------------------------------------------|
//! | [`moduleinfo`] | the factory's words as the text of a `moduleinfo.json`   |
//! | [`vst3`]       | tries out a VST3 bundle                                  |
//! | [`clap`]       | tries out a CLAP bundle                                  |

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use busbar_engine::BUSES;

use crate::signal::{Inputs, bits, noise};

pub mod clap;
pub mod moduleinfo;
pub mod vst3;

/// The version that everything must have.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the buses must be called, inputs and outputs, apart from the main ones.
const BUS_NAMES: [&[&str]; 2] =
    [&["Bus 2", "Bus 3", "Bus 4", "Bus 5", "Bus 6", "Bus 7", "Bus 8"], &["Monitor"]];

/// How many parameters there must be.
const PARAMETERS: usize = 2 + 4 + 22 * BUSES;

/// What was found out; said line by line as it is found.
#[derive(Debug, Default)]
pub struct Report {
    failures: usize,
}

impl Report {
    /// Makes a check; one that breaks off has failed.
    pub fn check(&mut self, name: &str, check: impl FnOnce() -> Result<String, String>) {
        let result = catch_unwind(AssertUnwindSafe(check));
        match result.unwrap_or_else(|_| Err("the check broke off, see above".to_owned())) {
            Ok(detail) => println!("ok {name} {detail}"),
            Err(detail) => {
                self.failures += 1;
                println!("FAIL {name} {detail}");
            }
        }
    }

    /// Whether nothing failed.
    pub fn is_good(&self) -> bool {
        self.failures == 0
    }
}

/// Tries out a `.vst3`, a `.clap`, or both in a folder.
pub fn bundle(path: &Path) -> Report {
    let mut report = Report::default();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("vst3") => vst3::check(path, &mut report),
        Some("clap") => clap::check(path, &mut report),
        _ => {
            vst3::check(&path.join("Busbar.vst3"), &mut report);
            clap::check(&path.join("Busbar.clap"), &mut report);
        }
    }
    report
}

/// The library in a bundle of either format.
fn library(bundle: &Path) -> PathBuf {
    let is_folder = bundle.is_dir();
    if is_folder { crate::bundle::library_of(bundle) } else { bundle.to_owned() }
}

/// Fails where something is not what it must be.
fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found:?}, not {wanted:?}")) }
}

/// A signal on the main input and silence on the others.
fn main_alone() -> Inputs {
    let mut inputs = noise(1, 4_096);
    inputs[1..].iter_mut().flatten().for_each(|side| side.fill(0.0));
    inputs
}

/// The output must be the input, to the bit.
fn expect_null(main: &[Vec<f32>], inputs: &Inputs) -> Result<String, String> {
    for (heard, given) in main.iter().zip(&inputs[0]) {
        if let Some(at) = bits(heard).iter().zip(bits(given)).position(|(a, b)| *a != b) {
            return Err(format!("frame {at} is {} instead of {}", heard[at], given[at]));
        }
    }
    Ok(format!("{} frames bit for bit", inputs[0][0].len()))
}
