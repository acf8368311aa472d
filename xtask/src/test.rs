//! `test`: everything that must hold, in stages with budgets; the first failure ends it.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::bundle::{self, Wanted};
use crate::setup::{self, Options};
use crate::validate::{self, Depth};
use crate::{paths, process, python, tidy, ui};

/// A stage, and how many seconds it may take from nothing on two cores.
struct Stage {
    name: &'static str,
    budget: u64,
    run: fn() -> Result<()>,
}

/// Cheap ones first. The probe comes before the tests because the host tests load it.
const STAGES: &[Stage] = &[
    Stage { name: "setup", budget: 180, run: set_up },
    Stage { name: "format", budget: 10, run: format },
    Stage { name: "tidy", budget: 10, run: tidy::run },
    Stage { name: "clippy", budget: 180, run: clippy },
    Stage { name: "probe", budget: 240, run: probe },
    Stage { name: "models", budget: 180, run: models },
    Stage { name: "tests", budget: 1_080, run: tests },
    Stage { name: "bundle", budget: 240, run: release },
    Stage { name: "validate", budget: 120, run: validate },
];

/// Runs all stages, or the one that is named.
pub fn run(arguments: &[String]) -> Result<()> {
    let only = match arguments {
        [] => None,
        [option, name] if option == "--only" && STAGES.iter().any(|stage| stage.name == name) => {
            Some(name)
        }
        _ => {
            let names: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
            bail!("test takes no options but `--only STAGE`, one of: {}", names.join(", "));
        }
    };
    let mut rows = Vec::new();
    let mut failure = None;
    for stage in STAGES.iter().filter(|stage| only.is_none_or(|name| name == stage.name)) {
        eprintln!(
            "\n── {} (budget {}) ──",
            stage.name,
            ui::seconds(Duration::from_secs(stage.budget))
        );
        let started = Instant::now();
        let result = (stage.run)();
        let took = started.elapsed();
        let verdict = match &result {
            Err(_) => "FAILED",
            // On a busy machine the clock proves nothing, so this is said and not punished.
            Ok(()) if took > Duration::from_secs(stage.budget) => "ok, over budget",
            Ok(()) => "ok",
        };
        eprintln!("── {}: {verdict}, {} ──", stage.name, ui::seconds(took));
        let budget = ui::seconds(Duration::from_secs(stage.budget));
        rows.push([stage.name.to_owned(), budget, ui::seconds(took), verdict.to_owned()]);
        if let Err(error) = result {
            failure = Some(error.context(format!("stage {} failed", stage.name)));
            break;
        }
    }
    println!("\n{}", ui::table(["stage", "budget", "took", "result"], &rows));
    failure.map_or(Ok(()), Err)
}

fn set_up() -> Result<()> {
    setup::run(&Options { tests: true, ..Options::default() })
}

fn format() -> Result<()> {
    component("fmt", "rustfmt")?;
    let mut cargo = process::cargo();
    cargo.args(["fmt", "--all", "--check"]);
    process::show(cargo, "`cargo fmt --all` mends it.")
}

/// Everything with the tests' probe in it, and the plug-in as it ships.
fn clippy() -> Result<()> {
    component("clippy", "clippy")?;
    for what in [["--workspace", "--all-features"], ["--package=busbar", "--no-default-features"]] {
        let mut cargo = process::cargo();
        cargo.args(["clippy", "--locked", "--all-targets"]).args(what);
        cargo.args(["--", "--deny", "warnings"]);
        process::show(cargo, "Clippy's messages above say what to change.")?;
    }
    Ok(())
}

/// Makes sure that Cargo has a subcommand, which rustup installs as a component.
fn component(subcommand: &str, name: &str) -> Result<()> {
    let advice = format!("Install it with `rustup component add {name}`.");
    let look = || {
        let mut cargo = process::cargo();
        cargo.args([subcommand, "--version"]);
        process::read(cargo, &advice).map(drop)
    };
    if look().is_ok() || paths::on_path("rustup").is_none() {
        return look();
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["component", "add", name]).current_dir(paths::root());
    process::show(rustup, &advice)?;
    look()
}

fn probe() -> Result<()> {
    bundle::run(&Wanted::probe()).map(drop)
}

/// Every interleaving of the handoffs between threads that are more than a plain queue.
fn models() -> Result<()> {
    let mut cargo = process::cargo();
    cargo.args(["test", "--locked", "--release", "--lib", "--package", "busbar-dsp"]);
    cargo.args(["--package", "busbar-engine", "--package", "busbar-media"]);
    cargo.args(["models", "--target-dir"]);
    cargo.arg(paths::target().join("models")).env("RUSTFLAGS", "--cfg loom");
    process::show(cargo, "The model's own message above says which interleaving fails.")
}

fn tests() -> Result<()> {
    process::show(cargo_test(&["--workspace"])?, "The tests' own messages above say what failed.")
}

fn release() -> Result<()> {
    bundle::run(&Wanted::release()).map(drop)
}

fn validate() -> Result<()> {
    validate::run(None, Depth::Full)
}

/// `cargo test` with what the host tests look for in the environment.
pub fn cargo_test(arguments: &[&str]) -> Result<Command> {
    let mut cargo = process::cargo();
    cargo.args(["test", "--locked"]).args(arguments);
    cargo.env("BUSBAR_PROBE_BUNDLED", paths::bundled(&paths::probe_target()));
    cargo.env("BUSBAR_PYTHON", python::ensure()?);
    Ok(cargo)
}
