//! What one block needs: the host's buses completed, and the events of its pieces.

use nih_plug::wrapper::vst3::vst3::ComWrapper;
use nih_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, IEventList, IParameterChanges, ProcessData,
};
use nih_plug::wrapper::vst3::vst3::Steinberg::int32;

use super::window::{Span, Window};
use crate::guard::pad::{self, HostBus, Pad};

/// For the layout of the last activation.
pub struct Blocks {
    /// The host's buses, completed.
    pub pad: Pad,
    inputs: Box<[AudioBusBuffers]>,
    /// As long as the longer of both lists: the wrapper takes the number of *outputs* for the
    /// number of sidechains, so surplus empty entries let all sidechains through.
    outputs: Box<[AudioBusBuffers]>,
    /// The events of the current piece.
    pub window: ComWrapper<Window>,
}

// SAFETY: raw pointers in here are rewritten before each use; whoever is in the `TryCell` is alone
// with them.
unsafe impl Send for Blocks {}

impl Blocks {
    /// For buses with these numbers of channels. Allocates.
    pub fn new(inputs: &[usize], outputs: &[usize], max_frames: usize) -> Self {
        let longer = outputs.len().max(inputs.len());
        Self {
            pad: Pad::new(inputs, outputs, max_frames),
            inputs: vec![vst3_bus(HostBus::ABSENT); inputs.len()].into(),
            outputs: vec![vst3_bus(HostBus::ABSENT); longer].into(),
            window: Window::new(),
        }
    }

    /// The next piece: as long as the wrapper's buffers allow, and with no more events than it has
    /// room for.
    ///
    /// # Safety
    /// The lists that the window looks at are alive.
    pub unsafe fn next_span(&self, at: usize, whole: usize, room: usize) -> Span {
        if self.window.queues_are_waiting() {
            return Span { from: at, to: at, whole };
        }
        let longest = Span { from: at, to: whole.min(at + self.pad.max_frames()), whole };
        // SAFETY: the caller's.
        let fits = |to| unsafe { self.window.count(Span { to, ..longest }) } <= room;
        if self.window.total() <= room || longest.to - at <= 1 || fits(longest.to) {
            return longest;
        }
        // As long as it can be, so that any two neighbours have more events than there is room for.
        let (mut to, mut too_far) = (at + 1, longest.to);
        while too_far - to > 1 {
            let middle = to + (too_far - to) / 2;
            *(if fits(middle) { &mut to } else { &mut too_far }) = middle;
        }
        Span { to, ..longest }
    }

    /// Lays the wired buses into `data`.
    pub fn lay_buses(&mut self, data: &mut ProcessData) {
        for i in 0..self.pad.input_count() {
            self.inputs[i] = vst3_bus(self.pad.input(i));
        }
        for i in 0..self.pad.output_count() {
            self.outputs[i] = vst3_bus(self.pad.output(i));
        }
        data.numInputs = self.inputs.len() as int32;
        data.inputs = self.inputs.as_mut_ptr();
        data.numOutputs = self.outputs.len() as int32;
        data.outputs = self.outputs.as_mut_ptr();
    }

    /// Leaves the host's own lists in `data`, unless the piece needs a window onto them.
    ///
    /// # Safety
    /// The lists that the window looks at are alive.
    pub unsafe fn lay_events(&self, data: &mut ProcessData, span: Span, room: usize) {
        if span.is_whole() && self.window.total() <= room && !self.window.queues_are_waiting() {
            return;
        }
        // SAFETY: the caller's.
        unsafe { self.window.show(span, room) };
        if let (Some(changes), false) =
            (self.window.as_com_ref::<IParameterChanges>(), data.inputParameterChanges.is_null())
        {
            data.inputParameterChanges = changes.as_ptr();
        }
        if let (Some(events), false) =
            (self.window.as_com_ref::<IEventList>(), data.inputEvents.is_null())
        {
            data.inputEvents = events.as_ptr();
        }
    }
}

/// The host's list of buses; empty where it has none.
///
/// # Safety
/// `list` is null or has `count` entries, for as long as the block lasts.
pub unsafe fn buses<'a>(list: *const AudioBusBuffers, count: int32) -> &'a [AudioBusBuffers] {
    match usize::try_from(count) {
        // SAFETY: the caller's.
        Ok(count) if !list.is_null() => unsafe { std::slice::from_raw_parts(list, count) },
        _ => &[],
    }
}

/// Bus `i`, unless the host did not pass it or has switched it off.
pub fn active(list: &[AudioBusBuffers], off: u32, i: usize) -> HostBus {
    match list.get(i) {
        Some(bus) if off >> i & 1 == 0 => host_bus(bus),
        _ => HostBus::ABSENT,
    }
}

/// The host's bus, as it passed it.
pub fn host_bus(bus: &AudioBusBuffers) -> HostBus {
    // SAFETY: both fields of the union are pointers; blocks in 64 bits have been refused.
    let channels = unsafe { bus.__field0.channelBuffers32 };
    HostBus { channels, count: bus.numChannels.max(0) as usize }
}

fn vst3_bus(bus: HostBus) -> AudioBusBuffers {
    AudioBusBuffers {
        numChannels: bus.count as int32,
        silenceFlags: 0,
        __field0: AudioBusBuffers__type0 { channelBuffers32: bus.channels },
    }
}

/// The wrapper saw copies of the host's bus structs, so what it must say there is said here; an
/// output that is switched off is not written by anybody else.
///
/// # Safety
/// As for `process`.
pub unsafe fn tidy_outputs(host: &ProcessData, off: u32) {
    if host.outputs.is_null() {
        return;
    }
    for i in 0..host.numOutputs.max(0) as usize {
        // SAFETY: within the host's list, which is the plug-in's to write.
        let bus = unsafe { &mut *host.outputs.add(i) };
        bus.silenceFlags = 0;
        if i < 32 && off >> i & 1 == 1 {
            // SAFETY: the host's channels cover the block.
            unsafe { pad::silence(host_bus(bus), host.numSamples.max(0) as usize) };
        }
    }
}
