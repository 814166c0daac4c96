//! Goes over the fields of a protobuf message without building it: a small file can describe a large
//! structure.

use prost::DecodeError;
use prost::bytes::{Buf, Bytes};
use prost::encoding::{self, DecodeContext, WireType};

/// `ModelProto.graph`.
const MODEL_GRAPH: u32 = 7;
/// `GraphProto.initializer`.
const GRAPH_INITIALIZER: u32 = 5;
/// `TensorProto.float_data` and `raw_data`.
const TENSOR_WEIGHTS: [u32; 2] = [4, 9];

/// The bytes of an ONNX file that are not weights.
pub fn structure_bytes(model: &Bytes) -> Result<usize, DecodeError> {
    let mut weights = 0;
    for_each_part(model, &[MODEL_GRAPH], &mut |graph| {
        for_each_part(graph, &[GRAPH_INITIALIZER], &mut |tensor| {
            for_each_part(tensor, &TENSOR_WEIGHTS, &mut |numbers| {
                weights += numbers.len();
                Ok(())
            })
        })
    })?;
    Ok(model.len() - weights)
}

/// Calls `see` with every field of these numbers that has a length: a message, text, bytes or a row of
/// numbers.
fn for_each_part(
    message: &Bytes,
    tags: &[u32],
    see: &mut dyn FnMut(&Bytes) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut rest = message.clone();
    while rest.has_remaining() {
        let (tag, wire_type) = encoding::decode_key(&mut rest)?;
        if wire_type != WireType::LengthDelimited {
            encoding::skip_field(wire_type, tag, &mut rest, DecodeContext::default())?;
            continue;
        }
        let mut part = Bytes::new();
        encoding::bytes::merge(wire_type, &mut part, &mut rest, DecodeContext::default())?;
        if tags.contains(&tag) {
            see(&part)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_told_from_structure() {
        // graph { initializer { raw_data: 4 bytes } node {} } producer "x"
        let model = [
            0x3a, 10, 0x2a, 6, 0x4a, 4, 1, 2, 3, 4, 0x0a, 0, 0x12, 1, b'x',
        ];
        let bytes = |bytes: &[u8]| structure_bytes(&Bytes::copy_from_slice(bytes)).ok();
        assert_eq!(bytes(&model), Some(model.len() - 4));
        assert_eq!(bytes(&model[..8]), None, "cut short");
        assert_eq!(bytes(&[0xff; 20]), None, "no end of a number");
    }
}
