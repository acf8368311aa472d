//! Loudness and peaks of files, against another meter and against what is known of tones.

mod common;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use busbar_dsp::SampleRate;
use busbar_dsp::pyramid::Bin;
use busbar_media::loader::{Moment, Options};
use busbar_media::scan::{self, Record, scan};
use busbar_media::{Cancel, Job, Loader, Priority, Status, Waveform};
use common::gate::{Gate, settle};
use common::{Pcm, Tone, ffmpeg, folder, music, reference, signal, wav};

const RATE: u32 = 48_000;

fn tone(level: f64) -> Tone {
    Tone { hertz: 997.0, level }
}

fn load(loader: &Loader, path: &Path, rate: f64) -> Job {
    loader.load(path, SampleRate::new(rate).unwrap(), Priority::Cued)
}

fn records(paths: &[PathBuf]) -> Vec<Record> {
    let mut records = Vec::new();
    let each = |record| {
        records.push(record);
        ControlFlow::Continue(())
    };
    scan(paths.to_vec(), &scan::Options::default(), &Cancel::new(), each).unwrap();
    records
}

#[test]
fn a_file_is_measured_in_its_own_channels_while_it_is_decoded() {
    let folder = folder("loader-loudness");
    // Of a tone of 997 Hz LUFS is the sum of the channels' powers.
    for (tones, expected) in [
        (&[tone(-20.0)][..], -23.01),
        (&[tone(-20.0); 2], -20.0),
        // The LFE counts nothing, the surrounds count 1.5 dB more.
        (&[tone(-20.0); 6], -20.0 + 10.0 * (5.82f64 / 2.0).log10()),
    ] {
        let path = reference(&folder, tones, 4 * RATE as usize, RATE);
        let gate = Gate::closed(&path, Moment::Grown);
        let options = Options { workers: 1, watch: Some(gate.watch()), ..Options::default() };
        let loader = Loader::start(options);
        // At another rate, which changes nothing.
        let job = load(&loader, &path, 44_100.0);
        gate.arrival();
        assert_eq!(job.loudness(), None);
        gate.open();
        assert_eq!(settle(&job), Status::Complete);
        let loudness = job.loudness().unwrap();
        let integrated = loudness.readings.integrated.unwrap().0;
        assert!((integrated - expected).abs() < 0.05, "{}: {integrated}", tones.len());
        assert!((loudness.sample_peak - 0.1).abs() < 1e-4, "{loudness:?}");
        assert!((loudness.true_peak - 0.1).abs() < 1e-3, "{loudness:?}");
    }
    // What is in the clip of a file that is too long.
    let path = folder.join("long.wav");
    let mut samples = signal(&[tone(-20.0); 2], 4 * RATE as usize, RATE);
    samples[6 * RATE as usize..].fill(0.9);
    fs::write(&path, wav(Pcm::S24, 2, RATE, &samples).0).unwrap();
    let loader = Loader::start(Options { clip_seconds: 2, ..Options::default() });
    let job = load(&loader, &path, f64::from(RATE));
    assert!(matches!(settle(&job), Status::Partial(_)));
    assert!((job.loudness().unwrap().sample_peak - 0.1).abs() < 1e-4);
}

