//! Busbar in a CLAP host that keeps every rule: what it says of itself, and where its buses go.

use busbar_tests::clap::desk::{GAINS, amplitude, set_gains};
use busbar_tests::clap::host::{Host, Port};
use busbar_tests::clap::run::{Run, assert_same};
use busbar_tests::signal::{BUSES, Inputs, constant, noise};
use clack_extensions::params::ParamInfoFlags;

const RATE: f64 = 48_000.0;

/// A signal of which one bus is left.
fn only(inputs: &Inputs, bus: usize) -> Inputs {
    std::array::from_fn(|other| {
        let gate = if other == bus { 1.0 } else { 0.0 };
        inputs[other].each_ref().map(|side| side.iter().map(|x| x * gate).collect())
    })
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, x| peak.max(x.abs()))
}

#[test]
fn it_says_what_it_is() {
    let host = Host::open();
    let factory = host.entry().get_plugin_factory().unwrap();
    let all: Vec<_> = factory.plugin_descriptors().collect();
    let [descriptor] = all[..] else { panic!("{} plug-ins", all.len()) };
    let text = |text: Option<&std::ffi::CStr>| text.unwrap().to_str().unwrap().to_owned();
    assert_eq!(text(descriptor.id()), "org.busbar.busbar");
    assert_eq!(text(descriptor.name()), "Busbar");
    assert_eq!(text(descriptor.vendor()), "Busbar");
    assert_eq!(text(descriptor.version()), env!("CARGO_PKG_VERSION"));
    let features: Vec<_> = descriptor.features().map(|f| f.to_str().unwrap()).collect();
    for feature in ["audio-effect", "analyzer", "mixing", "mastering", "stereo"] {
        assert!(features.contains(&feature), "{feature} is missing: {features:?}");
    }
}

#[test]
fn eight_inputs_and_two_outputs_have_their_names() {
    let host = Host::open();
    let mut instance = host.instance();
    let inputs = instance.ports(true);
    assert_eq!(inputs.len(), BUSES);
    assert!(inputs[0].is_main && inputs[0].channels == 2, "{:?}", inputs[0]);
    for (port, number) in inputs[1..].iter().zip(2..) {
        let expected = Port { name: format!("Bus {number}"), channels: 2, is_main: false };
        assert_eq!(*port, expected);
    }
    let outputs = instance.ports(false);
    assert_eq!(outputs.len(), 2);
    assert!(outputs[0].is_main && outputs[0].channels == 2, "{:?}", outputs[0]);
    assert_eq!(outputs[1], Port { name: "Monitor".into(), channels: 2, is_main: false });
}

#[test]
fn every_parameter_is_there_and_can_be_automated() {
    let host = Host::open();
    let mut instance = host.instance();
    let params = instance.list_params();
    // Bypass, master gain, the limiter, and the buses.
    assert_eq!(params.len(), 2 + 4 + 22 * BUSES);
    for param in &params {
        let [low, default, high] = param.range;
        assert!(low <= default && default <= high, "{param:?}");
        // With these the latency changes, so no host may move them while it plays.
        let is_fixed = ["Limiter", "Limiter Look-Ahead"].contains(&param.name.as_str());
        let is_automatable = param.flags.contains(ParamInfoFlags::IS_AUTOMATABLE);
        assert_eq!(is_automatable, !is_fixed, "{param:?}");
    }
    let bypass: Vec<_> =
        params.iter().filter(|param| param.flags.contains(ParamInfoFlags::IS_BYPASS)).collect();
    assert_eq!(bypass.len(), 1);
    assert_eq!(bypass[0].name, "Bypass");
    let mut ids: Vec<u32> = params.iter().map(|param| param.id.get()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), params.len());
}

#[test]
fn text_goes_both_ways() {
    let host = Host::open();
    let mut instance = host.instance();
    for param in instance.list_params() {
        let [low, default, high] = param.range;
        for value in [low, default, high, low + 0.3 * (high - low)] {
            let text = instance.text(&param.name, value);
            let back = instance.understand(&param.name, &text);
            let again = instance.text(&param.name, back.unwrap_or_else(|| panic!("{text:?}")));
            assert_eq!(again, text, "{} at {value}", param.name);
        }
        assert_eq!(instance.understand(&param.name, "nonsense"), None, "{}", param.name);
    }
    for (name, typed, written) in [
        ("Bus 3 Gain", "-6.5", "-6.50 dB"),
        ("Bus 3 Gain", "-inf", "-∞ dB"),
        ("Master Gain", "+3 dB", "3.00 dB"),
        ("Bus 8 Balance", "r 25", "R25"),
        ("Bus 8 Balance", "c", "C"),
        ("Bus 1 Mute", "yes", "On"),
        ("Bypass", "0", "Off"),
    ] {
        let value = instance.understand(name, typed).unwrap();
        assert_eq!(instance.text(name, value), written, "{name} {typed}");
    }
}

#[test]
fn every_bus_arrives_on_its_own_at_its_gain() {
    let host = Host::open();
    let mut instance = host.instance();
    set_gains(&mut instance);
    let signal = noise(11, 4_800);
    let mut processor = instance.start(RATE, 512);
    for bus in 0..BUSES {
        let take = Run::of(&only(&signal, bus)).play(&mut processor);
        let gain = amplitude(GAINS[bus]);
        for (side, given) in signal[bus].iter().enumerate() {
            for (frame, (heard, given)) in take.main[side].iter().zip(given).enumerate() {
                let wrong = (heard - gain * given).abs();
                assert!(wrong < 1e-6, "bus {bus} side {side} frame {frame}: {wrong}");
            }
            assert_same(&take.monitor[side], &take.main[side], "the monitor");
        }
        assert_meters(&host, bus, &signal, gain);
    }
    instance.stop(processor);
}

