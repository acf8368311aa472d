//! What a good VST3 host sees and hears.

use busbar_engine::session::{Law, Slope};
use busbar_engine::{BUSES, Session};
use busbar_tests::signal::{self, noise};
use busbar_tests::vst3::Steinberg::Vst::RestartFlags_;
use busbar_tests::vst3::play::assert_same;
use busbar_tests::vst3::plugin::{INPUT, OUTPUT};
use busbar_tests::vst3::{
    Block, Change, Manners, Plugin, STEREO, Score, SetUp, Stream, id, play, with_module,
};

const RATE: f64 = 48_000.0;

fn close(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-5 * b.abs().max(0.1)
}

fn linear(decibels: f64) -> f32 {
    10f64.powf(decibels / 20.0) as f32
}

/// Every bus a gain of its own, so that none can pass for another.
const GAINS: [f64; BUSES] = [-1.0, -2.0, -3.5, -5.0, -7.0, -11.0, 3.0, 6.0];

fn preset_gains(plugin: &Plugin<'_>) {
    let changes: Vec<_> = GAINS.iter().zip(1..).map(|(g, bus)| plugin.gain(bus, *g)).collect();
    plugin.preset(&changes);
}

#[test]
fn the_factory_says_what_it_is() {
    with_module(|module| {
        let info = module.info().expect("an answer");
        assert_eq!(info.vendor, "Busbar");
        let classes = module.classes();
        assert_eq!(classes.len(), 1);
        assert_eq!(&classes[0].cid, b"BusbarEightBuses");
        assert_eq!((classes[0].name.as_str(), classes[0].vendor.as_str()), ("Busbar", "Busbar"));
        assert_eq!(classes[0].version, env!("CARGO_PKG_VERSION"));
        assert_eq!(classes[0].category, "Audio Module Class");
        assert!(classes[0].subcategories.starts_with("Fx|"), "{}", classes[0].subcategories);
    });
}

#[test]
fn the_buses_are_eight_in_and_two_out() {
    with_module(|module| {
        let plugin = Plugin::new(module);
        let (inputs, outputs) = (plugin.buses(INPUT), plugin.buses(OUTPUT));
        assert_eq!((inputs.len(), outputs.len()), (8, 2));
        assert!(inputs.iter().chain(&outputs).all(|bus| bus.channels == 2 && bus.active));
        assert!(inputs[0].main && outputs[0].main);
        let names: Vec<_> = inputs[1..].iter().map(|bus| bus.name.as_str()).collect();
        assert_eq!(names, ["Bus 2", "Bus 3", "Bus 4", "Bus 5", "Bus 6", "Bus 7", "Bus 8"]);
        assert_eq!(outputs[1].name, "Monitor");
        assert!(inputs[1..].iter().chain(&outputs[1..]).all(|bus| !bus.main));
    });
}

#[test]
fn by_default_the_output_is_the_input_to_the_bit_at_once() {
    with_module(|module| {
        let mut inputs = noise(1, 5_000);
        inputs[0][0][..6].copy_from_slice(&[0.0, -0.0, 1.0, -1.0, 1e-37, 3.9]);
        let plugin = Plugin::running(module);
        assert_eq!(plugin.latency(), 0);
        // Once with sidechains of silence, once in a layout that has none.
        inputs[1..].iter_mut().flatten().for_each(|side| side.fill(0.0));
        for layout in [8, 1] {
            plugin.stop();
            assert!(plugin.arrange(&vec![STEREO; layout], &[STEREO; 2]));
            plugin.start(SetUp::new(RATE, 512));
            let take = play(&plugin, &Score::new(&inputs), &[512, 1, 100]);
            for (heard, given) in take.main().iter().zip(&inputs[0]) {
                assert_same(heard, given, "main output and main input");
            }
            assert_eq!(plugin.latency(), 0);
        }
    });
}

#[test]
fn each_bus_alone_arrives_at_its_own_gain() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        preset_gains(&plugin);
        for (bus, gain) in GAINS.into_iter().enumerate() {
            // What is left of the bus before belongs to the bus before.
            play(&plugin, &Score::new(&signal::constant([0.0; BUSES], 2_400)), &[512]);
            module.probe().meters(0);
            let mut inputs = signal::constant([0.0; BUSES], 4_800);
            inputs[bus] = noise(bus as u64, 4_800)[bus].clone();
            let take = play(&plugin, &Score::new(&inputs), &[512]);
            let factor = linear(gain);
            for (heard, given) in take.main().iter().zip(&inputs[bus]) {
                let same =
                    heard.iter().zip(given).all(|(heard, given)| close(*heard, given * factor));
                assert!(same, "bus {}: {} for {}", bus + 1, heard[9], given[9]);
            }
            let (frames, readings) = module.probe().meters(0).expect("readings");
            assert!(frames >= 4_000, "{frames}");
            let peaks = inputs[bus].each_ref().map(|side| peak(side) * factor);
            for (point, [left, right, ..]) in readings.into_iter().enumerate() {
                let expected = if point == bus || point == BUSES { peaks } else { [0.0; 2] };
                let near = |a: f32, b: f32| a <= b * 1.001 && a >= b * 0.9;
                let is_right = near(left, expected[0]) && near(right, expected[1]);
                assert!(is_right, "bus {} on meter {}: {left} {right}", bus + 1, point + 1);
            }
        }
    });
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, x| peak.max(x.abs()))
}

