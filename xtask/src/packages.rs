//! The system's packages: installed where apt is, named where it is not.

use anyhow::{Result, bail};

use crate::{apt, paths};

/// What packages are for.
#[derive(Clone, Copy)]
pub enum Group {
    /// Building Busbar and its FFmpeg.
    Build,
    /// Fetching FFmpeg's source from upstream, where the distribution's will not do.
    Download,
    /// Running the tests as well.
    Tests,
}

impl Group {
    fn debian(self) -> &'static [&'static str] {
        match self {
            Self::Build => &[
                "dpkg-dev",
                "g++",
                "gcc",
                // The program's drivers: their bindings look for them when they are built.
                "libasound2-dev",
                "libjack-jackd2-dev",
                "make",
                "nasm",
                "pkg-config",
                "xz-utils",
            ],
            Self::Download => &["ca-certificates", "curl"],
            Self::Tests => &[
                "ffmpeg",
                "jackd2",
                "libgl1",
                "libgl1-mesa-dri",
                "python3",
                "python3-venv",
                "sndfile-tools",
                "xvfb",
            ],
        }
    }

    /// For each other package manager: the command, and a program of each package to look for.
    fn elsewhere(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Build => &[
                (
                    "dnf",
                    "sudo dnf install alsa-lib-devel clang-devel gcc gcc-c++ \
                     jack-audio-connection-kit-devel make nasm pkgconf-pkg-config xz",
                ),
                ("pacman", "sudo pacman -S --needed alsa-lib clang gcc jack2 make nasm pkgconf xz"),
                ("brew", "brew install llvm nasm pkg-config xz"),
            ],
            Self::Download => &[
                ("dnf", "sudo dnf install curl"),
                ("pacman", "sudo pacman -S --needed curl"),
                ("brew", "brew install curl"),
            ],
            Self::Tests => &[
                (
                    "dnf",
                    "sudo dnf install ffmpeg-free jack-audio-connection-kit python3 \
                     sndfile-tools xorg-x11-server-Xvfb",
                ),
                ("pacman", "sudo pacman -S --needed ffmpeg jack2 python xorg-server-xvfb"),
                ("brew", "brew install ffmpeg python"),
            ],
        }
    }

    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Build => &["cc", "make", "nasm", "pkg-config", "xz"],
            Self::Download => &["curl"],
            Self::Tests if cfg!(target_os = "linux") => {
                &["ffmpeg", "jackd", "python3", "sndfile-jackplay", "Xvfb"]
            }
            Self::Tests => &["ffmpeg", "python3"],
        }
    }
}

/// The two packages that the bindings' generator needs: a library, and the compiler's own headers.
const CLANG: &[&str] = &["libclang1-{}", "libclang-common-{}-dev"];
/// Debian 12's, which is the one that the suite runs with.
const CLANG_TESTED: u32 = 14;
/// Those that the generator can use and that any supported distribution may have.
const CLANG_USABLE: std::ops::Range<u32> = 11..40;

/// Makes sure that a group is installed, or says exactly what to type and stops.
pub fn ensure(group: Group) -> Result<()> {
    if !apt::is_here() {
        return look_for(group);
    }
    let mut missing = apt::missing(group.debian())?;
    let lacks_clang = matches!(group, Group::Build) && !has_clang()?;
    if missing.is_empty() && !lacks_clang {
        return Ok(());
    }
    let likely = if lacks_clang { clang(CLANG_TESTED) } else { Vec::new() };
    let named = [missing.join(" "), likely.join(" ")].join(" ").trim().to_owned();
    eprintln!("  Missing system packages: {named}");
    let advice = format!(
        "Run this yourself, then start again: sudo apt-get update && sudo apt-get install {named}"
    );
    apt::update(&advice)?;
    // A fresh machine knows no packages before that, so only now is it known which there are.
    let clang = if lacks_clang { clang(apt::number_for(CLANG, CLANG_TESTED)?) } else { likely };
    missing.extend(clang.iter().map(String::as_str));
    apt::install(&missing, &advice)
}

/// Any version will do, as long as both packages have it.
fn has_clang() -> Result<bool> {
    let pairs: Vec<_> = CLANG_USABLE.map(clang).collect();
    let names: Vec<_> = pairs.iter().flatten().map(String::as_str).collect();
    let missing = apt::missing(&names)?;
    Ok(pairs.iter().any(|pair| pair.iter().all(|name| !missing.contains(&name.as_str()))))
}

fn clang(version: u32) -> Vec<String> {
    CLANG.iter().map(|name| name.replace("{}", &version.to_string())).collect()
}

/// Elsewhere we do not install anything, and can only look for the programs.
fn look_for(group: Group) -> Result<()> {
    let missing: Vec<_> = group
        .programs()
        .iter()
        .copied()
        .filter(|program| paths::on_path(program).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let here = group.elsewhere().iter().find(|(manager, _)| paths::on_path(manager).is_some());
    let commands = match here {
        Some((_, command)) => (*command).to_owned(),
        None => group
            .elsewhere()
            .iter()
            .map(|(_, command)| *command)
            .collect::<Vec<_>>()
            .join("\n  or: "),
    };
    bail!(
        "these programs are missing: {}\n  Install them, then run again: {commands}",
        missing.join(" ")
    )
}
