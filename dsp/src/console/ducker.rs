//! The ducker: while one bus, the key, is loud, another makes room for it.
//!
//! It is a gate turned round. While a sample of the key reaches the threshold, and for the hold
//! time after the last one that did, the level heads for the depth, and otherwise back; in even
//! steps of decibels, which is how ears count. Attack and release say how long the whole way takes.

use super::{STEP, Sides};
use crate::{Decibels, Gain, Ramp, SampleRate};

/// How a ducker reacts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ducking {
    /// The level of the key's samples from which on it is at work.
    pub threshold: Decibels,
    /// How far down it goes, as a positive number.
    pub depth: Decibels,
    /// Seconds down to the depth.
    pub attack: f32,
    /// Seconds for which it stays down after the key was last loud. Longer than half a wave of the
    /// lowest tone, or it lets go between the crests.
    pub hold: f32,
    /// Seconds back up.
    pub release: f32,
}

impl Default for Ducking {
    fn default() -> Self {
        Self {
            threshold: Decibels(-30.0),
            depth: Decibels(12.0),
            attack: 0.02,
            hold: 0.3,
            release: 0.5,
        }
    }
}

/// All of the way down. An integer, so that steps add up without rounding: each way ends on the
/// frame on which it should.
const WHOLE: u64 = 1 << 40;

/// Decibels in one doubling.
const DOUBLING: f32 = 6.020_6;

/// One bus's ducker.
#[derive(Clone, Copy, Debug)]
pub struct Ducker {
    threshold: Gain,
    /// The depth in doublings.
    depth: Ramp,
    /// Steps of a frame, in parts of [`WHOLE`].
    down: u64,
    up: u64,
    hold: u32,
    /// How far down it is.
    way: u64,
    /// Frames for which it stays down.
    held: u32,
}

impl Ducker {
    /// At rest. Realtime-safe.
    pub fn new(ducking: &Ducking, rate: SampleRate) -> Self {
        let mut ducker = Self {
            threshold: Gain::SILENCE,
            depth: Ramp::steady(doublings(ducking.depth)),
            down: WHOLE,
            up: WHOLE,
            hold: 0,
            way: 0,
            held: 0,
        };
        ducker.follow(ducking, rate);
        ducker
    }

    /// Reacts otherwise from `frame` on; the depth goes along a ramp. Realtime-safe.
    pub fn head_for(&mut self, ducking: &Ducking, rate: SampleRate, frame: u64, length: u32) {
        self.depth.head_for(doublings(ducking.depth), frame, length);
        self.follow(ducking, rate);
    }

    fn follow(&mut self, ducking: &Ducking, rate: SampleRate) {
        let step = |seconds: f32| WHOLE.div_ceil(rate.frames_in(seconds.into()).into());
        self.threshold = ducking.threshold.gain();
        self.down = step(ducking.attack);
        self.up = step(ducking.release);
        self.hold = rate.frames_in(ducking.hold.into());
    }

    /// Whether it leaves its bus alone as long as there is no key. Realtime-safe.
    pub fn is_idle(&self) -> bool {
        self.way == 0 && self.held == 0
    }

    /// Turns a stretch of its bus down, as far as the key's levels ask for; without a key it lets
    /// go. Says how far down it was at the most. Realtime-safe.
    ///
    /// The levels come from [`levels`], and have the stretch's length.
    pub fn run(
        &mut self,
        frame: u64,
        key: Option<&[f32]>,
        sides: &mut Sides,
        frames: usize,
    ) -> Gain {
        if key.is_none() && self.is_idle() {
            return Gain::UNITY;
        }
        let mut gains = [0.0; STEP];
        self.depth.fill(frame, &mut gains[..frames]);
        for (i, gain) in gains[..frames].iter_mut().enumerate() {
            let is_loud = key.is_some_and(|levels| levels[i] >= self.threshold.0);
            self.held = if is_loud { self.hold } else { self.held.saturating_sub(1) };
            self.way = match is_loud || self.held > 0 {
                true => (self.way + self.down).min(WHOLE),
                false => self.way.saturating_sub(self.up),
            };
            *gain = exp2(-*gain * (self.way as f32 / WHOLE as f32));
        }
        for side in sides {
            for (sample, gain) in side[..frames].iter_mut().zip(gains) {
                // A product, even by 1, would flush a denormal.
                *sample = if gain == 1.0 { *sample } else { *sample * gain };
            }
        }
        Gain(gains[..frames].iter().copied().fold(1.0, f32::min))
    }
}

