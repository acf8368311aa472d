//! An instance's parameters.

use vst3::Steinberg::Vst::{
    IEditControllerTrait, ParameterInfo, ParameterInfo_::ParameterFlags_, String128,
};
use vst3::Steinberg::{kResultOk, tresult};

use super::{Change, Plugin, SetUp, text_of_16};

/// One parameter as the plug-in tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its number.
    pub id: u32,
    /// What it is called.
    pub title: String,
    /// What it is measured in.
    pub units: String,
    /// 0 for a continuous one, 1 for a switch.
    pub steps: i32,
    /// Its value by default, normalised.
    pub default: f64,
    /// The standard's bits.
    pub flags: i32,
}

impl Parameter {
    /// Whether people see it.
    pub fn is_visible(&self) -> bool {
        self.flags & ParameterFlags_::kIsHidden == 0
    }

    /// Whether the host may automate it.
    pub fn is_automatable(&self) -> bool {
        self.flags & ParameterFlags_::kCanAutomate != 0
    }

    /// Whether it is the bypass.
    pub fn is_bypass(&self) -> bool {
        self.flags & ParameterFlags_::kIsBypass != 0
    }
}

/// The number of the parameter with this id. The framework makes it from the id, and projects have
/// it saved, so it may never change.
pub fn id(name: &str) -> u32 {
    let hash = |hash: u32, byte: u8| hash.wrapping_mul(31).wrapping_add(byte.into());
    name.bytes().fold(0, hash) & (u32::MAX >> 1)
}

impl Plugin<'_> {
    /// How many parameters there are, hidden ones included.
    pub fn parameter_count(&self) -> i32 {
        // SAFETY: no pointers.
        unsafe { self.controller.getParameterCount() }
    }

    /// Parameter `i`, in the plug-in's order.
    ///
    /// # Errors
    /// The plug-in's answer where it has none.
    pub fn parameter(&self, i: i32) -> Result<Parameter, tresult> {
        // SAFETY: plain numbers and characters, for which zeros are a value.
        let mut info: ParameterInfo = unsafe { std::mem::zeroed() };
        // SAFETY: the place can be written.
        match unsafe { self.controller.getParameterInfo(i, &mut info) } {
            result if result != kResultOk => Err(result),
            _ => Ok(Parameter {
                id: info.id,
                title: text_of_16(&info.title),
                units: text_of_16(&info.units),
                steps: info.stepCount,
                default: info.defaultNormalizedValue,
                flags: info.flags,
            }),
        }
    }

    /// The parameters that people see.
    pub fn parameters(&self) -> Vec<Parameter> {
        let all = (0..self.parameter_count()).filter_map(|i| self.parameter(i).ok());
        all.filter(Parameter::is_visible).collect()
    }

    /// A parameter's value, normalised.
    pub fn value(&self, id: u32) -> f64 {
        // SAFETY: no pointers.
        unsafe { self.controller.getParamNormalized(id) }
    }

    /// The values of all parameters that people see.
    pub fn values(&self) -> Vec<(u32, f64)> {
        self.parameters().iter().map(|p| (p.id, self.value(p.id))).collect()
    }

    /// Sets a value, as a host does that is not processing.
    pub fn set_value(&self, id: u32, value: f64) -> bool {
        // SAFETY: no pointers.
        unsafe { self.controller.setParamNormalized(id, value) == kResultOk }
    }

    /// Stops, sets values while nothing is processed, and starts again at 48 kHz.
    pub fn preset(&self, changes: &[Change]) {
        self.stop();
        for change in changes {
            assert!(self.set_value(change.id, change.value), "{change:?} is refused");
        }
        self.start(SetUp::new(48_000.0, 512));
    }

    /// A bus's gain as a host automates it, on the first frame.
    pub fn gain(&self, bus: usize, decibels: f64) -> Change {
        let id = id(&format!("gain_{bus}"));
        Change::at(0, id, self.normalised(id, decibels))
    }

    /// The normalised value for a plain one.
    pub fn normalised(&self, id: u32, plain: f64) -> f64 {
        // SAFETY: no pointers.
        unsafe { self.controller.plainParamToNormalized(id, plain) }
    }

    /// The plain value for a normalised one.
    pub fn plain(&self, id: u32, normalised: f64) -> f64 {
        // SAFETY: no pointers.
        unsafe { self.controller.normalizedParamToPlain(id, normalised) }
    }

    /// How a value is written.
    pub fn text(&self, id: u32, value: f64) -> Option<String> {
        let mut text: String128 = [0; 128];
        // SAFETY: the place can be written.
        let result = unsafe { self.controller.getParamStringByValue(id, value, &mut text) };
        (result == kResultOk).then(|| text_of_16(&text))
    }

    /// What value somebody wrote.
    pub fn value_of(&self, id: u32, text: &str) -> Option<f64> {
        let mut text: Vec<u16> = text.encode_utf16().chain([0]).collect();
        let mut value = f64::NAN;
        // SAFETY: the text ends with a zero, and the place can be written.
        let result =
            unsafe { self.controller.getParamValueByString(id, text.as_mut_ptr(), &mut value) };
        (result == kResultOk).then_some(value)
    }
}
