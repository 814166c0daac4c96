//! Packs that are made to do harm: each is refused before ONNX Runtime sees it.

use prost::Message;

use super::onnx::{Attribute, Graph, Model, Node, Opset, Sparse, Tensor};
use super::shelf::Shelf;

/// The shipped pack with more in its graph. Protobuf messages are merged when they follow one another.
fn shelf_with(extra: Model) -> Shelf {
    let shelf = Shelf::with_remix();
    shelf.replace_changed("remix.onnx", |bytes| bytes.extend(extra.encode_to_vec()));
    shelf
}

/// The same with these nodes at the graph's end, and rows of numbers.
fn shelf_with_nodes(nodes: Vec<Node>, numbers: &[(&str, &[i64])]) -> Shelf {
    let initializers = numbers
        .iter()
        .map(|(name, numbers)| Tensor::of(name, numbers));
    shelf_with(Model::of(Graph {
        nodes,
        initializers: initializers.collect(),
        ..Graph::default()
    }))
}

fn node(op_type: &str, inputs: &[&str], output: &str) -> Node {
    Node {
        inputs: inputs.iter().map(ToString::to_string).collect(),
        outputs: vec![output.into()],
        name: output.into(),
        op_type: op_type.into(),
        ..Node::default()
    }
}

#[test]
fn a_graph_that_never_ends_is_refused() {
    let turn = Graph {
        nodes: vec![node("Identity", &["go"], "go_on")],
        ..Graph::default()
    };
    let mut forever = node("Loop", &["", "", "state"], "forever");
    let shelf = shelf_with_nodes(vec![forever.clone()], &[]);
    shelf.expect_refusal("a loop", &["\"forever\" (Loop)", "models/README.md"]);
    forever.attributes = vec![Attribute::graph("body", turn)];
    let shelf = shelf_with_nodes(vec![forever], &[]);
    shelf.expect_refusal("its body", &["\"body\"", "\"forever\" (Loop)"]);
    for op in ["If", "Scan", "RandomNormal", "NonZero", "ConstantOfShape"] {
        let shelf = shelf_with_nodes(vec![node(op, &["state"], "x")], &[]);
        shelf.expect_refusal(op, &[&format!("\"x\" ({op})"), "models/README.md"]);
    }
}

#[test]
fn a_graph_that_divides_whole_numbers_by_zero_is_refused() {
    let numbers: [(&str, &[i64]); 3] = [("seven", &[7]), ("zero", &[0]), ("minus", &[-1])];
    for (op, by, words) in [
        ("Div", "zero", "floats to work on"),
        ("ReduceMean", "", "floats to work on"),
        ("Mod", "zero", "over zero"),
        ("Mod", "minus", "over zero"),
        ("Mod", "seven_too", "stands in the file"),
    ] {
        let nodes = vec![
            node("Add", &["seven", "zero"], "seven_too"),
            node(op, &["seven", by], "x"),
        ];
        let shelf = shelf_with_nodes(nodes, &numbers);
        shelf.expect_refusal(op, &[&format!("\"x\" ({op})"), words]);
    }
}

#[test]
fn a_graph_that_asks_for_64_gb_is_refused() {
    let tiled = |repeats: &[i64]| {
        let nodes = vec![node("Tile", &["state", "repeats"], "huge")];
        shelf_with_nodes(nodes, &[("repeats", repeats)])
    };
    // The state has 2^12 numbers: 2^34 = 17,179,869,184 of four bytes are 64 GiB.
    let shelf = tiled(&[1 << 12, 1 << 10, 1]);
    let words = ["\"huge\" (Tile)", "2^26 numbers", "is 1718"];
    shelf.expect_refusal("a tiling", &words);
    let shelf = tiled(&[i64::MAX, i64::MAX, 1]);
    shelf.expect_refusal("an overflow", &["\"huge\" (Tile)", "2^26 numbers"]);
    let shelf = tiled(&[0, i64::MAX, 1]);
    shelf.expect_refusal("nothing, but long", &["\"huge\" (Tile)", "2^26 numbers"]);

    // A column times a row, of which neither is large.
    let nodes = vec![
        node("Reshape", &["magnitude", "column"], "a"),
        node("Reshape", &["magnitude", "row"], "b"),
        node("Add", &["a", "b"], "huge"),
    ];
    let shelf = shelf_with_nodes(nodes, &[("column", &[-1, 1]), ("row", &[1, -1])]);
    shelf.expect_refusal("a column and a row", &["\"huge\" (Add)", "2^26 numbers"]);

    let shelf = shelf_with(Model::of(Graph {
        sparse: vec![Sparse {
            dims: vec![1 << 17, 1 << 17],
        }],
        ..Graph::default()
    }));
    shelf.expect_refusal("a sparse tensor", &["sparse tensors", "must be none"]);
}

