"""The two graphs of a `notes` pack: the chord plan and the band, a beat at a time (models/README.md)."""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper

from .. import STEMS
from ..accompany import chords, features
from ..accompany.grid import CELLS, PHASE
from ..accompany.songs import STYLES
from ..networks import accompany_band as band_net
from ..networks import accompany_plan as plan_net
from ..networks.accompany_band import OUTPUTS, AccompanyBand
from ..networks.accompany_plan import AccompanyPlan
from ..networks.accompany_stream import STATE_PARTS, WINDOW, Stack
from .graph import Graph, model_of, tensor

CONTROLS = len(STYLES) + 3
INT = np.int64


def plan_to_onnx(net: AccompanyPlan) -> onnx.ModelProto:
    g = Graph()
    known = _known(g, "features")
    cells = g.unsqueeze(g.node("Concat", [known, "phase"], "cells2", axis=1), "cells", 1)
    states = [g.slice("state", f"state{part}", 0, part, part + 1) for part in range(STATE_PARTS)]
    found, kept = _stack(g, "plan", net.stack, cells, states)
    beat = g.reshape(found, "beat", [1, -1])
    hidden = g.node("Relu", [g.linear(beat, "decoder", net.decoder.weight, net.decoder.bias)], "hidden")
    both = g.squeeze(g.linear(hidden, "head", net.head.weight, net.head.bias), "both", 0)
    g.squeeze(g.linear(hidden, "styles.row", net.styles.weight, net.styles.bias), "styles", 0)
    g.slice(both, "chords", 0, 0, chords.CHORDS)
    g.slice(both, "keys", 0, chords.CHORDS, chords.CHORDS + chords.KEYS)
    g.node("Concat", kept, "next_state", axis=0)
    state = [STATE_PARTS, 1, plan_net.UNITS]
    outputs = [tensor("chords", [chords.CHORDS]), tensor("keys", [chords.KEYS])]
    outputs += [tensor("styles", [len(STYLES)]), tensor("next_state", state)]
    return model_of(g, "plan", [*heard_inputs(), tensor("state", state)], outputs)


def band_to_onnx(net: AccompanyBand) -> onnx.ModelProto:
    g = Graph()
    before, now = (_scalar(g, "chords", place, name) for place, name in ((0, "before"), (1, "now")))
    key = _scalar(g, "key", 0, "key_number")
    roots = g.constant("roots", band_net.ROOT.numpy().astype(INT))
    root = g.node("Gather", [roots, now], "root")
    turns = g.constant("turns", (np.arange(12)[None] + np.arange(12)[:, None]).astype(INT) % 12)
    turn = g.node("Gather", [turns, root], "turn")
    known = _known(g, _relative(g, turn))
    told = _told(g, before, now, root, key, turn)
    size = g.constant("told.size", np.array([WINDOW, band_net.PLAN_INPUTS], INT))
    told = g.node("Expand", [told, size], "told")
    cells = g.node("Concat", [known, "phase", "controls", told], "cells2", axis=1)
    cells = g.unsqueeze(cells, "cells", 1)
    outputs, kept = [], []
    for index, stem in enumerate(STEMS):
        first = index * STATE_PARTS
        states = [
            g.slice("state", f"state{first + part}", 0, first + part, first + part + 1)
            for part in range(STATE_PARTS)
        ]
        found, own = _stack(g, stem, net.stacks[index], cells, states)
        kept += own
        flat = g.squeeze(found, f"{stem}.flat", 1)
        head = g.linear(flat, f"{stem}.head", net.heads[index].weight, net.heads[index].bias)
        start = 0
        for name, width in OUTPUTS[stem].items():
            output = f"{stem}_{name}"
            if name == "velocity":
                g.node("Sigmoid", [g.slice(head, f"{output}.logits", 1, start, start + width)], output)
            else:
                g.slice(head, output, 1, start, start + width)
            outputs.append(tensor(output, [CELLS, width]))
            start += width
    g.node("Concat", kept, "next_state", axis=0)
    state = [len(STEMS) * STATE_PARTS, 1, band_net.UNITS]
    whole = [
        helper.make_tensor_value_info("chords", TensorProto.INT64, [2]),
        helper.make_tensor_value_info("key", TensorProto.INT64, [1]),
    ]
    inputs = [*heard_inputs(), tensor("controls", [WINDOW, CONTROLS]), *whole, tensor("confidence", [1])]
    return model_of(
        g, "band", [*inputs, tensor("state", state)], [*outputs, tensor("next_state", state)]
    )  # fmt: skip


