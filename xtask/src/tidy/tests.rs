//! For each rule: what it lets pass and what it does not.

use super::source::Source;
use super::{Findings, Rule, project, rules};

/// A rule, one file, and the lines on which the rule must find something.
struct Case {
    rule: Rule,
    path: &'static str,
    text: &'static str,
    lines: &'static [usize],
}

const fn case(rule: Rule, path: &'static str, text: &'static str, lines: &'static [usize]) -> Case {
    Case { rule, path, text, lines }
}

const HEADED: &str = "\n[workspace]\nmembers = [\"dsp\"]\n";

#[rustfmt::skip]
const CASES: &[Case] = &[
    case(rules::bans, "plugin/src/a.rs", "use nih_plug::prelude::*;", &[]),
    case(rules::bans, "engine/src/a.rs", "use nih_plug::prelude::*;", &[1]),
    case(rules::bans, "engine/src/a.rs", "// as egui does\nlet a = \"egui\";", &[]),
    case(rules::bans, "xtask/src/a.rs", "nice_plug_xtask::bundle();", &[]),
    case(rules::bans, "media/src/ffmpeg/a.rs", "use ffmpeg_sys_the_third as sys;\nunsafe { }", &[]),
    case(rules::bans, "media/src/a.rs", "use ffmpeg_sys_the_third as sys;\nunsafe { }", &[1, 2]),
    case(rules::bans, "dsp/src/a.rs", "use std::{f32, sync::Arc};", &[]),
    case(rules::bans, "dsp/src/a.rs", "use std::{fs, sync::{Arc, Mutex}};", &[1, 1]),
    case(rules::bans, "dsp/src/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests { use std::fs; }", &[]),
    case(rules::bans, "engine/src/a.rs", "print();", &[]),
    case(rules::bans, "engine/src/a.rs", "println!();", &[1]),
    case(rules::bans, "engine/tests/a.rs", "println!();", &[]),
    case(rules::bans, "tests/src/a.rs", "#[test]\nfn todo() {}", &[]),
    case(rules::bans, "tests/src/a.rs", "#[ignore = \"slow\"]\nfn a() { todo!() }", &[1, 2]),
    case(rules::bans, "plugin/src/a.rs", "std::thread::Builder::new().name(n).spawn(f)", &[]),
    case(rules::bans, "plugin/src/a.rs", "std::thread::spawn(f)", &[1]),
    case(rules::safety, "plugin/src/a.rs", "// SAFETY: it is ours\nunsafe { a() }", &[]),
    case(rules::safety, "plugin/src/a.rs", "// SAFETY: it is\n// ours\n// still\nlet b =\n    unsafe { a() };", &[]),
    case(rules::safety, "plugin/src/a.rs", "unsafe { a() }\nunsafe impl Send for A {}", &[1, 2]),
    case(rules::safety, "plugin/src/a.rs", "// SAFETY: far\na();\nb();\nc();\nd();\nunsafe { e() }", &[6]),
    case(rules::safety, "plugin/src/a.rs", "/// # Safety\n/// None.\n#[inline]\npub unsafe fn a() {}", &[]),
    case(rules::safety, "plugin/src/a.rs", "/// Does it.\npub unsafe fn a() {}", &[2]),
    case(rules::paths, "README.md", "/usr/lib ~/work/ network/work/", &[]),
    case(rules::paths, "README.md", concat!("in /wo", "rk/main\n(/ho", "me/me/)"), &[1, 2]),
    case(project::readme, "README.md", "`cargo xtask run`, `cargo xtask test`", &[]),
    case(project::readme, "README.md", "`cargo xtask run`", &[1]),
    case(project::links, "README.md", "[a](https://a.b/c) [b](Cargo.toml) [c](#top) [d](./README.md#x)", &[]),
    case(project::links, "README.md", "![a](docs/a.png) [b](Cargo.toml)\n[c](Cargo)", &[1, 2]),
    case(project::links, "docs/a.md", "[a](../Cargo.toml) [b](a.md) [c](../docs/) [d](..)", &[]),
    case(project::links, "docs/a.md", "[a](Cargo.toml)", &[1]),
    case(project::links, "docs/a.rs", "a[0](b)", &[]),
    case(project::changelog, "CHANGELOG.md", concat!("## [", env!("CARGO_PKG_VERSION"), "]"), &[]),
    case(project::changelog, "CHANGELOG.md", "## [0.0.0]", &[1]),
    case(project::architecture, "ARCHITECTURE.md", "| `dsp/` |", &[]),
    case(project::architecture, "ARCHITECTURE.md", "| `engine/` |", &[1]),
    case(project::descriptions, "dsp/Cargo.toml", "[package]\ndescription = \"a\"", &[]),
    case(project::descriptions, "dsp/Cargo.toml", "[package]", &[1]),
];

#[test]
fn rules_find_what_they_must_and_nothing_else() {
    for Case { rule, path, text, lines } in CASES {
        let mut findings = Findings::default();
        let sources = [Source::new("Cargo.toml", HEADED), Source::new(path, text)];
        rule(&sources, &mut findings);
        let mut found: Vec<usize> = findings.0.iter().map(|finding| line_of(finding)).collect();
        found.sort_unstable();
        assert_eq!(found, *lines, "{path}: {text}\n{:?}", findings.0);
    }
}

#[test]
fn long_files_need_a_reason_and_have_an_end() {
    for (lines, reason, found) in
        [(450, "", 0), (451, "", 1), (599, "// long: a table\n", 0), (600, "// long: a table\n", 1)]
    {
        let mut findings = Findings::default();
        rules::length(
            &[Source::new("dsp/src/a.rs", &(reason.to_owned() + &"a\n".repeat(lines)))],
            &mut findings,
        );
        assert_eq!(findings.0.len(), found, "{lines} {reason}");
    }
}

fn line_of(finding: &str) -> usize {
    finding.split(':').nth(1).and_then(|line| line.parse().ok()).unwrap_or_default()
}
