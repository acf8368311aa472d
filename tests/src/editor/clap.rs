//! A CLAP host with a window, on `clack-host`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use clack_extensions::gui::{
    GuiApiType, GuiConfiguration, GuiSize, HostGui, HostGuiImpl, PluginGui, Window as Parent,
};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamInfoBuffer,
    ParamRescanFlags, PluginParams,
};
use clack_extensions::state::{HostState, HostStateImpl};
use clack_host::events::event_types::ParamValueEvent;
use clack_host::events::spaces::CoreEventSpace;
use clack_host::prelude::*;
use libloading::Library;
use x11rb::protocol::xproto::Window;

use super::player::{BLOCK, BUSES, Signal};
use super::plug::{Plug, Size, Told};
use crate::bundle;
use crate::clap::host::ID;

/// The bundle, loaded.
pub struct Loaded {
    entry: PluginEntry,
    library: Library,
    info: HostInfo,
}

/// What the plug-in asks of its host; from any thread.
#[derive(Default)]
pub struct Requests {
    callback: AtomicBool,
    flush: AtomicBool,
    /// How often either was wanted.
    wakes: AtomicU32,
    width: AtomicU32,
    height: AtomicU32,
    closed: AtomicBool,
}

impl SharedHandler<'_> for Requests {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.wakes.fetch_add(1, Relaxed);
        self.callback.store(true, Relaxed);
    }
}

impl HostGuiImpl for Requests {
    fn resize_hints_changed(&self) {}
    fn request_resize(&self, size: GuiSize) -> Result<(), HostError> {
        self.height.store(size.height, Relaxed);
        self.width.store(size.width, Relaxed);
        Ok(())
    }
    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn closed(&self, was_destroyed: bool) {
        assert!(was_destroyed, "there is no window to be shown again");
        self.closed.store(true, Relaxed);
    }
}

impl HostParamsImplShared for Requests {
    fn request_flush(&self) {
        self.wakes.fetch_add(1, Relaxed);
        self.flush.store(true, Relaxed);
    }
}

/// What the plug-in asks of its host, on the main thread.
#[derive(Clone, Default)]
pub struct Main(Arc<AtomicU32>);

impl MainThreadHandler<'_> for Main {}

impl HostStateImpl for Main {
    /// `clack` has seen that it is the main thread.
    fn mark_dirty(&self) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl HostParamsImplMainThread for Main {
    fn rescan(&self, _: ParamRescanFlags) {}
    fn clear(&self, _: ClapId, _: ParamClearFlags) {}
}

/// The host's side of an instance.
pub struct Handlers;

impl HostHandlers for Handlers {
    type Shared<'a> = Requests;
    type MainThread<'a> = Main;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<'_, Self>, _: &Requests) {
        builder.register::<HostGui>().register::<HostParams>().register::<HostState>();
    }
}

/// One instance.
pub struct Clap {
    plugin: PluginInstance<Handlers>,
    gui: PluginGui,
    params: PluginParams,
    told: Arc<Mutex<Vec<Told>>>,
    dirty: Main,
    processing: bool,
}

/// What belongs to the audio thread.
pub struct Processor {
    plugin: StartedPluginAudioProcessor<Handlers>,
    told: Arc<Mutex<Vec<Told>>>,
    /// What the host wants in the next block.
    changes: EventBuffer,
}

const EMBEDDED: GuiConfiguration<'static> =
    GuiConfiguration { api_type: GuiApiType::X11, is_floating: false };

impl Plug for Clap {
    const HOST: &str = "a CLAP host";
    type Loaded = Loaded;
    type Processor = Processor;

    fn load() -> Loaded {
        let path = bundle::clap();
        // SAFETY: our own bundle, which does what its format says when it is loaded.
        let entry = unsafe { PluginEntry::load(&path) }.expect("the bundle can be loaded");
        // SAFETY: likewise; it is loaded already, and this adds one to its count.
        let library = unsafe { Library::new(&path) }.expect("the bundle can be loaded");
        let info = HostInfo::new("Busbar's tests", "Busbar", "", "1").expect("no zeros in names");
        Loaded { entry, library, info }
    }

    fn library(loaded: &Loaded) -> &Library {
        &loaded.library
    }

    fn new(loaded: &Loaded) -> Self {
        let dirty = Main::default();
        let main = dirty.clone();
        let made = PluginInstance::<Handlers>::new(
            |()| Requests::default(),
            move |_| main,
            &loaded.entry,
            ID,
            &loaded.info,
        );
        let mut plugin = made.expect("the plug-in can be made");
        let handle = plugin.plugin_handle();
        let gui = handle.get_extension().expect("it has an editor");
        let params = handle.get_extension().expect("it has parameters");
        Self { plugin, gui, params, told: Arc::default(), dirty, processing: false }
    }

    fn open(&mut self, parent: Window, scale: f64, resize: &dyn Fn(Size)) {
        let handle = self.plugin.plugin_handle();
        self.gui.create(&handle, EMBEDDED).expect("the editor can be made");
        if scale != 1.0 {
            self.gui.set_scale(&handle, scale).expect("it takes a scale");
        }
        resize(self.size());
        let parent = Parent::from_x11_handle(parent.into());
        // SAFETY: the window outlives the editor.
        unsafe { self.gui.set_parent(&self.plugin.plugin_handle(), parent) }
            .expect("it can be embedded");
        self.gui.show(&self.plugin.plugin_handle()).expect("it can be shown");
    }

    fn close(&mut self) {
        let handle = self.plugin.plugin_handle();
        self.gui.destroy(&handle);
    }

    fn show(&mut self, shown: bool) -> bool {
        let handle = self.plugin.plugin_handle();
        let result = if shown { self.gui.show(&handle) } else { self.gui.hide(&handle) };
        result.expect("it can be hidden and shown");
        true
    }

