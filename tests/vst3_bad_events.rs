//! A VST3 host whose blocks are longer than announced, and whose events are too many, or at times
//! and for parameters that there are not.

use busbar_tests::signal::noise;
use busbar_tests::vst3::play::assert_same;
use busbar_tests::vst3::{
    Block, Change, Module, Plugin, Score, SetUp, Take, id, lists, play, with_module,
};

/// An instance for blocks of up to so many frames.
fn announced(module: &Module, longest: i32) -> Plugin<'_> {
    let plugin = Plugin::new(module);
    plugin.start(SetUp::new(48_000.0, longest));
    plugin
}

/// Plays in blocks of one length, on an instance that was announced another.
fn perform(module: &Module, longest: i32, score: &Score<'_>, block: usize) -> Take {
    play(&announced(module, longest), score, &[block])
}

#[test]
fn a_longer_block_keeps_every_event_on_its_frame() {
    let inputs = noise(21, 3_000);
    with_module(|module| {
        let plugin = Plugin::new(module);
        // In the first piece, on both sides of its end, and in every piece that follows.
        let at = |frame, change: Change| Change { frame, ..change };
        let changes = [
            at(17, plugin.gain(1, -20.0)),
            at(255, plugin.gain(2, -6.0)),
            at(256, plugin.gain(3, -6.0)),
            at(257, Change::at(0, id("balance_4"), 0.1)),
            at(600, Change::at(0, id("mute_5"), 1.0)),
            at(999, plugin.gain(1, 3.0)),
            at(1_000, plugin.gain(1, 0.0)),
            at(2_345, Change::at(0, id("bypass"), 1.0)),
        ];
        drop(plugin);
        let notes = (0..300).map(|i| lists::note(i % 2 == 0, i * 10, 0, 60)).collect();
        let score = Score { notes, ..Score::with(&inputs, &changes) };
        let expected = perform(module, 3_000, &score, 3_000);
        for (longest, block) in [(256, 1_000), (256, 3_000), (1, 100), (300, 301), (64, 2_999)] {
            perform(module, longest, &score, block)
                .assert_same(&expected, &format!("{block} frames with {longest} announced"));
        }
        // In no piece may the plug-in have seen more than was announced.
        let plugin = announced(module, 256);
        play(&plugin, &score, &[1_000]);
        let look = module.probe().look(0).expect("an instance");
        assert!(look.longest <= 256 && look.frames == 3_000, "{look:?}");
    });
}

/// Many changes of several parameters, in a block of 512 frames.
fn crowd(plugin: &Plugin<'_>, count: i64, frame_of: impl Fn(i64) -> i64) -> Vec<Change> {
    let change = |i: i64| {
        let bus = 1 + i as usize % 6;
        Change { frame: frame_of(i), ..plugin.gain(bus, -((i % 23) as f64)) }
    };
    (0..count).map(change).collect()
}

#[test]
fn more_changes_than_there_is_room_for() {
    let inputs = noise(22, 1_536);
    with_module(|module| {
        let plugin = Plugin::new(module);
        let changes = crowd(&plugin, 5_000, |i| 512 + i * 512 / 5_000);
        drop(plugin);
        let score = Score::with(&inputs, &changes);
        let expected = perform(module, 512, &score, 32);
        let plugin = announced(module, 512);
        let heard = play(&plugin, &score, &[512]);
        heard.assert_same(&expected, "5,000 changes in a block, and in blocks of 32");
        for bus in 1..=6 {
            let last = changes.iter().rfind(|change| change.id == id(&format!("gain_{bus}")));
            let last = last.expect("a change of each").value;
            assert!((plugin.value(id(&format!("gain_{bus}"))) - last).abs() < 1e-4, "bus {bus}");
        }
    });
}

/// A crowded block may cost about n·log n looks at the host's lists. This counts them, since a
/// clock would say more about the machine.
fn assert_few_looks(plugin: &Plugin<'_>, count: usize, block: &mut Block) {
    let before = lists::looks();
    assert_eq!(block.run(plugin), 0);
    let looks = lists::looks() - before;
    let bound = count as u64 * u64::from(count.ilog2());
    assert!(looks <= bound, "{looks} looks at {count} points, instead of {bound}");
}

