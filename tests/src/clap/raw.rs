//! The bad host: the bare interface, on which every call can be wrong.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::MutexGuard;

use clap_sys::entry::clap_plugin_entry;
use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::audio_ports_config::{
    CLAP_EXT_AUDIO_PORTS_CONFIG, clap_plugin_audio_ports_config,
};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_param_info, clap_plugin_params};
use clap_sys::ext::render::{CLAP_EXT_RENDER, clap_plugin_render, clap_plugin_render_mode};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_plugin_state};
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::host::clap_host;
use clap_sys::plugin::clap_plugin;
use clap_sys::process::{clap_process, clap_process_status};
use clap_sys::version::CLAP_VERSION;
use libloading::Library;

use super::block::Block;
use super::events::{Event, List, swallow};
use super::faults;
use super::host::ID;
use super::stream::{Sink, Source};
use crate::bundle;
use crate::probe::Probe;

/// The bundle, loaded by nobody but us.
pub struct RawHost {
    entry: *const clap_plugin_entry,
    host: Box<clap_host>,
    allocated_before: u64,
    allocations_wanted: bool,
    /// Last: unloaded after everything else is gone.
    library: Library,
    _alone: MutexGuard<'static, ()>,
}

impl RawHost {
    /// Loads the bundle under test.
    pub fn open() -> Self {
        Self::open_library(&bundle::clap())
    }

    /// Loads a bundle.
    pub fn open_library(path: &Path) -> Self {
        let alone = super::alone();
        // SAFETY: our own bundle, which does what its format says when it is loaded.
        let library = unsafe { Library::new(path) }.expect("the bundle can be loaded");
        // SAFETY: this is what CLAP says that the symbol is.
        let entry = unsafe { library.get::<*const clap_plugin_entry>(b"clap_entry") };
        let entry = *entry.expect("it has an entry");
        let text = CString::new(path.as_os_str().as_encoded_bytes()).expect("no zeros in paths");
        // SAFETY: the entry lives as long as the library.
        let ready = unsafe { (*entry).init.expect("an init")(text.as_ptr()) };
        assert!(ready, "the library can be initialised");
        let allocated_before = Probe(&library).violations();
        Probe(&library).unguarded(faults::is_unguarded());
        Self {
            entry,
            host: Box::new(silent_host()),
            allocated_before,
            allocations_wanted: false,
            library,
            _alone: alone,
        }
    }

    /// What plug-ins take for their host, to be changed before there are any.
    pub fn host(&mut self) -> &mut clap_host {
        &mut self.host
    }

    /// What the bundle tells about itself.
    pub fn probe(&self) -> Probe<'_> {
        Probe(&self.library)
    }

    /// Allocations and frees in blocks since the bundle was opened.
    pub fn allocations(&self) -> u64 {
        self.probe().violations() - self.allocated_before
    }

    /// A test is about to make blocks allocate.
    pub fn want_allocations(&mut self) {
        self.allocations_wanted = true;
    }

    /// A factory by its id; null for what there is not.
    pub fn factory(&self, id: Option<&CStr>) -> *const c_void {
        // SAFETY: the entry lives as long as the library.
        unsafe { (*self.entry).get_factory.expect("it gives factories")(pointer_to(id)) }
    }

    fn plugin_factory(&self) -> *const clap_plugin_factory {
        self.factory(Some(CLAP_PLUGIN_FACTORY_ID)).cast()
    }

    /// Whether there is a descriptor at that place of the list.
    pub fn has_descriptor(&self, i: u32) -> bool {
        let factory = self.plugin_factory();
        // SAFETY: the factory is static.
        unsafe { !(*factory).get_plugin_descriptor.expect("it describes")(factory, i).is_null() }
    }

    /// Asks for a plug-in; null when it is refused.
    pub fn create(&self, with_host: bool, id: Option<&CStr>) -> *const clap_plugin {
        let factory = self.plugin_factory();
        let host = if with_host { &raw const *self.host } else { std::ptr::null() };
        // SAFETY: the factory is static, the host lives as long as the plug-ins.
        unsafe { (*factory).create_plugin.expect("it creates")(factory, host, pointer_to(id)) }
    }

    /// A new plug-in, which the host forgets to initialise.
    pub fn uninitialised(&self) -> RawPlugin<'_> {
        let plugin = self.create(true, Some(ID));
        assert!(!plugin.is_null(), "the plug-in can be made");
        RawPlugin { plugin, host: self }
    }

    /// A new plug-in, initialised.
    pub fn plugin(&self) -> RawPlugin<'_> {
        let plugin = self.uninitialised();
        // SAFETY: just made.
        let ready = unsafe { (*plugin.plugin).init.expect("an init")(plugin.plugin) };
        assert!(ready, "the plug-in can be initialised");
        plugin
    }
}

