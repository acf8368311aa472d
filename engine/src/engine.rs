//! The signal flow: buses → strips → master → main output and monitor.

use busbar_dsp::console::pan::Placing;
use busbar_dsp::console::width::Width;
use busbar_dsp::denormals::FlushDenormals;
use busbar_dsp::{SampleRate, console, meter, mix};

use crate::block::{Block, RenderMode, Stereo, StereoMut};
use crate::master::Master;
use crate::meters::{FRAMES_A_SECOND, MASTER, MeterFrame};
use crate::monitor::{Ear, Listening};
use crate::strip::Sides;
use crate::strips::Strips;
use crate::targets::{StripTargets, Targets};
use crate::wiring::AudioEnds;
use crate::{BUSES, SIDECHAINS};

/// The longest stretch with one set of control values and one pass over the scratch buffers.
pub const SUB_BLOCK: usize = console::STEP;

/// How long a control takes to arrive: short enough to feel immediate, long enough not to be heard
/// as a click.
pub const RAMP_SECONDS: f64 = 0.010;

/// Channels of the main input and output, and whether there are sidechains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Stereo main and seven stereo sidechains.
    EightStereo,
    /// Stereo main alone.
    Stereo,
    /// Mono main alone.
    Mono,
}

/// What an engine is made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// The host's rate.
    pub rate: SampleRate,
    /// The buses.
    pub layout: Layout,
}

/// All of Busbar that runs in the audio callback.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    ends: AudioEnds,
    /// Frames of a ramp and of a meter frame at this rate.
    ramp: u32,
    hop: u32,
    /// The absolute frame: counts every frame ever processed, and never goes back.
    clock: u64,
    /// What was asked for last; nothing until the first block after a reset, which starts where its
    /// controls are.
    asked: Option<Targets>,
    strips: Strips,
    master: Master,
    ear: Ear,
    scratch: Scratch,
}

/// Working memory of a sub-block.
#[derive(Debug)]
struct Scratch {
    buses: [Sides; BUSES],
    dry: Sides,
    programme: Sides,
    reference: Sides,
    monitor: Sides,
    main: Sides,
}

impl Engine {
    /// An engine ready to process; allocates, so never in the callback.
    pub fn new(config: Config, ends: AudioEnds) -> Self {
        let silence = [[0.0; SUB_BLOCK]; 2];
        let ear = Ear::new(ends.monitor.clone(), config.rate);
        let mut engine = Self {
            config,
            ends,
            ramp: config.rate.frames_in(RAMP_SECONDS),
            hop: config.rate.frames_in(1.0 / FRAMES_A_SECOND),
            clock: 0,
            asked: None,
            strips: Strips::settled_at(&Targets::default().strips, config.rate),
            master: Master::new(),
            ear,
            scratch: Scratch {
                buses: [silence; BUSES],
                dry: silence,
                programme: silence,
                reference: silence,
                monitor: silence,
                main: silence,
            },
        };
        engine.ends.decks.set_rate(config.rate);
        engine.ends.meters.restart_hop();
        engine
    }

    /// What the engine was made for.
    pub fn config(&self) -> Config {
        self.config
    }

    /// Puts a limiter behind the master fader that looks so many seconds ahead, or takes it out.
    /// What was on its way is forgotten, and the latency is another one, so this is for a time at
    /// which the host expects that. Allocates, so never in the callback.
    pub fn fit_limiter(&mut self, look_ahead: Option<f32>) {
        self.master.fit_limiter(look_ahead, self.config.rate);
        self.reset();
    }

    /// How far the limiter looks ahead, if there is one.
    pub fn look_ahead(&self) -> Option<f32> {
        self.master.look_ahead()
    }

    /// Frames from the main input to the main output.
    pub fn latency(&self) -> u32 {
        self.master.latency()
    }

    /// An engine for another configuration: with the same queues, on the same clock, and with the
    /// same clips on its decks, but without a limiter. Allocates.
    pub fn reconfigured(self, config: Config) -> Self {
        let mut engine = Self::new(config, self.ends);
        engine.clock = self.clock;
        engine
    }

    /// Forgets what is on its way (ramps, filters, delays), but nothing that was measured; and
    /// where one listened. Realtime-safe.
    pub fn reset(&mut self) {
        self.asked = None;
        self.ear.reset();
    }

