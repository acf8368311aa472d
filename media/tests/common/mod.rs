//! What the tests share: folders, files made on the spot, signals of known level, measuring.

// Each test binary uses its own part of this.
#![allow(dead_code)]

pub mod gate;

use std::f64::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use busbar_media::{
    Block, Cancel, Decoder, Format, Limits, MediaError, Outcome, Planar, Sanitised,
};

/// An empty folder for one test. It stays until the next run, to be looked at.
pub fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

/// Runs the distribution's `ffmpeg` program, which makes the files that the tests decode.
pub fn ffmpeg(arguments: &[&str], output: &Path) {
    let result = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y"])
        .args(arguments)
        .args(["-fflags", "+bitexact"])
        .arg(output)
        .output()
        .expect("the program ffmpeg, which `cargo xtask setup --tests` installs");
    let words = String::from_utf8_lossy(&result.stderr);
    assert!(result.status.success(), "ffmpeg {arguments:?} {}: {words}", output.display());
}

/// One channel of a test signal: a sine wave at `hertz` with its top at `level` dBFS.
#[derive(Clone, Copy, Debug)]
pub struct Tone {
    pub hertz: f64,
    pub level: f64,
}

/// Left and right, which no fault can mistake for each other.
pub const STEREO: [Tone; 2] =
    [Tone { hertz: 997.0, level: -12.0 }, Tone { hertz: 1499.0, level: -18.0 }];

/// A different tone for each channel of 5.1; the fourth is low enough for an LFE.
pub const SURROUND: [Tone; 6] = [
    Tone { hertz: 997.0, level: -18.0 },
    Tone { hertz: 1499.0, level: -20.0 },
    Tone { hertz: 701.0, level: -19.0 },
    Tone { hertz: 61.0, level: -17.0 },
    Tone { hertz: 1201.0, level: -21.0 },
    Tone { hertz: 1801.0, level: -22.0 },
];

impl Tone {
    pub fn sample(self, frame: usize, rate: u32) -> f64 {
        let phase = self.hertz * frame as f64 / f64::from(rate);
        10f64.powf(self.level / 20.0) * (TAU * phase).sin()
    }
}

/// Interleaved samples of some tones.
pub fn signal(tones: &[Tone], frames: usize, rate: u32) -> Vec<f64> {
    (0..frames).flat_map(|frame| tones.iter().map(move |tone| tone.sample(frame, rate))).collect()
}

/// The form of the samples in a WAV that a test writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pcm {
    S16,
    S24,
    F32,
}

impl Pcm {
    pub fn bytes(self) -> usize {
        match self {
            Self::S16 => 2,
            Self::S24 => 3,
            Self::F32 => 4,
        }
    }

    /// The sample as it is stored, and the value that a decoder has to give for it.
    pub fn store(self, sample: f64) -> (Vec<u8>, f32) {
        match self {
            Self::S16 => {
                let stored = (sample * 32768.0).round() as i16;
                (stored.to_le_bytes().to_vec(), f32::from(stored) / 32768.0)
            }
            Self::S24 => {
                let stored = (sample * 8_388_608.0).round() as i32;
                (stored.to_le_bytes()[..3].to_vec(), stored as f32 / 8_388_608.0)
            }
            Self::F32 => ((sample as f32).to_le_bytes().to_vec(), sample as f32),
        }
    }
}

/// A WAV, and the samples that a decoder has to give for it, channel by channel.
pub fn wav(pcm: Pcm, channels: usize, rate: u32, samples: &[f64]) -> (Vec<u8>, Vec<Vec<f32>>) {
    let mut data = Vec::with_capacity(samples.len() * pcm.bytes());
    let mut expected = vec![Vec::with_capacity(samples.len() / channels); channels];
    for (index, &sample) in samples.iter().enumerate() {
        let (bytes, value) = pcm.store(sample);
        data.extend(bytes);
        expected[index % channels].push(value);
    }
    let mut file = wav_header(pcm, channels, rate, data.len() as u32);
    file.extend(data);
    (file, expected)
}

