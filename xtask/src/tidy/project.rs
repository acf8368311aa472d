//! The rules about the project as a whole: its manifests and its documents.

use super::Findings;
use super::source::Source;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The README shows how to begin.
pub fn readme(sources: &[Source], findings: &mut Findings) {
    for command in ["cargo xtask run", "cargo xtask test"] {
        document("README.md", command, "name both commands", sources, findings);
    }
}

/// The change log knows the version that is being made.
pub fn changelog(sources: &[Source], findings: &mut Findings) {
    let heading = format!("[{VERSION}]");
    document("CHANGELOG.md", &heading, "say what is in this version", sources, findings);
}

/// The map of the workspace shows every crate.
pub fn architecture(sources: &[Source], findings: &mut Findings) {
    for member in members(sources) {
        let folder = format!("{member}/");
        document("ARCHITECTURE.md", &folder, "say what this crate is for", sources, findings);
    }
}

/// Every member says in its manifest what it is.
pub fn descriptions(sources: &[Source], findings: &mut Findings) {
    for member in members(sources) {
        let manifest = format!("{member}/Cargo.toml");
        document(&manifest, "\ndescription = \"", "describe the crate", sources, findings);
    }
}

fn document(path: &str, wanted: &str, advice: &str, sources: &[Source], findings: &mut Findings) {
    match sources.iter().find(|source| source.path == path) {
        None => findings.add(path, 1, &format!("is missing: {advice}")),
        Some(source) if !source.text.contains(wanted) => {
            findings.add(path, 1, &format!("does not contain `{}`: {advice}", wanted.trim()));
        }
        Some(_) => {}
    }
}

/// The workspace's members, in the order of its manifest.
fn members(sources: &[Source]) -> Vec<&str> {
    let manifest = sources.iter().find(|source| source.path == "Cargo.toml");
    let list = manifest.and_then(|manifest| manifest.text.split_once("\nmembers = ["));
    let list = list.and_then(|(_, rest)| rest.split_once(']'));
    list.map_or_else(Vec::new, |(list, _)| list.split('"').skip(1).step_by(2).collect())
}
