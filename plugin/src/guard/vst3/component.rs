//! What is mended in VST3: buses, set-up, process, state, tail, latency.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering::Relaxed};

use busbar_engine::RenderMode;
use busbar_engine::handoff::TryCell;
use nih_plug::audio_setup::AudioIOLayout;
use nih_plug::wrapper::vst3::vst3::Steinberg::Vst::ChannelContext::IInfoListener;
use nih_plug::wrapper::vst3::vst3::Steinberg::Vst::*;
use nih_plug::wrapper::vst3::vst3::Steinberg::*;
use nih_plug::wrapper::vst3::vst3::{Class, ComRef, ComWrapper};
use nih_plug::wrapper::vst3::{Vst3Plugin, Wrapper};

use super::blocks::{Blocks, active, buses, host_bus, tidy_outputs};
use super::desk::Desk;
use super::forward;
use super::state::{MemoryStream, read_bounded, write_all};
use crate::guard::link::Made;
use crate::guard::pad::{self, MAX_FRAMES};
use crate::guard::{Guarded, Link, shield};

const AUDIO: MediaType = MediaTypes_::kAudio as MediaType;
const INPUT: BusDirection = BusDirections_::kInput as BusDirection;
const OUTPUT: BusDirection = BusDirections_::kOutput as BusDirection;
const SAMPLE_32: int32 = SymbolicSampleSizes_::kSample32 as int32;
const INFINITE_TAIL: uint32 = uint32::MAX;

/// What the host holds.
pub struct Component<P: Vst3Plugin + Guarded> {
    /// Ours alone but for the moments in which the desk asks it something.
    pub(super) inner: Arc<Wrapper<P>>,
    /// Where the editor and its views meet.
    pub(super) desk: Option<Arc<Desk<P>>>,
    link: Arc<Link>,
    max_frames: AtomicI32,
    /// What was announced last, as bits of an `f64`.
    rate: AtomicU64,
    is_active: AtomicBool,
    /// Audio buses that the host switched off, a bit each. A host that never calls `activateBus`
    /// has them all on, as the wrapper's default flags say.
    inputs_off: AtomicU32,
    outputs_off: AtomicU32,
    blocks: TryCell<Option<Blocks>>,
}

impl<P: Vst3Plugin + Guarded> Class for Component<P> {
    // The same list as the wrapper's.
    type Interfaces = (
        IComponent,
        IEditController,
        IAudioProcessor,
        IMidiMapping,
        INoteExpressionController,
        IProcessContextRequirements,
        IUnitInfo,
        IInfoListener,
    );
}

impl<P: Vst3Plugin + Guarded> Component<P> {
    /// A new instance.
    pub fn new() -> Self {
        let Made { link, offer, made } = Link::give_while(Wrapper::new);
        let inner = Arc::new(made);
        Self {
            desk: offer.map(|offer| Desk::new(&inner, link.clone(), offer)),
            inner,
            link,
            max_frames: AtomicI32::new(0),
            rate: AtomicU64::new(0),
            is_active: AtomicBool::new(false),
            inputs_off: AtomicU32::new(0),
            outputs_off: AtomicU32::new(0),
            blocks: TryCell::new(None),
        }
    }

    /// Channels of each bus in the layout that the wrapper is in.
    fn channels(&self, dir: BusDirection) -> Vec<usize> {
        // SAFETY: no pointers.
        let count = unsafe { self.inner.getBusCount(AUDIO, dir) };
        let channels = |i| {
            // SAFETY: plain numbers and characters, for which zeros are a value.
            let mut info: BusInfo = unsafe { std::mem::zeroed() };
            // SAFETY: the place can be written.
            unsafe { self.inner.getBusInfo(AUDIO, dir, i, &mut info) };
            info.channelCount.max(0) as usize
        };
        (0..count).map(channels).collect()
    }

    fn prepare(&self) -> Blocks {
        let max_frames = self.max_frames.load(Relaxed).max(0) as usize;
        Blocks::new(&self.channels(INPUT), &self.channels(OUTPUT), max_frames)
    }

    /// A block that cannot be processed is silent.
    ///
    /// # Safety
    /// As for `process`.
    unsafe fn refuse(&self, host: &ProcessData) -> tresult {
        if host.symbolicSampleSize == SAMPLE_32 {
            let frames = host.numSamples.max(0) as usize;
            // SAFETY: the caller's.
            let outputs = unsafe { buses(host.outputs, host.numOutputs) };
            // SAFETY: the host's channels cover the block.
            outputs.iter().for_each(|bus| unsafe { pad::silence(host_bus(bus), frames) });
        }
        kResultFalse
    }

