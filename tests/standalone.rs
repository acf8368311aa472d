//! The program without a window: its command line, the timer and a device as drivers, the session
//! on disk, and signals.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use busbar_tests::program::{Home, Program, is_whole, run};

const RATE: u32 = 48_000;

/// A session with a file on deck 3 that goes on for ever, written by hand.
fn with_deck(file: &Path) -> String {
    let file = file.display();
    format!(
        "version = 1\n[[deck]]\n[[deck]]\n[[deck]]\npath = {:?}\nlooping = true\n",
        file.to_string()
    )
}

fn constant(home: &Home) -> std::path::PathBuf {
    home.folder().wav("half.wav", RATE, &[vec![0.5; 48_000], vec![-0.25; 48_000]])
}

fn near(peaks: [f32; 2], expected: [f32; 2]) -> bool {
    peaks.iter().zip(expected).all(|(peak, expected)| (peak - expected).abs() < 0.1)
}

fn is_session(path: &Path) -> bool {
    is_whole(path) && fs::read_to_string(path).expect("text").starts_with("version = ")
}

#[test]
fn the_command_line_is_understood_or_explained() {
    let home = Home::new();
    for (arguments, code, part) in [
        (&["help"][..], 0, "--driver NAME"),
        (&["--help"], 0, "busbar demo"),
        (&["--version"], 0, "Busbar 0."),
        (&["devices"], 0, "dummy"),
        (&["--loud"], 2, "there is no option --loud"),
        (&["--driver", "harp"], 2, "it is auto, jack, device or dummy"),
        (&["mix"], 2, "that is not understood"),
        (&[], 1, "busbar --no-window"),
        (&["--driver", "dummy"], 1, "DISPLAY is not set"),
        (&["--no-window", "--driver", "device", "--output", "harp"], 1, "`busbar devices` lists"),
    ] {
        let ended = run(&home, arguments);
        assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:?}");
        assert!((ended.out.clone() + &ended.said).contains(part), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn decks_of_a_session_play_on_the_timer_for_as_long_as_asked() {
    let home = Home::new();
    let session = with_deck(&constant(&home));
    fs::write(home.path("mine.toml"), &session).expect("a file");
    for (rate, period) in [("48000", "512"), ("44100", "64"), ("96000", "4096")] {
        let ended = run(
            &home,
            &[
                "--no-window",
                "--driver",
                "dummy",
                "--session",
                "mine.toml",
                "--play",
                "--seconds",
                "0.5",
                "--rate",
                rate,
                "--period",
                period,
            ],
        )
        .well();
        assert!(ended.said.contains(&format!("dummy, {rate} Hz, {period} frames")), "{ended:?}");
        for row in ["bus 3", "master"] {
            assert!(near(ended.peaks(row), [-6.02, -12.04]), "{ended:?}");
        }
        assert!(!ended.out.contains("bus 2"), "{ended:?}");
    }
    assert_eq!(fs::read_to_string(home.path("mine.toml")).expect("text"), session, "not touched");
}

#[test]
fn the_session_is_saved_by_itself_and_comes_back() {
    let home = Home::new();
    let second = ["--no-window", "--driver", "dummy", "--seconds", "0.1"];
    let first = run(&home, &second).well();
    assert!(first.said.contains("which is new"), "{first:?}");
    let path = home.data("session.toml");
    assert!(is_session(&path));
    let deck = constant(&home);
    let text = fs::read_to_string(&path).expect("text");
    let text = text.replacen("gain = 0.0", "gain = -6.0", 1);
    let text = text.replacen("path = \"\"", &format!("path = {:?}", deck.display().to_string()), 1);
    fs::write(&path, &text).expect("a file");
    let again = run(&home, &[&second[..], &["--play"]].concat()).well();
    assert!(!again.said.contains("new"), "{again:?}");
    assert!(near(again.peaks("bus 1"), [-6.02, -12.04]), "{again:?}");
    assert!(near(again.peaks("master"), [-12.02, -18.04]), "{again:?}");
    assert_eq!(fs::read_to_string(&path).expect("text"), text, "nothing changed");
    let names: Vec<_> = fs::read_dir(home.data("")).expect("a folder").collect();
    assert_eq!(names.len(), 2, "the session, its lock, and nothing left over: {names:?}");
}

#[test]
fn what_is_damaged_is_kept_aside_and_never_written_over() {
    let home = Home::new();
    let arguments = ["--no-window", "--driver", "dummy", "--seconds", "0"];
    let damages = ["no session\0\u{1}", "version = 99\n", "version = 1\n[[strip]]\ngain = 0.0\n"];
    for (damage, number) in damages.iter().zip(1..) {
        home.put_data("session.toml", damage);
        let ended = run(&home, &arguments).well();
        assert!(
            ended.said.contains("the last session cannot be used, and is kept as"),
            "{ended:?}"
        );
        let aside = home.data(&format!("session.refused-{number}.toml"));
        assert_eq!(fs::read_to_string(aside).expect("it is there"), *damage);
        assert!(is_session(&home.data("session.toml")));
        fs::write(home.path("mine.toml"), damage).expect("a file");
        // What somebody names is left where it is.
        let ended = run(&home, &[&arguments[..], &["--session", "mine.toml"]].concat());
        match number {
            // Written by hand there need be no end.
            3 => drop(ended.well()),
            _ => {
                assert_eq!(ended.code, Some(1), "{ended:?}");
                assert!(ended.said.contains("is left as it is"), "{ended:?}");
            }
        }
        assert_eq!(fs::read_to_string(home.path("mine.toml")).expect("text"), *damage);
    }
    for (name, part) in [("/dev/zero", "no file"), ("no/such/folder.toml", "No such file")] {
        let ended = run(&home, &[&arguments[..], &["--session", name]].concat());
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.said.contains(part), "{ended:?}");
    }
}

#[test]
fn two_at_once_have_a_session_each() {
    let home = Home::new();
    let arguments = ["--no-window", "--driver", "dummy"];
    let mut one = Program::start(&home, &arguments);
    one.until_said("busbar: dummy");
    let mut two = Program::start(&home, &arguments);
    two.until_said("session-2.toml, which is new");
    two.until_said("busbar: dummy");
    let own = home.data("session.toml");
    let named = run(&home, &[&arguments[..], &["--session", own.to_str().expect("text")]].concat());
    assert_eq!(named.code, Some(1));
    assert!(named.said.contains("is open in another Busbar"), "{named:?}");
    for program in [one, two] {
        program.signal(libc::SIGTERM);
        program.end().well();
    }
    assert!(is_session(&own) && is_session(&home.data("session-2.toml")));
    // Both have let go; one that is killed does, too.
    let mut three = Program::start(&home, &arguments);
    three.until_said("session.toml\n");
    three.signal(libc::SIGKILL);
    assert_eq!(three.end().signal, Some(libc::SIGKILL));
    let four = run(&home, &[&arguments[..], &["--seconds", "0"]].concat()).well();
    assert!(four.said.contains("session.toml\n"), "{four:?}");
}

#[test]
fn a_signal_at_any_moment_ends_it_in_order() {
    const ROUNDS: u64 = 16;
    let home = Home::new();
    let long = home.folder().wav("long.wav", RATE, &[vec![0.5; 9_600_000], vec![0.25; 9_600_000]]);
    for round in 0..ROUNDS {
        let session = home.data("session.toml");
        if round % 2 == 0 {
            // A file that takes a while, so that it is still being loaded in most rounds.
            home.put_data("session.toml", with_deck(&long) + "\n# end of session");
        } else {
            fs::remove_file(&session).expect("the last round's");
        }
        let signal = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP][round as usize % 3];
        let mut program = Program::start(&home, &["--no-window", "--driver", "dummy", "--play"]);
        // From the first word on: before it there is no program yet that could end in order.
        program.until_said("Ctrl-C ends it");
        // Any moment is the right one: the later rounds find it playing.
        std::thread::sleep(Duration::from_millis(round * round));
        program.signal(signal);
        let ended = program.end().well();
        assert!(ended.said.contains("session.toml"), "round {round}: {ended:?}");
        assert!(is_session(&session), "round {round}: {ended:?}");
    }
}

