//! Weights, shared between instances.
#![expect(clippy::disallowed_types, reason = "for the worker, while it loads")]

use std::sync::{Arc, Mutex, PoisonError, Weak};

use ort::session::builder::PrepackedWeights;
use ort::value::{DynValue, Tensor};
use prost::bytes::Bytes;

use crate::pack::container::Contents;

/// The weights of one ONNX file. They are most of a network's memory, and all instances that play it
/// share them.
pub struct Weights {
    /// By name.
    pub values: Vec<(String, Arc<DynValue>)>,
    /// In the order in which the runtime wants to read them.
    pub prepacked: PrepackedWeights,
}

impl Weights {
    /// Those of the file with this sum, which has these contents.
    pub fn shared(sha256: &str, contents: &Contents) -> ort::Result<Arc<Self>> {
        static LIVE: Mutex<Vec<(String, Weak<Weights>)>> = Mutex::new(Vec::new());
        let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
        live.retain(|(_, weights)| weights.strong_count() > 0);
        let found = live
            .iter()
            .find(|(sum, _)| sum == sha256)
            .and_then(|(_, found)| found.upgrade());
        if let Some(weights) = found {
            return Ok(weights);
        }
        let value = |(name, shape, bytes): &(String, Vec<i64>, Bytes)| {
            let words = bytes.as_chunks().0.iter();
            let values: Vec<_> = words.map(|word| f32::from_le_bytes(*word)).collect();
            let tensor = Tensor::from_array((shape.clone(), values))?;
            Ok((name.clone(), Arc::new(tensor.into_dyn())))
        };
        let weights = Arc::new(Self {
            values: contents
                .weights
                .iter()
                .map(value)
                .collect::<ort::Result<_>>()?,
            prepacked: PrepackedWeights::new(),
        });
        live.push((sha256.into(), Arc::downgrade(&weights)));
        Ok(weights)
    }
}
