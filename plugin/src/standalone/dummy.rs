//! A timer, for machines without sound: meters, decks and sessions work, and nothing is heard.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use busbar_engine::{Block, RenderMode, StereoMut};

use super::driver::Driver;
use super::options::{Choice, Options};
use super::stage::{Counts, Stage};

/// Without a word on the command line.
const RATE: u32 = 48_000;
const PERIOD: u32 = 512;

/// So far behind, it does not try to catch up: the machine slept.
const BEHIND: Duration = Duration::from_secs(1);

/// A thread that runs the stage in time.
pub struct Dummy {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    rate: u32,
    period: u32,
}

impl Dummy {
    /// Begins.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn open(options: &Options, stage: &Arc<Stage>, turn: u64) -> Result<Self, String> {
        let (rate, period) = (options.rate.unwrap_or(RATE), options.period.unwrap_or(PERIOD));
        stage.prepare(turn, rate)?;
        let ends = Arc::new(AtomicBool::new(false));
        let (stage, told) = (stage.clone(), ends.clone());
        let thread = std::thread::Builder::new()
            .name("busbar-dummy".into())
            .spawn(move || play(&stage, &told, rate, period))
            .map_err(|error| format!("the timer cannot be started: {error}"))?;
        Ok(Self { ends, thread: Some(thread), rate, period })
    }
}

fn play(stage: &Stage, ends: &AtomicBool, rate: u32, period: u32) {
    let frames = period as usize;
    let mut sides = [vec![0.0; frames], vec![0.0; frames]];
    let length = Duration::from_secs_f64(f64::from(period) / f64::from(rate));
    let mut due = Instant::now();
    while !ends.load(Relaxed) {
        let [left, right] = &mut sides;
        // What comes in is silence, and what comes out stands where that was.
        left.fill(0.0);
        right.fill(0.0);
        stage.run(&mut Block {
            main: StereoMut { left, right: Some(right) },
            sidechains: Default::default(),
            monitor: None,
            mode: RenderMode::Realtime,
        });
        due += length;
        let now = Instant::now();
        if now > due + BEHIND {
            due = now;
            Counts::add(&stage.counts.xruns);
        }
        // Ended earlier by whoever ends this.
        std::thread::park_timeout(due.saturating_duration_since(now));
    }
}

impl Driver for Dummy {
    fn describe(&self) -> String {
        format!("dummy, {} Hz, {} frames: nothing is heard", self.rate, self.period)
    }

    fn lost(&self) -> Option<String> {
        None
    }

    fn choice(&self) -> Choice {
        Choice::Dummy
    }
}

impl Drop for Dummy {
    fn drop(&mut self) {
        self.ends.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It only ever fails when the thread has panicked, and then it has ended too.
            _ = thread.join();
        }
    }
}
