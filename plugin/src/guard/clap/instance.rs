//! What is mended in CLAP: ports, process, tail; state, latency, render mode and editor are beside it.
//!
//! A `shield` in here catches the guard's own panics, and those of making an instance. A panic in
//! a function of the wrapper's does not come that far: they are `extern "C"`, and abort.

use std::ffi::{CStr, c_char, c_void};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering::Relaxed};

use busbar_engine::handoff::TryCell;
use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::audio_ports::{
    CLAP_EXT_AUDIO_PORTS, clap_audio_port_info, clap_plugin_audio_ports,
};
use clap_sys::ext::gui::{CLAP_EXT_GUI, clap_plugin_gui};
use clap_sys::ext::latency::CLAP_EXT_LATENCY;
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_param_info, clap_plugin_params};
use clap_sys::ext::render::{CLAP_EXT_RENDER, clap_plugin_render};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_plugin_state};
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use clap_sys::host::clap_host;
use clap_sys::plugin::clap_plugin;
use clap_sys::process::*;
use clap_sys::stream::{clap_istream, clap_ostream};
use nih_plug::wrapper::clap::{ClapPlugin, Wrapper};

use super::blocks::{Blocks, refuse};
use super::gui::{self, Gui};
use super::params::Params;
use super::state;
use crate::guard::link::Made;
use crate::guard::pad::MAX_FRAMES;
use crate::guard::{Guarded, Link, shield};

/// What the host holds, and what belongs to it.
#[repr(C)]
pub struct Instance<P> {
    /// Stays first: the host's pointer to it is a pointer to all of the instance.
    face: clap_plugin,
    /// The wrapper's own, for the functions that `face` replaces.
    inner: clap_plugin,
    pub(super) host: *const clap_host,
    pub(super) link: Arc<Link>,
    pub(super) render_mode: AtomicI32,
    blocks: TryCell<Option<Blocks>>,
    params: Params,
    state: Extension<clap_plugin_state>,
    tail: Extension<clap_plugin_tail>,
    pub(super) render: Extension<clap_plugin_render>,
    pub(super) gui: Option<Gui>,
    plugin: PhantomData<fn() -> P>,
}

/// One of the wrapper's tables of functions, kept when the host first asks for it.
pub(super) struct Extension<T>(AtomicPtr<T>);

impl<T: Copy> Extension<T> {
    const fn none() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    fn keep(&self, theirs: *const c_void) {
        self.0.store(theirs.cast_mut().cast(), Relaxed);
    }

    pub(super) fn get(&self) -> Option<T> {
        // SAFETY: null, or one of the wrapper's static tables of this type.
        unsafe { self.0.load(Relaxed).as_ref() }.copied()
    }
}

impl<P: ClapPlugin + Guarded> Instance<P> {
    const STATE: clap_plugin_state =
        clap_plugin_state { save: Some(Self::state_save), load: Some(Self::state_load) };
    const TAIL: clap_plugin_tail = clap_plugin_tail { get: Some(Self::tail_get) };

    const GUI: clap_plugin_gui = gui::table::<P>();

    /// A new instance, which the host owns until it destroys it.
    ///
    /// # Safety
    /// The host outlives it.
    pub unsafe fn create(host: *const clap_host) -> *const clap_plugin {
        // SAFETY: the caller's.
        let made = Link::give_while(|| unsafe { Wrapper::<P>::new(host) });
        let Made { link, offer, made: wrapper } = made;
        // SAFETY: the pointer comes from an `Arc` just made. The wrapper's `destroy` takes this
        // reference back.
        let inner = unsafe { *(*Arc::into_raw(wrapper)).clap_plugin.as_ptr() };
        let face = clap_plugin {
            init: Some(Self::init),
            destroy: Some(Self::destroy),
            activate: Some(Self::activate),
            process: Some(Self::process),
            get_extension: Some(Self::get_extension),
            on_main_thread: Some(Self::on_main_thread),
            ..inner
        };
        let gui = offer.and_then(|offer| {
            let get = inner.get_extension?;
            // SAFETY: the wrapper's own function, and its table of this extension.
            unsafe {
                let theirs = get(&inner, CLAP_EXT_PARAMS.as_ptr()).cast::<clap_plugin_params>();
                Some(Gui::new(host, &inner, *theirs.as_ref()?, link.clone(), offer))
            }
        });
        let instance = Box::new(Self {
            face,
            inner,
            host,
            link,
            render_mode: AtomicI32::new(0),
            blocks: TryCell::new(None),
            params: Params::default(),
            state: Extension::none(),
            tail: Extension::none(),
            render: Extension::none(),
            gui,
            plugin: PhantomData,
        });
        let instance = Box::into_raw(instance);
        // SAFETY: just made.
        unsafe { &raw const (*instance).face }
    }

