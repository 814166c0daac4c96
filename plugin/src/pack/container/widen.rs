//! Weights stored as 16-bit floats, as the 32-bit ones that a graph casts them to.
//!
//! ONNX Runtime shares weights between sessions, but not what it makes of them: without this each
//! instance would hold its own copy of every weight.

use std::collections::HashMap;

use super::proto::{GraphProto, Node, Tensor};
use super::{FLOAT, FLOAT16};

/// The smallest 16-bit float over zero, 2^-24.
const HALF_STEP: f32 = 1.0 / (1 << 24) as f32;
/// The exponents' biases are 127 and 15.
const BIAS_DIFFERENCE: u32 = 112;

/// The names of 16-bit weights that are cast to 32 bits and used in no other way, with the names of
/// what they are cast to.
type Casts = HashMap<String, String>;

/// Makes a graph's weights 32-bit floats, and leaves out the casts that made them so.
pub fn widen(graph: &mut GraphProto) {
    let casts = casts(graph);
    let is_done = |node: &Node| cast(node).is_some_and(|(from, _)| casts.contains_key(from));
    graph.node.retain(|node| !is_done(node));
    for tensor in &mut graph.initializer {
        if let Some(name) = casts.get(&tensor.name) {
            *tensor = wide(tensor, name);
        }
    }
}

fn casts(graph: &GraphProto) -> Casts {
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for name in graph.node.iter().flat_map(|node| &node.input) {
        *uses.entry(name).or_default() += 1;
    }
    let is_half = |name: &str| {
        let mut weights = graph.initializer.iter();
        weights.any(|weight| weight.name == name && weight.data_type == FLOAT16)
    };
    let casts = graph.node.iter().filter_map(cast);
    casts
        .filter(|(from, _)| uses[from] == 1 && is_half(from))
        .map(|(from, to)| (from.into(), to.into()))
        .collect()
}

/// What a node casts to 32-bit floats, and the name of the result.
fn cast(node: &Node) -> Option<(&str, &str)> {
    let ([from], [to]) = (&node.input[..], &node.output[..]) else {
        return None;
    };
    let mut attributes = node.attribute.iter();
    let is_wide = attributes.any(|attribute| attribute.name == "to" && attribute.i == FLOAT as i64);
    (node.op_type == "Cast" && is_wide).then_some((from, to))
}

/// A 16-bit weight as a 32-bit one with another name.
fn wide(tensor: &Tensor, name: &str) -> Tensor {
    let halves = tensor.raw_data.as_chunks().0.iter();
    let words = halves.flat_map(|half| single(u16::from_le_bytes(*half)).to_le_bytes());
    Tensor {
        dims: tensor.dims.clone(),
        data_type: FLOAT,
        name: name.into(),
        raw_data: words.collect(),
        ..Tensor::default()
    }
}

/// A 16-bit float, which is a number, as a 32-bit one.
fn single(half: u16) -> f32 {
    let (exponent, fraction) = (u32::from(half >> 10 & 0x1f), u32::from(half & 0x3ff));
    let magnitude = if exponent == 0 {
        fraction as f32 * HALF_STEP
    } else {
        f32::from_bits((exponent + BIAS_DIFFERENCE) << 23 | fraction << 13)
    };
    if half >> 15 == 1 {
        -magnitude
    } else {
        magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_keeps_its_value() {
        for (half, value) in [
            (0x0000, 0.0),
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x0400, 6.103_515_6e-5),
            (0x3555, 0.333_251_95),
            (0xbc00, -1.0),
            (0x7bff, 65504.0),
        ] {
            assert_eq!(single(half), value, "{half:#06x}");
        }
    }
}
