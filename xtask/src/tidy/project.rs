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

/// What the documents link to, and the pictures that they show, are there.
pub fn links(sources: &[Source], findings: &mut Findings) {
    for source in sources.iter().filter(|source| source.path.ends_with(".md")) {
        let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (index, line) in source.text.lines().enumerate() {
            for target in line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next())
            {
                let path = joined(folder, target);
                let is_there = |other: &Source| {
                    let rest = other.path.strip_prefix(path.as_str());
                    rest.is_some_and(|rest| {
                        path.is_empty() || rest.is_empty() || rest.starts_with('/')
                    })
                };
                if !target.contains("://") && !sources.iter().any(is_there) {
                    let advice = format!("{target} is not there: mend the link, or make the file");
                    findings.add(&source.path, index + 1, &advice);
                }
            }
        }
    }
}

/// A link from a folder, as a path from the top without a slash at its end.
fn joined(folder: &str, target: &str) -> String {
    let mut parts = Vec::new();
    for part in folder.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.join("/")
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
