//! The good host, on `clack-host`.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::CString;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use clack_extensions::audio_ports::{AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::latency::{HostLatency, HostLatencyImpl, PluginLatency};
use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::state::PluginState;
use clack_host::events::event_types::ParamValueEvent;
use clack_host::prelude::*;
use libloading::Library;

use crate::bundle;
use crate::probe::Probe;

/// Processes audio; may go to another thread.
pub type Processor = StartedPluginAudioProcessor<Handlers>;

/// What the plug-in under test is called by hosts.
pub const ID: &std::ffi::CStr = c"org.busbar.busbar";

/// The bundle, loaded. While it is there no other test of this program uses the library; when it
/// goes, nothing may have been allocated in a block.
pub struct Host {
    /// First, so that instances' code outlives them.
    entry: PluginEntry,
    library: Library,
    info: HostInfo,
    allocated_before: u64,
    allocations_wanted: bool,
    _alone: MutexGuard<'static, ()>,
}

impl Host {
    /// Loads the bundle.
    pub fn open() -> Self {
        let alone = super::alone();
        let path = bundle::clap();
        // SAFETY: our own bundle, which does what its format says when it is loaded.
        let entry = unsafe { PluginEntry::load(&path) }.expect("the bundle can be loaded");
        // SAFETY: likewise; it is loaded already, and this adds one to its count.
        let library = unsafe { Library::new(&path) }.expect("the bundle can be loaded");
        let info = HostInfo::new("Busbar's tests", "Busbar", "", "1").expect("no zeros in names");
        let allocated_before = Probe(&library).violations();
        Self { entry, library, info, allocated_before, allocations_wanted: false, _alone: alone }
    }

    /// What the bundle tells about itself.
    pub fn probe(&self) -> Probe<'_> {
        Probe(&self.library)
    }

    /// The bundle's list of plug-ins.
    pub fn entry(&self) -> &PluginEntry {
        &self.entry
    }

    /// Allocations and frees in blocks since the bundle was opened.
    pub fn allocations(&self) -> u64 {
        self.probe().violations() - self.allocated_before
    }

    /// A test is about to allocate in a block on purpose.
    pub fn want_allocations(&mut self) {
        self.allocations_wanted = true;
    }

    /// A new instance.
    pub fn instance(&self) -> Instance {
        let instance = PluginInstance::<Handlers>::new(
            |()| Requests::default(),
            |_| Desk::default(),
            &self.entry,
            ID,
            &self.info,
        );
        Instance::new(instance.expect("the plug-in can be made"))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if !self.allocations_wanted && !std::thread::panicking() {
            assert_eq!(self.allocations(), 0, "allocations and frees in blocks");
        }
    }
}

/// What the plug-in asks the host for.
#[derive(Debug, Default)]
pub struct Requests {
    restarts: AtomicU32,
}

impl SharedHandler<'_> for Requests {
    fn request_restart(&self) {
        self.restarts.fetch_add(1, Relaxed);
    }
    fn request_process(&self) {}
    fn request_callback(&self) {}
}

/// What the plug-in tells the host on its main thread.
#[derive(Debug, Default)]
pub struct Desk {
    latency_changes: Cell<u32>,
}

impl MainThreadHandler<'_> for Desk {}

impl HostLatencyImpl for Desk {
    fn changed(&self) {
        self.latency_changes.set(self.latency_changes.get() + 1);
    }
}

/// The host's side of an instance.
pub struct Handlers;

impl HostHandlers for Handlers {
    type Shared<'a> = Requests;
    type MainThread<'a> = Desk;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<'_, Self>, _: &Requests) {
        builder.register::<HostLatency>();
    }
}

/// A port as the plug-in announces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its channels.
    pub channels: u32,
    /// Whether it is the main one.
    pub is_main: bool,
}

/// A parameter as the plug-in announces it.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its identity in events.
    pub id: ClapId,
    /// Its name.
    pub name: String,
    /// Lowest, default and highest value.
    pub range: [f64; 3],
    /// What kind it is.
    pub flags: ParamInfoFlags,
}

/// One plug-in.
pub struct Instance {
    plugin: PluginInstance<Handlers>,
    params: PluginParams,
    state: PluginState,
    by_name: HashMap<String, ClapId>,
}

impl Instance {
    /// Of a plug-in that has been made.
    pub fn new(mut plugin: PluginInstance<Handlers>) -> Self {
        let handle = plugin.plugin_handle();
        let params = handle.get_extension().expect("it has parameters");
        let state = handle.get_extension().expect("it has a state");
        let mut instance = Self { plugin, params, state, by_name: HashMap::new() };
        let list = instance.list_params();
        instance.by_name = list.into_iter().map(|param| (param.name, param.id)).collect();
        instance
    }

