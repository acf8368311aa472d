//! Instances that go right after they were automated from a thread of the host's: whatever the
//! framework still has to do for them must not end the host.

use busbar_tests::signal::BUSES;
use busbar_tests::vst3::{Block, Change, Module, Plugin, id, with_module};

/// Often enough that a race that is lost once in ten times is lost.
const ROUNDS: usize = 150;

/// Frames in a block.
const FRAMES: usize = 64;

#[test]
fn the_last_instance_goes_while_its_changes_are_fresh() {
    with_module(|module| farewell(module, 0));
}

#[test]
fn instances_go_and_others_stay() {
    with_module(|module| farewell(module, 2));
}

/// Makes an instance, automates every parameter from another thread, and lets it go at once, while
/// some others live on.
fn farewell(module: &Module, others: usize) {
    let others: Vec<_> = (0..others).map(|_| Plugin::running(module)).collect();
    let ids: Vec<u32> = (1..=BUSES)
        .flat_map(|bus| ["gain", "balance", "mute"].map(|name| id(&format!("{name}_{bus}"))))
        .collect();
    for round in 0..ROUNDS {
        let plugin = Plugin::running(module);
        std::thread::scope(|scope| {
            let audio = || {
                for block in 0..4 {
                    let value = ((round + block) % 7) as f64 / 7.0;
                    let changes: Vec<_> =
                        ids.iter().zip(0..).map(|(id, at)| Change::at(at, *id, value)).collect();
                    for plugin in others.iter().chain([&plugin]) {
                        let mut block = Block::for_plugin(plugin, FRAMES).with(&changes);
                        assert_eq!(block.run(plugin), 0);
                    }
                }
            };
            let thread = std::thread::Builder::new().name("audio".into());
            thread.spawn_scoped(scope, audio).expect("a thread").join().expect("no panic");
        });
        plugin.stop();
    }
}
