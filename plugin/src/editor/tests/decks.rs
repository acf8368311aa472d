//! Decks, drops, the reference, and what is said when something cannot be played.

use busbar_dsp::console::listen::{Listening, Part};
use busbar_engine::keys::Keys;
use busbar_engine::monitor::Heard;
use busbar_media::loader::Moment;

use super::*;
use crate::decks::Kind;

const LONG: usize = 20 * RATE as usize;

fn bench_with(files: &[(&str, f32)]) -> (Bench, Folder, Vec<PathBuf>) {
    let folder = Folder::new();
    let paths = files.iter().map(|(name, level)| folder.level(name, *level, LONG)).collect();
    (Bench::new(), folder, paths)
}

fn slots(bench: &Bench) -> Vec<String> {
    bench.carrier.statuses().iter().map(|status| status.name().to_owned()).collect()
}

/// To the end, and not only announced.
fn is_loaded(bench: &Bench, slot: usize) -> bool {
    matches!(bench.status(slot).kind, Kind::Ready)
}

#[test]
fn an_empty_desk_says_what_to_do() {
    let bench = Bench::new();
    for deck in 1..=8 {
        assert!(bench.sees(&format!("Deck {deck}: drop an audio file here, or click to choose")));
    }
    assert!(bench.sees("Reference: drop an audio file here"));
    bench.harness.get_by_label("Hear A, the mix");
    bench.harness.get_by_label("Hear B, the reference");
}

#[test]
fn a_dropped_file_goes_where_it_is_dropped_and_is_heard() {
    let (mut bench, _folder, files) = bench_with(&[("one.wav", 0.5), ("two.wav", 0.25)]);
    bench.drop_on("Deck 3: drop", &[&files[0]]);
    assert_eq!((bench.status(2).name(), bench.link.edits()), ("one.wav", 1));
    assert!(bench.link.infinite_tail(), "the host must not let it sleep now");
    bench.until_heard(0.5);
    bench.until("it is said", |bench| {
        bench.harness.run();
        bench.sees("Deck 3: one.wav, playing")
    });
    // Another one takes its place, and plays as well.
    bench.drop_on("Deck 3: one.wav", &[&files[1]]);
    bench.until_heard(0.25);
    assert_eq!(bench.status(2).name(), "two.wav");
    assert_eq!(slots(&bench).iter().filter(|name| !name.is_empty()).count(), 1);
}

#[test]
fn files_dropped_elsewhere_fill_the_empty_decks_and_nothing_is_lost_silently() {
    let (mut bench, folder, files) = bench_with(&[("one.wav", 0.5)]);
    bench.drop_on("Deck 2: drop", &[&files[0]]);
    let many: Vec<PathBuf> = (0..9).map(|i| folder.path(&format!("{i}.flac"))).collect();
    let many: Vec<&Path> = many.iter().map(PathBuf::as_path).collect();
    bench.drop_files(&many, egui::pos2(500.0, 200.0));
    let expected = ["0", "one", "1", "2", "3", "4", "5", "6", ""];
    for (name, expected) in slots(&bench).iter().zip(expected) {
        assert_eq!(name.split('.').next(), Some(expected));
    }
    assert!(bench.sees("No deck is empty for 7.flac and 1 more"));
    // On the reference the first is the reference.
    bench.drop_on("Reference: drop", &[&files[0]]);
    assert_eq!(bench.status(8).name(), "one.wav");
}

#[cfg(unix)]
#[test]
fn a_name_that_cannot_be_saved_is_refused_with_a_reason() {
    use std::os::unix::ffi::OsStrExt;

    let mut bench = Bench::new();
    // As in a window: what no font has is drawn as a box.
    bench.harness.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    bench.drop_on("Deck 2: drop", &[Path::new("/東京/🎵 \u{202e}gnp.wav")]);
    assert_eq!(bench.status(1).name(), "🎵 \u{202e}gnp.wav");
    let path = Path::new(std::ffi::OsStr::from_bytes(b"/music/\xff.wav"));
    bench.drop_on("Deck 1: drop", &[path]);
    assert!(bench.status(0).is_empty() && bench.sees("not valid text"));
    let long = PathBuf::from(format!("/{}", "x".repeat(40_000)));
    bench.drop_on("Deck 1: drop", &[&long]);
    assert!(bench.status(0).is_empty() && bench.sees("40001 bytes"));
}

#[test]
fn while_files_are_dragged_their_place_is_shown() {
    let (mut bench, _folder, files) = bench_with(&[("one.wav", 0.5)]);
    let empty = bench.harness.get_by_label_contains("Deck 5: drop").rect().center();
    bench.hover(&[&files[0]], empty);
    bench.hover(&[&files[0]], empty);
    assert!(bench.status(4).is_empty(), "nothing has been dropped yet");
    bench.drop_files(&[&files[0]], empty);
    assert_eq!(bench.status(4).name(), "one.wav");
}

