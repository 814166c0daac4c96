//! What a saved state may hold.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{ParamPtr, Params, PluginState};

use super::One2FourParams;

/// What a parameter can have.
struct Range {
    is_float: bool,
    low: f32,
    high: f32,
    default: f32,
}

/// Of the parameters that are numbers, by id. Made once, because the framework may take over a state on
/// the audio thread.
static RANGES: LazyLock<BTreeMap<String, Range>> = LazyLock::new(ranges);

#[allow(unsafe_code)]
fn ranges() -> BTreeMap<String, Range> {
    let params = One2FourParams::default();
    let range = |(id, param, _): (String, ParamPtr, String)| {
        let is_float = matches!(param, ParamPtr::FloatParam(_));
        let is_whole = matches!(param, ParamPtr::IntParam(_) | ParamPtr::EnumParam(_));
        // SAFETY: `params` outlives the pointer's use.
        let (low, high, default) = unsafe {
            let default = param.default_plain_value();
            (param.preview_plain(0.0), param.preview_plain(1.0), default)
        };
        let range = Range {
            is_float,
            low,
            high,
            default,
        };
        (is_float || is_whole).then_some((id, range))
    };
    params.param_map().into_iter().filter_map(range).collect()
}

/// Makes what [`in_range`] needs, off the audio thread.
pub fn prepare() {
    LazyLock::force(&RANGES);
}

/// Puts the default in the place of every value that its parameter cannot have. The framework takes over
/// whatever a state says, so that a damaged one would be as loud as it likes, and choices that are not
/// there panic when they are saved.
/// Neither allocates nor blocks after [`prepare`].
pub fn in_range(state: &mut PluginState) {
    for (id, value) in &mut state.params {
        let Some(range) = RANGES.get(id) else {
            continue;
        };
        let is_within = |value: f32| (range.low..=range.high).contains(&value);
        match value {
            ParamValue::F32(value) if range.is_float && !is_within(*value) => {
                *value = range.default;
            }
            ParamValue::I32(value) if !range.is_float && !is_within(*value as f32) => {
                *value = range.default as i32;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
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
