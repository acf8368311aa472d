//! Every main format decodes: right channels, rate, length, level, and each channel in its place.

mod common;

use std::path::Path;

use busbar_media::Outcome;
use common::{STEREO, SURROUND, Tone, decode, ffmpeg, folder, reference, tone_and_rest};

/// How long a decode may be, in frames, against what was encoded.
#[derive(Clone, Copy, Debug)]
enum Length {
    Exact,
    /// The container does not say where the sound begins and ends.
    Padded(usize),
    /// The encoder that makes the file leaves the end out.
    Cut(usize),
}
use Length::{Cut, Exact, Padded};

struct Case {
    name: &'static str,
    /// What `ffmpeg` is told after the input.
    encode: &'static str,
    file: &'static str,
    codec: &'static str,
    length: Length,
    /// How far a level may be off, in dB.
    within: f64,
    /// How far below the tone everything else has to stay, in dB.
    clean: f64,
}

const fn case(
    name: &'static str,
    encode: &'static str,
    file: &'static str,
    codec: &'static str,
    length: Length,
    (within, clean): (f64, f64),
) -> Case {
    Case { name, encode, file, codec, length, within, clean }
}

// Rounding to 24 or 16 bits, and codecs for people's ears.
const BITS_24: (f64, f64) = (0.001, 110.0);
const BITS_16: (f64, f64) = (0.001, 70.0);
const LOSSY: (f64, f64) = (0.1, 30.0);

#[rustfmt::skip]
const STEREO_CASES: &[Case] = &[
    case("WAV 16", "-c:a pcm_s16le", "16.wav", "pcm_s16le", Exact, BITS_16),
    case("WAV 24", "-c:a pcm_s24le", "24.wav", "pcm_s24le", Exact, BITS_24),
    case("WAV 32", "-c:a pcm_s32le", "32.wav", "pcm_s32le", Exact, BITS_24),
    case("WAV float", "-c:a pcm_f32le", "float.wav", "pcm_f32le", Exact, BITS_24),
    case("WAV double", "-c:a pcm_f64le", "double.wav", "pcm_f64le", Exact, BITS_24),
    case("WAV 8", "-c:a pcm_u8", "8.wav", "pcm_u8", Exact, (0.05, 25.0)),
    case("WAV A-law", "-c:a pcm_alaw", "alaw.wav", "pcm_alaw", Exact, (0.05, 25.0)),
    case("WAV ADPCM", "-c:a adpcm_ima_wav", "adpcm.wav", "adpcm_ima_wav", Padded(2048), (0.1, 25.0)),
    case("RF64", "-c:a pcm_s24le -rf64 always", "rf64.wav", "pcm_s24le", Exact, BITS_24),
    case("W64", "-c:a pcm_s24le", "a.w64", "pcm_s24le", Exact, BITS_24),
    case("AIFF", "-c:a pcm_s24be", "a.aiff", "pcm_s24be", Exact, BITS_24),
    case("CAF", "-c:a pcm_s24be", "a.caf", "pcm_s24be", Exact, BITS_24),
    case("AU", "-c:a pcm_s16be", "a.au", "pcm_s16be", Exact, BITS_16),
    case("FLAC 16", "-c:a flac -sample_fmt s16", "16.flac", "flac", Exact, BITS_16),
    case("FLAC 24", "-c:a flac", "24.flac", "flac", Exact, BITS_24),
    case("FLAC in Ogg", "-c:a flac", "flac.ogg", "flac", Exact, BITS_24),
    case("ALAC", "-c:a alac", "alac.m4a", "alac", Exact, BITS_24),
    case("WavPack", "-c:a wavpack", "a.wv", "wavpack", Exact, BITS_24),
    case("TTA", "-c:a tta", "a.tta", "tta", Exact, BITS_24),
    case("MP3", "-c:a libmp3lame -b:a 256k", "a.mp3", "mp3", Exact, LOSSY),
    case("MP3, bare", "-c:a libmp3lame -b:a 256k -write_xing 0 -id3v2_version 0", "bare.mp3", "mp3", Padded(3456), LOSSY),
    case("MP2", "-c:a mp2 -b:a 256k", "a.mp2", "mp2", Padded(2304), LOSSY),
    case("AAC in MP4", "-c:a aac -b:a 256k", "aac.m4a", "aac", Padded(1024), LOSSY),
    case("AAC, bare", "-c:a aac -b:a 256k", "a.aac", "aac", Padded(3072), LOSSY),
    case("Vorbis", "-c:a libvorbis -q:a 6", "a.ogg", "vorbis", Exact, LOSSY),
    case("Opus", "-c:a libopus -b:a 192k", "a.opus", "opus", Exact, LOSSY),
    case("AC-3", "-c:a ac3 -b:a 448k", "a.ac3", "ac3", Padded(3072), LOSSY),
    case("E-AC-3", "-c:a eac3 -b:a 448k", "a.eac3", "eac3", Padded(3072), LOSSY),
    case("DTS", "-c:a dca -strict -2 -b:a 768k", "a.dts", "dts", Padded(2048), LOSSY),
    case("WMA 1", "-c:a wmav1 -b:a 192k", "1.wma", "wmav1", Cut(2048), LOSSY),
    case("WMA 2", "-c:a wmav2 -b:a 192k", "2.wma", "wmav2", Cut(2048), LOSSY),
    case("FLAC in MKV", "-c:a flac", "flac.mkv", "flac", Exact, BITS_24),
    case("AC-3 in MKV", "-c:a ac3 -b:a 448k", "ac3.mkv", "ac3", Padded(3072), LOSSY),
    case("Opus in WebM", "-c:a libopus -b:a 192k", "a.webm", "opus", Padded(960), LOSSY),
    case("PCM in MOV", "-c:a pcm_s24le", "a.mov", "pcm_s24le", Exact, BITS_24),
    case("AAC in MPEG-TS", "-c:a aac -b:a 256k", "a.ts", "aac", Padded(3072), LOSSY),
    case("MP3 in AVI", "-c:a libmp3lame -b:a 256k", "a.avi", "mp3", Padded(3456), LOSSY),
    case("AAC in FLV", "-c:a aac -b:a 256k", "a.flv", "aac", Padded(3072), LOSSY),
];

