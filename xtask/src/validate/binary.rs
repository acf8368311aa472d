//! What a binary shows to the system: the symbols that it exports and the libraries that it wants.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use goblin::Object;
use goblin::mach::{Mach, SingleArch};

use super::{Report, Subject, file_name};

/// A binary of a bundle, with the entry points that its format asks for.
pub struct Binary {
    pub name: String,
    pub path: PathBuf,
    entries: &'static [&'static str],
}

const VST3_ENTRIES: &[&str] = if cfg!(target_os = "macos") {
    &["GetPluginFactory", "bundleEntry", "bundleExit"]
} else if cfg!(windows) {
    &["GetPluginFactory", "InitDll", "ExitDll"]
} else {
    &["GetPluginFactory", "ModuleEntry", "ModuleExit"]
};
const CLAP_ENTRIES: &[&str] = &["clap_entry"];

/// The binaries that are there; that one is missing is the layout's business.
pub fn all(subject: &Subject) -> Vec<Binary> {
    let binary = |bundle: &Option<PathBuf>, entries: &'static [&'static str]| {
        let bundle = bundle.as_ref()?;
        Some(Binary { name: file_name(bundle), path: inside(bundle), entries })
    };
    let all = [
        binary(&subject.vst3, VST3_ENTRIES),
        binary(&subject.clap, CLAP_ENTRIES),
        binary(&subject.program, &[]),
    ];
    all.into_iter().flatten().filter(|binary| binary.path.is_file()).collect()
}

/// The binary in a bundle: the bundle itself where it is a plain file.
pub fn inside(bundle: &Path) -> PathBuf {
    let name = file_name(bundle);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    if cfg!(target_os = "macos") {
        return bundle.join("Contents/MacOS").join(stem);
    }
    match extension {
        "vst3" if cfg!(windows) => {
            bundle.join(format!("Contents/{}-win", std::env::consts::ARCH)).join(&name)
        }
        "vst3" => {
            let folder = format!("Contents/{}-linux", std::env::consts::ARCH);
            bundle.join(folder).join(format!("{stem}.so"))
        }
        _ => bundle.to_owned(),
    }
}

/// Adds a row for the symbols and one for the libraries.
pub fn check(binary: &Binary, report: &mut Report) {
    let face = Face::read(&binary.path);
    let face = match &face {
        Ok(face) => face,
        Err(error) => {
            return report.check("symbols", &binary.name, Err(anyhow::anyhow!("{error:#}")));
        }
    };
    if !binary.entries.is_empty() {
        report.check("symbols", &binary.name, symbols(binary.entries, &face.exported));
    }
    report.check("libraries", &binary.name, libraries(&face.wanted));
}

/// What the dynamic linker sees.
struct Face {
    exported: Vec<String>,
    wanted: Vec<String>,
}

impl Face {
    fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
        let object =
            Object::parse(&bytes).with_context(|| format!("{} is no binary", path.display()))?;
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        match object {
            Object::Elf(elf) => {
                let defined =
                    elf.dynsyms.iter().filter(|symbol| !symbol.is_import() && symbol.st_name != 0);
                Ok(Self {
                    exported: owned(
                        defined.filter_map(|symbol| elf.dynstrtab.get_at(symbol.st_name)).collect(),
                    ),
                    wanted: owned(elf.libraries),
                })
            }
            Object::PE(pe) => Ok(Self {
                exported: owned(pe.exports.iter().filter_map(|export| export.name).collect()),
                wanted: owned(pe.libraries),
            }),
            Object::Mach(Mach::Binary(macho)) => Self::of_mach(&macho),
            Object::Mach(Mach::Fat(fat)) => {
                match fat.get(0).context("an empty universal binary")? {
                    SingleArch::MachO(macho) => Self::of_mach(&macho),
                    SingleArch::Archive(_) => bail!("{} is an archive", path.display()),
                }
            }
            _ => bail!("{} is a binary of an unknown kind", path.display()),
        }
    }

    fn of_mach(macho: &goblin::mach::MachO) -> Result<Self> {
        let exports = macho.exports().context("unreadable exports")?;
        let exported =
            exports.iter().map(|export| export.name.trim_start_matches('_').to_owned()).collect();
        // The first entry is the binary itself.
        let wanted = macho
            .libs
            .iter()
            .filter(|&&name| name != "self")
            .map(|&name| name.to_owned())
            .collect();
        Ok(Self { exported, wanted })
    }
}

/// All of the format's entry points, and nothing beyond the formats': symbols of the same name in
/// another plug-in's FFmpeg would meet ours in one process, and a probe must never ship.
fn symbols(entries: &[&str], exported: &[String]) -> Result<String> {
    for entry in entries {
        ensure!(exported.iter().any(|name| name == entry), "`{entry}` is not exported");
    }
    let is_entry = |name: &str| VST3_ENTRIES.contains(&name) || CLAP_ENTRIES.contains(&name);
    let others: Vec<_> =
        exported.iter().map(String::as_str).filter(|name| !is_entry(name)).collect();
    if let Some(first) = others.first() {
        let reason = if first.starts_with("busbar_probe_") {
            "this is the tests' bundle"
        } else {
            "it would clash with others'"
        };
        bail!("exports `{first}` and {} more that it must not: {reason}", others.len() - 1);
    }
    Ok(entries.join(", "))
}

/// Nothing that a user's machine could lack.
fn libraries(wanted: &[String]) -> Result<String> {
    if let Some(foreign) = wanted.iter().find(|name| !is_system(name)) {
        bail!("wants `{foreign}`, which is not part of the system (all: {})", wanted.join(" "));
    }
    Ok(wanted.join(" "))
}

fn is_system(library: &str) -> bool {
    if cfg!(target_os = "macos") {
        return library.starts_with("/usr/lib/") || library.starts_with("/System/Library/");
    }
    if cfg!(windows) {
        return !library.to_ascii_lowercase().starts_with("av");
    }
    // The last three became part of libc in glibc 2.34; binaries made before that name them.
    const SYSTEM: &[&str] =
        &["libc.so", "libm.so", "libgcc_s.so", "ld-linux", "libdl.so", "libpthread.so", "librt.so"];
    SYSTEM.iter().any(|name| library.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn only_entry_points_are_exported() {
        let entries = names(&["clap_entry", "GetPluginFactory"]);
        symbols(CLAP_ENTRIES, &entries).unwrap();
        assert!(symbols(CLAP_ENTRIES, &names(&["GetPluginFactory"])).is_err());
        for foreign in ["av_malloc", "busbar_probe_allocations"] {
            assert!(symbols(CLAP_ENTRIES, &names(&["clap_entry", foreign])).is_err(), "{foreign}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_the_c_library_is_wanted() {
        libraries(&names(&["libgcc_s.so.1", "libm.so.6", "libc.so.6", "ld-linux-x86-64.so.2"]))
            .unwrap();
        for foreign in ["libz.so.1", "libavcodec.so.59", "libstdc++.so.6"] {
            assert!(libraries(&names(&["libc.so.6", foreign])).is_err(), "{foreign}");
        }
    }
}
