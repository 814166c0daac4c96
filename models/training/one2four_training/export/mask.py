"""`export`: StemNets -> a pack (ONNX files, pack.toml, golden vectors), checked against PyTorch.

The graph is written node by node instead of traced: the forward LSTM over committed and look-ahead
frames is then two nodes with one copy of the weights, and nothing depends on an exporter's version.
"""

import hashlib
import json
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from . import STEMS, runs
from .network import FLOOR, INPUT_BINS, LOOKAHEAD, STATE_ROWS, UNITS, StemNet
from .stft import BINS, FFT, HOP, SAMPLE_RATE

OPSET = 17
IR_VERSION = 8
CHECKED_LENGTHS = (LOOKAHEAD + 1, LOOKAHEAD + 2, LOOKAHEAD + 9, LOOKAHEAD + 22, LOOKAHEAD + 87)
TOLERANCE = 1e-5
GOLDEN_FRAMES = 20


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

    def node(self, op: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def slice(self, source: str, output: str, axis: int, start: int, end: int) -> str:
        parts = {"start": start, "end": end, "axis": axis}
        names = [self.constant(f"{output}.{k}", np.array([v], np.int64)) for k, v in parts.items()]
        return self.node("Slice", [source, *names], output)

    def linear(self, source: str, output: str, weight: torch.Tensor, bias: torch.Tensor) -> str:
        w = self.constant(f"{output}.weight", weight.T)
        b = self.constant(f"{output}.bias", bias)
        return self.node("Add", [self.node("MatMul", [source, w], f"{output}.product"), b], output)

    def lstm_weights(self, name: str, lstm: torch.nn.LSTM) -> list[str]:
        """PyTorch orders the gates i f g o, ONNX i o f c."""

        def reordered(values: torch.Tensor) -> torch.Tensor:
            i, f, g, o = values.detach().chunk(4)
            return torch.cat([i, o, f, g])

        bias = torch.cat([reordered(lstm.bias_ih_l0), reordered(lstm.bias_hh_l0)])
        return [
            self.constant(f"{name}.W", reordered(lstm.weight_ih_l0)[None]),
            self.constant(f"{name}.R", reordered(lstm.weight_hh_l0)[None]),
            self.constant(f"{name}.B", bias[None]),
        ]

    def lstm(self, source: str, output: str, weights: list[str], h="", c="", reverse=False) -> str:
        """[T, B, F] -> [T, B, UNITS], and `output`.h, `output`.c [1, B, UNITS]."""
        states = [h, c] if h else []
        raw = f"{output}.y"
        self.nodes.append(
            helper.make_node(
                "LSTM",
                [source, *weights, *([""] + states if states else [])],
                [raw] if reverse else [raw, f"{output}.h", f"{output}.c"],
                name=raw,
                hidden_size=UNITS,
                direction="reverse" if reverse else "forward",
            )
        )
        axis = self.constant(f"{output}.axis", np.array([1], np.int64))
        return self.node("Squeeze", [raw, axis], output)


def to_onnx(net: StemNet, channels: int = 1) -> onnx.ModelProto:
    """The network as a graph with the interface of a `mask` pack (models/README.md)."""
    g = Graph()
    net = net.eval()

    bins = g.slice("magnitude", "input_bins", axis=2, start=0, end=INPUT_BINS)
    floor = g.constant("floor", np.float32(FLOOR))
    level = g.node("Log", [g.node("Max", [bins, floor], "floored")], "level")
    centred = g.node("Sub", [level, g.constant("mean", net.mean)], "centred")
    standard = g.node("Div", [centred, g.constant("deviation", net.deviation)], "standard")
    encoded = g.node("Tanh", [g.linear(standard, "encoder", net.encoder.weight, net.encoder.bias)], "encoded")
    encoded_committed = g.slice(encoded, "encoded_committed", 0, 0, -LOOKAHEAD)
    encoded_ahead = g.slice(encoded, "encoded_ahead", 0, -LOOKAHEAD, 2**31 - 1)

    h1, c1, h2, c2 = (g.slice("state", f"state.{row}", 0, row, row + 1) for row in range(STATE_ROWS))
    weights1 = g.lstm_weights("forward1", net.forward1)
    past1 = g.lstm(encoded_committed, "past1", weights1, h1, c1)
    ahead1 = g.lstm(encoded_ahead, "ahead1", weights1, "past1.h", "past1.c")
    future1 = g.lstm(encoded, "future1", g.lstm_weights("backward1", net.backward1), reverse=True)

    both1 = g.node("Concat", [past1, ahead1], "both1", axis=0)
    layer1 = g.node("Concat", [both1, future1], "layer1", axis=2)
    layer1_committed = g.slice(layer1, "layer1_committed", 0, 0, -LOOKAHEAD)
    past2 = g.lstm(layer1_committed, "past2", g.lstm_weights("forward2", net.forward2), h2, c2)
    future2 = g.lstm(layer1, "future2", g.lstm_weights("backward2", net.backward2), reverse=True)
    future2_committed = g.slice(future2, "future2_committed", 0, 0, -LOOKAHEAD)

    found = g.node("Concat", [past2, future2_committed, encoded_committed], "found", axis=2)
    decoded = g.linear(found, "decoder", net.decoder.weight, net.decoder.bias)
    flat_mask = g.node("Sigmoid", [decoded], "flat_mask")
    stem_axis = g.constant("stem_axis", np.array([1], np.int64))
    g.node("Unsqueeze", [flat_mask, stem_axis], "mask")
    g.node("Concat", ["past1.h", "past1.c", "past2.h", "past2.c"], "next_state", axis=0)

    def tensor(name: str, shape: list) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    state_shape = [STATE_ROWS, channels, UNITS]
    graph = helper.make_graph(
        g.nodes,
        "stem_net",
        [tensor("magnitude", ["frames", channels, BINS]), tensor("state", state_shape)],
        [tensor("mask", ["mask_frames", 1, channels, BINS]), tensor("next_state", state_shape)],
        g.initialisers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    model.producer_name = "one2four_training"
    onnx.checker.check_model(model, full_check=True)
    return model


def session(model: onnx.ModelProto | Path) -> onnxruntime.InferenceSession:
    """A session set up as the plugin does: one thread, no spinning."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    source = str(model) if isinstance(model, Path) else model.SerializeToString()
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def music_like(frames: int, channels: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A made magnitude [frames, channels, BINS] between -100 and 0 dB, falling with frequency, and a
    non-zero state [4, channels, UNITS]."""
    random = np.random.default_rng(seed)
    tilt = np.linspace(-1.0, -3.5, BINS)
    magnitude = 10.0 ** np.clip(tilt + 0.7 * random.standard_normal((frames, channels, BINS)), -5, 0)
    state = np.tanh(random.standard_normal((STATE_ROWS, channels, UNITS)))
    return magnitude.astype(np.float32), state.astype(np.float32)


def parity(net: StemNet, model: onnx.ModelProto, channels: int = 1) -> float:
    """The largest difference between PyTorch and ONNX Runtime, with non-zero states; relative where a
    value is above 1, as the cells of the forward LSTMs are after some seconds."""
    runner, worst = session(model), 0.0
    for seed, frames in enumerate(CHECKED_LENGTHS):
        magnitude, state = music_like(frames, channels, seed)
        mask, next_state = runner.run(None, {"magnitude": magnitude, "state": state})
        with torch.no_grad():
            true_mask, true_state = net.eval()(torch.from_numpy(magnitude), torch.from_numpy(state))
        for ours, theirs in ((mask[:, 0], true_mask.numpy()), (next_state, true_state.numpy())):
            difference = np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))
            worst = max(worst, float(difference.max()))
    return worst


