//! The loader leaves nothing behind. Alone in its file, because it measures the whole process.

mod common;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use busbar_dsp::SampleRate;
use busbar_media::loader::Options;
use busbar_media::{Job, Loader, Priority, Status};
use common::gate::{settle, until};
use common::{Numbers, STEREO, ffmpeg, folder, reference};

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Open files, and memory in kB, once there are no more threads than so many: the system lists a
/// thread for a moment after it has been joined.
fn footprint(bare: usize) -> (usize, u64) {
    until(|| threads() <= bare);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    let memory = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    (fs::read_dir("/proc/self/fd").unwrap().count(), memory)
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
    // The allocator's own ups and downs are larger than any leak: the least of a few counts.
    let mut least = || {
        let after = (0..3).map(|_| {
            turn(&mut numbers, 1_000);
            footprint(bare)
        });
        after.reduce(|a, b| (a.0.max(b.0), a.1.min(b.1))).unwrap()
    };
    least();
    let (before, after) = (least(), least());
    println!("3,000 loads: {before:?}, then {after:?}");
    assert_eq!(after.0, before.0, "open files");
    assert!(after.1 < before.1 + 2_048, "memory: {} kB, then {} kB", before.1, after.1);

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
    assert!(after.1 < before.1 + 2_048, "memory: {} kB, then {} kB", before.1, after.1);
    assert!(longest < Duration::from_secs(2));
    assert_eq!(Loader::left_behind(), 0);
}
