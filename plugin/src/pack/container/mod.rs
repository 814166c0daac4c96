//! Reads an ONNX file as data, before the runtime reads it as a program.

mod notes;
mod proto;
mod sizes;
mod widen;
mod wire;

use std::collections::HashSet;
use std::ops::RangeInclusive;

use prost::Message;
use prost::bytes::Bytes;

use super::PackError;
use crate::geometry::Stream;

use proto::{GraphProto, Model, Node, Opset, Tensor, ValueInfo};

/// `TensorProto.DataType.FLOAT`.
const FLOAT: i32 = 1;
/// `TensorProto.DataType.INT64`.
const INT64: i32 = 7;
/// `TensorProto.DataType.FLOAT16`.
const FLOAT16: i32 = 10;
/// The bits of a 16-bit float's exponent; all are set where it is no number.
const HALF_EXPONENT: u16 = 0x7c00;
/// The most bytes of a file that are not weights: names and nodes take more memory than they are long.
const MAX_STRUCTURE: usize = 1 << 20;
/// The versions of ONNX's operators whose results' sizes are known.
const OPSETS: RangeInclusive<i64> = 13..=20;
/// The largest state, in numbers.
const MAX_STATE: i64 = 1 << 20;

/// The types of attributes: a float, an integer, text, a tensor, and rows of floats, integers and texts.
const ATTRIBUTES: [i32; 7] = [1, 2, 3, 4, 6, 7, 8];

/// What an ONNX file holds.
pub struct Contents {
    /// The shape of its state; empty where it has none.
    pub state: Vec<i64>,
    /// What was checked of the file, written anew, with all of its weights as 32-bit floats: the runtime
    /// sees nothing that was not checked.
    pub bytes: Bytes,
    /// Its weights: names, shapes and little-endian 32-bit floats.
    pub weights: Vec<(String, Vec<i64>, Bytes)>,
}

/// Checks a graph for `num_stems` stems: its tensors' names, types and shapes, that it holds all its
/// data, that it uses listed operators only, and what runs take in which the input is as long as one
/// of `lengths`.
pub fn check(
    id: &str,
    file: &str,
    bytes: &Bytes,
    stream: &Stream,
    num_stems: usize,
    lengths: &[usize],
) -> Result<Contents, PackError> {
    let not_onnx = || PackError::refused(id, file, "an ONNX file", "something else");
    let checked = Checked {
        id,
        file,
        num_bytes: bytes.len() as i64,
    };
    let structure = wire::structure_bytes(bytes).map_err(|_| not_onnx())?;
    if structure > MAX_STRUCTURE {
        let expected = format!("at most {MAX_STRUCTURE} bytes");
        let found = format!("{structure} bytes");
        return Err(checked.refused("all but the weights", &expected, &found));
    }
    let mut model = Model::decode(bytes.clone()).map_err(|_| not_onnx())?;
    let mut graph = model.graph.take().ok_or_else(not_onnx)?;
    checked.opset(&mut model.opset_import)?;
    checked.nothing(&model.functions, "its functions")?;
    checked.graph(&graph)?;

    let (inputs, outputs): (_, Vec<_>) = (graph.fed(), graph.output.iter().collect());
    let stems = num_stems as i64;
    let (state, num_inputs, num_outputs) = match stream {
        Stream::Mask(stream) => {
            let (channels, bins) = (stream.channels as i64, stream.bins() as i64);
            checked.shape(&inputs, "magnitude", &[0, channels, bins])?;
            checked.shape(&outputs, "mask", &[0, stems, channels, bins])?;
            let state = checked.state(&inputs)?;
            checked.shape(&outputs, "next_state", &state)?;
            (state, 2, 2)
        }
        Stream::Waveform(stream) => {
            let channels = stream.channels as i64;
            checked.shape(&inputs, "audio", &[0, channels])?;
            checked.shape(&outputs, "stems", &[0, stems, channels])?;
            (Vec::new(), 1, 1)
        }
        Stream::Notes(_) => {
            let tensors = if num_stems == 0 {
                notes::PLAN
            } else {
                notes::BAND
            };
            for (name, kind, shape) in tensors.inputs {
                checked.shape_of(&inputs, name, *kind, shape)?;
            }
            for (name, shape) in tensors.outputs {
                checked.shape(&outputs, name, shape)?;
            }
            let state = checked.state(&inputs)?;
            checked.shape(&outputs, "next_state", &state)?;
            (state, tensors.inputs.len() + 1, tensors.outputs.len() + 1)
        }
    };
    checked.number("inputs", &inputs, num_inputs)?;
    checked.number("outputs", &outputs, num_outputs)?;
    for &length in lengths {
        sizes::check(&graph, length)
            .map_err(|refusal| checked.refused(&refusal.what, &refusal.expected, &refusal.found))?;
    }
    widen::widen(&mut graph);
    let weights = weights(&graph);
    model.graph = Some(graph);
    Ok(Contents {
        state,
        bytes: model.encode_to_vec().into(),
        weights,
    })
}

