//! A Rust file as the rules see it: what is code, what is said about it, and what is only tested.

use std::ops::Range;

/// A file of the workspace, by its path from the top with forward slashes.
pub struct Source {
    pub path: String,
    pub text: String,
    /// The text with comments and the insides of literals blanked, line by line the same.
    code: String,
    /// Every path that a `use` brings in, written out, with its line.
    uses: Vec<(usize, String)>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let code = if path.ends_with(".rs") { blank(text) } else { String::new() };
        let uses = uses(&code);
        Self { path: path.to_owned(), text: text.to_owned(), code, uses }
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it lies in one of the folders, which are written with a slash at the end.
    pub fn is_in(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }

    /// The lines of code, counted from 1.
    pub fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The lines on which a name occurs as a whole, be it part of a path or of a grouped `use`.
    pub fn lines_with(&self, name: &str) -> Vec<usize> {
        let plain =
            self.code_lines().filter(|(_, line)| has_word(line, name)).map(|(line, _)| line);
        let used = self.uses.iter().filter(|(_, path)| has_word(path, name)).map(|&(line, _)| line);
        let mut lines: Vec<_> = plain.chain(used).collect();
        lines.sort_unstable();
        lines.dedup();
        lines
    }

    /// Whether a line is only compiled for tests: those stand at the end of a file, or in files of
    /// their own.
    pub fn is_test(&self, line: usize) -> bool {
        let file = self.path.rsplit('/').next().unwrap_or_default();
        file == "tests.rs"
            || self.path.contains("/tests/")
            || self.code_lines().take(line).any(|(_, line)| line.trim() == "#[cfg(test)]")
    }
}

/// Whether `name` occurs in `text` and is not part of a longer name.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(start, _)| {
        let end = start + name.len();
        let opens = name.starts_with(is_part) && text[..start].ends_with(is_part);
        let goes_on = name.ends_with(is_part) && text[end..].starts_with(is_part);
        !opens && !goes_on
    })
}

/// Blanks comments and the insides of literals, so that what is said is not taken for what is done.
fn blank(text: &str) -> String {
    let mut code: Vec<u8> = text.bytes().collect();
    let mut at = 0;
    while at < text.len() {
        let hidden = hidden_at(text, at);
        for byte in &mut code[hidden.clone()] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = hidden.end.max(at + 1);
    }
    // Only whole literals and comments were blanked, so what is left is as valid as before.
    String::from_utf8_lossy(&code).into_owned()
}

/// What to blank of the comment or literal that starts here; empty, and no further on, if none does.
fn hidden_at(text: &str, at: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let rest = &bytes[at..];
    let starts_word = at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    let until = |from: usize, end: &str| find(bytes, from, end).unwrap_or(text.len());
    if rest.starts_with(b"//") {
        return at..until(at, "\n");
    }
    if rest.starts_with(b"/*") {
        return at..block_comment_end(bytes, at);
    }
    if rest[0] == b'r' && (starts_word || (at > 0 && matches!(bytes[at - 1], b'b' | b'c'))) {
        let hashes = rest[1..].iter().take_while(|&&byte| byte == b'#').count();
        if rest.get(1 + hashes) == Some(&b'"') {
            let start = at + 2 + hashes;
            return start..until(start, &format!("\"{}", "#".repeat(hashes))) + 1 + hashes;
        }
    }
    match rest[0] {
        // The closing quote goes as well, or it would be taken for the next opening one.
        b'"' => at + 1..quoted_end(bytes, at, b'"'),
        // A lifetime has no closing quote after its first letter.
        b'\'' if rest.get(1) == Some(&b'\\') => at + 1..quoted_end(bytes, at, b'\''),
        b'\'' => match text[at + 1..].char_indices().nth(1) {
            Some((length, '\'')) => at + 1..at + 2 + length,
            _ => at..at,
        },
        _ => at..at,
    }
}

fn find(bytes: &[u8], from: usize, what: &str) -> Option<usize> {
    let found =
        bytes.get(from..)?.windows(what.len()).position(|window| window == what.as_bytes())?;
    Some(from + found)
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn quoted_end(bytes: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Writes out what each `use` brings in: `use std::{fs, io::Read}` is `std::fs` and `std::io::Read`.
fn uses(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut offset = 0;
    for (index, line) in code.lines().enumerate() {
        let start = line.trim_start();
        let statement =
            start.strip_prefix("use ").or_else(|| start.split_once(" use ").map(|(_, rest)| rest));
        let begins = start.starts_with("use ") || start.starts_with("pub");
        if let (true, Some(statement)) = (begins, statement) {
            let from = offset + line.len() - statement.len();
            let whole = &code[from..find(code.as_bytes(), from, ";").unwrap_or(code.len())];
            let flat: String = whole.chars().filter(|c| !c.is_whitespace()).collect();
            found.extend(expand("", &flat).into_iter().map(|path| (index + 1, path)));
        }
        offset += line.len() + 1;
    }
    found
}

fn expand(prefix: &str, tree: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in tree.char_indices().chain([(tree.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let item = &tree[start..at];
                start = at + 1;
                match item.split_once('{') {
                    Some((path, group)) => {
                        let group = group.strip_suffix('}').unwrap_or(group);
                        paths.extend(expand(&format!("{prefix}{path}"), group));
                    }
                    None => paths.push(format!("{prefix}{item}")),
                }
            }
            _ => {}
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        for (text, code) in [
            ("a // b", "a     "),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"f("unsafe \" x") y"#, r#"f("            ) y"#),
            ("r#\"a\"b\"# z", "r#\"      z"),
            ("'a' 'x: &'static str", "'   'x: &'static str"),
            (r"'\'' '\n' b", r"'    '    b"),
            ("\"é\" b", "\"    b"),
        ] {
            assert_eq!(blank(text), code, "{text}");
        }
    }

    #[test]
    fn names_are_found_whole() {
        let source = Source::new(
            "a.rs",
            "use std::{\n    fs,\n    io::{Read, Write},\n};\nfn fsx() {}\n// fs\n",
        );
        assert_eq!(source.lines_with("std::fs"), [1]);
        assert_eq!(source.lines_with("std::io::Write"), [1]);
        assert_eq!(source.lines_with("fs"), [1, 2]);
    }

    #[test]
    fn tests_are_told_from_code() {
        let source = Source::new("dsp/src/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests {}\n");
        assert!(!source.is_test(1) && source.is_test(3));
        assert!(Source::new("dsp/tests/b.rs", "").is_test(1));
    }
}
