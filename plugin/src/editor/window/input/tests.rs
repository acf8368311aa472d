use baseview::dpi::PhysicalSize;
use egui::Key;
use keyboard_types::{Code, Key as Typed, Modifiers, NamedKey};

use super::*;

fn input() -> Input {
    Input::new(WindowSize::from_physical(PhysicalSize::new(960, 640), 2.0), 2048)
}

type Drag = fn(PhysicalPosition<f64>, Modifiers, DropData) -> MouseEvent;
const ENTER: Drag =
    |position, modifiers, data| MouseEvent::DragEntered { position, modifiers, data };
const DROP: Drag =
    |position, modifiers, data| MouseEvent::DragDropped { position, modifiers, data };

impl Input {
    fn feed(&mut self, event: &Event) -> (EventStatus, Option<Command>) {
        self.event(event, 1.0, KeyboardUse::default())
    }

    fn drag(&mut self, kind: Drag, data: DropData) -> EventStatus {
        let event = kind(PhysicalPosition::new(200.0, 100.0), Modifiers::empty(), data);
        self.feed(&Event::Mouse(event)).0
    }
}

fn two_files() -> DropData {
    DropData::Files(vec!["/a.wav".into(), "/b.wav".into()])
}

fn key(key: Typed, code: Code, modifiers: Modifiers, state: KeyState) -> Event {
    Event::Keyboard(KeyboardEvent { state, key, code, modifiers, ..Default::default() })
}

fn letter(letter: &str, code: Code, modifiers: Modifiers) -> Event {
    key(Typed::Character(letter.into()), code, modifiers, KeyState::Down)
}

#[test]
fn dropped_files_arrive_once_and_where_they_were_dropped() {
    let mut input = input();
    let accepted = EventStatus::AcceptDrop(DropEffect::Copy);
    assert_eq!(input.drag(ENTER, two_files()), accepted);
    let raw = input.take(0.0, 1.0);
    assert_eq!(raw.hovered_files.len(), 2);
    assert!(raw.events.contains(&egui::Event::PointerMoved(egui::pos2(100.0, 50.0))));
    assert_eq!(input.take(0.0, 1.0).hovered_files.len(), 2, "they hover until they leave");
    assert_eq!(input.drag(DROP, two_files()), accepted);
    let raw = input.take(0.0, 1.0);
    assert!(raw.hovered_files.is_empty());
    assert_eq!(raw.dropped_files[1].path(), Path::new("/b.wav"));
    assert!(input.take(0.0, 1.0).dropped_files.is_empty());
}

#[test]
fn what_leaves_or_is_no_file_is_not_dropped() {
    let mut input = input();
    input.drag(ENTER, two_files());
    input.feed(&Event::Mouse(MouseEvent::DragLeft));
    assert!(input.take(0.0, 1.0).hovered_files.is_empty());
    assert_eq!(input.drag(DROP, DropData::None), EventStatus::Ignored);
    assert!(input.take(0.0, 1.0).dropped_files.is_empty());
}

#[test]
fn function_keys_and_shifted_letters_are_key_presses() {
    let mut input = input();
    input.feed(&key(Typed::Named(NamedKey::F5), Code::F5, Modifiers::empty(), KeyState::Down));
    input.feed(&letter("A", Code::KeyA, Modifiers::SHIFT));
    let events = input.take(0.0, 1.0).events;
    let pressed: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            egui::Event::Key { key, pressed: true, modifiers, .. } => Some((*key, modifiers.shift)),
            _ => None,
        })
        .collect();
    assert_eq!(pressed, [(Key::F5, false), (Key::A, true)]);
    assert!(events.contains(&egui::Event::Text("A".into())));
}

#[test]
fn modifiers_count_their_own_press() {
    let mut input = input();
    let control = Typed::Named(NamedKey::Control);
    input.feed(&key(control.clone(), Code::ControlLeft, Modifiers::empty(), KeyState::Down));
    assert!(input.held.ctrl);
    input.feed(&key(control, Code::ControlLeft, Modifiers::CONTROL, KeyState::Up));
    assert!(!input.held.ctrl);
}

#[test]
fn a_button_held_while_leaving_gets_its_release() {
    let (mut input, modifiers, button) = (input(), Modifiers::empty(), MouseButton::Left);
    let position = PhysicalPosition::new(20.0, 20.0);
    for event in [
        MouseEvent::CursorMoved { position, modifiers },
        MouseEvent::ButtonPressed { button, modifiers },
        MouseEvent::CursorLeft,
        MouseEvent::ButtonReleased { button, modifiers },
    ] {
        input.feed(&Event::Mouse(event));
    }
    let events = input.take(0.0, 1.0).events;
    assert!(matches!(events.last(), Some(egui::Event::PointerButton { pressed: false, .. })));
}

#[test]
fn pasting_is_asked_for_and_not_typed() {
    let mut input = input();
    let held = if cfg!(target_os = "macos") { Modifiers::META } else { Modifiers::CONTROL };
    let (_, command) = input.feed(&letter("v", Code::KeyV, held));
    assert_eq!(command, Some(Command::Paste));
    input.paste("a\r\nb");
    let events = input.take(0.0, 1.0).events;
    assert_eq!(events.last(), Some(&egui::Event::Paste("a\nb".into())));
    assert!(!events.iter().any(|event| matches!(event, egui::Event::Text(_))));
}

#[test]
fn the_space_bar_is_the_hosts_unless_a_text_is_typed() {
    let mut input = input();
    let space = letter(" ", Code::Space, Modifiers::empty());
    let focused = KeyboardUse { types: false, focused: true };
    assert_eq!(input.event(&space, 1.0, focused).0, EventStatus::Ignored);
    assert!(input.take(0.0, 1.0).events.is_empty(), "it does not press the focused button either");
    let types = KeyboardUse { types: true, focused: true };
    assert_eq!(input.event(&space, 1.0, types).0, EventStatus::Captured);
    assert!(input.take(0.0, 1.0).events.contains(&egui::Event::Text(" ".into())));
}

#[test]
fn a_and_b_are_ours_and_other_letters_the_hosts() {
    let mut input = input();
    let nobody = KeyboardUse::default();
    let none = Modifiers::empty();
    for (event, status) in [
        (letter("a", Code::KeyA, none), EventStatus::Captured),
        (letter("b", Code::KeyB, none), EventStatus::Captured),
        (letter("c", Code::KeyC, none), EventStatus::Ignored),
        (letter("b", Code::KeyB, Modifiers::ALT), EventStatus::Ignored),
    ] {
        assert_eq!(input.event(&event, 1.0, nobody).0, status, "{event:?}");
    }
}
