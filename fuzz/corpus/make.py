"""Makes the seeds of `graph`: small graphs with a mask pack's tensors. Needs the package `onnx`.

python fuzz/corpus/make.py
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).parent / "graph"


def numbers(name: str, values: list[int]):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def weights(name: str, *shape: int):
    return numpy_helper.from_array(np.ones(shape, np.float32), name)


def save(name: str, nodes: list, initializers: list) -> None:
    """A graph with these nodes between `magnitude` and `flat`, which becomes the mask."""
    cut = [numbers("start", [0]), numbers("end", [-8]), numbers("axis", [0]), numbers("stem", [1])]
    ends = [
        helper.make_node("Slice", ["flat", "start", "end", "axis"], ["cut"]),
        helper.make_node("Unsqueeze", ["cut", "stem"], ["mask"]),
        helper.make_node("Identity", ["state"], ["next_state"]),
    ]

    def tensor(name: str, shape: list):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes + ends,
        name,
        [tensor("magnitude", ["frames", 2, 2049]), tensor("state", [1, 2, 2])],
        [tensor("mask", ["mask_frames", 1, 2, 2049]), tensor("next_state", [1, 2, 2])],
        initializers + cut,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    (FOLDER / name).write_bytes(model.SerializeToString())


def node(op: str, inputs: list[str], output: str, **attributes):
    return helper.make_node(op, inputs, [output], **attributes)


FOLDER.mkdir(exist_ok=True)
save("sigmoid", [node("Sigmoid", ["magnitude"], "flat")], [])
save(
    "lstm",
    [
        node("Slice", ["magnitude", "low", "high", "last"], "bins"),
        helper.make_node("LSTM", ["bins", "W", "R"], ["y", "h", "c"], hidden_size=2),
        node("Squeeze", ["y", "stem"], "units"),
        node("MatMul", ["units", "up"], "flat"),
    ],
    [
        numbers("low", [0]),
        numbers("high", [4]),
        numbers("last", [2]),
        weights("W", 1, 8, 4),
        weights("R", 1, 8, 2),
        weights("up", 2, 2049),
    ],
)
save(
    "shapes",
    [
        node("Constant", [], "row.shape", value=numpy_helper.from_array(np.array([1, -1], np.int64))),
        node("Reshape", ["magnitude", "row.shape"], "row"),
        node("Transpose", ["row"], "column", perm=[1, 0]),
        node("ReduceMean", ["column"], "mean", axes=[0], keepdims=1),
        node("Tile", ["mean", "repeats"], "square"),
        node("Gemm", ["square", "square"], "product", transB=1),
        node("Concat", ["product", "square"], "both", axis=-1),
        node("AveragePool", ["magnitude"], "smooth", kernel_shape=[3], pads=[1, 1]),
        node("Cast", ["half"], "single", to=TensorProto.FLOAT),
        node("Add", ["smooth", "single"], "sum"),
        node("Softmax", ["sum"], "flat"),
    ],
    [numbers("repeats", [4, 4]), numpy_helper.from_array(np.ones(1, np.float16), "half")],
)
