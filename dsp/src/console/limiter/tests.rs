use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;
use crate::console::testing::{first_difference, in_stretches, largest_step, noise, sides_of};

fn rate(hertz: f64) -> SampleRate {
    SampleRate::new(hertz).unwrap()
}

type Stereo = [Vec<f32>; 2];

/// Plays a signal, and as much silence as it takes for all of it to come out.
fn limited(limiter: &mut Limiter, signal: &Stereo, cuts: &[usize]) -> Stereo {
    let total = signal[0].len() + limiter.latency() as usize;
    let mut heard = [vec![], vec![]];
    in_stretches(total as u64, 1 << 40, cuts, |frame, length| {
        let at = |side: usize, i: usize| signal[side].get(frame as usize + i).copied();
        let mut sides = sides_of(length, |i| [0, 1].map(|side| at(side, i).unwrap_or(0.0)));
        limiter.run(frame, &mut sides, length);
        for (heard, side) in heard.iter_mut().zip(&sides) {
            heard.extend_from_slice(&side[..length]);
        }
    });
    heard
}

/// A meter of another make: all of 16 points between two samples by a direct sum, for windowed
/// sincs of several lengths. The longest of them sees up to 0.495 of the rate without loss.
struct Meter {
    length: usize,
    phases: Vec<Vec<f64>>,
}

const TIMES: usize = 16;

impl Meter {
    fn new(length: usize) -> Self {
        let half = (length / 2) as f64;
        // Hann's, so that nothing of the reader's own code is used.
        let window = |x: f64| 0.5 + 0.5 * (TAU / 2.0 * x / half).cos();
        let sinc = |x: f64| if x == 0.0 { 1.0 } else { (TAU / 2.0 * x).sin() / (TAU / 2.0 * x) };
        let tap = |phase: usize, i: usize| {
            let x = i as f64 + 1.0 - half - phase as f64 / TIMES as f64;
            sinc(x) * window(x)
        };
        let phases = (0..TIMES).map(|phase| (0..length).map(|i| tap(phase, i)).collect());
        Self { length, phases: phases.collect() }
    }

    /// The true peak in decibels.
    fn peak(&self, signal: &[f32]) -> f64 {
        let silence = vec![0.0f64; self.length];
        let samples: Vec<f64> = silence
            .iter()
            .copied()
            .chain(signal.iter().map(|x| f64::from(*x)))
            .chain(silence.iter().copied())
            .collect();
        let point = |window: &[f64], taps: &[f64]| -> f64 {
            let mut sums = [0.0; 8];
            for (window, taps) in window.chunks_exact(8).zip(taps.chunks_exact(8)) {
                for lane in 0..8 {
                    sums[lane] += window[lane] * taps[lane];
                }
            }
            sums.iter().sum()
        };
        let peaks = samples
            .windows(self.length)
            // Where all is quiet there is no peak.
            .filter(|window| window.iter().any(|x| *x != 0.0))
            .flat_map(|window| self.phases.iter().map(move |taps| point(window, taps).abs()));
        20.0 * peaks.fold(0.0, f64::max).log10()
    }
}

/// The most that any of the meters reads.
fn true_peak(meters: &[Meter], heard: &Stereo) -> f64 {
    // What is the same on both sides is read once.
    let sides = if heard[0] == heard[1] { &heard[..1] } else { heard };
    let peaks = meters.iter().flat_map(|meter| sides.iter().map(|side| meter.peak(side)));
    peaks.fold(f64::NEG_INFINITY, f64::max)
}

