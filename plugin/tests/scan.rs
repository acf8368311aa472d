//! `busbar scan` as a program: what it writes, what it says, and what it ends with.

use std::f64::consts::TAU;
use std::fs;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use busbar_media::Cancel;
use busbar_media::scan::{Options, Record, scan};
use busbar_tests::files::Folder;
use serde_json::Value;

const FIELDS: [&str; 15] = [
    "path",
    "ok",
    "error",
    "codec",
    "duration_s",
    "sample_rate",
    "channels",
    "complete",
    "integrated_lufs",
    "loudness_range_lu",
    "max_momentary_lufs",
    "max_short_term_lufs",
    "true_peak_dbtp",
    "sample_peak_dbfs",
    "plr_db",
];

/// The command in this folder, which is also the user's home.
fn command(folder: &Folder, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_busbar"));
    command.args(words).current_dir(folder.root()).env("HOME", folder.root());
    command.env_remove("XDG_CONFIG_HOME").env_remove("DISPLAY").stdin(Stdio::null());
    command
}

fn run(folder: &Folder, words: &[&str]) -> Output {
    command(folder, &[&["scan"], words].concat()).output().unwrap()
}

fn out(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

fn said(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

/// Some seconds of a tone on both sides, with its top at a level in decibels.
fn tone(folder: &Folder, name: &str, level: f64, seconds: f64) -> PathBuf {
    let gain = 10f64.powf(level / 20.0);
    let frames = (seconds * 48_000.0) as usize;
    let sample = |frame| (gain * (TAU * 997.0 * frame as f64 / 48_000.0).sin()) as f32;
    let side: Vec<f32> = (0..frames).map(sample).collect();
    folder.wav(name, 48_000, &[side.clone(), side])
}

fn measured(path: &Path) -> Record {
    let mut records = Vec::new();
    let each = |record| {
        records.push(record);
        ControlFlow::Continue(())
    };
    scan([path.to_owned()], &Options::default(), &Cancel::new(), each).unwrap();
    records.remove(0)
}

fn objects(output: &Output) -> Vec<Value> {
    out(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows of a table as RFC 4180 has it.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut text) = (false, text.chars().peekable());
    while let Some(c) = text.next() {
        match c {
            '"' if quoted && text.peek() == Some(&'"') => cell.extend(text.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(text.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(!quoted && row.is_empty() && cell.is_empty(), "cut off");
    rows
}

/// A folder of files that are fine, and files that are not.
fn mixed() -> Folder {
    let folder = Folder::new();
    fs::create_dir(folder.path("set")).unwrap();
    tone(&folder, "set/a.wav", -20.0, 4.0);
    fs::write(folder.path("set/b, \"bad\".wav"), "no song").unwrap();
    tone(&folder, "set/c \"q\",\nzwei.wav", -23.0, 4.0);
    tone(&folder, "set/é–日本.wav", -30.0, 4.0);
    folder
}

#[test]
fn json_has_its_fields_in_order_and_the_numbers_of_the_measurement() {
    let folder = mixed();
    let flac = folder.path("set/z.flac");
    let wav = folder.path("set/a.wav");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-i"]).arg(wav).arg(flac);
    assert!(ffmpeg.status().expect("the program ffmpeg").success());
    let output = run(&folder, &["--json", "--jobs", "3", "set", "set/a.wav", "none.wav"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let objects = objects(&output);
    let expected = [
        "set/a.wav",
        "set/b, \"bad\".wav",
        "set/c \"q\",\nzwei.wav",
        "set/z.flac",
        "set/é–日本.wav",
        "set/a.wav",
        "none.wav",
    ];
    let paths: Vec<_> = objects.iter().map(|object| object["path"].as_str().unwrap()).collect();
    assert_eq!(paths, expected);
    for (line, name) in out(&output).lines().zip(expected) {
        let record = Record { path: name.to_owned(), ..measured(&folder.path(name)) };
        assert_eq!(line, serde_json::to_string(&record).unwrap());
        let places = FIELDS.map(|field| line.find(&format!("\"{field}\":")).expect(field));
        assert!(places.is_sorted(), "{line}");
    }
    assert_eq!(objects[0].as_object().unwrap().len(), FIELDS.len());
    assert!((objects[0]["integrated_lufs"].as_f64().unwrap() + 20.0).abs() < 0.1);
    assert!(said(&output).contains("7 files") && said(&output).contains("2 failed"));
}

#[test]
fn csv_can_be_read_back() {
    let folder = mixed();
    let output = run(&folder, &["--csv", "set"]);
    assert_eq!(output.status.code(), Some(1));
    let rows = rows(out(&output));
    assert_eq!(rows[0], FIELDS);
    assert_eq!(rows.len(), 5);
    for (row, object) in rows[1..].iter().zip(objects(&run(&folder, &["--json", "set"]))) {
        for (cell, field) in row.iter().zip(FIELDS) {
            let same = match &object[field] {
                Value::Null => cell.is_empty(),
                Value::String(text) => cell == text,
                // Both say all digits; `serde_json` reads them to the last but one.
                Value::Number(number) => {
                    (cell.parse::<f64>().unwrap() - number.as_f64().unwrap()).abs() < 1e-12
                }
                Value::Bool(flag) => cell.parse() == Ok(*flag),
                other => panic!("{field}: {other}"),
            };
            assert!(same, "{field}: {cell:?}, {}", object[field]);
        }
    }
}

#[test]
fn people_get_a_line_for_each_file_with_errors_in_place() {
    let folder = mixed();
    std::os::unix::fs::symlink("circle.wav", folder.path("circle.wav")).unwrap();
    let output = run(&folder, &["set", "circle.wav", "set/a.wav/none.wav"]);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<_> = out(&output).lines().collect();
    assert_eq!(lines.len(), 7, "{lines:#?}");
    for (line, words) in lines.iter().zip([
        &["LUFS", "LRA", "dBTP", "PLR", "time", "file"][..],
        &["−20.0", "0:00:04.0", "set/a.wav"],
        &["failed set/b, \"bad\".wav: "],
        &["−23.0", "set/c \"q\",\\nzwei.wav"],
        &["−30.0", "set/é–日本.wav"],
        &["failed circle.wav: "],
        &["failed set/a.wav/none.wav: "],
    ]) {
        assert!(words.iter().all(|word| line.contains(word)), "{line}");
    }
    let fine = run(&folder, &["set/a.wav"]);
    assert_eq!(fine.status.code(), Some(0));
    assert!(!said(&fine).contains('\r') && said(&fine).contains("1 file, 0:00:04.0"));
}

#[test]
fn targets_are_met_as_they_are_rounded() {
    let folder = Folder::new();
    let base = measured(&tone(&folder, "base.wav", -23.0, 4.0)).integrated_lufs.unwrap();
    for (target, loudness, passes) in [
        ("ebu-r128", -22.752, true),
        ("ebu-r128", -22.748, false),
        ("ebu-r128", -23.248, true),
        ("ebu-r128", -23.252, false),
        ("atsc-a85", -22.0, true),
        ("apple-podcasts", -22.0, false),
        ("aes-speech", -18.0, true),
    ] {
        tone(&folder, "edge.wav", -23.0 + loudness - base, 4.0);
        let output = run(&folder, &["--json", "--target", target, "edge.wav"]);
        let object = &objects(&output)[0];
        let found = object["integrated_lufs"].as_f64().unwrap();
        assert!((found - loudness).abs() < 0.001, "{found}, {loudness}");
        assert_eq!(object["pass"].as_bool(), Some(passes), "{object}");
        assert_eq!(object["target"].as_str(), Some(target));
        assert_eq!(output.status.code(), Some(i32::from(!passes)), "{object}");
        assert!(said(&output).contains("rounded to 0.1"));
    }
    tone(&folder, "quiet.wav", -20.0, 4.0);
    let output = run(&folder, &["--target", "youtube", "quiet.wav"]);
    assert!(output.status.success() && out(&output).contains(" 0.0 dB "), "{}", out(&output));
    let output = run(&folder, &["--target", "spotify", "--csv", "quiet.wav"]);
    let rows = rows(out(&output));
    assert_eq!(rows[1][15..], ["spotify", "", "6", ""], "{rows:?}");
    // Each file may be quieter, but not all of them.
    let output = run(&folder, &["--target", "aes-album", "quiet.wav"]);
    assert!(out(&output).contains("pass") && said(&output).contains("the loudest file"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_file_that_is_cut_off_does_not_pass() {
    let folder = Folder::new();
    let bytes = fs::read(tone(&folder, "cut.wav", -23.0, 8.0)).unwrap();
    fs::write(folder.path("cut.wav"), &bytes[..bytes.len() / 2]).unwrap();
    let output = run(&folder, &["--target", "ebu-r128", "cut.wav"]);
    assert!(out(&output).contains("FAIL") && said(&output).contains("1 not whole"), "{output:?}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn dual_mono_is_three_louder() {
    let folder = Folder::new();
    tone(&folder, "both.wav", -20.0, 4.0);
    let mono = ["-i", "both.wav", "-af", "pan=mono|c0=c0", "-c:a", "pcm_f32le", "mono.wav"];
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin"]).args(mono).current_dir(folder.root());
    assert!(ffmpeg.status().expect("the program ffmpeg").success());
    let loudness = |words: &[&str]| {
        let output = run(&folder, &[&["--json"], words].concat());
        objects(&output)[0]["integrated_lufs"].as_f64().unwrap()
    };
    let both = loudness(&["both.wav"]);
    assert!((loudness(&["mono.wav"]) - (both - 3.01)).abs() < 0.01);
    assert!((loudness(&["--dual-mono", "mono.wav"]) - both).abs() < 0.001);
    assert_eq!(loudness(&["--dual-mono", "both.wav"]), both);
}

#[test]
fn what_is_not_understood_is_said_with_what_to_do() {
    let folder = mixed();
    fs::write(folder.path("bad.toml"), "version = 1\n\n[[target]]\nname = 'x'\nbogus = 1").unwrap();
    fs::write(folder.path("good.toml"), own("mine")).unwrap();
    let target = ["--target", "mine", "--targets"];
    for (words, parts) in [
        (&[][..], &["Name files", "busbar help"][..]),
        (&["--loud", "set"], &["--loud"]),
        (&["--target", "mine", "set"], &["--target mine", "ebu-r128", "youtube"]),
        (&["--target", "netflix", "set"], &["Netflix", "cannot be judged", "dialogue"]),
        (&[&target[..], &["bad.toml", "set"]].concat(), &["bad.toml", "line 5", "bogus"]),
        (&[&target[..], &["none.toml", "set"]].concat(), &["none.toml", "no such file"]),
        (&[&target[..], &["set", "set"]].concat(), &["targets in set cannot be used"]),
    ] {
        let output = run(&folder, words);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
        assert!(out(&output).is_empty() && parts.iter().all(|it| said.contains(it)), "{said}");
    }
    fs::create_dir(folder.path("empty")).unwrap();
    let output = run(&folder, &["empty"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("nothing to measure"));
}

fn own(name: &str) -> String {
    format!(
        "version = 1\n[[target]]\nname = '{name}'\ntitle = 'Mine'\nkind = 'delivery'\n\
         integrated = -20\ntolerance = 0.5\n"
    )
}

#[test]
fn targets_of_ones_own_are_used_and_those_built_in_are_printed() {
    let folder = mixed();
    fs::write(folder.path("given.toml"), own("given")).unwrap();
    let given = ["--target", "given", "--targets", "given.toml", "set/a.wav"];
    assert_eq!(run(&folder, &given).status.code(), Some(0));
    if cfg!(target_os = "linux") {
        fs::create_dir_all(folder.path(".config/busbar")).unwrap();
        fs::write(folder.path(".config/busbar/targets.toml"), own("mine")).unwrap();
        let status = |target, file| run(&folder, &["--target", target, file]).status.code();
        assert_eq!(status("mine", "set/a.wav"), Some(0));
        assert_eq!(status("mine", "set/é–日本.wav"), Some(1));
        assert_eq!(status("ebu-r128", "set/a.wav"), Some(2), "the user's take their place");
        assert_eq!(run(&folder, &given).status.code(), Some(0));
    }
    let printed = command(&folder, &["targets"]).output().unwrap();
    fs::write(folder.path("printed.toml"), &printed.stdout).unwrap();
    let words = ["--target", "ebu-r128", "--targets", "printed.toml", "set/a.wav"];
    assert_eq!(run(&folder, &words).status.code(), Some(1));
}

/// Far more than a pipe holds, so that it waits in the middle.
fn endless(folder: &Folder) -> Child {
    tone(folder, "long.wav", -20.0, 20.0);
    let words = [vec!["scan", "--json"], vec!["long.wav"; 4_000]].concat();
    let mut command = command(folder, &words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_leaves_whole_lines_and_says_how_far_it_got() {
    let folder = Folder::new();
    let mut child = endless(&folder);
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    lines.read_line(&mut text).unwrap();
    let id = i32::try_from(child.id()).unwrap();
    // SAFETY: our child, which has not been waited for.
    assert_eq!(unsafe { libc::kill(id, libc::SIGINT) }, 0);
    std::io::Read::read_to_string(&mut lines, &mut text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert!(text.ends_with('\n'));
    let told = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told = told.inspect(|object| assert_eq!(object["ok"], true)).count();
    let files = if told == 1 { "file," } else { "files," };
    assert!(told < 4_000 && said(&output).contains(&format!("stopped after {told} {files}")));
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let folder = Folder::new();
    let mut child = endless(&folder);
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    drop(lines);
    assert!(serde_json::from_str::<Value>(&line).is_ok());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), said(&output)), (Some(0), ""));
}
