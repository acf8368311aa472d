//! `busbar picture` as a program: what it writes, and what it says when it cannot.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("busbar-picture-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// Runs the command in this folder, where neither a display nor anything else is to be found.
    fn picture(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_busbar"));
        command.arg("picture").args(line.split_whitespace()).current_dir(&self.0);
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        command.output().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A second of a square wave, on both sides.
fn tone() -> Vec<u8> {
    const BYTES: u32 = 48_000 * 4;
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + BYTES).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    wav.extend([1, 0, 2, 0]);
    wav.extend(48_000u32.to_le_bytes());
    wav.extend(BYTES.to_le_bytes());
    wav.extend([4, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend(BYTES.to_le_bytes());
    for frame in 0..48_000 {
        let sample: i16 = if frame / 50 % 2 == 0 { 8_000 } else { -8_000 };
        wav.extend([sample, sample].map(i16::to_le_bytes).as_flattened());
    }
    wav
}

#[test]
fn the_same_command_gives_the_same_bytes_in_every_process() {
    let folder = Folder::new("same");
    fs::write(folder.0.join("tone.wav"), tone()).unwrap();
    let session = "version = 1\n[[deck]]\npath = 'tone.wav'\nlooping = true\n";
    fs::write(folder.0.join("session.toml"), session).unwrap();
    let picture = |line: &str, name: &str| {
        let output = folder.picture(&format!("{line} -o {name}"));
        assert!(output.status.success(), "{output:?}");
        fs::read(folder.0.join(name)).unwrap()
    };
    let size = "--size 900x560 --seconds";
    let one = picture(&format!("session.toml {size} 1.5"), "one.png");
    assert!(one == picture(&format!("session.toml {size} 1.5"), "two.png"));
    assert!(one != picture(&format!("session.toml {size} 0"), "three.png"), "the deck is heard");
}

#[test]
fn what_goes_wrong_is_said_with_what_to_do() {
    let folder = Folder::new("wrong");
    fs::write(folder.0.join("bad.toml"), "version = 1\nbypas = true").unwrap();
    for (line, code, words) in [
        ("", 2, ["-o OUT.png", "busbar help"]),
        ("-o a.png --scale 7", 2, ["--scale 7", "1 or 2"]),
        ("none.toml -o a.png", 1, ["none.toml", "cannot open"]),
        ("bad.toml -o a.png", 1, ["bad.toml", "line 2"]),
        ("-o none/a.png --size 900x560 --seconds 0", 1, ["none/a.png", "another place with -o"]),
    ] {
        let output = folder.picture(line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{line}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{line}: {said}");
        assert!(!folder.0.join("a.png").exists(), "{line}");
    }
}
