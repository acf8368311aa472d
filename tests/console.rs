//! The console in hosts: that they hear of the limiter's latency when they may, and only then.

use busbar_tests::clap::host::Host;
use busbar_tests::clap::run::{Run, assert_same};
use busbar_tests::signal::{Inputs, noise};
use busbar_tests::vst3::{Change, Plugin, Score, SetUp, id, play, with_module};

const RATE: f64 = 48_000.0;

/// What reading the true peak takes at any look-ahead.
const READING: u32 = 194;

/// Bus 1, low enough not to be limited.
fn quiet(seed: u64) -> Inputs {
    let mut inputs = noise(seed, 3_000);
    inputs[0].iter_mut().flatten().for_each(|x| *x *= 0.25);
    inputs[1..].iter_mut().flatten().flatten().for_each(|x| *x = 0.0);
    inputs
}

fn assert_late(heard: &[f32], given: &[f32], latency: u32) {
    let (silence, heard) = heard.split_at(latency as usize);
    assert!(silence.iter().all(|x| *x == 0.0));
    assert_same(heard, &given[..heard.len()], "what was put in");
}

#[test]
fn a_clap_host_is_asked_to_restart_and_then_told_the_latency() {
    let host = Host::open();
    let mut instance = host.instance();
    let signal = quiet(31);
    let mut processor = instance.start(RATE, 512);
    let on = [instance.change(0, "Limiter", "On")];
    let take = Run { changes: &on, ..Run::of(&signal) }.play(&mut processor);
    assert_same(&take.main[0], &signal[0][0], "nothing is late before the restart");
    assert_eq!((instance.restarts(), instance.latency(), instance.latency_changes()), (1, 0, 0));

    instance.stop(processor);
    let mut processor = instance.start(RATE, 512);
    let latency = READING + 144;
    assert_eq!((instance.latency(), instance.latency_changes()), (latency, 1));
    let take = Run::of(&signal).play(&mut processor);
    take.main.iter().zip(&signal[0]).for_each(|(heard, given)| assert_late(heard, given, latency));

    // Without the limiter what is late stays late until it is restarted, and nobody is asked to.
    let off = [instance.change(0, "Limiter", "Off")];
    Run { changes: &off, ..Run::of(&signal) }.play(&mut processor);
    let again =
        [instance.change(0, "Limiter", "On"), instance.change(0, "Limiter Look-Ahead", "1 ms")];
    assert_eq!((instance.restarts(), instance.latency()), (1, latency));
    Run { changes: &again, ..Run::of(&signal) }.play(&mut processor);
    assert_eq!((instance.restarts(), instance.latency()), (2, latency));
    instance.stop(processor);
    let processor = instance.start(RATE, 512);
    assert_eq!((instance.latency(), instance.latency_changes()), (READING + 48, 2));
    instance.stop(processor);
}

#[test]
fn a_vst3_host_finds_the_latency_after_it_has_activated() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        let signal = quiet(32);
        assert_eq!(plugin.latency(), 0);
        plugin.preset(&[Change::at(0, id("limiter"), 1.0)]);
        let latency = READING + 144;
        assert_eq!(plugin.latency(), latency);
        let take = play(&plugin, &Score::new(&signal), &[512, 1, 100]);
        let sides = take.main().iter().zip(&signal[0]);
        sides.for_each(|(heard, given)| assert_late(heard, given, latency));
        plugin.restart(SetUp::new(96_000.0, 512));
        assert_eq!(plugin.latency(), READING + 288);
        // While it is active it stays; from the set-up on it is what it is going to be.
        let look_ahead = id("limiter_look_ahead");
        plugin.stop();
        assert!(plugin.set_value(look_ahead, plugin.normalised(look_ahead, 1.0)));
        assert!(plugin.set_up(SetUp::new(48_000.0, 512)));
        assert_eq!(plugin.latency(), READING + 48);
        plugin.start(SetUp::new(48_000.0, 512));
        assert_eq!(plugin.latency(), READING + 48);
        plugin.preset(&[Change::at(0, id("limiter"), 0.0)]);
        assert_eq!(plugin.latency(), 0);
    });
}

#[test]
fn the_limiter_holds_its_ceiling_in_a_host() {
    let host = Host::open();
    let mut instance = host.instance();
    instance.set(&[
        ("Limiter", "On"),
        ("Limiter Ceiling", "-3 dBTP"),
        ("Master Gain", "12 dB"),
        ("Bus 1 High-Pass", "On"),
        ("Bus 1 Width", "200 %"),
    ]);
    let mut processor = instance.start(RATE, 512);
    let take = Run::of(&quiet(33)).play(&mut processor);
    let peak = take.main.iter().flatten().fold(0f32, |peak, x| peak.max(x.abs()));
    let ceiling = 10f32.powf(-3.0 / 20.0);
    assert!((0.8 * ceiling..=ceiling).contains(&peak), "{peak}");
    instance.stop(processor);
}
