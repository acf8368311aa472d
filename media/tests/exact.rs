//! What must come out to the last bit, and where a decode must say that it is not whole.

mod common;

use std::fs;
use std::path::Path;

use busbar_media::{Outcome, Sanitised, Shortfall};
use common::{Numbers, Pcm, STEREO, Tone, decode, ffmpeg, folder, reference, tone_and_rest, wav};

/// Full-scale noise, both ends of the range included.
fn noise(pcm: Pcm, samples: usize) -> Vec<f64> {
    let mut numbers = Numbers::new(1);
    let top = if pcm == Pcm::S16 { 32767.0 / 32768.0 } else { 8_388_607.0 / 8_388_608.0 };
    let mut noise: Vec<f64> =
        (0..samples).map(|_| numbers.below(1 << 25) as f64 / (1 << 24) as f64 - 1.0).collect();
    noise.iter_mut().for_each(|sample| *sample = sample.min(top));
    noise[0] = -1.0;
    noise[samples - 1] = top;
    noise
}

fn assert_exact(file: &Path, expected: &[Vec<f32>]) {
    let decoded = decode(file).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(decoded.outcome, Outcome::Complete, "{}", file.display());
    assert_eq!(decoded.channels.len(), expected.len());
    for (index, (got, expected)) in decoded.channels.iter().zip(expected).enumerate() {
        assert_eq!(got.len(), expected.len(), "{} channel {index}", file.display());
        let wrong = got.iter().zip(expected).position(|(a, b)| a.to_bits() != b.to_bits());
        assert_eq!(wrong, None, "{} channel {index}: first frame that differs", file.display());
    }
}

#[test]
fn lossless_formats_are_exact_to_the_bit() {
    let folder = folder("exact");
    let formats_16 = ["a.wav", "a.flac", "a.m4a -c:a alac", "a.wv", "a.tta", "a.aiff", "a.au"];
    let formats_24 = ["a.w64", "a.flac", "a.m4a -c:a alac", "a.wv", "a.tta", "a.caf"];
    for (pcm, formats, codec) in
        [(Pcm::S16, &formats_16[..], ""), (Pcm::S24, &formats_24[..], "pcm_s24le")]
    {
        for (channels, frames) in [(1, 1), (2, 4097), (2, 50_000), (6, 9_999)] {
            let (bytes, expected) = wav(pcm, channels, 44_100, &noise(pcm, channels * frames));
            let source = folder.join("source.wav");
            fs::write(&source, bytes).unwrap();
            assert_exact(&source, &expected);
            for format in formats {
                let mut words = format.split(' ');
                let file = folder.join(words.next().unwrap());
                let mut arguments = vec!["-i", source.to_str().unwrap()];
                arguments.extend(words);
                if matches!(file.extension().unwrap().to_str(), Some("w64" | "caf")) {
                    arguments.extend(["-c:a", codec]);
                }
                // Padding of W64 that the program counts as sound.
                if !(format.ends_with("w64") && (frames * channels * 3) % 8 != 0) {
                    ffmpeg(&arguments, &file);
                    assert_exact(&file, &expected);
                }
            }
        }
    }
}

#[test]
fn float_wav_is_exact_far_above_full_scale() {
    let folder = folder("exact-float");
    let samples: Vec<f64> = noise(Pcm::S24, 20_000).iter().map(|sample| sample * 31.0).collect();
    let (bytes, expected) = wav(Pcm::F32, 2, 48_000, &samples);
    let file = folder.join("hot.wav");
    fs::write(&file, bytes).unwrap();
    assert_exact(&file, &expected);
}

#[test]
fn what_is_no_number_is_silenced_and_counted() {
    let folder = folder("exact-nan");
    let mut samples = vec![0.25; 8_000];
    samples[10] = f64::NAN;
    samples[4_001] = f64::INFINITY;
    samples[4_002] = f64::NEG_INFINITY;
    samples[7_999] = 88_050.0;
    let file = folder.join("nan.wav");
    fs::write(&file, wav(Pcm::F32, 2, 48_000, &samples).0).unwrap();
    let decoded = decode(&file).unwrap();
    assert_eq!(decoded.sanitised, Sanitised { not_finite: 3, absurd: 1 });
    assert_eq!(decoded.outcome, Outcome::Complete);
    for (index, _) in samples.iter().enumerate() {
        let expected = if matches!(index, 10 | 4_001 | 4_002 | 7_999) { 0.0 } else { 0.25 };
        assert_eq!(decoded.channels[index % 2][index / 2], expected, "{index}");
    }
}

