//! An instance that is played to, and looked at, at a time of its own.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use busbar_dsp::SampleRate;
use busbar_engine::block::{Stereo, StereoMut};
use busbar_engine::deck::Order;
use busbar_engine::{BUSES, Block, Config, Layout, RenderMode, SIDECHAINS, Session, Slot};
use egui::{Pos2, Rect, ViewportId, vec2};
use nih_plug::context::PluginApi;
use nih_plug::context::gui::{GuiContext, GuiContextInner};
use nih_plug::plugin::PluginState;
use nih_plug::prelude::ParamPtr;

use crate::decks::{DeckStatus, Kind};
use crate::demo::stems::{self, RATE, Stem};
use crate::editor::App;
use crate::editor::paint::{Canvas, NotAMesh, Painter};
use crate::editor::view::theme;
use crate::guard::Link;
use crate::parts::Parts;
use crate::state;

/// The editor looks as often as it does in a window.
const TICKS_A_SECOND: u32 = 60;

/// Frames of sound between two looks.
const TICK_FRAMES: usize = (RATE / TICKS_A_SECOND) as usize;

/// Many times what the longest clips take; only so that a disk that hangs does not hang this too.
const PATIENCE: Duration = Duration::from_secs(120);

/// What there is to be heard.
pub enum Heard {
    /// The stems on the inputs, over and over.
    Stems(Box<[Stem; BUSES]>),
    /// Silence on the inputs, and what is on the decks.
    Decks,
}

impl Heard {
    /// The demo's.
    pub fn stems() -> Self {
        Self::Stems(Box::new(stems::all()))
    }
}

/// The instance, and who looks at it.
pub struct Stage {
    parts: Parts,
    heard: Heard,
    app: App,
    pub(super) egui: egui::Context,
    painter: Painter,
    ticks: u32,
}

impl Stage {
    /// With everything that the session names on its decks, and playing.
    ///
    /// # Errors
    /// When the session cannot be taken, or its files cannot be waited for.
    pub fn new(session: &Session, heard: Heard) -> Result<Self, String> {
        let mut parts = Parts::new(Link::adopt());
        let rate = SampleRate::new(RATE.into()).ok_or("the demo's rate is none")?;
        parts.prepare(Config { rate, layout: Layout::EightStereo });
        state::restore(&parts.shared.params, session)?;
        wait(&parts)?;
        let shared = &parts.shared;
        let mut outer = shared.outer.lock().unwrap_or_else(PoisonError::into_inner);
        for slot in Slot::all() {
            // There is room: nobody else gives orders.
            _ = outer.orders.push((slot, Order::Play));
        }
        drop(outer);
        let (mut app, egui) = (App::new(shared.clone()), egui::Context::default());
        app.opened(&egui, GuiContext::new(Arc::new(Nobody)), Duration::ZERO);
        Ok(Self { parts, heard, app, egui, painter: Painter::default(), ticks: 0 })
    }

    /// What is wrong with the files on the decks, and where.
    pub fn complaints(&self) -> Vec<String> {
        let complaint = |(slot, status): (Slot, DeckStatus)| {
            let reason = match status.kind {
                Kind::Partial(reason) => reason.to_string(),
                Kind::Failed(reason) => reason.to_string(),
                Kind::Empty | Kind::Waiting | Kind::Loading(_) | Kind::Ready => return None,
            };
            Some(format!("{}: {reason}", name_of(slot)))
        };
        Slot::all().zip(self.parts.shared.carrier.statuses()).filter_map(complaint).collect()
    }

    /// Lets time go by.
    pub fn play(&mut self, seconds: f64) {
        for _ in 0..(seconds * f64::from(TICKS_A_SECOND)).round() as u32 {
            let start = self.ticks as usize * TICK_FRAMES;
            self.block(start);
            self.ticks += 1;
            self.app.tick(self.now());
        }
    }

