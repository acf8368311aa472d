//! What the library offers: one class.

use std::ffi::c_void;
use std::marker::PhantomData;

use nih_plug::wrapper::vst3::vst3::Steinberg::{
    FIDString, FUnknown, IPluginFactory, IPluginFactory2, IPluginFactory2Trait, IPluginFactory3,
    IPluginFactory3Trait, IPluginFactoryTrait, PClassInfo, PClassInfo2, PClassInfoW, PFactoryInfo,
    TUID, int32, kInternalError, kInvalidArgument, kResultOk, tresult,
};
use nih_plug::wrapper::vst3::vst3::{Class, ComWrapper};
use nih_plug::wrapper::vst3::{PluginInfo, Vst3Plugin};

use super::component::Component;
use crate::guard::{Guarded, shield};

/// For `GetPluginFactory`: a new reference that the host owns.
pub fn factory<P: Vst3Plugin + Guarded>() -> *mut c_void {
    let make = || {
        let info = PluginInfo::for_plugin::<P>();
        let factory = ComWrapper::new(Factory::<P> { info, plugin: PhantomData });
        factory.to_com_ptr::<IPluginFactory>().map(|factory| factory.into_raw().cast())
    };
    shield(make).flatten().unwrap_or(std::ptr::null_mut())
}

struct Factory<P> {
    info: PluginInfo,
    plugin: PhantomData<fn() -> P>,
}

impl<P: Vst3Plugin + Guarded> Class for Factory<P> {
    type Interfaces = (IPluginFactory, IPluginFactory2, IPluginFactory3);
}

/// Asks an object for an interface.
///
/// # Safety
/// The object is alive, the interface is 16 bytes, and `object` may be written.
unsafe fn query(unknown: *mut FUnknown, interface: FIDString, object: *mut *mut c_void) -> tresult {
    // SAFETY: the caller's.
    unsafe { ((*(*unknown).vtbl).queryInterface)(unknown, interface.cast::<TUID>(), object) }
}

/// Writes information on class 0, the only one.
///
/// # Safety
/// `to` is null or may be written.
unsafe fn only_class<T>(i: int32, to: *mut T, info: impl FnOnce() -> T) -> tresult {
    // SAFETY: the caller's.
    match (i, unsafe { to.as_mut() }) {
        (0, Some(to)) => {
            *to = info();
            kResultOk
        }
        _ => kInvalidArgument,
    }
}

impl<P: Vst3Plugin + Guarded> IPluginFactoryTrait for Factory<P> {
    unsafe fn getFactoryInfo(&self, info: *mut PFactoryInfo) -> tresult {
        // SAFETY: the host's pointer.
        unsafe { only_class(0, info, || self.info.create_factory_info()) }
    }

    unsafe fn countClasses(&self) -> int32 {
        1
    }

    unsafe fn getClassInfo(&self, i: int32, info: *mut PClassInfo) -> tresult {
        // SAFETY: the host's pointer.
        unsafe { only_class(i, info, || self.info.create_class_info()) }
    }

    unsafe fn createInstance(
        &self,
        class: FIDString,
        interface: FIDString,
        object: *mut *mut c_void,
    ) -> tresult {
        if class.is_null() || interface.is_null() || object.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: not null, and by the interface's rules 16 bytes each.
        unsafe {
            *object = std::ptr::null_mut();
            if *class.cast::<[u8; 16]>() != P::PLATFORM_VST3_CLASS_ID {
                return kInvalidArgument;
            }
        }
        #[cfg(feature = "probe")]
        if crate::probe::is_unguarded() {
            let made = ComWrapper::new(nih_plug::wrapper::vst3::Wrapper::<P>::new());
            let Some(unknown) = made.as_com_ref::<FUnknown>() else { return kInternalError };
            // SAFETY: as below.
            return unsafe { query(unknown.as_ptr(), interface, object) };
        }
        let made = shield(|| ComWrapper::new(Component::<P>::new()));
        let Some(unknown) = made.as_ref().and_then(|made| made.as_com_ref::<FUnknown>()) else {
            return kInternalError;
        };
        // SAFETY: `made` keeps the object alive. This takes the host's reference; ours goes with
        // `made`.
        unsafe { query(unknown.as_ptr(), interface, object) }
    }
}

impl<P: Vst3Plugin + Guarded> IPluginFactory2Trait for Factory<P> {
    unsafe fn getClassInfo2(&self, i: int32, info: *mut PClassInfo2) -> tresult {
        // SAFETY: the host's pointer.
        unsafe { only_class(i, info, || self.info.create_class_info_2()) }
    }
}

impl<P: Vst3Plugin + Guarded> IPluginFactory3Trait for Factory<P> {
    unsafe fn getClassInfoUnicode(&self, i: int32, info: *mut PClassInfoW) -> tresult {
        // SAFETY: the host's pointer.
        unsafe { only_class(i, info, || self.info.create_class_info_unicode()) }
    }

    unsafe fn setHostContext(&self, _context: *mut FUnknown) -> tresult {
        kResultOk
    }
}
