//! The audio side of the program: an instance, and what every driver does with it. Drivers come
//! and go; the instance with its clock, its meters and its decks stays.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use busbar::editor::Shared;
use busbar::guard::pad::Present;
use busbar::guard::shield;
use busbar::parts::Parts;
use busbar_dsp::denormals::FlushDenormals;
use busbar_dsp::{Ramp, SampleRate, mix};
use busbar_engine::engine::SUB_BLOCK;
use busbar_engine::handoff::TryCell;
use busbar_engine::{Block, Config, Layout, StereoMut};

/// How long the sound takes to come and to go: no click, and nobody waits for it.
const FADE_SECONDS: f64 = 0.020;

/// Shared by whoever drives the engine and whoever watches over it.
pub struct Stage {
    runner: TryCell<Runner>,
    /// What the editor sees, too.
    pub shared: Shared,
    /// Which driver may make an engine for its rate.
    turn: AtomicU64,
    /// Whether there shall be sound.
    on: AtomicBool,
    /// Whether the last block ended in the silence after the sound.
    silent: AtomicBool,
    /// Frames so far, and at which rate; whole seconds of sound follow from these.
    frames: AtomicU64,
    rate: AtomicU32,
    /// What went wrong on the way.
    pub counts: Counts,
}

/// What went wrong, as often as it did. Written by drivers, read by people.
#[derive(Debug, Default)]
pub struct Counts {
    /// A block came too late.
    pub xruns: AtomicU64,
    /// Input was wanted that had not come.
    pub dry: AtomicU64,
    /// Input came for which there was no room.
    pub over: AtomicU64,
}

impl Counts {
    /// One more. Realtime-safe.
    pub fn add(count: &AtomicU64) {
        count.fetch_add(1, Relaxed);
    }
}

struct Runner {
    parts: Parts,
    clock: u64,
    level: Ramp,
    fade: u32,
    #[cfg(test)]
    trap: bool,
}

impl Stage {
    /// An instance that nobody drives yet.
    pub fn new(parts: Parts) -> Self {
        let shared = parts.shared.clone();
        let runner = Runner {
            parts,
            clock: 0,
            level: Ramp::steady(0.0),
            fade: 0,
            #[cfg(test)]
            trap: false,
        };
        Self {
            runner: TryCell::new(runner),
            shared,
            turn: AtomicU64::new(0),
            on: AtomicBool::new(true),
            silent: AtomicBool::new(true),
            frames: AtomicU64::new(0),
            rate: AtomicU32::new(0),
            counts: Counts::default(),
        }
    }

    /// It is another driver's turn now: one that was to begin before, and has not, comes too late.
    pub fn next_turn(&self) -> u64 {
        self.turn.fetch_add(1, Relaxed) + 1
    }

    /// Before a driver begins: an engine for its rate. Waits for a block of the former driver.
    ///
    /// # Errors
    /// When it is not the driver's turn any more, the rate is none, or the former driver never lets
    /// go.
    pub fn prepare(&self, turn: u64, hertz: u32) -> Result<(), String> {
        let rate = SampleRate::new(hertz.into())
            .ok_or_else(|| format!("{hertz} Hz is no rate that can be worked at"))?;
        let mut runner = self.runner.enter_soon().ok_or("the last driver does not let go")?;
        if turn != self.turn.load(Relaxed) {
            return Err("it has answered too late".into());
        }
        let config = Config { rate, layout: Layout::EightStereo };
        if shield(|| runner.parts.prepare(config)) != Some(true) {
            return Err(format!("the engine cannot be made for {hertz} Hz"));
        }
        runner.fade = rate.frames_in(FADE_SECONDS);
        runner.level = Ramp::steady(0.0);
        self.rate.store(hertz, Relaxed);
        Ok(())
    }

    /// While a driver plays: another engine for the same rate.
    ///
    /// # Errors
    /// As for `prepare`.
    pub fn prepare_again(&self) -> Result<(), String> {
        self.prepare(self.turn.load(Relaxed), self.rate())
    }