    /// # Safety
    /// `plugin` came from `create` and is not destroyed.
    pub(super) unsafe fn of<'a>(plugin: *const clap_plugin) -> &'a Self {
        // SAFETY: `face` is the first field of a `repr(C)` struct.
        unsafe { &*plugin.cast::<Self>() }
    }

    unsafe extern "C" fn init(plugin: *const clap_plugin) -> bool {
        // SAFETY: the host's plug-in.
        let instance = unsafe { Self::of(plugin) };
        if let Some(gui) = &instance.gui {
            // SAFETY: the host outlives its plug-ins.
            _ = shield(|| unsafe { gui.connect() });
        }
        // SAFETY: the wrapper's own function, on data that it finds through `plugin_data`.
        instance.inner.init.is_some_and(|init| unsafe { init(plugin) })
    }

    unsafe extern "C" fn on_main_thread(plugin: *const clap_plugin) {
        // SAFETY: the host's plug-in.
        let instance = unsafe { Self::of(plugin) };
        if let Some(gui) = &instance.gui {
            _ = shield(|| gui.on_main_thread());
        }
        if let Some(run) = instance.inner.on_main_thread {
            // SAFETY: the wrapper's own function, on data that it finds through `plugin_data`.
            unsafe { run(plugin) };
        }
    }

    unsafe extern "C" fn destroy(plugin: *const clap_plugin) {
        // SAFETY: as for `of`; the host gives up its pointer.
        let instance = unsafe { Box::from_raw(plugin.cast_mut().cast::<Self>()) };
        if let Some(gui) = &instance.gui {
            _ = shield(|| gui.retire());
        }
        if let Some(destroy) = instance.inner.destroy {
            // SAFETY: the wrapper's own function and data.
            unsafe { destroy(&instance.inner) };
        }
    }

    unsafe extern "C" fn activate(
        plugin: *const clap_plugin,
        rate: f64,
        min: u32,
        max: u32,
    ) -> bool {
        // SAFETY: the host's plug-in.
        let instance = unsafe { Self::of(plugin) };
        let max = max.clamp(1, MAX_FRAMES as u32);
        let run = || {
            let Some(mut entered) = instance.blocks.enter_soon() else { return false };
            // SAFETY: the host's plug-in.
            *entered = Some(unsafe { instance.prepare(plugin, max as usize, rate) });
            let run = instance.inner.activate;
            let before = instance.link.latency();
            // SAFETY: the wrapper's own function, on data that it finds through `plugin_data`.
            let taken = run.is_some_and(|run| unsafe { run(plugin, rate, min.min(max), max) });
            if taken && instance.link.latency() != before {
                // SAFETY: the host's thread for this, and the only time at which this may be said.
                unsafe { instance.say_that_the_latency_changed() };
            }
            // What the wrapper is left with else does not fit the blocks that may come.
            entered.take_if(|_| !taken);
            taken
        };
        shield(run).unwrap_or(false)
    }

    /// # Safety
    /// `plugin` is the host's.
    unsafe fn prepare(&self, plugin: *const clap_plugin, max_frames: usize, rate: f64) -> Blocks {
        // SAFETY: the caller's.
        let (inputs, outputs) =
            unsafe { (self.channels(plugin, true), self.channels(plugin, false)) };
        Blocks::new(&inputs, &outputs, max_frames, rate)
    }

    /// Channels of each port in the layout that the wrapper is in.
    ///
    /// # Safety
    /// `plugin` is the host's.
    unsafe fn channels(&self, plugin: *const clap_plugin, input: bool) -> Vec<usize> {
        // SAFETY: the caller's; the wrapper's table of this extension.
        let ports = unsafe {
            let ports: *const clap_plugin_audio_ports =
                self.wrapper_extension(plugin, CLAP_EXT_AUDIO_PORTS).cast();
            ports.as_ref()
        };
        let Some(clap_plugin_audio_ports { count: Some(count), get: Some(get) }) = ports else {
            return Vec::new();
        };
        let channels = |i| {
            // SAFETY: plain numbers, characters and pointers, for which zeros are a value.
            let mut info: clap_audio_port_info = unsafe { std::mem::zeroed() };
            // SAFETY: the place can be written.
            let known = unsafe { get(plugin, i, input, &mut info) };
            if known { info.channel_count as usize } else { 0 }
        };
        // SAFETY: the caller's.
        (0..unsafe { count(plugin, input) }).map(channels).collect()
    }