#[test]
fn who_asks_twice_does_not_wait() {
    let home = Home::new();
    let mut program = Program::start(&home, &["--no-window", "--driver", "dummy"]);
    program.until_said("busbar: dummy");
    // Both while it cannot do anything, so that the second finds the first not yet obeyed.
    program.signal(libc::SIGSTOP);
    program.signal(libc::SIGINT);
    program.signal(libc::SIGTERM);
    program.signal(libc::SIGCONT);
    let ended = program.end();
    // Whichever the system delivers last.
    let either = [128 + libc::SIGINT, 128 + libc::SIGTERM].map(Some);
    assert!(either.contains(&ended.code), "{ended:?}");
}

/// A device that writes what is played to a file, and records what is in another, as fast as it can.
const FILES: &str = r#"
pcm.!default { type plug slave.pcm "files" }
pcm.files {
    type file
    slave.pcm "null"
    file "played.raw"
    infile "recorded.raw"
    format "raw"
    hint { show on description "Files for a test" }
}
"#;

fn floats(path: &Path) -> Vec<[f32; 2]> {
    let bytes = fs::read(path).expect("it has been played to");
    let float = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().expect("four bytes"));
    bytes.chunks_exact(8).map(|frame| [float(&frame[..4]), float(&frame[4..])]).collect()
}

