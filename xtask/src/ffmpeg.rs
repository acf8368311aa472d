//! The private FFmpeg: built once for each version and configuration into the user's cache folder,
//! with a link to it at `target/ffmpeg`, which is where `.cargo/config.toml` points the build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::ffmpeg_source::{self, TESTED};
use crate::process::{self, watch};
use crate::setup::Options;
use crate::ui::Progress;
use crate::{fsx, paths};

/// What is left out and how it is built: nothing but files read through our own callbacks, nothing
/// from the system but the C library, nothing under a stricter licence than the LGPL.
const SWITCHES: &[&str] = &[
    "--disable-everything",
    "--disable-autodetect",
    "--disable-programs",
    "--disable-doc",
    "--disable-debug",
    "--disable-network",
    "--disable-protocols",
    "--disable-avdevice",
    "--disable-avfilter",
    "--disable-swscale",
    "--disable-shared",
    "--enable-static",
    "--enable-pic",
    // Not a real folder: FFmpeg keeps its configure line in the library, and nothing in what ships
    // may depend on who built it.
    "--prefix=/busbar",
];

/// What is put back. No playlist or image-sequence demuxer: those open other files by themselves.
const PARTS: &[(&str, &str)] = &[
    (
        "demuxer",
        "aac ac3 aiff amr ape asf au avi caf dsf dts dtshd eac3 flac flv iff loas matroska mlp mov \
         mp3 mpc mpc8 mpegps mpegts ogg tak truehd tta w64 wav wv",
    ),
    (
        "decoder",
        "aac aac_latm ac3 adpcm_ima_qt adpcm_ima_wav adpcm_ms alac amrnb amrwb ape dca dsd_lsbf \
         dsd_lsbf_planar dsd_msbf dsd_msbf_planar eac3 flac gsm gsm_ms mlp mp1float mp2float mp3float \
         mpc7 mpc8 opus pcm_alaw pcm_bluray pcm_dvd pcm_f32be pcm_f32le pcm_f64be pcm_f64le \
         pcm_mulaw pcm_s16be pcm_s16be_planar pcm_s16le pcm_s16le_planar pcm_s24be pcm_s24le \
         pcm_s24le_planar pcm_s32be pcm_s32le pcm_s32le_planar pcm_s64be pcm_s64le pcm_s8 \
         pcm_s8_planar pcm_u16be pcm_u16le pcm_u24be pcm_u24le pcm_u32be pcm_u32le pcm_u8 s302m \
         speex tak truehd tta vorbis wavpack wmalossless wmapro wmav1 wmav2",
    ),
    ("parser", "aac aac_latm ac3 amr dca flac gsm mlp mpegaudio opus tak vorbis"),
];

/// The licence text that every bundle carries, under this name in the finished folder.
pub const LICENCE_TEXT: &str = "COPYING.LGPLv2.1";

/// Makes sure that `target/ffmpeg` leads to a finished build. Costs nothing if it does already.
///
/// A source named by `--ffmpeg-source` is built every time, and stays linked from then on: it may be
/// one that its owner is changing.
pub fn ensure(options: &Options) -> Result<()> {
    if cfg!(windows) {
        bail!(
            "FFmpeg cannot be built here: there is no recipe for Windows yet\n  Build Busbar on \
             Linux or macOS."
        );
    }
    let home = paths::cache()?.join("ffmpeg");
    let is_own = options.ffmpeg_source.is_some();
    if !is_own && linked_build_is_current(&home) {
        return Ok(());
    }
    if let Some(finished) = finished_by_now(&home, is_own) {
        return link(&finished);
    }
    let _lock = fsx::lock(&home.join("lock"), "FFmpeg")?;
    // Whoever held the lock before us may have built just this.
    if let Some(finished) = finished_by_now(&home, is_own) {
        return link(&finished);
    }

    // Only the holder of the lock builds, so what a killed run left here is nobody's.
    let scratch = home.join("building");
    fsx::remove(&scratch)?;
    fs::create_dir(&scratch).with_context(|| format!("could not create {}", scratch.display()))?;
    let source = ffmpeg_source::find(options, &scratch)?;
    build(&source.dir, &scratch)?;
    let installed = scratch.join("install/busbar");
    fs::copy(source.dir.join(LICENCE_TEXT), installed.join(LICENCE_TEXT))
        .with_context(|| format!("no {LICENCE_TEXT} in the source of FFmpeg {}", source.version))?;
    fs::write(installed.join("VERSION"), format!("{}\n{}\n", source.version, source.origin))
        .context("could not write FFmpeg's version file")?;

    let mut name = name(&source.version);
    if let Some(given) = &options.ffmpeg_source {
        let origin = fnv1a(given.as_os_str().as_encoded_bytes());
        name.push_str(&format!("-{origin:016x}"));
    }
    let finished = home.join(name);
    fsx::remove(&finished)?;
    fs::rename(&installed, &finished)
        .with_context(|| format!("could not put FFmpeg in place at {}", finished.display()))?;
    fsx::remove(&scratch)?;
    link(&finished)
}