    /// The wrapper's `process`, for all of the block, in as many pieces as it takes.
    ///
    /// # Safety
    /// As for `process`.
    unsafe fn process_pieces(&self, host: &ProcessData, blocks: &mut Blocks) -> tresult {
        // SAFETY: the caller's.
        let (ins, outs) =
            unsafe { (buses(host.inputs, host.numInputs), buses(host.outputs, host.numOutputs)) };
        let off = (self.inputs_off.load(Relaxed), self.outputs_off.load(Relaxed));
        let input = |i: usize| active(ins, off.0, i);
        let output = |i: usize| active(outs, off.1, i);
        let frames = host.numSamples.max(0) as usize;
        let mut context;
        // SAFETY: the host's for this block, or null.
        let transport = unsafe { host.processContext.as_ref() };
        let mut at = 0;
        // SAFETY: the lists are the host's for this block.
        unsafe {
            let (changes, events) = (host.inputParameterChanges, host.inputEvents);
            blocks.window.look_at(changes, events, P::INPUT_EVENT_CAPACITY);
        }
        loop {
            // SAFETY: the host's channels cover the block.
            let present = unsafe { blocks.pad.wire(input, output, at) };
            // A length without one channel is a flush of parameters: no audio, no time.
            let whole = if present.nothing() { 0 } else { frames };
            // SAFETY: the lists are the host's for this block.
            let span = unsafe { blocks.next_span(at, whole, P::INPUT_EVENT_CAPACITY) };
            self.link.begin_block(mode(host.processMode), present);
            let mut piece = *host;
            // SAFETY: wired above, and the piece is no longer than the pad allows.
            unsafe { blocks.pad.part(span.to - span.from) };
            blocks.lay_buses(&mut piece);
            piece.numSamples = (span.to - span.from) as int32;
            // SAFETY: the lists are the host's for this block.
            unsafe { blocks.lay_events(&mut piece, span, P::INPUT_EVENT_CAPACITY) };
            if let Some(given) = transport.filter(|given| at > 0 || is_far_off(given)) {
                context = later(given, at);
                piece.processContext = &mut context;
            }
            // SAFETY: the piece is well-formed: every declared bus has memory for its frames.
            let result = unsafe { self.inner.process(&mut piece) };
            at = span.to;
            if result != kResultOk || (at >= whole && !blocks.window.queues_are_waiting()) {
                return result;
            }
        }
    }
}

impl<P: Vst3Plugin + Guarded> IComponentTrait for Component<P> {
    forward! { IComponentTrait:
        fn getControllerClassId(class: *mut TUID) -> tresult, or kInternalError;
        fn setIoMode(mode: IoMode) -> tresult, or kInternalError;
        fn getBusCount(media: MediaType, dir: BusDirection) -> int32, or 0;
        fn getBusInfo(media: MediaType, dir: BusDirection, i: int32, info: *mut BusInfo) -> tresult,
            or kInternalError;
        fn getRoutingInfo(input: *mut RoutingInfo, output: *mut RoutingInfo) -> tresult,
            or kInternalError;
    }

    unsafe fn activateBus(
        &self,
        media: MediaType,
        dir: BusDirection,
        i: int32,
        on: TBool,
    ) -> tresult {
        // SAFETY: no pointers.
        let result = shield(|| unsafe { self.inner.activateBus(media, dir, i, on) });
        let bit = u32::try_from(i).ok().and_then(|i| 1u32.checked_shl(i));
        if result == Some(kResultOk)
            && media == AUDIO
            && let Some(bit) = bit
        {
            let off = if dir == INPUT { &self.inputs_off } else { &self.outputs_off };
            match on != 0 {
                true => off.fetch_and(!bit, Relaxed),
                false => off.fetch_or(bit, Relaxed),
            };
        }
        result.unwrap_or(kInternalError)
    }

    /// Entered as a whole: a host that processes meanwhile gets a refused, silent block, where the
    /// wrapper's `borrow_mut` in `process` would panic.
    unsafe fn setActive(&self, state: TBool) -> tresult {
        let activate = || {
            let Some(mut blocks) = self.blocks.enter_soon() else { return kResultFalse };
            *blocks = (state != 0).then(|| self.prepare());
            // SAFETY: no pointers.
            let result = unsafe { self.inner.setActive(state) };
            if result != kResultOk {
                *blocks = None;
            }
            self.is_active.store(blocks.is_some(), Relaxed);
            result
        };
        shield(activate).unwrap_or(kInternalError)
    }