/// What a limiter has a hard time with, loud.
fn programme(hertz: f64, frames: usize) -> Vec<(String, Stereo)> {
    let time = |i: usize| i as f64 / hertz;
    let mono = |wave: &dyn Fn(usize) -> f64| {
        let side: Vec<f32> = (0..frames).map(|i| wave(i) as f32).collect();
        [side.clone(), side]
    };
    let mut left = noise(1);
    let mut right = noise(2);
    let both = [&mut left as &mut dyn FnMut() -> f32, &mut right];
    let noises: Stereo = both.map(|noise| (0..frames).map(|_| 3.0 * noise()).collect());
    let bits = noises.clone().map(|side| side.into_iter().map(f32::signum).collect());
    let square = |f: f64| move |i: usize| 2.0 * (TAU * f * time(i)).sin().signum();
    let sine = |share: f64| move |i: usize| 4.0 * (TAU * share * i as f64 + 0.7).sin();
    let bursts =
        |share: f64| move |i: usize| if i % 900 < 300 { sine(share)(i % 300) } else { 0.0 };
    let impulses = |i: usize| match (i % 997, i % 1501) {
        (0, _) => 8.0,
        (_, 500) => -3.0,
        (_, 501) => 3.0,
        _ => 0.0,
    };
    let music = |i: usize| {
        let beat = (time(i) * 8.0).fract();
        let partials = [55.0, 110.0, 220.4, 329.6, 440.0, 1_318.5, 2_637.0, 5_274.0, 9_000.0];
        let chord: f64 = partials.iter().map(|f| (TAU * f * time(i)).sin()).sum();
        let drum = 3.0 * (TAU * 90.0 * beat * (1.0 - beat / 2.0)).sin() * (-9.0 * beat).exp();
        0.6 * chord + drum + f64::from(noises[0][i]) * 0.5 * (-40.0 * beat).exp()
    };
    let mut all = vec![
        ("a programme like music".to_owned(), mono(&music)),
        ("square waves of 100 Hz".to_owned(), mono(&square(100.3))),
        ("square waves of 5 kHz".to_owned(), mono(&square(5_017.0))),
        ("impulses".to_owned(), mono(&impulses)),
    ];
    for share in [0.01, 0.1, 0.25, 0.45, 0.48, 0.49] {
        all.push((format!("a sine at {share} of the rate"), mono(&sine(share))));
    }
    for share in [0.1, 0.25, 0.47] {
        all.push((format!("bursts at {share} of the rate"), mono(&bursts(share))));
    }
    all.push(("full noise".to_owned(), noises));
    all.push(("random bits".to_owned(), bits));
    all
}

const RATES: [f64; 6] = [44_100.0, 48_000.0, 88_200.0, 96_000.0, 176_400.0, 192_000.0];

#[test]
fn the_ceiling_holds_at_every_rate() {
    let meters = [1024, 48, 24].map(Meter::new);
    let mut worst = (f64::NEG_INFINITY, String::new());
    for (i, hertz) in RATES.into_iter().enumerate() {
        for (j, (name, signal)) in programme(hertz, 4000).into_iter().enumerate() {
            // All settings come up with all signals, at one rate or another.
            let look_ahead = [0.0, 0.001, 0.003, 0.010][(i + j) % 4];
            let ceiling = [-1.0, -20.0, 0.0, -6.0, -0.1][(i + 2 * j) % 5];
            let release = [0.01, 0.1, 1.0][(i + j) % 3];
            let mut limiter = Limiter::new(look_ahead, rate(hertz));
            limiter.head_for(Some(Limit { ceiling: Decibels(ceiling), release }), 0, 1);
            let heard = limited(&mut limiter, &signal, &[STEP]);
            let over = true_peak(&meters, &heard) - f64::from(ceiling);
            println!("{hertz} {name}, {look_ahead} s, {ceiling} dB, {release} s: {over:+.3} dB");
            assert!(over <= 0.07, "{over} dB above the ceiling: {name} at {hertz} Hz");
            assert!(over > -1.5, "{over} dB: nothing is left of {name} at {hertz} Hz");
            if over > worst.0 {
                worst = (over, format!("{name} at {hertz} Hz"));
            }
        }
    }
    println!("the worst: {worst:?}");
}

#[test]
fn what_is_below_the_ceiling_only_comes_later_to_the_bit() {
    for (look_ahead, limit) in [(0.0, Some(Limit::default())), (0.01, None)] {
        let mut limiter = Limiter::new(look_ahead, rate(48_000.0));
        limiter.head_for(limit, 0, 1);
        let level = if limit.is_some() { 0.3 } else { 10.0 };
        let mut noise = noise(5);
        let side: Vec<f32> = (0..4000).map(|_| level * noise()).collect();
        let mut signal = [side.clone(), side];
        (signal[0][100], signal[1][101]) = (-0.0, 1e-40);
        let heard = limited(&mut limiter, &signal, &[STEP]);
        let latency = limiter.latency() as usize;
        for side in 0..2 {
            assert_eq!(first_difference(&heard[side][latency..], &signal[side]), None);
            assert!(heard[side][..latency].iter().all(|x| *x == 0.0));
        }
    }
}

#[test]
fn latency_is_look_ahead_and_what_reading_takes() {
    for (look_ahead, hertz, frames) in
        [(0.0, 48_000.0, 194), (0.001, 48_000.0, 242), (0.01, 44_100.0, 635), (9.0, 1e9, 8322)]
    {
        let limiter = Limiter::new(look_ahead, rate(hertz));
        assert_eq!((limiter.latency(), latency(look_ahead, rate(hertz))), (frames, frames));
    }
}

