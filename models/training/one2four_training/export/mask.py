"""Packs of kind `mask` (models/README.md): one ONNX file of `remix` for all four stems.

Weights are stored as float16, which halves the file, and cast to float32 when it is loaded. The network
compared and the golden vectors have the same rounded weights.
"""

import time
from pathlib import Path

import numpy as np
import onnx
import torch

from .. import STEMS, runs
from ..checkpoints import load_network
from ..networks import remix
from ..networks.remix import (
    CUE_GROUPS,
    CUES,
    DECAY_FRAMES,
    LOOKAHEAD,
    PEAK_BANDS,
    RANK,
    STATE_ROWS,
    UNITS,
    Remix,
)
from ..networks.remix_bands import BANDS, FLOOR, GROUP, GROUPS, SINGLE, STFT, USED_BINS, band_power, bin_masks
from .graph import Graph, larger, model_of, session, tensor
from .pack import write_golden, write_toml
from .weights import load_pack

FILE = "remix.onnx"
CHANNELS = 2
ORDERS = 2  # of the channels in which a stream is heard
CHECKED_LENGTHS = (LOOKAHEAD + 1, LOOKAHEAD + 2, LOOKAHEAD + 11, LOOKAHEAD + 44)
TOLERANCE = 5e-5  # sums in another order; logits grow steeper with training: 1.4e-5 in 0.8.0
GOLDEN_FRAMES = LOOKAHEAD + 4
END = 2**31 - 1


def to_onnx(net: Remix) -> onnx.ModelProto:
    """The network as a graph with the interface of a `mask` pack."""
    g = Graph()
    level, panning = _features(g, net)
    both = g.node("Concat", [level, panning], "level_panning", axis=2)
    encoded = g.node("Tanh", [g.linear(both, "encoder", net.encoder.weight, net.encoder.bias)], "encoded")
    found, next_states = _stacks(g, net, encoded)

    decoded = []
    for stem, stack in zip(STEMS, net.stacks, strict=True):
        one = g.linear(found[stem], f"{stem}.decoded", stack.decoder.weight, stack.decoder.bias)
        decoded.append(g.unsqueeze(one, f"{stem}.decoded4", 2))
    decoded = g.node("Concat", decoded, "decoded", axis=2)  # [N, ORDERS, S, 2 RANK + CUES * CUE_GROUPS]
    shares = g.reshape(g.slice(decoded, "shares0", 3, 0, 2 * RANK), "shares1", [0, 0, 0, CHANNELS, RANK])
    shares = g.node("Relu", [shares], "shares")
    logits = g.linear(shares, "shape_logits", net.shapes.weight, net.shapes.bias)
    weights = g.slice(decoded, "cue_weights", 3, 2 * RANK, END)
    logits = g.node("Add", [logits, _weighted_cues(g, weights, level, panning)], "logits")
    masks = g.node("Softmax", [_of_both_orders(g, logits)], "band_masks", axis=1)
    _to_bins(g, masks, "mask")
    g.node("Concat", next_states, "next_state", axis=0)

    state = [STATE_ROWS, ORDERS, UNITS]
    inputs = [tensor("magnitude", ["frames", CHANNELS, STFT.bins]), tensor("state", state)]
    outputs = [tensor("mask", ["mask_frames", len(STEMS), CHANNELS, STFT.bins]), tensor("next_state", state)]
    return model_of(g, "remix", inputs, outputs)


