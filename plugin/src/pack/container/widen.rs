//! Weights stored as 16-bit floats, as the 32-bit ones that a graph casts them to.
//!
//! ONNX Runtime shares weights between sessions, but not what it makes of them: without this each
//! instance would hold its own copy of every weight.

use std::collections::HashMap;

use prost::bytes::{Bytes, BytesMut};
use prost::{DecodeError, Message, encoding};

use super::proto::{GraphProto, Node, Tensor};
use super::wire::{GRAPH_INITIALIZER, MODEL_GRAPH, for_each_field};
use super::{FLOAT, FLOAT16};

/// `GraphProto.node`.
const GRAPH_NODE: u32 = 1;
/// The smallest 16-bit float over zero, 2^-24.
const HALF_STEP: f32 = 1.0 / (1 << 24) as f32;
/// The exponents' biases are 127 and 15.
const BIAS_DIFFERENCE: u32 = 112;

/// The names of 16-bit weights that are cast to 32 bits and used in no other way, with the names of
/// what they are cast to.
type Casts = HashMap<String, String>;

/// The ONNX file `bytes`, which holds `graph`, with its weights as 32-bit floats and without the
/// casts that made them so. What else is in it stays as it is.
pub fn widen(bytes: &Bytes, graph: &GraphProto) -> Result<Bytes, DecodeError> {
    let casts = casts(graph);
    if casts.is_empty() {
        return Ok(bytes.clone());
    }
    rewrite(bytes, &|tag, graph| match tag {
        MODEL_GRAPH => rewrite(&graph, &|tag, part| {
            Ok(match tag {
                GRAPH_NODE => {
                    let node = Node::decode(part.clone())?;
                    let is_cast = cast(&node).is_some_and(|(from, _)| casts.contains_key(from));
                    (!is_cast).then_some(part)
                }
                GRAPH_INITIALIZER => {
                    let tensor = Tensor::decode(part.clone())?;
                    let wide = casts.get(&tensor.name).map(|name| wide(&tensor, name));
                    Some(wide.unwrap_or(part))
                }
                _ => Some(part),
            })
        })
        .map(Some),
        _ => Ok(Some(graph)),
    })
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

/// The message of a 16-bit weight as a 32-bit one with another name.
fn wide(tensor: &Tensor, name: &str) -> Bytes {
    let halves = tensor.raw_data.as_chunks().0.iter();
    let words = halves.flat_map(|half| single(u16::from_le_bytes(*half)).to_le_bytes());
    let wide = Tensor {
        dims: tensor.dims.clone(),
        data_type: FLOAT,
        name: name.into(),
        raw_data: words.collect(),
        ..Tensor::default()
    };
    wide.encode_to_vec().into()
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

/// A message with each of its messages replaced, or left out, as `replaced` says.
fn rewrite(
    message: &Bytes,
    replaced: &dyn Fn(u32, Bytes) -> Result<Option<Bytes>, DecodeError>,
) -> Result<Bytes, DecodeError> {
    let mut written = BytesMut::new();
    for_each_field(message, |field| {
        let Some(part) = field.part else {
            written.extend_from_slice(&field.written);
            return Ok(());
        };
        if let Some(part) = replaced(field.tag, part)? {
            encoding::bytes::encode(field.tag, &part, &mut written);
        }
        Ok(())
    })?;
    Ok(written.freeze())
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
