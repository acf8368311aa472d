//! The view by its labels, with a host that writes down what it is told, and with a loader and an
//! engine behind the decks.

mod chooser;
mod console;
mod decks;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use busbar_dsp::SampleRate;
use busbar_engine::block::StereoMut;
use busbar_engine::{
    AudioEnds, Block, Config, Engine, Layout, Monitor, RenderMode, SIDECHAINS, Slot, wire,
};
use busbar_media::Loader;
use busbar_media::loader::Options;
use busbar_tests::files::Folder;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use nih_plug::context::PluginApi;
use nih_plug::context::gui::{GuiContext, GuiContextInner};
use nih_plug::prelude::{ParamPtr, PluginState};

use super::*;
use crate::decks::{DeckStatus, Wanted};

/// What a host is told.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    Begin(ParamPtr),
    Set(ParamPtr),
    End(ParamPtr),
}

use Told::{Begin, End, Set};

#[derive(Default)]
struct Host(Mutex<Vec<Told>>);

impl Host {
    fn push(&self, told: Told) {
        self.0.lock().unwrap().push(told);
    }

    fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl GuiContextInner for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }
    unsafe fn raw_begin_set_parameter(&self, param: ParamPtr) {
        self.push(Begin(param));
    }
    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        self.push(Set(param));
        // SAFETY: the test's parameters outlive its host.
        unsafe { param._internal_set_normalized_value(normalized) };
    }
    unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
        self.push(End(param));
    }
    fn get_state(&self) -> PluginState {
        panic!("nobody asks for it")
    }
    fn set_state(&self, _state: PluginState) {
        panic!("it makes the audio thread wait")
    }
    fn request_restart(&self) {}
}

const RATE: f64 = 48_000.0;
const BLOCK: usize = 256;

/// Only so that a test that has failed ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// An instance without a plug-in around it. It has a time of its own, which goes on as the host
/// processes.
struct Bench {
    harness: Harness<'static, App>,
    now: Rc<Cell<Duration>>,
    host: Arc<Host>,
    params: Arc<BusbarParams>,
    link: Arc<Link>,
    carrier: Arc<Carrier>,
    monitor: Arc<Monitor>,
    loader: Loader,
    ends: Option<AudioEnds>,
    engine: Option<Engine>,
    has_monitor: bool,
}

impl Bench {
    fn new() -> Self {
        Self::with([1000.0, 640.0], Options { workers: 1, ..Options::default() })
    }

    fn with(size: [f32; 2], options: Options) -> Self {
        let (ends, outer, pump) = wire();
        let (link, monitor) = (Arc::<Link>::default(), outer.monitor.clone());
        let wanted = Wanted::new(link.clone(), monitor.clone());
        let carrier = Arc::new(Carrier::new(wanted.clone(), link.clone(), pump));
        carrier.set_rate(SampleRate::new(RATE).unwrap());
        let params = Arc::new(BusbarParams::new(wanted));
        let shared = Shared {
            params: params.clone(),
            outer: Arc::new(Mutex::new(outer)),
            link: link.clone(),
            status: Arc::default(),
            carrier: carrier.clone(),
        };
        let host = Arc::<Host>::default();
        let (app, gui) = (App::new(shared), GuiContext::new(host.clone()));
        let (mut is_open, now) = (false, Rc::<Cell<Duration>>::default());
        let theirs = now.clone();
        let harness = Harness::builder().with_size(size).build_ui_state(
            move |ui, app: &mut App| {
                let now = theirs.get();
                if !std::mem::replace(&mut is_open, true) {
                    app.opened(ui.ctx(), gui.clone(), now);
                }
                app.ui(ui, now);
            },
            app,
        );
        let loader = Loader::start(options);
        let (ends, engine, has_monitor) = (Some(ends), None, false);
        let mut bench = Self {
            harness,
            now,
            host,
            params,
            link,
            carrier,
            monitor,
            loader,
            ends,
            engine,
            has_monitor,
        };
        bench.harness.run();
        bench
    }

