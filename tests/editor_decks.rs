//! Decks in the finished bundle's editor: what is dropped on the window is loaded, played, seen and
//! heard, in hosts of both formats.

#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use busbar_tests::editor::drag::{Looks, Source};
use busbar_tests::editor::hands::{Hands, key};
use busbar_tests::editor::host::{Bundle, Host};
use busbar_tests::editor::in_both_formats;
use busbar_tests::editor::plug::Plug;
use busbar_tests::editor::screen::screen;
use busbar_tests::files::Folder;

in_both_formats! {
    a_dropped_file_is_loaded_played_seen_and_heard
    a_file_is_chosen_inside_the_window
    b_is_the_reference_on_the_monitor_and_never_printed
    an_instance_goes_in_the_middle_of_everything
}

const RATE: u32 = 48_000;

fn wav(folder: &Folder, name: &str, level: f32, seconds: usize) -> PathBuf {
    let side = || vec![level; seconds * RATE as usize];
    folder.wav(name, RATE, &[side(), side()])
}

fn empty(deck: u32) -> String {
    format!("Deck {deck}: drop an audio file here, or click to choose")
}

/// Drags a file to a control, by the way of one kind of program, and waits until it shows.
fn drop_on<P: Plug>(
    bundle: &Bundle<P>,
    host: &mut Host<'_, P>,
    label: &str,
    file: &Path,
    looks: Looks,
) {
    let (window, place) = (host.window, host.middle(label));
    let files = [file.to_owned()];
    let drop = std::thread::Builder::new().name("source".into());
    let drop = drop.spawn(move || Source::new(&files).drop_on(window, place, looks));
    let drop = drop.expect("threads can be started");
    host.until("the drag ends", |_| drop.is_finished().then_some(()));
    assert!(drop.join().expect("it does not panic"), "refused: {looks:?}");
    host.until("the file is shown", |_| bundle.windows().find(0, label).is_none().then_some(()));
}

fn click<P: Plug>(hands: &Hands<'_>, host: &mut Host<'_, P>, label: &str) {
    hands.move_to(host.window, host.middle(label));
    host.wait(Duration::from_millis(60));
    hands.click(1);
}

fn hears<P: Plug>(host: &mut Host<'_, P>, level: f32) {
    host.until(&format!("{level} is heard"), |host| (host.player().peak() == level).then_some(()));
}

fn a_dropped_file_is_loaded_played_seen_and_heard<P: Plug>() {
    let (screen, folder) = (screen(), Folder::new());
    let (bundle, hands) = (Bundle::<P>::open(), Hands(&screen));
    let one = wav(&folder, "one.wav", 0.5, 120);
    let two = wav(&folder, "two.wav", 0.25, 120);
    let allocated = bundle.probe().violations();
    for (scale, looks) in [(1.0, Looks::Deep), (2.0, Looks::TopLevelOnly)] {
        let mut host = Host::new(&screen, &bundle);
        host.play();
        host.open(scale);
        drop_on(&bundle, &mut host, &empty(3), &one, looks);
        hears(&mut host, 0.5);
        host.control("Deck 3: one.wav, playing");
        host.control("Bus 3 peak: −6.0");
        host.until("the host is told that there is something to save", |host| {
            (host.plug().dirty() > 0).then_some(())
        });
        let position =
            |host: &mut Host<'_, P>| host.control("Deck 3 position").value.unwrap_or(0.0);
        let before = position(&mut host);
        host.until("it moves", |host| (position(host) > before + 0.3).then_some(()));
        host.picture().keep(&format!("deck-{scale}x"));
        // Another in its place.
        drop_on(&bundle, &mut host, "Deck 3: one.wav, playing", &two, looks);
        hears(&mut host, 0.25);
        host.control("Deck 3: two.wav, playing");
        click(&hands, &mut host, "Deck 3 stop");
        hears(&mut host, 0.0);
        host.control("Deck 3: two.wav, stopped");
        click(&hands, &mut host, "Deck 3 play");
        hears(&mut host, 0.25);
        // The window closes and it plays on; the next window shows it.
        host.close();
        host.wait(Duration::from_millis(100));
        hears(&mut host, 0.25);
        host.open(scale);
        click(&hands, &mut host, "Deck 3 remove");
        hears(&mut host, 0.0);
        host.control(&empty(3));
        host.close();
        host.stop();
    }
    assert_eq!(bundle.probe().violations(), allocated, "allocations inside blocks");
}

