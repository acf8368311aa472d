//! The program with its window: the editor is to be seen, what is turned there is saved, and
//! whoever closes the window ends the program, as a signal closes the window.

#![cfg(target_os = "linux")]

use std::fs;

use busbar_tests::editor::hands::{Hands, WHEEL_UP};
use busbar_tests::editor::screen::{Screen, screen};
use busbar_tests::editor::until;
use busbar_tests::program::{Home, Program};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, Window,
};

const BACKGROUND: [u8; 3] = [0x14, 0x17, 0x1a];
const PANEL: [u8; 3] = [0x1d, 0x21, 0x26];

fn start(home: &Home) -> Program {
    let display = std::env::var("DISPLAY").expect("the screen's");
    Program::start_with(home, &["--driver", "dummy"], &[("DISPLAY", &display)])
}

/// The program's window, once it is to be seen.
fn window(screen: &Screen) -> Window {
    until(
        "there is a window",
        || (),
        || {
            let is_ours = |window: &Window| title(screen, *window) == "Busbar";
            screen.inside(screen.root).into_iter().find(is_ours)
        },
    )
}

fn title(screen: &Screen, window: Window) -> String {
    let name = AtomEnum::WM_NAME;
    let name = screen.connection.get_property(false, window, name, AtomEnum::ANY, 0, 64);
    let name = name.expect("connected").reply().map(|reply| reply.value).unwrap_or_default();
    String::from_utf8_lossy(&name).into_owned()
}

/// Waits until the editor is drawn.
fn until_drawn(screen: &Screen, window: Window) {
    let picture = until(
        "the editor is drawn",
        || (),
        || {
            let picture = screen.picture(window);
            let all = [0, 0, picture.width, picture.height];
            let drawn = picture.share(all, PANEL) > 0.1 && picture.share(all, BACKGROUND) > 0.02;
            (drawn && picture.colours() > 50).then_some(picture)
        },
    );
    picture.keep("standalone");
    assert_eq!((picture.width, picture.height), (1120, 700));
}

fn atom(screen: &Screen, name: &str) -> u32 {
    let atom = screen.connection.intern_atom(false, name.as_bytes()).expect("connected");
    atom.reply().expect("an atom").atom
}

/// As a window manager does when its button is clicked.
fn close(screen: &Screen, window: Window) {
    let [protocols, delete] = ["WM_PROTOCOLS", "WM_DELETE_WINDOW"].map(|name| atom(screen, name));
    let event = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
    let sent = screen.connection.send_event(false, window, EventMask::NO_EVENT, event);
    sent.expect("connected").check().expect("the window is there");
    screen.connection.flush().expect("connected");
}

#[test]
fn who_closes_the_window_ends_the_program() {
    let screen = screen();
    let home = Home::new();
    let program = start(&home);
    let window = window(&screen);
    until_drawn(&screen, window);
    close(&screen, window);
    program.end().well();
}

#[test]
fn a_signal_closes_the_window_and_what_was_turned_is_saved() {
    let screen = screen();
    let home = Home::new();
    let program = start(&home);
    let window = window(&screen);
    until_drawn(&screen, window);
    let session = || fs::read_to_string(home.data("session.toml")).unwrap_or_default();
    let at_first = until(
        "the session is saved",
        || (),
        || Some(session()).filter(|session| !session.is_empty()),
    );
    // Somewhere among the strips there are faders: one of them will turn.
    let hands = Hands(&screen);
    let mut places = (1..7)
        .flat_map(|y| (1..16).map(move |x| (70.0 * f64::from(x), 100.0 * f64::from(y))))
        .cycle();
    until(
        "something was turned and saved",
        || {
            hands.move_to(window, places.next().expect("they go on for ever"));
            hands.click(WHEEL_UP);
        },
        || (session() != at_first).then_some(()),
    );
    program.signal(libc::SIGTERM);
    program.end().well();
    assert!(session() != at_first && session().ends_with("# end of session"));
}

#[test]
fn a_signal_while_the_window_opens_is_not_lost() {
    let screen = screen();
    for _ in 0..3 {
        let home = Home::new();
        let mut program = start(&home);
        program.until_said("busbar: dummy");
        program.signal(libc::SIGINT);
        program.end().well();
    }
    drop(screen);
}