    /// Processes a block of any length in place; what comes in stands in the main output.
    /// Realtime-safe.
    pub fn run(&self, block: &mut Block<'_>) {
        let Some(mut runner) = self.runner.try_enter() else {
            // Between two drivers, or two of them at once.
            return silence(block);
        };
        #[cfg(feature = "probe")]
        busbar::probe::watch_allocations(|| runner.run(block, self));
        #[cfg(not(feature = "probe"))]
        runner.run(block, self);
    }

    /// Lets the sound fade out; [`is_silent`](Self::is_silent) says when it has.
    pub fn fade_out(&self) {
        self.on.store(false, Relaxed);
    }

    /// Whether nothing is to be heard any more.
    pub fn is_silent(&self) -> bool {
        self.silent.load(Relaxed)
    }

    /// How many frames there have been.
    pub fn frames(&self) -> u64 {
        self.frames.load(Relaxed)
    }

    /// The rate in hertz; 0 before the first driver.
    pub fn rate(&self) -> u32 {
        self.rate.load(Relaxed)
    }
}

impl Runner {
    fn run(&mut self, block: &mut Block<'_>, stage: &Stage) {
        let _flush = FlushDenormals::begin();
        let link = &stage.shared.link;
        // Only where the server itself has stopped its clock.
        link.wait_for_clips(block.mode);
        link.begin_block(block.mode, present_in(block));
        if !link.has_failed() && shield(|| self.process(block)).is_none() {
            link.fail();
        }
        // After a panic the engine's state is worth nothing, and half a block may have been written.
        if link.has_failed() {
            silence(block);
        }
        let frames = block.frames();
        let wanted = if stage.on.load(Relaxed) { 1.0 } else { 0.0 };
        self.level.head_for(wanted, self.clock, self.fade);
        self.shape(block);
        self.clock += frames as u64;
        stage.silent.store(self.level.settled(self.clock) == Some(0.0), Relaxed);
        stage.frames.fetch_add(frames as u64, Relaxed);
    }

    fn process(&mut self, block: &mut Block<'_>) {
        #[cfg(test)]
        assert!(!self.trap, "a test asked for it");
        self.parts.process(block);
    }

    /// The fade; where the sound is fully there it is not touched.
    fn shape(&self, block: &mut Block<'_>) {
        if self.level.settled(self.clock) == Some(1.0) {
            return;
        }
        let mut factors = [0.0; SUB_BLOCK];
        for at in (0..block.frames()).step_by(SUB_BLOCK) {
            let frames = SUB_BLOCK.min(block.frames() - at);
            let factors = &mut factors[..frames];
            self.level.fill(self.clock + at as u64, factors);
            each_side(block, |side| mix::scale(&mut side[at..at + frames], factors));
        }
    }
}

/// Which buses a driver gives: main input and output always.
fn present_in(block: &Block<'_>) -> Present {
    let sidechains = block.sidechains.iter().zip(1..);
    let sidechains = sidechains.map(|(bus, bit)| u32::from(bus.is_some()) << bit).sum::<u32>();
    Present { inputs: 1 | sidechains, outputs: 1 | u32::from(block.monitor.is_some()) << 1 }
}

/// Realtime-safe.
fn silence(block: &mut Block<'_>) {
    each_side(block, |side| side.fill(0.0));
}

