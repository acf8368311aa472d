//! The session model against what people and hosts may hand it.

use std::time::{Duration, Instant};

use busbar_engine::session::{MAX_BYTES, Session, Source, Strip, VERSION, Window};
use proptest::prelude::*;

/// One file for each version ever released, and one for each field that came to it later; none is
/// ever changed.
const FIXTURES: [(u32, &str); 1] = [(1, include_str!("sessions/version-1.toml"))];
const WITH_A_WINDOW: &str = include_str!("sessions/version-1-window.toml");

fn example() -> Session {
    let mut session = Session::default();
    session.bypass = true;
    session.master.gain = -1.5;
    session.strips[1] = Strip { gain: -6.25, balance: 0.5, mute: true, to_master: false };
    session.strips[7].gain = f32::NEG_INFINITY;
    session.decks[2] = Source { path: "/music/ü \"x\".flac".into(), looping: true };
    session.reference.path = "/music/that record.mp3".into();
    session
}

#[test]
fn every_version_ever_released_opens() {
    for (version, text) in FIXTURES {
        let session = Session::restore(text.as_bytes());
        assert_eq!(session.as_ref(), Ok(&example()), "version {version}");
    }
    let (newest, text) = FIXTURES[FIXTURES.len() - 1];
    assert_eq!(newest, VERSION);
    assert_eq!(example().write(), text, "the same session, the same bytes");
}

#[test]
fn a_window_is_remembered_where_there_is_one() {
    let mut session = example();
    session.window = Some(Window { width: 1400, height: 900 });
    assert_eq!(Session::restore(WITH_A_WINDOW.as_bytes()), Ok(session.clone()));
    assert_eq!(session.write(), WITH_A_WINDOW);
}

#[test]
fn what_is_left_out_has_its_default() {
    assert_eq!(Session::read(b"version = 1"), Ok(Session::default()));
    let session = Session::read(b"version = 1\n[[strip]]\nmute = true\n").unwrap();
    assert!(session.strips[0].mute && !session.strips[1].mute);
}

#[test]
fn refusals_say_what_where_and_why() {
    let too_many = format!("version = 1\n{}", "[[strip]]\n".repeat(9));
    for (text, expected) in [
        ("", "missing field `version`"),
        ("version = 0", "version 0 has never existed"),
        ("version = 2\nfuture = 1", "saved by a newer Busbar (session version 2"),
        ("version = -1", "line 1"),
        ("version = 1\nbypas = true", "line 2 of the session: unknown field `bypas`"),
        ("version = 1\n\n[master]\ngain = \"loud\"", "line 4"),
        ("version = 1\n[master]\ngain = 12.5", "master's gain is 12.5 dB"),
        ("version = 1\n[master]\ngain = nan", "master's gain is NaN dB"),
        ("version = 1\n[master]\ngain = inf", "from -80 to 12, or -inf"),
        ("version = 1\n[[strip]]\n[[strip]]\nbalance = -1.01", "balance of strip 2 is -1.01"),
        (&too_many, "9 entries, and there are 8"),
        ("version = 1\n[window]\nwidth = 0\nheight = 9", "window is 0 by 9 points"),
        ("version = 1\n[window]\nwidth = 900\nheight = 16385", "from 1 to 16384"),
        ("version = 1\n[window]\nwidth = 900", "missing field `height`"),
        ("version = 1\n[window]\nwidth = -5\nheight = 9", "line 3"),
    ] {
        let refusal = Session::read(text.as_bytes()).expect_err(text).to_string();
        assert!(refusal.contains(expected), "{text:?}: {refusal}");
    }
    assert!(Session::read(b"\xff\xfe").unwrap_err().to_string().contains("not text"));
}

/// Far above what any of it takes, far below what a person would call a hang: only there so that
/// something quadratic cannot pass.
const PATIENCE: Duration = Duration::from_secs(5);

#[test]
fn hostile_sessions_are_refused_at_once() {
    let noise: Vec<u8> =
        (0..MAX_BYTES as u32).map(|i| (i.wrapping_mul(2654435761) >> 24) as u8).collect();
    let deep = |open: &str, close: &str| {
        format!("version = 1\na = {}{}", open.repeat(100_000), close.repeat(100_000))
    };
    let wide = format!("version = 1\n{}", "[[strip]]\n".repeat(100_000));
    let start = Instant::now();
    for hostile in [
        noise,
        vec![b' '; MAX_BYTES + 1],
        vec![b'['; MAX_BYTES],
        deep("[", "]").into_bytes(),
        deep("{a=", "}").into_bytes(),
        format!("version = 1\n{}", "a.".repeat(400_000)).into_bytes(),
        wide.into_bytes(),
    ] {
        assert!(Session::read(&hostile).is_err());
    }
    assert!(start.elapsed() < PATIENCE, "took {:?}", start.elapsed());
}

#[test]
fn truncation_anywhere_is_refused() {
    let text = example().write();
    for end in 0..text.len() {
        assert!(Session::restore(&text.as_bytes()[..end]).is_err(), "{:?}", &text[..end]);
    }
    assert_eq!(Session::restore(text.as_bytes()), Ok(example()));
    assert_eq!(Session::restore(format!("{text}\r\n").as_bytes()), Ok(example()));
}

fn any_gain() -> impl Strategy<Value = f32> {
    prop_oneof![Just(f32::NEG_INFINITY), -80f32..=12.0]
}

proptest! {
    #[test]
    fn what_is_written_is_read_to_the_bit(
        bypass in any::<bool>(), master in any_gain(),
        strips in prop::collection::vec((any_gain(), -1f32..=1.0, any::<bool>(), any::<bool>()), 8),
    ) {
        let mut session = Session::default();
        (session.bypass, session.master.gain) = (bypass, master);
        for (strip, (gain, balance, mute, to_master)) in session.strips.iter_mut().zip(strips) {
            *strip = Strip { gain, balance, mute, to_master };
        }
        let text = session.write();
        let back = Session::read(text.as_bytes()).unwrap();
        prop_assert_eq!(&back, &session);
        prop_assert_eq!(back.write(), text);
    }

    #[test]
    fn bytes_from_anywhere_never_panic(
        at in 0usize..400, with in any::<u8>(), bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = Session::read(&bytes);
        let mut mutated = example().write().into_bytes();
        let at = at % mutated.len();
        mutated[at] = with;
        let _ = Session::read(&mutated);
    }
}
