//! One call of `process`: complete and correct, unless damaged on purpose.

use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, Event, IAudioProcessorTrait, IEventList,
    IParameterChanges, ProcessData,
};
use vst3::Steinberg::tresult;

pub use vst3::Steinberg::Vst::ProcessContext;

use super::exact::Exact;
use super::lists::{Change, Changes, Notes};
use super::plugin::{INPUT, OUTPUT, Plugin};

/// How a host calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub enum Mode {
    /// There is a deadline.
    #[default]
    Realtime,
    /// Ahead of time.
    Prefetch,
    /// As fast as it goes.
    Offline,
}

/// What outputs hold before a block: nobody may leave it there.
pub const STALE: f32 = 9.0;

/// The channels of one bus.
pub type Channels = Vec<Vec<f32>>;

/// What goes into one call and comes out of it.
pub struct Block {
    /// How many frames.
    pub frames: usize,
    /// One entry for each bus.
    pub inputs: Vec<Channels>,
    /// One entry for each bus.
    pub outputs: Vec<Channels>,
    /// How the host calls.
    pub mode: Mode,
    /// Parameter changes; frames count from the block's first.
    pub changes: Vec<Change>,
    /// Whether each of them has a queue of its own, instead of each parameter.
    pub own_queues: bool,
    /// Notes.
    pub notes: Vec<Event>,
    /// The transport.
    pub context: Option<ProcessContext>,
}

/// A call as it is about to be made, to be damaged. The lists are handed over exactly as long as
/// `data` announces.
pub struct Raw {
    /// The call.
    pub data: ProcessData,
    /// The input buses.
    pub inputs: Vec<AudioBusBuffers>,
    /// The output buses.
    pub outputs: Vec<AudioBusBuffers>,
    /// What the buses' lists of channels point to, inputs first.
    _channels: Vec<Exact<*mut f32>>,
}

/// A bus without a channel.
pub fn no_bus() -> AudioBusBuffers {
    // SAFETY: plain numbers and a pointer, for which zeros are a value.
    unsafe { std::mem::zeroed() }
}

/// A bus's pointers to its channels, to be changed.
pub fn pointers(bus: &mut AudioBusBuffers) -> &mut [*mut f32] {
    // SAFETY: made by `Raw::new`, with as many pointers as channels.
    unsafe {
        std::slice::from_raw_parts_mut(bus.__field0.channelBuffers32, bus.numChannels as usize)
    }
}

impl Raw {
    fn new(block: &mut Block) -> Self {
        let mut kept = Vec::new();
        let mut bus = |channels: &mut Channels| {
            let pointers: Vec<*mut f32> = channels.iter_mut().map(|c| c.as_mut_ptr()).collect();
            let mut pointers = Exact::new(&pointers);
            let channel_buffers =
                AudioBusBuffers__type0 { channelBuffers32: pointers.as_mut_ptr() };
            let count = pointers.len() as i32;
            kept.push(pointers);
            AudioBusBuffers { numChannels: count, silenceFlags: 0, __field0: channel_buffers }
        };
        let inputs: Vec<_> = block.inputs.iter_mut().map(&mut bus).collect();
        let outputs: Vec<_> = block.outputs.iter_mut().map(&mut bus).collect();
        // SAFETY: plain numbers and pointers, for which zeros are a value.
        let mut data: ProcessData = unsafe { std::mem::zeroed() };
        data.processMode = block.mode as i32;
        data.numSamples = block.frames as i32;
        (data.numInputs, data.numOutputs) = (inputs.len() as i32, outputs.len() as i32);
        Self { data, inputs, outputs, _channels: kept }
    }
}

impl Block {
    /// Silence, on all the buses that the plug-in has now.
    pub fn for_plugin(plugin: &Plugin<'_>, frames: usize) -> Self {
        let buses = |direction, value| {
            let bus = |bus: &super::plugin::Bus| vec![vec![value; frames]; bus.channels as usize];
            plugin.buses(direction).iter().map(bus).collect()
        };
        Self {
            frames,
            inputs: buses(INPUT, 0.0),
            outputs: buses(OUTPUT, STALE),
            mode: Mode::Realtime,
            changes: Vec::new(),
            own_queues: false,
            notes: Vec::new(),
            context: None,
        }
    }

    /// A value that stays, on each input.
    pub fn constant(plugin: &Plugin<'_>, frames: usize, values: &[f32]) -> Self {
        let mut block = Self::for_plugin(plugin, frames);
        for (bus, value) in block.inputs.iter_mut().zip(values) {
            bus.iter_mut().for_each(|channel| channel.fill(*value));
        }
        block
    }

    /// With parameter changes.
    pub fn with(mut self, changes: &[Change]) -> Self {
        self.changes = changes.to_vec();
        self
    }

    /// The main output.
    pub fn main(&self) -> &Channels {
        &self.outputs[0]
    }

    /// The call.
    pub fn run(&mut self, plugin: &Plugin<'_>) -> tresult {
        self.run_damaged(plugin, |_| {})
    }

    /// The call, after `damage` has been done to it.
    pub fn run_damaged(&mut self, plugin: &Plugin<'_>, damage: impl FnOnce(&mut Raw)) -> tresult {
        self.run_and_look(plugin, damage, |_| {})
    }

    /// The call, after `damage` has been done to it; `look` sees what has become of it.
    pub fn run_and_look(
        &mut self,
        plugin: &Plugin<'_>,
        damage: impl FnOnce(&mut Raw),
        look: impl FnOnce(&Raw),
    ) -> tresult {
        self.outputs.iter_mut().flatten().for_each(|channel| channel.fill(STALE));
        let make = if self.own_queues { Changes::apart } else { Changes::new };
        let changes = (!self.changes.is_empty()).then(|| make(&self.changes));
        let notes = (!self.notes.is_empty()).then(|| Notes::new(&self.notes));
        let mut raw = Raw::new(self);
        if let Some(list) = changes.as_ref().and_then(|c| c.as_com_ref::<IParameterChanges>()) {
            raw.data.inputParameterChanges = list.as_ptr();
        }
        if let Some(list) = notes.as_ref().and_then(|n| n.as_com_ref::<IEventList>()) {
            raw.data.inputEvents = list.as_ptr();
        }
        if let Some(context) = &mut self.context {
            raw.data.processContext = context;
        }
        damage(&mut raw);
        let announced = |list: &[AudioBusBuffers], count: i32| {
            Exact::new(&list[..(count.max(0) as usize).min(list.len())])
        };
        let mut inputs = announced(&raw.inputs, raw.data.numInputs);
        let mut outputs = announced(&raw.outputs, raw.data.numOutputs);
        raw.data.inputs =
            if inputs.is_empty() { std::ptr::null_mut() } else { inputs.as_mut_ptr() };
        raw.data.outputs =
            if outputs.is_empty() { std::ptr::null_mut() } else { outputs.as_mut_ptr() };
        // SAFETY: every list is as long as announced, and every channel as long as the block, as
        // far as `damage` left them so: that the plug-in copes with it is what is being tested.
        let result = unsafe { plugin.processor().process(&mut raw.data) };
        raw.outputs[..outputs.len()].copy_from_slice(&outputs);
        look(&raw);
        result
    }
}