    /// Input or output ports.
    pub fn ports(&mut self, input: bool) -> Vec<Port> {
        let handle = self.plugin.plugin_handle();
        let ports: PluginAudioPorts = handle.get_extension().expect("it has ports");
        let mut buffer = AudioPortInfoBuffer::new();
        (0..ports.count(&handle, input))
            .map(|i| {
                let port = ports.get(&handle, i, input, &mut buffer).expect("counted");
                Port {
                    name: String::from_utf8_lossy(port.name).into_owned(),
                    channels: port.channel_count,
                    is_main: port
                        .flags
                        .contains(clack_extensions::audio_ports::AudioPortFlags::IS_MAIN),
                }
            })
            .collect()
    }

    /// Every parameter.
    pub fn list_params(&mut self) -> Vec<Param> {
        let handle = self.plugin.plugin_handle();
        let mut buffer = ParamInfoBuffer::new();
        (0..self.params.count(&handle))
            .map(|i| {
                let param = self.params.get_info(&handle, i, &mut buffer).expect("counted");
                Param {
                    id: param.id,
                    name: String::from_utf8_lossy(param.name).into_owned(),
                    range: [param.min_value, param.default_value, param.max_value],
                    flags: param.flags,
                }
            })
            .collect()
    }

    /// Frames of latency.
    pub fn latency(&mut self) -> u32 {
        let handle = self.plugin.plugin_handle();
        let latency: PluginLatency = handle.get_extension().expect("it has a latency");
        latency.get(&handle)
    }

    /// The parameter of that name.
    pub fn id(&self, name: &str) -> ClapId {
        *self.by_name.get(name).unwrap_or_else(|| panic!("there is no parameter {name}"))
    }

    /// What a parameter is set to.
    pub fn value(&mut self, name: &str) -> f64 {
        let id = self.id(name);
        self.params.get_value(&self.plugin.plugin_handle(), id).expect("it is there")
    }

    /// What a text means to a parameter, if anything.
    pub fn understand(&mut self, name: &str, text: &str) -> Option<f64> {
        let (id, text) = (self.id(name), CString::new(text).expect("no zeros"));
        self.params.text_to_value(&self.plugin.plugin_handle(), id, &text)
    }

    /// How a parameter writes a value.
    pub fn text(&mut self, name: &str, value: f64) -> String {
        let id = self.id(name);
        let mut buffer = [0u8; 64];
        let text = self
            .params
            .value_to_text(&self.plugin.plugin_handle(), id, value, &mut buffer)
            .expect("every value has a text");
        String::from_utf8(text.to_vec()).expect("UTF-8")
    }

    /// A change of a parameter at a frame; the value as one would type it.
    pub fn change(&mut self, frame: usize, name: &str, text: &str) -> super::run::Change {
        let value = self.understand(name, text);
        let value = value.unwrap_or_else(|| panic!("{name} does not understand {text}"));
        super::run::Change { frame, id: self.id(name), value }
    }

    /// Sets parameters while it is not active.
    pub fn set(&mut self, values: &[(&str, &str)]) {
        let mut events = EventBuffer::new();
        for (name, text) in values {
            let change = self.change(0, name, text);
            events.push(&change.event(0));
        }
        let mut handle = self.plugin.inactive_plugin_handle().expect("not active");
        self.params.flush(&mut handle, &events.as_input(), &mut OutputEvents::void());
    }

    /// What a host stores.
    pub fn save(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.state.save(&self.plugin.plugin_handle(), &mut bytes).expect("it can be saved");
        bytes
    }

    /// Gives back what was stored; false when it is refused.
    pub fn load(&mut self, bytes: &[u8]) -> bool {
        self.load_from(&mut std::io::Cursor::new(bytes))
    }

    /// Likewise, from whatever can be read.
    pub fn load_from(&mut self, reader: &mut impl std::io::Read) -> bool {
        self.state.load(&self.plugin.plugin_handle(), reader).is_ok()
    }

    /// Activates it, and starts processing.
    pub fn start(&mut self, sample_rate: f64, max_frames_count: usize) -> Processor {
        let configuration = PluginAudioConfiguration {
            sample_rate,
            min_frames_count: 1,
            max_frames_count: max_frames_count as u32,
        };
        let stopped = self.plugin.activate(|_, _| (), configuration).expect("it can be activated");
        stopped.start_processing().expect("it can process")
    }

    /// Stops processing, and deactivates it.
    pub fn stop(&mut self, processor: Processor) {
        self.plugin.deactivate(processor.stop_processing());
    }

    /// How often it has said that its latency is another one.
    pub fn latency_changes(&self) -> u32 {
        self.plugin.access_handler(|desk| desk.latency_changes.get())
    }

    /// How often it wanted to be restarted.
    pub fn restarts(&self) -> u32 {
        self.plugin.access_shared_handler(|requests| requests.restarts.load(Relaxed))
    }
}

impl super::run::Change {
    /// As an event at a frame of a block.
    pub fn event(&self, frame: u32) -> ParamValueEvent {
        ParamValueEvent::new(frame, self.id, Pckn::match_all(), self.value)
    }
}