#[rustfmt::skip]
const SURROUND_CASES: &[Case] = &[
    case("WAV 5.1", "-c:a pcm_s24le", "6.wav", "pcm_s24le", Exact, BITS_24),
    case("AIFF 5.1", "-c:a pcm_s24be", "6.aiff", "pcm_s24be", Exact, BITS_24),
    case("FLAC 5.1", "-c:a flac", "6.flac", "flac", Exact, BITS_24),
    case("ALAC 5.1", "-c:a alac", "6.m4a", "alac", Exact, BITS_24),
    case("WavPack 5.1", "-c:a wavpack", "6.wv", "wavpack", Exact, BITS_24),
    case("AAC 5.1", "-c:a aac -b:a 512k", "6aac.m4a", "aac", Padded(1024), (0.3, 20.0)),
    // Its encoder is coarse with the LFE.
    case("Vorbis 5.1", "-c:a libvorbis -q:a 6", "6.ogg", "vorbis", Exact, (2.0, 20.0)),
    case("Opus 5.1", "-c:a libopus -b:a 510k", "6.opus", "opus", Exact, (0.3, 20.0)),
    case("AC-3 5.1", "-c:a ac3 -b:a 640k", "6.ac3", "ac3", Padded(3072), LOSSY),
    case("E-AC-3 5.1", "-c:a eac3 -b:a 640k", "6.eac3", "eac3", Padded(3072), LOSSY),
];

const RATE: u32 = 48_000;
// No multiple of any codec's block, but of 4: the program that makes the files counts the padding
// of W64 as sound.
const FRAMES: usize = 2 * RATE as usize - 20;

/// Encodes the tones, decodes them, and returns a line with what came of it.
fn check(case: &Case, folder: &Path, tones: &[Tone], rate: u32) -> Result<String, String> {
    let input = reference(folder, tones, FRAMES, rate);
    let file = folder.join(case.file);
    let mut arguments = vec!["-i", input.to_str().unwrap()];
    if tones.len() == 6 {
        arguments.splice(0..0, ["-channel_layout", "5.1"]);
    }
    arguments.extend(case.encode.split(' '));
    ffmpeg(&arguments, &file);
    let decoded = decode(&file).map_err(|error| error.to_string())?;
    let format = &decoded.format;
    let form = (usize::from(format.channels), format.rate.hertz(), format.codec.as_str());
    if form != (tones.len(), f64::from(rate), case.codec) {
        return Err(format!("{format:?}"));
    }
    let extra = decoded.frames() as i64 - FRAMES as i64;
    let fits = match case.length {
        Exact => extra == 0,
        Padded(most) => (0..=most as i64).contains(&extra),
        Cut(most) => (-(most as i64)..=0).contains(&extra),
    };
    if !fits || decoded.outcome != Outcome::Complete {
        return Err(format!("{extra:+} frames, {:?}, {:?}", decoded.outcome, format.announced));
    }
    let levels = check_levels(case, tones, rate, &decoded.channels)?;
    Ok(format!("{:<15} {extra:+5} frames  {levels}", case.name))
}

