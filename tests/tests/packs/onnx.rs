//! As much of `onnx.proto` as the tests write.

use prost::Message;

#[derive(Message)]
pub struct Model {
    #[prost(message, optional, tag = "7")]
    pub graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub opsets: Vec<Opset>,
}

impl Model {
    /// Nothing but a graph.
    pub fn of(graph: Graph) -> Self {
        Self {
            graph: Some(graph),
            ..Self::default()
        }
    }
}

#[derive(Message)]
pub struct Opset {
    #[prost(int64, tag = "2")]
    pub version: i64,
}

#[derive(Clone, Message)]
pub struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub nodes: Vec<Node>,
    #[prost(message, repeated, tag = "5")]
    pub initializers: Vec<Tensor>,
    #[prost(message, repeated, tag = "15")]
    pub sparse: Vec<Sparse>,
}

#[derive(Clone, Message)]
pub struct Sparse {
    #[prost(int64, repeated, tag = "3")]
    pub dims: Vec<i64>,
}

impl Graph {
    /// A graph that holds this tensor.
    pub fn of(tensor: Tensor) -> Self {
        Self {
            initializers: vec![tensor],
            ..Self::default()
        }
    }
}

#[derive(Clone, Message)]
pub struct Node {
    #[prost(string, repeated, tag = "1")]
    pub inputs: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub outputs: Vec<String>,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub attributes: Vec<Attribute>,
    #[prost(string, tag = "7")]
    pub domain: String,
}

#[derive(Clone, Message)]
pub struct Attribute {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "5")]
    pub tensor: Option<Tensor>,
    #[prost(message, optional, tag = "6")]
    pub graph: Option<Graph>,
    #[prost(int64, repeated, tag = "8")]
    pub ints: Vec<i64>,
    #[prost(int32, tag = "20")]
    pub kind: i32,
}

impl Attribute {
    /// A graph inside the graph.
    pub fn graph(name: &str, graph: Graph) -> Self {
        const GRAPH: i32 = 5;
        Self {
            name: name.into(),
            graph: Some(graph),
            kind: GRAPH,
            ..Self::default()
        }
    }

    /// Whole numbers.
    pub fn ints(name: &str, ints: Vec<i64>) -> Self {
        const INTS: i32 = 7;
        Self {
            name: name.into(),
            ints,
            kind: INTS,
            ..Self::default()
        }
    }
}

#[derive(Clone, Message)]
pub struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    #[prost(int64, repeated, tag = "7")]
    pub int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub name: String,
    #[prost(int32, tag = "14")]
    pub location: i32,
}

impl Tensor {
    /// Nothing but a name and the type of 32-bit floats.
    pub fn named(name: &str) -> Self {
        const FLOAT: i32 = 1;
        Self {
            data_type: FLOAT,
            name: name.into(),
            ..Self::default()
        }
    }

    /// A row of whole numbers.
    pub fn of(name: &str, numbers: &[i64]) -> Self {
        const INT64: i32 = 7;
        Self {
            dims: vec![numbers.len() as i64],
            data_type: INT64,
            int64_data: numbers.to_vec(),
            ..Self::named(name)
        }
    }
}