#[test]
fn a_device_is_played_to_and_recorded_from() {
    let home = Home::new();
    fs::write(home.path(".asoundrc"), FILES).expect("a file");
    fs::write(home.path("mine.toml"), with_deck(&constant(&home))).expect("a file");
    let frame = [0.125f32, 0.0625].map(f32::to_le_bytes).concat();
    // It has no clock, and is read as fast as it can be: enough for as long as it is listened to.
    fs::write(home.path("recorded.raw"), frame.repeat(6_000_000)).expect("a file");
    let listed = run(&home, &["devices"]);
    assert!(listed.out.contains("files  (Files for a test; in and out)"), "{listed:?}");

    let common = ["--no-window", "--driver", "device", "--seconds", "1"];
    let deck = ["--session", "mine.toml", "--play"];
    let ended = run(&home, &[&common[..], &deck].concat()).well();
    assert!(ended.said.contains("device Default Audio Device, 48000 Hz, 2 channels"), "{ended:?}");
    assert!(near(ended.peaks("master"), [-6.02, -12.04]), "{ended:?}");
    let played = floats(&home.path("played.raw"));
    assert!(played.len() > RATE as usize);
    let step = |side: usize| {
        let steps = played.windows(2).map(|two| (two[1][side] - two[0][side]).abs());
        steps.fold(0.0, f32::max)
    };
    // The deck fades in within 4 ms; the program's own fades at both ends are slower.
    assert!(step(0) < 0.5 / 180.0 && step(1) < 0.25 / 180.0, "{} {}", step(0), step(1));
    let (first, last) = (played.first(), played.last());
    assert_eq!((first, last), (Some(&[0.0; 2]), Some(&[0.0, -0.0])));
    assert!(played.iter().filter(|frame| **frame == [0.5, -0.25]).count() > RATE as usize / 2);

    // An input comes through a ring, and on the second bus there is none.
    let input = ["--input", "files", "--session", "other.toml", "--rate", "44100"];
    let ended = run(&home, &[&common[..], &input].concat()).well();
    assert!(ended.said.contains("input Files for a test, 2 channels"), "{ended:?}");
    assert!(near(ended.peaks("bus 1"), [-18.06, -24.08]), "{ended:?}");
    assert!(!ended.out.contains("bus 2"), "{ended:?}");
}
