//! A VST3 host whose stored states are hostile: each is refused with a reason, and nothing changes.

use std::time::{Duration, Instant};

use busbar_engine::Session;
use busbar_engine::session::VERSION;
use busbar_tests::soak;
use busbar_tests::vst3::Steinberg::Vst::IComponentTrait;
use busbar_tests::vst3::{Block, Manners, Module, Plugin, Stream, id, with_module};
use proptest::prelude::*;

/// Far more than any of these tests needs, on any machine.
const WATCHDOG: Duration = Duration::from_secs(30);

/// An instance with settings that are not the default, and what they are.
struct Victim<'m> {
    module: &'m Module,
    plugin: Plugin<'m>,
    saved: Vec<u8>,
    values: Vec<(u32, f64)>,
    began: Instant,
}

impl<'m> Victim<'m> {
    fn new(module: &'m Module) -> Self {
        let plugin = Plugin::running(module);
        plugin.preset(&[plugin.gain(1, -7.0), plugin.gain(8, 3.0)]);
        let (saved, values) = (plugin.save(), plugin.values());
        Self { module, plugin, saved, values, began: Instant::now() }
    }

    /// The state must be refused, and nothing may change.
    fn refuses(&self, what: &str, state: &[u8]) -> String {
        assert!(!self.plugin.load(state), "{what} was taken");
        self.is_as_before(what)
    }

    /// Nothing has changed; why the state was refused.
    fn is_as_before(&self, what: &str) -> String {
        assert_eq!(self.plugin.values(), self.values, "after {what}");
        assert!(self.plugin.save() == self.saved, "the state changed after {what}");
        assert!(self.began.elapsed() < WATCHDOG, "{what} takes too long");
        self.module.probe().refusal(0).unwrap_or_default()
    }
}

#[test]
fn noise() {
    with_module(|module| {
        let victim = Victim::new(module);
        let noise = |seed: u32| {
            let byte = |i: u32| (i.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 23) as u8;
            (0..1 << 20).map(byte).collect::<Vec<_>>()
        };
        for seed in 0..5 {
            let reason = victim.refuses("a megabyte of noise", &noise(seed));
            assert!(reason.contains("not text"), "{reason}");
        }
        let letters: Vec<_> = noise(7).iter().map(|byte| b'a' + byte % 26).collect();
        assert!(!victim.refuses("a megabyte of letters", &letters).is_empty());
    });
}

#[test]
fn cut_off_at_every_byte() {
    with_module(|module| {
        let victim = Victim::new(module);
        let last = victim.saved.iter().rposition(|byte| !byte.is_ascii_whitespace());
        for end in 0..=last.expect("not empty") {
            let reason = victim.refuses(&format!("{end} bytes"), &victim.saved[..end]);
            assert!(!reason.is_empty(), "{end} bytes without a reason");
        }
    });
}

#[test]
fn a_newer_version() {
    with_module(|module| {
        let victim = Victim::new(module);
        let line = format!("version = {VERSION}");
        for version in [(VERSION + 1).to_string().as_str(), "99", "4294967295"] {
            let newer = String::from_utf8_lossy(&victim.saved).replacen(
                &line,
                &format!("version = {version}"),
                1,
            );
            let reason = victim.refuses("a newer version", newer.as_bytes());
            assert!(reason.contains("newer Busbar"), "{reason}");
            assert!(reason.contains(version), "{reason}");
        }
        for version in ["0", "-1", "1.5", "'1'", "9223372036854775807", "9223372036854775808"] {
            let absurd = String::from_utf8_lossy(&victim.saved).replacen(
                &line,
                &format!("version = {version}"),
                1,
            );
            assert!(!victim.refuses("an absurd version", absurd.as_bytes()).is_empty());
        }
        // The reason goes when a state is taken.
        assert!(victim.plugin.load(&victim.saved));
        assert_eq!(victim.is_as_before("its own state"), "");
    });
}

