//! The loader leaves nothing behind. Alone in its file, because it measures the whole process.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

mod common;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use busbar_dsp::SampleRate;
use busbar_media::loader::Options;
use busbar_media::{Job, Loader, Priority, Status};
use busbar_tests::memory;
use common::gate::{settle, until};
use common::{Numbers, STEREO, ffmpeg, folder, reference};

/// Bytes that may stay: less than a byte for each load, but tables grow.
const LEFT: usize = 16 << 10;

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Open files, and bytes that are allocated, by FFmpeg too, once there are no more threads than so
/// many: the system lists a thread for a moment after it has been joined.
fn footprint(bare: usize) -> (usize, usize) {
    until(|| threads() <= bare);
    (fs::read_dir("/proc/self/fd").unwrap().count(), memory::allocated())
}

/// A second of sound in several formats, and files that are none.
fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let source = reference(folder, &STEREO, 48_000, 48_000);
    let mut files = vec![folder.join("missing.wav"), folder.to_owned()];
    for name in ["a.wav", "a.flac", "a.mp3", "a.m4a", "a.ogg", "a.mkv"] {
        let file = folder.join(name);
        ffmpeg(&["-i", source.to_str().unwrap()], &file);
        let stub = folder.join(format!("stub-{name}"));
        fs::write(&stub, &fs::read(&file).unwrap()[..4_000]).unwrap();
        files.extend([file, stub]);
    }
    files
}

/// Loads at random; what was loaded is cancelled, dropped, played, or waited for at random.
fn use_loader(loader: &Loader, files: &[PathBuf], numbers: &mut Numbers, turns: usize) {
    const PRIORITIES: [Priority; 3] = [Priority::Background, Priority::Cued, Priority::Audible];
    let mut held: Vec<Job> = Vec::new();
    let mut played = Vec::new();
    for _ in 0..turns {
        let rate = [44_100.0, 48_000.0][numbers.below(2)];
        let file = &files[numbers.below(files.len())];
        let rate = SampleRate::new(rate).unwrap();
        held.push(loader.load(file, rate, PRIORITIES[numbers.below(3)]));
        let job = &held[numbers.below(held.len())];
        match numbers.below(8) {
            0 => job.cancel(),
            1 => drop(settle(job)),
            2 => job.raise(Priority::Audible),
            3 => played.extend(job.clip()),
            4 | 5 => drop(held.swap_remove(numbers.below(held.len()))),
            _ => {}
        }
        if held.len() > 24 {
            held.drain(..12);
        }
        if played.len() > 6 {
            played.clear();
        }
    }
}

#[test]
fn the_loader_leaves_nothing_behind() {
    let folder = folder("loader-leaks");
    let files = files(&folder);
    let mut numbers = Numbers::new(5);
    let bare = threads();
    let turn = |numbers: &mut Numbers, turns| {
        let loader = Loader::start(Options { workers: 3, ..Options::default() });
        use_loader(&loader, &files, numbers, turns);
    };
    // What is made once has been made by then.
    turn(&mut numbers, 1_000);
    let before = footprint(bare);
    turn(&mut numbers, 3_000);
    let after = footprint(bare);
    println!("3,000 loads: {before:?}, then {after:?}");
    assert_eq!(after.0, before.0, "open files");
    assert!(after.1 < before.1 + LEFT, "memory: {} bytes, then {}", before.1, after.1);

    // Started and ended again and again, with and without work, and each time at once.
    let mut longest = Duration::ZERO;
    let before = footprint(bare);
    for round in 0..200 {
        let loader = Loader::shared();
        let second = Loader::shared();
        assert!(Arc::ptr_eq(&loader, &second));
        drop(loader);
        let job = (round % 2 == 0).then(|| {
            let file = &files[numbers.below(files.len())];
            second.load(file, SampleRate::new(96_000.0).unwrap(), Priority::Cued)
        });
        if let Some(job) = job.as_ref().filter(|_| round % 4 == 0) {
            until(|| job.status() != Status::Waiting);
        }
        let start = Instant::now();
        drop(second);
        longest = longest.max(start.elapsed());
        drop(job);
    }
    let after = footprint(bare);
    println!("200 starts: {before:?}, then {after:?}; ended within {longest:?}");
    assert_eq!(after.0, before.0, "open files");
    assert!(after.1 < before.1 + LEFT, "memory: {} bytes, then {}", before.1, after.1);
    assert!(longest < Duration::from_secs(2));
    assert_eq!(Loader::left_behind(), 0);
}