    /// Processes one block of any length, 0 included. The output does not depend on how a signal
    /// is cut into blocks. Realtime-safe.
    pub fn process(&mut self, targets: &Targets, block: &mut Block<'_>) {
        if block.frames() == 0 {
            return;
        }
        let _flush = FlushDenormals::begin();
        self.aim(targets);
        let has_monitor = block.monitor.is_some();
        let keys = match self.config.layout {
            Layout::Mono => targets.keys.one_sided(),
            _ => targets.keys,
        };
        let listening = Listening {
            reference: targets.hear_reference,
            keys,
            has_monitor,
            bypass: targets.bypass,
            offline: block.mode == RenderMode::Offline,
        };
        self.ear.begin(listening, self.clock);
        let mut at = 0;
        while at < block.frames() {
            self.ends.decks.take_news(self.clock);
            self.ear.turn(self.clock, self.ramp);
            let frames = self.next_stretch(block.frames() - at);
            self.stretch(block, at, frames);
            self.clock += frames as u64;
            self.ends.meters.advance(frames as u32, self.clock);
            self.ends.decks.send_home(self.clock);
            at += frames;
        }
        self.ends.decks.show();
        self.ends.reductions.show(self.strips.take_reductions(), self.master.take_reduction());
        self.ear.show(self.clock, has_monitor);
    }

    fn aim(&mut self, targets: &Targets) {
        // Nothing changes most of the time.
        let before = self.asked.replace(*targets);
        if before == self.asked {
            return;
        }
        let (rate, clock, ramp) = (self.config.rate, self.clock, self.ramp);
        let strips = match self.config.layout {
            Layout::Mono => &targets.strips.map(one_sided),
            _ => &targets.strips,
        };
        if before.is_none() {
            self.strips = Strips::settled_at(strips, rate);
            self.master.settle_at(targets, clock);
        } else {
            self.strips.head_for(strips, rate, clock, ramp);
            self.master.head_for(targets, clock, ramp);
        }
    }

    /// Frames up to the next place where something changes its kind: a meter frame ends, a ramp
    /// arrives, a clip begins to end. Between two such places the way through the code is the same
    /// for each frame, however the host cuts its blocks.
    fn next_stretch(&mut self, left: usize) -> usize {
        let turns = [
            self.strips.next_arrival(self.clock),
            self.master.next_arrival(self.clock),
            self.ends.decks.next_turn(self.clock),
            self.ear.next_turn(self.clock),
        ];
        let room = self.ends.meters.room(self.hop);
        let next = turns.into_iter().flatten().fold(room, u32::min);
        left.min(SUB_BLOCK).min(next as usize)
    }

    fn stretch(&mut self, block: &mut Block<'_>, at: usize, frames: usize) {
        let sides = if block.main.right.is_some() { 2 } else { 1 };
        self.take_main(&mut block.main, at, frames);
        let mut present = self.take_sidechains(&block.sidechains, at, frames);
        self.let_ring(&mut present, frames);
        let main_alone = self.play_decks(&mut present, frames);
        let untouched = self.is_untouched(main_alone, &present);
        self.run_strips(&present, sides, frames);
        self.mix_down(&present, frames);
        let open = self.ends.meters.open();
        measure(open, MASTER, sides, &self.scratch.programme, frames);
        self.listen(frames);
        if !untouched || !self.ear.main_is_programme(self.clock) {
            give(&self.scratch.main, &mut block.main, at, frames);
        }
        if let Some(monitor) = &mut block.monitor {
            give(&self.scratch.monitor, monitor, at, frames);
        }
    }

    /// A bus whose filter may sound on is there, too.
    fn let_ring(&mut self, present: &mut [bool; BUSES], frames: usize) {
        for (bus, present) in present.iter_mut().enumerate() {
            if !*present && self.strips.rings(bus, self.clock) {
                silence(&mut self.scratch.buses[bus], frames);
                *present = true;
            }
        }
    }

    /// Adds the decks to their buses. Says whether bus 1 is still the main input alone.
    fn play_decks(&mut self, present: &mut [bool; BUSES], frames: usize) -> bool {
        let is_mono = self.config.layout == Layout::Mono;
        let Scratch { buses, reference: spare, .. } = &mut self.scratch;
        let decks = &mut self.ends.decks;
        let main_alone = !decks.feeds(0);
        for ((bus, into), present) in buses.iter_mut().enumerate().zip(present) {
            if !decks.feeds(bus) {
                continue;
            }
            if !std::mem::replace(present, true) {
                silence(into, frames);
            }
            if is_mono {
                silence(spare, frames);
                decks.play(bus, self.clock, spare, frames);
                fold(spare, frames);
                mix::accumulate(
                    &mut into[0][..frames],
                    &spare[0][..frames],
                    &[1.0; SUB_BLOCK][..frames],
                );
            } else {
                decks.play(bus, self.clock, into, frames);
            }
        }
        main_alone
    }

