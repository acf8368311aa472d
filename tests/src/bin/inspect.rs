//! Says what a bundle is and does; `cargo xtask` asks it.
//!
//! - `inspect moduleinfo Busbar.vst3` prints the text for the bundle's `moduleinfo.json`.
//! - `inspect check PATH`, with a `.vst3`, a `.clap` or a folder of both, tries it out and prints
//!   `ok NAME DETAIL` or `FAIL NAME DETAIL` for each thing; it fails when one of them does.

use std::path::Path;
use std::process::ExitCode;

use busbar_tests::inspect;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let good = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["moduleinfo", bundle] => match inspect::moduleinfo::text(Path::new(bundle)) {
            Ok(text) => {
                println!("{text}");
                true
            }
            Err(reason) => {
                eprintln!("{bundle}: {reason}");
                false
            }
        },
        ["check", path] => inspect::bundle(Path::new(path)).is_good(),
        _ => {
            eprintln!("inspect moduleinfo BUNDLE.vst3\ninspect check BUNDLE_OR_FOLDER");
            false
        }
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
