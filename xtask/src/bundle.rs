//! `bundle`: builds the plug-in and lays it out as hosts expect it, with what the bundler leaves out:
//! what the module says about itself, the licences, and a note of what was built from what.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::setup::{self, Options};
use crate::{ffmpeg, fsx, inspect, notices, paths, process};

/// The VST3 bundle's name.
pub const VST3: &str = "Busbar.vst3";
/// The CLAP plug-in's name.
pub const CLAP: &str = "Busbar.clap";
/// The standalone program's name.
pub const PROGRAM: &str = if cfg!(target_os = "macos") {
    "Busbar.app"
} else if cfg!(windows) {
    "busbar.exe"
} else {
    "busbar"
};
/// The folder of licences beside the bundles, and in the resources of those that are folders.
pub const LICENCES: &str = "licences";
/// The file that says what was built.
pub const VERSION_FILE: &str = "VERSION";

/// What is built.
pub struct Wanted {
    profile: String,
    probe: bool,
}

impl Wanted {
    /// What ships.
    pub fn release() -> Self {
        Self { profile: "release".to_owned(), probe: false }
    }

    /// What the host tests load.
    pub fn probe() -> Self {
        Self { profile: "checked".to_owned(), probe: true }
    }

    /// Reads the command line.
    pub fn parse(arguments: &[String]) -> Result<Self> {
        let mut wanted = if arguments.iter().any(|word| word == "--probe") {
            Self::probe()
        } else {
            Self::release()
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match (argument.as_str(), arguments.as_slice().first().map(String::as_str)) {
                ("--probe", _) => {}
                ("--profile", Some(profile @ ("release" | "fast" | "checked"))) => {
                    wanted.profile = profile.to_owned();
                    arguments.next();
                }
                ("--profile", _) => bail!("bundle --profile: release, fast or checked?"),
                (other, _) => {
                    bail!("bundle: unknown option {other}; `cargo xtask` explains the options")
                }
            }
        }
        Ok(wanted)
    }

    /// The probe has a build folder of its own, so that neither overwrites the other.
    fn target(&self) -> PathBuf {
        if self.probe { paths::probe_target() } else { paths::target() }
    }

    fn build_arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--profile".to_owned(), self.profile.clone()];
        if self.probe {
            arguments.extend(["--features", "probe"].map(str::to_owned));
        }
        arguments
    }
}

/// Builds and bundles; says where the bundles are.
pub fn run(wanted: &Wanted) -> Result<PathBuf> {
    setup::run(&Options::default())?;
    let target = wanted.target();
    let arguments = wanted.build_arguments();
    let mut build = process::cargo();
    if wanted.profile == "release" {
        without_private_paths(&mut build)?;
    }
    build
        .args(["build", "--locked", "--package", "busbar"])
        .args(&arguments)
        .arg("--target-dir")
        .arg(&target);
    process::show(build, "The compiler's messages above say why.")?;

    let bundled = paths::bundled(&target);
    fsx::remove(&bundled)?;
    // The bundler reads `bundler.toml` in the current folder.
    nice_plug_xtask::chdir_workspace_root()?;
    nice_plug_xtask::bundle(&target, "busbar", &arguments, false)?;
    // The bundler names the program like the plug-in; on a command line it is lower case.
    let program = bundled.join(format!("Busbar{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        fs::rename(&program, bundled.join(PROGRAM)).context("could not name the program")?;
    }
    add_licences(&bundled)?;
    add_metadata(&bundled, wanted)?;
    sign_again(&bundled)?;
    println!("bundled into {}", bundled.display());
    Ok(bundled)
}

/// Panics name the source files that they are in; this takes the builder's own folders out of those
/// names. Only in what ships, because it keeps a plain `cargo build` from sharing the result.
fn without_private_paths(build: &mut Command) -> Result<()> {
    // The last that fits counts: a build folder in the workspace has the same name again.
    let mut folders = vec![(paths::target(), "busbar/target"), (paths::root(), "busbar")];
    for registry in fs::read_dir(paths::cargo_home()?.join("registry/src")).into_iter().flatten() {
        folders.push((registry.context("could not read Cargo's folder")?.path(), "crates"));
    }
    let flags = folders
        .iter()
        .map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()))
        .collect::<Vec<_>>();
    match flags_from_outside() {
        // Where these are set Cargo reads no others.
        Some(mut all) => {
            all.extend(flags);
            build.env("CARGO_ENCODED_RUSTFLAGS", all.join("\x1f"));
        }
        // A list of strings is written alike in JSON and in Cargo's TOML.
        None => {
            let flags = serde_json::to_string(&flags)?;
            build.arg("--config").arg(format!("build.rustflags={flags}"));
        }
    }
    Ok(())
}

