//! `run`: from a fresh clone to a plug-in that was seen to work, in one command.

use anyhow::Result;

use crate::bundle::{self, Wanted};
use crate::validate::{self, Depth};
use crate::{paths, process};

/// Bundles, validates, renders the demo, and says what to do next.
pub fn run() -> Result<()> {
    let bundled = bundle::run(&Wanted::release())?;
    println!();
    validate::run(Some(&bundled), Depth::Short)?;

    let demo = paths::target().join("demo");
    let mut render = std::process::Command::new(program(&bundled));
    render.arg("demo").arg(&demo);
    process::show(render, "Run the command above by itself to see more.")?;

    println!();
    println!("The bundles:  {}", bundled.display());
    println!("The demo:     {}", demo.display());
    println!("Next:         `cargo xtask install` puts Busbar into your plug-in folders;");
    println!("              README.md says how to route eight stems into it.");
    Ok(())
}

fn program(bundled: &std::path::Path) -> std::path::PathBuf {
    let program = bundled.join(bundle::PROGRAM);
    if cfg!(target_os = "macos") { program.join("Contents/MacOS/Busbar") } else { program }
}
