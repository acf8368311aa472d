//! Small files of every format with some of their bytes changed: no crash, no hang, and nothing
//! but finite samples, which `decode` checks.

mod common;

use std::fs;
use std::ops::Range;
use std::path::Path;

use busbar_media::{Block, Cancel, Decoder, Limits, Planar};
use common::{Numbers, STEREO, decode, ffmpeg, folder, reference, within_a_minute};

/// How many of each format are decoded within a minute.
const MUTANTS: u64 = 45;

/// How many times as many there are; `cargo xtask soak` asks for more.
fn times() -> u64 {
    let times = std::env::var("BUSBAR_SOAK_MUTANTS");
    times.map_or(1, |times| times.parse().expect("BUSBAR_SOAK_MUTANTS is a number"))
}

const FORMATS: &[(&str, &str)] = &[
    ("wav", "-c:a pcm_s16le"),
    ("float.wav", "-c:a pcm_f32le"),
    ("adpcm.wav", "-c:a adpcm_ms"),
    ("ima.wav", "-c:a adpcm_ima_wav"),
    ("alaw.wav", "-c:a pcm_alaw"),
    ("gsm.wav", "-c:a libgsm_ms -ac 1 -ar 8000"),
    ("mp3.wav", "-c:a libmp3lame"),
    ("rf64.wav", "-c:a pcm_s24le -rf64 always"),
    ("bext.wav", "-c:a pcm_s24le -write_bext 1"),
    ("w64", "-c:a pcm_s24le"),
    ("aiff", "-c:a pcm_s24be"),
    ("caf", "-c:a alac"),
    ("pcm.caf", "-c:a pcm_f32le"),
    ("au", "-c:a pcm_f64be"),
    ("flac", "-c:a flac"),
    ("flac.ogg", "-c:a flac"),
    ("m4a", "-c:a alac"),
    ("mp3", "-c:a libmp3lame -metadata title=x"),
    ("mp2", "-c:a mp2"),
    ("mp4", "-c:a aac"),
    ("fragments.mp4", "-c:a aac -movflags +frag_keyframe+empty_moov -frag_duration 50000"),
    ("ac3.mp4", "-c:a ac3"),
    ("mov", "-c:a pcm_s24le"),
    ("ima.mov", "-c:a adpcm_ima_qt"),
    ("aac", "-c:a aac"),
    ("ogg", "-c:a libvorbis"),
    ("speex.ogg", "-c:a libspeex -ac 1 -ar 16000"),
    ("opus", "-c:a libopus"),
    ("wv", "-c:a wavpack"),
    ("tta", "-c:a tta"),
    ("ac3", "-c:a ac3"),
    ("eac3", "-c:a eac3"),
    ("dts", "-c:a dca -strict -2"),
    ("mlp", "-c:a mlp -strict -2"),
    ("thd", "-c:a truehd -strict -2"),
    ("1.wma", "-c:a wmav1"),
    ("wma", "-c:a wmav2"),
    ("mkv", "-c:a flac"),
    ("vorbis.mkv", "-c:a libvorbis"),
    ("truehd.mkv", "-c:a truehd -strict -2"),
    ("webm", "-c:a libopus"),
    ("avi", "-c:a libmp3lame"),
    ("flv", "-c:a aac"),
    ("ts", "-c:a aac"),
    ("latm.ts", "-c:a aac -mpegts_flags +latm"),
    ("s302m.ts", "-c:a s302m -strict -2"),
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

/// Makes the checksums of Ogg's pages right again, without which nothing in them is looked at.
fn mend_pages(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(4).position(|four| four == b"OggS") {
        at += found;
        let Some(&segments) = bytes.get(at + 26) else { return };
        let table = at + 27..at + 27 + usize::from(segments);
        let Some(lengths) = bytes.get(table.clone()) else { return };
        let end = table.end + lengths.iter().map(|&length| usize::from(length)).sum::<usize>();
        let Some(page) = bytes.get_mut(at..end) else { return };
        page[22..26].fill(0);
        let sum = page.iter().fold(0u32, |sum, &byte| {
            (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| {
                sum << 1 ^ if sum >> 31 != 0 { 0x04c1_1db7 } else { 0 }
            })
        });
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        at += 4;
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
        mend_pages(&mut bytes);
        fs::write(mutant, bytes).unwrap();
        match decode(mutant) {
            Ok(whole) => {
                decoded += 1;
                jump_about(mutant, whole.frames(), &mut Numbers::new(!seed));
            }
            Err(_) => refused += 1,
        }
    }
    (decoded, refused)
}

/// Goes to places in it, some of them beyond its end.
fn jump_about(mutant: &Path, frames: usize, numbers: &mut Numbers) {
    let mut decoder = Decoder::open(mutant, &Limits::default(), &Cancel::new()).unwrap();
    let mut block = Planar::new();
    for _ in 0..4 {
        let to = numbers.below(frames + frames / 8 + 1);
        if decoder.seek(to as u64).is_err() {
            return;
        }
        let mut left = numbers.below(8);
        while left > 0 && matches!(decoder.read(&mut block), Ok(Block::Frames(_))) {
            assert!(block.channels().flatten().all(|sample| sample.is_finite()));
            left -= 1;
        }
    }
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
