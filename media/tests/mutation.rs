//! Small files of every format with some of their bytes changed: no crash, no hang, and nothing
//! but finite samples, which `decode` checks.

mod common;

use std::fs;
use std::path::Path;

use common::{Numbers, STEREO, decode, ffmpeg, folder, reference, within_a_minute};

const MUTANTS: u64 = 60;

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
fn run(original: &Path, mutant: &Path) -> (u32, u32) {
    let original = fs::read(original).unwrap();
    let (mut decoded, mut refused) = (0, 0);
    for seed in 0..MUTANTS {
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
    let mut total = 0;
    for (name, encode) in FORMATS {
        let file = folder.join(format!("original.{name}"));
        let mut arguments = vec!["-i", source.to_str().unwrap()];
        arguments.extend(encode.split(' '));
        ffmpeg(&arguments, &file);
        let mutant = folder.join(format!("mutant.{name}"));
        let (decoded, refused) = within_a_minute(move || run(&file, &mutant));
        println!("{name}: {decoded} decoded, {refused} refused");
        total += decoded;
    }
    // Were every mutant refused at the door, this would test nothing.
    assert!(total > FORMATS.len() as u32 * MUTANTS as u32 / 4, "{total}");
}