fn a_file_is_chosen_inside_the_window<P: Plug>() {
    let (screen, folder) = (screen(), Folder::new());
    let (bundle, hands) = (Bundle::<P>::open(), Hands(&screen));
    wav(&folder, "one.wav", 0.5, 60);
    let here = wav(&folder, "two.wav", 0.25, 60);
    let mut host = Host::new(&screen, &bundle);
    host.play();
    host.open(1.0);
    drop_on(&bundle, &mut host, &empty(1), &here, Looks::Deep);
    hears(&mut host, 0.25);
    click(&hands, &mut host, "Deck 1 load");
    host.control("one.wav");
    host.picture().keep("chooser");
    hands.type_text("one");
    host.until("the other is filtered away", |_| {
        bundle.windows().find(0, "two.wav").is_none().then_some(())
    });
    hands.press(key::ENTER);
    hears(&mut host, 0.5);
    host.control("Deck 1: one.wav, playing");
    host.close();
    host.stop();
}

fn b_is_the_reference_on_the_monitor_and_never_printed<P: Plug>() {
    let (screen, folder) = (screen(), Folder::new());
    let (bundle, hands) = (Bundle::<P>::open(), Hands(&screen));
    let reference = wav(&folder, "that record.wav", 0.25, 60);
    let mut host = Host::new(&screen, &bundle);
    host.play();
    host.player().play([0.5, 0.0]);
    host.open(1.0);
    let label = "Reference: drop an audio file here, or click to choose";
    drop_on(&bundle, &mut host, label, &reference, Looks::Deep);
    host.control("Reference: that record.wav, playing");
    let mix = host.player().peak();
    let listens = |host: &mut Host<'_, P>, what: &str, level: f32| {
        host.until(what, |host| {
            ((host.player().monitor_peak() - level).abs() < 0.01).then_some(())
        });
    };
    listens(&mut host, "A, the mix, is on the monitor", mix);
    let b = host.control("Hear B, the reference").region(1.0);
    const ORANGE: [u8; 3] = [0xe6, 0x9f, 0x00];
    let is_lit = |host: &mut Host<'_, P>| host.picture().share(b, ORANGE) > 0.5;
    assert!(!is_lit(&mut host));
    // A click somewhere gives the window the keyboard.
    click(&hands, &mut host, "Master meter");
    hands.press('b'.into());
    host.until("B is lit", |host| is_lit(host).then_some(()));
    listens(&mut host, "B, the reference, is on the monitor", 0.25);
    // This host has connected the Monitor output: main carries the programme all the time.
    assert!((host.player().peak() - mix).abs() < 0.01);
    hands.press('a'.into());
    host.until("B is dark", |host| (!is_lit(host)).then_some(()));
    listens(&mut host, "A is on the monitor again", mix);
    host.close();
    host.stop();
}

fn an_instance_goes_in_the_middle_of_everything<P: Plug>() {
    let (screen, folder) = (screen(), Folder::new());
    let (bundle, hands) = (Bundle::<P>::open(), Hands(&screen));
    let long = wav(&folder, "long.wav", 0.5, 240);
    for round in 0..4 {
        let mut host = Host::new(&screen, &bundle);
        host.play();
        host.open(1.0);
        drop_on(&bundle, &mut host, &empty(1), &long, Looks::Deep);
        if round % 2 == 0 {
            click(&hands, &mut host, &empty(2));
            host.control("Cancel");
        }
        host.close();
        host.stop();
    }
    assert_eq!(bundle.windows().count(), 0);
}
