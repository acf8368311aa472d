//! Debian's packages: which are missing, how to install them, and source packages without touching
//! the system's own lists.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::ffmpeg_source::untested;
use crate::paths;
use crate::process::{self, show, watch};
use crate::ui::Progress;

/// Whether this is Debian or one of its children.
pub fn is_here() -> bool {
    paths::on_path("apt-get").is_some() && paths::on_path("dpkg-query").is_some()
}

/// Those of the packages that are not installed.
pub fn missing<'a>(packages: &[&'a str]) -> Result<Vec<&'a str>> {
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat=${Package} ${db:Status-Status}\n"]);
    // Asks for all: naming one that dpkg has never heard of is an error to it.
    let listed = process::read(query, "Is the package database in order? Try `dpkg --audit`.")?;
    let installed: Vec<_> =
        listed.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    Ok(packages.iter().copied().filter(|package| !installed.contains(package)).collect())
}

/// Brings the system's lists up to date.
pub fn update(advice: &str) -> Result<()> {
    as_root(&["update"], advice)
}

/// Installs packages.
pub fn install(packages: &[&str], advice: &str) -> Result<()> {
    as_root(&[&["install", "--yes", "--no-install-recommends"], packages].concat(), advice)
}

/// Which number to put for `{}` in `names` so that all of them can be installed: the preferred one
/// if possible, else the newest.
pub fn number_for(names: &[&str], preferred: u32) -> Result<u32> {
    let mut query = Command::new("apt-cache");
    query.args(["pkgnames"]);
    let known = process::read(query, "Does `apt-get update` work?")?;
    let known: Vec<_> = known.lines().collect();
    let numbered = |name: &str, number: u32| name.replace("{}", &number.to_string());
    std::iter::once(preferred)
        .chain((1..100).rev())
        .find(|&number| names.iter().all(|name| known.contains(&numbered(name, number).as_str())))
        .with_context(|| format!("apt offers no version of {}", names.join(" and ")))
}

/// A source package on the disk.
pub struct SourcePackage {
    /// The file that describes it; the archives lie beside it.
    pub dsc: PathBuf,
    /// With the distribution's own revision.
    pub version: String,
}

/// Fetches a source package, of an upstream version in `wanted` if there is one.
///
/// Everything apt writes goes below `scratch`; it checks the archive's signature as always.
pub fn source_package(
    name: &str,
    wanted: &[&str],
    force: bool,
    scratch: &Path,
) -> Result<SourcePackage> {
    let private = Private::new(scratch)?;
    let advice = "Is there a network, and does `apt-get update` work?";
    let mut progress = Progress::start(format!("Fetching the distribution's source of {name}"));
    watch(private.command("apt-get", &["update"]), &mut progress, advice, |_| None)?;

    let shown =
        process::read(private.command("apt-cache", &["showsrc", "--only-source", name]), advice)?;
    let mut offered: Vec<_> =
        shown.lines().filter_map(|line| line.strip_prefix("Version: ")).collect();
    // The newest first, by upstream's number and then by the distribution's revision.
    offered.sort_by_key(|version| std::cmp::Reverse(numbers(version)));
    let Some(&newest) = offered.first() else { bail!("apt offers no source package {name}") };
    let listed = offered.iter().find(|version| wanted.contains(&upstream(version)));
    let version = match listed {
        Some(&version) => version,
        None if force => newest,
        None => bail!("{}", untested(upstream(newest))),
    };

    let exactly = format!("{name}={version}");
    let arguments = ["source", "--download-only", "--only-source", &exactly];
    watch(private.command("apt-get", &arguments), &mut progress, advice, |_| None)?;
    let dsc = fs::read_dir(&private.dir)
        .with_context(|| format!("could not read {}", private.dir.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "dsc"))
        .with_context(|| format!("apt fetched {exactly} without a .dsc file"))?;
    progress.done(version);
    Ok(SourcePackage { dsc, version: version.to_owned() })
}

/// An apt configuration of our own, with the distribution's source entries and nothing else.
struct Private {
    dir: PathBuf,
}

impl Private {
    fn new(scratch: &Path) -> Result<Self> {
        let dir = scratch.join("apt");
        for part in ["sources", "lists/partial", "cache/archives/partial"] {
            let part = dir.join(part);
            fs::create_dir_all(&part)
                .with_context(|| format!("could not create {}", part.display()))?;
        }
        let mut found = false;
        let folder = Path::new("/etc/apt/sources.list.d");
        let files =
            fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
        for file in files.chain([PathBuf::from("/etc/apt/sources.list")]) {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let sources = match file.extension().and_then(|extension| extension.to_str()) {
                Some("sources") => deb822_sources(&text),
                Some("list") => one_line_sources(&text),
                _ => continue,
            };
            let name = file.file_name().unwrap_or_default();
            found |= !sources.is_empty();
            fs::write(dir.join("sources").join(name), sources)
                .context("could not write apt's sources")?;
        }
        if !found {
            bail!("no entry of Debian or Ubuntu in /etc/apt/sources.list or {}", folder.display());
        }
        Ok(Self { dir })
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        for (option, value) in [
            ("Dir::Etc::SourceList", Path::new("/dev/null").to_owned()),
            ("Dir::Etc::SourceParts", self.dir.join("sources")),
            ("Dir::State::Lists", self.dir.join("lists")),
            ("Dir::Cache", self.dir.join("cache")),
        ] {
            command.arg("-o").arg(format!("{option}={}", value.display()));
        }
        command.args(arguments).current_dir(&self.dir);
        command
    }
}

