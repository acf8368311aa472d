//! The editor in a host that is not ours: JUCE, through pedalboard.

#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use busbar_tests::bundle;
use busbar_tests::editor::hands::Hands;
use busbar_tests::editor::host::{Bundle, Host};
use busbar_tests::editor::screen::{Screen, screen};
use busbar_tests::editor::until;
use busbar_tests::editor::vst3::Vst3;
use busbar_tests::python;
use x11rb::protocol::xproto::Window;

/// pedalboard, in a process of its own.
struct Pedalboard {
    child: Child,
    orders: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

impl Pedalboard {
    fn start() -> Self {
        let mut child = Command::new(python::interpreter())
            .arg("-B")
            .arg(python::script("pedalboard_editor.py"))
            .arg(bundle::vst3_bundle())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python can be run");
        let orders = child.stdin.take().expect("a pipe");
        let said = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { child, orders, said }
    }

    fn next_line(&mut self) -> String {
        let line = self.said.next().expect("the host has ended without a word");
        line.expect("a pipe can be read")
    }
}

impl Drop for Pedalboard {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The editor's own window, however deep in the host's.
fn find(screen: &Screen, inside: Window) -> Option<Window> {
    let children = screen.inside(inside);
    let ours = children.iter().find(|window| screen.name(**window) == "Busbar");
    ours.copied().or_else(|| children.iter().find_map(|window| find(screen, *window)))
}

#[test]
fn juce_opens_it_draws_it_and_lives() {
    let screen = screen();
    // Where the fader is, which is the same in every host.
    let fader = {
        let bundle = Bundle::<Vst3>::open();
        let mut host = Host::new(&screen, &bundle);
        host.open(1.0);
        let fader = host.middle("Bus 1 Gain");
        host.close();
        fader
    };
    let hands = Hands(&screen);
    let mut host = Pedalboard::start();
    let mut level = String::new();
    for round in 0..2u32 {
        assert_eq!(host.next_line(), "opening");
        let window = until("there is a window", || (), || find(&screen, screen.root));
        until(
            "it is as large as it should be",
            || (),
            || (screen.geometry(window) == (1120, 700)).then_some(()),
        );
        let picture = until(
            "it draws",
            || (),
            || {
                let picture = screen.picture(window);
                (picture.colours() > 50).then_some(picture)
            },
        );
        picture.keep(&format!("juce-{round}"));
        hands.move_to(window, fader);
        std::thread::sleep(Duration::from_millis(100));
        hands.button(1, true);
        for step in 1..=6 {
            hands.move_to(window, (fader.0, fader.1 + f64::from((6 + 4 * round) * step)));
            std::thread::sleep(Duration::from_millis(30));
        }
        hands.button(1, false);
        let dragged = until(
            "the fader is seen to be down",
            || (),
            || {
                let dragged = screen.picture(window);
                (dragged.differs(&picture) > 100).then_some(dragged)
            },
        );
        dragged.keep(&format!("juce-{round}-dragged"));
        host.orders.write_all(b"close\n").expect("a pipe can be written");
        let said = host.next_line();
        let now = said.strip_prefix("closed with bus 1 at ").expect("it says so");
        assert!(now.starts_with('-') && now != level, "the fader has been dragged: {now}");
        level = now.to_owned();
        until("the window is gone", || (), || find(&screen, screen.root).is_none().then_some(()));
    }
    let decibels: f32 = level.trim_end_matches(" dB").parse().expect("a level");
    let heard = host.next_line();
    let heard: f32 = heard.strip_prefix("heard ").expect("it says so").parse().expect("a level");
    let wanted = 0.5 * 10f32.powf(decibels / 20.0);
    assert!((heard - wanted).abs() < 0.01 * wanted, "{heard} instead of {wanted} at {level}");
    assert!(host.child.wait().expect("a child").success());
}