#[test]
fn every_deck_obeys_its_buttons() {
    let (mut bench, _folder, files) = bench_with(&[("one.wav", 0.5)]);
    bench.drop_on("Deck 1: drop", &[&files[0]]);
    bench.until_heard(0.5);
    bench.click("Deck 1 stop");
    bench.until_heard(0.0);
    let stays = bench.status(0).position;
    assert!(stays > 0.0 && bench.status(0).length.is_some());
    bench.click("Deck 1 play");
    bench.until_heard(0.5);
    assert!(bench.status(0).position >= stays);
    let edits = bench.link.edits();
    bench.click("Deck 1 loop");
    assert!(bench.status(0).source.looping && bench.link.edits() == edits + 1);
    bench.until("the whole file is there", |bench| bench.status(0).length == Some(20.0));
    let bar = bench.harness.get_by_label("Deck 1 position").rect();
    bench.harness.drag_at(bar.center());
    bench.harness.drop_at(bar.center());
    bench.harness.run();
    bench.until("it has gone to the middle", |bench| {
        bench.block();
        (9.5..11.0).contains(&bench.status(0).position)
    });
    bench.harness.get_by_label("Deck 1 position").focus();
    bench.harness.run();
    bench.press(Modifiers::NONE, Key::Home);
    bench.until("it has gone to the beginning", |bench| {
        bench.block();
        bench.status(0).position < 0.5
    });
    bench.click("Deck 1 remove");
    bench.until_heard(0.0);
    assert!(bench.status(0).is_empty() && bench.sees("Deck 1: drop"));
    assert!(!bench.link.infinite_tail());
    // What comes next does not begin to play because the last one did.
    let path = files[0].to_str().unwrap().to_owned();
    bench
        .params
        .wanted
        .put(Slot::deck(0).unwrap(), busbar_engine::session::Source { path, looping: false });
    bench.until("it has come", |bench| {
        bench.block();
        bench.status(0).length == Some(20.0)
    });
    assert_eq!((0..9).map(|_| bench.block()).fold(0.0, f32::max), 0.0);
}

#[test]
fn orders_for_a_host_that_does_not_process_are_kept_and_the_last_word_counts() {
    let (mut bench, _folder, files) = bench_with(&[("one.wav", 0.5)]);
    bench.drop_on("Deck 1: drop", &[&files[0]]);
    bench.until("it is there", |bench| bench.status(0).length == Some(20.0));
    let desk = bench.harness.state_mut().desk();
    for _ in 0..1000 {
        desk.stop(Slot::deck(0).unwrap());
        desk.seek(Slot::deck(0).unwrap(), 7.0);
        desk.play(Slot::deck(0).unwrap());
    }
    bench.until("it plays from there", |bench| {
        let level = bench.block();
        bench.tick();
        level == 0.5 && bench.status(0).position > 7.0
    });
}

#[test]
fn what_is_stopped_before_it_is_there_does_not_begin_to_play() {
    // A few clips before it that fade over one another, and more than the queue has room for.
    for before in [4, 80] {
        let (mut bench, _folder, files) = bench_with(&[("silence.wav", 0.0), ("one.wav", 0.5)]);
        bench.drop_on("Deck 1: drop", &[&files[0]]);
        for _ in 0..before {
            let desk = bench.harness.state_mut().desk();
            desk.load(Slot::deck(0).unwrap(), &files[0]).unwrap();
            bench.until("it is there", |bench| is_loaded(bench, 0));
            bench.carrier.tick(&bench.loader);
        }
        bench.drop_on("Deck 3: drop", &[&files[1]]);
        bench.until("it is there", |bench| is_loaded(bench, 2));
        bench.carrier.tick(&bench.loader);
        bench.harness.state_mut().desk().stop(Slot::deck(2).unwrap());
        // The pump is slow: the queue is empty before it sends what it had no room for.
        for _ in 0..10 {
            let heard = (0..100).map(|_| bench.block()).fold(0.0, f32::max);
            assert_eq!(heard, 0.0, "stopped, after {before}");
            bench.carrier.tick(&bench.loader);
        }
        bench.harness.state_mut().desk().play(Slot::deck(2).unwrap());
        bench.until_heard(0.5);
    }
}

