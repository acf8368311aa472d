//! What the bad host expects all the same: that each block reaches the plug-in, and what is heard.

use clap_sys::process::CLAP_PROCESS_ERROR;

use super::block::Block;
use super::faults;
use super::raw::RawPlugin;
use crate::signal::BUSES;

/// Frames in a block, and announced.
pub const FRAMES: usize = 256;

/// Powers of two: every subset of the buses has a sum of its own, and an exact one.
pub const VALUES: [f32; BUSES] = [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015_625, 0.007_812_5];

/// What some of the buses add up to.
pub fn sum(buses: impl IntoIterator<Item = usize>) -> f32 {
    buses.into_iter().map(|bus| VALUES[bus]).sum()
}

/// Processes one block, and expects that it has reached the plug-in with these buses.
pub fn expect(plugin: &RawPlugin<'_>, block: &mut Block, inputs: u32, outputs: u32) {
    let before = plugin.probe().look(0).unwrap();
    let status = plugin.process(block, &[]);
    assert_ne!(status, CLAP_PROCESS_ERROR);
    let after = plugin.probe().look(0).unwrap();
    assert_eq!(after.blocks, before.blocks + 1, "the block has not reached the plug-in");
    assert_eq!(after.frames, before.frames + block.frames as u64);
    // Only the guard knows; without it, what is heard has to do.
    if !faults::is_unguarded() {
        assert_eq!((after.inputs, after.outputs), (inputs, outputs), "the buses that were there");
    }
}

/// Expects that the plug-in is well.
pub fn expect_health(plugin: &RawPlugin<'_>) {
    let mut block = Block::constant(VALUES, FRAMES);
    expect(plugin, &mut block, 0xff, 3);
    assert_eq!(block.last(), [sum(0..BUSES); 2]);
}
