//! Works out what a run of a graph takes before it runs: the size of every tensor, and the
//! multiplications.
//!
//! A stranger's graph could ask for more memory than there is, or never end. So only operators are
//! allowed of whose results the sizes follow from the sizes of what they are given and from numbers
//! that stand in the file: no loops, no branches, nothing random. How long the dynamic axes are is
//! known, because a chunk has one length.

mod operators;
mod products;
mod shapes;
mod value;

use std::collections::HashMap;

use super::proto::{GraphProto, Node};
use value::Value;

/// The most numbers that all tensors of a run may have together; 256 MiB of 32-bit floats.
const MAX_NUMBERS: u64 = 64 << 20;
/// The most multiplications of a run: some seconds of one core.
const MAX_PRODUCTS: u64 = 16_000_000_000;
/// The most nodes of a graph.
const MAX_NODES: usize = 4096;
/// The most axes of a tensor.
const MAX_AXES: usize = 8;

/// Why a graph is refused: what must be so, and what is.
pub struct Refusal {
    /// The part of the graph.
    pub what: String,
    /// What it must be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

/// What must be so, and what is.
type Reason = (&'static str, String);

/// What an operator makes of its inputs, and what that takes.
struct Made {
    outputs: Vec<Value>,
    /// Numbers it needs meanwhile.
    scratch: u64,
    /// Multiplications, or as much work.
    products: u64,
}

impl Made {
    /// One output.
    fn one(output: Value, products: u64) -> Result<Self, Reason> {
        Ok(Self {
            outputs: vec![output],
            scratch: 0,
            products,
        })
    }
}

/// What one run takes.
#[derive(Default)]
struct Cost {
    /// Numbers in all tensors that nodes make.
    numbers: u64,
    /// Multiplications, or as much work.
    products: u64,
}

/// Refuses a graph of which a run takes too much with inputs whose dynamic axes are all `length`
/// long.
pub fn check(graph: &GraphProto, length: usize) -> Result<(), Refusal> {
    if graph.node.len() > MAX_NODES {
        return Err(Refusal {
            what: "the number of its nodes".into(),
            expected: format!("at most {MAX_NODES}"),
            found: graph.node.len().to_string(),
        });
    }
    let inputs = graph.input.iter();
    let inputs = inputs.map(|input| (input.name.as_str(), Value::of_input(input, length)));
    let weights = graph.initializer.iter();
    let weights = weights.map(|tensor| (tensor.name.as_str(), Value::of_tensor(tensor)));
    let mut values = HashMap::new();
    for (name, value) in inputs.chain(weights) {
        few_axes(value.dims.len()).map_err(|(expected, found)| Refusal {
            what: format!("the tensor \"{name}\""),
            expected: expected.into(),
            found,
        })?;
        values.insert(name, value);
    }
    let mut cost = Cost::default();
    for node in &graph.node {
        run(node, &mut values, &mut cost).map_err(|(expected, found)| Refusal {
            what: format!("the node \"{}\" ({})", node.name, node.op_type),
            expected: expected.into(),
            found,
        })?;
    }
    Ok(())
}

/// Refuses more axes than anybody needs: what is done with each may look at all of them.
fn few_axes(count: usize) -> Result<(), Reason> {
    if count > MAX_AXES {
        return Err(("of at most 8 axes", count.to_string()));
    }
    Ok(())
}

/// Adds what a node makes and takes.
fn run<'a>(
    node: &'a Node,
    values: &mut HashMap<&'a str, Value>,
    cost: &mut Cost,
) -> Result<(), Reason> {
    let inputs = node
        .input
        .iter()
        .map(|name| match values.get(name.as_str()) {
            _ if name.is_empty() => Ok(None),
            Some(value) => Ok(Some(value)),
            None => Err((
                "after the nodes it reads",
                format!("before \"{name}\" is there"),
            )),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let made = operators::run(node, &inputs)?;
    cost.numbers = cost.numbers.saturating_add(made.scratch);
    for value in &made.outputs {
        few_axes(value.dims.len())?;
        // Also of a tensor without numbers, of which one axis is 0 long.
        let longest = value.dims.iter().copied().max().unwrap_or(0);
        let numbers = value.numbers().max(longest);
        cost.numbers = cost.numbers.saturating_add(numbers);
    }
    cost.products = cost.products.saturating_add(made.products);
    if cost.numbers > MAX_NUMBERS {
        let expected = "within 2^26 numbers in all tensors";
        return Err((expected, cost.numbers.to_string()));
    }
    if cost.products > MAX_PRODUCTS {
        let expected = "within 16,000,000,000 multiplications";
        return Err((expected, cost.products.to_string()));
    }
    let mut uncounted = node.output.iter().skip(made.outputs.len());
    if uncounted.any(|name| !name.is_empty()) {
        let found = format!("with {}", node.output.len());
        return Err(("without outputs besides the usual", found));
    }
    for (name, value) in node.output.iter().zip(made.outputs) {
        values.insert(name, value);
    }
    Ok(())
}
