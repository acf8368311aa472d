//! The interfaces where there is nothing to mend but one bound.

use nih_plug::wrapper::vst3::Vst3Plugin;
use nih_plug::wrapper::vst3::vst3::Steinberg::Vst::ChannelContext::IInfoListenerTrait;
use nih_plug::wrapper::vst3::vst3::Steinberg::Vst::{CString, *};
use nih_plug::wrapper::vst3::vst3::Steinberg::{
    FIDString, IBStream, IPlugView, int16, int32, kInternalError, kInvalidArgument, tresult, uint32,
};

use super::component::Component;
use super::forward;
use crate::guard::{Guarded, shield};

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
        fn setComponentHandler(handler: *mut IComponentHandler) -> tresult, or kInternalError;
        fn createView(name: FIDString) -> *mut IPlugView, or std::ptr::null_mut();
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