def heard_inputs() -> list[onnx.ValueInfoProto]:
    return [
        tensor("features", [3 * CELLS, features.FEATURES]), tensor("heard", [1]),
        tensor("phase", [WINDOW, PHASE]),
    ]  # fmt: skip


def _known(g: Graph, source: str) -> str:
    """[18, FEATURES] -> [12, 2 FEATURES + 1], as `accompany_stream.known`."""
    places = g.constant("places", np.arange(WINDOW, dtype=np.float32)[:, None])
    is_heard = g.node("Less", [places, "heard"], "is_heard.bool")
    is_heard = g.node("Cast", [is_heard], "is_heard", to=TensorProto.FLOAT)
    later = g.slice(source, "later", 0, CELLS, 3 * CELLS)
    now = g.node("Mul", [later, is_heard], "now_heard")
    first = g.slice(source, "first_beat", 0, 0, CELLS)
    before = g.node("Concat", [first, g.slice(now, "this_beat", 0, 0, CELLS)], "beat_before", axis=0)
    return g.node("Concat", [now, before, is_heard], "known", axis=1)


def _stack(g: Graph, name: str, stack: Stack, cells: str, states: list[str]) -> tuple[str, list[str]]:
    """[12, 1, inputs] -> [6, 1, 3 units] and the parts of the next state."""
    encoder = g.linear(cells, f"{name}.encoder", stack.encoder.weight, stack.encoder.bias)
    encoded = g.node("Tanh", [encoder], f"{name}.encoded")
    now = g.slice(encoded, f"{name}.now", 0, 0, CELLS)
    weights = {
        part: g.lstm_weights(f"{name}.{part}", getattr(stack, part))
        for part in ("forward1", "backward1", "forward2", "backward2")
    }
    past = g.lstm(now, f"{name}.past1", weights["forward1"], *states[:2])
    future = g.lstm(encoded, f"{name}.future1", weights["backward1"], reverse=True)
    future = g.slice(future, f"{name}.future1_now", 0, 0, CELLS)
    layer1 = g.node("Concat", [past, future], f"{name}.layer1", axis=2)
    past = g.lstm(layer1, f"{name}.past2", weights["forward2"], *states[2:])
    future = g.lstm(layer1, f"{name}.future2", weights["backward2"], reverse=True)
    found = g.node("Concat", [past, future, now], f"{name}.found", axis=2)
    return found, [f"{name}.past{layer}.{part}" for layer in (1, 2) for part in "hc"]


def _scalar(g: Graph, source: str, place: int, output: str) -> str:
    return g.squeeze(g.slice(source, f"{output}.one", 0, place, place + 1), output, 0)


def _relative(g: Graph, turn: str) -> str:
    """The features with their chroma from the root on."""
    parts = [g.slice("features", "unpitched", 1, 0, features.LOW.start)]
    for name, part in (("low", features.LOW), ("full", features.FULL)):
        own = g.slice("features", f"{name}.absolute", 1, part.start, part.stop)
        parts.append(g.node("Gather", [own, turn], f"{name}.relative", axis=1))
    return g.node("Concat", parts, "relative", axis=1)


def _told(g: Graph, before: str, now: str, root: str, key: str, turn: str) -> str:
    """[PLAN_INPUTS]."""
    quality = g.node("Gather", [g.constant("qualities", band_net.QUALITY), now], "quality")
    root_before = g.node("Gather", ["roots", before], "root_before")
    twelve = g.constant("twelve", np.array([12], INT))
    raised = g.node("Add", [g.node("Sub", [root_before, root], "step"), twelve], "step_up")
    away = g.squeeze(g.node("Mod", [raised, twelve], "step_mod"), "step_class", 0)
    away = g.node("Gather", [g.constant("twelve_hot", torch.eye(12)), away], "away")
    same = g.node("Equal", [before, now], "same")
    changed = g.node("Cast", [g.node("Not", [same], "differs")], "changed", to=TensorProto.FLOAT)
    changed = g.unsqueeze(changed, "changed1", 0)
    scale = g.node("Gather", [g.constant("scales", band_net.SCALE), key], "scale_from_c")
    scale = g.node("Gather", [scale, turn], "scale")
    return g.node("Concat", [quality, away, changed, "confidence", scale], "told_once", axis=0)