    /// What is to be seen now.
    ///
    /// # Errors
    /// When the editor needs a graphics processor.
    pub fn look(&mut self, size: [u32; 2], scale: u32) -> Result<Canvas, NotAMesh> {
        let [width, height] = size.map(|points| (points * scale) as usize);
        let mut canvas = Canvas::new(width, height, theme::BACKGROUND);
        // For what depends on the sizes of a frame before; only its glyphs are kept.
        let mut unsettled = self.frame(size, scale);
        self.painter.paint(&mut canvas, 1.0, &[], &mut unsettled.textures_delta)?;
        let mut frame = self.frame(size, scale);
        let shapes = self.egui.tessellate(frame.shapes, frame.pixels_per_point);
        let (scale, textures) = (frame.pixels_per_point, &mut frame.textures_delta);
        self.painter.paint(&mut canvas, scale, &shapes, textures)?;
        Ok(canvas)
    }

    /// One frame of the editor's.
    pub(super) fn frame(&mut self, size: [u32; 2], scale: u32) -> egui::FullOutput {
        let now = self.now();
        let [width, height] = size.map(|points| points as f32);
        let rect = Rect::from_min_size(Pos2::ZERO, vec2(width, height));
        let mut input = egui::RawInput {
            time: Some(now.as_secs_f64()),
            screen_rect: Some(rect),
            focused: false,
            ..Default::default()
        };
        let window = input.viewports.entry(ViewportId::ROOT).or_default();
        window.native_pixels_per_point = Some(scale as f32);
        window.inner_rect = Some(rect);
        self.egui.run_ui(input, |ui| self.app.ui(ui, now))
    }

    fn now(&self) -> Duration {
        Duration::from_secs(1) * self.ticks / TICKS_A_SECOND
    }

    fn block(&mut self, start: usize) {
        let silence = [0.0; TICK_FRAMES];
        let mut inputs = [[silence; 2]; BUSES];
        if let Heard::Stems(stems) = &self.heard {
            for (sides, stem) in inputs.iter_mut().zip(stems.iter()) {
                for (side, stem) in sides.iter_mut().zip(&stem.sides) {
                    let frames = stem[start % stem.len()..].iter().chain(stem.iter().cycle());
                    side.iter_mut().zip(frames).for_each(|(to, from)| *to = *from);
                }
            }
        }
        let [main, sidechains @ ..] = &mut inputs;
        let [left, right] = main;
        let sidechains: [_; SIDECHAINS] =
            sidechains.each_ref().map(|[left, right]| Some(Stereo { left, right }));
        let main = StereoMut { left, right: Some(right) };
        let mode = RenderMode::Offline;
        self.parts.process(&mut Block { main, sidechains, monitor: None, mode });
    }
}

/// Until the decks have what the session wants there, so that it is heard from the first frame on.
fn wait(parts: &Parts) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    while !parts.shared.link.has_all_clips() {
        if Instant::now() > deadline {
            let is_late =
                |status: &DeckStatus| matches!(status.kind, Kind::Waiting | Kind::Loading(_));
            let mut all = Slot::all().zip(parts.shared.carrier.statuses());
            let late = all.find(|(_, status)| is_late(status)).map(|(slot, _)| name_of(slot));
            let late = late.unwrap_or_else(|| "the last file".into());
            return Err(format!(
                "{late} is not there after {} s: take a shorter file, or one on a faster disk",
                PATIENCE.as_secs()
            ));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn name_of(slot: Slot) -> String {
    if slot == Slot::REFERENCE {
        "the reference".to_owned()
    } else {
        format!("deck {}", slot.index() + 1)
    }
}

/// In place of a host: nobody turns a control, so nobody has to be told.
struct Nobody;

impl GuiContextInner for Nobody {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Standalone
    }

    unsafe fn raw_begin_set_parameter(&self, _param: ParamPtr) {}

    unsafe fn raw_set_parameter_normalized(&self, _param: ParamPtr, _normalized: f32) {}

    unsafe fn raw_end_set_parameter(&self, _param: ParamPtr) {}

    fn get_state(&self) -> PluginState {
        PluginState {
            version: String::new(),
            params: Default::default(),
            fields: Default::default(),
        }
    }

    fn set_state(&self, _state: PluginState) {}

    fn request_restart(&self) {}
}
