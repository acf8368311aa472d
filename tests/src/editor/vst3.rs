//! A VST3 host with a window, a run loop and a frame.

use std::collections::HashMap;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

use libloading::Library;
use vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IEventHandlerTrait, IRunLoop, IRunLoopTrait, ITimerHandler,
    TimerInterval,
};
use vst3::Steinberg::Vst::IEditControllerTrait;
use vst3::Steinberg::{
    IPlugFrame, IPlugFrameTrait, IPlugView, IPlugViewContentScaleSupport,
    IPlugViewContentScaleSupportTrait, IPlugViewTrait, ViewRect, kInvalidArgument,
    kPlatformTypeX11EmbedWindowID, kResultOk, kResultTrue, tresult,
};
use vst3::{Class, ComPtr, ComRef, ComWrapper};
use x11rb::protocol::xproto::Window;

use super::player::{BLOCK, Signal};
use super::plug::{Plug, Size, Told};
use crate::vst3::{Block, Change, Module, Plugin, SetUp};

/// The host's run loop and the frame around its views, in one object as hosts have it.
pub struct Frame {
    home: ThreadId,
    /// What is watched, and who is told.
    watched: Mutex<Vec<(ComPtr<IEventHandler>, RawFd)>>,
    /// What the plug-in wants.
    wanted: Mutex<Option<Size>>,
    /// The window that a view is opened anew in, instead of taking the next size that it wants.
    reopens: AtomicU32,
    /// How often anybody has been told of a descriptor.
    wakes: AtomicU32,
}

impl Class for Frame {
    type Interfaces = (IPlugFrame, IRunLoop);
}

impl Frame {
    /// At home on this thread.
    pub fn new() -> ComWrapper<Self> {
        ComWrapper::new(Self {
            home: std::thread::current().id(),
            watched: Mutex::default(),
            wanted: Mutex::default(),
            reopens: AtomicU32::new(0),
            wakes: AtomicU32::new(0),
        })
    }

    /// Tells whoever has something to read.
    pub fn turn(&self) {
        let watched = self.watched.lock().expect("nobody panics in here").clone();
        for (handler, descriptor) in watched {
            let mut poll = libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 };
            // SAFETY: one entry, as announced.
            if unsafe { libc::poll(&mut poll, 1, 0) } > 0 {
                self.wakes.fetch_add(1, Relaxed);
                // SAFETY: the handler lives, and its descriptor is its own.
                unsafe { handler.onFDIsSet(descriptor) };
            }
        }
    }

    /// How often anybody has been told of a descriptor.
    pub fn wakes(&self) -> u32 {
        self.wakes.load(Relaxed)
    }

    /// The next view that wants another size is opened anew in a window instead.
    pub fn reopen_in(&self, window: Window) {
        self.reopens.store(window, Relaxed);
    }

    /// Whether that is still to come.
    pub fn is_to_reopen(&self) -> bool {
        self.reopens.load(Relaxed) != 0
    }

    /// How many descriptors are watched.
    pub fn watched(&self) -> usize {
        self.watched.lock().expect("nobody panics in here").len()
    }

    fn check_thread(&self) {
        assert_eq!(std::thread::current().id(), self.home, "called on another thread");
    }
}

impl IPlugFrameTrait for Frame {
    unsafe fn resizeView(&self, view: *mut IPlugView, size: *mut ViewRect) -> tresult {
        self.check_thread();
        // SAFETY: the plug-in's, during its call.
        let (Some(view), Some(rect)) = (unsafe { (ComRef::from_raw(view), size.as_ref()) }) else {
            return kInvalidArgument;
        };
        let size = (rect.right - rect.left, rect.bottom - rect.top);
        *self.wanted.lock().expect("nobody panics in here") = Some((size.0 as u32, size.1 as u32));
        let mut rect = *rect;
        let reopens = self.reopens.swap(0, Relaxed);
        // SAFETY: as above; the window outlives the view.
        unsafe {
            if reopens != 0 {
                assert_eq!(view.removed(), kResultOk);
                return view.attached(reopens as usize as *mut _, kPlatformTypeX11EmbedWindowID);
            }
            view.onSize(&mut rect)
        }
    }
}