/// How loud each frame of a key is: the louder side. Realtime-safe.
pub fn levels(sides: &Sides, frames: usize, levels: &mut [f32; STEP]) {
    let [left, right] = sides;
    for ((level, left), right) in levels[..frames].iter_mut().zip(left).zip(right) {
        *level = left.abs().max(right.abs());
    }
}

fn doublings(depth: Decibels) -> f32 {
    depth.0 / DOUBLING
}

/// 2 to the power of `x`, within 2·10⁻⁷, and exactly 1 at 0, for anything down to −126: the same
/// bits on every machine, which a system's own function does not promise.
#[inline(always)]
fn exp2(x: f32) -> f32 {
    let x = x.max(-126.0);
    // Nearest whole number, by adding what leaves no room for a fraction.
    let magic = 1.5 * (1 << 23) as f32;
    let whole = (x + magic) - magic;
    let y = (x - whole) * std::f32::consts::LN_2;
    let series = 1.0
        + y * (1.0
            + y * (0.5 + y * (1.0 / 6.0 + y * (1.0 / 24.0 + y * (1.0 / 120.0 + y / 720.0)))));
    series * f32::from_bits((((whole as i32) + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::testing::{first_difference, in_stretches, largest_step, noise};
    use proptest::prelude::*;

    fn rate() -> SampleRate {
        SampleRate::new(48_000.0).unwrap()
    }

    const RAMP: u32 = 480;

    /// Plays a constant under keys' levels; the reaction changes each `gap` frames.
    fn play(storm: &[Ducking], gap: u64, cuts: &[usize], key: &[Option<f32>]) -> Vec<f32> {
        let mut ducker = Ducker::new(&storm[0], rate());
        let mut heard = vec![];
        in_stretches(key.len() as u64, gap, cuts, |frame, length| {
            if frame % gap == 0 {
                let ducking = &storm[(frame / gap) as usize % storm.len()];
                ducker.head_for(ducking, rate(), frame, RAMP);
            }
            let mut sides = [[1.0; STEP]; 2];
            let key = &key[frame as usize..][..length];
            let levels: Vec<f32> = key.iter().map(|level| level.unwrap_or(0.0)).collect();
            ducker.run(frame, key[0].is_some().then_some(&levels), &mut sides, length);
            assert_eq!(sides[0][..length], sides[1][..length]);
            heard.extend_from_slice(&sides[0][..length]);
        });
        heard
    }

    /// What it should do, in words: seconds and decibels, and nothing clever.
    fn plain(ducking: &Ducking, key: &[Option<f32>]) -> Vec<f64> {
        let frames = |seconds: f32| (f64::from(seconds) * 48_000.0).round().max(1.0);
        let depth = f64::from(ducking.depth.0);
        let (mut since_loud, mut down) = (f64::INFINITY, 0.0f64);
        let step = |key: &Option<f32>| {
            let is_loud = 20.0 * key.unwrap_or(0.0).log10() >= ducking.threshold.0;
            since_loud = if is_loud { 0.0 } else { since_loud + 1.0 };
            down = if since_loud < frames(ducking.hold) {
                (down + depth / frames(ducking.attack)).min(depth)
            } else {
                (down - depth / frames(ducking.release)).max(0.0)
            };
            -down
        };
        key.iter().map(step).collect()
    }

    fn any_ducking() -> impl Strategy<Value = Ducking> {
        let times = (0.001f32..0.05, 0.001f32..0.03, 0.01f32..0.1);
        (-60f32..0.0, 0f32..60.0, times).prop_map(|(threshold, depth, (attack, hold, release))| {
            let (threshold, depth) = (Decibels(threshold), Decibels(depth));
            Ducking { threshold, depth, attack, hold, release }
        })
    }

    /// Bursts of a level, with pauses between; sometimes there is no key at all.
    fn any_key() -> impl Strategy<Value = Vec<Option<f32>>> {
        let level = prop_oneof![Just(None), Just(Some(0.0)), (0.0001f32..1.0).prop_map(Some)];
        prop::collection::vec((level, 1usize..1500), 1..8).prop_map(|bursts| {
            bursts.into_iter().flat_map(|(level, frames)| vec![level; frames]).collect()
        })
    }

    /// A stretch has a key or none: cuts where that changes.
    fn with_edges(key: &[Option<f32>], cuts: &[usize]) -> Vec<usize> {
        let (mut at, mut lengths, mut cuts) = (0, vec![], cuts.iter().cycle());
        while at < key.len() {
            let same = key[at..].iter().take_while(|k| k.is_some() == key[at].is_some()).count();
            lengths.push((*cuts.next().unwrap()).min(same));
            at += lengths.last().unwrap();
        }
        lengths
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

        #[test]
        fn its_timing_is_the_plain_models(ducking in any_ducking(), key in any_key()) {
            let cuts = with_edges(&key, &[STEP]);
            let heard = play(&[ducking], 1 << 40, &cuts, &key);
            for (i, (gain, wanted)) in heard.iter().zip(plain(&ducking, &key)).enumerate() {
                let got = 20.0 * f64::from(*gain).log10();
                prop_assert!((got - wanted).abs() < 1e-4, "at {i}: {got} dB, not {wanted}");
            }
        }

        #[test]
        fn cuts_cannot_be_heard_and_changes_do_not_click(
            storm in prop::collection::vec(any_ducking(), 1..5), key in any_key(),
            cuts in prop::collection::vec(1usize..=STEP, 1..8), gap in 1u64..800,
        ) {
            // What is cut at a change of the key must be cut there in both.
            let edges = |cuts: &[usize]| with_edges(&key, cuts);
            let whole = play(&storm, 1 << 40, &edges(&[STEP]), &key);
            let cut = play(&storm, 1 << 40, &edges(&cuts), &key);
            prop_assert_eq!(first_difference(&whole, &cut), None);
            let key: Vec<_> = key.iter().map(|level| level.or(Some(0.0))).collect();
            let stormy = play(&storm, gap, &[STEP], &key);
            // 60 dB in a millisecond are 1.25 dB a frame, and as much in the ramp of the depth.
            prop_assert!(largest_step(&stormy) <= 0.16, "{}", largest_step(&stormy));
        }
    }

    #[test]
    fn without_a_key_nothing_is_touched() {
        let mut ducker = Ducker::new(&Ducking::default(), rate());
        let mut sides = [[-0.0, 1e-40].repeat(32).try_into().unwrap(), [f32::MAX; STEP]];
        let before = sides.map(|side: [f32; STEP]| side.map(f32::to_bits));
        assert_eq!(ducker.run(0, None, &mut sides, STEP), Gain::UNITY);
        ducker.run(64, Some(&[0.0; STEP]), &mut sides, STEP);
        assert_eq!(sides.map(|side| side.map(f32::to_bits)), before);
    }

    #[test]
    fn what_is_no_audio_in_the_key_is_at_most_loud() {
        for poison in [f32::NAN, f32::INFINITY, 1e30, -0.0, 1e-40] {
            let mut ducker = Ducker::new(&Ducking::default(), rate());
            let (mut key, mut sides) = ([0.0; STEP], [[0.5; STEP]; 2]);
            levels(&[[poison; STEP], [-poison; STEP]], STEP, &mut key);
            let deepest = ducker.run(0, Some(&key), &mut sides, STEP);
            assert!(sides.iter().flatten().all(|x| (0.0..=0.5).contains(x)), "{poison}");
            assert_eq!(deepest.0, sides[0][STEP - 1] / 0.5);
        }
    }

    #[test]
    fn powers_of_two_are_close_and_exact_at_nought() {
        assert_eq!(exp2(0.0), 1.0);
        assert_eq!(exp2(-0.0), 1.0);
        let mut noise = noise(1);
        for _ in 0..100_000 {
            let x = noise() * 20.0;
            let wanted = f64::from(x).exp2();
            assert!((f64::from(exp2(x)) / wanted - 1.0).abs() < 3e-7, "{x}");
        }
        assert!(exp2(-1e9) > 0.0 && exp2(-1e9) < 1e-37);
    }
}