impl Drop for RawHost {
    fn drop(&mut self) {
        if !self.allocations_wanted && !std::thread::panicking() {
            assert_eq!(self.allocations(), 0, "allocations and frees in blocks");
        }
        // SAFETY: everything that came from the library borrows this.
        unsafe { (*self.entry).deinit.expect("a deinit")() };
    }
}

fn pointer_to(id: Option<&CStr>) -> *const c_char {
    id.map_or(std::ptr::null(), CStr::as_ptr)
}

/// A host that offers nothing and does nothing.
fn silent_host() -> clap_host {
    unsafe extern "C" fn nothing(_: *const clap_host, _: *const c_char) -> *const c_void {
        std::ptr::null()
    }
    unsafe extern "C" fn ignore(_: *const clap_host) {}
    clap_host {
        clap_version: CLAP_VERSION,
        host_data: std::ptr::null_mut(),
        name: c"Busbar's bad host".as_ptr(),
        vendor: c"".as_ptr(),
        url: c"".as_ptr(),
        version: c"1".as_ptr(),
        get_extension: Some(nothing),
        request_restart: Some(ignore),
        request_process: Some(ignore),
        request_callback: Some(ignore),
    }
}

/// A plug-in that lets anything be called at any time and from any thread.
pub struct RawPlugin<'a> {
    plugin: *const clap_plugin,
    host: &'a RawHost,
}

// SAFETY: that threads do not keep to their part of the interface is what is tested here; the
// guard promises to bear it.
unsafe impl Sync for RawPlugin<'_> {}
// SAFETY: likewise.
unsafe impl Send for RawPlugin<'_> {}
// SAFETY: the library's entry and its factory are there for all threads; the rest is not changed.
unsafe impl Sync for RawHost {}