/// A build that will do, unless the user wants one of their own.
fn finished_by_now(home: &Path, is_own: bool) -> Option<PathBuf> {
    let mut tested = TESTED.iter().map(|tested| home.join(name(tested.version)));
    tested.find(|dir| !is_own && dir.is_dir())
}

/// The link through which Cargo finds the build, in the workspace even if `CARGO_TARGET_DIR` leads
/// elsewhere, because `.cargo/config.toml` names it.
pub fn linked() -> PathBuf {
    paths::root().join("target/ffmpeg")
}

/// Whether the link leads to a build made by this recipe, whatever its version: one that was forced
/// or given stays until the link is removed.
fn linked_build_is_current(home: &Path) -> bool {
    fs::read_link(linked()).is_ok_and(|leads_to| {
        let name = leads_to.file_name().unwrap_or_default().to_string_lossy();
        leads_to.parent() == Some(home) && name.contains(&recipe()) && leads_to.is_dir()
    })
}

fn configure_line() -> Vec<String> {
    let parts = PARTS.iter().flat_map(|(kind, names)| {
        names.split_whitespace().map(move |name| format!("--enable-{kind}={name}"))
    });
    SWITCHES.iter().map(|&switch| switch.to_owned()).chain(parts).collect()
}

/// The folder of a version built this way for this kind of machine.
fn name(version: &str) -> String {
    format!("{version}-{}", recipe())
}

fn recipe() -> String {
    let machine = [std::env::consts::OS, std::env::consts::ARCH].map(str::to_owned);
    let words = machine.into_iter().chain(configure_line()).collect::<Vec<_>>().join(" ");
    format!("{:016x}", fnv1a(words.as_bytes()))
}

/// FNV-1a: short, and the same with every compiler, which the standard hasher does not promise.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn build(source: &Path, scratch: &Path) -> Result<()> {
    let objects = scratch.join("objects");
    fs::create_dir(&objects).with_context(|| format!("could not create {}", objects.display()))?;

    let mut progress = Progress::start("Configuring FFmpeg");
    let mut configure = Command::new(source.join("configure"));
    configure.args(configure_line()).current_dir(&objects);
    let advice =
        "This FFmpeg may be too new or too old for the configuration in xtask/src/ffmpeg.rs.";
    watch(configure, &mut progress, advice, |_| None)?;
    check_licence(&objects)?;
    progress.done("LGPL 2.1 or later, no external libraries");

    let mut progress = Progress::start("Compiling FFmpeg");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let advice = "Is the disk full, or the compiler broken? Then mend that and run `cargo xtask setup` again.";
    let total = objects_to_build(&objects)?;
    let mut compiled = 0;
    let mut make = Command::new("make");
    make.arg(format!("-j{cores}")).current_dir(&objects);
    watch(make, &mut progress, advice, |line| {
        compiled += usize::from(is_object(line));
        Some(format!("{compiled} of {total} files"))
    })?;
    progress.done(&format!("{compiled} files"));

    let mut progress = Progress::start("Installing FFmpeg");
    let mut install = Command::new("make");
    install
        .args(["install-libs", "install-headers"])
        .arg(format!("DESTDIR={}", scratch.join("install").display()));
    install.current_dir(&objects);
    watch(install, &mut progress, advice, |_| None)?;
    progress.done("");
    Ok(())
}