#[test]
fn crowded_blocks_take_no_long_search() {
    with_module(|module| {
        let plugin = announced(module, 512);
        for count in [5_000, 20_000, 100_000] {
            let spread = |i: i64| i * 512 / count as i64;
            for frame_of in [&spread as &dyn Fn(i64) -> i64, &|_| 300] {
                let changes = crowd(&plugin, count as i64, frame_of);
                let mut block = Block::constant(&plugin, 512, &[0.5]).with(&changes);
                assert_few_looks(&plugin, count, &mut block);
                let mut block = Block::constant(&plugin, 512, &[0.5]);
                let note = |i: i64| lists::note(i % 2 == 0, frame_of(i) as i32, 0, 60);
                block.notes = (0..count as i64).map(note).collect();
                assert_few_looks(&plugin, count, &mut block);
            }
        }
    });
}

#[test]
fn a_queue_for_each_change() {
    with_module(|module| {
        let plugin = announced(module, 512);
        let (gain, count) = (id("gain_1"), 20_000);
        let changes: Vec<Change> = (0..count)
            .map(|i| Change::at(i * 512 / count, gain, 0.25 + (i % 512) as f64 / 1_024.0))
            .collect();
        let mut block = Block::constant(&plugin, 512, &[0.5]).with(&changes);
        block.own_queues = true;
        assert_few_looks(&plugin, count as usize, &mut block);
        let last = changes.last().expect("a change").value;
        assert!((plugin.value(gain) - last).abs() < 1e-4, "{}", plugin.value(gain));
    });
}

#[test]
fn no_point_out_of_order_is_lost() {
    with_module(|module| {
        let plugin = announced(module, 512);
        let gain = id("gain_1");
        // Backwards, and in a jumble: either way the last of the list is what counts in the end.
        for frame_of in [|i: i64| 511 - i * 512 / 5_000, |i: i64| i * 7_919 % 512] {
            let mut changes: Vec<Change> = (0..5_000)
                .map(|i| Change::at(frame_of(i), gain, (i % 1_000) as f64 / 1_000.0))
                .collect();
            changes.push(Change::at(3, gain, 0.625));
            let mut block = Block::constant(&plugin, 512, &[0.5]).with(&changes);
            assert_few_looks(&plugin, changes.len(), &mut block);
            assert!((plugin.value(gain) - 0.625).abs() < 1e-4, "{}", plugin.value(gain));
        }
    });
}

#[test]
fn all_changes_on_one_frame() {
    let inputs = noise(23, 1_024);
    with_module(|module| {
        for frame in [0, 100, 511] {
            let plugin = announced(module, 512);
            let mut changes = crowd(&plugin, 5_000, |_| frame);
            let heard = play(&plugin, &Score::with(&inputs, &changes), &[512]);
            // It comes to the last value of each.
            changes.drain(..changes.len() - 6);
            drop(plugin);
            let expected = perform(module, 512, &Score::with(&inputs, &changes), 512);
            heard.assert_same(&expected, &format!("5,000 changes on frame {frame}, and the last"));
        }
    });
}

#[test]
fn more_parameters_than_there_is_room_for() {
    with_module(|module| {
        let plugin = announced(module, 512);
        let mut changes = vec![Change { frame: 9, ..plugin.gain(1, -80.0) }];
        changes.extend((0..5_000).map(|i| Change::at(9, 3_000_000 + i, 0.5)));
        let mut block = Block::constant(&plugin, 512, &[0.5]).with(&changes);
        assert_eq!(block.run(&plugin), 0);
        assert_eq!(plugin.value(id("gain_1")), 0.0);
    });
}

