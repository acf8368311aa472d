//! `cargo xtask`: all that is done with Busbar's source, from set-up to release.

mod apt;
mod bench;
mod bundle;
mod ffmpeg;
mod ffmpeg_source;
mod fsx;
mod inspect;
mod install;
mod notices;
mod packages;
mod paths;
mod process;
mod python;
mod run;
mod screenshots;
mod setup;
mod soak;
mod test;
mod tidy;
mod ui;
mod validate;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

/// A command, as the help shows it and as it is run.
struct Task {
    name: &'static str,
    options: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<()>,
}

/// In the order in which one meets them.
const TASKS: &[Task] = &[
    Task {
        name: "run",
        options: "",
        help: "Sets up, bundles, validates, renders a demo through the real engine and prints its\n\
               meters; then opens Busbar with it, or makes a picture of the editor where there is\n\
               no display. The first command to try.",
        run: |arguments| without_options(arguments, run::run),
    },
    Task {
        name: "test",
        options: "[--only STAGE]",
        help: "Everything that must hold: format, clippy, tidy, unit and integration tests, real\n\
               hosts, the finished bundle. Stops at the first failure.",
        run: test::run,
    },
    Task {
        name: "setup",
        options: "[--ffmpeg-source PATH] [--force-ffmpeg] [--tests]",
        help: "Installs missing system packages and builds the private FFmpeg, once, into the cache\n\
               folder. The other commands do this by themselves. With a PATH (archive or folder)\n\
               that FFmpeg is built and used from then on, until `target/ffmpeg` is removed.\n\
               BUSBAR_FFMPEG_SOURCE names an archive to take only when one is needed.\n\
               --force-ffmpeg takes a version that the tests have not passed on.\n\
               --tests sets up what the tests need as well.",
        run: |arguments| {
            setup::run(&setup::Options::parse(arguments)?)?;
            println!("set up: FFmpeg is linked at {}", ffmpeg::linked().display());
            Ok(())
        },
    },
    Task {
        name: "bundle",
        options: "[--profile release|fast|checked] [--probe]",
        help: "Builds Busbar.vst3, Busbar.clap and the program into target/bundled.\n\
               --probe makes the host tests' bundle instead, in target/probe/bundled.",
        run: |arguments| bundle::run(&bundle::Wanted::parse(arguments)?).map(drop),
    },
    Task {
        name: "install",
        options: "",
        help: "Bundles, and copies the plug-ins and the program into your own folders for them.",
        run: |arguments| without_options(arguments, install::run),
    },
    Task {
        name: "validate",
        options: "[BUNDLE]",
        help: "Checks layout, symbols, libraries, private paths, metadata, licences and behaviour of a\n\
               bundle, by default of what `bundle` makes, and runs clap-validator, pluginval and\n\
               Steinberg's validator if they are on PATH.",
        run: validate_one,
    },
    Task {
        name: "tidy",
        options: "",
        help: "Checks the rules of the architecture that no compiler knows.",
        run: |arguments| without_options(arguments, tidy::run),
    },
    Task {
        name: "screenshots",
        options: "",
        help: "Makes the pictures that the documents show anew, in docs/pictures.",
        run: |arguments| without_options(arguments, screenshots::run),
    },
    Task { name: "bench", options: "[NAME...]", help: "Runs the benchmarks.", run: bench::run },
    Task {
        name: "soak",
        options: "[TEST OPTIONS]",
        help: "Runs the tests for as long as it takes to find what shows late, and says how long.",
        run: soak::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let result = match TASKS.iter().find(|task| task.name == name) {
        Some(task) => (task.run)(rest),
        None => Err(anyhow::anyhow!("there is no command `{name}`\n  `cargo xtask` lists them.")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {}", story(&error));
            ExitCode::FAILURE
        }
    }
}

/// What failed, and below it why, down to the first cause.
fn story(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join("\n  because: ")
}

fn help() -> String {
    let mut text = "Busbar's commands, each run as `cargo xtask COMMAND`:\n".to_owned();
    for task in TASKS {
        let heading = format!("\n  {} {}", task.name, task.options);
        text.push_str(heading.trim_end());
        for line in task.help.lines() {
            text.push_str("\n      ");
            text.push_str(line);
        }
        text.push('\n');
    }
    text.push_str("\nEach does its own set-up, and can be run again at no cost.\n");
    text
}

fn without_options(arguments: &[String], run: fn() -> Result<()>) -> Result<()> {
    match arguments.first() {
        Some(option) => bail!("this command takes no options, but was given {option}"),
        None => run(),
    }
}

fn validate_one(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => validate::run(None, validate::Depth::Full),
        [bundle] if !bundle.starts_with('-') => {
            validate::run(Some(Path::new(bundle)), validate::Depth::Full)
        }
        _ => bail!("validate takes the path of one bundle, or nothing for what `bundle` made"),
    }
}
