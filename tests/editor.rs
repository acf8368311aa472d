//! The editor in the finished bundle: on a screen, in hosts of both formats.

#![cfg(target_os = "linux")]

use std::time::Duration;

use busbar_tests::editor::drag::{Looks, Source};
use busbar_tests::editor::hands::{Hands, WHEEL_UP, key};
use busbar_tests::editor::host::{Bundle, Host};
use busbar_tests::editor::in_both_formats;
use busbar_tests::editor::plug::{Plug, Told};
use busbar_tests::editor::screen::screen;
use busbar_tests::files::Folder;

in_both_formats! {
    it_opens_and_draws_at_every_scale
    the_painter_without_opengl_paints_what_the_window_shows
    a_fader_dragged_is_a_gesture_and_is_heard
    what_is_changed_while_nothing_plays_is_seen_at_once
    a_value_is_typed_and_switches_are_switched
    files_dropped_on_it_arrive_from_every_kind_of_source
    it_follows_the_host_in_size_and_keeps_it
    it_draws_while_something_moves_and_rests_otherwise
}

const BACKGROUND: [u8; 3] = [0x14, 0x17, 0x1a];
const PANEL: [u8; 3] = [0x1d, 0x21, 0x26];
const GREEN: [u8; 3] = [0x6f, 0xe3, 0xc1];
const RED: [u8; 3] = [0xff, 0x4f, 0x5e];
const ORANGE: [u8; 3] = [0xe6, 0x9f, 0x00];

fn it_opens_and_draws_at_every_scale<P: Plug>() {
    let screen = screen();
    let bundle = Bundle::<P>::open();
    for scale in [1.0, 2.0] {
        let mut host = Host::new(&screen, &bundle);
        host.open(scale);
        let size = host.size();
        assert_eq!(size, ((1120.0 * scale) as u32, (700.0 * scale) as u32));
        host.picture().keep(&format!("empty-{scale}x"));
        host.play();
        host.player().play([0.5, 2.0]);
        host.until("the peak is shown", |_| {
            let windows = bundle.windows();
            windows.find(0, "Bus 1 peak: −6.0")?;
            windows.find(0, "Bus 2 peak: over +6.0")
        });
        // What is in the accessibility tree takes a while to get onto the screen.
        let one = host.control("Bus 1 meter").region(scale);
        let picture = host.until("half of bus 1's meter is green", |host| {
            let picture = host.picture();
            (picture.share(one, GREEN) > 0.2).then_some(picture)
        });
        picture.keep(&format!("playing-{scale}x"));
        assert!(picture.colours() > 50, "{} colours", picture.colours());
        // The frame around the strips, and a strip's empty corner.
        let strip = host.control("Bus 1 Gain").region(scale);
        let points = |points: f64| (points * scale) as usize;
        let edge = [points(1.0), points(60.0), points(7.0), points(600.0)];
        assert!(picture.share(edge, BACKGROUND) > 0.99);
        assert!(picture.share([strip[0] - points(4.0), strip[1], strip[0], strip[3]], PANEL) > 0.9);
        // Bus 1 is not over, bus 2 is, and on bus 3 there is nothing.
        assert_eq!(picture.share(one, RED), 0.0);
        let two = host.control("Bus 2 meter").region(scale);
        host.until("bus 2's meter is red above", |host| {
            (host.picture().share(two, RED) > 0.02).then_some(())
        });
        let three = host.control("Bus 3 meter").region(scale);
        assert_eq!(host.picture().share(three, GREEN), 0.0);
        host.close();
        host.stop();
    }
}

