//! The bad host's buffers: everything in them can be spoilt.

use clap_sys::audio_buffer::clap_audio_buffer;

use crate::signal::{BUSES, Inputs};

/// Output buses: main and monitor.
pub const OUTPUTS: usize = 2;

/// What an output has before a block: whoever does not write it is found out.
pub const JUNK: f32 = 9.0;

/// The samples of a bus, side by side, and the list of pointers to them.
#[derive(Debug)]
struct Bus {
    sides: [Vec<f32>; 2],
    pointers: Vec<*mut f32>,
}

impl Bus {
    fn new(mut sides: [Vec<f32>; 2]) -> Self {
        let pointers = sides.iter_mut().map(Vec::as_mut_ptr).collect();
        Self { sides, pointers }
    }

    fn list(&mut self) -> clap_audio_buffer {
        clap_audio_buffer {
            data32: self.pointers.as_mut_ptr(),
            data64: std::ptr::null_mut(),
            channel_count: 2,
            latency: 0,
            constant_mask: 0,
        }
    }
}

/// One block: eight inputs and two outputs, as CLAP hosts lay them out. Right as made; a test
/// spoils what it likes in `inputs` and `outputs` before it is processed.
#[derive(Debug)]
pub struct Block {
    input_buses: Vec<Bus>,
    output_buses: Vec<Bus>,
    /// The list of input ports that the plug-in gets.
    pub inputs: Vec<clap_audio_buffer>,
    /// The list of output ports that the plug-in gets.
    pub outputs: Vec<clap_audio_buffer>,
    /// Frames that are there.
    pub frames: usize,
}

impl Block {
    /// Plays a stretch of a signal.
    pub fn of(signal: &Inputs, frames: std::ops::Range<usize>) -> Self {
        let sides = |bus: &[Vec<f32>; 2]| bus.each_ref().map(|side| side[frames.clone()].to_vec());
        let mut input_buses: Vec<_> = signal.iter().map(|bus| Bus::new(sides(bus))).collect();
        let junk = || Bus::new([vec![JUNK; frames.len()], vec![JUNK; frames.len()]]);
        let mut output_buses: Vec<_> = (0..OUTPUTS).map(|_| junk()).collect();
        let inputs = input_buses.iter_mut().map(Bus::list).collect();
        let outputs = output_buses.iter_mut().map(Bus::list).collect();
        Self { input_buses, output_buses, inputs, outputs, frames: frames.len() }
    }

    /// Plays a value on each bus.
    pub fn constant(values: [f32; BUSES], frames: usize) -> Self {
        Self::of(&crate::signal::constant(values, frames), 0..frames)
    }

    /// Makes the pointers of an input's channels null.
    pub fn lose_input_channels(&mut self, bus: usize) {
        self.input_buses[bus].pointers.fill(std::ptr::null_mut());
    }

    /// Makes the pointers of an output's channels null.
    pub fn lose_output_channels(&mut self, bus: usize) {
        self.output_buses[bus].pointers.fill(std::ptr::null_mut());
    }

    /// The main output is to be written where the main input is read.
    pub fn work_in_place(&mut self) {
        let pointers = &self.input_buses[0].pointers;
        self.output_buses[0].pointers.copy_from_slice(pointers);
    }

    /// The main output is to be written where the main input is read, with left and right crossed.
    pub fn work_crossed(&mut self) {
        let pointers = self.input_buses[0].pointers.iter().rev();
        self.output_buses[0].pointers.iter_mut().zip(pointers).for_each(|(to, from)| *to = *from);
    }

    /// One side of an input: where the main output is, when working in place.
    pub fn input(&self, bus: usize, side: usize) -> &[f32] {
        &self.input_buses[bus].sides[side]
    }

    /// One side of an output.
    pub fn output(&self, bus: usize, side: usize) -> &[f32] {
        &self.output_buses[bus].sides[side]
    }

    /// Both sides of the main output at its last frame.
    pub fn last(&self) -> [f32; 2] {
        [0, 1].map(|side| *self.output(0, side).last().expect("not an empty block"))
    }
}