/// The weights that can be handed to the runtime as they are.
fn weights(graph: &GraphProto) -> Vec<(String, Vec<i64>, Bytes)> {
    let is_whole = |tensor: &&Tensor| {
        let len = 4 * tensor.dims.iter().product::<i64>();
        tensor.data_type == FLOAT && len == tensor.raw_data.len() as i64
    };
    let weights = graph.initializer.iter().filter(is_whole);
    weights
        .map(|tensor| {
            let (name, dims) = (tensor.name.clone(), tensor.dims.clone());
            (name, dims, tensor.raw_data.clone())
        })
        .collect()
}

/// The file being checked.
struct Checked<'a> {
    id: &'a str,
    file: &'a str,
    num_bytes: i64,
}

impl Checked<'_> {
    fn refused(&self, what: &str, expected: &str, found: &str) -> PackError {
        PackError::refused(
            self.id,
            format!("{} of {}", what, self.file),
            expected,
            found,
        )
    }

    fn nothing<T>(&self, found: &[T], what: &str) -> Result<(), PackError> {
        let some = |_| Err(self.refused(what, "none", "some"));
        found.first().map_or(Ok(()), some)
    }

    /// Leaves only ONNX's own, of which there must be one.
    fn opset(&self, opsets: &mut Vec<Opset>) -> Result<(), PackError> {
        opsets.retain(|opset| is_own(&opset.domain));
        match opsets[..] {
            [Opset { version, .. }] if OPSETS.contains(&version) => Ok(()),
            _ => {
                let versions: Vec<_> = opsets.iter().map(|opset| opset.version).collect();
                let expected = format!("one of {} to {}", OPSETS.start(), OPSETS.end());
                Err(self.refused("the opset", &expected, &format!("{versions:?}")))
            }
        }
    }

    fn graph(&self, graph: &GraphProto) -> Result<(), PackError> {
        self.nothing(&graph.sparse_initializer, "its sparse tensors")?;
        graph
            .initializer
            .iter()
            .try_for_each(|tensor| self.weights(tensor))?;
        self.names(graph)?;
        for node in &graph.node {
            if !is_own(&node.domain) {
                let found = format!("{} of {}", node.op_type, node.domain);
                return Err(self.refused("an operator", "one of ONNX's own", &found));
            }
            self.attributes(node)?;
        }
        Ok(())
    }

    /// Refuses a name of two tensors: the runtime would choose one, and perhaps not the one that was measured.
    fn names(&self, graph: &GraphProto) -> Result<(), PackError> {
        let inputs = graph.fed().into_iter().map(|input| &input.name);
        let initializers = graph.initializer.iter().map(|tensor| &tensor.name);
        let outputs = graph.node.iter().flat_map(|node| &node.output);
        let outputs = outputs.filter(|name| !name.is_empty());
        let mut names = HashSet::new();
        let mut all = inputs.chain(initializers).chain(outputs);
        match all.find(|name| !names.insert(*name)) {
            Some(name) => {
                let what = format!("the tensor \"{name}\"");
                Err(self.refused(&what, "there once", "there twice"))
            }
            None => Ok(()),
        }
    }

    fn attributes(&self, node: &Node) -> Result<(), PackError> {
        let mut names = HashSet::new();
        for attribute in &node.attribute {
            // Written only where it is read: a node can have a long name and many attributes.
            let refused = |expected, found| {
                let what = format!(
                    "the attribute \"{}\" of the node \"{}\" ({})",
                    attribute.name, node.name, node.op_type
                );
                Err(self.refused(&what, expected, found))
            };
            let is_structure = attribute.g.is_some()
                || attribute.sparse_tensor.is_some()
                || [
                    &attribute.graphs,
                    &attribute.tensors,
                    &attribute.sparse_tensors,
                ]
                .iter()
                .any(|parts| !parts.is_empty());
            if is_structure || !ATTRIBUTES.contains(&attribute.r#type) {
                return refused("a number, a text or a tensor", "another");
            }
            if attribute.held().any(|held| held != attribute.r#type) {
                return refused("of the type that it names", "of another");
            }
            if !names.insert(&attribute.name) {
                return refused("there once", "there twice");
            }
            if let Some(tensor) = &attribute.t {
                self.weights(tensor)?;
            }
        }
        Ok(())
    }

    fn weights(&self, tensor: &Tensor) -> Result<(), PackError> {
        let what = format!("the tensor \"{}\"", tensor.name);
        if tensor.data_location != 0 || !tensor.external_data.is_empty() {
            return Err(self.refused(&what, "in the file itself", "in another file"));
        }
        if !matches!(tensor.data_type, FLOAT | INT64 | FLOAT16) {
            let expected = "of 32-bit or 16-bit floats or 64-bit integers (type 1, 10 or 7)";
            let found = format!("of type {}", tensor.data_type);
            return Err(self.refused(&what, expected, &found));
        }
        let len = tensor.dims.iter().try_fold(1_i64, |len, &dim| {
            len.checked_mul(dim)
                .filter(|len| (0..=self.num_bytes).contains(len))
        });
        let Some(len) = len else {
            let found = format!("{:?}", tensor.dims);
            return Err(self.refused(&what, "no larger than the file", &found));
        };
        // The runtime's LSTM clamps them away and plays nonsense.
        let raw = &tensor.raw_data;
        let words = raw.as_chunks().0.iter().copied().map(f32::from_le_bytes);
        let mut halves = raw.as_chunks().0.iter().copied().map(u16::from_le_bytes);
        let are_numbers = match tensor.data_type {
            FLOAT => words
                .chain(tensor.float_data.iter().copied())
                .all(f32::is_finite),
            FLOAT16 => halves.all(|half| half & HALF_EXPONENT != HALF_EXPONENT),
            _ => true,
        };
        if tensor.data_type == FLOAT16 && Some(2 * len) != i64::try_from(raw.len()).ok() {
            let found = format!("{} bytes", raw.len());
            return Err(self.refused(&what, &format!("{} raw bytes", 2 * len), &found));
        }
        if !are_numbers {
            return Err(self.refused(&what, "made of numbers", "not all of it"));
        }
        Ok(())
    }

    fn tensor(&self, tensors: &[&ValueInfo], name: &str, kind: i32) -> Result<Vec<i64>, PackError> {
        let what = format!("the tensor \"{name}\"");
        let Some(found) = tensors.iter().find(|tensor| tensor.name == name) else {
            let names: Vec<_> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
            return Err(self.refused(&what, "there", &format!("not among {names:?}")));
        };
        let Some(elem_type) = found.elem_type() else {
            return Err(self.refused(&what, "a tensor", "something else"));
        };
        if elem_type != kind {
            let found = format!("type {elem_type}");
            let expected = match kind {
                INT64 => "of 64-bit integers (type 7)",
                _ => "of 32-bit floats (type 1)",
            };
            return Err(self.refused(&what, expected, &found));
        }
        Ok(found.dims())
    }

    /// The shape of the `state` among `tensors`.
    fn state(&self, tensors: &[&ValueInfo]) -> Result<Vec<i64>, PackError> {
        let state = self.tensor(tensors, "state", FLOAT)?;
        let len = state
            .iter()
            .try_fold(1_i64, |len, &dim| len.checked_mul(dim))
            .unwrap_or(i64::MAX);
        if state.is_empty() || state.iter().any(|&dim| dim < 1) || len > MAX_STATE {
            let found = format!("{state:?}");
            return Err(self.refused("the shape of state", "fixed, at most 2^20 numbers", &found));
        }
        Ok(state)
    }

    fn number(&self, what: &str, found: &[&ValueInfo], expected: usize) -> Result<(), PackError> {
        if found.len() != expected {
            let (what, expected) = (format!("the number of its {what}"), expected.to_string());
            return Err(self.refused(&what, &expected, &found.len().to_string()));
        }
        Ok(())
    }

    /// 0 in `expected` is a dynamic dimension.
    fn shape(&self, tensors: &[&ValueInfo], name: &str, expected: &[i64]) -> Result<(), PackError> {
        self.shape_of(tensors, name, FLOAT, expected)
    }

    fn shape_of(
        &self,
        tensors: &[&ValueInfo],
        name: &str,
        kind: i32,
        expected: &[i64],
    ) -> Result<(), PackError> {
        let found = self.tensor(tensors, name, kind)?;
        if found != expected {
            let what = format!("the shape of \"{name}\"");
            return Err(self.refused(&what, &written(expected), &written(&found)));
        }
        Ok(())
    }
}

/// Whether it is the name of ONNX's own operators.
fn is_own(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

/// A shape; its dynamic dimensions may be of any size.
fn written(shape: &[i64]) -> String {
    let dim = |&dim: &i64| match dim {
        0 => "any".into(),
        dim => dim.to_string(),
    };
    let dims: Vec<String> = shape.iter().map(dim).collect();
    format!("[{}]", dims.join(", "))
}
