//! Small files of every format with some of their bytes changed: no crash, no hang, and nothing
//! but finite samples, which `decode` checks.

mod common;

use std::fs;
use std::ops::Range;
use std::path::Path;

use common::{Numbers, STEREO, decode, ffmpeg, folder, reference, within_a_minute};

/// How many of each format are decoded within a minute.
const MUTANTS: u64 = 60;

/// How many times as many there are; `cargo xtask soak` asks for more.
fn times() -> u64 {
    let times = std::env::var("BUSBAR_SOAK_MUTANTS");
    times.map_or(1, |times| times.parse().expect("BUSBAR_SOAK_MUTANTS is a number"))
}

const FORMATS: &[(&str, &str)] = &[
    ("wav", "-c:a pcm_s16le"),
    ("float.wav", "-c:a pcm_f32le"),
    ("adpcm.wav", "-c:a adpcm_ms"),
    ("w64", "-c:a pcm_s24le"),
    ("aiff", "-c:a pcm_s24be"),
    ("caf", "-c:a alac"),
    ("au", "-c:a pcm_f64be"),
    ("flac", "-c:a flac"),
    ("m4a", "-c:a alac"),
    ("mp3", "-c:a libmp3lame"),
    ("mp2", "-c:a mp2"),
    ("mp4", "-c:a aac"),
    ("aac", "-c:a aac"),
    ("ogg", "-c:a libvorbis"),
    ("opus", "-c:a libopus"),
    ("wv", "-c:a wavpack"),
    ("tta", "-c:a tta"),
    ("ac3", "-c:a ac3"),
    ("eac3", "-c:a eac3"),
    ("dts", "-c:a dca -strict -2"),
    ("wma", "-c:a wmav2"),
    ("mkv", "-c:a flac"),
    ("webm", "-c:a libopus"),
    ("avi", "-c:a libmp3lame"),
    ("flv", "-c:a aac"),
    ("ts", "-c:a aac"),
    ("mpg", "-c:a mp2"),
];

/// Changes some bytes, most of them near the start, where the numbers that matter are.
fn mutate(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    for _ in 0..=numbers.below(12) {
        let reach = if numbers.below(3) > 0 { bytes.len().min(600) } else { bytes.len() };
        let at = numbers.below(reach);
        match numbers.below(6) {
            0 => bytes[at] = 0xff,
            1 => bytes[at] = 0,
            2 => bytes[at] ^= 1 << numbers.below(8),
            3 => bytes[at] = numbers.next() as u8,
            4 => {
                let end = (at + 4).min(bytes.len());
                bytes[at..end].fill([0, 0x7f, 0x80, 0xff][numbers.below(4)]);
            }
            _ => {
                let piece: Vec<u8> = bytes[at..].iter().copied().take(numbers.below(200)).collect();
                let to = numbers.below(bytes.len());
                bytes.splice(to..to, piece);
            }
        }
    }
    if numbers.below(8) == 0 {
        bytes.truncate(1 + numbers.below(bytes.len()));
    }
}

/// Decodes mutants of a file. The one that is being decoded is on disk, should all else fail.
fn run(original: &Path, mutant: &Path, seeds: Range<u64>) -> (u32, u32) {
    let original = fs::read(original).unwrap();
    let (mut decoded, mut refused) = (0, 0);
    for seed in seeds {
        println!("{} seed {seed}", mutant.display());
        let mut bytes = original.clone();
        mutate(&mut bytes, &mut Numbers::new(seed));
        fs::write(mutant, bytes).unwrap();
        match decode(mutant) {
            Ok(_) => decoded += 1,
            Err(_) => refused += 1,
        }
    }
    (decoded, refused)
}

#[test]
fn changed_bytes_never_crash_or_hang() {
    let folder = folder("mutation");
    let source = reference(&folder, &STEREO, 12_000, 48_000);
    let mut total = 0_u64;
    for (name, encode) in FORMATS {
        let file = folder.join(format!("original.{name}"));
        let mut arguments = vec!["-i", source.to_str().unwrap()];
        arguments.extend(encode.split(' '));
        ffmpeg(&arguments, &file);
        let mutant = folder.join(format!("mutant.{name}"));
        for turn in 0..times() {
            let (file, mutant) = (file.clone(), mutant.clone());
            let seeds = turn * MUTANTS..(turn + 1) * MUTANTS;
            let (decoded, refused) = within_a_minute(move || run(&file, &mutant, seeds));
            println!("{name}: {decoded} decoded, {refused} refused");
            total += u64::from(decoded);
        }
    }
    // Were every mutant refused at the door, this would test nothing.
    assert!(total > FORMATS.len() as u64 * MUTANTS * times() / 4, "{total}");
}
