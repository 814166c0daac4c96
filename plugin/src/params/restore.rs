//! What a saved state may hold.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{ParamPtr, Params, PluginState};

use super::One2FourParams;

/// What a parameter can have.
struct Range {
    low: f32,
    high: f32,
    /// Of the choices, where it is one.
    ids: Vec<&'static str>,
    default: ParamValue,
}

impl Range {
    fn allows(&self, value: &ParamValue) -> bool {
        let is_within = |value: f32| (self.low..=self.high).contains(&value);
        match (&self.default, value) {
            (ParamValue::F32(_), ParamValue::F32(value)) => is_within(*value),
            (ParamValue::I32(_) | ParamValue::String(_), ParamValue::I32(value)) => {
                is_within(*value as f32)
            }
            (ParamValue::Bool(_), ParamValue::Bool(_)) => true,
            (ParamValue::String(_), ParamValue::String(id)) => self.ids.contains(&id.as_str()),
            _ => false,
        }
    }
}

/// By id. Made once, because the framework may take over a state on the audio thread.
static RANGES: LazyLock<BTreeMap<String, Range>> = LazyLock::new(ranges);

#[allow(unsafe_code)]
fn ranges() -> BTreeMap<String, Range> {
    let params = One2FourParams::default();
    let range = |(id, param, _): (String, ParamPtr, String)| {
        // SAFETY: `params` outlives the pointer's use.
        let (low, high, default, ids) = unsafe {
            let (low, high) = (param.preview_plain(0.0), param.preview_plain(1.0));
            let default = param.default_plain_value();
            match param {
                ParamPtr::FloatParam(_) => (low, high, ParamValue::F32(default), vec![]),
                ParamPtr::IntParam(_) => (low, high, ParamValue::I32(default as i32), vec![]),
                ParamPtr::BoolParam(_) => (low, high, ParamValue::Bool(default > 0.5), vec![]),
                ParamPtr::EnumParam(choice) => {
                    let id_of = |value: f32| {
                        param._internal_set_normalized_value(param.preview_normalized(value));
                        (*choice).unmodulated_plain_id().unwrap_or_default()
                    };
                    let ids = (low as i32..=high as i32).map(|value| id_of(value as f32));
                    let ids = ids.collect();
                    let default = ParamValue::String(id_of(default).into());
                    (low, high, default, ids)
                }
            }
        };
        let range = Range {
            low,
            high,
            ids,
            default,
        };
        (id, range)
    };
    params.param_map().into_iter().map(range).collect()
}

/// Makes what [`in_range`] needs, off the audio thread.
pub fn prepare() {
    LazyLock::force(&RANGES);
}

/// Puts the default in the place of every value that its parameter cannot have, and, in a project's whole
/// state, of every one that is missing. The framework takes over whatever a state says, so that a damaged
/// one would be as loud as it likes, and choices that are not there panic when they are saved; what a state
/// does not say, it leaves as another project had it.
/// After [`prepare`] it neither allocates nor blocks for what the editor sends, which has one value that is
/// in range and no pack.
pub fn in_range(state: &mut PluginState) {
    let is_whole = state.fields.contains_key("pack");
    for (id, range) in RANGES.iter() {
        match state.params.get_mut(id) {
            Some(value) if !range.allows(value) => *value = range.default.clone(),
            None if is_whole => {
                state.params.insert(id.clone(), range.default.clone());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(params: &[(&str, ParamValue)]) -> PluginState {
        let params = params
            .iter()
            .map(|(id, value)| ((*id).into(), value.clone()));
        PluginState {
            version: String::new(),
            params: params.collect(),
            fields: BTreeMap::default(),
        }
    }

    #[test]
    fn a_state_with_values_that_cannot_be_gets_the_defaults() {
        let text = |id: &str| ParamValue::String(id.into());
        let mut state = state(&[
            ("output_gain", ParamValue::F32(400.0)),
            ("drums_gain", ParamValue::F32(f32::NAN)),
            ("bass_gain", ParamValue::F32(-6.0)),
            ("piano_gain", text("loud")),
            ("chunk", ParamValue::I32(99)),
            ("fills", text("3")),
            ("feel", text("half")),
            ("swing", ParamValue::I32(40)),
            ("seed", ParamValue::I32(i32::MAX)),
            ("bass_mute", ParamValue::I32(1)),
            ("input_mute", ParamValue::Bool(false)),
            ("unknown", ParamValue::I32(7)),
        ]);
        in_range(&mut state);
        let expected = [
            ("output_gain", ParamValue::F32(0.0)),
            ("drums_gain", ParamValue::F32(0.0)),
            ("bass_gain", ParamValue::F32(-6.0)),
            ("piano_gain", ParamValue::F32(0.0)),
            ("chunk", text("1s")),
            ("fills", text("8")),
            ("feel", text("half")),
            ("swing", ParamValue::I32(40)),
            ("seed", ParamValue::I32(0)),
            ("bass_mute", ParamValue::Bool(false)),
            ("input_mute", ParamValue::Bool(false)),
            ("unknown", ParamValue::I32(7)),
        ];
        assert_eq!(state.params.len(), expected.len());
        for (id, value) in expected {
            let found = &state.params[id];
            assert_eq!(format!("{found:?}"), format!("{value:?}"), "{id}");
        }
    }

    #[test]
    fn what_a_whole_state_does_not_say_is_the_default_and_not_what_was_there() {
        let mut state = state(&[("bypass", ParamValue::Bool(true))]);
        in_range(&mut state);
        assert_eq!(state.params.len(), 1, "the editor sends parts");
        state.fields.insert("pack".into(), "\"remix\"".into());
        in_range(&mut state);
        assert_eq!(state.params.len(), RANGES.len());
        assert!(matches!(state.params["bypass"], ParamValue::Bool(true)));
        assert!(matches!(state.params["input_mute"], ParamValue::Bool(true)));
    }
}
