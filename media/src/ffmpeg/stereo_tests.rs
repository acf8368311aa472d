//! What the conversion to stereo does to levels, frequencies and lengths.

use std::f64::consts::TAU;

use super::*;

fn rate(hertz: f64) -> SampleRate {
    SampleRate::new(hertz).unwrap()
}

fn planar(channels: &[Vec<f32>]) -> Planar {
    let mut block = Planar::new();
    block.prepare(channels.len(), channels[0].len()).unwrap();
    for (to, from) in block.channels_mut().zip(channels) {
        to.copy_from_slice(from);
    }
    block
}

/// Converts a whole signal in blocks of some length.
fn convert(stereo: &mut Stereo, channels: &[Vec<f32>], block: usize) -> [Vec<f32>; 2] {
    let mut all = [Vec::new(), Vec::new()];
    let mut keep = |sides: Sides<'_>| {
        assert_eq!(sides[0].len(), sides[1].len());
        all[0].extend_from_slice(sides[0]);
        all[1].extend_from_slice(sides[1]);
    };
    let frames = channels[0].len();
    for start in (0..frames).step_by(block) {
        let end = (start + block).min(frames);
        let cut: Vec<_> = channels.iter().map(|channel| channel[start..end].to_vec()).collect();
        keep(stereo.convert(&planar(&cut)).unwrap());
    }
    for _ in 0..100_000 {
        match stereo.finish().unwrap() {
            Some(sides) => keep(sides),
            None => return all,
        }
    }
    panic!("it never ends");
}

fn tone(hertz: f64, rate: f64, frames: usize) -> Vec<f32> {
    (0..frames).map(|i| (TAU * hertz * i as f64 / rate).sin() as f32).collect()
}

/// The level of a tone in dB against full scale, and of everything else against the tone as it
/// went in.
fn tone_and_rest(samples: &[f32], hertz: f64, rate: f64) -> (f64, f64) {
    let step = TAU * hertz / rate;
    let (mut ss, mut sc, mut cc, mut sx, mut cx) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (index, &sample) in samples.iter().enumerate() {
        let (s, c) = (step * index as f64).sin_cos();
        ss += s * s;
        sc += s * c;
        cc += c * c;
        sx += s * f64::from(sample);
        cx += c * f64::from(sample);
    }
    let determinant = ss * cc - sc * sc;
    let (a, b) = ((sx * cc - cx * sc) / determinant, (cx * ss - sx * sc) / determinant);
    let rest: f64 = samples
        .iter()
        .enumerate()
        .map(|(index, &sample)| {
            let (s, c) = (step * index as f64).sin_cos();
            (f64::from(sample) - a * s - b * c).powi(2)
        })
        .sum();
    let decibels = |power: f64| 10.0 * power.max(1e-30).log10();
    (decibels(a * a + b * b), decibels(2.0 * rest / samples.len() as f64))
}

/// A tone after conversion, the ends left out.
fn through(from: f64, to: f64, hertz: f64) -> Vec<f32> {
    let mut stereo = Stereo::new(&Speakers::usual(1), rate(from), rate(to)).unwrap();
    let [left, right] = convert(&mut stereo, &[tone(hertz, from, from as usize / 2)], 4_096);
    assert!(left == right);
    left[left.len() / 8..left.len() * 7 / 8].to_vec()
}

const RATES: [(f64, f64); 8] = [
    (44_100.0, 48_000.0),
    (48_000.0, 44_100.0),
    (44_100.0, 96_000.0),
    (96_000.0, 44_100.0),
    (192_000.0, 48_000.0),
    (48_000.0, 192_000.0),
    (44_100.0, 47_999.0),
    (48_000.0, 44_100.5),
];

#[test]
fn up_to_20_khz_levels_stay_and_nothing_is_added() {
    for (from, to) in RATES {
        let (mut worst, mut added) = (0f64, f64::MIN);
        for hertz in [20.0, 100.0, 997.0, 5_003.0, 10_007.0, 15_013.0, 18_013.0, 19_501.0, 20_000.0]
        {
            let (level, rest) = tone_and_rest(&through(from, to, hertz), hertz, to);
            worst = worst.max(level.abs());
            added = added.max(rest);
        }
        println!("{from} to {to}: within {worst:.4} dB to 20 kHz, images and noise {added:.1} dB");
        assert!(worst < 0.1, "{from} to {to}: {worst} dB");
        assert!(added < -90.0, "{from} to {to}: {added} dB");
    }
}

/// Tones that the new rate has no room for, and images that the old one never had.
#[test]
fn nothing_comes_back_folded() {
    for (from, to) in RATES.into_iter().filter(|(from, to)| from > to) {
        let mut worst = f64::MIN;
        for part in [1.0005, 1.01, 1.03, 1.06, 1.08, 1.5, 1.9] {
            let hertz = to / 2.0 * part;
            if hertz < from / 2.0 {
                let left = through(from, to, hertz);
                let power = left.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
                worst = worst.max(10.0 * (2.0 * power / left.len() as f64).log10());
            }
        }
        println!("{from} to {to}: above the new half rate {worst:.1} dB");
        assert!(worst < -90.0, "{from} to {to}: {worst} dB");
    }
    for (from, to) in RATES.into_iter().filter(|(from, to)| from < to) {
        let mut worst = f64::MIN;
        for part in [0.92, 0.95, 0.98, 0.999] {
            let hertz = from / 2.0 * part;
            worst = worst.max(tone_and_rest(&through(from, to, hertz), hertz, to).1);
        }
        println!("{from} to {to}: images of tones close to the old half rate {worst:.1} dB");
        assert!(worst < -90.0, "{from} to {to}: {worst} dB");
    }
}