/// After a bus has played alone, its meter and the master's show it, and no other shows anything.
fn assert_meters(host: &Host, bus: usize, signal: &Inputs, gain: f32) {
    let (frames, points) = host.probe().meters(0).expect("meter frames");
    assert_eq!(frames, 4_800, "six hops of 800 frames each");
    for (point, reading) in points.iter().enumerate() {
        if point != bus && point != BUSES {
            assert_eq!(*reading, [0.0; 4], "point {point} shows bus {bus}");
            continue;
        }
        for (side, samples) in signal[bus].iter().enumerate() {
            let mean = samples.iter().map(|x| f64::from(x * x)).sum::<f64>() / 4_800.0;
            let (peak, rms) = (gain * peak(samples), gain * mean.sqrt() as f32);
            assert!((reading[side] - peak).abs() < 1e-5, "peak of point {point}: {reading:?}");
            assert!((reading[2 + side] - rms).abs() < 1e-5, "RMS of point {point}: {reading:?}");
        }
    }
}

#[test]
fn all_buses_together_are_their_sum() {
    let host = Host::open();
    let mut instance = host.instance();
    set_gains(&mut instance);
    instance.set(&[("Master Gain", "-3 dB")]);
    let signal = noise(12, 3_000);
    let mut processor = instance.start(RATE, 512);
    let take = Run::of(&signal).play(&mut processor);
    for (side, heard) in take.main.iter().enumerate() {
        for (frame, heard) in heard.iter().enumerate() {
            let parts =
                signal.iter().zip(GAINS).map(|(bus, gain)| amplitude(gain) * bus[side][frame]);
            let sum = parts.sum::<f32>() * amplitude("-3 dB");
            assert!((heard - sum).abs() < 1e-5, "side {side} frame {frame}: {heard}, not {sum}");
        }
    }
    instance.stop(processor);
}

#[test]
fn nothing_set_is_nothing_done() {
    let host = Host::open();
    let mut instance = host.instance();
    assert_eq!(instance.latency(), 0);
    let mut signal = only(&noise(13, 5_000), 0);
    signal[0][0][7] = -0.0;
    signal[0][0][8] = f32::MIN_POSITIVE;
    signal[0][1][9] = 1e9;
    let mut processor = instance.start(RATE, 512);
    for ports in [1, BUSES] {
        // Below that there is nothing to hear; with sidechains to add it may be flushed to zero.
        signal[0][1][10] = if ports == 1 { f32::MIN_POSITIVE / 4.0 } else { 0.0 };
        let run = Run { ports, cuts: &[512, 1, 100], ..Run::of(&signal) };
        let take = run.play(&mut processor);
        for (heard, given) in take.main.iter().zip(&signal[0]) {
            assert_same(heard, given, &format!("{ports} ports"));
        }
        assert_eq!(host.probe().look(0).unwrap().inputs, (1 << ports) - 1);
    }
    assert_eq!(instance.restarts(), 0);
    instance.stop(processor);
    assert_eq!(instance.latency(), 0);
}

#[test]
fn instances_know_nothing_of_each_other() {
    let host = Host::open();
    let signal = noise(18, 512);
    let before = host.probe().instances();
    let mut all: Vec<_> = (0..6).map(|_| host.instance()).collect();
    assert_eq!(host.probe().instances(), before + 6);
    for (i, instance) in all.iter_mut().enumerate() {
        instance.set(&[("Master Gain", &format!("-{i} dB"))]);
    }
    let mut processors: Vec<_> = all.iter_mut().map(|one| one.start(RATE, 512)).collect();
    for _ in 0..20 {
        for (i, processor) in processors.iter_mut().enumerate() {
            let take = Run { ports: 1, ..Run::of(&signal) }.play(processor);
            let gain = amplitude(&format!("-{i} dB"));
            let wrong = (take.main[0][200] - gain * signal[0][0][200]).abs();
            assert!(wrong < 1e-6, "instance {i}: {wrong}");
        }
    }
    for (instance, processor) in all.iter_mut().zip(processors) {
        instance.stop(processor);
    }
    drop(all);
    assert_eq!(host.probe().instances(), before);
}

#[test]
fn bypass_is_the_main_input() {
    let host = Host::open();
    let mut instance = host.instance();
    set_gains(&mut instance);
    let signal = noise(19, 4_000);
    let changes = [instance.change(1_000, "Bypass", "On"), instance.change(3_000, "Bypass", "Off")];
    let mut processor = instance.start(RATE, 512);
    let take = Run { changes: &changes, ..Run::of(&signal) }.play(&mut processor);
    for (heard, given) in take.main.iter().zip(&signal[0]) {
        assert_same(&heard[1_480..3_000], &given[1_480..3_000], "in bypass");
        assert_ne!(heard[..1_000], given[..1_000]);
        assert_ne!(heard[3_500..], given[3_500..]);
    }
    instance.stop(processor);
}

#[test]
fn an_allocation_in_a_block_is_noticed() {
    let mut host = Host::open();
    let mut instance = host.instance();
    let mut processor = instance.start(RATE, 512);
    let signal = constant([0.1; BUSES], 512);
    Run::of(&signal).play(&mut processor);
    assert_eq!(host.allocations(), 0);
    host.want_allocations();
    host.probe().allocate_next();
    Run::of(&signal).play(&mut processor);
    assert!(host.allocations() > 0, "the check at the end of each test sees nothing");
    instance.stop(processor);
}