    /// Reads at most `STATE_LIMIT` bytes, has the plug-in translate them, and gives the wrapper a
    /// stream in memory, so that it needs no seekable host stream.
    unsafe fn setState(&self, state: *mut IBStream) -> tresult {
        let load = || {
            // SAFETY: null or the host's.
            let Some(stream) = (unsafe { ComRef::from_raw(state) }) else {
                return kInvalidArgument;
            };
            // SAFETY: alive during this call.
            let bytes = unsafe { read_bounded(stream, P::STATE_LIMIT) };
            let admitted = bytes.and_then(|bytes| P::framework_state_of(&bytes));
            let Some(bytes) = self.link.judge(admitted) else { return kResultFalse };
            let memory = ComWrapper::new(MemoryStream::new(bytes));
            let Some(memory) = memory.as_com_ref::<IBStream>() else { return kInternalError };
            // SAFETY: alive during this call.
            unsafe { IComponentTrait::setState(&*self.inner, memory.as_ptr()) }
        };
        shield(load).unwrap_or(kInternalError)
    }

    unsafe fn getState(&self, state: *mut IBStream) -> tresult {
        let save = || {
            // SAFETY: null or the host's.
            let Some(stream) = (unsafe { ComRef::from_raw(state) }) else {
                return kInvalidArgument;
            };
            let memory = ComWrapper::new(MemoryStream::default());
            let Some(theirs) = memory.as_com_ref::<IBStream>() else { return kInternalError };
            // SAFETY: alive during this call.
            let result = unsafe { IComponentTrait::getState(&*self.inner, theirs.as_ptr()) };
            match P::stored_state_of(&memory.take()) {
                // SAFETY: alive during this call.
                Ok(bytes) if result == kResultOk => match unsafe { write_all(stream, &bytes) } {
                    true => kResultOk,
                    false => kResultFalse,
                },
                _ => kInternalError,
            }
        };
        shield(save).unwrap_or(kInternalError)
    }
}

impl<P: Vst3Plugin + Guarded> IAudioProcessorTrait for Component<P> {
    forward! { IAudioProcessorTrait:
        fn getBusArrangement(dir: BusDirection, i: int32, to: *mut SpeakerArrangement) -> tresult,
            or kInternalError;
        fn canProcessSampleSize(size: int32) -> tresult, or kResultFalse;
        fn setProcessing(state: TBool) -> tresult, or kInternalError;
    }

    /// The wrapper would post a task to tell the host. A host may ask from the set-up on, before the
    /// plug-in is activated.
    unsafe fn getLatencySamples(&self) -> uint32 {
        let forecast = || self.link.latency_at(f64::from_bits(self.rate.load(Relaxed)));
        match self.is_active.load(Relaxed) {
            true => self.link.latency(),
            false => shield(forecast).unwrap_or(0),
        }
    }

    /// The wrapper compares sidechain i with the host's bus i instead of i + 1. Only what matches a
    /// layout exactly may reach it; its own comparison then accepts every layout whose first
    /// sidechain has as many channels as the main bus, and ours have.
    unsafe fn setBusArrangements(
        &self,
        inputs: *mut SpeakerArrangement,
        num_ins: int32,
        outputs: *mut SpeakerArrangement,
        num_outs: int32,
    ) -> tresult {
        let asked = |list: *mut SpeakerArrangement, count: usize| -> Option<Vec<u32>> {
            // SAFETY: null or the host's, with as many entries as it says.
            let entry = |i| unsafe { list.as_ref().map(|_| (*list.add(i)).count_ones()) };
            (0..count).map(entry).collect()
        };
        let set = || {
            let counts = (usize::try_from(num_ins), usize::try_from(num_outs));
            let (Ok(ins), Ok(outs)) = counts else { return kInvalidArgument };
            // Nothing is read of lists that are longer than those of every layout.
            let most = |count: fn(&AudioIOLayout) -> usize| {
                P::AUDIO_IO_LAYOUTS.iter().map(count).max().unwrap_or(0)
            };
            if ins > most(|layout| layout_inputs(layout).count())
                || outs > most(|layout| layout_outputs(layout).count())
            {
                return kResultFalse;
            }
            let (Some(ins), Some(outs)) = (asked(inputs, ins), asked(outputs, outs)) else {
                return kInvalidArgument;
            };
            if !P::AUDIO_IO_LAYOUTS.iter().any(|layout| matches(layout, &ins, &outs)) {
                return kResultFalse;
            }
            // SAFETY: both lists have been read above.
            unsafe { self.inner.setBusArrangements(inputs, num_ins, outputs, num_outs) }
        };
        shield(set).unwrap_or(kInternalError)
    }

