//! Eight stems of a little tune, made from arithmetic alone: sixteen bars in A minor.

use std::f32::consts::TAU;

/// Frames a second of the demo.
pub const RATE: u32 = 48_000;

const BEATS_A_MINUTE: f32 = 112.0;
const BEATS: usize = 32;
/// Semitones above A1 of the bass, one for each four beats.
const ROOTS: [i32; 8] = [0, 0, -4, -4, 3, 3, -2, -2];
/// The chord over each root, in semitones above it.
const CHORDS: [[i32; 3]; 8] =
    [[0, 3, 7], [0, 3, 7], [0, 4, 7], [0, 4, 7], [0, 4, 7], [0, 4, 7], [0, 4, 7], [0, 4, 10]];

/// A stem: a name, and both sides.
pub struct Stem {
    /// What it is called, also as a file.
    pub name: &'static str,
    /// Left and right.
    pub sides: [Vec<f32>; 2],
}

/// All eight, the same on every machine.
pub fn all() -> [Stem; 8] {
    [
        stem("kick", 0.5, kick),
        stem("snare", 0.55, snare),
        stem("hats", 0.3, hats),
        stem("bass", 0.5, bass),
        stem("chords", 0.35, chords),
        stem("arpeggio", 0.7, arpeggio),
        stem("lead", 0.45, lead),
        stem("air", 0.65, air),
    ]
}

/// Frames of each stem.
pub fn frames() -> usize {
    (BEATS as f32 * 60.0 / BEATS_A_MINUTE * RATE as f32) as usize
}

/// One frame of time: seconds and beats since the start.
#[derive(Clone, Copy)]
struct Now {
    seconds: f32,
    beats: f32,
    frame: u32,
}

impl Now {
    /// Seconds since the last multiple of `beats`, and which one it was.
    fn since(self, beats: f32) -> (f32, usize) {
        let count = (self.beats / beats).floor();
        ((self.beats - count * beats) * 60.0 / BEATS_A_MINUTE, count as usize)
    }
}

/// `pan`: 0 left, 0.5 centre, 1 right.
fn stem(name: &'static str, pan: f32, voice: fn(Now) -> f32) -> Stem {
    let gains = [(1.0 - pan).min(0.5) * 2.0, pan.min(0.5) * 2.0];
    let mono: Vec<f32> = (0..frames() as u32)
        .map(|frame| {
            let seconds = frame as f32 / RATE as f32;
            voice(Now { seconds, beats: seconds * BEATS_A_MINUTE / 60.0, frame })
        })
        .collect();
    Stem { name, sides: gains.map(|gain| mono.iter().map(|x| x * gain).collect()) }
}

fn hertz(semitones_above_a1: i32) -> f32 {
    55.0 * 2f32.powf(semitones_above_a1 as f32 / 12.0)
}

fn sine(hertz: f32, seconds: f32) -> f32 {
    (TAU * (hertz * seconds).fract()).sin()
}

/// Starts softly enough not to click, then decays.
fn pluck(since: f32, decay: f32) -> f32 {
    (since / 0.004).min(1.0) * (-since / decay).exp()
}

/// White noise, a hash of the frame.
fn noise(frame: u32, seed: u32) -> f32 {
    let mut x = frame.wrapping_mul(0x9e37_79b9) ^ seed;
    x = (x ^ x >> 15).wrapping_mul(0x85eb_ca6b);
    x = (x ^ x >> 13).wrapping_mul(0xc2b2_ae35);
    (x ^ x >> 16) as i32 as f32 / i32::MAX as f32
}

fn kick(now: Now) -> f32 {
    let (since, _) = now.since(1.0);
    // The phase of a tone that falls from 160 to 45 Hz.
    let phase = 45.0 * since + 115.0 * 0.04 * (1.0 - (-since / 0.04).exp());
    0.8 * (TAU * phase).sin() * pluck(since, 0.18)
}

fn snare(now: Now) -> f32 {
    let (since, count) = now.since(1.0);
    if count % 2 == 0 {
        return 0.0;
    }
    (0.35 * noise(now.frame, 1) + 0.3 * sine(190.0, since)) * pluck(since, 0.09)
}

fn hats(now: Now) -> f32 {
    let (since, count) = now.since(0.5);
    // The difference of neighbours takes the low end away.
    let bright = noise(now.frame, 2) - noise(now.frame.wrapping_sub(1), 2);
    0.12 * bright * pluck(since, if count % 2 == 1 { 0.09 } else { 0.025 })
}

fn bass(now: Now) -> f32 {
    let (since, count) = now.since(0.5);
    let tone = hertz(ROOTS[count / 8 % 8]);
    let body = sine(tone, now.seconds) + 0.4 * sine(2.0 * tone, now.seconds);
    0.35 * body * pluck(since, 0.35)
}

fn chords(now: Now) -> f32 {
    let (since, count) = now.since(4.0);
    let bar = count % 8;
    let voice = |step: &i32| {
        let tone = hertz(ROOTS[bar] + 24 + step);
        sine(tone, now.seconds) + 0.3 * sine(2.003 * tone, now.seconds)
    };
    0.07 * CHORDS[bar].iter().map(voice).sum::<f32>() * pluck(since, 1.8)
}

fn arpeggio(now: Now) -> f32 {
    let (since, count) = now.since(0.25);
    let bar = count / 16 % 8;
    let tone = hertz(ROOTS[bar] + 36 + CHORDS[bar][count % 3]);
    0.14 * sine(tone, now.seconds) * pluck(since, 0.11)
}

fn lead(now: Now) -> f32 {
    const TUNE: [i32; 16] = [12, 15, 14, 12, 10, 12, 7, 7, 8, 10, 12, 15, 14, 10, 12, 12];
    let (since, count) = now.since(2.0);
    let tone = hertz(24 + TUNE[count % 16]) * (1.0 + 0.004 * sine(5.2, now.seconds));
    let body = sine(tone, now.seconds) + 0.25 * sine(3.0 * tone, now.seconds);
    0.16 * body * pluck(since, 0.9) * (since / 0.03).min(1.0)
}

fn air(now: Now) -> f32 {
    let swell = 0.5 - 0.5 * (TAU * now.beats / 16.0).cos();
    0.02 * swell * noise(now.frame, 3) * (0.6 + 0.4 * sine(0.31, now.seconds))
}