def _features(g: Graph, net: Remix) -> tuple[str, str]:
    """level and panning, [T, ORDERS, BANDS] each; with the channels exchanged only the panning is another."""
    used = g.slice("magnitude", "used", 2, 0, USED_BINS)
    square = g.node("Mul", [used, used], "square")
    grouped = g.reshape(g.slice(square, "high", 2, SINGLE, END), "high_groups", [0, 0, GROUPS, GROUP])
    groups = g.node("ReduceSum", [grouped, g.axes("high_sum", 3)], "high_sum", keepdims=0)
    power = g.node("Concat", [g.slice(square, "low", 2, 0, SINGLE), groups], "power", axis=2)
    mean = g.node("ReduceMean", [power], "power_mean", axes=[1], keepdims=1)
    floor = g.constant("floor", np.float32(FLOOR))
    log = g.node("Log", [g.node("Max", [mean, floor], "floored")], "log")
    centred = g.node("Sub", [log, g.constant("mean", net.mean)], "centred")
    level = g.node("Div", [centred, g.constant("deviation", net.deviation)], "level")
    left, right = g.slice(power, "left", 1, 0, 1), g.slice(power, "right", 1, 1, 2)
    total = g.node("Add", [g.node("Add", [left, right], "both"), floor], "both_floored")
    panning = g.node("Div", [g.node("Sub", [left, right], "difference"), total], "panning")
    exchanged = g.node("Neg", [panning], "panning_exchanged")
    levels = g.node("Concat", [level, level], "levels", axis=1)
    return levels, g.node("Concat", [panning, exchanged], "pannings", axis=1)


def _of_both_orders(g: Graph, logits: str) -> str:
    """[N, ORDERS, S, 2, BANDS] -> [N, S, 2, BANDS]: the mean, left and right of both in their places."""
    own, other = (g.slice(logits, f"order{row}", 1, row, row + 1) for row in range(ORDERS))
    sides = [g.slice(other, f"order1.side{side}", 3, side, side + 1) for side in (1, 0)]
    total = g.node("Add", [own, g.node("Concat", sides, "order1.back", axis=3)], "orders_sum")
    mean = g.node("Div", [total, g.constant("orders", np.float32(ORDERS))], "orders_mean")
    return g.squeeze(mean, "mean_logits", 1)


def _bridged(g: Graph, names: dict[str, str], output: str) -> dict[str, str]:
    total = g.node("Sum", list(names.values()), f"{output}.sum")
    mean = g.node("Div", [total, g.constant(f"{output}.count", np.float32(len(names)))], f"{output}.mean")
    return {stem: g.node("Add", [name, mean], f"{stem}.{output}") for stem, name in names.items()}


def _stacks(g: Graph, net: Remix, encoded: str) -> tuple[dict[str, str], list[str]]:
    """-> per stem what its decoder reads, [N, ORDERS, 2 UNITS + ENCODED], and the parts of the next state."""
    committed = g.slice(encoded, "encoded_committed", 0, 0, -LOOKAHEAD)
    ahead = g.slice(encoded, "encoded_ahead", 0, -LOOKAHEAD, END)
    states, layer1, pasts, futures = {}, {}, {}, {}
    for index, (stem, stack) in enumerate(zip(STEMS, net.stacks, strict=True)):
        parts = range(4 * index, 4 * index + 4)
        states[stem] = [g.slice("state", f"{stem}.state{row % 4}", 0, row, row + 1) for row in parts]
        weights = g.lstm_weights(f"{stem}.forward1", stack.forward1)
        past = g.lstm(committed, f"{stem}.past1", weights, *states[stem][:2])
        after = g.lstm(ahead, f"{stem}.ahead1", weights, f"{stem}.past1.h", f"{stem}.past1.c")
        past = g.node("Concat", [past, after], f"{stem}.both1", axis=0)
        backward = g.lstm_weights(f"{stem}.backward1", stack.backward1)
        future = g.lstm(encoded, f"{stem}.future1", backward, reverse=True)
        layer1[stem] = g.node("Concat", [past, future], f"{stem}.layer1", axis=2)
    for stem, stack in zip(STEMS, net.stacks, strict=True):
        layer1 = layer1 if stem != STEMS[0] else _bridged(g, layer1, "bridge1")
        kept = g.slice(layer1[stem], f"{stem}.layer1_committed", 0, 0, -LOOKAHEAD)
        forward = g.lstm_weights(f"{stem}.forward2", stack.forward2)
        pasts[stem] = g.lstm(kept, f"{stem}.past2", forward, *states[stem][2:])
        backward = g.lstm_weights(f"{stem}.backward2", stack.backward2)
        future = g.lstm(layer1[stem], f"{stem}.future2", backward, reverse=True)
        futures[stem] = g.slice(future, f"{stem}.future2_committed", 0, 0, -LOOKAHEAD)
    pairs = {s: g.node("Concat", [pasts[s], futures[s]], f"{s}.layer2", axis=2) for s in STEMS}
    pairs = _bridged(g, pairs, "bridge2")
    found = {s: g.node("Concat", [pairs[s], committed], f"{s}.found", axis=2) for s in STEMS}
    return found, [f"{s}.past{layer}.{part}" for s in STEMS for layer in (1, 2) for part in "hc"]