/// Text, round corners, meters: the same meshes by OpenGL and by the painter that needs none. The
/// window dithers by half a step and computes with fewer bits, which makes 0.01 steps in the mean
/// and 2 at the most; a wrong blend or a wrong gamma makes many times that.
fn the_painter_without_opengl_paints_what_the_window_shows<P: Plug>() {
    const TOLERANCE: u8 = 4;
    let screen = screen();
    let bundle = Bundle::<P>::open();
    for scale in [1.0, 2.0] {
        let mut host = Host::new(&screen, &bundle);
        host.open(scale);
        host.play();
        host.player().play([0.5, 2.0]);
        host.until("the peak is shown", |_| bundle.windows().find(0, "Bus 2 peak: over +6.0"));
        let meter = host.control("Bus 1 meter").region(scale);
        // From bus 3 on nothing moves; what does may be on the screen a frame later.
        let (width, height) = host.size();
        let left = host.control("Bus 3 Gain").region(scale)[0];
        let right = host.control("Bus 8 meter").region(scale)[2];
        let still = [left, 0, right, height as usize];
        let all = [0, 0, width as usize, height as usize];
        let mut last = None;
        let is_same = |host: &mut Host<'_, P>| {
            let shown = host.picture();
            let painted = bundle.windows().painted(0, shown.width, shown.height)?;
            let parts = [still, all].map(|part| shown.difference(&painted, part, TOLERANCE));
            if last.replace(parts) != Some(parts) {
                println!("at {scale}, mean and share of what is far: {parts:?}");
            }
            let [still, all] = parts;
            let same = still.0 < 0.05 && still.1 < 0.0001 && all.0 < 0.25 && all.1 < 0.003;
            same.then_some(painted)
        };
        let painted = host.until("what is painted is what is seen", is_same);
        painted.keep(&format!("painted-{scale}x"));
        assert!(painted.share(meter, GREEN) > 0.2 && painted.colours() > 50, "there is something");
        host.close();
        host.stop();
    }
}

fn a_fader_dragged_is_a_gesture_and_is_heard<P: Plug>() {
    let screen = screen();
    let (bundle, hands) = (Bundle::<P>::open(), Hands(&screen));
    let mut host = Host::new(&screen, &bundle);
    let allocated = bundle.probe().violations();
    host.play();
    host.open(1.0);
    let (x, y) = host.middle("Bus 3 Gain");
    let id = host.id("Bus 3 Gain");
    hands.move_to(host.window, (x, y));
    hands.button(1, true);
    host.wait(Duration::from_millis(60));
    for step in 1..=12 {
        let before = host.told().len();
        hands.move_to(host.window, (x, y + 5.0 * f64::from(step)));
        // The first steps may be too small for a drag; each of the others is one more value.
        if step > 4 {
            host.until("it follows", |host| (host.told().len() > before).then_some(()));
        } else {
            host.wait(Duration::from_millis(20));
        }
    }
    assert_eq!(host.told().first(), Some(&Told::Begin(id)));
    assert!(!host.told().contains(&Told::End(id)), "the button is still held");
    hands.button(1, false);
    host.until("the gesture ends", |host| {
        (host.told().last() == Some(&Told::End(id))).then_some(())
    });
    let told = host.told();
    let values: Vec<f64> = told
        .iter()
        .filter_map(|told| match told {
            Told::Value(of, value) if *of == id => Some(*value),
            _ => None,
        })
        .collect();
    assert!(values.len() >= 3, "{told:?}");
    assert_eq!(told.len(), values.len() + 2, "nothing but one gesture with values: {told:?}");
    assert!(values.is_sorted_by(|one, other| one > other), "{values:?}");
    host.until("the fader is down", |host| (host.decibels("Bus 3 Gain") < -1.0).then_some(()));
    // What is set is what is heard.
    let level = host.decibels("Bus 2 Gain") + drag_down(&hands, &mut host, "Bus 2 Gain");
    host.player().play([0.0, 0.5]);
    let wanted = 0.5 * 10f32.powf(level / 20.0);
    host.until("the level is heard", |host| {
        ((host.player().peak() - wanted).abs() < 0.01 * wanted).then_some(())
    });
    assert_eq!(bundle.probe().violations(), allocated, "allocations inside blocks");
    // The wheel, and a double click back to the default, each a gesture of its own.
    for (what, wanted) in [("wheel", "0.50 dB"), ("double click", "0.00 dB")] {
        host.forget();
        if what == "wheel" {
            hands.move_to(host.window, host.middle("Bus 4 Gain"));
            host.wait(Duration::from_millis(60));
            hands.click(WHEEL_UP);
        } else {
            hands.click(1);
            hands.click(1);
        }
        host.until(what, |host| (host.text("Bus 4 Gain") == wanted).then_some(()));
        let id = host.id("Bus 4 Gain");
        let told = host.told();
        assert!(
            matches!(told[..], [Told::Begin(a), Told::Value(b, _), Told::End(c)]
                if [a, b, c] == [id; 3]),
            "{what}: {told:?}"
        );
    }
    host.close();
    host.stop();
}

