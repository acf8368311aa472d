//! A whole performance, cut into blocks.

use vst3::Steinberg::Vst::Event;
use vst3::Steinberg::kResultOk;

use super::block::Block;
use super::lists::Change;
use super::plugin::Plugin;
use crate::signal::{Inputs, bits};

/// What is played; frames count from its beginning.
#[derive(Clone)]
pub struct Score<'a> {
    /// The signal of each bus; a plug-in with fewer buses takes as many.
    pub inputs: &'a Inputs,
    /// Automation, in the order of time.
    pub changes: Vec<Change>,
    /// Notes, likewise.
    pub notes: Vec<Event>,
}

impl<'a> Score<'a> {
    /// Without automation.
    pub fn new(inputs: &'a Inputs) -> Self {
        Self { inputs, changes: Vec::new(), notes: Vec::new() }
    }

    /// With automation.
    pub fn with(inputs: &'a Inputs, changes: &[Change]) -> Self {
        Self { changes: changes.to_vec(), ..Self::new(inputs) }
    }

    /// How long it is.
    pub fn frames(&self) -> usize {
        self.inputs[0][0].len()
    }

    /// What falls into a block.
    fn changes_in(&self, from: usize, frames: usize) -> Vec<Change> {
        let range = from as i64..(from + frames) as i64;
        let inside = self.changes.iter().filter(|change| range.contains(&change.frame));
        inside.map(|change| Change { frame: change.frame - from as i64, ..*change }).collect()
    }

    fn notes_in(&self, from: usize, frames: usize) -> Vec<Event> {
        let range = from as i32..(from + frames) as i32;
        let inside = self.notes.iter().filter(|note| range.contains(&note.sampleOffset));
        inside
            .map(|note| Event { sampleOffset: note.sampleOffset - from as i32, ..*note })
            .collect()
    }
}

/// What was heard: for each output bus its channels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Take(pub Vec<Vec<Vec<f32>>>);

impl Take {
    /// The main output.
    pub fn main(&self) -> &[Vec<f32>] {
        &self.0[0]
    }

    /// The monitor.
    pub fn monitor(&self) -> &[Vec<f32>] {
        &self.0[1]
    }

    /// Fails unless both are the same to the bit; says where they first differ.
    pub fn assert_same(&self, other: &Self, what: &str) {
        assert_eq!(self.0.len(), other.0.len(), "{what}: buses");
        for (bus, (a, b)) in self.0.iter().zip(&other.0).enumerate() {
            for (side, (a, b)) in a.iter().zip(b).enumerate() {
                assert_same(a, b, &format!("{what}: bus {bus}, channel {side}"));
            }
        }
    }
}

/// Fails unless both are the same to the bit; says where they first differ.
pub fn assert_same(a: &[f32], b: &[f32], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}: length");
    let differs = bits(a).iter().zip(bits(b)).position(|(a, b)| *a != b);
    if let Some(at) = differs {
        panic!("{what}: frame {at} is {:?} and {:?}", a[at], b[at]);
    }
}

/// Plays all of a score in blocks of these lengths; the last length goes on to the end.
pub fn play(plugin: &Plugin<'_>, score: &Score<'_>, blocks: &[usize]) -> Take {
    let mut lengths =
        blocks.iter().copied().chain(std::iter::repeat(blocks[blocks.len() - 1].max(1)));
    let mut take = Take::default();
    let mut at = 0;
    while at < score.frames() {
        let frames = lengths.next().unwrap_or(1).min(score.frames() - at);
        let mut block = Block::for_plugin(plugin, frames);
        for (bus, signal) in block.inputs.iter_mut().zip(score.inputs) {
            for (channel, signal) in bus.iter_mut().zip(signal) {
                channel.copy_from_slice(&signal[at..at + frames]);
            }
        }
        block.changes = score.changes_in(at, frames);
        block.notes = score.notes_in(at, frames);
        assert_eq!(block.run(plugin), kResultOk, "the block of {frames} at {at}");
        take.0.resize_with(block.outputs.len(), Vec::new);
        for (all, heard) in take.0.iter_mut().zip(&block.outputs) {
            all.resize_with(heard.len(), Vec::new);
            for (all, heard) in all.iter_mut().zip(heard) {
                all.extend_from_slice(heard);
            }
        }
        at += frames;
    }
    take
}