#[test]
fn a_state_that_comes_in_the_middle_of_a_change_stays() {
    use nih_plug::params::persist::PersistentField;

    use crate::decks::Sources;

    let mut bench = Bench::new();
    let (wanted, slot) = (bench.params.wanted.clone(), Slot::deck(0).unwrap());
    let host = std::thread::Builder::new().name("host".into());
    let host = host.spawn(move || {
        (0..20_000).all(|i| {
            let mut sources = Sources::default();
            sources.0[0].path = format!("/{i}.wav");
            let path = sources.0[0].path.clone();
            wanted.set(sources);
            (0..20).all(|_| wanted.get(slot).path == path)
        })
    });
    let host = host.unwrap();
    let desk = bench.harness.state_mut().desk();
    while !host.is_finished() {
        desk.set_looping(slot, true);
        desk.try_again(slot);
    }
    assert!(host.join().unwrap(), "an older file came back");
}

#[test]
fn the_reference_is_heard_by_b_and_the_mix_by_a() {
    let (mut bench, _folder, files) = bench_with(&[("that record.wav", 0.25), ("mix.wav", 0.5)]);
    bench.press(Modifiers::NONE, Key::B);
    assert!(bench.sees("There is no reference to hear") && !bench.monitor.asks_for_reference());
    bench.drop_on("Reference: drop", &[&files[0]]);
    bench.drop_on("Deck 1: drop", &[&files[1]]);
    bench.until_heard(0.5);
    bench.press(Modifiers::NONE, Key::B);
    bench.until_heard(0.25);
    assert_eq!(bench.monitor.heard(), Heard::ReferenceOnMain);
    bench.until("it is said in a banner", |bench| {
        bench.harness.run();
        bench.sees("REFERENCE ON MAIN")
    });
    bench.press(Modifiers::NONE, Key::A);
    bench.until_heard(0.5);
    bench.harness.run();
    assert!(!bench.sees("REFERENCE ON MAIN"));
    // Where the Monitor output is connected there is nothing to warn of.
    bench.has_monitor = true;
    bench.click("Hear B, the reference");
    bench.until("it is on the monitor", |bench| {
        bench.block() == 0.5 && bench.monitor.heard() == Heard::ReferenceOnMonitor
    });
    assert!(!bench.sees("REFERENCE ON MAIN"));
    bench.click("Hear A, the mix");
    assert!(!bench.monitor.asks_for_reference());
}

#[test]
fn keys_that_are_heard_on_main_are_said_in_a_banner() {
    let (mut bench, _folder, files) = bench_with(&[("mix.wav", 0.5)]);
    bench.drop_on("Deck 1: drop", &[&files[0]]);
    bench.until_heard(0.5);
    let listening = Listening { part: Part::Side, ..Listening::default() };
    bench.monitor.set_keys(Keys { listening, ..Keys::default() });
    bench.until_heard(0.0);
    bench.until("it is said in a banner", |bench| {
        bench.block();
        bench.harness.run();
        bench.sees("MONITOR KEYS ON MAIN")
    });
    bench.monitor.set_keys(Keys::default());
    bench.until_heard(0.5);
    bench.harness.run();
    assert!(!bench.sees("MONITOR KEYS ON MAIN"));
}

#[test]
fn letters_that_are_typed_switch_nothing() {
    let (mut bench, _folder, files) = bench_with(&[("that record.wav", 0.25)]);
    bench.drop_on("Reference: drop", &[&files[0]]);
    bench.click("Bus 1 Gain value");
    bench.press(Modifiers::NONE, Key::B);
    assert!(!bench.monitor.asks_for_reference());
    bench.press(Modifiers::NONE, Key::Escape);
    bench.press(Modifiers::COMMAND, Key::B);
    assert!(!bench.monitor.asks_for_reference());
    bench.press(Modifiers::NONE, Key::B);
    assert!(bench.monitor.asks_for_reference());
    bench.click("Reference remove");
    assert!(!bench.monitor.asks_for_reference(), "there is nothing to hear");
}

#[test]
fn a_restored_state_is_shown_with_what_is_missing_and_begins_with_the_mix() {
    use nih_plug::params::persist::PersistentField;

    use crate::decks::Sources;

    let (mut bench, folder, files) = bench_with(&[("one.wav", 0.5)]);
    bench.monitor.hear_reference(true);
    let mut sources = Sources::default();
    sources.0[1].path = files[0].to_str().unwrap().to_owned();
    let gone = folder.path("gone.flac").to_str().unwrap().to_owned();
    sources.0[8].path.clone_from(&gone);
    bench.tick();
    bench.params.wanted.set(sources);
    assert!(bench.tick(), "there is something new to be seen");
    assert!(!bench.monitor.asks_for_reference());
    bench.until("both are looked up", |bench| {
        bench.status(1).length.is_some() && bench.status(8).word() == "missing"
    });
    assert!(bench.sees("Deck 2: one.wav, ") && bench.sees("Reference: gone.flac, missing"));
    assert!(bench.sees(&format!("{gone} (opening): there is no such file")), "with its path");
    assert_eq!(bench.link.edits(), 0, "the user has changed nothing");
    // It comes back, and is tried again.
    folder.level("gone.flac", 0.25, 4800);
    bench.click("Reference try again");
    bench.until("it is there", |bench| bench.status(8).length == Some(0.1));
    bench.block();
    assert_eq!(bench.link.edits(), 0);
}