    /// Realtime-safe as far as the wrapper is.
    unsafe extern "C" fn process(
        plugin: *const clap_plugin,
        data: *const clap_process,
    ) -> clap_process_status {
        // SAFETY: null or the host's.
        let Some(host) = (unsafe { data.as_ref() }) else { return CLAP_PROCESS_ERROR };
        // SAFETY: the host's plug-in.
        let instance = unsafe { Self::of(plugin) };
        let mut entered = instance.blocks.try_enter();
        let Some(blocks) = entered.as_deref_mut().and_then(Option::as_mut) else {
            // SAFETY: the host's promises.
            return unsafe { refuse(host) };
        };
        instance.link.wait_for_clips(instance.mode());
        // SAFETY: the host's promises.
        let run = || unsafe { instance.process_pieces(plugin, host, blocks) };
        #[cfg(feature = "probe")]
        let run = || crate::probe::watch_allocations(run);
        // SAFETY: the host's promises.
        let status = shield(run).unwrap_or_else(|| unsafe { refuse(host) });
        if !host.audio_outputs.is_null() {
            for i in 0..host.audio_outputs_count as usize {
                // The wrapper saw copies of the host's buffer structs.
                // SAFETY: within the host's list, which is the plug-in's to write.
                unsafe { (*host.audio_outputs.add(i)).constant_mask = 0 };
            }
        }
        instance.ask_for_a_restart();
        match status {
            CLAP_PROCESS_ERROR => CLAP_PROCESS_ERROR,
            _ if instance.link.infinite_tail() => CLAP_PROCESS_CONTINUE,
            status => status,
        }
    }

    /// The wrapper's `process`, for all of the block, in as many pieces as it takes.
    ///
    /// # Safety
    /// As for `process`.
    unsafe fn process_pieces(
        &self,
        plugin: *const clap_plugin,
        host: &clap_process,
        blocks: &mut Blocks,
    ) -> clap_process_status {
        let Some(process) = self.inner.process else { return CLAP_PROCESS_ERROR };
        let mode = self.mode();
        if let Some(gui) = &self.gui {
            // SAFETY: the host's list; the wrapper is this block's, which has not begun.
            unsafe { gui.speak(plugin, host.out_events) };
        }
        let mut at = 0;
        // SAFETY: the list is the host's for this block.
        unsafe { blocks.window.look_at(host.in_events) };
        loop {
            // SAFETY: the host's promises.
            let present = unsafe { blocks.wire(host, at as usize) };
            // A length without one channel is a flush of parameters: no audio, no time.
            let whole = if present.nothing() { 0 } else { host.frames_count };
            let length = (whole - at).min(blocks.pad.max_frames() as u32);
            let room = P::INPUT_EVENT_CAPACITY as u32;
            let length = blocks.window.advance(at, length, at + length == whole, room);
            self.link.begin_block(mode, present);
            let mut piece = *host;
            // SAFETY: wired above, and the piece is no longer than the pad allows.
            unsafe { blocks.pad.part(length as usize) };
            blocks.lay_buses(&mut piece);
            let events = blocks.window.list();
            piece.frames_count = length;
            piece.in_events = &events;
            if at > 0 {
                // SAFETY: the host's promises.
                unsafe { blocks.lay_transport(&mut piece, at) };
            }
            if host.steady_time >= 0 {
                piece.steady_time = host.steady_time.saturating_add(at.into());
            }
            // SAFETY: the piece is well-formed: every declared port has memory for its frames.
            let status = unsafe { process(plugin, &piece) };
            at += length;
            if status == CLAP_PROCESS_ERROR || (at >= whole && blocks.window.is_done()) {
                return status;
            }
        }
    }

