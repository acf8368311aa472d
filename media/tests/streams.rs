//! Which stream of a file is decoded, what it is called, and files that change on their way.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use busbar_dsp::SampleRate;
use busbar_media::loader::Options;
use busbar_media::{
    Block, Cancel, Decoder, Format, Job, Limits, Loader, Outcome, Planar, Priority, Reason,
    Shortfall, Status, Tags,
};
use common::gate::settle;
use common::{STEREO, Tone, decode, distance, ffmpeg, folder, reference, tone_and_rest};

const RATE: u32 = 48_000;

fn format(file: &Path) -> Format {
    let decoder = Decoder::open(file, &Limits::default(), &Cancel::new()).unwrap();
    decoder.format().clone()
}

/// The first second of a stream.
fn stream(file: &Path, number: Option<u16>) -> (Format, Vec<Vec<f32>>) {
    let limits = Limits::default();
    let mut decoder = Decoder::open_stream(file, number, &limits, &Cancel::new()).unwrap();
    let format = decoder.format().clone();
    let mut channels = vec![Vec::new(); format.channels.into()];
    let mut block = Planar::new();
    while channels[0].len() < RATE as usize {
        let Block::Frames(_) = decoder.read(&mut block).unwrap() else { break };
        for (all, new) in channels.iter_mut().zip(block.channels()) {
            all.extend_from_slice(new);
        }
    }
    (format, channels)
}

/// The left channel from a frame on to the end, which is so many frames away.
fn from(file: &Path, to: usize, frames: usize) -> Vec<f32> {
    let mut decoder = Decoder::open(file, &Limits::default(), &Cancel::new()).unwrap();
    let (mut left, mut block) = (Vec::new(), Planar::new());
    // Once through it, and then there.
    while let Block::Frames(_) = decoder.read(&mut block).unwrap() {}
    decoder.seek(to as u64).unwrap();
    while let Block::Frames(_) = decoder.read(&mut block).unwrap() {
        left.extend_from_slice(block.channel(0));
    }
    assert_eq!(left.len(), frames, "{} from {to}", file.display());
    left
}

/// A film with two languages, the second in 5.1 and the one to be played, and a picture.
fn film(folder: &Path, name: &str) -> PathBuf {
    let six = Tone { hertz: 701.0, level: -20.0 };
    let first = reference(folder, &STEREO[..1], 2 * RATE as usize, RATE);
    let second = reference(folder, &[six; 6], 2 * RATE as usize, RATE);
    let file = folder.join(name);
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    let inputs = ["-f", "lavfi", "-i", "testsrc=size=64x48:duration=2", "-i", first];
    let inputs = [&inputs[..], &["-channel_layout", "5.1", "-i", second]].concat();
    let maps = "-map 0 -map 1 -map 2 -c:v mpeg4 -c:a flac -strict -2 -metadata title=Film \
                -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu \
                -metadata:s:a:1 title=Original -disposition:a:0 0 -disposition:a:1 default";
    ffmpeg(&[inputs, maps.split_whitespace().collect()].concat(), &file);
    file
}

#[test]
fn a_film_has_a_main_stream_and_others_by_number() {
    let folder = folder("streams-film");
    for name in ["film.mkv", "film.mp4"] {
        let file = film(&folder, name);
        let format = format(&file);
        assert_eq!((format.channels, format.chosen, format.sounds.len()), (6, 1, 2), "{name}");
        assert_eq!(format.tags.title.as_deref(), Some("Film"), "{name}");
        let of = |number: usize| &format.sounds[number];
        assert_eq!((of(0).channels, of(1).channels, of(0).rate), (1, 6, RATE), "{name}");
        assert_eq!(of(0).language.as_deref(), Some("eng"), "{name}");
        assert_eq!(of(1).language.as_deref().map(|language| &language[..2]), Some("de"), "{name}");
        assert_eq!(of(1).codec, "flac", "{name}");
        for (number, hertz, width) in [(None, 701.0, 6), (Some(0), 997.0, 1), (Some(1), 701.0, 6)] {
            let (format, channels) = stream(&file, number);
            assert_eq!(usize::from(format.channels), width, "{name} {number:?}");
            let (level, rest) = tone_and_rest(&channels[0][..RATE as usize], hertz, RATE);
            assert!(level - rest > 60.0, "{name} {number:?}: {level} {rest}");
        }
        let nothing = Decoder::open_stream(&file, Some(2), &Limits::default(), &Cancel::new());
        assert_eq!(nothing.map(|_| ()).unwrap_err().reason, Reason::NoSound);
    }
}

