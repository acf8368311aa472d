//! What a host hands over for one call of [`Engine::process`](crate::Engine::process).

use crate::SIDECHAINS;

/// A stereo signal to read: both sides have the block's length.
#[derive(Clone, Copy, Debug)]
pub struct Stereo<'a> {
    /// Left.
    pub left: &'a [f32],
    /// Right.
    pub right: &'a [f32],
}

/// A signal to write, or to work on in place. Without a right side it is mono.
#[derive(Debug)]
pub struct StereoMut<'a> {
    /// Left, or the only side.
    pub left: &'a mut [f32],
    /// Right, with the same length as left.
    pub right: Option<&'a mut [f32]>,
}

/// How the host is calling, true for this very block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum RenderMode {
    /// A deadline has to be met.
    #[default]
    Realtime,
    /// Real-time rules, at irregular times.
    Prefetch,
    /// A bounce: as fast or as slow as it takes.
    Offline,
}

/// The buffers of one block. All slices have the same length, which may be 0.
#[derive(Debug)]
pub struct Block<'a> {
    /// In: the main input, silence where the host gives none. Out: the programme.
    pub main: StereoMut<'a>,
    /// The sidechains that the host gives.
    pub sidechains: [Option<Stereo<'a>>; SIDECHAINS],
    /// Where the monitor goes, if the host takes it.
    pub monitor: Option<StereoMut<'a>>,
    /// How the host is calling.
    pub mode: RenderMode,
}

impl Block<'_> {
    /// Frames in this block.
    pub fn frames(&self) -> usize {
        self.main.left.len()
    }
}
