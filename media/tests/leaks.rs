//! Decoders leave nothing behind. Alone in its file, because it measures the whole process.

mod common;

use std::fs;
use std::path::PathBuf;

use busbar_media::{Cancel, Decoder, Limits, Planar};
use common::{STEREO, decode, ffmpeg, folder, reference};

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// The memory that this process has now, in kB.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Decodes whole files, drops decoders before and after their first block, and fails to open.
fn use_decoders(files: &[PathBuf], broken: &[PathBuf], turns: usize) {
    let mut block = Planar::new();
    for _ in 0..turns {
        for file in files {
            decode(file).unwrap();
            drop(Decoder::open(file, &Limits::default(), &Cancel::new()).unwrap());
            Decoder::open(file, &Limits::default(), &Cancel::new())
                .and_then(|mut decoder| decoder.read(&mut block))
                .unwrap();
        }
        for file in broken {
            assert!(Decoder::open(file, &Limits::default(), &Cancel::new()).is_err());
        }
    }
}

#[test]
fn decoders_leave_nothing_behind() {
    let folder = folder("leaks");
    let source = reference(&folder, &STEREO, 9_600, 48_000);
    let mut files = Vec::new();
    let mut broken = Vec::new();
    for name in ["a.wav", "a.flac", "a.mp3", "a.m4a", "a.ogg", "a.ac3", "a.mkv"] {
        let file = folder.join(name);
        ffmpeg(&["-i", source.to_str().unwrap()], &file);
        let stub = folder.join(format!("stub-{name}"));
        fs::write(&stub, &fs::read(&file).unwrap()[..20]).unwrap();
        files.push(file);
        broken.push(stub);
    }
    use_decoders(&files, &broken, 20);
    let before = (open_files(), memory());
    use_decoders(&files, &broken, 100);
    let after = (open_files(), memory());
    assert_eq!(after.0, before.0, "open files");
    // A lost packet, the smallest thing there is to lose, is 100 bytes for each of 2,800 decoders.
    assert!(after.1 < before.1 + 160, "memory: {} kB, then {} kB", before.1, after.1);
    println!("{before:?} {after:?}");
}
