//! What the bundle under test tells about itself, through the functions that the feature `probe`
//! exports.

use std::ffi::{CString, c_char, c_void};

use libloading::{Library, Symbol};

/// Points that are metered: eight buses and the master.
pub const POINTS: usize = 9;

/// What one instance looks like from inside.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Blocks that have reached the plug-in itself.
    pub blocks: u64,
    /// Frames in them.
    pub frames: u64,
    /// The longest of them.
    pub longest: u32,
    /// In the last one: 0 real time, 1 prefetch, 2 offline.
    pub mode: u32,
    /// In the last one: bit i for each bus that was the host's.
    pub inputs: u32,
    /// Likewise.
    pub outputs: u32,
    /// 1 after a panic, until the next activation.
    pub failed: u32,
}

/// Peak left and right, RMS left and right.
pub type Reading = [f32; 4];

/// A loaded library's probe.
pub struct Probe<'a>(pub &'a Library);

impl Probe<'_> {
    fn function<T>(&self, name: &str) -> Symbol<'_, T> {
        // SAFETY: the types are those that the plug-in exports, see its module `probe`.
        unsafe { self.0.get(name.as_bytes()) }.expect("the bundle has been built with `probe`")
    }

    /// Instances alive.
    pub fn instances(&self) -> u32 {
        self.function::<extern "C" fn() -> u32>("busbar_probe_instances")()
    }

    /// Allocations and frees inside `process` so far, the framework's included.
    pub fn violations(&self) -> u64 {
        self.function::<extern "C" fn() -> u64>("busbar_probe_violations")()
    }

    /// The next block allocates.
    pub fn allocate_next(&self) {
        self.function::<extern "C" fn()>("busbar_probe_allocate_next")();
    }

    /// The next block panics.
    pub fn panic_next(&self) {
        self.function::<extern "C" fn()>("busbar_probe_panic_next")();
    }

    /// New instances are the framework's own, without the guard, or guarded again.
    pub fn unguarded(&self, on: bool) {
        self.function::<extern "C" fn(bool)>("busbar_probe_unguarded")(on);
    }

    /// Runs `work` with every allocation and free of the library on this thread counted, as the
    /// guard has them counted in each block.
    pub fn watch(&self, mut work: &mut dyn FnMut()) {
        unsafe extern "C" fn call(work: *mut c_void) {
            // SAFETY: what is passed below.
            unsafe { (*work.cast::<&mut dyn FnMut()>())() }
        }
        type Call = unsafe extern "C" fn(*mut c_void);
        let watch = self.function::<unsafe extern "C" fn(Call, *mut c_void)>("busbar_probe_watch");
        // SAFETY: it calls back once, before it returns.
        unsafe { watch(call, (&raw mut work).cast()) }
    }

    /// What the framework told instance `i` about the mode at its activation: 0 real time,
    /// 1 prefetch, 2 offline.
    pub fn activated_as(&self, i: u32) -> u32 {
        self.function::<extern "C" fn(u32) -> u32>("busbar_probe_activated_as")(i)
    }

    /// Live instance `i`, oldest first.
    pub fn look(&self, i: u32) -> Option<Look> {
        let look =
            self.function::<unsafe extern "C" fn(u32, *mut Look) -> bool>("busbar_probe_look");
        let mut to = Look::default();
        // SAFETY: the place can be written.
        unsafe { look(i, &mut to) }.then_some(to)
    }

    /// Gives instance `i` an endless tail.
    pub fn hold(&self, i: u32, on: bool) {
        self.function::<extern "C" fn(u32, bool)>("busbar_probe_hold")(i, on);
    }

    /// What the meters of instance `i` said since the last call, and over how many frames.
    pub fn meters(&self, i: u32) -> Option<(u64, [Reading; POINTS])> {
        let meters =
            self.function::<unsafe extern "C" fn(u32, *mut f32) -> u64>("busbar_probe_meters");
        let mut to = [[0.0; 4]; POINTS];
        // SAFETY: room for all values.
        let frames = unsafe { meters(i, to.as_mut_ptr().cast()) };
        (frames > 0).then_some((frames, to))
    }

    /// Wants a file in a slot of instance `i`: 0 to 7 are the decks, 8 is the reference.
    pub fn want(&self, i: u32, slot: u32, path: &str, looping: bool) {
        type Want = unsafe extern "C" fn(u32, u32, *const c_char, bool);
        let path = CString::new(path).expect("no zeros in paths");
        let want = self.function::<Want>("busbar_probe_want");
        // SAFETY: the text ends with a zero.
        unsafe { want(i, slot, path.as_ptr(), looping) };
    }

    /// Tells a slot of instance `i` to play (0) or to stop (1).
    pub fn order(&self, i: u32, slot: u32, order: u32) -> bool {
        self.function::<extern "C" fn(u32, u32, u32) -> bool>("busbar_probe_order")(i, slot, order)
    }

    /// In instance `i` presses B, the reference, or A, the mix.
    pub fn hear(&self, i: u32, reference: bool) {
        self.function::<extern "C" fn(u32, bool)>("busbar_probe_hear")(i, reference);
    }

    /// Why instance `i` refused the last state.
    pub fn refusal(&self, i: u32) -> Option<String> {
        let refusal = self.function::<unsafe extern "C" fn(u32, *mut c_char, usize) -> usize>(
            "busbar_probe_refusal",
        );
        let mut text = [0u8; 1024];
        // SAFETY: room for as many bytes as announced.
        let length = unsafe { refusal(i, text.as_mut_ptr().cast(), text.len()) };
        let text = &text[..length.min(text.len() - 1)];
        (length > 0).then(|| String::from_utf8_lossy(text).into_owned())
    }
}