#[test]
fn all_buses_together_make_the_programme_and_the_monitor_carries_it() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        preset_gains(&plugin);
        let inputs = noise(3, 9_600);
        let take = play(&plugin, &Score::new(&inputs), &[512]);
        for (side, heard) in take.main().iter().enumerate() {
            let mut sum = vec![0f64; 9_600];
            for (bus, gain) in inputs.iter().zip(GAINS) {
                let part = bus[side].iter().map(|x| f64::from(*x) * f64::from(linear(gain)));
                sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
            }
            for (at, (heard, sum)) in heard.iter().zip(sum).enumerate() {
                assert!((f64::from(*heard) - sum).abs() < 1e-4, "frame {at}: {heard} {sum}");
            }
            assert_same(heard, &take.monitor()[side], "main and monitor");
        }
        let look = module.probe().look(0).expect("an instance");
        assert_eq!((look.inputs, look.outputs, look.failed), (0xff, 3, 0));
    });
}

#[test]
fn meters_read_each_bus() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        let values = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
        play(&plugin, &Score::new(&signal::constant(values, 4_800)), &[480]);
        let (_, readings) = module.probe().meters(0).expect("readings");
        for (reading, value) in readings.iter().zip(values) {
            assert!(reading.iter().all(|x| close(*x, value)), "{reading:?} for {value}");
        }
        assert!(readings[BUSES].iter().all(|x| close(*x, values.iter().sum())));
    });
}