def _weighted_cues(g: Graph, weights: str, level: str, panning: str) -> str:
    """-> [N, ORDERS, S, 1, BANDS]."""
    now = g.slice(level, "now", 0, 0, -LOOKAHEAD)
    later = g.slice(level, "later", 0, DECAY_FRAMES, DECAY_FRAMES - LOOKAHEAD)
    side = PEAK_BANDS // 2
    around = g.node("AveragePool", [now], "around", kernel_shape=[PEAK_BANDS], pads=[side, side])
    aside = g.slice(panning, "panning_now", 0, 0, -LOOKAHEAD)
    peak, decay = g.node("Sub", [now, around], "peak"), g.node("Sub", [now, later], "decay")
    seen = [aside, g.node("Mul", [aside, aside], "panning_square"), now, peak, decay]
    cues = g.node("Concat", [g.unsqueeze(one, f"{one}.cue", 2) for one in seen], "cues", axis=2)
    cues = g.reshape(cues, "cues5", [0, 0, CUES, CUE_GROUPS, BANDS // CUE_GROUPS])
    cues = g.node("Transpose", [cues], "cue_groups", perm=[0, 1, 3, 2, 4])
    weights = g.reshape(weights, "weights5", [0, 0, len(STEMS), CUE_GROUPS, CUES])
    weights = g.node("Transpose", [weights], "weight_groups", perm=[0, 1, 3, 2, 4])
    summed = g.node("MatMul", [weights, cues], "cue_sums")
    summed = g.node("Transpose", [summed], "cue_stems", perm=[0, 1, 3, 2, 4])
    return g.reshape(summed, "cue_logits", [0, 0, len(STEMS), 1, BANDS])


def _to_bins(g: Graph, masks: str, output: str) -> None:
    """[N, S, 2, BANDS] -> [N, S, 2, bins]."""
    groups = g.unsqueeze(g.slice(masks, "mask_groups", 3, SINGLE, BANDS), "mask_groups5", 4)
    repeats = g.constant("group_repeats", np.array([1, 1, 1, 1, GROUP], np.int64))
    groups = g.reshape(
        g.node("Tile", [groups, repeats], "mask_fours"), "mask_high", [0, 0, 0, GROUPS * GROUP]
    )
    last = g.slice(masks, "mask_last", 3, BANDS - 1, BANDS)
    repeats = g.constant("above_repeats", np.array([1, 1, 1, STFT.bins - USED_BINS], np.int64))
    above = g.node("Tile", [last, repeats], "mask_above")
    g.node("Concat", [g.slice(masks, "mask_low", 3, 0, SINGLE), groups, above], output, axis=3)


def music_like(frames: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A made magnitude [frames, 2, bins] between -100 and 0 dB, falling with frequency, and a non-zero
    state."""
    random = np.random.default_rng(seed)
    tilt = np.linspace(-1.0, -3.5, STFT.bins)
    magnitude = 10.0 ** np.clip(tilt + 0.7 * random.standard_normal((frames, CHANNELS, STFT.bins)), -5, 0)
    state = np.tanh(random.standard_normal((STATE_ROWS, ORDERS, UNITS)))
    return magnitude.astype(np.float32), state.astype(np.float32)


@torch.no_grad()
def as_pack(net: Remix, magnitude: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What PyTorch gives for the pack's inputs: mask [N, S, 2, bins] and next state."""
    power = band_power(torch.from_numpy(magnitude))
    masks, next_state = net.eval().stream_masks(power, torch.from_numpy(state))
    return bin_masks(masks).numpy(), next_state.numpy()


def parity(net: Remix, model: onnx.ModelProto) -> float:
    """The largest difference between PyTorch and ONNX Runtime, with non-zero states; relative where a
    value is above 1, as the cells of the forward LSTMs are after some seconds."""
    runner, worst = session(model), 0.0
    for seed, frames in enumerate(CHECKED_LENGTHS):
        magnitude, state = music_like(frames, seed)
        found = runner.run(None, {"magnitude": magnitude, "state": state})
        for ours, theirs in zip(found, as_pack(net, magnitude, state), strict=True):
            difference = np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))
            worst = larger(worst, difference)
    return worst


def timing_ms(file: Path, committed: int) -> float:
    """Milliseconds of processor time for one second of audio, in runs of `committed` frames; the median of
    several tries after a warm-up."""
    runner = session(file)
    magnitude, state = music_like(committed + LOOKAHEAD, 0)
    runs_per_second = 44_100 / STFT.hop / committed
    taken = []
    for index in range(3 + max(5, min(100, round(10 * runs_per_second)))):
        begin = time.thread_time()
        runner.run(None, {"magnitude": magnitude, "state": state})
        if index >= 3:
            taken.append(time.thread_time() - begin)
    return 1000 * float(np.median(taken)) * runs_per_second


def mean_of(net: Remix, pack: Path, share: float) -> Remix:
    """A network with weights between those of a pack (0) and of `net` (1): what goes on from a pack slowly
    ends near it, and a place between the two is often better than both (Wortsman et al. 2022)."""
    found = remix.build(STEMS)
    load_pack(found, pack)
    own = net.state_dict()
    found.load_state_dict({name: kept.lerp(own[name], share) for name, kept in found.state_dict().items()})
    return found


def export(
    network: str,
    run: Path | None,
    out: Path,
    version: str,
    mean_with: Path | None = None,
    share: float = 1.0,
    at_end: bool = False,
) -> dict:
    """Writes the pack; without a run the network is untrained. Returns what was measured."""
    net = remix.build(STEMS) if run is None else load_network(run, network, at_end)
    if mean_with:
        net = mean_of(net, mean_with, share)
    net.load_state_dict({name: values.half().float() for name, values in net.state_dict().items()})
    model = to_onnx(net)
    difference = parity(net, model)
    if difference > TOLERANCE:
        raise SystemExit(f"{FILE}: ONNX differs from PyTorch by {difference:.2e}, allowed {TOLERANCE}")
    onnx.save(model, out / FILE)
    stream = {
        "sample_rate": 44_100, "fft": STFT.fft, "hop": STFT.hop, "channels": CHANNELS,
        "lookahead_frames": LOOKAHEAD,
    }  # fmt: skip
    description = (
        "Untrained: right shapes, no meaning."
        if run is None
        else "Splits a mix into drums, bass, piano and other."
    )
    write_toml(out, "Remix", version, "mask", description, stream, [(FILE, STEMS)])
    magnitude, state = music_like(GOLDEN_FRAMES, 2024)
    mask, next_state = as_pack(net, magnitude, state)
    arrays = {"magnitude": magnitude, "state": state, "mask": mask, "next_state": next_state}
    write_golden(out, arrays, "mask and next state are PyTorch's", TOLERANCE)
    timing = {f"{n}+{LOOKAHEAD} frames": round(timing_ms(out / FILE, n), 1) for n in (1, 4, 11, 43)}
    size = (out / FILE).stat().st_size / 1e6
    print(f"{FILE}: {size:.1f} MB, parity {difference:.1e}, ms per second of audio: {timing}")
    return {
        "parity": difference,
        "milliseconds_per_second": timing,
        "training": run and runs.joined(runs.read(run / "run.json")),
    }