/// Drags a fader down a little; returns by how many decibels.
fn drag_down<P: Plug>(hands: &Hands<'_>, host: &mut Host<'_, P>, name: &str) -> f32 {
    let before = host.decibels(name);
    let (x, y) = host.middle(name);
    hands.move_to(host.window, (x, y));
    hands.button(1, true);
    host.wait(Duration::from_millis(60));
    for step in 1..=6 {
        let before = host.told().len();
        hands.move_to(host.window, (x, y + 6.0 * f64::from(step)));
        if step > 3 {
            host.until("it follows", |host| (host.told().len() > before).then_some(()));
        } else {
            host.wait(Duration::from_millis(40));
        }
    }
    hands.button(1, false);
    let id = host.id(name);
    host.until("the gesture ends", |host| {
        (host.told().last() == Some(&Told::End(id))).then_some(())
    });
    host.until("the fader is down", |host| (host.decibels(name) < before - 1.0).then_some(()));
    host.wait(Duration::from_millis(50));
    host.decibels(name) - before
}

fn what_is_changed_while_nothing_plays_is_seen_at_once<P: Plug>() {
    let screen = screen();
    let (bundle, hands) = (Bundle::<P>::open(), Hands(&screen));
    let mut host = Host::new(&screen, &bundle);
    host.open(1.0);
    let moved = drag_down(&hands, &mut host, "Master Gain");
    assert!(moved < -1.0);
    assert_eq!(host.told()[0], Told::Begin(host.id("Master Gain")));
    // It is also what is heard later.
    let wanted = 0.5 * 10f32.powf(moved / 20.0);
    host.play();
    host.player().play([0.5, 0.0]);
    host.until("the level is heard", |host| {
        ((host.player().peak() - wanted).abs() < 0.01 * wanted).then_some(())
    });
    host.close();
}

/// Clicks where a text can be typed, and waits until it can be.
fn click_into<P: Plug>(
    hands: &Hands<'_>,
    host: &mut Host<'_, P>,
    bundle: &Bundle<P>,
    place: (f64, f64),
) {
    hands.move_to(host.window, place);
    host.wait(Duration::from_millis(300));
    let before = bundle.windows().frames(0);
    hands.click(1);
    // Without a blinking text cursor nothing more would be drawn after that.
    host.until("there is a cursor", |_| (bundle.windows().frames(0) > before + 5).then_some(()));
}

fn a_value_is_typed_and_switches_are_switched<P: Plug>() {
    let screen = screen();
    let (bundle, hands) = (Bundle::<P>::open(), Hands(&screen));
    let mut host = Host::new(&screen, &bundle);
    host.play();
    host.open(1.0);
    let place = host.middle("Bus 2 Gain value");
    click_into(&hands, &mut host, &bundle, place);
    hands.type_text("-7.5");
    host.wait(Duration::from_millis(300));
    host.picture().keep("typing");
    hands.press(key::ENTER);
    host.until("the value is taken", |host| (host.text("Bus 2 Gain") == "-7.50 dB").then_some(()));
    hands.move_to(host.window, host.middle("Bus 5 Mute"));
    hands.click(1);
    host.until("it is muted", |host| (host.text("Bus 5 Mute") == "On").then_some(()));
    hands.move_to(host.window, host.middle("Bypass"));
    hands.click(1);
    host.until("it is bypassed", |host| (host.text("Bypass") == "On").then_some(()));
    let banner = "BYPASS IS ON: the main output is the main input, not the programme";
    let region = host.control(banner).region(1.0);
    host.until("the banner is on the screen", |host| {
        (host.picture().share(region, ORANGE) > 0.5).then_some(())
    });
    host.picture().keep("bypassed");
    // The list of all parameters, made of the framework's own sliders.
    hands.move_to(host.window, host.middle("All parameters"));
    hands.click(1);
    host.control("Bus 1 Balance");
    let (x, y) = host.middle("Search");
    click_into(&hands, &mut host, &bundle, (x + 120.0, y));
    hands.type_text("6 gain");
    host.until("the others are gone", |_| {
        let windows = bundle.windows();
        windows.find(0, "Bus 6 Gain").filter(|_| windows.find(0, "Bus 1 Balance").is_none())
    });
    host.forget();
    let slider = host.control("Bus 6 Gain").place;
    // A click without a drag: the framework's slider leaves its gesture open, ours ends it.
    hands.move_to(host.window, (slider[0] + 100.0, (slider[1] + slider[3]) / 2.0));
    host.wait(Duration::from_millis(60));
    hands.click(1);
    let id = host.id("Bus 6 Gain");
    host.until("the gesture ends", |host| {
        (host.told().last() == Some(&Told::End(id))).then_some(())
    });
    assert_eq!(host.told()[0], Told::Begin(id));
    host.picture().keep("parameters");
    host.close();
    host.stop();
}

