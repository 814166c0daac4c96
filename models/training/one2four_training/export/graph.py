"""ONNX graphs written node by node instead of traced: the forward LSTM over committed and look-ahead
frames is then two nodes with one copy of the weights, and nothing depends on an exporter's version."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8


class Graph:
    """Collects nodes and initialisers; every method returns the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: list[onnx.TensorProto] = []

    def constant(self, name: str, values) -> str:
        if isinstance(values, torch.Tensor):
            values = values.detach().numpy()
        self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def weight(self, name: str, values: torch.Tensor) -> str:
        """A constant that is stored as float16."""
        stored = self.constant(f"{name}.half", values.detach().half())
        return self.node("Cast", [stored], name, to=TensorProto.FLOAT)

    def axes(self, name: str, *values: int) -> str:
        return self.constant(f"{name}.axes", np.array(values, np.int64))

    def reshape(self, source: str, output: str, shape: list[int]) -> str:
        """A zero in the shape keeps the size it has."""
        sizes = self.constant(f"{output}.shape", np.array(shape, np.int64))
        return self.node("Reshape", [source, sizes], output)

    def unsqueeze(self, source: str, output: str, axis: int) -> str:
        return self.node("Unsqueeze", [source, self.axes(output, axis)], output)

    def squeeze(self, source: str, output: str, axis: int) -> str:
        return self.node("Squeeze", [source, self.axes(output, axis)], output)

    def node(self, op: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def slice(self, source: str, output: str, axis: int, start: int, end: int) -> str:
        parts = {"start": start, "end": end, "axis": axis}
        names = [self.constant(f"{output}.{k}", np.array([v], np.int64)) for k, v in parts.items()]
        return self.node("Slice", [source, *names], output)

    def linear(self, source: str, output: str, weight: torch.Tensor, bias: torch.Tensor) -> str:
        w = self.weight(f"{output}.weight", weight.T)
        b = self.weight(f"{output}.bias", bias)
        return self.node("Add", [self.node("MatMul", [source, w], f"{output}.product"), b], output)

    def lstm_weights(self, name: str, lstm: torch.nn.LSTM) -> list[str]:
        """PyTorch orders the gates i f g o, ONNX i o f c."""

        def reordered(values: torch.Tensor) -> torch.Tensor:
            i, f, g, o = values.detach().chunk(4)
            return torch.cat([i, o, f, g])

        bias = torch.cat([reordered(lstm.bias_ih_l0), reordered(lstm.bias_hh_l0)])
        return [
            self.weight(f"{name}.W", reordered(lstm.weight_ih_l0)[None]),
            self.weight(f"{name}.R", reordered(lstm.weight_hh_l0)[None]),
            self.weight(f"{name}.B", bias[None]),
        ]

    def lstm(self, source: str, output: str, weights: list[str], h="", c="", reverse=False) -> str:
        """[T, B, F] -> [T, B, UNITS], and `output`.h, `output`.c [1, B, UNITS]."""
        hidden = [dims for dims in self.initialisers if dims.name == f"{weights[1]}.half"][0].dims[-1]
        raw = f"{output}.y"
        self.nodes.append(
            helper.make_node(
                "LSTM",
                [source, *weights, *(["", h, c] if h else [])],
                [raw] if reverse else [raw, f"{output}.h", f"{output}.c"],
                name=raw,
                hidden_size=hidden,
                direction="reverse" if reverse else "forward",
            )
        )
        return self.squeeze(raw, output, 1)


def tensor(name: str, shape: list) -> onnx.ValueInfoProto:
    """A graph's input or output, of float32; a name in the shape is a dynamic size."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def model_of(g: Graph, name: str, inputs: list, outputs: list) -> onnx.ModelProto:
    """The collected nodes as a checked model."""
    graph = helper.make_graph(g.nodes, name, inputs, outputs, g.initialisers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    model.producer_name = "one2four_training"
    onnx.checker.check_model(model, full_check=True)
    return model


def larger(worst: float, differences: np.ndarray) -> float:
    """The largest of all; infinite where one is no number."""
    return max(worst, float(np.nan_to_num(differences, nan=np.inf).max()))


def session(model: onnx.ModelProto | Path) -> onnxruntime.InferenceSession:
    """A session set up as the plugin does: one thread, no spinning."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    source = str(model) if isinstance(model, Path) else model.SerializeToString()
    try:
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # of kinds that ONNX Runtime makes up
        name = model if isinstance(model, Path) else "the network"
        raise SystemExit(f"{name} cannot be run: {error}") from error
