//! Every format against the `ffmpeg` program's own decode of it, and against what was encoded: the
//! same samples, in the same place, as many as the container says, and the truth about whether it
//! does.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use busbar_media::Edges::{self, Exact, Padded, Start};
use busbar_media::{Outcome, Speaker, Speaker::*};
use common::{Pcm, decode, distance, ffmpeg, folder, for_each, music, oracle, wav, wav_with_mask};

const SECONDS: f64 = 1.3;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Each bit of 24 is kept, or of 16.
    Bits24,
    Bits16,
    /// What comes out is like what went in, and what another program decodes is the same.
    Lossy,
    /// Nothing can be compared but what another program decodes.
    Unlike,
}
use Kind::{Bits16, Bits24, Lossy, Unlike};

/// A file's name, how it is encoded, its kind, what it says of its edges, its rate and its channels
/// as `ffmpeg` names them.
type Case = (&'static str, &'static str, Kind, Edges, u32, &'static str);

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("16.wav", "-c:a pcm_s16le", Bits16, Exact, 44_100, "stereo"),
    ("24.wav", "-c:a pcm_s24le", Bits24, Exact, 44_100, "stereo"),
    ("32.wav", "-c:a pcm_s32le", Bits24, Exact, 44_100, "stereo"),
    ("float.wav", "-c:a pcm_f32le", Bits24, Exact, 44_100, "stereo"),
    ("double.wav", "-c:a pcm_f64le", Bits24, Exact, 44_100, "stereo"),
    ("8.wav", "-c:a pcm_u8", Lossy, Exact, 44_100, "stereo"),
    ("alaw.wav", "-c:a pcm_alaw", Lossy, Exact, 44_100, "stereo"),
    ("mulaw.wav", "-c:a pcm_mulaw", Lossy, Exact, 44_100, "stereo"),
    ("adpcm.wav", "-c:a adpcm_ms", Lossy, Padded, 44_100, "stereo"),
    ("mp3.wav", "-c:a libmp3lame -b:a 256k", Unlike, Padded, 44_100, "stereo"),
    ("gsm.wav", "-c:a libgsm_ms", Unlike, Padded, 8_000, "mono"),
    ("rf64.wav", "-c:a pcm_s24le -rf64 always", Bits24, Exact, 44_100, "stereo"),
    ("bext.wav", "-c:a pcm_s24le -write_bext 1 -metadata description=x", Bits24, Exact, 44_100, "stereo"),
    ("a.w64", "-c:a pcm_s16le", Bits16, Exact, 44_100, "stereo"),
    ("24.aiff", "-c:a pcm_s24be", Bits24, Exact, 44_100, "stereo"),
    ("sowt.aiff", "-c:a pcm_s16le", Bits16, Exact, 44_100, "stereo"),
    ("float.aiff", "-c:a pcm_f32be", Bits24, Exact, 44_100, "stereo"),
    ("a.caf", "-c:a pcm_s24be", Bits24, Exact, 44_100, "stereo"),
    ("opus.caf", "-c:a libopus", Unlike, Padded, 48_000, "stereo"),
    ("a.au", "-c:a pcm_s24be", Bits24, Exact, 44_100, "stereo"),
    ("a.flac", "-c:a flac", Bits24, Exact, 44_100, "stereo"),
    ("flac.ogg", "-c:a flac", Bits24, Exact, 44_100, "stereo"),
    ("flac.mp4", "-c:a flac -strict -2", Bits24, Exact, 44_100, "stereo"),
    ("alac.m4a", "-c:a alac", Bits24, Exact, 44_100, "stereo"),
    ("a.wv", "-c:a wavpack", Bits24, Exact, 44_100, "stereo"),
    ("a.tta", "-c:a tta", Bits24, Exact, 44_100, "stereo"),
    ("a.mp3", "-c:a libmp3lame -b:a 256k", Lossy, Exact, 44_100, "stereo"),
    ("vbr.mp3", "-c:a libmp3lame -q:a 2", Lossy, Exact, 48_000, "stereo"),
    ("bare.mp3", "-c:a libmp3lame -b:a 256k -write_xing 0 -id3v2_version 0", Unlike, Padded, 44_100, "stereo"),
    ("low.mp3", "-c:a libmp3lame -b:a 64k", Lossy, Exact, 16_000, "mono"),
    ("a.mp2", "-c:a mp2 -b:a 256k", Unlike, Padded, 44_100, "stereo"),
    ("aac.m4a", "-c:a aac -b:a 256k", Lossy, Exact, 44_100, "stereo"),
    ("aac48.m4a", "-c:a aac -b:a 256k", Lossy, Exact, 48_000, "stereo"),
    ("aac96.m4a", "-c:a aac -b:a 256k", Lossy, Exact, 96_000, "stereo"),
    ("aac8.m4a", "-c:a aac -b:a 32k", Unlike, Exact, 8_000, "mono"),
    ("faststart.m4a", "-c:a aac -b:a 256k -movflags +faststart", Lossy, Exact, 48_000, "mono"),
    ("unedited.m4a", "-c:a aac -b:a 256k -use_editlist 0", Unlike, Padded, 48_000, "stereo"),
    ("bare.aac", "-c:a aac -b:a 256k", Unlike, Padded, 44_100, "stereo"),
    ("latm.ts", "-c:a aac -b:a 256k -f mpegts -mpegts_flags +latm", Unlike, Padded, 48_000, "stereo"),
    ("a.ogg", "-c:a libvorbis -q:a 6", Lossy, Exact, 44_100, "stereo"),
    ("hi.ogg", "-c:a libvorbis -q:a 6", Lossy, Exact, 96_000, "stereo"),
    ("a.opus", "-c:a libopus -b:a 192k", Lossy, Exact, 48_000, "stereo"),
    ("speex.ogg", "-c:a libspeex", Unlike, Padded, 32_000, "mono"),
    ("a.ac3", "-c:a ac3 -b:a 448k", Unlike, Padded, 44_100, "stereo"),
    ("a.eac3", "-c:a eac3 -b:a 448k", Unlike, Padded, 44_100, "stereo"),
    ("a.dts", "-c:a dca -strict -2 -b:a 768k", Unlike, Padded, 48_000, "stereo"),
    ("a.thd", "-c:a truehd -strict -2", Unlike, Padded, 48_000, "stereo"),
    ("a.mlp", "-c:a mlp -strict -2", Unlike, Padded, 48_000, "stereo"),
    ("1.wma", "-c:a wmav1 -b:a 192k", Unlike, Padded, 44_100, "stereo"),
    ("2.wma", "-c:a wmav2 -b:a 192k", Unlike, Padded, 44_100, "stereo"),
    ("flac.mkv", "-c:a flac", Bits24, Exact, 44_100, "stereo"),
    ("pcm.mkv", "-c:a pcm_s24le", Bits24, Exact, 44_100, "stereo"),
    ("aac.mkv", "-c:a aac -b:a 256k", Unlike, Padded, 44_100, "stereo"),
    ("eac3.mkv", "-c:a eac3 -b:a 448k", Unlike, Padded, 48_000, "5.1"),
    ("eac3.mp4", "-c:a eac3 -b:a 448k", Unlike, Start, 48_000, "5.1"),
    ("opus.mp4", "-c:a libopus -b:a 192k -strict -2", Lossy, Start, 48_000, "stereo"),
    ("mp3.mp4", "-c:a libmp3lame -b:a 256k", Lossy, Start, 44_100, "stereo"),
    ("opus.webm", "-c:a libopus -b:a 192k", Lossy, Start, 48_000, "stereo"),
    ("vorbis.webm", "-c:a libvorbis -q:a 6", Unlike, Padded, 44_100, "stereo"),
    ("pcm.mov", "-c:a pcm_s24le", Bits24, Exact, 44_100, "stereo"),
    ("aac.ts", "-c:a aac -b:a 256k", Unlike, Padded, 44_100, "stereo"),
    ("s302m.ts", "-c:a s302m -strict -2 -sample_fmt s32", Unlike, Exact, 48_000, "stereo"),
    ("mp3.avi", "-c:a libmp3lame -b:a 256k", Unlike, Padded, 44_100, "stereo"),
    ("aac.flv", "-c:a aac -b:a 256k", Unlike, Padded, 44_100, "stereo"),
    // From the lowest rate to the highest.
    ("8k.wav", "-c:a pcm_s24le", Bits24, Exact, 8_000, "mono"),
    ("8k.flac", "-c:a flac", Bits24, Exact, 8_000, "mono"),
    ("192k.flac", "-c:a flac", Bits24, Exact, 192_000, "stereo"),
    ("384k.wav", "-c:a pcm_s24le", Bits24, Exact, 384_000, "mono"),
    ("384k.wv", "-c:a wavpack", Bits24, Exact, 384_000, "mono"),
    ("192k.m4a", "-c:a alac", Bits24, Exact, 192_000, "mono"),
    // Many channels.
    ("5.flac", "-c:a flac", Bits24, Exact, 48_000, "5.0"),
    ("6.flac", "-c:a flac", Bits24, Exact, 48_000, "5.1"),
    ("8.flac", "-c:a flac", Bits24, Exact, 48_000, "7.1"),
    ("8.wv", "-c:a wavpack", Bits24, Exact, 48_000, "7.1"),
    ("6.m4a", "-c:a alac", Bits24, Exact, 48_000, "5.1"),
    ("6.caf", "-c:a pcm_s24le", Bits24, Exact, 48_000, "5.1"),
    ("6aac.m4a", "-c:a aac -b:a 640k", Unlike, Exact, 48_000, "5.1"),
    ("8aac.m4a", "-c:a aac -b:a 900k", Unlike, Exact, 48_000, "7.1"),
    ("6.ogg", "-c:a libvorbis -q:a 6", Unlike, Exact, 48_000, "5.1"),
    ("8.opus", "-c:a libopus -b:a 900k", Unlike, Exact, 48_000, "7.1"),
    ("6.ac3", "-c:a ac3 -b:a 640k", Unlike, Padded, 48_000, "5.1(side)"),
    ("6.thd", "-c:a truehd -strict -2", Unlike, Padded, 48_000, "5.1(side)"),
    ("12.wav", "-c:a pcm_s24le", Bits24, Exact, 48_000, "7.1.4"),
    ("12.wv", "-c:a wavpack", Bits24, Exact, 48_000, "7.1.4"),
];

