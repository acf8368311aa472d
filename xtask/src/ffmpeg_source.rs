//! Where FFmpeg's source comes from: the user, else the distribution, else the upstream release.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::packages::{self, Group};
use crate::process::{self, watch};
use crate::setup::Options;
use crate::ui::Progress;
use crate::{apt, fsx, paths};

/// A version that the whole suite has passed on.
pub struct Tested {
    /// Upstream's number; a distribution's own patches to it do not change the interface.
    pub version: &'static str,
    /// Of upstream's `.tar.xz`, taken from a copy whose signature by FFmpeg's release key was good.
    pub sha256: &'static str,
}

/// Best first: this is also the order in which finished builds are looked for.
pub const TESTED: &[Tested] = &[Tested {
    version: "5.1.9",
    sha256: "d9b593bb2ba93d4b50f74177e0cdcd41747e708596367deed0c30348a71dd176",
}];

/// An unpacked source, ready to be configured.
pub struct Source {
    /// Where it is.
    pub dir: PathBuf,
    /// Upstream's number.
    pub version: String,
    /// For the record that lies beside the build.
    pub origin: String,
}

/// Finds, unpacks and checks a source. Anything fetched goes into `scratch`.
pub fn find(options: &Options, scratch: &Path) -> Result<Source> {
    let dir = scratch.join("source");
    let standing = std::env::var_os("BUSBAR_FFMPEG_SOURCE").map(PathBuf::from);
    if let Some(given) = options.ffmpeg_source.as_ref().or(standing.as_ref()) {
        return given_by_user(given, dir, options.force_ffmpeg);
    }
    if apt::is_here() {
        match from_distribution(&dir, options.force_ffmpeg, scratch) {
            Ok(source) => return Ok(source),
            Err(error) => eprintln!("  The distribution's source will not do: {error:#}"),
        }
        fsx::remove(&dir)?;
    }
    from_upstream(dir, scratch).context(
        "FFmpeg's source could not be had\n  Give one with `cargo xtask setup --ffmpeg-source PATH` \
         (an archive or a folder)",
    )
}

fn from_distribution(dir: &Path, force: bool, scratch: &Path) -> Result<Source> {
    let wanted: Vec<_> = TESTED.iter().map(|tested| tested.version).collect();
    let package = apt::source_package("ffmpeg", &wanted, force, scratch)?;
    unpack(&package.dsc, dir)?;
    checked(dir.to_owned(), format!("distribution source package {}", package.version), force)
}

fn from_upstream(dir: PathBuf, scratch: &Path) -> Result<Source> {
    let tested = &TESTED[0];
    if paths::on_path("curl").is_none() {
        packages::ensure(Group::Download)?;
    }
    unpack(&download(tested, scratch)?, &dir)?;
    checked(dir, format!("upstream release {}", tested.version), false)
}

fn given_by_user(given: &Path, scratch: PathBuf, force: bool) -> Result<Source> {
    // Goes into bundles, where a path on the builder's machine has no business.
    let origin = "source given by the builder".to_owned();
    if given.is_dir() {
        let dir =
            given.canonicalize().with_context(|| format!("could not find {}", given.display()))?;
        return checked(dir, origin, force);
    }
    if !given.is_file() {
        bail!("FFmpeg's source: there is no file or folder {}", given.display());
    }
    unpack(given, &scratch)?;
    checked(scratch, origin, force)
}

/// Reads the version out of the source itself and refuses what the suite has not passed on.
fn checked(dir: PathBuf, origin: String, force: bool) -> Result<Source> {
    let path = dir.join("RELEASE");
    let version = fs::read_to_string(&path).with_context(|| {
        format!("{} is not FFmpeg's source: it has no file RELEASE", dir.display())
    })?;
    let version = version.trim().to_owned();
    if !force && !TESTED.iter().any(|tested| tested.version == version) {
        bail!("{}", refusal(&version));
    }
    Ok(Source { dir, version, origin })
}

/// Why a version is not used, and what to do about it.
fn refusal(version: &str) -> String {
    format!(
        "{}\n  Give one of those with `cargo xtask setup --ffmpeg-source PATH`, or use this one all \
         the same with `--force-ffmpeg`",
        untested(version)
    )
}

/// The same without the advice.
pub fn untested(version: &str) -> String {
    let tested: Vec<_> = TESTED.iter().map(|tested| tested.version).collect();
    format!(
        "FFmpeg {version} is not among the versions that Busbar's tests have passed on ({})",
        tested.join(", ")
    )
}

fn unpack(archive: &Path, dir: &Path) -> Result<()> {
    let mut progress = Progress::start("Unpacking FFmpeg's source");
    let mut command;
    if archive.extension().is_some_and(|extension| extension == "dsc") {
        command = Command::new("dpkg-source");
        command.arg("--extract").arg(archive).arg(dir);
    } else {
        fs::create_dir(dir).with_context(|| format!("could not create {}", dir.display()))?;
        command = Command::new("tar");
        command.arg("--extract").arg("--file").arg(archive).arg("--strip-components=1");
        command.arg("--directory").arg(dir);
    }
    watch(command, &mut progress, "Is the archive whole, and is there room on the disk?", |_| {
        None
    })?;
    progress.done("");
    Ok(())
}

fn download(tested: &Tested, scratch: &Path) -> Result<PathBuf> {
    let name = format!("ffmpeg-{}.tar.xz", tested.version);
    let archive = scratch.join(&name);
    let mut progress = Progress::start(format!("Downloading {name} from ffmpeg.org"));
    let mut curl = Command::new("curl");
    curl.args(["--fail", "--location", "--silent", "--show-error", "--output"]).arg(&archive);
    curl.arg(format!("https://ffmpeg.org/releases/{name}"));
    watch(curl, &mut progress, "Is there a network, and is curl installed?", |_| None)?;

    let (program, arguments) = if paths::on_path("sha256sum").is_some() {
        ("sha256sum", "--binary")
    } else {
        ("shasum", "-a256")
    };
    let mut sum = Command::new(program);
    sum.arg(arguments).arg(&archive);
    let found =
        process::read(sum, "Install sha256sum or shasum: an archive is not used unchecked.")?;
    let found = found.split_whitespace().next().unwrap_or_default();
    if found != tested.sha256 {
        bail!("{name} is not what upstream released: SHA-256 {found}, expected {}", tested.sha256);
    }
    progress.done("SHA-256 is right");
    Ok(archive)
}