/// Something that cannot be played, what the deck says, and what it says one can do.
type Bad = (PathBuf, &'static str, &'static str);

fn bad_files(folder: &Folder) -> Vec<Bad> {
    let write = |name: &str, bytes: &[u8]| {
        fs::write(folder.path(name), bytes).unwrap();
        folder.path(name)
    };
    fs::create_dir(folder.path("folder")).unwrap();
    let pipe = folder.path("pipe.wav");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let whole = fs::read(folder.level("whole.wav", 0.0, LONG)).unwrap();
    let mut all = vec![
        (
            write("words.wav", "Dear neighbour, ".repeat(99).as_bytes()),
            "not a kind of file",
            "export",
        ),
        (write("empty.flac", b""), "empty", "again"),
        (write("cut.wav", &whole[..whole.len() / 2]), "only", "frames"),
        (folder.path("folder"), "folder", "Choose the files inside"),
        (pipe, "not an ordinary file", "Copy"),
        (folder.path("missing.ogg"), "no such file", "moved or renamed"),
    ];
    let secret = write("secret.wav", &whole);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    }
    // Root may read everything.
    if fs::File::open(&secret).is_err() {
        all.push((secret, "may not be read", "permissions"));
    }
    all
}

#[test]
fn what_cannot_be_played_says_why_in_its_deck_and_disturbs_nobody() {
    let (mut bench, folder, files) = bench_with(&[("good.wav", 0.5)]);
    bench.drop_on("Deck 8: drop", &[&files[0]]);
    bench.until_heard(0.5);
    bench.click("Deck 8 loop");
    for (path, why, advice) in bad_files(&folder) {
        let at = bench.place_of("Deck 1: ").center();
        bench.drop_files(&[&path], at);
        bench.until(why, |bench| {
            // What plays goes on playing, whatever comes.
            assert_eq!(bench.block(), 0.5);
            bench.status(0).complaint().is_some_and(|complaint| complaint.contains(why))
        });
        let explanation = bench.status(0).explanation().unwrap();
        assert!(explanation.contains(path.to_str().unwrap()), "{explanation}");
        assert!(explanation.contains(advice), "{explanation}");
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(bench.sees(&format!("Deck 1: {name}, ")), "{name}");
        assert!(bench.sees(&explanation), "the whole story is in the line below");
    }
}

#[test]
fn what_goes_while_it_loads_is_told() {
    for moment in [Moment::LookUp, Moment::Open, Moment::Grown] {
        let folder = Folder::new();
        let path = folder.level("going.wav", 0.5, LONG);
        let going = path.clone();
        let watch = move |file: &Path, now: Moment| {
            if file == going && now == moment && file.exists() {
                let file = fs::OpenOptions::new().write(true).open(file).unwrap();
                file.set_len(if moment == Moment::Grown { 100_000 } else { 0 }).unwrap();
                if moment != Moment::Grown {
                    fs::remove_file(&going).unwrap();
                }
            }
        };
        let options = Options { workers: 1, watch: Some(Arc::new(watch)), ..Options::default() };
        let mut bench = Bench::with([1000.0, 640.0], options);
        bench.drop_on("Deck 1: drop", &[&path]);
        let word = if moment == Moment::Grown { "frames" } else { "no such file" };
        bench.until(word, |bench| {
            bench.block();
            bench.status(0).complaint().is_some_and(|complaint| complaint.contains(word))
        });
        assert!(bench.sees("Deck 1: going.wav, "));
    }
}

#[test]
fn a_still_desk_is_not_drawn_and_a_playing_one_no_more_than_can_be_told_apart() {
    let (mut bench, _folder, files) = bench_with(&[("one.wav", 0.0)]);
    bench.drop_on("Deck 1: drop", &[&files[0]]);
    bench.until("it is there", |bench| is_loaded(bench, 0));
    bench.until("it plays", |bench| {
        bench.block();
        bench.status(0).position > 0.1
    });
    // With the host at rest, and known to be, nothing moves.
    bench.pass(Duration::from_millis(300));
    bench.tick();
    assert!(!bench.harness.state_mut().model().is_running());
    let still = (0..100).all(|_| {
        bench.pass(Duration::from_millis(16));
        !bench.tick()
    });
    assert!(still);
    // A second of sound in 188 blocks: a 1024th of 20 seconds is 938 frames.
    let moves = (0..188).filter(|_| {
        bench.block();
        bench.carrier.tick(&bench.loader);
        bench.tick()
    });
    let moves = moves.count();
    // And one more, when the host is seen to run.
    assert!((51..=53).contains(&moves), "{moves}");
}
