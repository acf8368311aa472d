//! One instance of a plug-in, from its creation to its last reference.

use std::marker::PhantomData;

use vst3::Steinberg::Vst::{
    BusDirection, BusDirections_, BusInfo, IAudioProcessor, IAudioProcessorTrait, IComponent,
    IComponentHandler, IComponentTrait, IEditController, IEditControllerTrait, MediaType,
    MediaTypes_, ProcessSetup,
};
use vst3::Steinberg::{IBStream, IPluginBaseTrait, IPluginFactoryTrait, kResultOk};
use vst3::{ComPtr, ComWrapper, Interface};

use super::block::Mode;
use super::exact::Exact;
use super::handler::Handler;
use super::stream::{Manners, Stream};
use super::{Module, STEREO, text_of_16};

/// Audio, as opposed to events.
pub const AUDIO: MediaType = MediaTypes_::kAudio as MediaType;
/// Events, as opposed to audio.
pub const EVENTS: MediaType = MediaTypes_::kEvent as MediaType;
/// Into the plug-in.
pub const INPUT: BusDirection = BusDirections_::kInput as BusDirection;
/// Out of the plug-in.
pub const OUTPUT: BusDirection = BusDirections_::kOutput as BusDirection;

/// What a host announces before it activates.
#[derive(Clone, Copy, Debug)]
pub struct SetUp {
    /// Frames a second.
    pub rate: f64,
    /// The longest block.
    pub longest: i32,
    /// How it is going to call.
    pub mode: Mode,
}

impl SetUp {
    /// In real time.
    pub fn new(rate: f64, longest: i32) -> Self {
        Self { rate, longest, mode: Mode::Realtime }
    }
}

/// One bus as the plug-in tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bus {
    /// What it is called.
    pub name: String,
    /// How many channels it has.
    pub channels: i32,
    /// Whether it is a main bus, as opposed to an auxiliary one.
    pub main: bool,
    /// Whether it is on by default.
    pub active: bool,
}

/// An instance. Everything may be called from any thread, like a bad host does.
pub struct Plugin<'m> {
    pub(super) component: ComPtr<IComponent>,
    pub(super) processor: ComPtr<IAudioProcessor>,
    pub(super) controller: ComPtr<IEditController>,
    handler: ComWrapper<Handler>,
    module: PhantomData<&'m Module>,
}

impl<'m> Plugin<'m> {
    /// A new instance of the module's first class, in its default layout.
    ///
    /// # Errors
    /// Says what went wrong.
    pub fn create(module: &'m Module) -> Result<Self, String> {
        let class = module.classes().first().ok_or("the library offers no class")?.cid;
        let mut object = std::ptr::null_mut();
        // SAFETY: 16 bytes each, and a place that can be written.
        let result = unsafe {
            let (class, interface) = (class.as_ptr().cast(), IComponent::IID.as_ptr().cast());
            module.factory().createInstance(class, interface, &mut object)
        };
        // SAFETY: null, or a reference that is ours.
        let component = unsafe { ComPtr::<IComponent>::from_raw(object.cast()) };
        let component = component.filter(|_| result == kResultOk).ok_or("it makes no instance")?;
        // SAFETY: a context is optional.
        if unsafe { component.initialize(std::ptr::null_mut()) } != kResultOk {
            return Err("the instance does not initialise".into());
        }
        let plugin = Self {
            processor: component.cast().ok_or("the instance processes no audio")?,
            controller: component.cast().ok_or("the instance has no parameters")?,
            component,
            handler: ComWrapper::new(Handler::default()),
            module: PhantomData,
        };
        let handler = plugin.handler.as_com_ref::<IComponentHandler>().expect("its interface");
        // SAFETY: the plug-in takes a reference of its own.
        unsafe { plugin.controller.setComponentHandler(handler.as_ptr()) };
        Ok(plugin)
    }

    /// A new instance that is there.
    pub fn new(module: &'m Module) -> Self {
        Self::create(module).expect("the module makes an instance")
    }

    /// A new instance that processes, at 48 kHz in blocks of up to 512 frames.
    pub fn running(module: &'m Module) -> Self {
        let plugin = Self::new(module);
        plugin.start(SetUp::new(48_000.0, 512));
        plugin
    }

    /// What the plug-in asked of the host.
    pub fn handler(&self) -> &Handler {
        &self.handler
    }

    /// The component, for questions that nobody asks.
    pub fn component(&self) -> &ComPtr<IComponent> {
        &self.component
    }

    /// The controller, likewise.
    pub fn controller(&self) -> &ComPtr<IEditController> {
        &self.controller
    }

    /// The processor, likewise.
    pub fn processor(&self) -> &ComPtr<IAudioProcessor> {
        &self.processor
    }

    /// Its audio buses in a direction.
    pub fn buses(&self, direction: BusDirection) -> Vec<Bus> {
        // SAFETY: no pointers.
        let count = unsafe { self.component.getBusCount(AUDIO, direction) };
        let bus = |i| {
            // SAFETY: plain numbers and characters, for which zeros are a value.
            let mut info: BusInfo = unsafe { std::mem::zeroed() };
            // SAFETY: the place can be written.
            let result = unsafe { self.component.getBusInfo(AUDIO, direction, i, &mut info) };
            (result == kResultOk).then(|| Bus {
                name: text_of_16(&info.name),
                channels: info.channelCount,
                main: info.busType == 0,
                active: info.flags & 1 == 1,
            })
        };
        (0..count).filter_map(bus).collect()
    }

