//! What broadcasters put into a stream beside the sound: AC-3's own compression and loudness, two
//! programmes in two channels; and what iTunes notes of a sound's length.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use busbar_media::{Edges, Outcome, Tags};
use common::{STEREO, decode, distance, ffmpeg, folder, music_wav, reference, tone_and_rest};

const RATE: u32 = 48_000;

fn encode(folder: &Path, name: &str, encode: &str) -> PathBuf {
    let source = reference(folder, &STEREO, RATE as usize, RATE);
    let file = folder.join(name);
    let mut arguments = vec!["-i", source.to_str().unwrap()];
    arguments.extend(encode.split(' '));
    ffmpeg(&arguments, &file);
    file
}

fn level(channel: &[f32]) -> f64 {
    tone_and_rest(&channel[channel.len() / 4..channel.len() / 4 * 3], STEREO[0].hertz, RATE).0
}

#[test]
fn dialnorm_changes_nothing() {
    let folder = folder("broadcast-dialnorm");
    for (codec, quiet, loud) in
        [("ac3", "quiet.ac3", "loud.ac3"), ("eac3", "quiet.eac3", "loud.eac3")]
    {
        let with = |name, value| encode(&folder, name, &format!("-c:a {codec} -dialnorm {value}"));
        let [quiet, loud] = [with(quiet, -31), with(loud, -10)].map(|file| decode(&file).unwrap());
        for decoded in [&quiet, &loud] {
            assert!((level(&decoded.channels[0]) - STEREO[0].level).abs() < 0.1, "{codec}");
        }
        let off = distance(&quiet.channels[0], &loud.channels[0]);
        assert!(off < -60.0, "{codec}: {off}");
    }
}

/// A frame's bits, from the highest of each byte on.
fn bits(bytes: &[u8]) -> Vec<bool> {
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 != 0)).collect()
}

fn bytes(bits: &[bool]) -> Vec<u8> {
    let byte = |bits: &[bool]| bits.iter().fold(0, |byte, &bit| byte << 1 | u8::from(bit));
    bits.chunks(8).map(byte).collect()
}

/// Where in a stereo frame of AC-3 the first block says whether a word of compression follows.
fn compression_at(bits: &[bool]) -> usize {
    let number = |range: std::ops::Range<usize>| {
        bits[range].iter().fold(0, |number, &bit| number << 1 | usize::from(bit))
    };
    assert_eq!((number(0..16), number(40..45), number(48..51)), (0x0b77, 8, 2));
    // After the header up to the loudness: compression, language and production, if there are any.
    let mut at = 51 + 2 + 1 + 5;
    for length in [8, 8, 7] {
        at += 1 + if bits[at] { length } else { 0 };
    }
    at += 2;
    for length in [14, 14] {
        at += 1 + if bits[at] { length } else { 0 };
    }
    assert!(!bits[at], "additional information");
    // Of each channel whether its blocks are switched and dithered.
    at + 1 + 2 + 2
}

/// CRC-16 with the polynomial 0x8005.
fn checksum(bytes: &[u8]) -> u16 {
    bits(bytes).iter().fold(0, |sum, &bit| {
        let carry = (sum >> 15 != 0) != bit;
        sum << 1 ^ if carry { 0x8005 } else { 0 }
    })
}

/// The same frames, told to be played 18 dB more quietly.
fn compressed(file: &Path) -> Vec<u8> {
    let frames = fs::read(file).unwrap();
    let length = frames.windows(2).skip(1).position(|two| two == [0x0b, 0x77]).unwrap() + 1;
    let compress = |frame: &[u8]| {
        let mut bits = bits(frame);
        let at = compression_at(&bits);
        assert!(!bits[at]);
        // The word has three bits of exponent, here -3, and five behind the point of 0.1.
        let word = [true, true, false, true, false, false, false, false, false];
        bits.splice(at..=at, word);
        // What is pushed out at the end is padding, and the checksum, which is another one now.
        bits.truncate(8 * (frame.len() - 2));
        let mut frame = bytes(&bits);
        frame.extend(checksum(&frame[2..]).to_be_bytes());
        frame
    };
    frames.chunks_exact(length).flat_map(compress).collect()
}

