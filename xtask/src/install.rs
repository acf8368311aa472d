//! `install`: the finished bundles into the folders where hosts look for them.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::bundle::{self, Wanted};
use crate::{fsx, paths};

/// Bundles, and copies what that made, replacing an older installation only when the copy is complete.
pub fn run() -> Result<()> {
    let made = bundle::run(&Wanted::release())?;
    for (name, folder) in places()? {
        let to = folder.join(name);
        fsx::replace(&made.join(name), &to)?;
        println!("installed {}", to.display());
    }
    println!("Let your host scan its plug-ins again; Busbar is listed under effects.");
    Ok(())
}

/// What goes where, by the formats' own conventions.
fn places() -> Result<Vec<(&'static str, PathBuf)>> {
    let home = paths::home()?;
    if cfg!(target_os = "macos") {
        let plug_ins = home.join("Library/Audio/Plug-Ins");
        return Ok(vec![
            (bundle::VST3, plug_ins.join("VST3")),
            (bundle::CLAP, plug_ins.join("CLAP")),
            (bundle::PROGRAM, home.join("Applications")),
        ]);
    }
    if cfg!(windows) {
        let common = std::env::var_os("COMMONPROGRAMFILES")
            .map(PathBuf::from)
            .context("COMMONPROGRAMFILES is not set: the folder for plug-ins is unknown")?;
        let local = std::env::var_os("LOCALAPPDATA")
            .map(PathBuf::from)
            .context("LOCALAPPDATA is not set: the folder for programs is unknown")?;
        return Ok(vec![
            (bundle::VST3, common.join("VST3")),
            (bundle::CLAP, common.join("CLAP")),
            (bundle::PROGRAM, local.join("Programs/Busbar")),
        ]);
    }
    Ok(vec![
        (bundle::VST3, home.join(".vst3")),
        (bundle::CLAP, home.join(".clap")),
        (bundle::PROGRAM, home.join(".local/bin")),
    ])
}
