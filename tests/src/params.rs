//! Parameters by their string ids.
//!
//! CLAP knows parameters by number. nice-plug makes that number from the string id, and its saved
//! state names the string ids: together they give the map.

use std::collections::HashMap;
use std::ffi::CString;

use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::remote_controls::{PluginRemoteControls, RemoteControlsPageBuffer};
use clack_host::events::event_types::ParamValueEvent;
use clack_host::prelude::*;

use crate::{Instance, Result, StageError};

/// Values of a parameter that are all told.
const MAX_EXAMPLES: f64 = 32.0;

/// A parameter as the host sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// The string id, under which projects and automation are saved.
    pub id: String,
    /// The number CLAP knows it by.
    pub clap_id: ClapId,
    /// Shown in hosts.
    pub name: String,
    /// The group it is shown in.
    pub group: String,
    /// Largest value; the smallest is 0.
    pub max_value: f64,
    /// Value of a new instance.
    pub default_value: f64,
    /// Whether it takes whole numbers only.
    pub is_stepped: bool,
    /// Whether a host may automate it.
    pub is_automatable: bool,
}

/// A page for the knobs of a hardware controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemotePage {
    /// The group of pages.
    pub section: String,
    /// Shown on the controller.
    pub name: String,
    /// String ids of the parameters, knob by knob.
    pub param_ids: [Option<String>; 8],
}

