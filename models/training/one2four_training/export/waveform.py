"""Packs of kind `waveform` (models/README.md): the paper's networks, one ONNX file per network that was
trained by itself."""

import time
from pathlib import Path

import numpy as np
import onnx
import torch

from .. import STEMS, networks, runs
from ..checkpoints import load_network
from ..networks.paper import OVERLAP, SAMPLE_RATE, SECOND, PaperNet
from . import parts_of
from .graph import Graph, larger, model_of, session, tensor
from .pack import write_golden, write_toml

NAMES = {
    "paper-one2one": ("Paper: One2One", "one BiLSTM for all four stems"),
    "paper-one2four-combined": ("Paper: One2Four combined", "four BiLSTMs trained together"),
    "paper-one2four-split": ("Paper: One2Four split", "four networks trained apart"),
}
SPLIT = "paper-one2four-split"
CHECKED_LENGTHS = (1, 2, 777, SECOND + OVERLAP)
TOLERANCE = 1e-5
GOLDEN_SAMPLES = 2048


def to_onnx(net: PaperNet) -> onnx.ModelProto:
    """The network as a graph with the interface of a `waveform` pack."""
    g, net = Graph(), net.eval()
    product = g.node("MatMul", ["audio", g.constant("dense.weight", net.dense.weight.T)], "product")
    dense = g.node("Add", [product, g.constant("dense.bias", net.dense.bias)], "dense")
    features = _normed(g, g.node("Relu", [dense], "relu"), "features", net.norm)
    features = g.unsqueeze(features, "sequence", 1)  # [T, 1, FEATURES]
    stems = []
    for index, parts in enumerate(zip(net.lstms, net.norms, net.outputs, strict=True)):
        lstm, norm, output = parts
        hidden = _normed(g, _bilstm(g, features, f"lstm{index}", lstm), f"hidden{index}", norm)
        weight, bias = (g.constant(f"output{index}.{k}", v) for k, v in output.named_parameters())
        stems.append(g.node("Gemm", [hidden, weight, bias], f"stems{index}", transB=1))
    stems = stems[0] if len(stems) == 1 else g.node("Concat", stems, "joined", axis=1)
    g.unsqueeze(stems, "stems", 2)
    inputs = [tensor("audio", ["samples", 1])]
    return model_of(g, "paper", inputs, [tensor("stems", ["samples", len(net.stems), 1])])


def _normed(g: Graph, source: str, output: str, norm: torch.nn.BatchNorm1d) -> str:
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    scaled = g.node("Mul", [source, g.constant(f"{output}.scale", scale)], f"{output}.scaled")
    shift = g.constant(f"{output}.shift", norm.bias - norm.running_mean * scale)
    return g.node("Add", [scaled, shift], output)


def _bilstm(g: Graph, source: str, output: str, lstm: torch.nn.LSTM) -> str:
    """[T, 1, FEATURES] -> [T, 2]."""

    def both(*names: str) -> torch.Tensor:
        directions = []
        for suffix in ("", "_reverse"):
            parts = []
            for name in names:
                i, f, g_, o = getattr(lstm, f"{name}_l0{suffix}").detach().chunk(4)
                parts += [i, o, f, g_]  # ONNX's order
            directions.append(torch.cat(parts))
        return torch.stack(directions)

    weights = [
        g.constant(f"{output}.W", both("weight_ih")),
        g.constant(f"{output}.R", both("weight_hh")),
        g.constant(f"{output}.B", both("bias_ih", "bias_hh")),
    ]
    raw = g.node("LSTM", [source, *weights], f"{output}.y", hidden_size=1, direction="bidirectional")
    return g.reshape(raw, output, [0, 2])  # from [T, 2, 1, 1]


def noise(samples: int, seed: int) -> np.ndarray:
    """[samples, 1] float32, louder and softer in turn."""
    random = np.random.default_rng(seed)
    swell = 0.15 * (1 + np.sin(np.arange(samples) / 300))
    return (swell * random.standard_normal(samples)).astype(np.float32)[:, None]


@torch.no_grad()
def as_pack(net: PaperNet, audio: np.ndarray) -> np.ndarray:
    """What PyTorch gives for the pack's input: [samples, stems, 1]."""
    return net.eval()(torch.from_numpy(audio))[:, 0, :, None].numpy()


def parity(net: PaperNet, model: onnx.ModelProto) -> float:
    """The largest difference between PyTorch and ONNX Runtime."""
    runner, worst = session(model), 0.0
    for seed, samples in enumerate(CHECKED_LENGTHS):
        audio = noise(samples, seed)
        (found,) = runner.run(None, {"audio": audio})
        worst = larger(worst, np.abs(found - as_pack(net, audio)))
    return worst


def timing_ms(files: list[Path]) -> float:
    """Milliseconds of processor time for one second of audio at once; the median of several tries."""
    runners, audio, taken = [session(file) for file in files], noise(SECOND, 0), []
    for _ in range(7):
        begin = time.thread_time()
        for runner in runners:
            runner.run(None, {"audio": audio})
        taken.append(time.thread_time() - begin)
    return 1000 * float(np.median(taken))


def trained(network: str, run: Path | None) -> list[tuple[str, PaperNet, dict | None]]:
    """(file, network, its training) of what was trained by itself; without a run it is untrained."""
    if network != SPLIT:
        net = networks.build(network) if run is None else load_network(run, network)
        return [(f"{network.removeprefix('paper-')}.onnx", net, run and runs.read(run / "run.json"))]
    parts = []
    for stem, part in zip(STEMS, parts_of(run) if run else [None] * len(STEMS), strict=True):
        net = networks.build(network, (stem,)) if part is None else load_network(part, network)
        parts.append((f"{stem}.onnx", net, part and runs.read(part / "run.json")))
    return parts


def export(network: str, run: Path | None, out: Path, version: str) -> dict:
    """Writes the pack; without a run the networks are untrained. Returns what was measured."""
    parts, graphs, worst = trained(network, run), [], 0.0
    audio = noise(GOLDEN_SAMPLES, 2024)
    stems = np.zeros((GOLDEN_SAMPLES, len(STEMS), 1), np.float32)
    for file, net, _ in parts:
        model = to_onnx(net)
        difference = parity(net, model)
        if difference > TOLERANCE:
            raise SystemExit(f"{file}: ONNX differs from PyTorch by {difference:.2e}, allowed {TOLERANCE}")
        worst = max(worst, difference)
        onnx.save(model, out / file)
        graphs.append((file, tuple(STEMS[index] for index in net.stems)))
        stems[:, net.stems] = as_pack(net, audio)
    name, what = NAMES[network]
    description = f"The paper's: {what}. A historical comparison, noisy." if run else "Untrained: no meaning."
    stream = {"sample_rate": SAMPLE_RATE, "channels": 1, "overlap": OVERLAP}
    write_toml(out, name, version, "waveform", description, stream, graphs)
    write_golden(out, {"audio": audio, "stems": stems}, "stems are PyTorch's", TOLERANCE)
    taken = timing_ms([out / file for file, _ in graphs])
    print(f"{network}: parity {worst:.1e}, {taken:.1f} ms per second of audio")
    training = {file: run_of for file, _, run_of in parts if run_of}
    return {"parity": worst, "milliseconds_per_second": round(taken, 1), "training": training or None}