#[test]
fn a_graph_that_takes_minutes_is_refused() {
    let numbers: [(&str, &[i64]); 2] = [("column", &[-1, 1]), ("row", &[1, -1])];
    let expect_refusal = |what: &str, work: &mut dyn Iterator<Item = Node>| {
        let mut nodes = vec![
            node("Reshape", &["state", "column"], "tall"),
            node("Reshape", &["state", "row"], "wide"),
            node("MatMul", &["tall", "wide"], "x0"),
        ];
        nodes.extend(work);
        let shelf = shelf_with_nodes(nodes, &numbers);
        let words = ["16,000,000,000 multiplications", &format!("({what})")];
        shelf.expect_refusal(what, &words);
    };
    let mut products = (0..20).map(|idx| {
        let (before, after) = (format!("x{idx}"), format!("x{}", idx + 1));
        node("MatMul", &[&before, "x0"], &after)
    });
    expect_refusal("MatMul", &mut products);
    let mut sums = (0..1000).map(|idx| node("ReduceL2", &["x0"], &format!("sum{idx}")));
    expect_refusal("ReduceL2", &mut sums);
}

#[test]
fn a_graph_whose_sizes_are_not_in_the_file_is_refused() {
    let shelf = shelf_with_nodes(vec![node("Reshape", &["magnitude", "state"], "x")], &[]);
    shelf.expect_refusal("a size", &["\"x\" (Reshape)", "stands in the file"]);
    // Computed from numbers in the file, but by a rule that nobody follows here.
    let nodes = vec![
        node("Add", &["shape", "shape"], "other"),
        node("Reshape", &["state", "other"], "x"),
    ];
    let shelf = shelf_with_nodes(nodes, &[("shape", &[1])]);
    shelf.expect_refusal(
        "a computed size",
        &["\"x\" (Reshape)", "stands in the file"],
    );
    let shelf = shelf_with_nodes(vec![node("Relu", &["nowhere"], "x")], &[]);
    shelf.expect_refusal("a gap", &["\"x\" (Relu)", "before \"nowhere\" is there"]);
    let old = Model {
        opsets: vec![Opset { version: 9 }],
        ..Model::default()
    };
    shelf_with(old).expect_refusal("old operators", &["the opset", "13 to 20", "17, 9]"]);
}

#[test]
fn a_file_that_is_small_and_describes_much_is_refused() {
    let shelf = shelf_with_nodes(vec![Node::default(); 5000], &[]);
    shelf.expect_refusal("nodes", &["the number of its nodes", "at most 4096"]);

    let shelf = Shelf::with_remix();
    // A graph of empty nodes: two bytes in the file and more than a hundred in memory, each.
    shelf.replace_changed("remix.onnx", |bytes| {
        let empty_nodes = [0x0a, 0].repeat(1 << 20);
        let mut len = empty_nodes.len();
        bytes.push(0x3a);
        while len >= 0x80 {
            bytes.push(len as u8 | 0x80);
            len >>= 7;
        }
        bytes.push(len as u8);
        bytes.extend(empty_nodes);
    });
    let words = ["all but the weights", "at most 1048576 bytes"];
    shelf.expect_refusal("structure", &words);
}