/// The 44 bytes before the samples of a WAV.
pub fn wav_header(pcm: Pcm, channels: usize, rate: u32, data: u32) -> Vec<u8> {
    let tag: u16 = if pcm == Pcm::F32 { 3 } else { 1 };
    let block = (channels * pcm.bytes()) as u16;
    let mut header = b"RIFF".to_vec();
    header.extend(data.saturating_add(36).to_le_bytes());
    header.extend(b"WAVEfmt \x10\0\0\0");
    header.extend(tag.to_le_bytes());
    header.extend((channels as u16).to_le_bytes());
    header.extend(rate.to_le_bytes());
    header.extend((rate * u32::from(block)).to_le_bytes());
    header.extend(block.to_le_bytes());
    header.extend((8 * pcm.bytes() as u16).to_le_bytes());
    header.extend(b"data");
    header.extend(data.to_le_bytes());
    header
}

/// A WAV of 24 bits that says which channel is for which speaker.
pub fn wav_with_mask(mask: u32, rate: u32, samples: &[f64]) -> (Vec<u8>, Vec<Vec<f32>>) {
    let (plain, expected) = wav(Pcm::S24, mask.count_ones() as usize, rate, samples);
    let mut file = plain[..36].to_vec();
    file[4..8].copy_from_slice(&(plain.len() as u32 + 16).to_le_bytes());
    file[16] = 40;
    file[20..22].copy_from_slice(&0xfffe_u16.to_le_bytes());
    file.extend([22, 0, 24, 0]);
    file.extend(mask.to_le_bytes());
    file.extend(b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    file.extend(&plain[36..]);
    (file, expected)
}

/// What the `ffmpeg` program makes of a file's sound, interleaved.
pub fn oracle(file: &Path) -> Vec<f32> {
    let result = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-drc_scale", "0", "-i"])
        .arg(file)
        .args(["-map", "0:a:0", "-f", "f32le", "-c:a", "pcm_f32le", "-"])
        .output()
        .expect("the program ffmpeg, which `cargo xtask setup --tests` installs");
    let words = String::from_utf8_lossy(&result.stderr);
    assert!(result.status.success(), "{}: {words}", file.display());
    let samples = result.stdout.chunks_exact(4);
    samples.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

/// Writes a 24-bit WAV of some tones, from which `ffmpeg` makes the other formats.
pub fn reference(folder: &Path, tones: &[Tone], frames: usize, rate: u32) -> PathBuf {
    let path = folder.join(format!("reference-{}x{frames}@{rate}.wav", tones.len()));
    let samples = signal(tones, frames, rate);
    fs::write(&path, wav(Pcm::S24, tones.len(), rate, &samples).0).expect("writing the reference");
    path
}

/// Everything that came of a file.
#[derive(Debug)]
pub struct Decoded {
    pub format: Format,
    pub channels: Vec<Vec<f32>>,
    pub outcome: Outcome,
    pub sanitised: Sanitised,
}

impl Decoded {
    pub fn frames(&self) -> usize {
        self.channels[0].len()
    }
}

/// Decodes a file to its end, checking on the way what holds for every file.
pub fn decode(path: &Path) -> Result<Decoded, MediaError> {
    decode_with(path, &Limits::default())
}

pub fn decode_with(path: &Path, limits: &Limits) -> Result<Decoded, MediaError> {
    let mut decoder = Decoder::open(path, limits, &Cancel::new())?;
    let format = decoder.format().clone();
    let mut channels = vec![Vec::new(); format.channels.into()];
    let mut block = Planar::new();
    let outcome = loop {
        match decoder.read(&mut block)? {
            Block::End(outcome) => break outcome,
            Block::Frames(frames) => {
                assert!(frames > 0 && frames == block.frames());
                assert_eq!(block.width(), channels.len());
                for (all, new) in channels.iter_mut().zip(block.channels()) {
                    assert!(new.iter().all(|sample| sample.is_finite()), "{}", path.display());
                    all.extend_from_slice(new);
                }
            }
        }
    };
    assert_eq!(block.frames(), 0);
    assert_eq!(decoder.read(&mut block)?, Block::End(outcome.clone()), "the end stays the end");
    let progress = decoder.progress();
    assert_eq!(progress.frames, channels[0].len() as u64);
    assert!(progress.bytes <= progress.of_bytes, "{progress:?}");
    Ok(Decoded { format, channels, outcome, sanitised: decoder.sanitised() })
}

/// Runs something that must end. The deadline is far beyond anything but a hang.
pub fn within_a_minute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let worker = std::thread::Builder::new().name("watched".into());
    let worker = worker.spawn(move || done.send(work()));
    let result = wait.recv_timeout(Duration::from_secs(60));
    match result {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("still not done after a minute"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(worker.unwrap().join().unwrap_err())
        }
    }
}

/// Runs `body` in a process of its own. Called by a test, with its own name: the child is the same
/// test program, told to run the same test, which comes here again and then runs `body`. Nothing but
/// `body` may take long, and that watches itself.
pub fn alone(test: &str, body: impl FnOnce()) {
    const CHILD: &str = "BUSBAR_TEST_CHILD";
    if std::env::var_os(CHILD).is_some_and(|name| name == test) {
        return body();
    }
    let program = std::env::current_exe().expect("the test program knows itself");
    let mut command = Command::new(program);
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(CHILD, test);
    let output = command.output().expect("the test program can be run again");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    println!("{said}");
    assert!(said.contains("running 1 test") && output.status.success(), "{}", output.status);
}

/// The level in dBFS of a sine wave at `hertz` in some samples, and of all that is not it.
pub fn tone_and_rest(samples: &[f32], hertz: f64, rate: u32) -> (f64, f64) {
    let step = TAU * hertz / f64::from(rate);
    let (mut sine, mut cosine) = (0.0, 0.0);
    let (mut ss, mut sc, mut cc) = (0.0, 0.0, 0.0);
    for (index, &sample) in samples.iter().enumerate() {
        let (sample, (s, c)) = (f64::from(sample), (step * index as f64).sin_cos());
        sine += sample * s;
        cosine += sample * c;
        ss += s * s;
        sc += s * c;
        cc += c * c;
    }
    // The sine wave that fits best, which unlike a plain correlation is exact at any length.
    let determinant = ss * cc - sc * sc;
    let a = (sine * cc - cosine * sc) / determinant;
    let b = (cosine * ss - sine * sc) / determinant;
    let differences = samples.iter().enumerate().map(|(index, &sample)| {
        let (s, c) = (step * index as f64).sin_cos();
        f64::from(sample) - a * s - b * c
    });
    let rest = differences.map(|difference| difference * difference).sum::<f64>();
    let rest = rest / samples.len() as f64;
    let decibels = |power: f64| 10.0 * power.max(1e-30).log10();
    // Both as the top of a sine wave, which is 3 dB above its RMS.
    (decibels(a * a + b * b), decibels(2.0 * rest))
}

/// Interleaved samples that no two frames of have in common: noise under a melody of sines, so that
/// a decode that is off by one frame is far off. The same for the same seed.
pub fn music(seed: u64, channels: usize, frames: usize, rate: u32) -> Vec<f64> {
    let mut numbers = Numbers::new(seed);
    let mut low = vec![0.0; channels];
    let mut samples = Vec::with_capacity(channels * frames);
    for frame in 0..frames {
        let time = frame as f64 / f64::from(rate);
        for (channel, low) in low.iter_mut().enumerate() {
            let noise = numbers.below(1 << 20) as f64 / f64::from(1 << 19) - 1.0;
            // Lossy codecs leave the top of the noise out, so there is none.
            *low += 0.3 * (noise - *low);
            let hertz = 220.0 * (1.0 + channel as f64 / 7.0) * (1.0 + (time * 3.0).floor() / 9.0);
            samples.push(0.1 * *low + 0.15 * (TAU * hertz * time).sin());
        }
    }
    samples
}

/// A 24-bit WAV of music.
pub fn music_wav(folder: &Path, channels: usize, frames: usize, rate: u32) -> PathBuf {
    let path = folder.join(format!("music-{channels}x{frames}@{rate}.wav"));
    let samples = music(channels as u64, channels, frames, rate);
    fs::write(&path, wav(Pcm::S24, channels, rate, &samples).0).expect("writing the music");
    path
}

/// Does something with each of many things, two at a time.
pub fn for_each<T: Sync>(things: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(thing) = things.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(thing);
                }
            });
        }
    });
}

/// How far some samples are from others, in dB against their own level.
pub fn distance(samples: &[f32], others: &[f32]) -> f64 {
    assert_eq!(samples.len(), others.len());
    let pairs = samples.iter().zip(others).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    let (level, error) = pairs
        .fold((1e-20, 0.0), |(level, error), (a, b)| (level + b * b, error + (a - b) * (a - b)));
    10.0 * (error / level + 1e-30).log10()
}

/// A small generator of numbers that are always the same for the same seed.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}
