//! Operators that move numbers.

use super::super::proto::Node;
use super::operators::{Inputs, axes, axis_idx, input, known, misfit};
use super::value::{Value, product};
use super::{Made, Reason};

fn moved(dims: Vec<u64>) -> Result<Made, Reason> {
    let value = Value::new(dims);
    let products = value.numbers();
    Made::one(value, products)
}

pub fn constant(node: &Node) -> Result<Made, Reason> {
    match &node.attribute[..] {
        [attribute] if attribute.name == "value" => match &attribute.t {
            Some(tensor) => Made::one(Value::of_tensor(tensor), 0),
            None => Err(("a tensor", "something else".into())),
        },
        _ => Err(("a tensor", "something else".into())),
    }
}

pub fn concat(node: &Node, inputs: &Inputs) -> Result<Made, Reason> {
    let mut dims = input(inputs, 0)?.dims.clone();
    let no_axis = || ("given an axis", "without one".into());
    let axis = axis_idx(node.int("axis").ok_or_else(no_axis)?, dims.len())?;
    dims[axis] = 0;
    for value in inputs {
        let len = value.and_then(|value| value.dims.get(axis));
        dims[axis] = dims[axis].saturating_add(*len.ok_or_else(|| misfit(inputs))?);
    }
    moved(dims)
}

/// As large as both its input and the shape.
pub fn expand(inputs: &Inputs) -> Result<Made, Reason> {
    let shape = known(inputs, 1)?.iter();
    let shape: Option<Vec<_>> = shape.map(|&size| u64::try_from(size).ok()).collect();
    let fitting = shape.and_then(|shape| input(inputs, 0).ok()?.broadcast(&Value::new(shape)));
    moved(fitting.ok_or_else(|| misfit(inputs))?)
}

/// With the sizes of the indices in place of the axis; the runtime refuses indices out of range.
pub fn gather(node: &Node, inputs: &Inputs) -> Result<Made, Reason> {
    let (value, indices) = (input(inputs, 0)?, input(inputs, 1)?);
    let axis = axis_idx(node.int("axis").unwrap_or(0), value.dims.len())?;
    let mut dims = value.dims.clone();
    dims.splice(axis..=axis, indices.dims.iter().copied());
    moved(dims)
}

pub fn reshape(node: &Node, inputs: &Inputs) -> Result<Made, Reason> {
    let (value, shape) = (input(inputs, 0)?, known(inputs, 1)?);
    let keeps_zero = node.int("allowzero").unwrap_or(0) != 0;
    let mut dims = Vec::new();
    for (idx, &size) in shape.iter().enumerate() {
        let dim = match size {
            -1 => Some(1),
            0 if !keeps_zero => value.dims.get(idx).copied(),
            size => u64::try_from(size).ok(),
        };
        dims.push(dim.ok_or_else(|| misfit(inputs))?);
    }
    if let Some(rest) = shape.iter().position(|&size| size == -1) {
        dims[rest] = value.numbers().checked_div(product(&dims)).unwrap_or(0);
    }
    if product(&dims) != value.numbers() {
        let found = format!("{dims:?} of {:?}", value.dims);
        return Err(("as large as its input", found));
    }
    moved(dims)
}

pub fn slice(inputs: &Inputs) -> Result<Made, Reason> {
    let mut dims = input(inputs, 0)?.dims.clone();
    let (starts, ends) = (known(inputs, 1)?, known(inputs, 2)?);
    let or = |idx: usize, usual: Vec<i64>| match inputs.get(idx).copied().flatten() {
        Some(_) => known(inputs, idx).map(<[i64]>::to_vec),
        None => Ok(usual),
    };
    let axes = or(3, (0..starts.len() as i64).collect())?;
    let steps = or(4, vec![1; starts.len()])?;
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        let expected = "cut with as many starts as ends, axes and steps";
        return Err((expected, format!("from {starts:?} to {ends:?}")));
    }
    for idx in 0..starts.len() {
        let axis = axis_idx(axes[idx], dims.len())?;
        let len = i64::try_from(dims[axis]).unwrap_or(i64::MAX);
        let from_start = |at: i64| {
            let at = if at < 0 { at.saturating_add(len) } else { at };
            at.clamp(0, len)
        };
        let span = from_start(ends[idx]) - from_start(starts[idx]);
        let step = u64::try_from(steps[idx]).ok().filter(|&step| step > 0);
        let step = step.ok_or_else(|| ("cut in steps from 1 up", steps[idx].to_string()))?;
        dims[axis] = (span.max(0) as u64).div_ceil(step);
    }
    moved(dims)
}

pub fn squeeze(node: &Node, inputs: &Inputs) -> Result<Made, Reason> {
    let dims = &input(inputs, 0)?.dims;
    let ones = || (0..dims.len()).filter(|&idx| dims[idx] == 1).collect();
    let axes = axes(node, inputs, 1, dims.len())?.unwrap_or_else(ones);
    if axes.iter().any(|&idx| dims[idx] != 1) {
        let found = format!("{axes:?} of {dims:?}");
        return Err(("squeezed where its input is 1 long", found));
    }
    let left = (0..dims.len()).filter(|idx| !axes.contains(idx));
    moved(left.map(|idx| dims[idx]).collect())
}

pub fn unsqueeze(node: &Node, inputs: &Inputs) -> Result<Made, Reason> {
    let dims = &input(inputs, 0)?.dims;
    let added = match node.ints("axes") {
        Some(axes) => axes.len(),
        None => known(inputs, 1)?.len(),
    };
    let rank = dims.len() + added;
    let axes = axes(node, inputs, 1, rank)?.unwrap_or_default();
    let mut old = dims.iter().copied();
    let dims = (0..rank).map(|idx| match axes.contains(&idx) {
        true => 1,
        false => old.next().unwrap_or(1),
    });
    moved(dims.collect())
}

pub fn tile(inputs: &Inputs) -> Result<Made, Reason> {
    let (dims, repeats) = (&input(inputs, 0)?.dims, known(inputs, 1)?);
    let pairs = dims.iter().zip(repeats);
    let tiled = pairs.map(|(&dim, &times)| Some(dim.saturating_mul(u64::try_from(times).ok()?)));
    let tiled: Option<Vec<_>> = tiled.collect();
    let fitting = tiled.filter(|_| dims.len() == repeats.len());
    moved(fitting.ok_or_else(|| misfit(inputs))?)
}

pub fn transpose(node: &Node, inputs: &Inputs) -> Result<Made, Reason> {
    let dims = &input(inputs, 0)?.dims;
    let order = match node.ints("perm") {
        Some(order) => order
            .iter()
            .map(|&axis| axis_idx(axis, dims.len()))
            .collect::<Result<Vec<_>, _>>()?,
        None => (0..dims.len()).rev().collect(),
    };
    moved(order.iter().map(|&idx| dims[idx]).collect())
}
