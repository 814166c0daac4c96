//! Reads an ONNX file as data, before the runtime reads it as a program.
//!
//! Only the fields that are checked are declared; the numbers are those of `onnx.proto`.

use prost::Message;
use prost::bytes::Bytes;

use super::PackError;
use crate::geometry::Stream;

/// `TensorProto.DataType.FLOAT`.
const FLOAT: i32 = 1;
/// The largest state, in numbers.
const MAX_STATE: i64 = 1 << 20;

#[derive(Message)]
struct Model {
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "25")]
    functions: Vec<Function>,
}

#[derive(Message)]
struct Function {}

#[derive(Message)]
struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    node: Vec<Node>,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    output: Vec<ValueInfo>,
}

#[derive(Message)]
struct Node {
    #[prost(string, tag = "4")]
    op_type: String,
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<Attribute>,
    #[prost(string, tag = "7")]
    domain: String,
}

#[derive(Message)]
struct Attribute {
    #[prost(message, optional, tag = "5")]
    t: Option<Tensor>,
    #[prost(message, optional, tag = "6")]
    g: Option<GraphProto>,
    #[prost(message, repeated, tag = "10")]
    tensors: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    graphs: Vec<GraphProto>,
}

#[derive(Message)]
struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(float, repeated, tag = "4")]
    float_data: Vec<f32>,
    #[prost(string, tag = "8")]
    name: String,
    #[prost(bytes = "bytes", tag = "9")]
    raw_data: Bytes,
    #[prost(message, repeated, tag = "13")]
    external_data: Vec<StringPair>,
    #[prost(int32, tag = "14")]
    data_location: i32,
}

#[derive(Message)]
struct StringPair {}

#[derive(Message)]
struct ValueInfo {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    r#type: Option<Type>,
}

#[derive(Message)]
struct Type {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorType>,
}

#[derive(Message)]
struct TensorType {
    #[prost(int32, tag = "1")]
    elem_type: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<Shape>,
}

#[derive(Message)]
struct Shape {
    #[prost(message, repeated, tag = "1")]
    dim: Vec<Dim>,
}

#[derive(Message)]
struct Dim {
    /// 0 where the dimension has a name or nothing: it is dynamic.
    #[prost(int64, tag = "1")]
    value: i64,
}

/// What an ONNX file holds.
pub struct Contents {
    /// The shape of its state.
    pub state: Vec<i64>,
    /// Its weights: names, shapes and little-endian 32-bit floats.
    pub weights: Vec<(String, Vec<i64>, Bytes)>,
}