#[test]
fn the_compression_of_ac3_is_not_applied() {
    let folder = folder("broadcast-compression");
    let plain = encode(&folder, "plain.ac3", "-c:a ac3 -b:a 640k");
    let file = folder.join("compressed.ac3");
    fs::write(&file, compressed(&plain)).unwrap();
    // Another program shows that the word is there and what it does.
    let said = Command::new("ffmpeg")
        .args(["-v", "quiet", "-i", file.to_str().unwrap(), "-f", "f32le", "-"])
        .output()
        .unwrap();
    let samples = said.stdout.chunks_exact(8);
    let left: Vec<_> =
        samples.map(|frame| f32::from_le_bytes(frame[..4].try_into().unwrap())).collect();
    let applied = level(&left) - STEREO[0].level;
    assert!((-18.5..-17.5).contains(&applied), "{applied} dB");
    let decoded = decode(&file).unwrap();
    let ours = level(&decoded.channels[0]) - STEREO[0].level;
    assert!(ours.abs() < 0.1, "{ours} dB");
}

#[test]
fn two_programmes_are_told_from_stereo() {
    let folder = folder("broadcast-dual");
    let file = encode(&folder, "a.mp2", "-c:a mp2 -b:a 256k");
    assert!(!decode(&file).unwrap().format.dual_mono);
    let mut frames = fs::read(&file).unwrap();
    let length = 256_000 / 8 * 1_152 / RATE as usize;
    for frame in frames.chunks_mut(length) {
        assert_eq!((frame[0], frame[3] >> 6), (0xff, 0));
        frame[3] |= 0x80;
    }
    let dual = folder.join("dual.mp2");
    fs::write(&dual, frames).unwrap();
    let decoded = decode(&dual).unwrap();
    assert!(decoded.format.dual_mono && decoded.format.channels == 2);
    for (channel, tone) in decoded.channels.iter().zip(STEREO) {
        let (level, rest) = tone_and_rest(&channel[10_000..30_000], tone.hertz, RATE);
        assert!((level - tone.level).abs() < 0.1 && level - rest > 30.0);
    }
    let file = encode(&folder, "a.ac3", "-c:a ac3");
    assert!(!decode(&file).unwrap().format.dual_mono);
}

fn boxed(name: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let size = (contents.len() as u32 + 8).to_be_bytes();
    [&size, &name[..], contents].concat()
}

#[test]
fn the_length_that_itunes_notes_is_kept() {
    let folder = folder("broadcast-itunes");
    let frames = 50_001;
    let source = music_wav(&folder, 2, frames, RATE);
    let file = folder.join("bare.m4a");
    let encode = "-c:a aac -b:a 256k -use_editlist 0 -map_metadata -1";
    let mut arguments = vec!["-i", source.to_str().unwrap()];
    arguments.extend(encode.split(' '));
    ffmpeg(&arguments, &file);
    let bare = decode(&file).unwrap();
    assert_eq!((bare.format.edges, &bare.format.tags), (Edges::Padded, &Tags::default()));
    assert_eq!(bare.frames(), frames + 1_024);

    let note = format!(" 00000000 00000400 000000AF {frames:016X} 00000000 00000000");
    let text = |bytes: &[u8]| [&[0; 4], bytes].concat();
    let data = boxed(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], note.as_bytes()].concat());
    let names = [boxed(b"mean", &text(b"com.apple.iTunes")), boxed(b"name", &text(b"iTunSMPB"))];
    let list = boxed(b"ilst", &boxed(b"----", &[names.concat(), data].concat()));
    let handler = [&[0; 8][..], b"mdirappl", &[0; 9]].concat();
    let meta = boxed(b"meta", &[text(&boxed(b"hdlr", &handler)), list].concat());
    let user = boxed(b"udta", &meta);
    // The film's header is the last box of the file, so that nothing moves when it grows.
    let mut bytes = fs::read(&file).unwrap();
    let film = bytes.windows(4).rposition(|name| name == b"moov").unwrap() - 4;
    let size = (bytes.len() - film + user.len()) as u32;
    bytes[film..film + 4].copy_from_slice(&size.to_be_bytes());
    bytes.extend(user);
    let noted = folder.join("noted.m4a");
    fs::write(&noted, bytes).unwrap();
    let decoded = decode(&noted).unwrap();
    assert_eq!((decoded.format.edges, decoded.frames()), (Edges::Exact, frames));
    assert_eq!(decoded.outcome, Outcome::Complete);
    assert!(decoded.channels[0][2_000..] == bare.channels[0][3_024..][..frames - 2_000]);
}
