//! The bundle under test: built with the feature `probe`, which counts allocations inside it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Names the folder with the bundle under test; `cargo xtask test` sets it.
const FOLDER: &str = "BUSBAR_PROBE_BUNDLED";

/// The library inside `Busbar.vst3`.
pub fn vst3() -> PathBuf {
    library_of(&folder().join("Busbar.vst3"))
}

/// `Busbar.clap`, which is a library itself except on macOS.
pub fn clap() -> PathBuf {
    folder().join("Busbar.clap")
}

/// `Busbar.vst3`, for hosts that open bundles.
pub fn vst3_bundle() -> PathBuf {
    folder().join("Busbar.vst3")
}

/// The program `busbar`, where it is a plain file.
pub fn program() -> PathBuf {
    folder().join(format!("busbar{}", std::env::consts::EXE_SUFFIX))
}

/// The library inside a VST3 bundle.
pub fn library_of(bundle: &Path) -> PathBuf {
    let (folder, ending) = match std::env::consts::OS {
        "macos" => ("MacOS".to_owned(), ""),
        "windows" => (format!("{}-win", std::env::consts::ARCH), ".vst3"),
        _ => (format!("{}-linux", std::env::consts::ARCH), ".so"),
    };
    bundle.join("Contents").join(folder).join(format!("Busbar{ending}"))
}

/// For the environment of another process, so that it need not look: where the bundle is, if that
/// is known already.
pub fn found() -> Option<(&'static str, &'static Path)> {
    FOUND.get().map(|folder| (FOLDER, folder.as_path()))
}

static FOUND: OnceLock<PathBuf> = OnceLock::new();

/// Where the bundle under test is; built first where `cargo test` runs by itself.
fn folder() -> &'static Path {
    FOUND.get_or_init(|| std::env::var_os(FOLDER).map_or_else(build, PathBuf::from))
}

/// Builds the bundle, and answers with where that says it is.
fn build() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["xtask", "bundle", "--probe"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "`cargo xtask bundle --probe` failed");
    let said = String::from_utf8(built.stdout).expect("text");
    let folder = said.lines().find_map(|line| line.strip_prefix("bundled into "));
    folder.unwrap_or_else(|| panic!("it does not say where the bundle is:\n{said}")).into()
}
