//! As much of `onnx.proto` as is checked; the numbers are its. The runtime is given no more than that.

#![allow(missing_docs)] // onnx.proto has them

use std::collections::HashSet;

use prost::Message;
use prost::bytes::Bytes;

#[derive(Message)]
pub struct Model {
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<Opset>,
    #[prost(message, repeated, tag = "25")]
    pub functions: Vec<Anything>,
}

#[derive(Message)]
pub struct Opset {
    #[prost(string, tag = "1")]
    pub domain: String,
    #[prost(int64, tag = "2")]
    pub version: i64,
}

/// A message that is only counted.
#[derive(Message)]
pub struct Anything {}

#[derive(Message)]
pub struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<Node>,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "15")]
    pub sparse_initializer: Vec<Anything>,
}

impl GraphProto {
    /// The inputs that a run has to be given: older files list the weights too.
    pub fn fed(&self) -> Vec<&ValueInfo> {
        let weights: HashSet<_> = self.initializer.iter().map(|tensor| &tensor.name).collect();
        let inputs = self.input.iter();
        inputs
            .filter(|input| !weights.contains(&input.name))
            .collect()
    }
}

#[derive(Message)]
pub struct Node {
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<Attribute>,
    #[prost(string, tag = "7")]
    pub domain: String,
}

impl Node {
    fn attribute(&self, name: &str) -> Option<&Attribute> {
        let mut attributes = self.attribute.iter();
        attributes.find(|attribute| attribute.name == name)
    }

    /// A whole number among the attributes.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.attribute(name).map(|attribute| attribute.i)
    }

    /// Whole numbers among the attributes.
    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        self.attribute(name).map(|attribute| &attribute.ints[..])
    }

    /// Text among the attributes.
    pub fn text(&self, name: &str) -> Option<&[u8]> {
        self.attribute(name).map(|attribute| &attribute.s[..])
    }
}

impl Attribute {
    /// Which types of attribute it holds something of; the type it names says which the runtime reads.
    pub fn held(&self) -> impl Iterator<Item = i32> {
        let held = [
            (1, self.f != 0.0),
            (2, self.i != 0),
            (3, !self.s.is_empty()),
            (4, self.t.is_some()),
            (6, !self.floats.is_empty()),
            (7, !self.ints.is_empty()),
            (8, !self.strings.is_empty()),
        ];
        held.into_iter()
            .filter_map(|(r#type, is_held)| is_held.then_some(r#type))
    }
}

#[derive(Message)]
pub struct Attribute {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(float, tag = "2")]
    pub f: f32,
    #[prost(int64, tag = "3")]
    pub i: i64,
    #[prost(bytes = "bytes", tag = "4")]
    pub s: Bytes,
    #[prost(message, optional, tag = "5")]
    pub t: Option<Tensor>,
    #[prost(message, optional, tag = "6")]
    pub g: Option<Anything>,
    #[prost(float, repeated, tag = "7")]
    pub floats: Vec<f32>,
    #[prost(int64, repeated, tag = "8")]
    pub ints: Vec<i64>,
    #[prost(bytes = "bytes", repeated, tag = "9")]
    pub strings: Vec<Bytes>,
    #[prost(message, repeated, tag = "10")]
    pub tensors: Vec<Anything>,
    #[prost(message, repeated, tag = "11")]
    pub graphs: Vec<Anything>,
    #[prost(int32, tag = "20")]
    pub r#type: i32,
    #[prost(message, optional, tag = "22")]
    pub sparse_tensor: Option<Anything>,
    #[prost(message, repeated, tag = "23")]
    pub sparse_tensors: Vec<Anything>,
}

#[derive(Message)]
pub struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    #[prost(float, repeated, tag = "4")]
    pub float_data: Vec<f32>,
    #[prost(int64, repeated, tag = "7")]
    pub int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub name: String,
    #[prost(bytes = "bytes", tag = "9")]
    pub raw_data: Bytes,
    #[prost(message, repeated, tag = "13")]
    pub external_data: Vec<Anything>,
    #[prost(int32, tag = "14")]
    pub data_location: i32,
}

#[derive(Message)]
pub struct ValueInfo {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<Type>,
}

impl ValueInfo {
    /// The type of its numbers.
    pub fn elem_type(&self) -> Option<i32> {
        let tensor = self.r#type.as_ref()?.tensor.as_ref()?;
        Some(tensor.elem_type)
    }

    /// Its sizes; 0 where one is dynamic.
    pub fn dims(&self) -> Vec<i64> {
        let tensor = self.r#type.iter().flat_map(|r#type| &r#type.tensor);
        let dims = tensor.flat_map(|tensor| &tensor.shape);
        dims.flat_map(|shape| &shape.dim)
            .map(|dim| dim.value)
            .collect()
    }
}

#[derive(Message)]
pub struct Type {
    #[prost(message, optional, tag = "1")]
    pub tensor: Option<TensorType>,
}

#[derive(Message)]
pub struct TensorType {
    #[prost(int32, tag = "1")]
    pub elem_type: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<Shape>,
}

#[derive(Message)]
pub struct Shape {
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<Dim>,
}

#[derive(Message)]
pub struct Dim {
    /// 0 where the dimension has a name or nothing: it is dynamic.
    #[prost(int64, tag = "1")]
    pub value: i64,
}
