//! `run`: from a fresh clone to a plug-in that was seen to work, in one command.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::bundle::{self, Wanted};
use crate::validate::{self, Depth};
use crate::{paths, process};

/// Bundles, validates, makes the demo, and shows it: in the program's window, or as a picture where
/// there is no display.
pub fn run() -> Result<()> {
    let bundled = bundle::run(&Wanted::release())?;
    println!();
    validate::run(Some(&bundled), Depth::Short)?;

    let program = program(&bundled);
    let demo = demo();
    let mut make = Command::new(&program);
    make.arg("demo").arg(&demo);
    process::show(make, AGAIN)?;

    let session = demo.join("session.toml");
    let shows = has_display(|name| std::env::var_os(name));
    if !shows {
        let mut picture = Command::new(&program);
        picture.arg("picture").arg(&session).arg("-o").arg(demo.join("editor.png"));
        process::show(picture, AGAIN)?;
    }
    println!();
    println!("The bundles:  {}", bundled.display());
    println!("The demo:     {}", demo.display());
    println!("Next:         `cargo xtask install` puts Busbar into your plug-in folders;");
    println!("              README.md says how to route eight stems into it.");
    if shows {
        println!("\nBusbar opens with the demo on its decks. Close its window to end it.");
        let mut open = Command::new(&program);
        open.arg("--session").arg(&session).arg("--play");
        process::show(open, AGAIN)?;
    }
    Ok(())
}

const AGAIN: &str = "Run the command above by itself to see more.";

/// The folder of the demo: it is made anew each time.
pub fn demo() -> PathBuf {
    paths::target().join("demo")
}

fn program(bundled: &Path) -> PathBuf {
    let program = bundled.join(bundle::PROGRAM);
    if cfg!(target_os = "macos") { program.join("Contents/MacOS/Busbar") } else { program }
}

/// Whether a window can be seen. Where it speaks X11, it can under Wayland too, if there is
/// XWayland, which sets this as well.
fn has_display(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_x11 = !cfg!(any(windows, target_os = "macos"));
    !is_x11 || variable("DISPLAY").is_some_and(|display| !display.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_display_there_is_no_window() {
        let display = |value: Option<&'static str>| {
            has_display(move |name| value.filter(|_| name == "DISPLAY").map(OsString::from))
        };
        assert!(display(Some(":0")));
        let elsewhere = cfg!(any(windows, target_os = "macos"));
        assert_eq!(display(Some("")), elsewhere);
        assert_eq!(display(None), elsewhere);
    }
}