fn files_dropped_on_it_arrive_from_every_kind_of_source<P: Plug>() {
    let screen = screen();
    let bundle = Bundle::<P>::open();
    let folder = Folder::new();
    let files = ["one of them.flac", "ünöther.wav"].map(|name| folder.path(name));
    for file in &files {
        std::fs::write(file, "").expect("temporary files can be made");
    }
    for scale in [1.0, 2.0] {
        for looks in [Looks::Deep, Looks::TopLevelOnly] {
            let mut host = Host::new(&screen, &bundle);
            host.open(scale);
            let (window, place) = (host.window, host.middle("Bus 2 Gain"));
            let drop = std::thread::Builder::new().name("source".into());
            let source = Source::new(&files);
            let drop = drop.spawn(move || source.drop_on(window, place, looks));
            let drop = drop.expect("threads can be started");
            host.until("the drag ends", |_| drop.is_finished().then_some(()));
            assert!(drop.join().expect("it does not panic"), "refused: {looks:?} at {scale}");
            // The host has not said yet at which rate it runs.
            host.control("Deck 1: one of them.flac, waiting");
            host.control("Deck 2: ünöther.wav, waiting");
            host.picture().keep("dropped");
            host.close();
        }
    }
}

fn it_follows_the_host_in_size_and_keeps_it<P: Plug>() {
    let screen = screen();
    let bundle = Bundle::<P>::open();
    let mut host = Host::new(&screen, &bundle);
    host.open(1.0);
    assert_eq!(host.resize(300, 200), (900, 560), "no smaller than the controls");
    host.until("it is smaller", |host| {
        let child = *screen.inside(host.window).first()?;
        (screen.geometry(child) == (900, 560)).then_some(())
    });
    host.wait(Duration::from_millis(200));
    host.picture().keep("small");
    assert_eq!(host.resize(1700, 1000), (1700, 1000));
    host.until("it is larger", |host| (host.size() == (1700, 1000)).then_some(()));
    host.wait(Duration::from_millis(200));
    let right = host.control("Master Gain").place[2];
    assert!(right > 1500.0, "the strips use the room: {right}");
    host.picture().keep("large");
    host.close();
    host.open(1.0);
    assert_eq!(host.size(), (1700, 1000));
    host.close();
}

fn it_draws_while_something_moves_and_rests_otherwise<P: Plug>() {
    let screen = screen();
    let bundle = Bundle::<P>::open();
    let mut host = Host::new(&screen, &bundle);
    host.play();
    host.open(1.0);
    let frames = |host: &mut Host<'_, P>| {
        let before = bundle.windows().frames(0);
        host.wait(Duration::from_secs(1));
        bundle.windows().frames(0) - before
    };
    host.until("silence is still", |host| (frames(host) <= 2).then_some(()));
    host.player().play([0.1, 0.25]);
    host.wait(Duration::from_millis(500));
    host.player().play([0.0, 0.0]);
    let (before, nanoseconds) = (bundle.windows().frames(0), bundle.windows().nanoseconds(0));
    let moving = frames(&mut host);
    // Sixty on a machine with nothing else to do; how many on another is no fault of the editor's.
    assert!(moving > 5, "{moving} frames a second while the meters fall");
    let each = (bundle.windows().nanoseconds(0) - nanoseconds)
        / (bundle.windows().frames(0) - before).max(1);
    println!("{moving} frames a second, {} µs each", each / 1000);
    let hides = host.show(false);
    host.player().play([0.5, 0.0]);
    host.wait(Duration::from_millis(100));
    if hides {
        assert_eq!(frames(&mut host), 0, "nobody sees it");
        host.show(true);
    }
    host.control("Bus 1 peak: −6.0");
    host.player().play([0.0, 0.0]);
    host.until("it rests again", |host| (frames(host) <= 2).then_some(()));
    host.close();
    host.stop();
}