#[test]
fn streams_of_a_film_are_clips_of_their_own() {
    let file = film(&folder("streams-loader"), "film.mkv");
    let loader = Loader::start(Options::default());
    let rate = SampleRate::new(RATE.into()).unwrap();
    let load = |stream| loader.load_stream(&file, stream, rate, Priority::Cued);
    let jobs = [load(None), load(Some(0)), load(Some(0)), load(Some(7))];
    for job in &jobs[..3] {
        assert_eq!(settle(job), Status::Complete);
    }
    let channels = |job: &Job| job.format().unwrap().channels;
    assert_eq!([&jobs[0], &jobs[1], &jobs[2]].map(channels), [6, 1, 1]);
    let [main, first, again] = [&jobs[0], &jobs[1], &jobs[2]].map(|job| job.clip().unwrap());
    assert!(Arc::ptr_eq(&first, &again) && !Arc::ptr_eq(&first, &main));
    let Status::Failed(error) = settle(&jobs[3]) else { panic!("{:?}", jobs[3].status()) };
    assert_eq!(error.reason, Reason::NoSound);
}

#[test]
fn files_say_what_they_are_called_and_made_of() {
    let folder = folder("streams-tags");
    let source = reference(&folder, &STEREO, 4_800, RATE);
    let cover = folder.join("cover.png");
    ffmpeg(&["-f", "lavfi", "-i", "testsrc=size=600x600", "-frames:v", "1"], &cover);
    let long = "x".repeat(5_000);
    let words = ["title=So\n What \u{202e}?", "artist=Ágætis", &format!("album={long}")];
    let tags = words.iter().flat_map(|word| ["-metadata", word]);
    let with = [&["-i", source.to_str().unwrap()], &*tags.collect::<Vec<_>>()].concat();
    for (name, encode, bits) in [
        ("a.mp3", "-c:a libmp3lame", None),
        ("a.flac", "-c:a flac", Some(24)),
        ("a.m4a", "-c:a alac", Some(24)),
        ("aac.m4a", "-c:a aac", None),
        ("a.ogg", "-c:a libvorbis", None),
        ("a.opus", "-c:a libopus", None),
        ("a.wv", "-c:a wavpack -sample_fmt s16p", Some(16)),
        ("16.wav", "-c:a pcm_s16le", Some(16)),
        ("a.aiff", "-c:a pcm_s24be -write_id3v2 1", Some(24)),
        ("a.mkv", "-c:a pcm_s32le", Some(32)),
        ("a.wma", "-c:a wmav2", None),
    ] {
        let mut arguments = with.clone();
        arguments.extend(encode.split(' '));
        let has_cover = matches!(name, "a.mp3" | "a.flac" | "a.m4a");
        if has_cover {
            let cover = ["-i", cover.to_str().unwrap(), "-map", "0", "-map", "1"];
            arguments.splice(2..2, cover);
            arguments.extend(["-c:v", "copy", "-disposition:v", "attached_pic"]);
        }
        let file = folder.join(name);
        ffmpeg(&arguments, &file);
        let decoded = decode(&file).unwrap();
        let Format { tags, bits: found, bit_rate, .. } = &decoded.format;
        assert_eq!((*found, bit_rate.is_some()), (bits, bit_rate.is_some()), "{name}");
        assert_eq!(decoded.outcome, Outcome::Complete, "{name}");
        // RIFF has no names that all programs agree on for everything.
        if !matches!(name, "16.wav") {
            let Tags { title, artist, album } = tags;
            assert_eq!(title.as_deref(), Some("So What ?"), "{name}");
            assert_eq!(artist.as_deref(), Some("Ágætis"), "{name}");
            assert_eq!(album.as_ref().map(String::len), Some(200), "{name}");
        }
    }
    let bare = format(&source);
    assert_eq!((bare.tags, bare.bits, bare.bit_rate), (Tags::default(), Some(24), Some(2_304_000)));
}

