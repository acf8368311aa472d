//! The bundle under test: built with the feature `probe`, which counts allocations inside it.

use std::path::{Path, PathBuf};
use std::process::Command;
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

/// The library inside a VST3 bundle.
pub fn library_of(bundle: &Path) -> PathBuf {
    let (folder, ending) = match std::env::consts::OS {
        "macos" => ("MacOS".to_owned(), ""),
        "windows" => (format!("{}-win", std::env::consts::ARCH), ".vst3"),
        _ => (format!("{}-linux", std::env::consts::ARCH), ".so"),
    };
    bundle.join("Contents").join(folder).join(format!("Busbar{ending}"))
}

/// Where the bundle under test is; built first where `cargo test` runs by itself.
fn folder() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| match std::env::var_os(FOLDER) {
        Some(folder) => folder.into(),
        None => {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
            let built = Command::new(env!("CARGO"))
                .args(["xtask", "bundle", "--probe"])
                .current_dir(&root)
                .status()
                .expect("cargo runs");
            assert!(built.success(), "`cargo xtask bundle --probe` failed");
            root.join("target/probe/bundled")
        }
    })
}