#[test]
fn a_header_without_sound_is_complete_only_if_it_announces_none() {
    let folder = folder("exact-silence");
    let (none, some) = (folder.join("none.wav"), folder.join("some.wav"));
    fs::write(&none, common::wav_header(Pcm::S16, 2, 44_100, 0)).unwrap();
    fs::write(&some, common::wav_header(Pcm::S16, 2, 44_100, 4_000)).unwrap();
    let decoded = decode(&none).unwrap();
    assert_eq!((decoded.frames(), decoded.outcome), (0, Outcome::Complete));
    decode(&some).unwrap_err();
}

/// Two files of which the second is appended to the first.
fn joined(
    folder: &Path,
    name: &str,
    encode: &str,
    parts: [(&[Tone], u32); 2],
) -> std::path::PathBuf {
    let mut bytes = Vec::new();
    for (tones, rate) in parts {
        let part = folder.join(format!("part-{name}"));
        let source = reference(folder, tones, rate as usize, rate);
        let mut arguments = vec!["-i", source.to_str().unwrap()];
        arguments.extend(encode.split(' '));
        ffmpeg(&arguments, &part);
        bytes.extend(fs::read(part).unwrap());
    }
    let file = folder.join(name);
    fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn a_change_of_rate_ends_the_decode_and_is_told() {
    let folder = folder("exact-rates");
    let encode = "-c:a libmp3lame -write_xing 0 -id3v2_version 0";
    let file = joined(&folder, "rates.mp3", encode, [(&STEREO, 44_100), (&STEREO, 48_000)]);
    let decoded = decode(&file).unwrap();
    let change = Shortfall::RateChanged { from: 44_100, to: 48_000 };
    assert_eq!(decoded.outcome, Outcome::Partial(change));
    assert!((44_100..44_100 + 3456).contains(&decoded.frames()), "{}", decoded.frames());
}

#[test]
fn a_change_of_channels_is_mixed_to_the_first() {
    let folder = folder("exact-channels");
    let mono = &STEREO[..1];
    let file = joined(&folder, "channels.ac3", "-c:a ac3", [(&STEREO, 48_000), (mono, 48_000)]);
    let decoded = decode(&file).unwrap();
    assert_eq!((&decoded.outcome, decoded.channels.len()), (&Outcome::Complete, 2));
    assert!(decoded.frames() > 96_000);
    for channel in &decoded.channels {
        let (level, rest) = tone_and_rest(&channel[60_000..90_000], STEREO[0].hertz, 48_000);
        // The mono tone is in both, at equal level.
        assert!(level - rest > 30.0 && level > STEREO[0].level - 4.0, "{level} {rest}");
    }
}

#[test]
fn a_large_picture_before_the_sound_does_no_harm() {
    let folder = folder("exact-picture");
    let source = reference(&folder, &STEREO, 48_000, 48_000);
    let bare = folder.join("bare.mp3");
    let encode = ["-i", source.to_str().unwrap(), "-c:a", "libmp3lame", "-id3v2_version", "0"];
    ffmpeg(&encode, &bare);
    // An ID3v2 tag of 3 MB, whose length is written in sevens of bits.
    let length: usize = 3 << 20;
    let sevens = [21, 14, 7, 0].map(|shift| (length >> shift) as u8 & 0x7f);
    let mut bytes = [b"ID3\x04\0\0", &sevens[..]].concat();
    let mut picture = b"APIC".to_vec();
    picture.extend([21, 14, 7, 0].map(|shift| ((length - 10) >> shift) as u8 & 0x7f));
    picture.extend([0, 0, 0]);
    picture.extend(b"image/png\0\x03\0");
    picture.resize(length, 0xaa);
    bytes.extend(picture);
    bytes.extend(fs::read(&bare).unwrap());
    let file = folder.join("picture.mp3");
    fs::write(&file, bytes).unwrap();
    let decoded = decode(&file).unwrap();
    assert_eq!((decoded.frames(), decoded.outcome), (48_000, Outcome::Complete));
}
