//! Questions that only a suspicious host asks an object.

use std::ffi::c_void;

use vst3::Interface;
use vst3::Steinberg::Vst::ChannelContext::IInfoListener;
use vst3::Steinberg::Vst::{
    IAudioProcessor, IComponent, IEditController, IMidiMapping, INoteExpressionController,
    IProcessContextRequirements, IUnitInfo,
};
use vst3::Steinberg::{FUnknown, IPluginBase, TUID};

/// Every interface that the plug-in has.
pub const INTERFACES: [(&str, [u8; 16]); 10] = [
    ("FUnknown", FUnknown::IID),
    ("IPluginBase", IPluginBase::IID),
    ("IComponent", IComponent::IID),
    ("IAudioProcessor", IAudioProcessor::IID),
    ("IEditController", IEditController::IID),
    ("IMidiMapping", IMidiMapping::IID),
    ("INoteExpressionController", INoteExpressionController::IID),
    ("IProcessContextRequirements", IProcessContextRequirements::IID),
    ("IUnitInfo", IUnitInfo::IID),
    ("IInfoListener", IInfoListener::IID),
];

/// Where an object has an interface; the reference is given back at once.
///
/// # Safety
/// The object is alive, and stays so while the address is used.
pub unsafe fn address_of(object: *mut c_void, interface: &[u8; 16]) -> Option<*mut c_void> {
    let object = object.cast::<FUnknown>();
    let mut found = std::ptr::null_mut();
    // SAFETY: alive by the caller's promise; the interface is 16 bytes, the place can be written.
    let result = unsafe {
        ((*(*object).vtbl).queryInterface)(
            object,
            std::ptr::from_ref(interface).cast::<TUID>(),
            &mut found,
        )
    };
    assert_eq!(result == 0, !found.is_null(), "the result and the pointer do not agree");
    let found = (!found.is_null()).then_some(found)?;
    // SAFETY: the reference that was just handed out.
    unsafe { release(found) };
    Some(found)
}

/// How many references there are.
///
/// # Safety
/// The object is alive.
pub unsafe fn references(object: *mut c_void) -> u32 {
    let unknown = object.cast::<FUnknown>();
    // SAFETY: alive by the caller's promise; what is taken is given back.
    unsafe {
        ((*(*unknown).vtbl).addRef)(unknown);
        release(object)
    }
}

/// Gives a reference back; how many are left.
///
/// # Safety
/// A reference that is the caller's.
pub unsafe fn release(object: *mut c_void) -> u32 {
    let object = object.cast::<FUnknown>();
    // SAFETY: the caller's.
    unsafe { ((*(*object).vtbl).release)(object) }
}