impl Instance {
    /// The parameters in the order in which the plugin lists them.
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// The parameter with the string id `id`.
    pub fn param(&self, id: &str) -> Result<&Param> {
        self.params
            .iter()
            .find(|param| param.id == id)
            .ok_or_else(|| StageError::UnknownParam {
                asked: id.into(),
                known: self
                    .params
                    .iter()
                    .map(|param| param.id.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// The value that `text` means for the parameter `id`.
    pub fn value_of(&mut self, id: &str, text: &str) -> Result<f64> {
        let clap_id = self.param(id)?.clap_id;
        let refused = |expected: String| StageError::Value {
            id: id.into(),
            value: text.into(),
            expected,
        };
        let c_text =
            CString::new(shown_name(id, text)).map_err(|_| refused("it is no text".into()))?;
        let params = self.extension::<PluginParams>("list its parameters")?;
        let Some(value) = params.text_to_value(&self.inner.plugin_handle(), clap_id, &c_text)
        else {
            return Err(refused(self.examples_of(id)?));
        };
        // A number outside the range is not refused by the plugin but moved to its end.
        let taken = self.text_of(id, value)?;
        match (leading_number(text), leading_number(&taken)) {
            (Some(asked), Some(taken_number)) if (asked - taken_number).abs() > 0.01 => {
                Err(refused(format!("the nearest it takes is `{taken}`")))
            }
            _ => Ok(value),
        }
    }

    /// The text that hosts show for a value of the parameter `id`.
    pub fn text_of(&mut self, id: &str, value: f64) -> Result<String> {
        let clap_id = self.param(id)?.clap_id;
        let params = self.extension::<PluginParams>("list its parameters")?;
        let mut buffer = [0; 256];
        let text = params
            .value_to_text(&self.inner.plugin_handle(), clap_id, value, &mut buffer)
            .map_err(|_| StageError::Refused(format!("show `{id}` as text")))?;
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// The current value of the parameter `id`.
    pub fn value(&mut self, id: &str) -> Result<f64> {
        let clap_id = self.param(id)?.clap_id;
        let params = self.extension::<PluginParams>("list its parameters")?;
        params
            .get_value(&self.inner.plugin_handle(), clap_id)
            .ok_or_else(|| StageError::Refused(format!("tell the value of `{id}`")))
    }

    /// Sets parameters of an instance that is not active.
    pub fn set(&mut self, values: &[(ClapId, f64)]) -> Result<()> {
        let params = self.extension::<PluginParams>("list its parameters")?;
        let mut events = EventBuffer::new();
        for (id, value) in values {
            events.push(&ParamValueEvent::new(0, *id, Pckn::match_all(), *value));
        }
        let mut handle = self
            .inner
            .inactive_plugin_handle()
            .ok_or_else(|| StageError::Refused("set parameters while active this way".into()))?;
        params.flush(
            &mut handle,
            &events.as_input(),
            &mut EventBuffer::new().as_output(),
        );
        Ok(())
    }

    /// Sets the parameter `id` of an instance that is not active to what `text` means.
    pub fn set_text(&mut self, id: &str, text: &str) -> Result<()> {
        let value = self.value_of(id, text)?;
        let clap_id = self.param(id)?.clap_id;
        self.set(&[(clap_id, value)])
    }

    /// The pages for hardware controllers.
    pub fn remote_pages(&mut self) -> Result<Vec<RemotePage>> {
        let pages = self.extension::<PluginRemoteControls>("list its remote-control pages")?;
        let ids: HashMap<_, _> = self
            .params
            .iter()
            .map(|p| (p.clap_id, p.id.clone()))
            .collect();
        let handle = self.inner.plugin_handle();
        let mut buffer = RemoteControlsPageBuffer::new();
        Ok((0..pages.count(&handle))
            .filter_map(|page_idx| {
                let page = pages.get(&handle, page_idx, &mut buffer)?;
                Some(RemotePage {
                    section: String::from_utf8_lossy(page.section_name).into_owned(),
                    name: String::from_utf8_lossy(page.page_name).into_owned(),
                    param_ids: page.param_ids.map(|id| ids.get(&id?).cloned()),
                })
            })
            .collect())
    }

    pub(crate) fn list_params(&mut self) -> Result<Vec<Param>> {
        let ids: HashMap<_, _> = self
            .save()?
            .param_ids()
            .into_iter()
            .map(|id| (clap_id(&id), id))
            .collect();
        let params = self.extension::<PluginParams>("list its parameters")?;
        let handle = self.inner.plugin_handle();
        let mut buffer = ParamInfoBuffer::new();
        Ok((0..params.count(&handle))
            .filter_map(|param_idx| {
                let info = params.get_info(&handle, param_idx, &mut buffer)?;
                Some(Param {
                    id: ids
                        .get(&info.id)
                        .cloned()
                        .unwrap_or_else(|| info.id.to_string()),
                    clap_id: info.id,
                    name: String::from_utf8_lossy(info.name).into_owned(),
                    group: String::from_utf8_lossy(info.module).into_owned(),
                    max_value: info.max_value,
                    default_value: info.default_value,
                    is_stepped: info.flags.contains(ParamInfoFlags::IS_STEPPED),
                    is_automatable: info.flags.contains(ParamInfoFlags::IS_AUTOMATABLE),
                })
            })
            .collect())
    }

    /// The texts of a parameter's values, to tell what it takes.
    fn examples_of(&mut self, id: &str) -> Result<String> {
        let Param {
            max_value,
            is_stepped,
            ..
        } = *self.param(id)?;
        // Nobody reads a thousand of them.
        if is_stepped && max_value < MAX_EXAMPLES {
            let texts: Result<Vec<_>> = (0..=max_value as usize)
                .map(|step| self.text_of(id, step as f64))
                .collect();
            return Ok(format!("it takes {}", texts?.join(", ")));
        }
        Ok(format!(
            "it takes {} to {}",
            self.text_of(id, 0.0)?,
            self.text_of(id, max_value)?
        ))
    }
}

/// The number that nice-plug gives a parameter (`hash_param_id` in its `wrapper/util.rs`).
fn clap_id(id: &str) -> ClapId {
    let hash = id.bytes().fold(0u32, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(byte.into())
    });
    ClapId::new(hash & !(1 << 31))
}

/// Names by which a choice may be called besides the one the plugin shows.
fn shown_name<'a>(id: &str, text: &'a str) -> &'a str {
    match (id, text) {
        ("chunk", "1s") => "1 s",
        ("chunk", "250ms") => "1/4 s",
        ("chunk", "100ms") => "1/10 s",
        ("chunk", "hop") => "One hop",
        ("fills", "off") => "Off",
        ("fills", "2") => "Every 2 bars",
        ("fills", "4") => "Every 4 bars",
        ("fills", "8") => "Every 8 bars",
        ("feel", "half") => "Half time",
        ("feel", "plain") => "Plain",
        ("feel", "double") => "Double time",
        _ => text,
    }
}

/// The number at the start of a value's text, where the value is one.
fn leading_number(text: &str) -> Option<f64> {
    text.split_whitespace()
        .next()?
        .trim_end_matches(['d', 'B', 'b', 'D', '%'])
        .parse()
        .ok()
}