const TOP: &[Speaker] = &[TopFrontLeft, TopFrontRight, TopBackLeft, TopBackRight];

/// WAVE's mask of a layout, and its speakers.
fn layout(name: &str) -> (u32, Vec<Speaker>) {
    match name {
        "mono" => (0x4, vec![Centre]),
        "stereo" => (0x3, vec![Left, Right]),
        "5.0" => (0x37, vec![Left, Right, Centre, BackLeft, BackRight]),
        "5.1" => (0x3f, vec![Left, Right, Centre, Lfe, BackLeft, BackRight]),
        "5.1(side)" => (0x60f, vec![Left, Right, Centre, Lfe, SideLeft, SideRight]),
        "7.1" => (0x63f, vec![Left, Right, Centre, Lfe, BackLeft, BackRight, SideLeft, SideRight]),
        "7.1.4" => (0x2d63f, [&layout("7.1").1[..], TOP].concat()),
        other => panic!("{other}"),
    }
}

/// What is encoded: the file, and its samples.
fn source(folder: &Path, case: &Case) -> (PathBuf, Vec<Vec<f32>>) {
    let (name, _, kind, _, rate, channels) = *case;
    let (mask, speakers) = layout(channels);
    // No multiple of any codec's block, but of 4: the program counts the padding of W64 as sound.
    let frames = (SECONDS * f64::from(rate)) as usize / 4 * 4 + 4;
    let samples = music(1, speakers.len(), frames, rate);
    let (bytes, expected) = match (kind, speakers.len()) {
        (Bits16, width) => wav(Pcm::S16, width, rate, &samples),
        _ => wav_with_mask(mask, rate, &samples),
    };
    let path = folder.join(format!("source-{name}.wav"));
    fs::write(&path, bytes).unwrap();
    (path, expected)
}

