//! Busbar in a CLAP host that keeps every rule: what it saves, and how it takes it back.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use busbar_engine::session::VERSION;
use busbar_tests::clap::desk::set_gains;
use busbar_tests::clap::host::{Host, Instance, Processor};
use busbar_tests::clap::run::Run;
use busbar_tests::signal::{BUSES, constant, noise};
use busbar_tests::stop::Stop;

const RATE: f64 = 48_000.0;

#[test]
fn state_goes_round_and_is_the_same_bytes() {
    let host = Host::open();
    let mut one = host.instance();
    set_gains(&mut one);
    one.set(&[("Bus 3 Mute", "On"), ("Bus 4 To Master", "Off"), ("Bus 5 Balance", "L37")]);
    one.set(&[("Bus 6 Gain", "-∞ dB"), ("Master Gain", "-1.25 dB"), ("Bypass", "On")]);
    let stored = one.save();
    assert_eq!(stored, one.save(), "saved twice");
    let text = String::from_utf8(stored.clone()).expect("text");
    assert!(text.starts_with(&format!("version = {VERSION}\n")), "{text}");
    assert!(text.ends_with("# end of session"), "{text}");

    for at_once in [1, 5, 7, 4_096] {
        let mut other = host.instance();
        assert!(other.load_from(&mut Trickle { rest: &stored, at_once }), "{at_once} at once");
        assert_eq!(other.save(), stored, "{at_once} bytes at once");
        for param in one.list_params() {
            assert_eq!(other.value(&param.name), one.value(&param.name), "{}", param.name);
        }
    }
    assert_eq!(host.instance().save(), host.instance().save(), "two new ones");
    assert_ne!(host.instance().save(), stored);
}

/// Reads a few bytes at once.
struct Trickle<'a> {
    rest: &'a [u8],
    at_once: usize,
}

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let now = self.rest.len().min(to.len()).min(self.at_once);
        let (now, later) = self.rest.split_at(now);
        to[..now.len()].copy_from_slice(now);
        self.rest = later;
        Ok(now.len())
    }
}

#[test]
fn state_is_heard_after_activation() {
    let host = Host::open();
    let mut one = host.instance();
    set_gains(&mut one);
    let stored = one.save();
    let signal = noise(16, 2_000);
    let play = |instance: &mut Instance| {
        let mut processor = instance.start(RATE, 512);
        let take = Run::of(&signal).play(&mut processor);
        instance.stop(processor);
        take
    };
    let mut other = host.instance();
    assert!(other.load(&stored));
    play(&mut other).assert_same(&play(&mut one), "the same state");
}

#[test]
fn state_set_while_it_plays_makes_no_click() {
    let host = Host::open();
    let mut instance = host.instance();
    let loud = instance.save();
    instance.set(&[("Bus 1 Gain", "-6 dB"), ("Master Gain", "-6 dB")]);
    let quiet = instance.save();
    let mut processor = instance.start(RATE, 256);
    let (stop, heard) = (Stop::default(), AtomicU32::new(0));
    let worst = std::thread::scope(|scope| {
        let audio = std::thread::Builder::new().name("audio".into());
        let audio = audio.spawn_scoped(scope, || {
            let worst = worst_step(&mut processor, &stop, &heard);
            (processor, worst)
        });
        let audio = audio.expect("a thread");
        let end = stop.at_end();
        let mut loaded = 0;
        // Enough that many fall into blocks, however the two threads are scheduled.
        while !audio.is_finished() && (loaded < 2_000 || heard.load(Relaxed) < 2_000) {
            assert!(instance.load(if loaded % 2 == 0 { &loud } else { &quiet }));
            loaded += 1;
        }
        drop(end);
        let (processor, worst) = audio.join().unwrap();
        instance.stop(processor);
        worst
    });
    // From 1 to 0.25 through two faders at once, each half of it in 480 frames.
    let steepest = 0.5 * 2.0 * 0.5 / 480.0;
    println!("the worst step is {worst}, the steepest ramp {steepest}");
    assert!(worst > 0.0, "nothing of the states was heard");
    assert!(worst <= steepest * 1.05, "a step of {worst} between two samples");
}

/// Plays a constant until told to stop; returns the largest step between two samples.
fn worst_step(processor: &mut Processor, stop: &Stop, blocks: &AtomicU32) -> f32 {
    let mut values = [0.0; BUSES];
    values[0] = 0.5;
    let signal = constant(values, 256);
    let (mut worst, mut last) = (0f32, None);
    while !stop.is_set() {
        let take = Run { cuts: &[256], ..Run::of(&signal) }.play(processor);
        for sample in &take.main[0] {
            worst = worst.max((sample - last.unwrap_or(*sample)).abs());
            last = Some(*sample);
        }
        blocks.fetch_add(1, Relaxed);
    }
    worst
}