impl RawPlugin<'_> {
    /// The plug-in itself, for calls that nobody makes.
    pub fn pointer(&self) -> *const clap_plugin {
        self.plugin
    }

    /// One of the plug-in's extensions; null for what there is not.
    pub fn extension(&self, id: Option<&CStr>) -> *const c_void {
        // SAFETY: the plug-in lives.
        unsafe { (*self.plugin).get_extension.expect("extensions")(self.plugin, pointer_to(id)) }
    }

    fn table<T>(&self, id: &CStr) -> &T {
        // SAFETY: the callers name the type that CLAP gives for the id; the table is static.
        unsafe { self.extension(Some(id)).cast::<T>().as_ref() }.expect("the extension is there")
    }

    /// Activates it.
    pub fn activate(&self, rate: f64, min: u32, max: u32) -> bool {
        // SAFETY: the plug-in lives.
        unsafe { (*self.plugin).activate.expect("it activates")(self.plugin, rate, min, max) }
    }

    /// Activates it at 48 kHz, and starts.
    pub fn start(&self, max: u32) {
        assert!(self.activate(48_000.0, 1, max), "it can be activated");
        assert!(self.start_processing(), "it can be started");
    }

    /// Says that blocks will come.
    pub fn start_processing(&self) -> bool {
        // SAFETY: the plug-in lives.
        unsafe { (*self.plugin).start_processing.expect("it starts")(self.plugin) }
    }

    /// Stops and deactivates it.
    pub fn stop(&self) {
        // SAFETY: the plug-in lives.
        unsafe { (*self.plugin).stop_processing.expect("it stops")(self.plugin) };
        self.deactivate();
    }

    /// Deactivates it.
    pub fn deactivate(&self) {
        // SAFETY: the plug-in lives.
        unsafe { (*self.plugin).deactivate.expect("it deactivates")(self.plugin) };
    }

    /// Forgets what is on its way.
    pub fn reset(&self) {
        // SAFETY: the plug-in lives.
        unsafe { (*self.plugin).reset.expect("it resets")(self.plugin) };
    }

    /// Processes a block.
    pub fn process(&self, block: &mut Block, events: &[Event]) -> clap_process_status {
        self.process_spoilt(block, events, |_| ())
    }

    /// Processes a block after `spoil` has had the last word on what the plug-in is told.
    pub fn process_spoilt(
        &self,
        block: &mut Block,
        events: &[Event],
        spoil: impl FnOnce(&mut clap_process),
    ) -> clap_process_status {
        let (list, swallow) = (List::of(events), swallow());
        let mut data = clap_process {
            steady_time: -1,
            frames_count: block.frames as u32,
            transport: std::ptr::null(),
            audio_inputs: block.inputs.as_ptr(),
            audio_outputs: block.outputs.as_mut_ptr(),
            audio_inputs_count: block.inputs.len() as u32,
            audio_outputs_count: block.outputs.len() as u32,
            in_events: list.raw(),
            out_events: &swallow,
        };
        spoil(&mut data);
        self.process_raw(Some(&data))
    }

    /// Processes whatever it is given.
    pub fn process_raw(&self, data: Option<&clap_process>) -> clap_process_status {
        let data = data.map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: the plug-in lives, and has to bear the rest.
        unsafe { (*self.plugin).process.expect("it processes")(self.plugin, data) }
    }

    fn params(&self) -> &clap_plugin_params {
        self.table(CLAP_EXT_PARAMS)
    }

    /// How many parameters there are.
    pub fn param_count(&self) -> u32 {
        // SAFETY: the plug-in lives.
        unsafe { self.params().count.expect("it counts")(self.plugin) }
    }

    fn param_info(&self, i: u32) -> Option<clap_param_info> {
        // SAFETY: plain numbers and characters, which zeros are values of.
        let mut info: clap_param_info = unsafe { std::mem::zeroed() };
        // SAFETY: the plug-in lives, the place can be written.
        let known = unsafe { self.params().get_info.expect("it tells")(self.plugin, i, &mut info) };
        known.then_some(info)
    }

    /// The name and the id of the parameter at a place of the list.
    pub fn param(&self, i: u32) -> Option<(String, u32)> {
        let info = self.param_info(i)?;
        // SAFETY: the plug-in ends the name with a zero, and the struct was zeros before.
        let name = unsafe { CStr::from_ptr(info.name.as_ptr()) };
        Some((name.to_string_lossy().into_owned(), info.id))
    }

    /// From where to where each parameter goes, in the order of [`values`](Self::values).
    pub fn ranges(&self) -> Vec<RangeInclusive<f64>> {
        let all = (0..self.param_count()).filter_map(|i| self.param_info(i));
        all.map(|info| info.min_value..=info.max_value).collect()
    }

    /// The parameter of that name.
    pub fn id(&self, name: &str) -> u32 {
        let mut all = (0..self.param_count()).filter_map(|i| self.param(i));
        let found = all.find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("there is no parameter {name}")).1
    }

    /// What a parameter is set to.
    pub fn value(&self, id: u32) -> Option<f64> {
        let mut value = 0.0;
        // SAFETY: the plug-in lives, the place can be written.
        let known =
            unsafe { self.params().get_value.expect("it tells")(self.plugin, id, &mut value) };
        known.then_some(value)
    }

    /// Every parameter's value.
    pub fn values(&self) -> Vec<f64> {
        let ids = (0..self.param_count()).filter_map(|i| self.param(i));
        ids.filter_map(|(_, id)| self.value(id)).collect()
    }

    /// What a text means to a parameter.
    pub fn understand(&self, id: u32, text: &CStr) -> Option<f64> {
        let mut value = 0.0;
        let read = self.params().text_to_value.expect("it reads");
        // SAFETY: the plug-in lives, the place can be written.
        let known = unsafe { read(self.plugin, id, text.as_ptr(), &mut value) };
        known.then_some(value)
    }

    /// Changes parameters outside of a block.
    pub fn flush(&self, events: &[Event]) {
        let (list, swallow) = (List::of(events), swallow());
        // SAFETY: the plug-in and the lists live.
        unsafe { self.params().flush.expect("it flushes")(self.plugin, list.raw(), &swallow) };
    }

    /// Flushes without lists, and with lists that have no functions.
    pub fn flush_nothing(&self) {
        let nobody = std::ptr::null_mut();
        let from = clap_input_events { ctx: nobody, size: None, get: None };
        let to = clap_output_events { ctx: nobody, try_push: None };
        let flush = self.params().flush.expect("it flushes");
        // SAFETY: the plug-in and the lists live, and it has to bear the rest.
        unsafe {
            flush(self.plugin, std::ptr::null(), std::ptr::null());
            flush(self.plugin, &from, &to);
        }
    }

    /// What it makes of a state.
    pub fn load(&self, source: &mut Source<'_>) -> bool {
        let state: &clap_plugin_state = self.table(CLAP_EXT_STATE);
        let stream = source.raw();
        // SAFETY: the plug-in and the stream live.
        unsafe { state.load.expect("it loads")(self.plugin, &stream) }
    }

    /// Writes the state; false when it could not.
    pub fn save(&self, sink: &mut Sink) -> bool {
        let state: &clap_plugin_state = self.table(CLAP_EXT_STATE);
        let stream = sink.raw();
        // SAFETY: the plug-in and the stream live.
        unsafe { state.save.expect("it saves")(self.plugin, &stream) }
    }

    /// The state, from a sink without faults.
    pub fn saved(&self) -> Vec<u8> {
        let mut sink = Sink::new(usize::MAX, usize::MAX);
        assert!(self.save(&mut sink), "it can be saved");
        sink.bytes
    }

    /// Chooses one of its layouts, while it is not active.
    pub fn select_layout(&self, i: u32) -> bool {
        let layouts: &clap_plugin_audio_ports_config = self.table(CLAP_EXT_AUDIO_PORTS_CONFIG);
        // SAFETY: the plug-in lives.
        unsafe { layouts.select.expect("it selects")(self.plugin, i) }
    }

    /// How it is to render.
    pub fn render(&self, mode: clap_plugin_render_mode) -> bool {
        let render: &clap_plugin_render = self.table(CLAP_EXT_RENDER);
        // SAFETY: the plug-in lives.
        unsafe { render.set.expect("it can be set")(self.plugin, mode) }
    }

    /// Frames of tail.
    pub fn tail(&self) -> u32 {
        let tail: &clap_plugin_tail = self.table(CLAP_EXT_TAIL);
        // SAFETY: the plug-in lives.
        unsafe { tail.get.expect("it tells")(self.plugin) }
    }

    /// What the bundle tells about itself.
    pub fn probe(&self) -> Probe<'_> {
        self.host.probe()
    }
}

impl Drop for RawPlugin<'_> {
    fn drop(&mut self) {
        // SAFETY: nobody else has the plug-in.
        unsafe { (*self.plugin).destroy.expect("it can be destroyed")(self.plugin) };
    }
}