/// The distribution's stanzas of a `.sources` file, asking for sources instead of packages.
fn deb822_sources(text: &str) -> String {
    let mut result = String::new();
    for stanza in text.split("\n\n") {
        let field = |name: &str| {
            stanza.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        let is_on = field("Enabled").is_none_or(|value| !value.eq_ignore_ascii_case("no"));
        let has_packages =
            field("Types").is_some_and(|types| types.split_whitespace().any(|kind| kind == "deb"));
        let uris = field("URIs").unwrap_or_default();
        let components = field("Components").unwrap_or_default();
        if !is_on || !has_packages || !is_distribution(uris, components) {
            continue;
        }
        for line in stanza.lines() {
            let is_types = line.to_ascii_lowercase().starts_with("types:");
            result.push_str(if is_types { "Types: deb-src" } else { line });
            result.push('\n');
        }
        result.push('\n');
    }
    result
}

/// The distribution's lines of a classic `.list` file, asking for sources instead of packages.
fn one_line_sources(text: &str) -> String {
    let mut result = String::new();
    for line in text.lines() {
        let Some(entry) = line.trim().strip_prefix("deb ") else { continue };
        // Options in brackets may hold spaces.
        let plain = entry.rsplit(']').next().unwrap_or_default().trim();
        let mut words = plain.split_whitespace();
        let (uri, components) =
            (words.next().unwrap_or_default(), words.skip(1).collect::<Vec<_>>().join(" "));
        if is_distribution(uri, &components) {
            result.push_str(&format!("deb-src {}\n", entry.trim()));
        }
    }
    result
}

/// Mirrors have any host, but keep the archive's name at the end of the path; others who imitate the
/// path have no component `main`.
fn is_distribution(uris: &str, components: &str) -> bool {
    const ARCHIVES: &[&str] = &["debian", "debian-security", "ubuntu", "ubuntu-ports"];
    let archive = |uri: &str| {
        uri.trim_end_matches('/').rsplit('/').next().is_some_and(|last| ARCHIVES.contains(&last))
    };
    uris.split_whitespace().any(archive) && components.split_whitespace().any(|part| part == "main")
}

/// `7:5.1.9-0+deb12u1` is upstream's `5.1.9`.
fn upstream(version: &str) -> &str {
    let version = version.split_once(':').map_or(version, |(_epoch, rest)| rest);
    version.rsplit_once('-').map_or(version, |(upstream, _revision)| upstream)
}

fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// Runs apt-get on the system itself, through sudo where we are not root.
fn as_root(arguments: &[&str], advice: &str) -> Result<()> {
    let mut id = Command::new("id");
    id.arg("-u");
    let is_root = process::read(id, "")?.trim() == "0";
    if !is_root && paths::on_path("sudo").is_none() {
        bail!("system packages are missing, and there is no sudo to install them with\n  {advice}");
    }
    let mut command = Command::new(if is_root { "env" } else { "sudo" });
    // After sudo, which would drop the variable otherwise.
    command.args(if is_root { &[][..] } else { &["env"] });
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]).args(arguments);
    eprintln!("  {}", process::describe(&command));
    show(command, advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_only_the_distribution_from_sources() {
        let text = "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n\n\
                    Types: deb\nURIs: https://other.example/linux/debian\nSuites: bookworm\nComponents: stable\n\n\
                    Types: deb\nEnabled: no\nURIs: http://mirror.example/debian\nSuites: sid\nComponents: main\n";
        let sources = deb822_sources(text);
        assert_eq!(sources.matches("Types: deb-src").count(), 1);
        assert!(sources.contains("Suites: bookworm") && !sources.contains("sid"));
    }

    #[test]
    fn takes_only_the_distribution_from_lists() {
        let text = "# comment\ndeb [signed-by=/a b] http://mirror.example/debian/ bookworm main contrib\n\
                    deb-src http://mirror.example/debian bookworm main\n\
                    deb https://other.example/apt sdk main\n";
        assert_eq!(
            one_line_sources(text),
            "deb-src [signed-by=/a b] http://mirror.example/debian/ bookworm main contrib\n"
        );
    }

    #[test]
    fn versions() {
        assert_eq!(upstream("7:5.1.9-0+deb12u1"), "5.1.9");
        assert_eq!(upstream("5.1.9"), "5.1.9");
        assert!(numbers("7:5.1.10-0") > numbers("7:5.1.9-0+deb12u1"));
    }
}