impl IRunLoopTrait for Frame {
    unsafe fn registerEventHandler(
        &self,
        handler: *mut IEventHandler,
        descriptor: FileDescriptor,
    ) -> tresult {
        self.check_thread();
        // SAFETY: the plug-in's, during its call.
        let Some(handler) = (unsafe { ComRef::from_raw(handler) }) else { return kInvalidArgument };
        let handler = handler.to_com_ptr();
        self.watched.lock().expect("nobody panics in here").push((handler, descriptor));
        kResultOk
    }

    unsafe fn unregisterEventHandler(&self, handler: *mut IEventHandler) -> tresult {
        self.check_thread();
        let mut watched = self.watched.lock().expect("nobody panics in here");
        watched.retain(|(known, _)| known.as_ptr() != handler);
        kResultOk
    }

    unsafe fn registerTimer(&self, _: *mut ITimerHandler, _: TimerInterval) -> tresult {
        panic!("there is nothing to be polled for");
    }

    unsafe fn unregisterTimer(&self, _: *mut ITimerHandler) -> tresult {
        kInvalidArgument
    }
}

/// One instance.
pub struct Vst3 {
    plugin: Arc<Plugin<'static>>,
    frame: ComWrapper<Frame>,
    view: Option<ComPtr<IPlugView>>,
    /// Changes that the host hands to the next block, as it does with what it was told.
    changes: Arc<Mutex<Vec<Change>>>,
    processing: bool,
}

/// What belongs to the audio thread.
pub struct Processor {
    plugin: Arc<Plugin<'static>>,
    changes: Arc<Mutex<Vec<Change>>>,
}

impl Vst3 {
    /// The instance.
    pub fn plugin(&self) -> &Plugin<'static> {
        &self.plugin
    }

    /// The frame and run loop.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// A view of the instance.
    pub fn view(&self) -> Option<ComPtr<IPlugView>> {
        // SAFETY: the name ends with a zero; what comes back is null or a reference that is ours.
        unsafe { ComPtr::from_raw(self.plugin.controller().createView(c"editor".as_ptr())) }
    }

    /// The view that is open.
    pub fn opened(&self) -> Option<ComPtr<IPlugView>> {
        self.view.clone()
    }

    /// Puts a view into the host's frame.
    pub fn set_frame(&self, view: &ComPtr<IPlugView>, on: bool) {
        let frame = self.frame.as_com_ref::<IPlugFrame>().expect("its interface");
        let frame = if on { frame.as_ptr() } else { std::ptr::null_mut() };
        // SAFETY: the plug-in takes a reference of its own.
        assert_eq!(unsafe { view.setFrame(frame) }, kResultOk);
    }
}

/// The size of a view.
pub fn size_of_view(view: &ComPtr<IPlugView>) -> Size {
    let mut rect = ViewRect { left: 0, top: 0, right: 0, bottom: 0 };
    // SAFETY: the place can be written.
    assert_eq!(unsafe { view.getSize(&mut rect) }, kResultOk);
    ((rect.right - rect.left) as u32, (rect.bottom - rect.top) as u32)
}

impl Plug for Vst3 {
    const HOST: &str = "a VST3 host";
    type Loaded = &'static Module;
    type Processor = Processor;

