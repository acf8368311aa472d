//! The licences of the Rust crates that are linked into the plug-in: their terms ask for the notices to
//! travel with it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand, Package, PackageId};

use crate::{paths, process};

/// Writes every crate with its licence, and the texts that came with it, each text once.
pub fn write(path: &Path) -> Result<()> {
    let packages = linked_packages()?;
    let mut text = "Rust crates in Busbar and their licences\n\n".to_owned();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in &packages {
        let name = format!("{} {}", package.name, package.version);
        let licence = package.license.as_deref().unwrap_or("see its text below");
        writeln!(text, "{name}: {licence}")?;
        for licence_text in texts_of(package)? {
            texts.entry(licence_text).or_default().push(name.clone());
        }
    }
    for (licence_text, names) in &texts {
        let rule = "-".repeat(80);
        writeln!(text, "\n{rule}\n{}\n{rule}\n\n{}", names.join(", "), licence_text.trim_end())?;
    }
    fs::write(path, text).with_context(|| format!("could not write {}", path.display()))
}

/// All that the plug-in's package depends on at run time on this kind of machine, without our own.
fn linked_packages() -> Result<Vec<Package>> {
    let mut command = MetadataCommand::new();
    command.manifest_path(paths::root().join("Cargo.toml"));
    command.other_options(["--locked".to_owned(), "--filter-platform".to_owned(), host()?]);
    let metadata = command.exec().context("`cargo metadata` failed: is Cargo.toml in order?")?;
    let resolve = metadata.resolve.as_ref().context("`cargo metadata` resolved nothing")?;
    let nodes: HashMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let root = metadata
        .workspace_packages()
        .into_iter()
        .find(|package| package.name.as_str() == "busbar")
        .context("the workspace has no package busbar")?;

    let mut seen = HashSet::from([&root.id]);
    let mut waiting = vec![&root.id];
    while let Some(node) = waiting.pop().and_then(|id| nodes.get(id)) {
        for dependency in &node.deps {
            let is_linked =
                dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            if is_linked && seen.insert(&dependency.pkg) {
                waiting.push(&dependency.pkg);
            }
        }
    }
    let linked = |package: &&Package| seen.contains(&package.id) && package.source.is_some();
    Ok(metadata.packages.iter().filter(linked).cloned().collect())
}

/// The compiler's name for this kind of machine.
fn host() -> Result<String> {
    let mut rustc = Command::new("rustc");
    rustc.arg("--version").arg("--verbose");
    let version = process::read(rustc, "Is Rust installed? See https://rustup.rs")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what its host is")
}

/// The licence files at the top of a crate's source.
fn texts_of(package: &Package) -> Result<Vec<String>> {
    let dir = package.manifest_path.parent().context("a package without a folder")?;
    let entries = fs::read_dir(dir).with_context(|| format!("could not read {dir}"))?;
    let mut texts = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("could not read {dir}"))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        let is_notice = ["LICEN", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"]
            .iter()
            .any(|start| name.starts_with(start));
        if is_notice && path.is_file() {
            texts.push(
                fs::read_to_string(&path)
                    .with_context(|| format!("could not read {}", path.display()))?,
            );
        }
    }
    // The order of a folder's entries is the file system's, but the file must not change by itself.
    texts.sort_unstable();
    Ok(texts)
}
