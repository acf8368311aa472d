//! What the plug-in asks of the host.

use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock};
use std::thread::ThreadId;

use vst3::Class;
use vst3::Steinberg::Vst::{
    IComponentHandler, IComponentHandler2, IComponentHandler2Trait, IComponentHandlerTrait,
    ParamID, ParamValue,
};
use vst3::Steinberg::{FIDString, TBool, int32, kNotImplemented, kResultOk, tresult};

/// What the plug-in tells about a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    /// A gesture begins.
    Begin(u32),
    /// A value, normalised.
    Value(u32, f64),
    /// The gesture ends.
    End(u32),
}

/// Remembers what it is told.
#[derive(Default)]
pub struct Handler {
    /// The bits of every restart that was asked for.
    restarts: AtomicI32,
    /// All gestures and values.
    told: Mutex<Vec<Told>>,
    /// Values that have not been handed on yet.
    changes: Mutex<Vec<(ParamID, ParamValue)>>,
    /// How often there was something to save.
    dirty: AtomicU32,
    /// The one thread that may call.
    home: OnceLock<ThreadId>,
}

impl Handler {
    /// The bits of every restart that was asked for so far.
    pub fn restarts(&self) -> i32 {
        self.restarts.load(Relaxed)
    }

    /// Every value that the plug-in set by itself so far.
    pub fn edits(&self) -> Vec<(u32, f64)> {
        let value = |told| match told {
            Told::Value(id, value) => Some((id, value)),
            _ => None,
        };
        self.told().into_iter().filter_map(value).collect()
    }

    /// Everything that it told about parameters so far.
    pub fn told(&self) -> Vec<Told> {
        self.told.lock().expect("no test panics in here").clone()
    }

    /// Forgets that.
    pub fn forget(&self) {
        self.told.lock().expect("no test panics in here").clear();
    }

    /// The values since the last call.
    pub fn take_changes(&self) -> Vec<(u32, f64)> {
        std::mem::take(&mut *self.changes.lock().expect("no test panics in here"))
    }

    /// How often it has said that there is something to save.
    pub fn dirty(&self) -> u32 {
        self.dirty.load(Relaxed)
    }

    /// From now on no other thread than this one may call.
    pub fn stay_here(&self) {
        _ = self.home.set(std::thread::current().id());
    }

    fn tell(&self, told: Told) -> tresult {
        self.check_thread();
        self.told.lock().expect("no test panics in here").push(told);
        kResultOk
    }

    /// Not a panic: the plug-in is between here and the test.
    fn check_thread(&self) {
        if self.home.get().is_some_and(|home| *home != std::thread::current().id()) {
            eprintln!("the host is called on another thread than its main thread");
            std::process::abort();
        }
    }
}

impl Class for Handler {
    type Interfaces = (IComponentHandler, IComponentHandler2);
}

impl IComponentHandlerTrait for Handler {
    unsafe fn beginEdit(&self, id: ParamID) -> tresult {
        self.tell(Told::Begin(id))
    }

    unsafe fn performEdit(&self, id: ParamID, value: ParamValue) -> tresult {
        self.changes.lock().expect("no test panics in here").push((id, value));
        self.tell(Told::Value(id, value))
    }

    unsafe fn endEdit(&self, id: ParamID) -> tresult {
        self.tell(Told::End(id))
    }

    unsafe fn restartComponent(&self, flags: int32) -> tresult {
        self.restarts.fetch_or(flags, Relaxed);
        kResultOk
    }
}

impl IComponentHandler2Trait for Handler {
    unsafe fn setDirty(&self, dirty: TBool) -> tresult {
        self.check_thread();
        self.dirty.fetch_add(u32::from(dirty != 0), Relaxed);
        kResultOk
    }

    unsafe fn requestOpenEditor(&self, _: FIDString) -> tresult {
        kNotImplemented
    }

    unsafe fn startGroupEdit(&self) -> tresult {
        kResultOk
    }

    unsafe fn finishGroupEdit(&self) -> tresult {
        kResultOk
    }
}