    fn size(&mut self) -> Size {
        let size = self.gui.get_size(&self.plugin.plugin_handle()).expect("it has a size");
        (size.width, size.height)
    }

    fn resize(&mut self, (width, height): Size, resize: &dyn Fn(Size)) -> Size {
        let handle = self.plugin.plugin_handle();
        assert!(self.gui.can_resize(&handle));
        let size = self.gui.adjust_size(&handle, GuiSize { width, height }).expect("it adjusts");
        self.gui.set_size(&handle, size).expect("it takes the size that it wanted");
        resize((size.width, size.height));
        (size.width, size.height)
    }

    fn turn(&mut self, resize: &dyn Fn(Size)) {
        if self.plugin.access_shared_handler(|requests| requests.callback.swap(false, Relaxed)) {
            self.plugin.call_on_main_thread_callback();
        }
        let (width, height) = self.plugin.access_shared_handler(|requests| {
            (requests.width.swap(0, Relaxed), requests.height.load(Relaxed))
        });
        if width != 0 {
            resize((width, height));
        }
        let flush =
            self.plugin.access_shared_handler(|requests| requests.flush.swap(false, Relaxed));
        if flush && !self.processing {
            let mut out = EventBuffer::new();
            if let Some(mut handle) = self.plugin.inactive_plugin_handle() {
                self.params.flush(&mut handle, &InputEvents::empty(), &mut out.as_output());
            }
            keep(&self.told, &out);
        }
    }

    fn was_closed(&mut self) -> Option<bool> {
        Some(self.plugin.access_shared_handler(|requests| requests.closed.swap(false, Relaxed)))
    }

    fn ids(&mut self) -> HashMap<String, u32> {
        let handle = self.plugin.plugin_handle();
        let mut buffer = ParamInfoBuffer::new();
        let id = |i| {
            let info = self.params.get_info(&handle, i, &mut buffer).expect("counted");
            (String::from_utf8_lossy(info.name).into_owned(), info.id.get())
        };
        (0..self.params.count(&handle)).map(id).collect()
    }

    fn text(&mut self, id: u32) -> String {
        let id = ClapId::new(id);
        let handle = self.plugin.plugin_handle();
        let value = self.params.get_value(&handle, id).expect("it is there");
        let mut buffer = [0u8; 64];
        let text = self.params.value_to_text(&handle, id, value, &mut buffer);
        String::from_utf8_lossy(text.expect("every value has a text")).into_owned()
    }

    fn told(&self) -> Vec<Told> {
        self.told.lock().expect("nobody panics in here").clone()
    }

    fn forget(&self) {
        self.told.lock().expect("nobody panics in here").clear();
    }

    fn dirty(&self) -> u32 {
        self.dirty.0.load(Relaxed)
    }

    fn wakes(&self) -> u32 {
        self.plugin.access_shared_handler(|requests| requests.wakes.load(Relaxed))
    }

    fn start(&mut self) -> Self::Processor {
        let configuration = PluginAudioConfiguration {
            sample_rate: 48_000.0,
            min_frames_count: 1,
            max_frames_count: 512,
        };
        let stopped = self.plugin.activate(|_, _| (), configuration).expect("it can be activated");
        self.processing = true;
        let plugin = stopped.start_processing().expect("it can process");
        Processor { plugin, told: self.told.clone(), changes: EventBuffer::new() }
    }

    fn automate(processor: &mut Processor, id: u32, value: f64) {
        let id = ClapId::new(id);
        processor.changes.push(&ParamValueEvent::new(0, id, Pckn::match_all(), value));
    }

    fn block(processor: &mut Processor, signal: &Signal, time: u64) {
        let mut inputs: [[Vec<f32>; 2]; BUSES] =
            std::array::from_fn(|bus| std::array::from_fn(|_| signal.sine(bus, time)));
        let mut buffers = [[[0.0; BLOCK]; 2]; 2];
        let mut input_ports = AudioPorts::with_capacity(2 * BUSES, BUSES);
        let mut output_ports = AudioPorts::with_capacity(4, 2);
        let inputs = input_ports.with_input_buffers(inputs.iter_mut().map(|bus| AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                bus.iter_mut().map(|side| InputChannel::variable(side.as_mut_slice())),
            ),
        }));
        let mut outputs = output_ports.with_output_buffers(buffers.each_mut().map(|bus| {
            let sides = bus.iter_mut().map(|side| side.as_mut_slice());
            AudioPortBuffer { latency: 0, channels: AudioPortBufferType::f32_output_only(sides) }
        }));
        let mut told = EventBuffer::new();
        let (events, mut out) = (processor.changes.as_input(), told.as_output());
        let plugin = &mut processor.plugin;
        let result = plugin.process(&inputs, &mut outputs, &events, &mut out, Some(time), None);
        result.expect("the block is processed");
        processor.changes.clear();
        signal.hear([&buffers[0][0], &buffers[1][0]]);
        keep(&processor.told, &told);
    }

    fn stop(&mut self, processor: Processor) {
        self.plugin.deactivate(processor.plugin.stop_processing());
        self.processing = false;
    }
}

fn keep(list: &Mutex<Vec<Told>>, told: &EventBuffer) {
    let mut list = list.lock().expect("nobody panics in here");
    list.extend(told.iter().filter_map(|event| match event.as_core_event()? {
        CoreEventSpace::ParamGestureBegin(event) => {
            event.param_id().map(|id| Told::Begin(id.get()))
        }
        CoreEventSpace::ParamGestureEnd(event) => event.param_id().map(|id| Told::End(id.get())),
        CoreEventSpace::ParamValue(event) => {
            event.param_id().map(|id| Told::Value(id.get(), event.value()))
        }
        _ => None,
    }));
}