#[test]
fn the_release_takes_the_time_it_says() {
    let release = 0.1;
    let mut limiter = Limiter::new(0.001, rate(48_000.0));
    limiter.head_for(Some(Limit { ceiling: Decibels(0.0), release }), 0, 1);
    // Loud, and then a constant that needs no limiting, by which the gain is seen.
    let side: Vec<f32> = (0..80_000).map(|i| if i < 100 { 2.0 } else { 0.1 }).collect();
    let heard = limited(&mut limiter, &[side.clone(), side], &[STEP]);
    let gain = |frame: usize| heard[0][frame + limiter.latency() as usize] / 0.1;
    let (start, later) = (1.0 - gain(1_000), 1.0 - gain(1_000 + 4_800));
    assert!((later / start - (-1f32).exp()).abs() < 0.01, "{start} → {later}");
    assert_eq!(gain(79_999), 1.0);
}

fn any_limit() -> impl Strategy<Value = Option<Limit>> {
    prop::option::weighted(0.8, (-20f32..0.0, 0.01f32..1.0)).prop_map(|limit| {
        limit.map(|(ceiling, release)| Limit { ceiling: Decibels(ceiling), release })
    })
}

fn storm(
    limits: &[Option<Limit>],
    (gap, look_ahead): (u64, f32),
    cuts: &[usize],
    mut signal: impl FnMut() -> [f32; 2],
) -> Stereo {
    let mut limiter = Limiter::new(look_ahead, rate(48_000.0));
    let mut heard = [vec![], vec![]];
    in_stretches(5000, gap, cuts, |frame, length| {
        if frame % gap == 0 {
            limiter.head_for(limits[(frame / gap) as usize % limits.len()], frame, 480);
        }
        let mut sides = sides_of(length, |_| signal());
        limiter.run(frame, &mut sides, length);
        for (heard, side) in heard.iter_mut().zip(&sides) {
            heard.extend_from_slice(&side[..length]);
        }
    });
    heard
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn cuts_cannot_be_heard(
        limits in prop::collection::vec(any_limit(), 1..6), gap in 1u64..1500,
        look_ahead in 0f32..0.01, cuts in prop::collection::vec(1usize..=STEP, 1..8),
        seed in any::<u64>(), level in 0f32..4.0,
    ) {
        let signal = || { let mut noise = noise(seed); move || [level * noise(), noise()] };
        let whole = storm(&limits, (gap, look_ahead), &[STEP], signal());
        let cut = storm(&limits, (gap, look_ahead), &cuts, signal());
        for side in 0..2 {
            prop_assert_eq!(first_difference(&whole[side], &cut[side]), None);
        }
    }

    #[test]
    fn no_change_makes_a_click(
        limits in prop::collection::vec(any_limit(), 2..8), gap in 1u64..1500,
        look_ahead in 0f32..0.01,
    ) {
        let heard = storm(&limits, (gap, look_ahead), &[STEP], || [1.0, -1.0]);
        let after = limiter_start(look_ahead);
        let step = heard.iter().map(|side| largest_step(&side[after..])).fold(0.0, f32::max);
        // Three windows of a third each make a bell whose height is 2.25 of a box's.
        prop_assert!(step <= 2.5 / 64.0, "{step}");
    }

    #[test]
    fn what_is_no_audio_leaves_nothing_behind(
        poison in prop_oneof![
            Just(f32::NAN), Just(f32::INFINITY), Just(1e30f32), Just(-1e30f32), Just(1e-40f32),
        ],
        count in 1usize..100,
    ) {
        let mut limiter = Limiter::new(0.002, rate(48_000.0));
        limiter.head_for(Some(Limit::default()), 0, 1);
        limited(&mut limiter, &[vec![poison; count], vec![poison; count]], &[STEP]);
        // 20 times the release is full level again.
        limited(&mut limiter, &[vec![0.5; 96_000], vec![0.5; 96_000]], &[STEP]);
        let heard = limited(&mut limiter, &[vec![0.5; 10], vec![0.5; 10]], &[STEP]);
        prop_assert_eq!(&heard[0][limiter.latency() as usize..], &[0.5; 10]);
    }
}

/// The first frame of a signal that begins loud.
fn limiter_start(look_ahead: f32) -> usize {
    latency(look_ahead, rate(48_000.0)) as usize
}