/// Checks a `mask` graph for `num_stems` stems: its tensors' names, types and shapes, that it holds
/// all its data, and that it uses standard operators only.
pub fn check(
    id: &str,
    file: &str,
    bytes: &Bytes,
    stream: &Stream,
    num_stems: usize,
) -> Result<Contents, PackError> {
    let model = Model::decode(bytes.clone()).ok();
    let Some(graph) = model.as_ref().and_then(|model| model.graph.as_ref()) else {
        return Err(PackError::refused(
            id,
            file,
            "an ONNX file",
            "something else",
        ));
    };
    let checked = Checked {
        id,
        file,
        num_bytes: bytes.len() as i64,
    };
    if model
        .as_ref()
        .is_some_and(|model| !model.functions.is_empty())
    {
        return Err(checked.refused("its functions", "none", "some"));
    }
    checked.graph(graph)?;

    let (channels, bins) = (stream.channels as i64, stream.bins() as i64);
    let is_weight = |name: &str| graph.initializer.iter().any(|tensor| tensor.name == name);
    let inputs: Vec<_> = graph
        .input
        .iter()
        .filter(|input| !is_weight(&input.name))
        .collect();
    let outputs: Vec<_> = graph.output.iter().collect();
    checked.shape(&inputs, "magnitude", &[0, channels, bins])?;
    checked.shape(&outputs, "mask", &[0, num_stems as i64, channels, bins])?;
    let state = checked.tensor(&inputs, "state")?;
    let len = state
        .iter()
        .try_fold(1_i64, |len, &dim| len.checked_mul(dim))
        .unwrap_or(i64::MAX);
    if state.contains(&0) || !(1..=MAX_STATE).contains(&len) {
        let found = format!("{state:?}");
        return Err(checked.refused("the shape of state", "fixed, at most 2^20 numbers", &found));
    }
    checked.shape(&outputs, "next_state", &state)?;
    for (what, found) in [("inputs", inputs.len()), ("outputs", outputs.len())] {
        if found != 2 {
            return Err(checked.refused(
                &format!("the number of its {what}"),
                "2",
                &found.to_string(),
            ));
        }
    }
    let weights = graph
        .initializer
        .iter()
        .filter(|tensor| tensor.data_type == FLOAT);
    let weights = weights.map(|tensor| {
        let Tensor {
            name,
            dims,
            raw_data,
            ..
        } = tensor;
        (name.clone(), dims.clone(), raw_data.clone())
    });
    let is_whole = |(_, dims, bytes): &(_, Vec<i64>, Bytes)| {
        4 * dims.iter().product::<i64>() == bytes.len() as i64
    };
    Ok(Contents {
        state,
        weights: weights.filter(is_whole).collect(),
    })
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

    fn graph(&self, graph: &GraphProto) -> Result<(), PackError> {
        graph
            .initializer
            .iter()
            .try_for_each(|tensor| self.weights(tensor))?;
        for node in &graph.node {
            if !matches!(node.domain.as_str(), "" | "ai.onnx") {
                let found = format!("{} of {}", node.op_type, node.domain);
                return Err(self.refused("an operator", "one of ONNX's own", &found));
            }
            for attribute in &node.attribute {
                let tensors = attribute.t.iter().chain(&attribute.tensors);
                tensors
                    .into_iter()
                    .try_for_each(|tensor| self.weights(tensor))?;
                let graphs = attribute.g.iter().chain(&attribute.graphs);
                graphs.into_iter().try_for_each(|graph| self.graph(graph))?;
            }
        }
        Ok(())
    }

    fn weights(&self, tensor: &Tensor) -> Result<(), PackError> {
        let what = format!("the tensor \"{}\"", tensor.name);
        if tensor.data_location != 0 || !tensor.external_data.is_empty() {
            return Err(self.refused(&what, "in the file itself", "in another file"));
        }
        let len = tensor.dims.iter().try_fold(1_i64, |len, &dim| {
            len.checked_mul(dim)
                .filter(|len| (0..=self.num_bytes).contains(len))
        });
        if len.is_none() {
            let found = format!("{:?}", tensor.dims);
            return Err(self.refused(&what, "no larger than the file", &found));
        }
        // The runtime's LSTM clamps them away and plays nonsense.
        let words = tensor
            .raw_data
            .as_chunks()
            .0
            .iter()
            .map(|word| f32::from_le_bytes(*word));
        let are_numbers = tensor
            .float_data
            .iter()
            .copied()
            .chain(words)
            .all(f32::is_finite);
        if tensor.data_type == FLOAT && !are_numbers {
            return Err(self.refused(&what, "made of numbers", "not all of it"));
        }
        Ok(())
    }

    fn tensor(&self, tensors: &[&ValueInfo], name: &str) -> Result<Vec<i64>, PackError> {
        let what = format!("the tensor \"{name}\"");
        let Some(found) = tensors.iter().find(|tensor| tensor.name == name) else {
            let names: Vec<_> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
            return Err(self.refused(&what, "there", &format!("not among {names:?}")));
        };
        let Some(tensor) = found
            .r#type
            .as_ref()
            .and_then(|r#type| r#type.tensor.as_ref())
        else {
            return Err(self.refused(&what, "a tensor", "something else"));
        };
        if tensor.elem_type != FLOAT {
            let found = format!("type {}", tensor.elem_type);
            return Err(self.refused(&what, "of 32-bit floats (type 1)", &found));
        }
        Ok(tensor
            .shape
            .iter()
            .flat_map(|shape| &shape.dim)
            .map(|dim| dim.value)
            .collect())
    }

    /// 0 in `expected` is a dynamic dimension.
    fn shape(&self, tensors: &[&ValueInfo], name: &str, expected: &[i64]) -> Result<(), PackError> {
        let found = self.tensor(tensors, name)?;
        if found != expected {
            let what = format!("the shape of \"{name}\"");
            let (expected, found) = (format!("{expected:?}"), format!("{found:?}"));
            return Err(self.refused(&what, &expected, &found));
        }
        Ok(())
    }
}
