//! baseview's events as egui's. Knows neither window nor GL.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baseview::dpi::PhysicalPosition;
use baseview::{
    DropData, DropEffect, Event, EventStatus, MouseButton, MouseEvent, ScrollDelta, WindowEvent,
    WindowSize,
};
use egui::{Pos2, Rect, ViewportId, vec2};
use keyboard_types::{KeyState, KeyboardEvent};

use super::keys::{self, Command};

/// Collects input between two frames.
#[derive(Debug)]
pub struct Input {
    raw: egui::RawInput,
    pointer: Option<Pos2>,
    held: egui::Modifiers,
    size: WindowSize,
}

/// What egui is doing with the keyboard.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyboardUse {
    /// A text is being typed.
    pub types: bool,
    /// Some control has the focus.
    pub focused: bool,
}

impl Input {
    /// Nothing has happened yet.
    pub fn new(size: WindowSize, max_texture_side: usize) -> Self {
        let raw = egui::RawInput {
            max_texture_side: Some(max_texture_side),
            focused: false,
            ..Default::default()
        };
        Self { raw, pointer: None, held: Default::default(), size }
    }

    /// The window has another size or scale.
    pub fn resized(&mut self, size: WindowSize) {
        self.size = size;
    }

    /// The input of one frame, at `time` in seconds.
    pub fn take(&mut self, time: f64, zoom: f32) -> egui::RawInput {
        let pixels = self.size.physical;
        let points = vec2(pixels.width as f32, pixels.height as f32) / self.pixels_per_point(zoom);
        let rect = Rect::from_min_size(Pos2::ZERO, points);
        self.raw.time = Some(time);
        // egui takes these out, and wants them again in every frame.
        self.raw.screen_rect = Some(rect);
        let side = self.raw.max_texture_side;
        let info = self.raw.viewports.entry(ViewportId::ROOT).or_default();
        info.native_pixels_per_point = Some(self.size.scale_factor as f32);
        info.inner_rect = Some(rect);
        info.focused = Some(self.raw.focused);
        let taken = self.raw.take();
        self.raw.max_texture_side = side;
        taken
    }

    /// Takes an event in. The status is baseview's answer to the platform. A drag that is not
    /// answered with `AcceptDrop` each time is refused on Windows and macOS.
    pub fn event(
        &mut self,
        event: &Event,
        zoom: f32,
        keyboard: KeyboardUse,
    ) -> (EventStatus, Option<Command>) {
        match event {
            Event::Mouse(event) => (self.mouse(event, zoom), None),
            Event::Keyboard(event) => self.key(event, keyboard),
            Event::Window(WindowEvent::Focused) => (self.focus(true), None),
            Event::Window(WindowEvent::Unfocused) => (self.focus(false), None),
            _ => (EventStatus::Ignored, None),
        }
    }

    /// A text from the clipboard, after [`Command::Paste`].
    pub fn paste(&mut self, text: &str) {
        if !text.is_empty() {
            self.push(egui::Event::Paste(text.replace("\r\n", "\n")));
        }
    }

    fn pixels_per_point(&self, zoom: f32) -> f32 {
        self.size.scale_factor as f32 * zoom
    }

    fn push(&mut self, event: egui::Event) {
        self.raw.events.push(event);
    }

    fn mouse(&mut self, event: &MouseEvent, zoom: f32) -> EventStatus {
        match event {
            MouseEvent::DragEntered { position, data, .. }
            | MouseEvent::DragMoved { position, data, .. } => {
                // Modifiers are not taken from drags: X11 sends none, though some may be held.
                self.move_to(*position, zoom);
                let hovered = files(data).iter();
                self.raw.hovered_files = hovered
                    .map(|path| egui::HoveredFile { path: Some(path.clone()), mime: String::new() })
                    .collect();
                return answer(data);
            }
            MouseEvent::DragDropped { position, data, .. } => {
                self.move_to(*position, zoom);
                self.raw.hovered_files.clear();
                let dropped = files(data).iter().cloned();
                self.raw
                    .dropped_files
                    .extend(dropped.map(|path| Arc::new(Dropped(path)) as egui::DroppedFileHandle));
                return answer(data);
            }
            MouseEvent::DragLeft => {
                self.raw.hovered_files.clear();
                self.push(egui::Event::PointerGone);
                return EventStatus::Ignored;
            }
            MouseEvent::CursorMoved { position, modifiers } => {
                self.hold(modifiers);
                self.move_to(*position, zoom);
            }
            MouseEvent::ButtonPressed { button, modifiers } => {
                self.button(*button, true, modifiers)
            }
            MouseEvent::ButtonReleased { button, modifiers } => {
                self.button(*button, false, modifiers);
            }
            MouseEvent::WheelScrolled { delta, modifiers } => self.wheel(*delta, modifiers, zoom),
            // The place is kept: a button held while leaving must still get its release.
            MouseEvent::CursorLeft => self.push(egui::Event::PointerGone),
            _ => return EventStatus::Ignored,
        }
        EventStatus::Captured
    }

