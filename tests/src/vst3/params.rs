//! An effect's parameters, units and state.

use std::mem::zeroed;

use vst3::Steinberg::Vst::{
    IComponentTrait, IEditControllerTrait, IUnitInfoTrait, ParameterInfo, ParameterInfo_,
};

use super::stream::Stream;
use super::{Effect, Vst3Param, is_ok, text16};

// SAFETY of all calls: as in the module above.

impl Effect {
    /// All of them, in the plugin's order.
    pub fn params(&self) -> Vec<Vst3Param> {
        let count = unsafe { self.controller.getParameterCount() };
        let param = |param_idx| {
            let can_automate = ParameterInfo_::ParameterFlags_::kCanAutomate;
            let is_bypass = ParameterInfo_::ParameterFlags_::kIsBypass;
            let mut info: ParameterInfo = unsafe { zeroed() };
            let found = is_ok(unsafe { self.controller.getParameterInfo(param_idx, &mut info) });
            found.then(|| Vst3Param {
                id: info.id,
                title: text16(&info.title),
                steps: info.stepCount,
                default: info.defaultNormalizedValue,
                unit: info.unitId,
                is_automatable: info.flags & can_automate != 0,
                is_bypass: info.flags & is_bypass != 0,
            })
        };
        (0..count).filter_map(param).collect()
    }

    /// From 0 to 1.
    pub fn value(&self, id: u32) -> f64 {
        unsafe { self.controller.getParamNormalized(id) }
    }

    /// As the host's knob does.
    pub fn set_value(&self, id: u32, value: f64) -> bool {
        is_ok(unsafe { self.controller.setParamNormalized(id, value) })
    }

    /// The plain value of a value from 0 to 1, and back.
    pub fn there_and_back(&self, id: u32, value: f64) -> f64 {
        unsafe {
            let plain = self.controller.normalizedParamToPlain(id, value);
            self.controller.plainParamToNormalized(id, plain)
        }
    }

    /// The text of a value from 0 to 1.
    pub fn text(&self, id: u32, value: f64) -> Option<String> {
        let mut text = [0; 128];
        let found = unsafe { self.controller.getParamStringByValue(id, value, &mut text) };
        is_ok(found).then(|| text16(&text))
    }

    /// The value of a text.
    pub fn value_of(&self, id: u32, text: &str) -> Option<f64> {
        let mut text: Vec<u16> = text.encode_utf16().chain([0]).collect();
        let mut value = 0.0;
        let found = unsafe {
            self.controller
                .getParamValueByString(id, text.as_mut_ptr(), &mut value)
        };
        is_ok(found).then_some(value)
    }

    /// The ids and parents of its units.
    pub fn units(&self) -> Vec<(i32, i32)> {
        let Some(units) = &self.units else {
            return Vec::new();
        };
        let unit = |unit_idx| {
            let mut info = unsafe { zeroed::<vst3::Steinberg::Vst::UnitInfo>() };
            is_ok(unsafe { units.getUnitInfo(unit_idx, &mut info) })
                .then_some((info.id, info.parentUnitId))
        };
        (0..unsafe { units.getUnitCount() })
            .filter_map(unit)
            .collect()
    }

    /// What a project saves.
    pub fn save(&self) -> Option<Vec<u8>> {
        let stream = Stream::new(Vec::new());
        let saved = is_ok(unsafe { self.component.getState(stream.pointer()) });
        saved.then(|| stream.bytes())
    }

    /// Takes what a project saved.
    pub fn load(&self, bytes: &[u8]) -> bool {
        let stream = Stream::new(bytes.to_vec());
        is_ok(unsafe { self.component.setState(stream.pointer()) })
    }
}