    /// What the window's timer does.
    fn tick(&mut self) -> bool {
        self.harness.state_mut().tick(self.now.get())
    }

    /// Time goes on.
    fn pass(&mut self, time: Duration) {
        self.now.set(self.now.get() + time);
    }

    /// The host processes a block of silence; what the main output ends with.
    fn block(&mut self) -> f32 {
        let rate = SampleRate::new(RATE).unwrap();
        let config = Config { rate, layout: Layout::EightStereo };
        if let Some(ends) = self.ends.take() {
            self.engine = Some(Engine::new(config, ends));
        }
        let [mut left, mut right] = [[0.0; BLOCK]; 2];
        let [mut one, mut other] = [[0.0; BLOCK]; 2];
        let monitor = StereoMut { left: &mut one, right: Some(&mut other) };
        let mut block = Block {
            main: StereoMut { left: &mut left, right: Some(&mut right) },
            sidechains: [None; SIDECHAINS],
            monitor: self.has_monitor.then_some(monitor),
            mode: RenderMode::Realtime,
        };
        // The host is faster than real time here, but is not to look like a render.
        let time = Duration::from_secs_f64(BLOCK as f64 / RATE);
        self.pass(time);
        self.monitor.renew(time, rate);
        let mut targets = self.params.targets();
        targets.hear_reference = self.monitor.asks_for_reference();
        targets.keys = self.monitor.keys();
        self.engine.as_mut().unwrap().process(&targets, &mut block);
        left[BLOCK - 1]
    }

    fn status(&self, slot: usize) -> DeckStatus {
        self.carrier.statuses()[slot].clone()
    }

    /// The pump, the host and the window go on until something is so.
    fn until(&mut self, what: &str, is_so: impl Fn(&mut Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(Instant::now() < deadline, "never: {what}; {:?}", self.carrier.statuses());
            self.carrier.tick(&self.loader);
            self.tick();
            std::thread::yield_now();
        }
        self.harness.run();
    }

    /// The same, with the host processing, which is faster than real time.
    fn until_heard(&mut self, level: f32) {
        self.until(&format!("{level} is heard"), |bench| bench.block() == level);
    }

    /// Files over the window, at a place.
    fn hover(&mut self, files: &[&Path], at: egui::Pos2) {
        self.harness.hover_at(at);
        self.harness.input_mut().hovered_files = files
            .iter()
            .map(|file| egui::HoveredFile { path: Some(file.to_path_buf()), mime: String::new() })
            .collect();
        self.harness.step();
    }

    /// Files dropped at a place.
    fn drop_files(&mut self, files: &[&Path], at: egui::Pos2) {
        self.harness.hover_at(at);
        let input = self.harness.input_mut();
        input.hovered_files.clear();
        input.dropped_files = files
            .iter()
            .map(|file| Arc::new(Dropped(file.to_path_buf())) as egui::DroppedFileHandle)
            .collect();
        self.harness.run();
    }

    fn drop_on(&mut self, label: &str, files: &[&Path]) {
        let at = self.place_of(label).center();
        self.drop_files(files, at);
    }

    /// Where the first thing is whose label begins so.
    fn place_of(&self, label: &str) -> egui::Rect {
        let all = self.harness.query_all_by_label_contains(label);
        all.map(|node| node.rect()).next().unwrap_or_else(|| panic!("there is no “{label}”"))
    }

    fn sees(&self, words: &str) -> bool {
        self.harness.query_all_by_label_contains(words).next().is_some()
    }

    /// A click, some frames, and what the host has been told.
    fn click(&mut self, label: &str) -> Vec<Told> {
        self.harness.get_by_label(label).click();
        self.harness.run();
        self.host.take()
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) -> Vec<Told> {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run();
        self.host.take()
    }

    fn type_text(&mut self, text: &str) {
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.harness.run();
    }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody asks for it".to_owned())
    }
}
