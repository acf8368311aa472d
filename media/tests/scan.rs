//! Scans: every file once, in order, whatever is wrong with some of them.

mod common;

use std::fs;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use busbar_media::Cancel;
use busbar_media::scan::{self, End, Options, Record, scan};
use common::gate::until;
use common::{Pcm, STEREO, ffmpeg, folder, music_wav, reference, signal, wav};

fn with_jobs(jobs: usize) -> Options {
    Options { jobs: NonZero::new(jobs).unwrap(), ..Options::default() }
}

fn records(paths: &[PathBuf], jobs: usize) -> Vec<Record> {
    let mut records = Vec::new();
    let each = |record| {
        records.push(record);
        ControlFlow::Continue(())
    };
    let paths = paths.iter().cloned();
    let end = scan(paths, &with_jobs(jobs), &Cancel::new(), each).unwrap();
    assert_eq!(end, End::Done);
    records
}

fn short(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, wav(Pcm::S16, 2, 48_000, &signal(&STEREO, 2_400, 48_000)).0).unwrap();
}

#[test]
fn folders_are_walked_in_order_and_without_what_is_no_sound() {
    let folder = folder("scan-walk");
    let names = ["a.wav", "b/1.wav", "b/2.wav", "b/c/deep.wav", "b/d.wav", "z.WAV"];
    for name in names {
        short(&folder.join(name));
    }
    for name in ["cover.jpg", "b/notes.txt", ".hidden.wav", "b/._2.wav", ".git/x.wav", "noname"] {
        short(&folder.join(name));
    }
    symlink(&folder, folder.join("b/circle")).unwrap();
    symlink(folder.join("a.wav"), folder.join("b/link.wav")).unwrap();
    symlink(folder.join("nowhere"), folder.join("b/dead.wav")).unwrap();
    fs::create_dir(folder.join("b/empty")).unwrap();
    let expected =
        ["a.wav", "b/1.wav", "b/2.wav", "b/c/deep.wav", "b/d.wav", "b/link.wav", "z.WAV"];
    let expected: Vec<_> = expected.map(|name| folder.join(name)).into();
    // What is given by name is looked at whatever it is called, and as often as it is given.
    let odd = [folder.join("noname"), folder.join("a.wav"), folder.join("noname")];
    let circle = [folder.join("b/circle")];
    for jobs in [1, 3] {
        let given = [&odd[..2], std::slice::from_ref(&folder), &odd[2..], &circle].concat();
        let records = records(&given, jobs);
        assert!(records.iter().all(|record| record.ok && record.complete), "{records:#?}");
        let found: Vec<_> = records.iter().map(|record| PathBuf::from(&record.path)).collect();
        let through: Vec<_> = expected
            .iter()
            .map(|path| circle[0].join(path.strip_prefix(&folder).unwrap()))
            .collect();
        assert_eq!(found, [&odd[..2], &expected, &odd[2..], &through].concat());
    }
}

#[test]
fn a_record_says_what_a_file_is_and_what_is_wrong_with_it() {
    let folder = folder("scan-records");
    let source = reference(&folder, &STEREO, 96_000, 48_000);
    let (good, cut) = (folder.join("good.flac"), folder.join("cut.flac"));
    ffmpeg(&["-i", source.to_str().unwrap()], &good);
    let bytes = fs::read(&good).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let text = folder.join("text.wav");
    fs::write(&text, "Dear neighbour, this is not a song. ".repeat(99)).unwrap();
    let missing = folder.join("missing.wav");
    let files = [good, missing, cut, text];
    let records = records(&files, 2);
    assert_eq!(records.len(), 4);
    for (record, file) in records.iter().zip(&files) {
        assert_eq!(record.path, file.to_str().unwrap());
    }
    let good = &records[0];
    assert!(good.ok && good.complete && good.error.is_none());
    assert_eq!(good.codec.as_deref(), Some("flac"));
    let form = (good.channels, good.sample_rate, good.duration_s);
    assert_eq!(form, (Some(2), Some(48_000.0), Some(2.0)));
    assert!((good.sample_peak_dbfs.unwrap() + 12.0).abs() < 0.01, "{good:?}");
    for (record, words) in [(&records[1], "no such file"), (&records[3], "not a kind of file")] {
        assert!(!record.ok && !record.complete && record.codec.is_none());
        assert!(record.error.as_ref().unwrap().contains(words), "{record:?}");
    }
    let cut = &records[2];
    assert!(cut.ok && !cut.complete, "{cut:?}");
    assert!(cut.duration_s.unwrap() < 2.0 && !cut.error.as_ref().unwrap().is_empty());
}

