//! What is known of a tensor before the graph runs.

use super::super::INT64;
use super::super::proto::{Tensor, ValueInfo};

/// The longest row of numbers that is looked at: only shapes are, and those are short.
const MAX_KNOWN: usize = 16;

/// A tensor's sizes, and its numbers where they are whole and stand in the file.
pub struct Value {
    /// Its sizes.
    pub dims: Vec<u64>,
    /// Its numbers.
    pub known: Option<Vec<i64>>,
    /// Whether its numbers are whole: to divide by zero would end the process.
    pub is_whole: bool,
}

impl Value {
    /// Of which only the sizes are known.
    pub fn new(dims: Vec<u64>) -> Self {
        Self {
            dims,
            known: None,
            is_whole: false,
        }
    }

    /// An input, whose dynamic axes are `length` long.
    pub fn of_input(input: &ValueInfo, length: usize) -> Self {
        let size = |dim: i64| match u64::try_from(dim) {
            Ok(0) | Err(_) => length as u64,
            Ok(dim) => dim,
        };
        Self {
            is_whole: input.elem_type() == Some(INT64),
            ..Self::new(input.dims().into_iter().map(size).collect())
        }
    }

    /// A tensor in the file, whose sizes were checked.
    pub fn of_tensor(tensor: &Tensor) -> Self {
        let value = Self {
            is_whole: tensor.data_type == INT64,
            ..Self::new(tensor.dims.iter().map(|&dim| dim.max(0) as u64).collect())
        };
        if tensor.data_type != INT64 || value.numbers() > MAX_KNOWN as u64 {
            return value;
        }
        let known: Vec<_> = if tensor.raw_data.is_empty() {
            tensor.int64_data.clone()
        } else {
            let words = tensor.raw_data.as_chunks().0.iter();
            words.map(|word| i64::from_le_bytes(*word)).collect()
        };
        Self {
            known: (known.len() as u64 == value.numbers()).then_some(known),
            ..value
        }
    }

    /// How many numbers it has.
    pub fn numbers(&self) -> u64 {
        product(&self.dims)
    }

    /// The sizes that both have where one is repeated to fit the other, as in ONNX.
    pub fn broadcast(&self, other: &Self) -> Option<Vec<u64>> {
        let rank = self.dims.len().max(other.dims.len());
        let size = |dims: &[u64], axis: usize| {
            let idx = (axis + dims.len()).checked_sub(rank);
            idx.map_or(1, |idx| dims[idx])
        };
        let both = |axis: usize| (size(&self.dims, axis), size(&other.dims, axis));
        (0..rank)
            .map(|axis| match both(axis) {
                (a, b) if a == b || b == 1 => Some(a),
                (1, b) => Some(b),
                _ => None,
            })
            .collect()
    }
}

/// Of all sizes.
pub fn product(dims: &[u64]) -> u64 {
    // With a size of 0 it is 0, whatever would overflow before it.
    if dims.contains(&0) {
        return 0;
    }
    dims.iter().fold(1, |all, &dim| all.saturating_mul(dim))
}
