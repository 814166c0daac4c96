//! The allowed operators.

use super::super::FLOAT;
use super::super::proto::Node;
use super::value::Value;
use super::{Made, Reason, few_axes, products, shapes};

/// Inputs in their order; `None` where one is left out.
pub type Inputs<'a> = [Option<&'a Value>];

/// What a function of a single number takes, in multiplications.
const FUNCTION: u64 = 16;

/// Operators that take whole numbers for what they work on.
const WHOLE: [&str; 13] = [
    "Add",
    "Cast",
    "Concat",
    "Constant",
    "Equal",
    "Expand",
    "Gather",
    "Less",
    "Mod",
    "Slice",
    "Squeeze",
    "Sub",
    "Unsqueeze",
];
/// Operators whose result is true or false, or a float.
const UNWHOLE: [&str; 3] = ["Cast", "Equal", "Less"];

/// What `node` makes of its inputs.
pub fn run(node: &Node, inputs: &Inputs) -> Result<Made, Reason> {
    let operator = node.op_type.as_str();
    // All that are worked on are of one type.
    let is_whole = inputs
        .first()
        .copied()
        .flatten()
        .is_some_and(|v| v.is_whole);
    if is_whole && !WHOLE.contains(&operator) {
        return Err(("given floats to work on", "given whole numbers".into()));
    }
    let mut made = made(node, inputs)?;
    if operator != "Constant" {
        let is_whole = is_whole && !UNWHOLE.contains(&operator);
        let outputs = made.outputs.iter_mut();
        outputs.for_each(|value| value.is_whole = is_whole);
    }
    Ok(made)
}

fn made(node: &Node, inputs: &Inputs) -> Result<Made, Reason> {
    match node.op_type.as_str() {
        "Abs" | "BatchNormalization" | "Cast" | "Clip" | "Cos" | "Elu" | "Erf" | "Exp"
        | "HardSigmoid" | "HardSwish" | "Identity" | "LayerNormalization" | "LeakyRelu" | "Log"
        | "LogSoftmax" | "Mish" | "Neg" | "Not" | "Reciprocal" | "Relu" | "Selu" | "Sigmoid"
        | "Sin" | "Softmax" | "Softplus" | "Softsign" | "Sqrt" | "Tanh" => same(node, inputs),
        "Add" | "Div" | "Equal" | "Less" | "Max" | "Mean" | "Min" | "Mul" | "Pow" | "PRelu"
        | "Sub" | "Sum" => together(inputs),
        "Mod" => modulo(inputs),
        "ReduceL2" | "ReduceMax" | "ReduceMean" | "ReduceMin" | "ReduceSum" => reduce(node, inputs),
        "MatMul" => products::mat_mul(inputs),
        "Gemm" => products::gemm(node, inputs),
        "LSTM" => products::recurrent(node, inputs, 4),
        "GRU" => products::recurrent(node, inputs, 3),
        "RNN" => products::recurrent(node, inputs, 1),
        "AveragePool" => products::average_pool(node, inputs),
        "Expand" => shapes::expand(inputs),
        "Gather" => shapes::gather(node, inputs),
        "Concat" => shapes::concat(node, inputs),
        "Constant" => shapes::constant(node),
        "Reshape" => shapes::reshape(node, inputs),
        "Slice" => shapes::slice(inputs),
        "Squeeze" => shapes::squeeze(node, inputs),
        "Tile" => shapes::tile(inputs),
        "Transpose" => shapes::transpose(node, inputs),
        "Unsqueeze" => shapes::unsqueeze(node, inputs),
        other => Err(("of an operator that models/README.md lists", other.into())),
    }
}

/// The input with this index.
pub fn input<'a>(inputs: &[Option<&'a Value>], idx: usize) -> Result<&'a Value, Reason> {
    let missing = || ("given all its inputs", format!("without input {idx}"));
    inputs.get(idx).copied().flatten().ok_or_else(missing)
}