    /// Leaked: the audio thread has the plug-in as well, and the library stays loaded anyway.
    fn load() -> &'static Module {
        let path = crate::bundle::vst3();
        Box::leak(Box::new(Module::load(&path).expect("the bundle under test loads")))
    }

    fn library<'a>(loaded: &'a &'static Module) -> &'a Library {
        loaded.probe().0
    }

    fn new(loaded: &&'static Module) -> Self {
        let plugin = Arc::new(Plugin::new(loaded));
        plugin.handler().stay_here();
        let changes = Arc::default();
        Self { plugin, frame: Frame::new(), view: None, changes, processing: false }
    }

    fn open(&mut self, parent: Window, scale: f64, resize: &dyn Fn(Size)) {
        let view = self.view().expect("it has an editor");
        let x11 = kPlatformTypeX11EmbedWindowID;
        // SAFETY: a constant of the standard.
        assert_eq!(unsafe { view.isPlatformTypeSupported(x11) }, kResultTrue);
        self.set_frame(&view, true);
        if scale != 1.0 {
            let scaled = view.cast::<IPlugViewContentScaleSupport>().expect("its interface");
            // SAFETY: no pointers.
            assert_eq!(unsafe { scaled.setContentScaleFactor(scale as f32) }, kResultOk);
        }
        resize(size_of_view(&view));
        // SAFETY: the window outlives the view.
        assert_eq!(unsafe { view.attached(parent as usize as *mut _, x11) }, kResultOk);
        self.view = Some(view);
    }

    fn close(&mut self) {
        let Some(view) = self.view.take() else { return };
        // SAFETY: no pointers.
        assert_eq!(unsafe { view.removed() }, kResultOk);
        self.set_frame(&view, false);
        drop(view);
        assert_eq!(self.frame.watched(), 0, "nothing is watched any more");
    }

    fn show(&mut self, _: bool) -> bool {
        false
    }

    fn size(&mut self) -> Size {
        size_of_view(self.view.as_ref().expect("it is open"))
    }

    fn resize(&mut self, (width, height): Size, resize: &dyn Fn(Size)) -> Size {
        let view = self.view.as_ref().expect("it is open");
        let mut rect = ViewRect { left: 0, top: 0, right: width as i32, bottom: height as i32 };
        // SAFETY: the place can be written.
        unsafe {
            assert_eq!(view.canResize(), kResultTrue);
            assert_eq!(view.checkSizeConstraint(&mut rect), kResultOk);
            resize((rect.right as u32, rect.bottom as u32));
            assert_eq!(view.onSize(&mut rect), kResultOk);
        }
        (rect.right as u32, rect.bottom as u32)
    }

    fn turn(&mut self, resize: &dyn Fn(Size)) {
        self.frame.turn();
        let wanted = self.frame.wanted.lock().expect("nobody panics in here").take();
        if let Some(wanted) = wanted {
            resize(wanted);
        }
        // A host hands what it was told to the plug-in's next block.
        let told = self.plugin.handler().take_changes();
        if self.processing {
            let mut changes = self.changes.lock().expect("nobody panics in here");
            changes.extend(told.into_iter().map(|(id, value)| Change::at(0, id, value)));
        }
    }

    fn was_closed(&mut self) -> Option<bool> {
        None
    }

    fn ids(&mut self) -> HashMap<String, u32> {
        let parameters = self.plugin.parameters();
        parameters.into_iter().map(|parameter| (parameter.title, parameter.id)).collect()
    }

    fn text(&mut self, id: u32) -> String {
        let value = self.plugin.value(id);
        self.plugin.text(id, value).expect("every value has a text")
    }

    fn told(&self) -> Vec<Told> {
        self.plugin.handler().told()
    }

    fn forget(&self) {
        self.plugin.handler().forget();
    }

    fn dirty(&self) -> u32 {
        self.plugin.handler().dirty()
    }

    fn wakes(&self) -> u32 {
        self.frame.wakes()
    }

    fn start(&mut self) -> Processor {
        self.plugin.start(SetUp::new(48_000.0, 512));
        self.processing = true;
        Processor { plugin: self.plugin.clone(), changes: self.changes.clone() }
    }

    fn automate(processor: &mut Processor, id: u32, value: f64) {
        processor.changes.lock().expect("no panic").push(Change::at(0, id, value));
    }

    fn block(processor: &mut Processor, signal: &Signal, time: u64) {
        let mut block = Block::for_plugin(&processor.plugin, BLOCK);
        for (bus, channels) in block.inputs.iter_mut().enumerate() {
            channels.iter_mut().for_each(|channel| *channel = signal.sine(bus, time));
        }
        block.changes = std::mem::take(&mut *processor.changes.lock().expect("no panic"));
        assert_eq!(block.run(&processor.plugin), kResultOk);
        signal.hear([&block.main()[0], &block.outputs[1][0]]);
    }

    fn stop(&mut self, _: Processor) {
        self.plugin.stop();
        self.processing = false;
    }
}
