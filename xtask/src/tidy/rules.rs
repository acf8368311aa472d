//! The rules about single files. Each is a line of a table where it can be.

use super::Findings;
use super::source::Source;

/// Names that may not occur in some part of the workspace.
struct Ban {
    names: &'static [&'static str],
    applies: fn(&Source) -> bool,
    in_tests: bool,
    advice: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        names: &["nih_plug", "nice_plug", "nih_plug_egui", "nice_plug_egui", "egui", "baseview"],
        applies: |source| !source.is_in(&["plugin/"]),
        in_tests: true,
        advice: "only plugin/ knows the plug-in framework and the editor's toolkit",
    },
    Ban {
        names: &["ffmpeg_sys_the_third"],
        applies: |source| !source.is_in(&["media/src/ffmpeg"]),
        in_tests: true,
        advice: "only media/src/ffmpeg knows FFmpeg: use what it offers",
    },
    Ban {
        names: &["unsafe"],
        applies: |source| source.is_in(&["media/"]) && !source.is_in(&["media/src/ffmpeg"]),
        in_tests: true,
        advice: "media's unsafe code lives in media/src/ffmpeg only",
    },
    Ban {
        names: &["std::fs", "std::net", "std::path", "std::thread", "Mutex", "RwLock", "Condvar"],
        applies: |source| source.is_in(&["dsp/"]),
        in_tests: false,
        advice: "dsp/ has no I/O, paths, threads or locks: pass it what it needs",
    },
    Ban {
        names: &[
            "std::fs",
            "std::net",
            "std::path",
            "std::thread",
            "Mutex",
            "RwLock",
            "Condvar",
            "print!",
            "println!",
            "eprint!",
            "eprintln!",
            "busbar_media",
            "ffmpeg_sys_the_third",
        ],
        // What is handed off has another side too, which may wait.
        applies: |source| source.is_in(&["engine/"]) && !source.is_in(&["engine/src/handoff/"]),
        in_tests: false,
        advice: "engine/ runs on the audio thread: no files, threads, locks, printing or media",
    },
    Ban {
        names: &["todo!", "unimplemented!", "dbg!", "#[ignore"],
        applies: |_| true,
        in_tests: true,
        advice: "finish it, or take it out",
    },
    Ban {
        names: &["thread::spawn"],
        applies: |_| true,
        in_tests: true,
        advice: "give every thread a name with std::thread::Builder, so that it can be told apart in a debugger",
    },
];

/// Names where they do not belong.
pub fn bans(sources: &[Source], findings: &mut Findings) {
    for source in sources.iter().filter(|source| source.is_rust()) {
        for ban in BANS.iter().filter(|ban| (ban.applies)(source)) {
            for name in ban.names {
                for line in source.lines_with(name) {
                    if ban.in_tests || !source.is_test(line) {
                        findings.add(&source.path, line, &format!("`{name}`: {}", ban.advice));
                    }
                }
            }
        }
    }
}

const LINES: usize = 450;
const LINES_WITH_A_REASON: usize = 600;

/// Files that one can still read.
pub fn length(sources: &[Source], findings: &mut Findings) {
    for source in sources.iter().filter(|source| source.is_rust()) {
        let lines = source.text.lines().count();
        let has_reason = source.text.lines().any(|line| line.trim_start().starts_with("// long:"));
        if lines > LINES_WITH_A_REASON {
            findings.add(
                &source.path,
                lines,
                &format!("over {LINES_WITH_A_REASON} lines: split it by concept"),
            );
        } else if lines > LINES && !has_reason {
            let advice = format!(
                "over {LINES} lines: split it, or give the reason in a comment `// long: …`"
            );
            findings.add(&source.path, lines, &advice);
        }
    }
}

/// Every piece of unsafe code says why it is sound, every unsafe function what it asks for.
pub fn safety(sources: &[Source], findings: &mut Findings) {
    for source in sources.iter().filter(|source| source.is_rust()) {
        let text: Vec<&str> = source.text.lines().collect();
        for (line, code) in source.code_lines() {
            let code = code.trim();
            if (code.contains("unsafe {") || code.starts_with("unsafe impl"))
                && !has_reason(&text, line)
            {
                findings.add(
                    &source.path,
                    line,
                    "unsafe code without a `// SAFETY:` comment that says why it is sound",
                );
            }
            let is_public =
                code.starts_with("pub") && code.contains("unsafe") && code.contains("fn ");
            if is_public && !docs_above(&text, line).any(|doc| doc.contains("# Safety")) {
                findings.add(
                    &source.path,
                    line,
                    "an unsafe function without `# Safety` in its documentation",
                );
            }
        }
    }
}

/// Looks for the reason on the line itself and above it: three lines of code may stand in between,
/// and as many of comment as the reason needs.
fn has_reason(text: &[&str], line: usize) -> bool {
    const CODE_BETWEEN: usize = 3;
    let mut code_seen = 0;
    for line in text[..line].iter().rev() {
        if line.contains("// SAFETY:") {
            return true;
        }
        if !line.trim_start().starts_with("//") {
            code_seen += 1;
        }
        // The first is the unsafe line itself.
        if code_seen > 1 + CODE_BETWEEN {
            return false;
        }
    }
    false
}

/// The documentation and attributes directly above a line.
fn docs_above<'a>(text: &'a [&'a str], line: usize) -> impl Iterator<Item = &'a str> {
    text[..line - 1].iter().rev().map(|line| line.trim_start()).take_while(|line| {
        line.starts_with("///") || line.starts_with("#[") || line.starts_with("//")
    })
}

/// Paths that exist on one machine only. Written in pieces, or this file would break its own rule.
const PRIVATE_PATHS: &[&str] =
    &[concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/"), concat!("/wo", "rk/")];

/// Nothing in the project knows where it lies.
pub fn paths(sources: &[Source], findings: &mut Findings) {
    for source in sources {
        for (index, line) in source.text.lines().enumerate() {
            for private in PRIVATE_PATHS.iter().filter(|private| starts_a_path(line, private)) {
                findings.add(
                    &source.path,
                    index + 1,
                    &format!("`{private}` is a path of one machine: leave it out"),
                );
            }
        }
    }
}

/// Whether a path begins there, rather than goes on.
fn starts_a_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '}'))
    })
}
