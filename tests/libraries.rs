//! What the dynamic linker sees of the bundle under test. `cargo xtask validate` looks at what
//! ships in the same way, and allows no probe there.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use busbar_tests::bundle;

fn readelf(what: &str, library: &Path) -> String {
    let output = Command::new("readelf").args(["--wide", what]).arg(library).output();
    let output = output.expect("readelf, which comes with the compiler");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn each_library(check: impl Fn(&Path)) {
    [bundle::clap(), bundle::vst3()].iter().for_each(|library| check(library));
}

#[test]
fn only_the_c_library_is_wanted() {
    const SYSTEM: [&str; 4] = ["libc.so.", "libm.so.", "libgcc_s.so.", "ld-linux"];
    each_library(|library| {
        let dynamic = readelf("--dynamic", library);
        let wanted: Vec<_> = dynamic
            .lines()
            .filter(|line| line.contains("(NEEDED)"))
            .filter_map(|line| line.split(['[', ']']).nth(1))
            .collect();
        assert!(wanted.iter().any(|name| name.starts_with("libc.so.")), "{dynamic}");
        for name in wanted {
            let known = SYSTEM.iter().any(|system| name.starts_with(system));
            assert!(known, "{} wants {name}", library.display());
        }
    });
}

#[test]
fn nothing_of_ffmpeg_is_exported() {
    each_library(|library| {
        let symbols = readelf("--dyn-syms", library);
        let defined = symbols.lines().filter_map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            match fields[..] {
                [_, _, _, _, _, _, section, name, ..] if section != "UND" => Some(name),
                _ => None,
            }
        });
        let ours = |name: &str| {
            name.starts_with("busbar_probe_")
                || ["Name", "clap_entry", "GetPluginFactory", "ModuleEntry", "ModuleExit"]
                    .contains(&name)
        };
        let foreign: Vec<_> = defined.filter(|name| !ours(name)).collect();
        assert!(foreign.is_empty(), "{} exports {foreign:?}", library.display());
        assert!(symbols.contains("clap_entry"), "{symbols}");
    });
}