    fn move_to(&mut self, at: PhysicalPosition<f64>, zoom: f32) {
        let at = egui::pos2(at.x as f32, at.y as f32) / self.pixels_per_point(zoom);
        self.pointer = Some(at);
        self.push(egui::Event::PointerMoved(at));
    }

    fn hold(&mut self, held: &keyboard_types::Modifiers) {
        let held = keys::modifiers(held);
        if held != self.held {
            self.held = held;
            self.push(egui::Event::ModifiersChanged(held));
        }
    }

    fn button(&mut self, button: MouseButton, pressed: bool, held: &keyboard_types::Modifiers) {
        self.hold(held);
        let button = match button {
            MouseButton::Left => egui::PointerButton::Primary,
            MouseButton::Right => egui::PointerButton::Secondary,
            MouseButton::Middle => egui::PointerButton::Middle,
            MouseButton::Back => egui::PointerButton::Extra1,
            MouseButton::Forward => egui::PointerButton::Extra2,
            _ => return,
        };
        // Buttons come without a place, but never before the cursor has entered.
        let Some(pos) = self.pointer else { return };
        let modifiers = self.held;
        self.push(egui::Event::PointerButton { pos, button, pressed, modifiers });
    }

    fn wheel(&mut self, delta: ScrollDelta, held: &keyboard_types::Modifiers, zoom: f32) {
        self.hold(held);
        let (unit, mut delta) = match delta {
            ScrollDelta::Lines { x, y } => (egui::MouseWheelUnit::Line, vec2(x, y)),
            // From macOS only, and in points already.
            ScrollDelta::Pixels { x, y } => (egui::MouseWheelUnit::Point, vec2(x, y) / zoom),
        };
        // X11 and Windows count to the right what moves the content to the left.
        if !cfg!(target_os = "macos") {
            delta.x = -delta.x;
        }
        self.push(egui::Event::MouseWheel {
            unit,
            delta,
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: self.held,
        });
    }

    fn key(
        &mut self,
        event: &KeyboardEvent,
        keyboard: KeyboardUse,
    ) -> (EventStatus, Option<Command>) {
        self.hold(&keys::modifiers_after(event));
        let (said, place) = keys::keys(event);
        // Shortcuts go by what the key says, or by its place on layouts without Latin letters.
        let key = said.or(place);
        // The space bar is the host's transport, whichever button may have the focus here.
        if key == Some(egui::Key::Space) && !keyboard.types {
            return (EventStatus::Ignored, None);
        }
        let is_ours = keyboard.focused || key.is_some_and(|key| keys::is_ours(key, self.held));
        let status = if is_ours { EventStatus::Captured } else { EventStatus::Ignored };
        let pressed = event.state == KeyState::Down;
        let command = key.filter(|_| pressed).and_then(|key| keys::command(key, self.held));
        if let Some(command) = command {
            match command {
                Command::Cut => self.push(egui::Event::Cut),
                Command::Copy => self.push(egui::Event::Copy),
                Command::Paste => {}
            }
            return (status, Some(command));
        }
        if let Some(key) = key {
            let (physical_key, modifiers, repeat) = (place, self.held, event.repeat);
            self.push(egui::Event::Key { key, physical_key, pressed, repeat, modifiers });
        }
        if let Some(text) = keys::text(event, self.held) {
            self.push(egui::Event::Text(text.to_owned()));
        }
        (status, None)
    }

    fn focus(&mut self, focused: bool) -> EventStatus {
        self.raw.focused = focused;
        if !focused {
            self.hold(&keyboard_types::Modifiers::empty());
        }
        self.push(egui::Event::WindowFocused(focused));
        EventStatus::Captured
    }
}

fn files(data: &DropData) -> &[PathBuf] {
    match data {
        DropData::Files(files) => files,
        _ => &[],
    }
}

fn answer(data: &DropData) -> EventStatus {
    let takes = !files(data).is_empty();
    if takes { EventStatus::AcceptDrop(DropEffect::Copy) } else { EventStatus::Ignored }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests;
