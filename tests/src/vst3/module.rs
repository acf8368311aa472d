//! The loaded library, and what its factory says about it.

use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use libloading::Library;
use vst3::ComPtr;
use vst3::Steinberg::{
    IPluginFactory, IPluginFactory2, IPluginFactory2Trait, IPluginFactoryTrait, PClassInfo2,
    PFactoryInfo, kResultOk,
};

use super::{bytes_of, text_of_8};
use crate::bundle;
use crate::probe::Probe;

const ENTER: &[u8] = if cfg!(target_os = "macos") {
    b"bundleEntry"
} else if cfg!(windows) {
    b"InitDll"
} else {
    b"ModuleEntry"
};
const LEAVE: &[u8] = if cfg!(target_os = "macos") {
    b"bundleExit"
} else if cfg!(windows) {
    b"ExitDll"
} else {
    b"ModuleExit"
};

/// What a factory says about all of its classes.
#[derive(Clone, Debug)]
pub struct FactoryInfo {
    /// Who made it.
    pub vendor: String,
    /// Where they are found.
    pub url: String,
    /// How they are reached.
    pub email: String,
    /// The standard's bits.
    pub flags: i32,
}

/// What a factory says about one class.
#[derive(Clone, Debug)]
pub struct ClassInfo {
    /// Its identity.
    pub cid: [u8; 16],
    /// What it is.
    pub category: String,
    /// What it is called.
    pub name: String,
    /// The standard's bits.
    pub flags: u32,
    /// What it is good for, separated by `|`.
    pub subcategories: String,
    /// Who made it.
    pub vendor: String,
    /// Its version.
    pub version: String,
    /// The version of the standard.
    pub sdk: String,
}

/// A loaded library; unloads itself.
pub struct Module {
    /// Let go of before the library is told.
    factory: ManuallyDrop<ComPtr<IPluginFactory>>,
    library: Library,
    _turn: Option<MutexGuard<'static, ()>>,
}

/// The probe counts for all instances in the process, so tests load the bundle one after another.
static TURN: Mutex<()> = Mutex::new(());

/// Loads the bundle under test; after `test` nothing may be left of its instances, and nothing may
/// have allocated in a block.
pub fn with_module(test: impl FnOnce(&Module)) {
    let module = Module::under_test();
    let before = module.probe().violations();
    test(&module);
    assert_eq!(module.probe().instances(), 0, "instances that outlive their host");
    assert_eq!(module.probe().violations(), before, "allocations inside blocks");
}

impl Module {
    /// The bundle under test, when no other test has it.
    pub fn under_test() -> Self {
        let turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut module = Self::load(&bundle::vst3()).expect("the bundle under test loads");
        module._turn = Some(turn);
        module
    }

    /// Any library.
    ///
    /// # Errors
    /// Says what it lacks.
    pub fn load(path: &Path) -> Result<Self, String> {
        // SAFETY: loading runs the library's initialisers, which is what a host is for.
        let library = unsafe { Library::new(path) }.map_err(|error| error.to_string())?;
        // SAFETY: the type is the standard's. On Linux the argument is the library's handle, which
        // a plug-in may keep and not look into.
        let entered = unsafe {
            let enter = library.get::<unsafe extern "C" fn(*mut c_void) -> bool>(ENTER);
            enter.map_err(|error| error.to_string())?(std::ptr::dangling_mut())
        };
        if !entered {
            return Err("the library refuses to be loaded".into());
        }
        // SAFETY: the type is the standard's; what is returned is a reference that is ours, or null.
        let factory = unsafe {
            let get = library
                .get::<unsafe extern "system" fn() -> *mut IPluginFactory>(b"GetPluginFactory")
                .map_err(|error| error.to_string())?;
            ComPtr::from_raw(get())
        };
        let factory = factory.ok_or("the library has no factory")?;
        Ok(Self { factory: ManuallyDrop::new(factory), library, _turn: None })
    }

    /// What the library tells about itself, if it has been built for that.
    pub fn probe(&self) -> Probe<'_> {
        Probe(&self.library)
    }

    /// The factory.
    pub fn factory(&self) -> &ComPtr<IPluginFactory> {
        &self.factory
    }

    /// What the factory says about all classes.
    pub fn info(&self) -> Option<FactoryInfo> {
        // SAFETY: plain numbers and characters, for which zeros are a value.
        let mut info: PFactoryInfo = unsafe { std::mem::zeroed() };
        // SAFETY: the place can be written.
        let result = unsafe { self.factory.getFactoryInfo(&mut info) };
        (result == kResultOk).then(|| FactoryInfo {
            vendor: text_of_8(&info.vendor),
            url: text_of_8(&info.url),
            email: text_of_8(&info.email),
            flags: info.flags,
        })
    }

    /// What the factory says about each class.
    pub fn classes(&self) -> Vec<ClassInfo> {
        let Some(factory) = self.factory.cast::<IPluginFactory2>() else { return Vec::new() };
        // SAFETY: no pointers.
        let count = unsafe { factory.countClasses() };
        let class = |i| {
            // SAFETY: plain numbers and characters, for which zeros are a value.
            let mut info: PClassInfo2 = unsafe { std::mem::zeroed() };
            // SAFETY: the place can be written.
            let result = unsafe { factory.getClassInfo2(i, &mut info) };
            (result == kResultOk).then(|| ClassInfo {
                cid: bytes_of(info.cid),
                category: text_of_8(&info.category),
                name: text_of_8(&info.name),
                flags: info.classFlags,
                subcategories: text_of_8(&info.subCategories),
                vendor: text_of_8(&info.vendor),
                version: text_of_8(&info.version),
                sdk: text_of_8(&info.sdkVersion),
            })
        };
        (0..count).filter_map(class).collect()
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // SAFETY: dropped here and nowhere else.
        unsafe { ManuallyDrop::drop(&mut self.factory) };
        // SAFETY: the type is the standard's; no reference into the library is left.
        unsafe {
            if let Ok(leave) = self.library.get::<unsafe extern "C" fn() -> bool>(LEAVE) {
                leave();
            }
        }
    }
}
