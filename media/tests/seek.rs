//! Wherever a decoder is sent, it goes on exactly as a decode of the whole file does there.

mod common;

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use busbar_media::{Block, Cancel, Decoder, Limits, Outcome, Planar, Reason};
use common::{Numbers, decode, distance, ffmpeg, folder, for_each, music_wav, within_a_minute};

const RATE: u32 = 48_000;
const FRAMES: usize = 6 * RATE as usize + 1_236;

/// What is done to the music, and how far a decode that began elsewhere may be off in dB: nothing
/// where a codec's memory ends, noise where a codec makes some of its own or never quite forgets.
const EXACT: f64 = f64::NEG_INFINITY;
#[rustfmt::skip]
const FILES: &[(&str, &str, f64)] = &[
    ("a.wav", "-c:a pcm_s24le", EXACT),
    ("float.wav", "-c:a pcm_f32le", EXACT),
    ("adpcm.wav", "-c:a adpcm_ima_wav", EXACT),
    ("rf64.wav", "-c:a pcm_s24le -rf64 always", EXACT),
    ("a.w64", "-c:a pcm_s24le", EXACT),
    ("a.aiff", "-c:a pcm_s24be", EXACT),
    ("a.caf", "-c:a pcm_s24be", EXACT),
    ("a.au", "-c:a pcm_s16be", EXACT),
    ("a.flac", "-c:a flac", EXACT),
    ("flac.ogg", "-c:a flac", EXACT),
    ("alac.m4a", "-c:a alac", EXACT),
    ("alac.caf", "-c:a alac", EXACT),
    ("a.wv", "-c:a wavpack", EXACT),
    ("a.tta", "-c:a tta", EXACT),
    ("a.mp3", "-c:a libmp3lame -q:a 2", -40.0),
    ("cbr.mp3", "-c:a libmp3lame -b:a 128k", -40.0),
    ("bare.mp3", "-c:a libmp3lame -q:a 2 -write_xing 0 -id3v2_version 0", -40.0),
    ("a.mp2", "-c:a mp2 -b:a 256k", -40.0),
    ("a.m4a", "-c:a aac -b:a 256k", -40.0),
    ("fragments.mp4", "-c:a aac -b:a 256k -movflags +frag_keyframe+empty_moov -frag_duration 500000", -40.0),
    ("a.aac", "-c:a aac -b:a 256k", -40.0),
    ("a.ogg", "-c:a libvorbis -q:a 6", -40.0),
    ("a.opus", "-c:a libopus -b:a 192k", -30.0),
    ("a.ac3", "-c:a ac3 -b:a 448k", -25.0),
    ("a.eac3", "-c:a eac3 -b:a 448k", -25.0),
    ("a.dts", "-c:a dca -strict -2 -b:a 768k", -40.0),
    ("1.wma", "-c:a wmav1 -b:a 192k", -30.0),
    ("2.wma", "-c:a wmav2 -b:a 192k", -40.0),
    ("flac.mkv", "-c:a flac", EXACT),
    ("pcm.mkv", "-c:a pcm_s24le", EXACT),
    ("aac.mkv", "-c:a aac -b:a 256k", -40.0),
    ("mp3.mkv", "-c:a libmp3lame -b:a 256k", -40.0),
    ("a.webm", "-c:a libopus -b:a 192k", -30.0),
    ("a.mov", "-c:a pcm_s24le", EXACT),
    ("a.ts", "-c:a aac -b:a 256k", -40.0),
    ("a.mpg", "-c:a mp2 -b:a 256k", -40.0),
    ("mp3.avi", "-c:a libmp3lame -b:a 256k", -40.0),
    ("pcm.avi", "-c:a pcm_s16le", EXACT),
    ("a.flv", "-c:a aac -b:a 256k", -40.0),
    ("truehd.mkv", "-c:a truehd -strict -2", EXACT),
];

/// Reads at least so many frames, or to the end.
fn read(decoder: &mut Decoder, frames: usize) -> Vec<Vec<f32>> {
    let mut block = Planar::new();
    let mut channels = vec![Vec::new(); decoder.format().channels.into()];
    while channels[0].len() < frames {
        let Block::Frames(_) = decoder.read(&mut block).unwrap() else { break };
        for (all, new) in channels.iter_mut().zip(block.channels()) {
            all.extend_from_slice(new);
        }
    }
    channels
}