/// The checks look at all axes for each of them, which here would take them minutes.
#[test]
fn axes_by_the_thousand_are_refused_at_once() {
    const AXES: usize = 400_000;
    let mut many = node("Unsqueeze", &["state"], "many");
    many.attributes = vec![Attribute::ints("axes", vec![0; AXES])];
    let shelf = shelf_with_nodes(vec![many], &[]);
    let words = ["\"many\" (Unsqueeze)", "at most 8 axes", "is 400000"];
    shelf.expect_refusal("an attribute", &words);
    let flat = Tensor {
        dims: vec![1; AXES],
        ..Tensor::of("flat", &[1])
    };
    let shelf = shelf_with(Model::of(Graph {
        nodes: vec![node("Squeeze", &["flat"], "few")],
        ..Graph::of(flat)
    }));
    let words = ["the tensor \"flat\"", "at most 8 axes", "is 400000"];
    shelf.expect_refusal("a tensor", &words);
}

#[test]
fn what_is_not_of_onnx_or_not_of_numbers_is_refused() {
    let mut foreign = node("Evil", &["state"], "x");
    foreign.domain = "com.evil".into();
    let shelf = shelf_with_nodes(vec![foreign], &[]);
    shelf.expect_refusal("an operator", &["an operator", "Evil of com.evil"]);
    // Text can be of any length, whatever the tensor's size.
    let text = Tensor {
        data_type: 8,
        ..Tensor::named("words")
    };
    let shelf = shelf_with(Model::of(Graph::of(text)));
    shelf.expect_refusal("text", &["\"words\"", "is of type 8"]);
}

/// ONNX Runtime reads files with these letters as of a format of its own, which nothing here checks. A
/// number and a float that ONNX does not know stand around them, so that the file is an ONNX file too.
#[test]
fn a_file_that_is_of_two_formats_is_read_as_the_one_that_is_checked() {
    let shelf = Shelf::with_remix();
    shelf.replace_changed("remix.onnx", |bytes| {
        bytes.splice(..0, *b"\x08\x08\x11\0ORTM\0\0\0");
    });
    shelf.load().unwrap();
}

#[test]
fn a_size_that_the_runtime_would_read_elsewhere_is_refused() {
    // Two of a name: the runtime takes the one that stands last, wherever it is used.
    let shelf = shelf_with_nodes(
        vec![node("Tile", &["state", "repeats"], "x")],
        &[("repeats", &[1, 1, 1]), ("repeats", &[1 << 20, 1, 1])],
    );
    shelf.expect_refusal("two weights", &["\"repeats\"", "is there twice"]);
    let nodes = vec![node("Relu", &["state"], "x"), node("Abs", &["state"], "x")];
    shelf_with_nodes(nodes, &[]).expect_refusal("two results", &["\"x\"", "is there twice"]);
    let nodes = vec![node("Relu", &["magnitude"], "state")];
    shelf_with_nodes(nodes, &[]).expect_refusal("an input", &["\"state\"", "is there twice"]);

    // Of two types: it reads the one that is named.
    let mut constant = node("Constant", &[], "x");
    constant.attributes = vec![Attribute {
        tensor: Some(Tensor::of("", &[1])),
        ..Attribute::ints("value", vec![1 << 40])
    }];
    let shelf = shelf_with_nodes(vec![constant], &[]);
    shelf.expect_refusal("two types", &["\"value\"", "of the type that it names"]);

    let mut two = node("Relu", &["state"], "x");
    two.outputs.push("y".into());
    shelf_with_nodes(vec![two], &[]).expect_refusal("two outputs", &["\"x\" (Relu)", "with 2"]);
}

#[test]
fn a_name_that_is_no_name_stays_in_its_line() {
    for name in ["two\nlines".to_string(), "long".repeat(100_000)] {
        let shelf = shelf_with_nodes(vec![node("Evil", &[], &name)], &[]);
        let sentence = shelf.load().unwrap_err().to_string();
        assert!(
            !sentence.contains('\n') && sentence.len() < 1000,
            "{sentence}"
        );
    }
}
