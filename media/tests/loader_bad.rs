//! Files that cannot be loaded, or not as a whole, and mistakes of our own: each says what it is,
//! and what is loaded beside it does not notice.

mod common;

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use busbar_dsp::{Growth, SampleRate};
use busbar_media::loader::{Moment, Options, Watch};
use busbar_media::{Job, Loader, MediaError, Priority, Reason, Shortfall, Stage, Status};
use common::gate::{Gate, settle};
use common::{Pcm, STEREO, decode, ffmpeg, folder, signal, wav};

const RATE: u32 = 48_000;

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn song() -> Vec<u8> {
    wav(Pcm::S16, 2, RATE, &signal(&STEREO, 2 * RATE as usize, RATE)).0
}

fn load(loader: &Loader, path: &Path) -> Job {
    loader.load(path, SampleRate::new(RATE.into()).unwrap(), Priority::Cued)
}

fn one_worker(watch: Watch) -> Loader {
    Loader::start(Options { workers: 1, watch: Some(watch), ..Options::default() })
}

fn failure(job: &Job) -> MediaError {
    match settle(job) {
        Status::Failed(error) => error,
        other => panic!("{}: {other:?}", job.path().display()),
    }
}

/// All of a good file has arrived, to the bit.
fn assert_whole(job: &Job) {
    assert_eq!(settle(job), Status::Complete);
    let clip = job.clip().unwrap();
    let expected = decode(job.path()).unwrap().channels;
    let (mut left, mut right) = (vec![0.0; expected[0].len()], vec![0.0; expected[0].len()]);
    assert_eq!(clip.read(0, &mut left, &mut right) as u64, clip.ready());
    assert!([left, right].as_slice() == expected);
}

#[test]
fn what_cannot_be_loaded_says_why_and_disturbs_nobody() {
    let folder = folder("loader-bad");
    let good = write(&folder, "good.wav", &song());
    let loader = Loader::start(Options { workers: 1, ..Options::default() });
    let pipe = folder.join("pipe.wav");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let silent = folder.join("silent.mp4");
    ffmpeg(&["-f", "lavfi", "-i", "testsrc=size=64x48:duration=1", "-c:v", "mpeg4"], &silent);
    let secret = write(&folder, "secret.wav", &song());
    fs::set_permissions(&secret, Permissions::from_mode(0o000)).unwrap();
    let text =
        write(&folder, "text.wav", "Dear neighbour, this is not a song. ".repeat(99).as_bytes());
    let mut bad = vec![
        (pipe, Stage::Open, Reason::NotAFile),
        (silent, Stage::Recognise, Reason::NoSound),
        (text, Stage::Recognise, Reason::UnknownFormat),
        (write(&folder, "empty.wav", b""), Stage::Open, Reason::Empty),
        (folder.join("missing.wav"), Stage::Open, Reason::Missing),
        (folder.clone(), Stage::Open, Reason::Folder),
        (PathBuf::from("/dev/zero"), Stage::Open, Reason::NotAFile),
    ];
    // Root may read everything.
    if File::open(&secret).is_err() {
        bad.push((secret, Stage::Open, Reason::Forbidden));
    }
    let before = load(&loader, &good);
    let jobs: Vec<_> = bad.iter().map(|(path, ..)| load(&loader, path)).collect();
    let beside = load(&loader, &good);
    for (job, (path, stage, reason)) in jobs.iter().zip(&bad) {
        let error = failure(job);
        assert_eq!((&error.path, error.stage, &error.reason), (path, *stage, reason));
        let words = error.to_string();
        assert!(words.contains(&*path.to_string_lossy()) && words.contains(reason.advice()));
        if let Some(clip) = job.clip() {
            assert_eq!((clip.growth(), clip.ready()), (Growth::CutOff, 0));
        }
    }
    assert_whole(&before);
    assert_whole(&beside);
}

#[test]
fn what_is_truncated_plays_as_far_as_it_goes() {
    let folder = folder("loader-truncated");
    let whole = write(&folder, "whole.wav", &song());
    let flac = folder.join("whole.flac");
    ffmpeg(&["-i", whole.to_str().unwrap()], &flac);
    let loader = Loader::start(Options::default());
    for file in [&whole, &flac] {
        let bytes = fs::read(file).unwrap();
        let name = format!("cut-{}", file.file_name().unwrap().to_str().unwrap());
        let job = load(&loader, &write(&folder, &name, &bytes[..bytes.len() / 2]));
        let Status::Partial(why) = settle(&job) else { panic!("{:?}", job.status()) };
        assert!(!why.to_string().is_empty());
        let clip = job.clip().unwrap();
        assert_eq!(clip.growth(), Growth::CutOff);
        assert!(clip.ready() > 0 && clip.ready() < 2 * u64::from(RATE));
    }
}

#[test]
fn what_goes_while_it_loads_is_told_or_does_no_harm() {
    let folder = folder("loader-gone");
    let (path, good) = (folder.join("going.wav"), write(&folder, "good.wav", &song()));
    for moment in [Moment::LookUp, Moment::Open, Moment::Grown] {
        for shrinks in [false, true] {
            fs::write(&path, song()).unwrap();
            let gate = Gate::closed(&path, moment);
            let loader = one_worker(gate.watch());
            let job = load(&loader, &path);
            gate.arrival();
            if shrinks {
                OpenOptions::new().write(true).open(&path).unwrap().set_len(100_000).unwrap();
            } else {
                fs::remove_file(&path).unwrap();
            }
            gate.open();
            match (moment, shrinks) {
                (Moment::LookUp | Moment::Open, false) => {
                    let error = failure(&job);
                    assert_eq!((error.stage, error.reason), (Stage::Open, Reason::Missing));
                }
                // A file that is open stays whole until it is closed.
                (Moment::Grown, false) => assert_eq!(settle(&job), Status::Complete),
                (_, true) => {
                    let end = settle(&job);
                    assert!(matches!(end, Status::Partial(Shortfall::Short { .. })), "{end:?}");
                    assert!(job.clip().unwrap().ready() >= 1_000);
                }
            }
            assert_whole(&load(&loader, &good));
        }
    }
}

#[test]
fn a_mistake_of_our_own_ends_one_job_only() {
    let folder = folder("loader-panic");
    let (path, good) = (write(&folder, "bad.wav", &song()), write(&folder, "good.wav", &song()));
    for moment in [Moment::LookUp, Moment::Open, Moment::Grown] {
        let is_armed = Arc::new(AtomicBool::new(true));
        let (armed, bad) = (is_armed.clone(), path.clone());
        let loader = one_worker(Arc::new(move |path, now| {
            if path == bad && now == moment && armed.load(Ordering::Relaxed) {
                panic!("on purpose at {now:?}");
            }
        }));
        let jobs = [load(&loader, &path), load(&loader, &good)];
        let error = failure(&jobs[0]);
        assert_eq!(error.reason, Reason::Internal(format!("on purpose at {moment:?}")));
        if let Some(clip) = jobs[0].clip() {
            assert_eq!(clip.growth(), Growth::CutOff);
            assert_eq!(clip.ready() > 0, moment == Moment::Grown);
        }
        assert_whole(&jobs[1]);
        // What failed is not handed on to the next who asks.
        is_armed.store(false, Ordering::Relaxed);
        assert_whole(&load(&loader, &path));
    }
}
