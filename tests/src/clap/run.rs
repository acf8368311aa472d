//! A whole signal through an instance, cut into blocks as one likes.

use std::ops::Range;

use clack_host::events::event_types::TransportEvent;
use clack_host::prelude::*;

use super::host::Processor;
use crate::signal::Inputs;

/// What an output has before a block: whoever does not write it is found out.
const JUNK: f32 = 9.0;

/// A parameter that changes at an absolute frame.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// When.
    pub frame: usize,
    /// Which.
    pub id: ClapId,
    /// To what.
    pub value: f64,
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Take {
    /// The main output.
    pub main: [Vec<f32>; 2],
    /// The monitor output.
    pub monitor: [Vec<f32>; 2],
}

/// Compares every bit of two signals.
///
/// # Panics
/// Says at which frame they first differ.
pub fn assert_same(heard: &[f32], expected: &[f32], what: &str) {
    assert_eq!(heard.len(), expected.len(), "{what}: lengths");
    let pairs = || heard.iter().zip(expected);
    let differ = |(one, other): (&f32, &f32)| one.to_bits() != other.to_bits();
    if let Some(frame) = pairs().position(differ) {
        let count = pairs().filter(|pair| differ(*pair)).count();
        let (heard, expected) = (heard[frame], expected[frame]);
        panic!("{what}: {count} samples differ, first at {frame}: {heard:e}, not {expected:e}");
    }
}

impl Take {
    /// Compares every bit of both outputs.
    ///
    /// # Panics
    /// Says at which frame they first differ.
    pub fn assert_same(&self, expected: &Self, what: &str) {
        for side in 0..2 {
            assert_same(&self.main[side], &expected.main[side], what);
            assert_same(&self.monitor[side], &expected.monitor[side], &format!("{what}, monitor"));
        }
    }
}

/// How a signal is played.
pub struct Run<'a> {
    /// The signal.
    pub inputs: &'a Inputs,
    /// How many of the input ports are connected.
    pub ports: usize,
    /// The lengths of the blocks, over and over again.
    pub cuts: &'a [usize],
    /// In the order of their frames.
    pub changes: &'a [Change],
    /// Adds what else happens in a block of these frames.
    pub more: &'a dyn Fn(Range<usize>, &mut EventBuffer),
    /// Where the host's song is at the start of a block.
    pub transport: &'a dyn Fn(usize) -> Option<TransportEvent>,
}

impl<'a> Run<'a> {
    /// All eight inputs in blocks of 512, and nothing else.
    pub fn of(inputs: &'a Inputs) -> Self {
        Self {
            inputs,
            ports: inputs.len(),
            cuts: &[512],
            changes: &[],
            more: &|_, _| (),
            transport: &|_| None,
        }
    }

    /// Plays it to the end.
    pub fn play(&self, processor: &mut Processor) -> Take {
        let frames = self.inputs[0][0].len();
        let mut inputs = self.inputs.clone();
        let mut take = Take::default();
        for side in take.main.iter_mut().chain(&mut take.monitor) {
            side.resize(frames, JUNK);
        }
        let mut changes = self.changes.iter().peekable();
        let mut at = 0;
        for cut in self.cuts.iter().cycle() {
            let block = at..(at + cut).min(frames);
            let mut events = EventBuffer::new();
            let is_due = |change: &&Change| change.frame < block.end.max(at + 1);
            while let Some(change) = changes.next_if(is_due) {
                events.push(&change.event(change.frame.saturating_sub(at) as u32));
            }
            (self.more)(block.clone(), &mut events);
            self.block(processor, &mut inputs, &mut take, block.clone(), &events);
            at = block.end;
            if at == frames {
                break;
            }
        }
        take
    }

    fn block(
        &self,
        processor: &mut Processor,
        inputs: &mut Inputs,
        take: &mut Take,
        block: Range<usize>,
        events: &EventBuffer,
    ) {
        let mut input_ports = AudioPorts::with_capacity(2 * inputs.len(), inputs.len());
        let mut output_ports = AudioPorts::with_capacity(4, 2);
        let inputs = input_ports.with_input_buffers(inputs[..self.ports].iter_mut().map(|bus| {
            let sides = bus.iter_mut().map(|side| &mut side[block.clone()]);
            AudioPortBuffer {
                latency: 0,
                channels: AudioPortBufferType::f32_input_only(sides.map(InputChannel::variable)),
            }
        }));
        let outputs = [&mut take.main, &mut take.monitor].map(|bus| AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(
                bus.iter_mut().map(|side| &mut side[block.clone()]),
            ),
        });
        let mut outputs = output_ports.with_output_buffers(outputs);
        let transport = (self.transport)(block.start);
        let status = processor.process(
            &inputs,
            &mut outputs,
            &events.as_input(),
            &mut OutputEvents::void(),
            Some(block.start as u64),
            transport.as_ref(),
        );
        status.unwrap_or_else(|error| panic!("the block {block:?} failed: {error}"));
    }
}
