//! The host's audio thread: plays a level in real time, and keeps what the plug-in tells it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use clack_host::events::spaces::CoreEventSpace;
use clack_host::prelude::*;

/// Plays as long as it exists.
pub type Processor<H> = StartedPluginAudioProcessor<H>;

/// What the plug-in tells its host about a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    /// A gesture begins.
    Begin(ClapId),
    /// A value.
    Value(ClapId, f64),
    /// The gesture ends.
    End(ClapId),
}

/// What the two threads share.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// Bits of the level on bus 1, and of the one on bus 2.
    levels: [AtomicU32; 2],
    told: Mutex<Vec<Told>>,
}

/// The audio thread.
pub struct Player<H: HostHandlers> {
    shared: Arc<Shared>,
    thread: JoinHandle<Processor<H>>,
}

const BLOCK: usize = 480;
const BUSES: usize = 8;

impl<H: HostHandlers + 'static> Player<H>
where
    Processor<H>: Send,
{
    /// Begins to play silence.
    pub fn start(mut processor: Processor<H>) -> Self {
        let shared = Arc::<Shared>::default();
        let theirs = shared.clone();
        let thread = std::thread::Builder::new().name("player".into());
        let thread = thread.spawn(move || {
            let mut time = 0;
            while !theirs.stop.load(Relaxed) {
                theirs.block(&mut processor, time);
                time += BLOCK as u64;
                std::thread::sleep(Duration::from_millis(10));
            }
            processor
        });
        Self { shared, thread: thread.expect("threads can be started") }
    }

    /// Plays a level on buses 1 and 2 from now on.
    pub fn play(&self, levels: [f32; 2]) {
        for (shared, level) in self.shared.levels.iter().zip(levels) {
            shared.store(level.to_bits(), Relaxed);
        }
    }

    /// What the plug-in has told so far.
    pub fn told(&self) -> Vec<Told> {
        self.shared.told.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Forgets it.
    pub fn forget(&self) {
        self.shared.told.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clear();
    }

    /// Ends, and gives back what it played with.
    pub fn stop(self) -> Processor<H> {
        self.shared.stop.store(true, Relaxed);
        self.thread.join().expect("the player does not panic")
    }
}

impl Shared {
    fn block<H: HostHandlers>(&self, processor: &mut Processor<H>, time: u64) {
        let level = |bus: usize| {
            let level = self.levels.get(bus).map_or(0, |level| level.load(Relaxed));
            f32::from_bits(level)
        };
        // A sine, so that peak and RMS differ.
        let sample = |bus: usize, i: usize| {
            let phase = (time + i as u64) as f32 * 440.0 * std::f32::consts::TAU / 48_000.0;
            level(bus) * phase.sin()
        };
        let mut inputs: [[Vec<f32>; 2]; BUSES] = std::array::from_fn(|bus| {
            std::array::from_fn(|_| (0..BLOCK).map(|i| sample(bus, i)).collect())
        });
        let mut outputs = [[[0.0; BLOCK]; 2]; 2];
        let mut input_ports = AudioPorts::with_capacity(2 * BUSES, BUSES);
        let mut output_ports = AudioPorts::with_capacity(4, 2);
        let inputs = input_ports.with_input_buffers(inputs.iter_mut().map(|bus| AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                bus.iter_mut().map(|side| InputChannel::variable(side.as_mut_slice())),
            ),
        }));
        let mut outputs = output_ports.with_output_buffers(outputs.each_mut().map(|bus| {
            let sides = bus.iter_mut().map(|side| side.as_mut_slice());
            AudioPortBuffer { latency: 0, channels: AudioPortBufferType::f32_output_only(sides) }
        }));
        let mut told = EventBuffer::new();
        let (events, mut out) = (InputEvents::empty(), told.as_output());
        let result = processor.process(&inputs, &mut outputs, &events, &mut out, Some(time), None);
        result.expect("the block is processed");
        self.keep(&told);
    }

    fn keep(&self, told: &EventBuffer) {
        let mut list = self.told.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        list.extend(told.iter().filter_map(|event| match event.as_core_event()? {
            CoreEventSpace::ParamGestureBegin(event) => event.param_id().map(Told::Begin),
            CoreEventSpace::ParamGestureEnd(event) => event.param_id().map(Told::End),
            CoreEventSpace::ParamValue(event) => {
                event.param_id().map(|id| Told::Value(id, event.value()))
            }
            _ => None,
        }));
    }
}
