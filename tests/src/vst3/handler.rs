//! What the plug-in asks of the host.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use vst3::Class;
use vst3::Steinberg::Vst::{IComponentHandler, IComponentHandlerTrait, ParamID, ParamValue};
use vst3::Steinberg::{int32, kResultOk, tresult};

/// Remembers what it is told.
#[derive(Default)]
pub struct Handler {
    /// The bits of every restart that was asked for.
    restarts: AtomicI32,
    /// Every value that the editor set.
    edits: Mutex<Vec<(ParamID, ParamValue)>>,
}

impl Handler {
    /// The bits of every restart that was asked for so far.
    pub fn restarts(&self) -> i32 {
        self.restarts.load(Relaxed)
    }

    /// Every value that the plug-in set by itself so far.
    pub fn edits(&self) -> Vec<(u32, f64)> {
        self.edits.lock().expect("no test panics in here").clone()
    }
}

impl Class for Handler {
    type Interfaces = (IComponentHandler,);
}

impl IComponentHandlerTrait for Handler {
    unsafe fn beginEdit(&self, _: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn performEdit(&self, id: ParamID, value: ParamValue) -> tresult {
        self.edits.lock().expect("no test panics in here").push((id, value));
        kResultOk
    }

    unsafe fn endEdit(&self, _: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn restartComponent(&self, flags: int32) -> tresult {
        self.restarts.fetch_or(flags, Relaxed);
        kResultOk
    }
}