/// The compiler's flags that the environment asks for, as Cargo reads them.
fn flags_from_outside() -> Option<Vec<String>> {
    let words = |text: String, end: &[char]| -> Vec<String> {
        text.split(end).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    match (std::env::var("CARGO_ENCODED_RUSTFLAGS"), std::env::var("RUSTFLAGS")) {
        (Ok(flags), _) => Some(words(flags, &['\x1f'])),
        (_, Ok(flags)) => Some(words(flags, &[' '])),
        _ => None,
    }
}

/// The folders inside bundles that take resources; a CLAP is a plain file except on macOS.
fn resources(bundled: &Path) -> Vec<PathBuf> {
    [VST3, CLAP, PROGRAM]
        .map(|name| bundled.join(name))
        .into_iter()
        .filter(|bundle| bundle.is_dir())
        .map(|bundle| bundle.join("Contents/Resources"))
        .collect()
}

fn add_licences(bundled: &Path) -> Result<()> {
    let all = bundled.join(LICENCES);
    fsx::copy(&paths::root().join("licences"), &all)?;
    let top = fs::read_dir(paths::root()).context("could not read the workspace's folder")?;
    for path in top.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().unwrap_or_default();
        if name.to_string_lossy().starts_with("LICENSE") {
            fsx::copy(&path, &all.join(name))?;
        }
    }
    fsx::copy(&ffmpeg::linked().join(ffmpeg::LICENCE_TEXT), &all.join("FFmpeg-LGPL-2.1.txt"))?;
    notices::write(&all.join("Rust-crates.txt"))?;
    for resources in resources(bundled) {
        fsx::copy(&all, &resources.join(LICENCES))?;
    }
    Ok(())
}

fn add_metadata(bundled: &Path, wanted: &Wanted) -> Result<()> {
    let ffmpeg = fs::read_to_string(ffmpeg::linked().join("VERSION"))
        .context("FFmpeg's build is incomplete")?;
    let mut ffmpeg = ffmpeg.lines();
    let (ffmpeg, origin) = (ffmpeg.next().unwrap_or_default(), ffmpeg.next().unwrap_or_default());
    let features = if wanted.probe { ", with the tests' probe: not for use" } else { "" };
    let version = format!(
        "Busbar {} ({}{features})\nFFmpeg {ffmpeg} ({origin})\n",
        env!("CARGO_PKG_VERSION"),
        wanted.profile,
    );
    let write = |path: &Path, text: &str| {
        fs::write(path, text).with_context(|| format!("could not write {}", path.display()))
    };
    write(&bundled.join(VERSION_FILE), &version)?;
    for resources in resources(bundled) {
        write(&resources.join(VERSION_FILE), &version)?;
    }
    let vst3 = bundled.join(VST3);
    write(&vst3.join("Contents/Resources/moduleinfo.json"), &inspect::moduleinfo(&vst3)?)
}

/// On macOS what was added breaks the seal that the bundler put on, and its property list has a
/// version of its own.
fn sign_again(bundled: &Path) -> Result<()> {
    if !cfg!(target_os = "macos") {
        return Ok(());
    }
    use nice_plug_xtask::{Architecture, CompilationTarget};
    for bundle in [VST3, CLAP, PROGRAM].map(|name| bundled.join(name)) {
        let path = bundle.join("Contents/Info.plist");
        let list = fs::read_to_string(&path)
            .with_context(|| format!("could not read {}", path.display()))?;
        let list = list.replace(
            "<string>1.0.0</string>",
            concat!("<string>", env!("CARGO_PKG_VERSION"), "</string>"),
        );
        fs::write(&path, list).with_context(|| format!("could not write {}", path.display()))?;
        nice_plug_xtask::maybe_codesign(&bundle, CompilationTarget::MacOS(Architecture::AArch64));
    }
    Ok(())
}