/// What `ffmpeg`'s own meter says: integrated, range, sample peak, true peak.
fn oracle(file: &Path) -> [f64; 4] {
    let said = Command::new("ffmpeg")
        .args(["-hide_banner", "-nostdin", "-nostats", "-i", file.to_str().unwrap()])
        .args(["-af", "ebur128=peak=sample+true:framelog=verbose", "-f", "null", "-"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    let summary = &said[said.rfind("Summary:").expect("a summary")..];
    let number = |after: &str, name: &str| {
        let part = &summary[summary.find(after).unwrap()..];
        let part = &part[part.find(name).unwrap() + name.len()..];
        part.split_whitespace().next().unwrap().parse().unwrap()
    };
    [
        number("Integrated loudness:", "I:"),
        number("Loudness range:", "LRA:"),
        number("Sample peak:", "Peak:"),
        number("True peak:", "Peak:"),
    ]
}

#[test]
fn the_figures_are_those_of_another_meter() {
    let folder = folder("scan-figures");
    let mut files = Vec::new();
    for (width, rate, layout) in [
        (1, 48_000, "mono"),
        (2, 44_100, "stereo"),
        (2, 96_000, "stereo"),
        // More would not be alike: that meter counts what is behind in 7.1 as if it were at the side.
        (6, 48_000, "5.1"),
    ] {
        let frames = 8 * rate as usize + 777;
        // Louder in the second half, so that there is a range and something to gate.
        let mut samples = music(7, width, frames, rate);
        samples[..width * frames / 2].iter_mut().for_each(|sample| *sample *= 0.2);
        let source = folder.join(format!("{layout}-{rate}.wav"));
        fs::write(&source, wav(Pcm::S24, width, rate, &samples).0).unwrap();
        let file = source.with_extension("flac");
        ffmpeg(&["-channel_layout", layout, "-i", source.to_str().unwrap()], &file);
        files.push(file);
    }
    for record in records(&files) {
        let [integrated, range, sample_peak, true_peak] = oracle(Path::new(&record.path));
        println!("{record:?}\n{integrated} {range} {sample_peak} {true_peak}");
        let close = |ours: Option<f64>, theirs: f64, within: f64| {
            let ours = ours.unwrap();
            assert!((ours - theirs).abs() <= within, "{}: {ours}, {theirs}", record.path);
        };
        close(record.integrated_lufs, integrated, 0.1);
        close(record.loudness_range_lu, range, 0.2);
        close(record.sample_peak_dbfs, sample_peak, 0.1);
        close(record.true_peak_dbtp, true_peak, 0.2);
        close(
            record.plr_db,
            record.true_peak_dbtp.unwrap() - record.integrated_lufs.unwrap(),
            1e-9,
        );
        assert!(record.max_momentary_lufs.unwrap() >= record.max_short_term_lufs.unwrap());
        assert!(record.max_short_term_lufs.unwrap() >= integrated - 0.1);
    }
}

#[test]
fn a_waveform_is_that_of_the_clip_and_grows_with_it() {
    let folder = folder("loader-waveform");
    let path = folder.join("a.wav");
    let samples = music(3, 2, 2 * RATE as usize + 77, RATE);
    fs::write(&path, wav(Pcm::S24, 2, RATE, &samples).0).unwrap();
    let gate = Gate::closed(&path, Moment::Grown);
    let options = Options { workers: 1, watch: Some(gate.watch()), ..Options::default() };
    let loader = Loader::start(options);
    let job = load(&loader, &path, 44_100.0);
    gate.arrival();
    let (clip, waveform) = (job.clip().unwrap(), job.waveform().unwrap());
    assert_eq!(waveform.len(0) as u64, clip.ready() / Waveform::frames(0));
    gate.open();
    assert_eq!(settle(&job), Status::Complete);
    let frames = clip.ready() as usize;
    let mut sides = [vec![0.0; frames], vec![0.0; frames]];
    let [left, right] = &mut sides;
    assert_eq!(clip.read(0, left, right), frames);
    for level in 0..4 {
        for (side, samples) in sides.iter().enumerate() {
            let parts = samples.chunks(Waveform::frames(level) as usize);
            let mut bins = vec![Bin { low: 0.0, high: 0.0, power: 0.0 }; parts.len() + 1];
            assert_eq!(waveform.read(side, level, 0, &mut bins), parts.len());
            for (bin, part) in bins.iter().zip(parts) {
                let low = part.iter().copied().fold(f32::INFINITY, f32::min);
                let high = part.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                assert_eq!((bin.low, bin.high), (low, high), "{side} {level}");
            }
        }
    }
}

#[test]
fn a_small_file_that_says_it_is_huge_is_decoded_but_not_measured() {
    let folder = folder("loudness-huge");
    let path = folder.join("huge.wav");
    fs::write(&path, wav(Pcm::S16, 64, 2_822_400, &[0.25; 6_400]).0).unwrap();
    let wide = folder.join("wide.wav");
    fs::write(&wide, wav(Pcm::S16, 64, RATE, &[0.25; 6_400]).0).unwrap();
    let [huge, wide] = records(&[path, wide]).try_into().unwrap();
    assert!(huge.ok && huge.complete && huge.sample_peak_dbfs.is_none(), "{huge:?}");
    assert!(wide.ok && (wide.sample_peak_dbfs.unwrap() + 12.04).abs() < 0.01, "{wide:?}");
}
