//! What a project saves of an instance: nice-plug's JSON, in CLAP behind its length in 8 bytes.

use serde_json::{Map, Value};

use crate::{Result, StageError};

/// The saved state of an instance, readable and changeable.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedState {
    document: Value,
}

impl SavedState {
    /// Reads what a CLAP saved.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (length, json) = bytes
            .split_first_chunk::<8>()
            .ok_or_else(|| unreadable(format!("{} bytes hold no length", bytes.len())))?;
        let length = u64::from_le_bytes(*length);
        if length != json.len() as u64 {
            return Err(unreadable(format!(
                "it claims {length} bytes and has {}",
                json.len()
            )));
        }
        Self::from_json(json)
    }

    /// Reads what a VST3 saved.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        let document = serde_json::from_slice(json).map_err(|e| unreadable(e.to_string()))?;
        Ok(Self { document })
    }

    /// The bytes that a VST3 loads.
    pub fn to_json(&self) -> Vec<u8> {
        self.document.to_string().into_bytes()
    }

    /// The bytes that a CLAP loads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let json = self.to_json();
        let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
        bytes.extend(json);
        bytes
    }

    /// The string ids of the saved parameters.
    pub fn param_ids(&self) -> Vec<String> {
        let params = self.document["params"].as_object();
        params.into_iter().flat_map(Map::keys).cloned().collect()
    }

    /// Takes a parameter out, as if it was saved before there was one; returns whether it was there.
    pub fn remove_param(&mut self, id: &str) -> bool {
        let params = self.document["params"].as_object_mut();
        params.is_some_and(|params| params.remove(id).is_some())
    }

    /// A saved field, such as `pack`.
    pub fn field(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.document["fields"][name].as_str()?).ok()
    }

    /// Changes a saved field.
    pub fn set_field(&mut self, name: &str, value: &str) {
        self.document["fields"][name] = Value::String(Value::String(value.into()).to_string());
    }
}

fn unreadable(reason: String) -> StageError {
    StageError::Unreadable {
        what: "saved state",
        reason,
    }
}