    /// Asks for a layout; false when it is refused.
    pub fn arrange(&self, inputs: &[u64], outputs: &[u64]) -> bool {
        let (mut ins, mut outs) = (inputs.to_vec(), outputs.to_vec());
        let (ins_at, outs_at) = (ins.as_mut_ptr(), outs.as_mut_ptr());
        let counts = (ins.len() as i32, outs.len() as i32);
        // SAFETY: both lists are as long as announced.
        unsafe {
            self.processor.setBusArrangements(ins_at, counts.0, outs_at, counts.1) == kResultOk
        }
    }

    /// Asks for a layout with other numbers of buses than the lists have; false when it is refused.
    pub fn arrange_announcing(&self, inputs: &[u64], outputs: &[u64], counts: (i32, i32)) -> bool {
        let (mut ins, mut outs) = (Exact::new(inputs), Exact::new(outputs));
        let (ins, outs) = (ins.as_mut_ptr(), outs.as_mut_ptr());
        // SAFETY: that the lists are shorter is what the plug-in has to bear: it knows that no
        // layout is that long.
        unsafe { self.processor.setBusArrangements(ins, counts.0, outs, counts.1) == kResultOk }
    }

    /// Asks for a layout without saying which; false when it is refused.
    pub fn arrange_null(&self, inputs: i32, outputs: i32) -> bool {
        let none = std::ptr::null_mut();
        // SAFETY: a plug-in looks whether a list is there.
        unsafe { self.processor.setBusArrangements(none, inputs, none, outputs) == kResultOk }
    }

    /// The layout that it is in, inputs and outputs.
    pub fn arrangement(&self) -> (Vec<u64>, Vec<u64>) {
        let all = |direction| {
            let arrangement = |i| {
                let mut to = 0;
                // SAFETY: the place can be written.
                unsafe { self.processor.getBusArrangement(direction, i, &mut to) };
                to
            };
            (0..self.buses(direction).len() as i32).map(arrangement).collect()
        };
        (all(INPUT), all(OUTPUT))
    }

    /// The layout with all buses.
    pub fn arrange_all(&self) -> bool {
        self.arrange(&[STEREO; 8], &[STEREO; 2])
    }

    /// Switches an audio bus on or off.
    pub fn switch_bus(&self, direction: BusDirection, i: i32, on: bool) -> bool {
        // SAFETY: no pointers.
        unsafe { self.component.activateBus(AUDIO, direction, i, on.into()) == kResultOk }
    }

    /// Announces; false when that is refused.
    pub fn set_up(&self, announced: SetUp) -> bool {
        let mut setup = ProcessSetup {
            processMode: announced.mode as i32,
            symbolicSampleSize: 0,
            maxSamplesPerBlock: announced.longest,
            sampleRate: announced.rate,
        };
        // SAFETY: a set-up of ours.
        unsafe { self.processor.setupProcessing(&mut setup) == kResultOk }
    }

    /// Activates or deactivates; false when that is refused.
    pub fn set_active(&self, on: bool) -> bool {
        // SAFETY: no pointers.
        unsafe { self.component.setActive(on.into()) == kResultOk }
    }

    /// Announces that blocks are coming, or that they have ended.
    pub fn set_processing(&self, on: bool) {
        // SAFETY: no pointers.
        unsafe { self.processor.setProcessing(on.into()) };
    }

    /// Everything up to the first block.
    pub fn start(&self, announced: SetUp) {
        assert!(self.set_up(announced) && self.set_active(true), "{announced:?} is refused");
        self.set_processing(true);
    }

    /// Everything after the last block.
    pub fn stop(&self) {
        self.set_processing(false);
        assert!(self.set_active(false));
    }

    /// Stops and starts, with something else announced.
    pub fn restart(&self, announced: SetUp) {
        self.stop();
        self.start(announced);
    }

    /// How long it sounds after its input has ended; `u32::MAX` is without an end.
    pub fn tail(&self) -> u32 {
        // SAFETY: no pointers.
        unsafe { self.processor.getTailSamples() }
    }

    /// By how much its output is late.
    pub fn latency(&self) -> u32 {
        // SAFETY: no pointers.
        unsafe { self.processor.getLatencySamples() }
    }

    /// Its state.
    pub fn save(&self) -> Vec<u8> {
        let stream = Stream::new(Vec::new(), Manners::GOOD);
        assert!(self.save_to(&stream), "the state cannot be saved");
        stream.bytes()
    }

    /// Writes its state; false when that fails.
    pub fn save_to(&self, stream: &ComWrapper<Stream>) -> bool {
        let stream = stream.as_com_ref::<IBStream>().expect("its interface");
        // SAFETY: alive during the call.
        unsafe { self.component.getState(stream.as_ptr()) == kResultOk }
    }

    /// Loads a state; false when it is refused.
    pub fn load(&self, bytes: &[u8]) -> bool {
        self.load_from(&Stream::new(bytes.to_vec(), Manners::GOOD))
    }

    /// Loads a state; false when it is refused.
    pub fn load_from(&self, stream: &ComWrapper<Stream>) -> bool {
        let stream = stream.as_com_ref::<IBStream>().expect("its interface");
        // SAFETY: alive during the call.
        unsafe { self.component.setState(stream.as_ptr()) == kResultOk }
    }
}

impl Drop for Plugin<'_> {
    fn drop(&mut self) {
        // SAFETY: no pointers but a handler of none, and nothing is called afterwards.
        unsafe {
            self.processor.setProcessing(0);
            self.component.setActive(0);
            self.controller.setComponentHandler(std::ptr::null_mut());
            self.component.terminate();
        }
    }
}
