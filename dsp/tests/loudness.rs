//! Loudness on programmes made at random, against its definition, and against two meters that others
//! wrote: the crate `ebur128`, and FFmpeg's filter.

mod definition;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use busbar_dsp::file::{FileLoudness, FileMeter};
use busbar_dsp::loudness::layout::{MONO, STEREO, SURROUND_5_1, SURROUND_7_1_4};
use busbar_dsp::loudness::{Lufs, Position, Readings};
use busbar_dsp::points::Points;
use busbar_dsp::true_peak::Filter;
use busbar_dsp::{Level, SampleRate, TruePeak};
use definition::{Definition, Programme};
use ebur128::{EbuR128, Mode};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn live(rate: f64, [left, right]: [&[f32]; 2]) -> Readings {
    let mut points = Points::new(Level::best(), SampleRate::new(rate).unwrap(), 1, Vec::new());
    points.take(&[[left, right]]);
    points.programmes()[0].final_readings()
}

fn whole(
    level: Level,
    rate: f64,
    layout: &[Position],
    channels: &[&[f32]],
    cut: usize,
) -> FileLoudness {
    let mut meter = FileMeter::new(level, SampleRate::new(rate).unwrap(), layout);
    let frames = channels[0].len();
    for from in (0..frames).step_by(cut) {
        let part: Vec<_> = channels.iter().map(|c| &c[from..frames.min(from + cut)]).collect();
        meter.push(&part);
    }
    meter.finish()
}

/// In decibels, of a side and the silence after it.
fn true_peak(level: Level, side: &[f32]) -> f64 {
    let mut meter = TruePeak::new(Filter::new());
    meter.take(level, side);
    meter.finish(level);
    20.0 * f64::from(meter.peak()).log10()
}

fn differ(ours: Option<Lufs>, theirs: Option<Lufs>) -> f64 {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours.0 - theirs.0).abs(),
        (None, None) => 0.0,
        _ => f64::INFINITY,
    }
}

fn range(readings: &Readings) -> f64 {
    readings.range.map_or(0.0, |range| range.range.0)
}

proptest! {
    // Always the same programmes: among any there are some with a block just at a gate, which each
    // meter takes in or leaves out by its own rounding, and which then counts for some hundredths.
    #![proptest_config(ProptestConfig {
        cases: 8,
        max_shrink_iters: 0,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    #[test]
    fn live_and_file_agree_with_the_definition(
        seed in any::<u64>(), rate in prop::sample::select(vec![22_050.0, 44_100.0, 48_000.0, 96_000.0]),
        cut in 1000usize..100_000,
    ) {
        let programme = Programme::random(seed, rate, 20.0);
        let [left, right] = [&programme.left[..], &programme.right[..]];
        let exact = Definition::of(rate, [left, right]);
        let live = live(rate, [left, right]);
        for readings in [live, whole(Level::best(), rate, STEREO, &[left, right], cut).readings] {
            let integrated = differ(readings.integrated, exact.integrated);
            // A hundredth by which a gate may move brings in or leaves out a block at the most, and
            // there are some hundreds.
            prop_assert!(integrated <= 0.02, "I {} LU off", integrated);
            prop_assert!(exact.has_range(range(&readings)), "LRA {} for {:?}", range(&readings), exact.ranges);
            prop_assert!(differ(readings.momentary, exact.momentary) <= 0.02);
            prop_assert!(differ(readings.short_term, exact.short_term) <= 0.02);
        }
    }

    #[test]
    fn a_file_is_measured_like_the_same_signal_live(
        seed in any::<u64>(), rate in prop::sample::select(vec![11_025.0, 44_100.0, 48_000.0, 12_345.6]),
        seconds in 0.2f64..15.0, cut in 500usize..50_000,
    ) {
        let programme = Programme::random(seed, rate, seconds);
        let [left, right] = [&programme.left[..], &programme.right[..]];
        let live = live(rate, [left, right]);
        for level in Level::all() {
            let file = whole(level, rate, STEREO, &[left, right], cut);
            let readings = file.readings;
            for (file, live) in [
                (readings.integrated, live.integrated),
                (readings.max_momentary, live.max_momentary),
                (readings.max_short_term, live.max_short_term),
                (readings.short_term, live.short_term),
            ] {
                prop_assert!(differ(file, live) < 0.005, "{:?}: {:?} for {:?}", level, file, live);
            }
            prop_assert!((range(&readings) - range(&live)).abs() <= 0.021);
            let peak = left.iter().chain(right).fold(0f32, |peak, x| peak.max(x.abs()));
            prop_assert_eq!(file.sample_peak, peak);
            let between = [left, right].map(|side| true_peak(level, side)).into_iter().fold(f64::NEG_INFINITY, f64::max);
            let expected = between.max(20.0 * f64::from(peak).log10());
            let ours = readings.true_peak.map_or(f64::NEG_INFINITY, |peak| peak.0);
            prop_assert!(ours == expected || (ours - expected).abs() < 1e-5);
        }
    }

    #[test]
    fn many_channels_count_by_their_weights(seed in any::<u64>()) {
        let rate = 48_000.0;
        let programme = Programme::random(seed, rate, 12.0);
        let (signal, silence) = (&programme.left[..], vec![0.0f32; programme.left.len()]);
        let alone = whole(Level::best(), rate, MONO, &[signal], 4096).readings.integrated.unwrap().0;
        for layout in [SURROUND_5_1, SURROUND_7_1_4] {
            for (n, position) in layout.iter().enumerate() {
                let mut channels = vec![&silence[..]; layout.len()];
                channels[n] = signal;
                let readings = whole(Level::best(), rate, layout, &channels, 4096).readings;
                match readings.integrated {
                    None => prop_assert_eq!(position.weight(), 0.0),
                    // The relative gate lies where it lay, but the absolute one does not.
                    Some(loudness) => prop_assert!(
                        (loudness.0 - alone - 10.0 * position.weight().log10()).abs() < 0.2
                    ),
                }
            }
        }
    }

    #[test]
    fn the_crate_ebur128_reads_the_same(
        seed in any::<u64>(), rate in prop::sample::select(vec![44_100u32, 48_000, 96_000]),
    ) {
        // Whole blocks of 0.1 s, so that both have the same last window.
        let programme = Programme::random(seed, f64::from(rate), 30.0);
        let [left, right] = [&programme.left[..], &programme.right[..]];
        let ours = live(f64::from(rate), [left, right]);
        let mode = Mode::I | Mode::M | Mode::S | Mode::LRA;
        let mut theirs = EbuR128::new(2, rate, mode).unwrap();
        theirs.add_frames_planar_f32(&[left, right]).unwrap();
        for (ours, theirs) in [
            (ours.integrated, theirs.loudness_global()),
            (ours.momentary, theirs.loudness_momentary()),
            (ours.short_term, theirs.loudness_shortterm()),
        ] {
            let theirs = theirs.ok().filter(|loudness| *loudness > -150.0).map(Lufs);
            prop_assert!(differ(ours, theirs) <= 0.02, "{:?} for {:?}", ours, theirs);
        }
        // It takes a short-term loudness each second for the range, we one each 0.1 s: where there
        // are few, the range jumps. By seconds, the definition gives what it reads.
        let theirs = theirs.loudness_range().unwrap();
        let exact = Definition::of(f64::from(rate), [left, right]);
        prop_assert!((exact.range_by_seconds - theirs).abs() <= 0.1, "LRA {} for {}", exact.range_by_seconds, theirs);
        prop_assert!(exact.has_range(range(&ours)), "LRA {} for {:?}", range(&ours), exact.ranges);
    }
}

