//! Cancelling from another thread, and decoders that work side by side.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use busbar_media::{Block, Cancel, Decoder, Limits, Planar, Reason};
use common::{Pcm, STEREO, decode, ffmpeg, folder, reference, signal, wav, within_a_minute};

fn named<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    thread::Builder::new().name("beside the test".into()).spawn(work).unwrap()
}

fn song(folder: &Path) -> PathBuf {
    let path = folder.join("song.wav");
    fs::write(&path, wav(Pcm::S16, 2, 48_000, &signal(&STEREO, 96_000, 48_000)).0).unwrap();
    path
}

#[test]
fn a_decode_that_is_cancelled_before_it_begins_never_begins() {
    let path = song(&folder("cancel-before"));
    let cancel = Cancel::new();
    cancel.clone().cancel();
    let Err(error) = Decoder::open(&path, &Limits::default(), &cancel) else { panic!("opened") };
    assert_eq!(error.reason, Reason::Cancelled);
    assert!(error.to_string().ends_with("cancelled"), "{error}");
}

#[test]
fn a_decode_ends_at_the_next_block_once_it_is_cancelled() {
    let path = song(&folder("cancel-between"));
    let cancel = Cancel::new();
    let handle = cancel.clone();
    let (started, wait_for_start) = mpsc::channel();
    let (go_on, wait_to_go_on) = mpsc::channel();
    let worker = named(move || {
        let mut decoder = Decoder::open(&path, &Limits::default(), &cancel).unwrap();
        let mut block = Planar::new();
        assert!(matches!(decoder.read(&mut block), Ok(Block::Frames(_))));
        started.send(()).unwrap();
        wait_to_go_on.recv().unwrap();
        let again = [decoder.read(&mut block), decoder.read(&mut block)];
        again.map(|result| result.unwrap_err().reason)
    });
    wait_for_start.recv().unwrap();
    handle.cancel();
    go_on.send(()).unwrap();
    assert_eq!(worker.join().unwrap(), [Reason::Cancelled, Reason::Cancelled]);
}

#[test]
fn cancelling_works_wherever_a_decode_happens_to_be() {
    let path = song(&folder("cancel-anywhere"));
    for _ in 0..20 {
        let (path, cancel) = (path.clone(), Cancel::new());
        let handle = cancel.clone();
        let (started, wait_for_start) = mpsc::channel();
        let reason = within_a_minute(move || {
            let canceller = named(move || {
                wait_for_start.recv().unwrap();
                handle.cancel();
            });
            started.send(()).unwrap();
            let reason = decode_for_ever(&path, &cancel);
            canceller.join().unwrap();
            reason
        });
        assert_eq!(reason, Reason::Cancelled);
    }
}

/// Decodes a file again and again until it fails.
fn decode_for_ever(path: &Path, cancel: &Cancel) -> Reason {
    let mut block = Planar::new();
    let mut once = || -> Result<(), busbar_media::MediaError> {
        let mut decoder = Decoder::open(path, &Limits::default(), cancel)?;
        while let Block::Frames(_) = decoder.read(&mut block)? {}
        Ok(())
    };
    loop {
        if let Err(error) = once() {
            return error.reason;
        }
    }
}

#[test]
fn a_decoder_may_move_to_another_thread_between_blocks() {
    let path = song(&folder("cancel-move"));
    let expected = decode(&path).unwrap().channels;
    let mut decoder = Decoder::open(&path, &Limits::default(), &Cancel::new()).unwrap();
    let mut block = Planar::new();
    let mut left = Vec::new();
    loop {
        let result;
        (decoder, block, result) = named(move || {
            let result = decoder.read(&mut block);
            (decoder, block, result)
        })
        .join()
        .unwrap();
        match result.unwrap() {
            Block::Frames(_) => left.extend_from_slice(block.channel(0)),
            Block::End(_) => break,
        }
    }
    assert_eq!(left, expected[0]);
}

#[test]
fn decoders_side_by_side_do_not_disturb_each_other() {
    let folder = folder("cancel-parallel");
    let source = reference(&folder, &STEREO, 48_000, 48_000);
    let names = ["a.flac", "a.mp3", "a.m4a", "a.ogg", "a.opus", "a.ac3", "a.wv", "a.aiff"];
    let files: Vec<_> = names.iter().map(|name| folder.join(name)).collect();
    for file in &files {
        ffmpeg(&["-i", source.to_str().unwrap()], file);
    }
    let alone: Vec<_> = files.iter().map(|file| decode(file).unwrap().channels).collect();
    thread::scope(|scope| {
        for start in 0..files.len() {
            let (files, alone) = (&files, &alone);
            scope.spawn(move || {
                for step in 0..files.len() {
                    let index = (start + step) % files.len();
                    let beside = decode(&files[index]).unwrap().channels;
                    assert!(beside == alone[index], "{}", files[index].display());
                }
            });
        }
    });
}