    /// Twice, because the wrapper puts the *previous* call's process mode into the configuration;
    /// and with a bounded length, because its buffers grow with what a host announces.
    unsafe fn setupProcessing(&self, setup: *mut ProcessSetup) -> tresult {
        // SAFETY: null or the host's.
        let Some(asked) = (unsafe { setup.as_ref() }) else { return kInvalidArgument };
        let mut bounded = *asked;
        bounded.maxSamplesPerBlock = asked.maxSamplesPerBlock.clamp(1, MAX_FRAMES as int32);
        self.max_frames.store(bounded.maxSamplesPerBlock, Relaxed);
        self.rate.store(asked.sampleRate.to_bits(), Relaxed);
        let set_up = || {
            // SAFETY: a set-up of ours.
            unsafe {
                self.inner.setupProcessing(&mut bounded);
                self.inner.setupProcessing(&mut bounded)
            }
        };
        shield(set_up).unwrap_or(kInternalError)
    }

    /// Realtime-safe as far as the wrapper is.
    unsafe fn process(&self, data: *mut ProcessData) -> tresult {
        // SAFETY: null or the host's.
        let Some(host) = (unsafe { data.as_ref() }) else { return kInvalidArgument };
        let mut entered = self.blocks.try_enter();
        // Before `setActive`, beside it, or in 64 bits, the wrapper would panic or misread.
        let blocks = entered.as_deref_mut().and_then(Option::as_mut);
        let Some(blocks) = blocks.filter(|_| host.symbolicSampleSize == SAMPLE_32) else {
            // SAFETY: the host's promises.
            return unsafe { self.refuse(host) };
        };
        self.link.wait_for_clips(mode(host.processMode));
        // SAFETY: the host's promises.
        let run = || unsafe { self.process_pieces(host, blocks) };
        #[cfg(feature = "probe")]
        let run = || crate::probe::watch_allocations(run);
        // SAFETY: the host's promises.
        let result = shield(run).unwrap_or_else(|| unsafe { self.refuse(host) });
        // SAFETY: the host's promises.
        unsafe { tidy_outputs(host, self.outputs_off.load(Relaxed)) };
        result
    }

    /// The wrapper says 0 before the first block and after each `setProcessing`.
    unsafe fn getTailSamples(&self) -> uint32 {
        if self.link.infinite_tail() {
            return INFINITE_TAIL;
        }
        // SAFETY: no pointers.
        shield(|| unsafe { self.inner.getTailSamples() }).unwrap_or(0)
    }
}

/// No project is longer, and further on the wrapper's arithmetic overflows.
const FARTHEST: i64 = 1 << 60;

fn is_far_off(given: &ProcessContext) -> bool {
    given.projectTimeSamples.unsigned_abs() > FARTHEST as u64
}

/// The transport `at` frames later.
fn later(given: &ProcessContext, at: usize) -> ProcessContext {
    let moved = |time: i64| time.clamp(-FARTHEST, FARTHEST) + at as i64;
    let mut context = *given;
    context.projectTimeSamples = moved(context.projectTimeSamples);
    context.continousTimeSamples = moved(context.continousTimeSamples);
    context.projectTimeMusic += at as f64 / given.sampleRate.max(1.0) / 60.0 * given.tempo;
    context
}

fn mode(process_mode: int32) -> RenderMode {
    match process_mode as ProcessModes {
        ProcessModes_::kOffline => RenderMode::Offline,
        ProcessModes_::kPrefetch => RenderMode::Prefetch,
        _ => RenderMode::Realtime,
    }
}

fn layout_inputs(layout: &AudioIOLayout) -> impl Iterator<Item = u32> {
    channels(layout.main_input_channels, layout.aux_input_ports)
}

fn layout_outputs(layout: &AudioIOLayout) -> impl Iterator<Item = u32> {
    channels(layout.main_output_channels, layout.aux_output_ports)
}

fn channels(
    main: Option<NonZeroU32>,
    aux: &'static [NonZeroU32],
) -> impl Iterator<Item = u32> + use<> {
    main.into_iter().chain(aux.iter().copied()).map(NonZeroU32::get)
}

fn matches(layout: &AudioIOLayout, ins: &[u32], outs: &[u32]) -> bool {
    layout_inputs(layout).eq(ins.iter().copied()) && layout_outputs(layout).eq(outs.iter().copied())
}