fn check_levels(
    case: &Case,
    tones: &[Tone],
    rate: u32,
    channels: &[Vec<f32>],
) -> Result<String, String> {
    let mut line = String::new();
    for (index, (tone, samples)) in tones.iter().zip(channels).enumerate() {
        // Away from both ends, where lossy codecs fade in and out.
        let middle = &samples[FRAMES / 4..FRAMES / 4 * 3];
        let (level, rest) = tone_and_rest(middle, tone.hertz, rate);
        let (off, below) = (level - tone.level, level - rest);
        line += &format!(" {off:+.3}/{below:.0}");
        if off.abs() > case.within || below < case.clean {
            return Err(format!("channel {index}: {off:+.3} dB off, the rest {below:.1} dB below"));
        }
    }
    Ok(line)
}

/// Runs all cases, prints a line each, and fails with all that are wrong.
fn check_all(test: &str, cases: &[Case], tones: &[Tone], rate: u32) {
    let folder = folder(test);
    let results = cases.iter().map(|case| (case.name, check(case, &folder, tones, rate)));
    let mut wrong = Vec::new();
    for (name, result) in results {
        match result {
            Ok(line) => println!("{line}"),
            Err(why) => wrong.push(format!("{name}: {why}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn stereo_in_every_format() {
    check_all("formats-stereo", STEREO_CASES, &STEREO, RATE);
}

#[test]
fn six_channels_each_in_its_place() {
    check_all("formats-surround", SURROUND_CASES, &SURROUND, RATE);
}

#[test]
fn the_sound_of_a_film() {
    let folder = folder("formats-film");
    let sound = reference(&folder, &STEREO, FRAMES, RATE);
    // Longer than the sound: the length of the film says nothing about it.
    let picture = "testsrc=size=64x48:rate=25:duration=4";
    for (name, codecs) in [
        ("film.mp4", "-c:v mpeg4 -c:a aac -b:a 256k"),
        ("film.mkv", "-c:v mpeg4 -c:a flac"),
        ("film.avi", "-c:v mpeg4 -c:a pcm_s16le"),
        ("film.mov", "-c:v mjpeg -c:a pcm_s24le"),
        ("film.ts", "-c:v mpeg2video -c:a mp2 -b:a 256k"),
        ("film.mpg", "-c:v mpeg2video -c:a mp2 -b:a 256k"),
    ] {
        let file = folder.join(name);
        let mut arguments = vec!["-f", "lavfi", "-i", picture, "-i", sound.to_str().unwrap()];
        arguments.extend(codecs.split(' '));
        ffmpeg(&arguments, &file);
        let decoded = decode(&file).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(decoded.outcome, Outcome::Complete, "{name}: {:?}", decoded.format);
        assert!((FRAMES..FRAMES + 4608).contains(&decoded.frames()), "{name} {}", decoded.frames());
        let case = case(name, "", "", "", Exact, LOSSY);
        check_levels(&case, &STEREO, RATE, &decoded.channels).unwrap();
    }
}

#[test]
fn mono_and_many_channels_and_odd_rates() {
    let folder = folder("formats-shapes");
    let tones: Vec<Tone> = (0..64)
        .map(|index| Tone { hertz: 100.0 + 13.0 * f64::from(index), level: -20.0 })
        .collect();
    for (width, rate) in
        [(1, 8_000), (1, 384_000), (3, 44_100), (8, 96_000), (9, 22_050), (64, 11_025)]
    {
        let file = reference(&folder, &tones[..width], 9_000, rate);
        let decoded = decode(&file).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((decoded.channels.len(), decoded.frames()), (width, 9_000));
        for (tone, channel) in tones.iter().zip(&decoded.channels) {
            let (level, rest) = tone_and_rest(channel, tone.hertz, rate);
            assert!((level - tone.level).abs() < 0.001 && level - rest > 100.0, "{width} {rate}");
        }
    }
}
