//! The interfaces where there is nothing to mend but one bound, and the way to the editor.

use nih_plug::wrapper::vst3::Vst3Plugin;
use nih_plug::wrapper::vst3::vst3::ComRef;
use nih_plug::wrapper::vst3::vst3::Steinberg::Vst::ChannelContext::IInfoListenerTrait;
use nih_plug::wrapper::vst3::vst3::Steinberg::Vst::{CString, *};
use nih_plug::wrapper::vst3::vst3::Steinberg::{
    FIDString, FUnknown, IBStream, IPlugView, IPluginBaseTrait, int16, int32, kInternalError,
    kInvalidArgument, tresult, uint32,
};

use super::component::Component;
use super::{forward, view};
use crate::guard::{Guarded, shield};

impl<P: Vst3Plugin + Guarded> IPluginBaseTrait for Component<P> {
    unsafe fn initialize(&self, context: *mut FUnknown) -> tresult {
        let initialize = || {
            #[cfg(target_os = "linux")]
            if let Some(desk) = &self.desk {
                // SAFETY: null or the host's.
                let context = unsafe { ComRef::from_raw(context) };
                desk.set_run_loop(context.and_then(|context| context.cast()));
            }
            // SAFETY: the host's promises are handed on with the argument.
            unsafe { self.inner.initialize(context) }
        };
        shield(initialize).unwrap_or(kInternalError)
    }

    /// No window stays, and nothing of the host's is kept.
    unsafe fn terminate(&self) -> tresult {
        let terminate = || {
            if let Some(desk) = &self.desk {
                desk.leave();
            }
            // SAFETY: no pointers.
            unsafe { self.inner.terminate() }
        };
        shield(terminate).unwrap_or(kInternalError)
    }
}

impl<P: Vst3Plugin + Guarded> Drop for Component<P> {
    /// Views may live on; their window may not.
    fn drop(&mut self) {
        if let Some(desk) = &self.desk {
            _ = shield(|| desk.retire());
        }
    }
}

impl<P: Vst3Plugin + Guarded> IEditControllerTrait for Component<P> {
    forward! { IEditControllerTrait:
        fn setComponentState(state: *mut IBStream) -> tresult, or kInternalError;
        fn setState(state: *mut IBStream) -> tresult, or kInternalError;
        fn getState(state: *mut IBStream) -> tresult, or kInternalError;
        fn getParameterCount() -> int32, or 0;
        fn getParamStringByValue(id: ParamID, value: ParamValue, to: *mut String128) -> tresult,
            or kInternalError;
        fn getParamValueByString(id: ParamID, text: *mut TChar, to: *mut ParamValue) -> tresult,
            or kInternalError;
        fn normalizedParamToPlain(id: ParamID, value: ParamValue) -> ParamValue, or value;
        fn plainParamToNormalized(id: ParamID, value: ParamValue) -> ParamValue, or value;
        fn getParamNormalized(id: ParamID) -> ParamValue, or 0.0;
        fn setParamNormalized(id: ParamID, value: ParamValue) -> tresult, or kInternalError;
    }

    /// Kept for the editor as well.
    unsafe fn setComponentHandler(&self, handler: *mut IComponentHandler) -> tresult {
        let set = || {
            if let Some(desk) = &self.desk {
                // SAFETY: null or the host's.
                let handler = unsafe { ComRef::from_raw(handler) };
                desk.set_handler(handler.map(|handler| handler.to_com_ptr()));
            }
            // SAFETY: null or the host's.
            unsafe { self.inner.setComponentHandler(handler) }
        };
        shield(set).unwrap_or(kInternalError)
    }

    /// A view of our own: the wrapper is built without any.
    unsafe fn createView(&self, name: FIDString) -> *mut IPlugView {
        let Some(desk) = &self.desk else { return std::ptr::null_mut() };
        // SAFETY: null or the host's string.
        shield(|| unsafe { view::create(desk, name) }).unwrap_or(std::ptr::null_mut())
    }

    /// The wrapper's check lets `index == count` through and then panics.
    unsafe fn getParameterInfo(&self, i: int32, info: *mut ParameterInfo) -> tresult {
        let inform = || {
            // SAFETY: the host's pointer.
            unsafe {
                match (0..self.inner.getParameterCount()).contains(&i) {
                    true => self.inner.getParameterInfo(i, info),
                    false => kInvalidArgument,
                }
            }
        };
        shield(inform).unwrap_or(kInternalError)
    }
}

impl<P: Vst3Plugin + Guarded> IMidiMappingTrait for Component<P> {
    forward! { IMidiMappingTrait:
        fn getMidiControllerAssignment(bus: int32, channel: int16, control: CtrlNumber,
            id: *mut ParamID) -> tresult, or kInternalError;
    }
}

impl<P: Vst3Plugin + Guarded> INoteExpressionControllerTrait for Component<P> {
    forward! { INoteExpressionControllerTrait:
        fn getNoteExpressionCount(bus: int32, channel: int16) -> int32, or 0;
        fn getNoteExpressionInfo(bus: int32, channel: int16, i: int32,
            info: *mut NoteExpressionTypeInfo) -> tresult, or kInternalError;
        fn getNoteExpressionStringByValue(bus: int32, channel: int16, id: NoteExpressionTypeID,
            value: NoteExpressionValue, to: *mut String128) -> tresult, or kInternalError;
        fn getNoteExpressionValueByString(bus: int32, channel: int16, id: NoteExpressionTypeID,
            text: *const TChar, to: *mut NoteExpressionValue) -> tresult, or kInternalError;
    }
}

impl<P: Vst3Plugin + Guarded> IProcessContextRequirementsTrait for Component<P> {
    forward! { IProcessContextRequirementsTrait:
        fn getProcessContextRequirements() -> uint32, or 0;
    }
}

impl<P: Vst3Plugin + Guarded> IUnitInfoTrait for Component<P> {
    forward! { IUnitInfoTrait:
        fn getUnitCount() -> int32, or 0;
        fn getUnitInfo(i: int32, info: *mut UnitInfo) -> tresult, or kInternalError;
        fn getProgramListCount() -> int32, or 0;
        fn getProgramListInfo(i: int32, info: *mut ProgramListInfo) -> tresult, or kInternalError;
        fn getProgramName(list: ProgramListID, i: int32, to: *mut String128) -> tresult,
            or kInternalError;
        fn getProgramInfo(list: ProgramListID, i: int32, id: CString, to: *mut String128)
            -> tresult, or kInternalError;
        fn hasProgramPitchNames(list: ProgramListID, i: int32) -> tresult, or kInternalError;
        fn getProgramPitchName(list: ProgramListID, i: int32, pitch: int16, to: *mut String128)
            -> tresult, or kInternalError;
        fn getSelectedUnit() -> UnitID, or 0;
        fn selectUnit(unit: UnitID) -> tresult, or kInternalError;
        fn getUnitByBus(media: MediaType, dir: BusDirection, bus: int32, channel: int32,
            unit: *mut UnitID) -> tresult, or kInternalError;
        fn setUnitProgramData(list: int32, program: int32, data: *mut IBStream) -> tresult,
            or kInternalError;
    }
}

impl<P: Vst3Plugin + Guarded> IInfoListenerTrait for Component<P> {
    forward! { IInfoListenerTrait:
        fn setChannelContextInfos(list: *mut IAttributeList) -> tresult, or kInternalError;
    }
}
