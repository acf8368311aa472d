//! `setup`: everything that a build needs, each part only if it is missing.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::packages::{self, Group};
use crate::{ffmpeg, python};

/// What can be chosen on the command line.
#[derive(Default)]
pub struct Options {
    /// An archive or folder with FFmpeg's source, instead of one found by us.
    pub ffmpeg_source: Option<PathBuf>,
    /// Use a version of FFmpeg that the suite has not passed on.
    pub force_ffmpeg: bool,
    /// Also what only the tests need.
    pub tests: bool,
}

impl Options {
    /// Reads the command line.
    pub fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--ffmpeg-source" => match arguments.next() {
                    Some(path) => {
                        let path = std::path::absolute(path)
                            .with_context(|| format!("--ffmpeg-source: {path} is no path"))?;
                        options.ffmpeg_source = Some(path);
                    }
                    None => bail!("--ffmpeg-source: which archive or folder?"),
                },
                "--force-ffmpeg" => options.force_ffmpeg = true,
                "--tests" => options.tests = true,
                other => bail!("setup: unknown option {other}; `cargo xtask` explains the options"),
            }
        }
        Ok(options)
    }
}

/// Makes a build possible: system packages, then FFmpeg.
pub fn run(options: &Options) -> Result<()> {
    packages::ensure(Group::Build)?;
    ffmpeg::ensure(options)?;
    if options.tests {
        packages::ensure(Group::Tests)?;
        python::ensure()?;
    }
    Ok(())
}