#[test]
fn a_change_begins_on_its_frame() {
    with_module(|module| {
        let inputs = signal::constant([0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 4_096);
        for at in [0, 1, 63, 64, 100, 511, 512, 1_000] {
            let plugin = Plugin::running(module);
            play(&plugin, &Score::new(&signal::constant([0.5; BUSES], 512)), &[512]);
            let change = Change { frame: at, ..plugin.gain(1, -20.0) };
            let take = play(&plugin, &Score::with(&inputs, &[change]), &[512]);
            let at = at as usize;
            for heard in take.main() {
                assert!(heard[..at].iter().all(|x| *x == 0.5), "changed before frame {at}");
                assert!(heard[at] < 0.5, "unchanged on frame {at}");
                let arrived = at + 480;
                assert!(heard[at..arrived].windows(2).all(|pair| pair[1] < pair[0]), "no ramp");
                let steepest = heard.windows(2).map(|p| (p[1] - p[0]).abs()).fold(0.0, f32::max);
                assert!(steepest < 0.5 / 480.0 * 1.01, "a step of {steepest}");
                assert!(heard[arrived..].iter().all(|x| close(*x, 0.05)));
            }
        }
    });
}

#[test]
fn parameters_have_their_ids_for_ever() {
    let mut expected = vec![("bypass".to_owned(), "Bypass".to_owned())];
    expected.push(("master_gain".into(), "Master Gain".into()));
    for bus in 1..=BUSES {
        for (id, title) in
            [("gain", "Gain"), ("balance", "Balance"), ("mute", "Mute"), ("to_master", "To Master")]
        {
            expected.push((format!("{id}_{bus}"), format!("Bus {bus} {title}")));
        }
    }
    // The framework makes the numbers; projects have them saved.
    assert_eq!(
        (id("bypass"), id("gain_1"), id("to_master_8")),
        (773_352_680, 894_137_201, 2_043_306_719)
    );
    with_module(|module| {
        let plugin = Plugin::new(module);
        let parameters = plugin.parameters();
        // Bypass, master gain, four of the limiter, and 22 for each bus.
        assert_eq!(parameters.len(), 182);
        for (parameter, (name, title)) in parameters.iter().zip(&expected) {
            assert_eq!((parameter.id, &parameter.title), (id(name), title));
            assert!(parameter.is_automatable(), "{title}");
            assert_eq!(parameter.is_bypass(), name == "bypass");
            let is_switch = ["bypass", "mute", "to_master"].iter().any(|s| name.starts_with(s));
            assert_eq!(parameter.steps == 1, is_switch, "{title} has {} steps", parameter.steps);
        }
        for parameter in &parameters {
            // With these the latency changes, so no host may move them while it plays.
            let is_fixed = ["limiter", "limiter_look_ahead"].map(id).contains(&parameter.id);
            assert_eq!(parameter.is_automatable(), !is_fixed, "{}", parameter.title);
            assert!((plugin.value(parameter.id) - parameter.default).abs() < 1e-6);
        }
        // And none that is hidden: the framework would make up 2,080 for MIDI controllers.
        assert_eq!(plugin.parameter_count(), 182);
    });
}

#[test]
fn parameters_have_ranges_and_text_both_ways() {
    with_module(|module| {
        let plugin = Plugin::new(module);
        for (name, text, plain) in [
            ("gain_1", "0.00 dB", 0.0),
            ("gain_8", "-6.02 dB", -6.02),
            ("master_gain", "12.00 dB", 12.0),
            ("gain_2", "-∞ dB", -80.0),
            ("balance_3", "C", 0.0),
            ("balance_3", "L50", -0.5),
            ("balance_4", "R100", 1.0),
            ("mute_5", "On", 1.0),
            ("to_master_6", "Off", 0.0),
            ("bypass", "Off", 0.0),
            ("trim_7", "-3.5 dB", -3.5),
            ("high_pass_hertz_8", "80 Hz", 80.0),
            ("duck_key_1", "Bus 2", 2.0),
            ("limiter_ceiling", "-1.0 dBTP", -1.0),
        ] {
            let id = id(name);
            let value = plugin.normalised(id, plain);
            assert_eq!(plugin.text(id, value).as_deref(), Some(text), "{name}");
            let back = plugin.value_of(id, text).expect("its own text");
            assert!((back - value).abs() < 1e-4, "{name} {text}: {back} {value}");
            assert!((plugin.plain(id, value) - plain).abs() < 0.006, "{name}");
        }
        for name in ["gain_1", "balance_1", "mute_1"] {
            assert_eq!(plugin.value_of(id(name), "nonsense"), None, "{name}");
        }
        assert_eq!(
            (plugin.plain(id("gain_1"), 0.0), plugin.plain(id("gain_1"), 1.0)),
            (-80.0, 12.0)
        );
        assert_eq!(
            (plugin.plain(id("balance_1"), 0.0), plugin.plain(id("balance_1"), 1.0)),
            (-1.0, 1.0)
        );
    });
}

/// The bit of a restart that only wants values to be read again.
const VALUES_CHANGED: i32 = RestartFlags_::kParamValuesChanged;

/// A session in which nothing is as it is by default.
fn unusual() -> Session {
    let mut session = Session::default();
    session.master.gain = -1.5;
    for (strip, i) in session.strips.iter_mut().zip(1u8..) {
        strip.gain = -f32::from(i) * 1.25;
        strip.balance = f32::from(i) * 0.1 - 0.4;
        strip.mute = i == 3;
        strip.to_master = i != 5;
        strip.trim = f32::from(i) * 0.5;
        strip.invert_right = i == 2;
        strip.high_pass.on = i == 4;
        strip.high_pass.slope = Slope::Db24;
        strip.ducker.key = i;
        strip.width = 150.0;
        strip.pan.law = Law::Minus6;
    }
    session.master.limiter.ceiling = -3.0;
    session.strips[7].gain = f32::NEG_INFINITY;
    session
}

#[test]
fn state_is_a_session_and_comes_back() {
    with_module(|module| {
        let plugin = Plugin::running(module);
        let fresh = plugin.save();
        assert_eq!(fresh, Session::default().write().into_bytes());
        assert!(fresh.ends_with(b"# end of session"));

        let session = unusual().write().into_bytes();
        assert!(plugin.load(&session));
        let block = Block::for_plugin(&plugin, 64).run(&plugin);
        assert_eq!(block, 0);
        let saved = plugin.save();
        assert_eq!(String::from_utf8_lossy(&saved), String::from_utf8_lossy(&session));
        assert_eq!(plugin.save(), saved, "same state, same bytes");

        // The host is told that values have changed, and of nothing that it would have to redo.
        assert_eq!(plugin.handler().restarts() & !VALUES_CHANGED, 0);
        assert!(plugin.handler().edits().is_empty(), "a state is not an edit");

        let other = Plugin::new(module);
        assert!(other.load(&saved));
        assert_eq!(other.save(), saved);
        assert_eq!(other.values(), plugin.values());
        // Streams as they come: in small pieces, and not seekable.
        let small = Stream::new(Vec::new(), Manners::SHORT);
        assert!(plugin.save_to(&small));
        assert_eq!(small.bytes(), saved);
        assert!(
            plugin.load(&fresh) && plugin.load_from(&Stream::new(saved.clone(), Manners::SHORT))
        );
        assert_eq!(plugin.save(), saved);
        let full = Stream::new(Vec::new(), Manners { fails_after: 10, piece: 5, ..Manners::GOOD });
        assert!(!plugin.save_to(&full), "a state that was not stored in full");
    });
}

#[test]
fn the_fixture_of_every_version_loads() {
    let fixtures: [&[u8]; 2] = [
        include_bytes!("../engine/tests/sessions/version-1.toml"),
        include_bytes!("../engine/tests/sessions/version-2.toml"),
    ];
    with_module(|module| {
        let plugin = Plugin::new(module);
        for fixture in fixtures {
            assert!(plugin.load(fixture));
            let session = Session::restore(fixture).unwrap();
            assert_eq!(String::from_utf8(plugin.save()).unwrap(), session.write());
        }
        assert!((plugin.plain(id("gain_2"), plugin.value(id("gain_2"))) + 6.25).abs() < 0.006);
        assert_eq!(plugin.value(id("bypass")), 1.0);
    });
}