#[test]
fn the_length_is_exact_and_does_not_depend_on_the_blocks() {
    for (from, to) in RATES.into_iter().chain([(48_000.0, 20.0), (8_000.0, 384_000.0)]) {
        for frames in [1, 2, 50, 159, 160, 161, 1_000, 9_999, 48_000] {
            let signal = [tone(997.0, from, frames), tone(100.0, from, frames)];
            let speakers = Speakers::usual(2);
            let once = |block| {
                let mut stereo = Stereo::new(&speakers, rate(from), rate(to)).unwrap();
                convert(&mut stereo, &signal, block)
            };
            let whole = once(frames);
            let ideal = frames as f64 * to / from;
            let got = whole[0].len() as f64;
            assert!((got - ideal).abs() <= 0.51, "{frames} from {from} to {to}: {got}");
            assert!(once(777) == whole, "{frames} from {from} to {to}");
        }
    }
}

#[test]
fn what_is_shorter_than_the_filter_is_heard_and_in_its_place() {
    for frames in [40, 120, 200] {
        let mut click = vec![0.0; frames];
        click[20] = 1.0;
        let mono = Speakers::usual(1);
        let mut stereo = Stereo::new(&mono, rate(48_000.0), rate(96_000.0)).unwrap();
        let [left, _] = convert(&mut stereo, &[click], 64);
        let peak = left.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        assert_eq!(peak.0, 40, "{frames}");
        assert!((*peak.1 - 0.95).abs() < 0.05, "{frames}: {}", peak.1);
    }
}

#[test]
fn time_does_not_shift() {
    let frames = 20_000;
    let mono = Speakers::usual(1);
    let mut stereo = Stereo::new(&mono, rate(44_100.0), rate(48_000.0)).unwrap();
    let [left, _] = convert(&mut stereo, &[tone(997.0, 44_100.0, frames)], 1_000);
    let ideal = tone(997.0, 48_000.0, left.len());
    let worst = left.iter().zip(&ideal).skip(300).map(|(a, b)| (a - b).abs());
    let worst = worst.take(left.len() - 600).fold(0.0, f32::max);
    assert!(worst < 1e-4, "{worst}");
}

#[test]
fn at_the_same_rate_mono_and_stereo_pass_to_the_bit() {
    let (a, b) = (tone(997.0, 48_000.0, 3_000), tone(1_499.0, 48_000.0, 3_000));
    let same =
        |width| Stereo::new(&Speakers::usual(width), rate(48_000.0), rate(48_000.0)).unwrap();
    assert!(convert(&mut same(2), &[a.clone(), b.clone()], 512) == [a.clone(), b]);
    assert!(convert(&mut same(1), std::slice::from_ref(&a), 512) == [a.clone(), a]);
}

/// The level of each channel of a file on each side.
fn matrix(speakers: &Speakers, to: f64) -> Vec<[f32; 2]> {
    let one = |channel| {
        let mut channels = vec![vec![0.0; 8_000]; speakers.width()];
        channels[channel] = vec![0.5; 8_000];
        let mut stereo = Stereo::new(speakers, rate(48_000.0), rate(to)).unwrap();
        convert(&mut stereo, &channels, 1_000).map(|side| side[side.len() / 2] * 2.0)
    };
    (0..speakers.width()).map(one).collect()
}

#[test]
fn surround_is_mixed_down_as_documented_and_what_is_unknown_is_not() {
    let half = std::f32::consts::FRAC_1_SQRT_2;
    let surround = [[1.0, 0.0], [0.0, 1.0], [half; 2], [0.0; 2], [half, 0.0], [0.0, half]];
    let seven = [&surround[..], &[[half, 0.0], [0.0, half]]].concat();
    let close = |speakers, to, expected: &[[f32; 2]]| {
        let got = matrix(&speakers, to);
        let is_close = got.iter().flatten().zip(expected.iter().flatten());
        assert!(is_close.clone().all(|(a, b)| (a - b).abs() < 1e-4), "{speakers:?}: {got:?}");
        assert_eq!(got.len(), expected.len());
    };
    for to in [48_000.0, 44_100.0] {
        close(Speakers::usual(6), to, &surround);
        close(Speakers::of_mask(6, 0x60f), to, &surround);
        close(Speakers::usual(8), to, &seven);
        // Left, right, LFE; with a mask that does not fit the usual one is taken.
        close(Speakers::of_mask(3, 0xb), to, &[[1.0, 0.0], [0.0, 1.0], [0.0; 2]]);
        close(Speakers::of_mask(6, 0xb), to, &surround);
        let mut first_two = vec![[0.0; 2]; 20];
        first_two[..2].copy_from_slice(&[[1.0, 0.0], [0.0, 1.0]]);
        close(Speakers::usual(20), to, &first_two);
    }
}

#[test]
fn rates_that_cannot_be_held_are_refused() {
    let mono = Speakers::usual(1);
    let made = Stereo::new(&mono, rate(48_000.0), rate(1e12)).map(|_| ());
    assert_eq!(made, Err(Reason::OverLimit("sample rate")));
}