#[test]
fn a_line_is_json_of_all_fields_and_one_write() {
    let folder = folder("scan-lines");
    let file = folder.join("a \"quoted\"\nname.wav");
    fs::write(&file, wav(Pcm::S16, 1, 48_000, &[0.0; 4_800]).0).unwrap();
    struct Writes(Vec<Vec<u8>>);
    impl std::io::Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.push(bytes.to_vec());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut writes = Writes(Vec::new());
    for record in records(&[file.clone(), folder.join("none")], 1) {
        record.write_line(&mut writes).unwrap();
    }
    assert_eq!(writes.0.len(), 2);
    let fields = [
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
    for line in &writes.0 {
        let (end, line) = line.split_last().unwrap();
        assert!(*end == b'\n' && !line.contains(&b'\n'));
        let value: serde_json::Value = serde_json::from_slice(line).unwrap();
        let object = value.as_object().unwrap();
        assert!(
            object.len() == fields.len() && fields.iter().all(|name| object.contains_key(*name))
        );
        // Silence has no level that JSON could say.
        assert!(object["sample_peak_dbfs"].is_null());
    }
    let first: serde_json::Value = serde_json::from_slice(&writes.0[0]).unwrap();
    assert_eq!(first["path"].as_str(), file.to_str());
}

#[test]
fn a_scan_that_is_stopped_has_told_of_whole_files_in_order() {
    let folder = folder("scan-stopped");
    let long = music_wav(&folder, 2, 480_000, 48_000);
    let files = vec![long; 40];
    for (jobs, stop_after) in [(1, 3), (3, 0), (3, 7)] {
        let cancel = Cancel::new();
        if stop_after == 0 {
            cancel.cancel();
        }
        let mut lines = Vec::new();
        let mut told = 0;
        let each = |record: Record| {
            record.write_line(&mut lines).unwrap();
            told += 1;
            if told == stop_after {
                cancel.cancel();
            }
            ControlFlow::Continue(())
        };
        let end = scan(files.clone(), &with_jobs(jobs), &cancel, each).unwrap();
        assert_eq!((end, told), (scan::End::Stopped, stop_after));
        let whole = String::from_utf8(lines).unwrap();
        assert_eq!(whole.lines().count(), stop_after);
        for line in whole.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(record["complete"], true);
        }
    }
}

#[test]
fn whoever_ends_the_program_leaves_whole_lines() {
    const CHILD: &str = "BUSBAR_TEST_SCAN_INTO";
    if let Some(into) = std::env::var_os(CHILD) {
        return scan_for_ever(Path::new(&into));
    }
    let lines = folder("scan-killed").join("lines");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["whoever_ends_the_program_leaves_whole_lines", "--exact", "--nocapture"])
        .env(CHILD, &lines)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until(|| fs::read(&lines).is_ok_and(|bytes| bytes.len() > 5_000));
    child.kill().unwrap();
    child.wait().unwrap();
    let whole = fs::read_to_string(&lines).unwrap();
    assert!(whole.ends_with('\n'));
    for line in whole.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

/// More files than anybody waits for.
fn scan_for_ever(into: &Path) {
    let file = into.with_file_name("a.wav");
    short(&file);
    let mut lines = fs::File::create(into).unwrap();
    let each = |record: Record| match record.write_line(&mut lines) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    };
    let files = std::iter::repeat_n(file, 1_000_000);
    scan(files, &with_jobs(2), &Cancel::new(), each).unwrap();
}