    /// # Safety
    /// `plugin` is the host's.
    unsafe fn wrapper_extension(&self, plugin: *const clap_plugin, id: &CStr) -> *const c_void {
        match self.inner.get_extension {
            // SAFETY: the caller's.
            Some(get) => unsafe { get(plugin, id.as_ptr()) },
            None => std::ptr::null(),
        }
    }

    unsafe extern "C" fn get_extension(
        plugin: *const clap_plugin,
        id: *const c_char,
    ) -> *const c_void {
        if id.is_null() {
            return std::ptr::null();
        }
        // SAFETY: the host's plug-in and string.
        let (instance, name) = unsafe { (Self::of(plugin), CStr::from_ptr(id)) };
        if name == CLAP_EXT_GUI && instance.gui.is_some() {
            return (&raw const *const { &Self::GUI }).cast();
        }
        // SAFETY: the host's plug-in.
        let theirs = unsafe { instance.wrapper_extension(plugin, name) };
        if theirs.is_null() {
            theirs
        } else if name == CLAP_EXT_PARAMS {
            // SAFETY: the wrapper's table of this extension.
            unsafe { instance.params.table(theirs, Self::param_info, Self::param_flush) }
        } else if name == CLAP_EXT_STATE {
            instance.state.keep(theirs);
            (&raw const *const { &Self::STATE }).cast()
        } else if name == CLAP_EXT_TAIL {
            instance.tail.keep(theirs);
            (&raw const *const { &Self::TAIL }).cast()
        } else if name == CLAP_EXT_LATENCY {
            (&raw const *const { &Self::LATENCY }).cast()
        } else if name == CLAP_EXT_RENDER {
            instance.render.keep(theirs);
            (&raw const *const { &Self::RENDER }).cast()
        } else {
            theirs
        }
    }

    unsafe extern "C" fn param_info(
        plugin: *const clap_plugin,
        i: u32,
        to: *mut clap_param_info,
    ) -> bool {
        // SAFETY: the host's plug-in and pointer.
        unsafe { Self::of(plugin).params.get_info(plugin, i, to) }
    }

    /// Realtime-safe as far as the wrapper is.
    ///
    /// The standard says that no flush comes beside a block. One that does is dropped, and changes
    /// nothing: the wrapper would end the process, and there may be nobody here who can wait. What
    /// the plug-in has to tell the host stays where it is until the next block. Likewise a block
    /// beside a flush is refused.
    unsafe extern "C" fn param_flush(
        plugin: *const clap_plugin,
        from: *const clap_input_events,
        to: *const clap_output_events,
    ) {
        // SAFETY: the host's plug-in.
        let instance = unsafe { Self::of(plugin) };
        let Some(_alone) = instance.blocks.try_enter() else { return };
        if let Some(gui) = &instance.gui {
            // SAFETY: the host's list; nobody else is in the wrapper.
            unsafe { gui.speak(plugin, to) };
        }
        let room = P::INPUT_EVENT_CAPACITY as u32;
        // SAFETY: the host's pointers.
        unsafe { instance.params.flush(plugin, from, to, room) };
    }

    unsafe extern "C" fn state_save(plugin: *const clap_plugin, to: *const clap_ostream) -> bool {
        // SAFETY: the host's plug-in.
        let instance = unsafe { Self::of(plugin) };
        let Some(theirs) = instance.state.get() else { return false };
        // SAFETY: the host's pointers.
        shield(|| unsafe { state::save::<P>(theirs, plugin, to) }).unwrap_or(false)
    }

    unsafe extern "C" fn state_load(plugin: *const clap_plugin, from: *const clap_istream) -> bool {
        // SAFETY: the host's plug-in.
        let instance = unsafe { Self::of(plugin) };
        let Some(theirs) = instance.state.get() else { return false };
        let link = &instance.link;
        // SAFETY: the host's pointers.
        shield(|| unsafe { state::load::<P>(theirs, link, plugin, from) }).unwrap_or(false)
    }

    unsafe extern "C" fn tail_get(plugin: *const clap_plugin) -> u32 {
        // SAFETY: the host's plug-in.
        let instance = unsafe { Self::of(plugin) };
        if instance.link.infinite_tail() {
            // Everything from `i32::MAX` on is infinite.
            return u32::MAX;
        }
        let get = instance.tail.get().and_then(|tail| tail.get);
        // SAFETY: the wrapper's own function.
        get.map_or(0, |get| unsafe { get(plugin) })
    }
}