#[test]
fn what_no_session_says() {
    with_module(|module| {
        let victim = Victim::new(module);
        let end = "\n# end of session";
        let deep = |open: &str, close: &str| {
            format!("version = 1\nx = {}{}{end}", open.repeat(100_000), close.repeat(100_000))
        };
        for (what, text) in [
            ("nested lists", deep("[", "]")),
            ("nested tables", deep("{a=", "}")),
            ("nested keys", format!("version = 1\n{}b = 1{end}", "a.".repeat(100_000))),
            ("a gain of nan", format!("version = 1\n[master]\ngain = nan{end}")),
            ("a gain of inf", format!("version = 1\n[master]\ngain = inf{end}")),
            ("a gain of 1e300", format!("version = 1\n[master]\ngain = 1e300{end}")),
            ("nine strips", format!("version = 1\n{}{end}", "[[strip]]\n".repeat(9))),
            ("many strips", format!("version = 1\n{}{end}", "[[strip]]\n".repeat(90_000))),
            ("an unknown field", format!("version = 1\nvolume = 3{end}")),
            ("the framework's own state", r#"{"version":"0.1.0","params":{},"fields":{}}"#.into()),
            ("zeros", "\0".repeat(1_000)),
            ("nothing", String::new()),
            ("only its end", end.into()),
        ] {
            assert!(!victim.refuses(what, text.as_bytes()).is_empty(), "{what} without a reason");
        }
    });
}

#[test]
fn streams_that_do_not_do_as_they_say() {
    with_module(|module| {
        let victim = Victim::new(module);
        let other = Session::default().write().into_bytes();
        let load = |what: &str, bytes: &[u8], manners: Manners| {
            let stream = Stream::new(bytes.to_vec(), manners);
            assert!(!victim.plugin.load_from(&stream), "{what} was taken");
            victim.is_as_before(what);
            stream.served()
        };
        let served = load("100 MiB", &vec![b'#'; 100 << 20], Manners::GOOD);
        assert!(served <= 2 << 20, "{served} bytes of 100 MiB were read");
        load("100 MiB by and by", &vec![b'#'; 100 << 20], Manners { piece: 999, ..Manners::SHORT });
        load("a stream that fails", &other, Manners { fails_after: 0, ..Manners::GOOD });
        load("a stream that breaks", &other, Manners { fails_after: 14, ..Manners::SHORT });
        for lie in [-1, i32::MIN, i32::MAX, 65_537] {
            load("a stream that lies", &other, Manners { lie: Some(lie), ..Manners::GOOD });
        }
        let none = std::ptr::null_mut();
        // SAFETY: a plug-in looks whether there is a stream.
        let taken = unsafe {
            let component = victim.plugin.component();
            [component.setState(none), component.getState(none)]
        };
        assert!(!taken.contains(&0), "no stream at all");
        victim.is_as_before("no stream at all");
    });
}

#[test]
fn hostile_states_while_it_plays() {
    with_module(|module| {
        let victim = Victim::new(module);
        let mut block = Block::constant(&victim.plugin, 512, &[0.5]);
        for _ in 0..3 {
            assert_eq!(block.run(&victim.plugin), 0);
        }
        let level = block.main()[0][0];
        for end in 0..100 {
            victim.refuses("a cut state", &victim.saved[..end]);
            assert_eq!(block.run(&victim.plugin), 0);
            assert!(block.main().iter().flatten().all(|x| *x == level), "heard a refused state");
        }
    });
}

#[test]
fn a_good_state_with_one_byte_changed_is_refused_or_a_session() {
    with_module(|module| {
        let victim = Victim::new(module);
        let saved = victim.saved.clone();
        let config = ProptestConfig {
            cases: 300 * soak::times(soak::CASES),
            failure_persistence: None,
            ..Default::default()
        };
        proptest!(config, |(at in 0..saved.len(), byte in any::<u8>())| {
            let mut bytes = saved.clone();
            bytes[at] = byte;
            if victim.plugin.load(&bytes) {
                prop_assert!(Session::restore(&bytes).is_ok());
                prop_assert!(victim.plugin.value(id("gain_1")).is_finite());
                prop_assert!(victim.plugin.load(&saved));
            }
            victim.is_as_before("one byte changed");
        });
    });
}
