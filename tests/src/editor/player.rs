//! The host's audio thread: plays a level in real time, and hears what comes out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

/// Frames in a block.
pub const BLOCK: usize = 480;
/// Stereo inputs.
pub const BUSES: usize = 8;

/// What is played, and what is heard.
#[derive(Default)]
pub struct Signal {
    stop: AtomicBool,
    blocks: AtomicU64,
    /// Bits of the level on bus 1, and of the one on bus 2.
    levels: [AtomicU32; 2],
    /// Bits of the highest samples of the last block, of the main output and of the monitor.
    peaks: [AtomicU32; 2],
}

impl Signal {
    /// A sine on a bus, so that peak and RMS differ.
    pub fn sine(&self, bus: usize, time: u64) -> Vec<f32> {
        let level = self.levels.get(bus).map_or(0, |level| level.load(Relaxed));
        if level == 0 {
            return vec![0.0; BLOCK];
        }
        let phase = |i: usize| (time + i as u64) as f32 * 440.0 * std::f32::consts::TAU / 48_000.0;
        (0..BLOCK).map(|i| f32::from_bits(level) * phase(i).sin()).collect()
    }

    /// What has come out of the main output and of the monitor.
    pub fn hear(&self, outputs: [&[f32]; 2]) {
        for (shared, output) in self.peaks.iter().zip(outputs) {
            let peak = output.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            shared.store(peak.to_bits(), Relaxed);
        }
        self.blocks.fetch_add(1, Relaxed);
    }
}

/// The audio thread.
pub struct Player<T> {
    signal: Arc<Signal>,
    thread: JoinHandle<T>,
}

impl<T: Send + 'static> Player<T> {
    /// Begins to play silence.
    pub fn start(mut processor: T, block: impl Fn(&mut T, &Signal, u64) + Send + 'static) -> Self {
        let signal = Arc::<Signal>::default();
        let theirs = signal.clone();
        let thread = std::thread::Builder::new().name("player".into());
        let thread = thread.spawn(move || {
            let mut time = 0;
            while !theirs.stop.load(Relaxed) {
                block(&mut processor, &theirs, time);
                time += BLOCK as u64;
                std::thread::sleep(Duration::from_millis(10));
            }
            processor
        });
        Self { signal, thread: thread.expect("threads can be started") }
    }

    /// Plays a level on buses 1 and 2 from now on.
    pub fn play(&self, levels: [f32; 2]) {
        for (shared, level) in self.signal.levels.iter().zip(levels) {
            shared.store(level.to_bits(), Relaxed);
        }
    }

    /// The highest sample of the last block.
    pub fn peak(&self) -> f32 {
        f32::from_bits(self.signal.peaks[0].load(Relaxed))
    }

    /// The same of the monitor output.
    pub fn monitor_peak(&self) -> f32 {
        f32::from_bits(self.signal.peaks[1].load(Relaxed))
    }

    /// How many blocks there have been.
    pub fn blocks(&self) -> u64 {
        self.signal.blocks.load(Relaxed)
    }

    /// Ends, and gives back what it played with.
    pub fn stop(self) -> T {
        self.signal.stop.store(true, Relaxed);
        self.thread.join().expect("the player does not panic")
    }
}
