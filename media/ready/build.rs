//! Fails first, and in plain words, where the private FFmpeg is missing.
//!
//! This package has no dependencies, so it is built long before the bindings, whose own failure
//! would be pages of a C compiler's output.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-env-changed=FFMPEG_DIR");
    let Some(folder) = env::var_os("FFMPEG_DIR") else {
        return refuse(
            "FFMPEG_DIR is not set (.cargo/config.toml sets it for builds in this folder)",
        );
    };
    let archive = Path::new(&folder).join("lib").join("libavcodec.a");
    // A path that does not exist counts as changed: set-up is noticed as soon as it has run.
    println!("cargo::rerun-if-changed={}", archive.display());
    if !archive.is_file() {
        refuse(&format!("there is no {}", archive.display()));
    }
}

fn refuse(why: &str) {
    println!("cargo::error=Busbar's own FFmpeg has not been built yet: {why}.");
    println!("cargo::error=Run `cargo xtask setup` once (a minute or two), then build again.");
}
