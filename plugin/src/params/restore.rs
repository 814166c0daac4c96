//! What a saved state may hold.

use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{ParamPtr, Params, PluginState};

use super::One2FourParams;

/// Puts the default in the place of every value that its parameter cannot have. The framework takes over
/// whatever a state says, so that a damaged one would be as loud as it likes, and choices that are not
/// there panic when they are saved.
#[allow(unsafe_code)]
pub fn in_range(state: &mut PluginState) {
    let params = One2FourParams::default();
    for (id, param, _) in params.param_map() {
        let Some(value) = state.params.get_mut(&id) else {
            continue;
        };
        // SAFETY: `params` outlives the loop.
        let (low, high, default) = unsafe {
            let default = param.default_plain_value();
            (param.preview_plain(0.0), param.preview_plain(1.0), default)
        };
        let is_within = |value: f32| (low..=high).contains(&value);
        match (value, param) {
            (ParamValue::F32(value), ParamPtr::FloatParam(_)) if !is_within(*value) => {
                *value = default;
            }
            (ParamValue::I32(value), ParamPtr::IntParam(_) | ParamPtr::EnumParam(_))
                if !is_within(*value as f32) =>
            {
                *value = default as i32;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_state_with_values_out_of_range_gets_the_defaults() {
        let mut state = PluginState {
            version: String::new(),
            params: BTreeMap::from([
                ("output_gain".into(), ParamValue::F32(400.0)),
                ("drums_gain".into(), ParamValue::F32(f32::NAN)),
                ("bass_gain".into(), ParamValue::F32(-6.0)),
                ("chunk".into(), ParamValue::I32(99)),
                ("fills".into(), ParamValue::I32(-1)),
                ("swing".into(), ParamValue::I32(40)),
                ("seed".into(), ParamValue::I32(i32::MAX)),
                ("unknown".into(), ParamValue::I32(7)),
            ]),
            fields: BTreeMap::default(),
        };
        in_range(&mut state);
        let of = |id: &str| match &state.params[id] {
            ParamValue::F32(value) => *value,
            ParamValue::I32(value) => *value as f32,
            _ => panic!("{id} has another type"),
        };
        for id in ["output_gain", "drums_gain", "chunk", "seed"] {
            assert_eq!(of(id), 0.0, "{id}");
        }
        assert_eq!(of("fills"), 3.0);
        assert_eq!(
            (of("bass_gain"), of("swing"), of("unknown")),
            (-6.0, 40.0, 7.0)
        );
    }
}
