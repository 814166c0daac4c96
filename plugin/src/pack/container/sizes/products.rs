//! Operators that multiply.

use super::super::proto::Node;
use super::operators::{Inputs, input, misfit};
use super::value::{Value, product};
use super::{Made, Reason};

pub fn mat_mul(inputs: &Inputs) -> Result<Made, Reason> {
    let (a, b) = (input(inputs, 0)?, input(inputs, 1)?);
    let ([a_batch @ .., rows, inner], [b_batch @ .., b_inner, columns]) =
        (&a.dims[..], &b.dims[..])
    else {
        return Err(misfit(inputs));
    };
    let batch = Value::new(a_batch.to_vec()).broadcast(&Value::new(b_batch.to_vec()));
    let mut dims = batch
        .filter(|_| inner == b_inner)
        .ok_or_else(|| misfit(inputs))?;
    dims.extend([rows, columns]);
    let value = Value::new(dims);
    let products = value.numbers().saturating_mul(*inner);
    Made::one(value, products)
}

pub fn gemm(node: &Node, inputs: &Inputs) -> Result<Made, Reason> {
    let turned = |value: &Value, name: &str| match (&value.dims[..], node.int(name).unwrap_or(0)) {
        ([rows, columns], 0) => Some((*rows, *columns)),
        ([rows, columns], _) => Some((*columns, *rows)),
        _ => None,
    };
    let a = turned(input(inputs, 0)?, "transA");
    let b = turned(input(inputs, 1)?, "transB");
    let fitting = a.zip(b).filter(|(a, b)| a.1 == b.0);
    let ((rows, inner), (_, columns)) = fitting.ok_or_else(|| misfit(inputs))?;
    let value = Value::new(vec![rows, columns]);
    let products = value.numbers().saturating_mul(inner);
    Made::one(value, products)
}

/// A recurrent layer with so many `gates`: inputs [time, batch, features], W [directions, gates x
/// units, features]; outputs Y, its last state and, of an LSTM, its last cells.
pub fn recurrent(node: &Node, inputs: &Inputs, gates: u64) -> Result<Made, Reason> {
    let (x, w) = (input(inputs, 0)?, input(inputs, 1)?);
    let (&[time, batch, features], &[directions, rows, _]) = (&x.dims[..], &w.dims[..]) else {
        return Err(misfit(inputs));
    };
    if node.int("layout").unwrap_or(0) != 0 {
        return Err(("of layout 0", "of another".into()));
    }
    let units = rows / gates;
    let last = || Value::new(vec![directions, batch, units]);
    let y = Value::new(vec![time, directions, batch, units]);
    // What the gates are given, for all of the time.
    let scratch = product(&[time, directions, batch, rows]);
    Ok(Made {
        outputs: vec![y, last(), last()],
        scratch,
        products: scratch.saturating_mul(features.saturating_add(units)),
    })
}

pub fn average_pool(node: &Node, inputs: &Inputs) -> Result<Made, Reason> {
    let value = input(inputs, 0)?;
    let is_odd = |name: &str| {
        node.int(name).unwrap_or(0) != 0 || node.ints(name).is_some_and(|n| !n.is_empty())
    };
    let is_plain = node.text("auto_pad").is_none_or(|how| how == b"NOTSET")
        && !is_odd("ceil_mode")
        && !is_odd("dilations");
    if !is_plain {
        let expected = "without auto_pad, ceil_mode and dilations";
        return Err((expected, "with one of them".into()));
    }
    let [_, _, space @ ..] = &value.dims[..] else {
        return Err(misfit(inputs));
    };
    let rank = space.len();
    let kernel = node.ints("kernel_shape").unwrap_or_default();
    let (ones, zeros) = (vec![1; rank], vec![0; 2 * rank]);
    let strides = node.ints("strides").unwrap_or(&ones);
    let pads = node.ints("pads").unwrap_or(&zeros);
    let is_right = [kernel.len(), strides.len(), pads.len()] == [rank, rank, 2 * rank]
        && kernel.iter().chain(strides).all(|&size| size > 0)
        && pads.iter().all(|&pad| pad >= 0);
    if !is_right {
        let found = format!("a kernel {kernel:?}, strides {strides:?}, pads {pads:?}");
        return Err(("made for its input", found));
    }
    let mut dims = value.dims.clone();
    for idx in 0..rank {
        let sides = (pads[idx] as u64).saturating_add(pads[idx + rank] as u64);
        let room = space[idx].saturating_add(sides);
        let steps = room.checked_sub(kernel[idx] as u64);
        dims[idx + 2] = steps.ok_or_else(|| misfit(inputs))? / strides[idx] as u64 + 1;
    }
    let kernel: Vec<_> = kernel.iter().map(|&size| size as u64).collect();
    let value = Value::new(dims);
    let products = value.numbers().saturating_mul(product(&kernel));
    Made::one(value, products)
}