def timing_ms(files: list[Path], committed: int) -> float:
    """Milliseconds of processor time that all `files` together take for one second of audio, in runs of
    `committed` frames; the median of several tries after a warm-up."""
    sessions = [session(file) for file in files]
    magnitude, state = music_like(committed + LOOKAHEAD, 1, 0)
    runs_per_second = SAMPLE_RATE / HOP / committed
    tries = max(5, min(100, round(10 * runs_per_second)))
    taken = []
    for index in range(3 + tries):
        begin = time.thread_time()
        for runner in sessions:
            runner.run(None, {"magnitude": magnitude, "state": state})
        if index >= 3:
            taken.append(time.thread_time() - begin)
    return 1000 * float(np.median(taken)) * runs_per_second


def write_golden(nets: dict[str, StemNet], folder: Path) -> None:
    """golden/: raw little-endian float32 files and an index with their shapes."""
    folder.mkdir(parents=True, exist_ok=True)
    magnitude, state = music_like(GOLDEN_FRAMES, 1, 2024)
    arrays = {"magnitude": magnitude, "state": state}
    for stem, net in nets.items():
        with torch.no_grad():
            mask, next_state = net.eval()(torch.from_numpy(magnitude), torch.from_numpy(state))
        arrays[f"{stem}.mask"] = mask.numpy()[:, None]
        arrays[f"{stem}.next_state"] = next_state.numpy()
    for name, values in arrays.items():
        values.astype("<f4").tofile(folder / f"{name}.f32")
    index = {
        "what": "raw little-endian float32, C order; masks and next states are PyTorch's",
        "tolerance": TOLERANCE,
        "arrays": {name: list(values.shape) for name, values in arrays.items()},
    }
    (folder / "golden.json").write_text(json.dumps(index, indent=1) + "\n")


