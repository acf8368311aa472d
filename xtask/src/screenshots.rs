//! `screenshots`: the pictures that the documents show, made by the program itself.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::setup::{self, Options};
use crate::{paths, process, run};

/// Where they are, from the top.
const FOLDER: &str = "docs/pictures";

/// Each by its name and what `busbar picture` is told beside the demo's session.
const PICTURES: &[(&str, &[&str])] = &[("editor.png", &["--size", "1280x800", "--seconds", "6"])];

/// Makes the demo and pictures of it. The same source gives the same files; what has changed is
/// seen in `git diff`.
pub fn run() -> Result<()> {
    setup::run(&Options::default())?;
    let folder = paths::root().join(FOLDER);
    fs::create_dir_all(&folder)
        .with_context(|| format!("could not make the folder {}", folder.display()))?;
    let demo = run::demo();
    let mut make = busbar();
    make.arg("demo").arg(&demo);
    process::read(make, ADVICE)?;
    for (name, arguments) in PICTURES {
        let mut picture = busbar();
        picture.arg("picture").arg(demo.join("session.toml")).arg("-o").arg(folder.join(name));
        picture.args(*arguments);
        process::show(picture, ADVICE)?;
    }
    Ok(())
}

const ADVICE: &str = "The message above says what is wrong.";

/// The program as it is built for daily work: a picture takes it a few seconds.
fn busbar() -> Command {
    let mut cargo = process::cargo();
    cargo.args(["run", "--locked", "--quiet", "--package", "busbar", "--bin", "busbar", "--"]);
    cargo
}