/// Files one after the other in one, each with a number of its own for its stream.
fn joined(folder: &Path, name: &str, encode: &str, parts: &[(&[Tone], u32)]) -> (PathBuf, usize) {
    let (mut bytes, mut frames) = (Vec::new(), 0);
    for (number, &(tones, rate)) in parts.iter().enumerate() {
        let part = folder.join(format!("part-{name}"));
        let source = reference(folder, tones, rate as usize, rate);
        let mut arguments = vec!["-i", source.to_str().unwrap()];
        arguments.extend(encode.split(' '));
        let number = number.to_string();
        if !name.starts_with("same") {
            arguments.extend(["-serial_offset", &number]);
        }
        ffmpeg(&arguments, &part);
        frames += decode(&part).unwrap().frames();
        bytes.extend(fs::read(part).unwrap());
    }
    let file = folder.join(name);
    fs::write(&file, bytes).unwrap();
    (file, frames)
}

#[test]
fn ogg_files_one_after_the_other_are_one() {
    let folder = folder("streams-chained");
    let other = [Tone { hertz: 613.0, level: -9.0 }; 2];
    for (name, encode) in [
        ("a.ogg", "-c:a libvorbis -q:a 6"),
        ("a.opus", "-c:a libopus -b:a 192k"),
        ("flac.ogg", "-c:a flac"),
        // Against the rules of Ogg, but what two files of a program that always takes the same
        // number come to.
        ("same.ogg", "-c:a libvorbis -q:a 6"),
    ] {
        let parts: [(&[Tone], u32); 2] = [(&STEREO, RATE), (&other, RATE)];
        let (file, frames) = joined(&folder, name, encode, &parts);
        let decoded = decode(&file).unwrap();
        assert_eq!((frames, &decoded.outcome), (2 * RATE as usize, &Outcome::Complete), "{name}");
        // Where the first piece of Vorbis ends is known to a block.
        let off = if name.ends_with("a.ogg") || name == "same.ogg" { 2_048 } else { 0 };
        let found = decoded.frames();
        assert!(found.abs_diff(frames) <= off, "{name}: {found}");
        for to in [0, 1, frames / 3, frames / 2 - 5, frames / 2 + 9_000, found - 100, 40_000] {
            let from_there = from(&file, to, found - to);
            let there = &decoded.channels[0][to..];
            let off = distance(&from_there, there);
            assert!(from_there == there || off < -40.0, "{name} from {to}: {off}");
        }
        let second = &decoded.channels[0][frames / 2 + 4_000..][..40_000];
        let (level, rest) = tone_and_rest(second, other[0].hertz, RATE);
        assert!((level - other[0].level).abs() < 0.2 && level - rest > 30.0, "{name}: {level}");
    }
}

#[test]
fn a_change_of_rate_in_ogg_is_told() {
    let folder = folder("streams-chained-rate");
    let encode = "-c:a libvorbis -q:a 6";
    let (file, _) = joined(&folder, "a.ogg", encode, &[(&STEREO, RATE), (&STEREO, 44_100)]);
    let decoded = decode(&file).unwrap();
    let change = Shortfall::RateChanged { from: RATE, to: 44_100 };
    assert_eq!(decoded.outcome, Outcome::Partial(change));
    assert!((RATE as usize - 128..=RATE as usize).contains(&decoded.frames()));
}

#[test]
fn short_sounds_in_ogg_are_whole() {
    let folder = folder("streams-short");
    for frames in [1, 127, 1_000, 30_000, 44_100, 47_000, 48_000, 48_128] {
        let source = reference(&folder, &STEREO, frames, RATE);
        for (name, encode) in [("a.ogg", "-c:a libvorbis -q:a 6"), ("a.opus", "-c:a libopus")] {
            let file = folder.join(format!("{frames}-{name}"));
            let mut arguments = vec!["-i", source.to_str().unwrap()];
            arguments.extend(encode.split(' '));
            ffmpeg(&arguments, &file);
            let decoded = decode(&file).unwrap();
            assert_eq!(decoded.outcome, Outcome::Complete, "{frames} {name}");
            assert_eq!(decoded.frames(), frames, "{name}");
        }
    }
}