/// What FFmpeg's filter says at the end, by name.
fn ffmpeg(name: &str, rate: f64, [left, right]: [&[f32]; 2]) -> impl Fn(&str) -> f64 + use<> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let bytes: Vec<u8> = left
        .iter()
        .zip(right)
        .flat_map(|(l, r)| [l.to_le_bytes(), r.to_le_bytes()].concat())
        .collect();
    std::fs::write(&path, bytes).unwrap();
    let mut format = String::new();
    write!(format, "-hide_banner -nostats -f f32le -ac 2 -ar {rate} -i").unwrap();
    let output = Command::new("ffmpeg")
        .args(format.split(' '))
        .arg(&path)
        .args([
            "-af",
            "ebur128=peak=true:metadata=1,ametadata=mode=print:file=-",
            "-f",
            "null",
            "-",
        ])
        .output()
        .expect("ffmpeg, which `cargo xtask setup --tests` installs");
    std::fs::remove_file(&path).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    move |key| {
        let start = format!("lavfi.r128.{key}=");
        let last = text.lines().rev().find_map(|line| line.strip_prefix(&start));
        last.unwrap_or_else(|| panic!("no {key}")).parse().unwrap()
    }
}

#[test]
fn ffmpeg_reads_the_same() {
    for seed in 0..4 {
        let rate = 48_000.0;
        let programme = Programme::random(seed, rate, 60.0);
        let sides = [&programme.left[..], &programme.right[..]];
        let ours = live(rate, sides);
        let theirs = ffmpeg(&format!("loudness-{seed}.f32"), rate, sides);
        for (name, ours) in [("I", ours.integrated), ("M", ours.momentary), ("S", ours.short_term)]
        {
            // It rounds to thousandths, and puts −120.691 where there is silence.
            let difference = (ours.map_or(-120.691, |loudness| loudness.0) - theirs(name)).abs();
            assert!(difference <= 0.02, "{name} of {seed}: {ours:?} for {}", theirs(name));
        }
        // It cuts loudness into bins of a tenth for the range.
        let difference = (range(&ours) - theirs("LRA")).abs();
        assert!(difference <= 0.2, "LRA of {seed}: {} for {}", range(&ours), theirs("LRA"));
    }
}