/// How many files make will compile, for the progress line.
fn objects_to_build(objects: &Path) -> Result<usize> {
    let mut make = Command::new("make");
    make.arg("--dry-run").current_dir(objects);
    let plan = process::read(make, "make could not plan the build of FFmpeg.")?;
    Ok(plan.lines().filter(|line| line.starts_with("printf") && is_object(line)).count())
}

/// FFmpeg's makefile prints a short word for the tool and the file that it makes; a dry run shows
/// the `printf` that would, and after a semicolon the tool's whole command.
fn is_object(line: &str) -> bool {
    line.split(';').next().is_some_and(|shown| shown.trim_end().ends_with(".o"))
}

/// Asks FFmpeg's own configuration what we may say about it: a licence that lets it be linked in,
/// and no libraries but the system's own.
fn check_licence(objects: &Path) -> Result<()> {
    let path = objects.join("config.h");
    let config =
        fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
    let expected = [
        "#define FFMPEG_LICENSE \"LGPL version 2.1 or later\"",
        "#define CONFIG_GPL 0",
        "#define CONFIG_NONFREE 0",
    ];
    for line in expected {
        if !config.lines().any(|found| found == line) {
            bail!(
                "FFmpeg's {} lacks `{line}`: this build may not be linked into Busbar",
                path.display()
            );
        }
    }
    let path = objects.join("ffbuild/config.mak");
    let config =
        fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
    for line in config.lines().filter(|line| line.starts_with("EXTRALIBS-")) {
        let (_, libraries) = line.split_once('=').unwrap_or_default();
        if let Some(foreign) = libraries.split_whitespace().find(|library| !is_system(library)) {
            bail!("FFmpeg wants the library `{foreign}` ({line}): Busbar's must stand alone");
        }
    }
    Ok(())
}

fn is_system(library: &str) -> bool {
    const ALLOWED: &[&str] = &["-lm", "-pthread", "-lpthread", "-ldl", "-latomic"];
    // On macOS frameworks are part of the system.
    ALLOWED.contains(&library) || cfg!(target_os = "macos")
}

fn link(finished: &Path) -> Result<()> {
    let link = linked();
    if link.is_dir() && !link.is_symlink() {
        bail!("{} is a folder, but must be a link: move it away and run again", link.display());
    }
    fsx::relink(&link, finished)?;
    eprintln!("  FFmpeg is at {}", finished.display());
    forget_old_bindings()
}

/// Cargo sees only that the link's name is the same, and would go on with the old libraries.
fn forget_old_bindings() -> Result<()> {
    const PROFILES: &[(&str, &str)] =
        &[("dev", "debug"), ("fast", "fast"), ("checked", "checked"), ("release", "release")];
    for target in [paths::target(), paths::probe_target()] {
        for (profile, folder) in PROFILES {
            if target.join(folder).is_dir() {
                let mut clean = process::cargo();
                clean.args(["clean", "--quiet", "--package", "ffmpeg-sys-the-third"]);
                clean.args(["--profile", profile, "--target-dir"]).arg(&target);
                process::show(clean, "Remove the folder `target` and run again.")?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_published() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn no_protocols_and_nothing_that_opens_other_files() {
        let line = configure_line();
        assert!(line.contains(&"--disable-protocols".to_owned()));
        for name in ["hls", "concat", "dash", "sdp", "rtsp", "image2"] {
            assert!(!line.contains(&format!("--enable-demuxer={name}")), "{name}");
        }
        assert!(!line.iter().any(|word| word.contains("gpl") || word.contains("protocol=")));
    }

    #[test]
    fn object_lines() {
        assert!(is_object("CC\tlibavutil/aes.o"));
        assert!(is_object(
            "printf \"CC\\t%s\\n\" libavutil/aes.o; gcc -c -o libavutil/aes.o aes.c"
        ));
        assert!(!is_object("AR\tlibavutil/libavutil.a"));
    }
}