fn check(file: &Path, within: f64, seed: u64) -> f64 {
    let whole = decode(file).unwrap();
    let frames = whole.frames();
    // Else a decode that is off by a frame would not be noticed.
    let next = distance(&whole.channels[0][..frames - 1], &whole.channels[0][1..]);
    assert!(next > within + 5.0, "{}: one frame on {next:.1} dB", file.display());
    let mut numbers = Numbers::new(seed);
    let mut worst = EXACT;
    // Before anything is known of the file, and after all of it has been decoded.
    for is_known in [false, true] {
        let mut decoder = Decoder::open(file, &Limits::default(), &Cancel::new()).unwrap();
        if is_known {
            assert_eq!(read(&mut decoder, usize::MAX)[0].len(), frames);
        }
        for turn in 0..10 {
            let to = match turn {
                0 => frames - 1_000,
                1 => 0,
                2 => frames / 2,
                3 => frames / 2 + 100,
                _ => numbers.below(frames),
            };
            decoder.seek(to as u64).unwrap();
            let got = read(&mut decoder, 1 + numbers.below(9_000));
            for (got, whole) in got.iter().zip(&whole.channels) {
                let there = &whole[to..];
                let many = got.len().min(there.len());
                let off = distance(&got[..many], &there[..many]);
                let off = if got[..many] == there[..many] { EXACT } else { off };
                let place = format!("{} seed {seed} turn {turn} at {to}", file.display());
                assert!(off <= within, "{place}, known {is_known}: {off:.1} dB off");
                assert!(got.len() <= there.len() && many > 0, "{place}: {many} frames");
                worst = worst.max(off);
            }
        }
        for beyond in [frames as u64, frames as u64 + 1, u64::MAX] {
            decoder.seek(beyond).unwrap();
            let end = decoder.read(&mut Planar::new()).unwrap();
            assert_eq!(end, Block::End(whole.outcome.clone()), "{} {beyond}", file.display());
        }
        decoder.seek(0).unwrap();
        let again = read(&mut decoder, usize::MAX);
        assert_eq!(again[0].len(), frames, "{} again", file.display());
        assert!(again == whole.channels, "{} again", file.display());
    }
    worst
}

#[test]
fn every_format_goes_to_the_frame() {
    let folder = folder("seek");
    let source = music_wav(&folder, 2, FRAMES, RATE);
    for_each(FILES, |&(name, encode, within)| {
        let file = folder.join(name);
        let mut arguments = vec!["-i", source.to_str().unwrap()];
        arguments.extend(encode.split(' '));
        ffmpeg(&arguments, &file);
        let worst = check(&file, within, 1);
        println!("{name:<14} within {worst:.1} dB");
        assert!(jumps(&file, within), "{name}: what came before was read again");
    });
}

/// A decoder that has been through a file goes to its end without what is before, which is gone.
fn jumps(file: &Path, within: f64) -> bool {
    let whole = decode(file).unwrap();
    let mut decoder = Decoder::open(file, &Limits::default(), &Cancel::new()).unwrap();
    read(&mut decoder, usize::MAX);
    let length = fs::metadata(file).unwrap().len();
    let mut open = File::options().write(true).open(file).unwrap();
    open.seek(SeekFrom::Start(length / 20)).unwrap();
    open.write_all(&vec![0; length as usize / 7]).unwrap();
    let to = whole.frames() / 10 * 8;
    decoder.seek(to as u64).unwrap();
    let got = read(&mut decoder, 9_000);
    got.iter().zip(&whole.channels).all(|(got, whole)| {
        let there = whole.get(to..to + got.len());
        there.is_some_and(|there| got == there || distance(got, there) <= within)
    })
}

#[test]
fn a_file_that_cannot_be_begun_again_has_no_more() {
    let folder = folder("seek-gone");
    let file = folder.join("a.mp3");
    let source = music_wav(&folder, 2, FRAMES, RATE);
    ffmpeg(&["-i", source.to_str().unwrap()], &file);
    let mut decoder = Decoder::open(&file, &Limits::default(), &Cancel::new()).unwrap();
    read(&mut decoder, 10_000);
    File::options().write(true).open(&file).unwrap().set_len(0).unwrap();
    decoder.seek(0).unwrap_err();
    let end = decoder.read(&mut Planar::new()).unwrap();
    assert!(matches!(end, Block::End(Outcome::Partial(_))), "{end:?}");
}

#[test]
fn a_cancelled_decoder_goes_nowhere() {
    let folder = folder("seek-cancel");
    let file = music_wav(&folder, 2, FRAMES, RATE);
    let cancel = Cancel::new();
    let mut decoder = Decoder::open(&file, &Limits::default(), &cancel).unwrap();
    cancel.cancel();
    let error = within_a_minute(move || decoder.seek(100_000)).unwrap_err();
    assert_eq!((error.reason, error.path), (Reason::Cancelled, file));
}