fn each_side(block: &mut Block<'_>, mut work: impl FnMut(&mut [f32])) {
    let outputs = [Some(&mut block.main), block.monitor.as_mut()];
    for StereoMut { left, right } in outputs.into_iter().flatten() {
        work(left);
        right.iter_mut().for_each(|right| work(right));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assert_no_alloc::{assert_no_alloc, violation_count};
    use busbar::guard::Link;
    use busbar_engine::RenderMode;

    // With the feature `probe` the library has one.
    #[cfg(not(feature = "probe"))]
    #[global_allocator]
    static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;

    const RATE: u32 = 48_000;

    fn stage() -> Stage {
        let stage = Stage::new(Parts::new(Link::adopt()));
        stage.prepare(0, RATE).unwrap();
        stage
    }

    /// Ones in, and what comes out on main and monitor. Allocates nothing on the way.
    fn ones(stage: &Stage, frames: usize) -> [Vec<f32>; 4] {
        let mut sides = [1.0, 1.0, 7.0, 7.0].map(|value| vec![value; frames]);
        let [left, right, monitor_left, monitor_right] = &mut sides;
        let before = violation_count();
        assert_no_alloc(|| {
            stage.run(&mut Block {
                main: StereoMut { left, right: Some(right) },
                sidechains: Default::default(),
                monitor: Some(StereoMut { left: monitor_left, right: Some(monitor_right) }),
                mode: RenderMode::Realtime,
            });
        });
        assert_eq!(violation_count(), before, "allocations in a block");
        sides
    }

    /// The longest step between two samples of the left side, which goes on from `last`.
    fn step(last: &mut f32, samples: &[f32]) -> f32 {
        let mut longest = 0.0f32;
        for sample in samples {
            longest = longest.max((sample - std::mem::replace(last, *sample)).abs());
        }
        longest
    }

    #[test]
    fn the_sound_comes_and_goes_without_a_step_and_is_untouched_in_between() {
        let fade = (f64::from(RATE) * FADE_SECONDS) as usize;
        let no_step = 1.1 / fade as f32;
        for frames in [1, 17, 64, 1000] {
            let stage = stage();
            let mut last = 0.0;
            for _ in 0..=fade / frames {
                let [left, _, monitor, _] = ones(&stage, frames);
                assert!(step(&mut last, &left) < no_step, "{frames}");
                assert_eq!(left, monitor);
            }
            assert_eq!(ones(&stage, 100), [1.0; 4].map(|one| vec![one; 100]), "{frames}");
            assert!(!stage.is_silent());
            let link = &stage.shared.link;
            assert_eq!((link.inputs(), link.outputs()), (1, 0b11));
            stage.fade_out();
            for _ in 0..=fade / frames {
                assert!(step(&mut last, &ones(&stage, frames)[0]) < no_step, "{frames}");
            }
            assert!(stage.is_silent());
            assert_eq!(ones(&stage, 100), [0.0; 4].map(|zero| vec![zero; 100]), "{frames}");
        }
    }

    #[test]
    fn a_panic_is_silence_until_the_engine_is_made_anew() {
        let stage = stage();
        ones(&stage, 4800);
        stage.runner.try_enter().unwrap().trap = true;
        let silence = [0.0; 4].map(|zero| vec![zero; 64]);
        let mut sides = [1.0f32; 64];
        stage.run(&mut Block {
            main: StereoMut { left: &mut sides, right: None },
            sidechains: Default::default(),
            monitor: None,
            mode: RenderMode::Realtime,
        });
        assert_eq!(sides, [0.0; 64]);
        stage.runner.try_enter().unwrap().trap = false;
        assert!(stage.shared.link.has_failed());
        assert_eq!(ones(&stage, 64), silence, "and not tried again");
        stage.prepare(0, RATE).unwrap();
        ones(&stage, 4800);
        assert_eq!(ones(&stage, 64), [1.0; 4].map(|one| vec![one; 64]));
        assert_eq!((stage.frames(), stage.rate()), (4800 + 64 + 64 + 4800 + 64, RATE));
    }

    #[test]
    fn whoever_comes_second_is_silent() {
        let stage = stage();
        ones(&stage, 4800);
        let first = stage.runner.try_enter();
        assert_eq!(ones(&stage, 64), [0.0; 4].map(|zero| vec![zero; 64]));
        drop(first);
        assert_eq!(ones(&stage, 64), [1.0; 4].map(|one| vec![one; 64]));
    }
}