/// The numbers of an input, which stand in the file.
pub fn known<'a>(inputs: &[Option<&'a Value>], idx: usize) -> Result<&'a [i64], Reason> {
    let unknown = || {
        let found = format!("given another input {idx}");
        ("of a size that stands in the file", found)
    };
    input(inputs, idx)?.known.as_deref().ok_or_else(unknown)
}

/// The axes, as indices among `rank`, that an attribute or, in newer versions of an operator, an input
/// names; `None` where none does.
pub fn axes(
    node: &Node,
    inputs: &Inputs,
    idx: usize,
    rank: usize,
) -> Result<Option<Vec<usize>>, Reason> {
    let axes = match node.ints("axes") {
        Some(axes) => axes,
        None if inputs.get(idx).copied().flatten().is_none() => return Ok(None),
        None => known(inputs, idx)?,
    };
    few_axes(axes.len())?;
    let axes = axes.iter().map(|&axis| axis_idx(axis, rank));
    axes.collect::<Result<_, _>>().map(Some)
}

/// The index that `axis` means among `rank`, counted from the end where it is negative.
pub fn axis_idx(axis: i64, rank: usize) -> Result<usize, Reason> {
    let from_start = if axis < 0 {
        axis.saturating_add(rank as i64)
    } else {
        axis
    };
    let idx = usize::try_from(from_start).ok().filter(|&idx| idx < rank);
    idx.ok_or_else(|| ("given axes that its input has", axis.to_string()))
}

/// What to say where inputs are no match.
pub fn misfit(inputs: &Inputs) -> Reason {
    let dims: Vec<_> = inputs.iter().flatten().map(|value| &value.dims).collect();
    (
        "given tensors that fit each other",
        format!("given {dims:?}"),
    )
}

/// An output as large as the first input.
fn same(node: &Node, inputs: &Inputs) -> Result<Made, Reason> {
    // Other types are larger, or of no fixed size.
    let to = node.int("to").unwrap_or_default();
    if node.op_type == "Cast" && to != i64::from(FLOAT) {
        let found = format!("to type {to}");
        return Err(("to 32-bit floats (type 1)", found));
    }
    let value = Value::new(input(inputs, 0)?.dims.clone());
    let products = value.numbers().saturating_mul(FUNCTION);
    Made::one(value, products)
}

/// An output into which all inputs fit.
fn together(inputs: &Inputs) -> Result<Made, Reason> {
    let mut value = Value::new(input(inputs, 0)?.dims.clone());
    for other in inputs.iter().skip(1) {
        let fitting = other.and_then(|other| value.broadcast(other));
        value = Value::new(fitting.ok_or_else(|| misfit(inputs))?);
    }
    let products = value
        .numbers()
        .saturating_mul(FUNCTION * inputs.len() as u64);
    Made::one(value, products)
}

/// Of whole numbers by others that stand in the file and are over zero.
fn modulo(inputs: &Inputs) -> Result<Made, Reason> {
    let is_whole = input(inputs, 0)?.is_whole;
    if !is_whole || known(inputs, 1)?.iter().any(|&by| by <= 0) {
        let expected = "of whole numbers by some over zero that stand in the file";
        return Err((expected, "of others".into()));
    }
    together(inputs)
}

fn reduce(node: &Node, inputs: &Inputs) -> Result<Made, Reason> {
    let value = input(inputs, 0)?;
    let rank = value.dims.len();
    if node.int("noop_with_empty_axes").unwrap_or(0) != 0 {
        return Err(("without noop_with_empty_axes", "with it".into()));
    }
    let axes = axes(node, inputs, 1, rank)?.filter(|axes| !axes.is_empty());
    let axes = axes.unwrap_or_else(|| (0..rank).collect());
    let keeps = node.int("keepdims") != Some(0);
    let dims = value.dims.iter().enumerate();
    let left = dims.filter_map(|(idx, &dim)| match axes.contains(&idx) {
        true => keeps.then_some(1),
        false => Some(dim),
    });
    // Along columns, the runtime takes ten times as long as for a multiplication.
    let products = value.numbers().saturating_mul(FUNCTION);
    Made::one(Value::new(left.collect()), products)
}