def write_toml(folder: Path, version: str, description: str) -> None:
    lines = [
        "schema = 1",
        'id = "remix"',
        'name = "Remix"',
        f'version = "{version}"',
        'kind = "mask"',
        'license = "BSD-3-Clause"',
        f'description = "{description}"',
        "",
        "[stream]",
        f"sample_rate = {SAMPLE_RATE}",
        f"fft = {FFT}",
        f"hop = {HOP}",
        "channels = 1",
        f"lookahead_frames = {LOOKAHEAD}",
    ]
    for stem in STEMS:
        file = f"{stem}.onnx"
        digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        lines += ["", "[[graph]]", f'file = "{file}"', f'sha256 = "{digest}"', f'stems = ["{stem}"]']
    (folder / "pack.toml").write_text("\n".join(lines) + "\n")


def export(checkpoints: Path | None, out: Path, version: str, description: str, seed: int) -> None:
    """Writes the pack. Without checkpoints the networks are untrained: right in shape only."""
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    nets, worst, trained = {}, 0.0, {}
    for stem in STEMS:
        net = StemNet()
        if checkpoints is not None:
            saved = torch.load(checkpoints / f"{stem}.pt", weights_only=False)
            net.load_state_dict(saved["best"])
            trained[stem] = runs.read(checkpoints / f"{stem}.run.json")
        nets[stem] = net
        model = to_onnx(net)
        difference = parity(net, model)
        if difference > TOLERANCE:
            raise SystemExit(f"{stem}: ONNX differs from PyTorch by {difference:.2e}, allowed {TOLERANCE}")
        worst = max(worst, difference)
        onnx.save(model, out / f"{stem}.onnx")
        print(f"{stem}: {(out / f'{stem}.onnx').stat().st_size / 1e6:.1f} MB, parity {difference:.1e}")
    write_toml(out, version, description)
    write_golden(nets, out / "golden")
    files = [out / f"{stem}.onnx" for stem in STEMS]
    timing = {f"{n}+{LOOKAHEAD} frames": round(timing_ms(files, n), 1) for n in (1, 9, 22, 87)}
    print("all stems, ms per second of audio:", timing)
    runs.write(
        out / "run.json",
        command="export",
        arguments={"version": version, "seed": seed, "trained": checkpoints is not None},
        parity=worst,
        milliseconds_per_second=timing,
        stems=trained,
    )
