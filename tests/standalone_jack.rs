//! The program in a JACK server's graph.

#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};

use busbar_tests::jackd::{Other, Player, Recorder, Server, Signal};
use busbar_tests::program::{Home, Program, is_whole, run};

const ARGUMENTS: [&str; 5] = ["--no-window", "--driver", "jack", "--output", "none"];

fn start(home: &Home) -> Program {
    let mut busbar = Program::start(home, &ARGUMENTS);
    busbar.until_said("busbar: jack, client Busbar");
    busbar
}

/// Noise, the same on every machine, and different on both sides.
fn noise(salt: u64, side: usize, frame: u64) -> f32 {
    let mut state = (frame ^ salt << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ side as u64;
    state = (state ^ state >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (state >> 40) as f32 / (1 << 23) as f32 - 1.0
}

fn main_noise(side: usize, frame: u64) -> f32 {
    // What a mixer would change if it did anything at all.
    match frame % 97 {
        0 => -0.0,
        1 => 1e-40,
        _ => noise(1, side, frame),
    }
}

fn other_noise(side: usize, frame: u64) -> f32 {
    noise(2, side, frame) / 4.0
}

fn tone(side: usize, frame: u64) -> f32 {
    let sample = (std::f64::consts::TAU * (frame % TONE) as f64 / TONE as f64).sin();
    sample as f32 / [2.0, 4.0][side]
}

/// Frames of its period.
const TONE: u64 = 64;

fn ones(side: usize, _: u64) -> f32 {
    [0.5, 0.25][side]
}

fn sum(side: usize, frame: u64) -> f32 {
    main_noise(side, frame) + other_noise(side, frame)
}

/// Asserts that what was recorded is a signal from some frame on, to the bit, with nothing missing.
#[track_caller]
fn is_all_of(recorded: &[Vec<f32>; 2], signal: Signal) {
    /// Enough to be sure of the place.
    const SURE: usize = 200;
    /// More frames than any test takes.
    const LONGEST: u64 = 20_000_000;
    let fits = |at: &u64| {
        let start = recorded[0][..SURE].iter().zip(*at..);
        start.into_iter().all(|(sample, frame)| sample.to_bits() == signal(0, frame).to_bits())
    };
    let at = (0..LONGEST).find(fits).expect("the beginning is of the signal");
    for (side, recorded) in recorded.iter().enumerate() {
        for (sample, frame) in recorded.iter().zip(at..) {
            let expected = signal(side, frame);
            assert_eq!(sample.to_bits(), expected.to_bits(), "{sample} for {expected} at {frame}");
        }
    }
}

fn is_ones(heard: &[Vec<f32>; 2]) -> bool {
    (0..2).all(|side| heard[side].last() == Some(&ones(side, 0)))
}

#[test]
fn the_servers_rate_and_period_are_taken_and_one_bus_is_untouched() {
    for (rate, period) in [(44_100, 256), (48_000, 1024)] {
        let _server = Server::start(rate, period);
        let home = Home::new();
        let mut busbar = Program::start(&home, &[&ARGUMENTS[..], &["--rate", "96000"]].concat());
        busbar.until_said(&format!("jack, client Busbar, {rate} Hz, {period} frames"));
        let player = Player::start(&[("main", main_noise)]);
        player.connect("main", "main_in");
        let out = Recorder::start("out", "main_out");
        out.until_heard("the main input", |heard| heard[0].iter().any(|sample| *sample > 0.1));
        is_all_of(&out.record(3 * rate as usize), main_noise);
        // Another period, in the middle of it.
        let changed = Command::new("jack_bufsize").arg("512").stdout(Stdio::null()).status();
        assert!(changed.expect("the package `jackd2` has it").success());
        out.record(rate as usize);
        is_all_of(&out.record(rate as usize), main_noise);
        drop((player, out));
        busbar.signal(libc::SIGINT);
        let ended = busbar.end().well();
        // All of it ran at the server's rate: the meters have seen it.
        assert!(ended.peaks("bus 1").iter().all(|peak| (-0.1..=0.0).contains(peak)), "{ended:?}");
    }
}

#[test]
fn buses_sum_and_those_without_a_wire_are_absent() {
    let _server = Server::start(48_000, 256);
    let home = Home::new();
    let busbar = start(&home);
    let player = Player::start(&[("main", main_noise), ("other", other_noise), ("ones", ones)]);
    let (out, monitor) =
        (Recorder::start("out", "main_out"), Recorder::start("monitor", "monitor"));
    player.connect("ones", "bus5");
    out.until_heard("bus 5", is_ones);
    monitor.until_heard("bus 5 on the monitor", is_ones);
    player.disconnect("ones", "bus5");
    out.until_heard("silence", |heard| heard[0].iter().all(|sample| *sample == 0.0));
    player.connect("main", "main_in");
    player.connect("other", "bus5");
    let is_sum = |heard: &[Vec<f32>; 2]| heard[0].iter().any(|sample| sample.abs() > 1.05);
    out.until_heard("the sum", is_sum);
    is_all_of(&out.record(48_000), sum);
    monitor.until_heard("the sum on the monitor", is_sum);
    is_all_of(&monitor.record(48_000), sum);
    busbar.signal(libc::SIGTERM);
    let ended = busbar.end().well();
    drop((player, out, monitor));
    assert!(ended.said.contains("buses in the last block: 00010001"), "{ended:?}");
    assert_eq!(ended.peaks("bus 5")[1], -12.0);
    assert!(!ended.out.contains("bus 2"), "{ended:?}");
}

#[test]
fn another_program_plays_into_a_sidechain() {
    let _server = Server::start(48_000, 1024);
    let home = Home::new();
    let busbar = start(&home);
    let sides = [0, 1].map(|side| (0..48_000).map(|frame| tone(side, frame)).collect());
    let file = home.folder().wav("tone.wav", 48_000, &sides);
    let out = Recorder::start("out", "main_out");
    let mut command = Command::new("sndfile-jackplay");
    command.arg("--loop=4").arg(file);
    let mut other = Other::start(command);
    for (port, side) in [("jackplay:out_1", "l"), ("jackplay:out_2", "r")] {
        out.wire(port, &format!("Busbar:bus5_{side}"));
    }
    // It reads the file as fast as it can, and may be late: a long stretch of its tone will do.
    out.until_heard("the tone", |heard| heard[0].iter().any(|sample| *sample == tone(0, TONE / 4)));
    let is_tone = |[left, right]: [&[f32]; 2]| {
        (0..TONE).any(|at| {
            left.iter().zip(at..).all(|(sample, frame)| *sample == tone(0, frame))
                && right.iter().zip(at..).all(|(sample, frame)| *sample == tone(1, frame))
        })
    };
    let mut found = false;
    while !other.has_ended() {
        let [left, right] = out.record(12_000);
        let stretches = left.chunks_exact(8_000).zip(right.chunks_exact(8_000));
        found |= stretches.into_iter().any(|(left, right)| is_tone([left, right]));
    }
    assert!(found, "no stretch of the tone is whole");
    busbar.signal(libc::SIGTERM);
    let ended = busbar.end().well();
    let expected = [-6.0, -12.0];
    assert!(ended.peaks("bus 5").iter().zip(expected).all(|(peak, db)| (peak - db).abs() < 0.1));
}

#[test]
fn it_leaves_without_a_click() {
    let _server = Server::start(48_000, 256);
    let home = Home::new();
    let busbar = start(&home);
    let player = Player::start(&[("ones", ones)]);
    player.connect("ones", "main_in");
    let out = Recorder::start("out", "main_out");
    out.until_heard("the main input", is_ones);
    let [mut left, _] = out.record(256);
    assert_eq!(left.last(), Some(&0.5));
    busbar.signal(libc::SIGTERM);
    busbar.end().well();
    assert!(!out.sees("Busbar:"));
    left.extend(&out.take()[0]);
    let longest = left.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    // 20 ms from 0.5 to nothing, and no quicker.
    assert!(longest < 0.5 / 900.0, "a step of {longest}");
    assert_eq!(left.last(), Some(&0.0));
}

#[test]
fn a_server_that_ends_is_told_of_and_one_that_comes_back_is_taken() {
    let mut server = Server::start(44_100, 256);
    let home = Home::new();
    let mut busbar = start(&home);
    for (rate, period) in [(48_000, 512), (44_100, 128)] {
        server.stop();
        busbar.until_said("the JACK server has ended: nothing is heard until it is back");
        server.restart(rate, period);
        busbar.until_said(&format!("jack, client Busbar, {rate} Hz, {period} frames"));
        let player = Player::start(&[("ones", ones)]);
        player.connect("ones", "main_in");
        let out = Recorder::start("out", "main_out");
        out.until_heard("the main input", is_ones);
        drop((player, out));
    }
    server.stop();
    busbar.signal(libc::SIGINT);
    busbar.end().well();
}

#[test]
fn a_server_that_hangs_holds_nobody_up() {
    let mut server = Server::start(48_000, 256);
    let home = Home::new();
    let busbar = start(&home);
    server.hang(true);
    busbar.signal(libc::SIGTERM);
    let ended = busbar.end();
    assert_eq!((ended.code, ended.signal), (Some(0), None), "{ended:?}");
    assert!(is_whole(&home.data("session.toml")));
    let late = run(&home, &ARGUMENTS);
    assert_eq!(late.code, Some(1), "{late:?}");
    assert!(late.said.contains("jack: it has not answered in 10 seconds"), "{late:?}");
}

#[test]
fn without_a_server_it_says_what_to_do() {
    // The name is taken, and the server of that name has gone.
    Server::start(48_000, 256).stop();
    let home = Home::new();
    let ended = run(&home, &ARGUMENTS);
    assert_eq!(ended.code, Some(1));
    assert!(ended.said.contains("jack: no server runs; start one"), "{ended:?}");
}