    /// What the outputs carry: the programme, or the reference.
    fn listen(&mut self, frames: usize) {
        let Scratch { programme, reference, monitor, main, .. } = &mut self.scratch;
        silence(reference, frames);
        self.ends.decks.play_reference(self.clock, reference, frames);
        if self.config.layout == Layout::Mono {
            fold(reference, frames);
        }
        self.master.delay_reference(reference, frames);
        self.ear.blend(self.clock, reference, programme, [monitor, main], frames);
    }

    /// Copies the main input, after silencing in place what is no audio.
    fn take_main(&mut self, main: &mut StereoMut<'_>, at: usize, frames: usize) {
        let range = at..at + frames;
        let left = &mut main.left[range.clone()];
        let mut silenced = meter::silence_absurd(left);
        self.scratch.dry[0][..frames].copy_from_slice(left);
        match &mut main.right {
            Some(right) => {
                let right = &mut right[range];
                silenced += meter::silence_absurd(right);
                self.scratch.dry[1][..frames].copy_from_slice(right);
            }
            None => self.scratch.dry[1][..frames].fill(0.0),
        }
        self.scratch.buses[0] = self.scratch.dry;
        self.count_silenced(silenced);
    }

    /// Copies the sidechains that are there; says which buses have a signal.
    fn take_sidechains(
        &mut self,
        sidechains: &[Option<Stereo<'_>>; SIDECHAINS],
        at: usize,
        frames: usize,
    ) -> [bool; BUSES] {
        let mut present = [false; BUSES];
        present[0] = true;
        let mut silenced = 0;
        for (bus, sidechain) in (1..).zip(sidechains) {
            let Some(sidechain) = sidechain else { continue };
            present[bus] = true;
            for (side, given) in
                self.scratch.buses[bus].iter_mut().zip([sidechain.left, sidechain.right])
            {
                let side = &mut side[..frames];
                side.copy_from_slice(&given[at..at + frames]);
                silenced += meter::silence_absurd(side);
            }
        }
        self.count_silenced(silenced);
        present
    }

    fn count_silenced(&mut self, count: u32) {
        let open = self.ends.meters.open();
        open.silenced = open.silenced.saturating_add(count);
    }

    /// Whether the main output is the main input, so that nothing needs to be written.
    fn is_untouched(&self, main_alone: bool, present: &[bool; BUSES]) -> bool {
        let out_of_the_mix =
            |bus: usize| !present[bus] || self.strips.is_out_of_the_mix(bus, self.clock);
        let alone = main_alone && (1..BUSES).all(out_of_the_mix);
        let unity = self.strips.is_transparent(0, self.clock);
        self.master.is_bypassed(self.clock)
            || (alone && unity && self.master.is_transparent(self.clock))
    }

    fn run_strips(&mut self, present: &[bool; BUSES], sides: usize, frames: usize) {
        let open = self.ends.meters.open();
        let look = |bus: usize, signal: &Sides| measure(open, bus, sides, signal, frames);
        self.strips.run(self.clock, &mut self.scratch.buses, present, frames, look);
    }

    /// Makes the programme of the buses.
    fn mix_down(&mut self, present: &[bool; BUSES], frames: usize) {
        let Scratch { buses, dry, programme, .. } = &mut self.scratch;
        self.strips.sum(self.clock, buses, present, programme, frames);
        self.master.run(self.clock, dry, programme, frames);
    }
}

fn measure(frame: &mut MeterFrame, point: usize, sides: usize, signal: &Sides, frames: usize) {
    for (reading, side) in frame.points[point].iter_mut().zip(signal).take(sides) {
        reading.take(&side[..frames]);
    }
}

/// With one side there is neither a width nor anything to be placed.
fn one_sided(targets: StripTargets) -> StripTargets {
    StripTargets { width: Width::NATURAL, placing: Placing::default(), ..targets }
}

fn silence(sides: &mut Sides, frames: usize) {
    sides.iter_mut().for_each(|side| side[..frames].fill(0.0));
}

/// Where there is one side only, it has both: what is the same on both keeps its level.
fn fold([left, right]: &mut Sides, frames: usize) {
    for (left, right) in left[..frames].iter_mut().zip(right) {
        *left = 0.5 * (*left + *right);
        *right = 0.0;
    }
}

fn give(programme: &Sides, out: &mut StereoMut<'_>, at: usize, frames: usize) {
    let range = at..at + frames;
    out.left[range.clone()].copy_from_slice(&programme[0][..frames]);
    if let Some(right) = &mut out.right {
        right[range].copy_from_slice(&programme[1][..frames]);
    }
}
