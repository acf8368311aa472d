//! The session model against what people and hosts may hand it.

use std::time::{Duration, Instant};

use busbar_engine::session::{
    Ducker, HighPass, Law, Limiter, MAX_BYTES, Pan, PanMode, Session, Slope, Source, Strip,
    VERSION, Window,
};
use proptest::prelude::*;

/// A saved session, and what it says.
type Fixture = (&'static str, fn() -> Session);

/// One file for each version ever released, and one for each field that came to it later; none is
/// ever changed.
const FIXTURES: [Fixture; 3] = [
    (include_str!("sessions/version-1.toml"), version_1),
    (include_str!("sessions/version-1-window.toml"), with_a_window),
    (include_str!("sessions/version-2.toml"), example),
];

fn version_1() -> Session {
    let mut session = Session::default();
    session.bypass = true;
    session.master.gain = -1.5;
    let plain = Strip::default();
    session.strips[1] = Strip { gain: -6.25, balance: 0.5, mute: true, to_master: false, ..plain };
    session.strips[7].gain = f32::NEG_INFINITY;
    session.decks[2] = Source { path: "/music/ü \"x\".flac".into(), looping: true };
    session.reference.path = "/music/that record.mp3".into();
    session
}

fn with_a_window() -> Session {
    let mut session = version_1();
    session.window = Some(Window { width: 1400, height: 900 });
    session
}

/// Everything that there is, elsewhere than by default.
fn example() -> Session {
    let mut session = with_a_window();
    session.master.limiter = Limiter { on: true, ceiling: -2.5, release: 50.0, look_ahead: 1.5 };
    session.strips[2] = Strip {
        trim: -3.5,
        invert_left: true,
        width: 150.0,
        high_pass: HighPass { on: true, hertz: 120.0, slope: Slope::Db24 },
        ducker: Ducker {
            key: 8,
            threshold: -40.5,
            depth: 9.0,
            attack: 5.0,
            hold: 100.0,
            release: 1500.0,
        },
        pan: Pan { mode: PanMode::Dual, law: Law::Minus4_5, left: -0.5, right: 0.75 },
        meter_before: true,
        ..Strip::default()
    };
    session.strips[3].invert_right = true;
    session.strips[3].pan.mode = PanMode::Mono;
    session.strips[3].pan.law = Law::Minus6;
    session
}

#[test]
fn every_version_ever_released_opens() {
    for (text, session) in FIXTURES {
        assert_eq!(Session::restore(text.as_bytes()), Ok(session()), "{text}");
    }
    let (newest, session) = FIXTURES[FIXTURES.len() - 1];
    assert!(newest.starts_with(&format!("version = {VERSION}\n")));
    assert_eq!(session().write(), newest, "the same session, the same bytes");
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
        ("version = 3\nfuture = 1", "saved by a newer Busbar (session version 3"),
        ("version = -1", "line 1"),
        ("version = 1\nbypas = true", "line 2 of the session: unknown field `bypas`"),
        ("version = 1\n\n[master]\ngain = \"loud\"", "line 4"),
        ("version = 1\n[master]\ngain = 12.5", "master's gain is 12.5 dB"),
        ("version = 1\n[master]\ngain = nan", "master's gain is NaN dB"),
        ("version = 1\n[master]\ngain = inf", "from -80 to 12, or -inf"),
        ("version = 1\n[[strip]]\n[[strip]]\nbalance = -1.01", "balance of strip 2 is -1.01"),
        (
            "version = 2\n[[strip]]\ntrim = 25.0",
            "trim of strip 1 is 25, and has to be from -24 to 24",
        ),
        ("version = 2\n[[strip]]\nwidth = nan", "width of strip 1 is NaN"),
        ("version = 2\n[[strip]]\nhigh_pass.hertz = 19.0", "high-pass of strip 1 is 19"),
        ("version = 2\n[[strip]]\nhigh_pass.slope = 12", "line 3"),
        ("version = 2\n[[strip]]\nhigh_pass.slope = \"6 dB\"", "unknown variant `6 dB`"),
        ("version = 2\n[[strip]]\nducker.key = 9", "ducker of strip 1 listens to bus 9"),
        ("version = 2\n[[strip]]\nducker.key = -1", "line 3"),
        ("version = 2\n[[strip]]\nducker.hold = 0.0", "ducker's hold of strip 1 is 0"),
        ("version = 2\n[[strip]]\npan.left = 1.5", "left pan of strip 1 is 1.5"),
        ("version = 2\n[master.limiter]\nceiling = 0.5", "limiter's ceiling is 0.5"),
        ("version = 2\n[master.limiter]\nlook_ahead = 10.5", "limiter's look-ahead is 10.5"),
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

/// Far above what any of it takes, on a busy machine too, and far below what anything quadratic
/// takes with a megabyte: only there so that a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

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
        numbers in (-24f32..=24.0, 0f32..=200.0, 20f32..=400.0, -60f32..=0.0, 1f32..=500.0),
        (key, ceiling, look_ahead) in (0u8..=8, -20f32..=0.0, 0f32..=10.0),
    ) {
        let mut session = Session::default();
        (session.bypass, session.master.gain) = (bypass, master);
        for (strip, (gain, balance, mute, to_master)) in session.strips.iter_mut().zip(strips) {
            *strip = Strip { gain, balance, mute, to_master, ..*strip };
            (strip.trim, strip.width, strip.high_pass.hertz, _, _) = numbers;
            (_, _, _, strip.ducker.threshold, strip.ducker.attack) = numbers;
            strip.ducker.key = key;
        }
        session.master.limiter = Limiter { on: bypass, ceiling, look_ahead, release: 10.0 };
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