fn check(folder: &Path, case: &Case) {
    let (name, encode, kind, edges, rate, channels) = *case;
    let (source, expected) = source(folder, case);
    let file = folder.join(name);
    let mut arguments = vec!["-i", source.to_str().unwrap()];
    arguments.extend(encode.split(' '));
    ffmpeg(&arguments, &file);
    let decoded = decode(&file).unwrap_or_else(|error| panic!("{error}"));
    let format = &decoded.format;
    let (frames, given) = (decoded.frames(), expected[0].len());
    println!("{name:<14} {:+6} frames, {:?}", frames as i64 - given as i64, format.edges);
    assert_eq!(decoded.outcome, Outcome::Complete, "{name}");
    assert_eq!((format.edges, format.rate.hertz()), (edges, f64::from(rate)), "{name}");
    let speakers = layout(channels).1;
    assert_eq!(format.speakers.width(), speakers.len(), "{name}");
    // Some have surrounds but do not tell those of 5.1 from others.
    let alike = |a: &Speaker, b: &Speaker| a == b || is_surround(*a) && is_surround(*b);
    let are_alike = format.speakers.list().iter().zip(&speakers).all(|(a, b)| alike(a, b));
    assert!(are_alike, "{name}: {:?}", format.speakers);
    if edges == Exact && kind != Unlike {
        assert_eq!(frames, given, "{name}");
    }

    let oracle = oracle(&file);
    for (channel, got) in decoded.channels.iter().enumerate() {
        let other: Vec<_> = oracle.iter().skip(channel).step_by(speakers.len()).copied().collect();
        assert!(other.len() >= frames, "{name}: {frames} frames, the program has {}", other.len());
        let off = distance(got, &other[..frames]);
        let is_same = *got == other[..frames];
        assert!(
            is_same || matches!(kind, Lossy | Unlike) && off < -60.0,
            "{name} {channel}: {off:.1} dB"
        );
        let expected = &expected[channel];
        match kind {
            Bits24 | Bits16 => assert!(got == expected, "{name} {channel}: not what was encoded"),
            Lossy => is_in_place(name, got, expected),
            Unlike => {}
        }
    }
}

fn is_surround(speaker: Speaker) -> bool {
    matches!(speaker, BackLeft | BackRight | SideLeft | SideRight)
}

/// What was decoded is most like what was encoded where it is, and not a frame before or after.
fn is_in_place(name: &str, got: &[f32], expected: &[f32]) {
    let frames = got.len().min(expected.len());
    let at = |shift: usize| {
        let there = 1_000 + shift;
        let middle = &got[there..there + frames / 2];
        distance(middle, &expected[1_001..1_001 + frames / 2])
    };
    let places: Vec<_> = (0..3).map(at).collect();
    assert!(
        places[1] < -10.0 && places[1] < places[0] && places[1] < places[2],
        "{name}: {places:?}"
    );
}

#[test]
fn what_another_program_decodes_and_what_was_encoded() {
    let folder = folder("differential");
    for_each(CASES, |case| check(&folder, case));
}