#[test]
fn too_many_notes() {
    let inputs = noise(24, 512);
    with_module(|module| {
        let plugin = announced(module, 512);
        let change = Change { frame: 300, ..plugin.gain(1, -12.0) };
        drop(plugin);
        let quiet = Score::with(&inputs, &[change]);
        for frame_of in [|i: i32| i / 10, |_: i32| 300] {
            let notes = (0..5_000).map(|i| lists::note(i % 2 == 0, frame_of(i), 0, 60)).collect();
            let loud = Score { notes, ..quiet.clone() };
            perform(module, 512, &loud, 512)
                .assert_same(&perform(module, 512, &quiet, 512), "with and without notes");
        }
    });
}

#[test]
fn times_outside_the_block() {
    with_module(|module| {
        let plugin = announced(module, 512);
        let gain = id("gain_1");
        for frame in [-1, -100, i64::from(i32::MIN), 64, 1_000, i64::from(i32::MAX)] {
            for (value, length) in [(0.25, 64), (0.6, 512), (0.3, 2_000)] {
                let change = Change::at(frame, gain, value);
                let mut block = Block::constant(&plugin, length, &[0.5]).with(&[change]);
                block.notes.push(lists::note(true, frame as i32, 0, 60));
                assert_eq!(block.run(&plugin), 0);
                let found = plugin.value(gain);
                assert!((found - value).abs() < 1e-3, "frame {frame} of {length}: {found}");
            }
        }
    });
}

#[test]
fn values_and_parameters_that_there_are_not() {
    let inputs = noise(25, 1_024);
    with_module(|module| {
        let plugin = Plugin::new(module);
        let before = plugin.values();
        let absurd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        let mut changes = Vec::new();
        for parameter in plugin.parameters() {
            changes.extend(absurd.map(|value| Change::at(5, parameter.id, value)));
            assert!(absurd.iter().all(|value| !plugin.set_value(parameter.id, *value)));
        }
        for unknown in [0, 1, 77, u32::MAX, 1 << 31, id("gain_9")] {
            changes.push(Change::at(7, unknown, 0.9));
            assert!(plugin.text(unknown, 0.5).is_none() && plugin.value_of(unknown, "1").is_none());
            assert!(plugin.value(unknown).is_finite());
        }
        plugin.start(SetUp::new(48_000.0, 512));
        let take = play(&plugin, &Score::with(&inputs, &changes), &[512]);
        assert_eq!(plugin.values(), before);
        let expected = perform(module, 512, &Score::new(&inputs), 512);
        take.assert_same(&expected, "after absurd automation, and without");
        // Beyond the range is the end of the range.
        let changes = [Change::at(0, id("gain_1"), 7.0), Change::at(0, id("gain_2"), -7.0)];
        play(&plugin, &Score::with(&inputs, &changes), &[512]);
        assert_eq!((plugin.value(id("gain_1")), plugin.value(id("gain_2"))), (1.0, 0.0));
    });
}

#[test]
fn points_that_are_not_in_order() {
    with_module(|module| {
        let plugin = announced(module, 512);
        let gain = id("gain_1");
        let points = [(400, 0.9), (3, 0.1), (3, 0.2), (500, 0.4), (-9, 0.7)];
        let changes = points.map(|(frame, value)| Change::at(frame, gain, value));
        for length in [512, 1_500] {
            let mut block = Block::constant(&plugin, length, &[0.5]).with(&changes);
            assert_eq!(block.run(&plugin), 0);
            assert!(block.main().iter().flatten().all(|x| x.is_finite() && x.abs() <= 2.0));
        }
        let quiet = Block::constant(&plugin, 512, &[0.5]).run(&plugin);
        assert_eq!(quiet, 0);
        let settled = assert_settles(&plugin);
        assert!(settled > 0.0);
    });
}

/// Plays until nothing changes any more; what is heard then.
fn assert_settles(plugin: &Plugin<'_>) -> f32 {
    let mut block = Block::constant(plugin, 512, &[0.5]);
    for _ in 0..3 {
        assert_eq!(block.run(plugin), 0);
    }
    let settled = vec![block.main()[0][0]; 512];
    assert_same(&block.main()[0], &settled, "settled");
    settled[0]
}
