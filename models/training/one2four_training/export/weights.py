"""The way back: the weights of a pack into its network, so that training goes on from what ships."""

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper

from .. import STEMS
from ..networks.accompany_band import AccompanyBand
from ..networks.accompany_plan import AccompanyPlan
from ..networks.remix import Remix

LSTMS = ("forward1", "backward1", "forward2", "backward2")

State = dict[str, torch.Tensor]


def load_pack(net: torch.nn.Module, folder: Path) -> None:
    """Fills `net` with the weights of the pack in `folder`, as `export` wrote them; buffers that the pack has
    not stay as they are."""
    found = next((own for kind, own in FILES.items() if isinstance(net, kind)), None)
    if found is None:
        raise SystemExit("only remix, accompany-plan and accompany-band can start from a pack")
    file, state_of = found
    try:
        model = onnx.load(folder / file, load_external_data=False)
        kept = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in model.graph.initializer}
        own = {name: values.cpu() for name, values in net.state_dict().items()}
        net.load_state_dict(own | state_of(kept))
    except Exception as error:  # the file may hold anything, and onnx raises kinds of its own
        raise SystemExit(f"{folder} is no pack to start from: {error}") from error


def _remix(kept: State) -> State:
    state = {"mean": kept["mean"], "deviation": kept["deviation"]}
    state |= _linear(kept, "encoder", "encoder") | _linear(kept, "shape_logits", "shapes")
    for index, stem in enumerate(STEMS):
        state |= _linear(kept, f"{stem}.decoded", f"stacks.{index}.decoder")
        state |= _lstms(kept, stem, f"stacks.{index}")
    return state


def _plan(kept: State) -> State:
    state = _linear(kept, "plan.encoder", "stack.encoder") | _lstms(kept, "plan", "stack")
    for stored, name in (("decoder", "decoder"), ("head", "head"), ("styles.row", "styles")):
        state |= _linear(kept, stored, name)
    return state


def _band(kept: State) -> State:
    state = {}
    for index, stem in enumerate(STEMS):
        state |= _linear(kept, f"{stem}.encoder", f"stacks.{index}.encoder")
        state |= _linear(kept, f"{stem}.head", f"heads.{index}")
        state |= _lstms(kept, stem, f"stacks.{index}")
    return state


FILES = {
    Remix: ("remix.onnx", _remix), AccompanyPlan: ("plan.onnx", _plan), AccompanyBand: ("band.onnx", _band),
}  # fmt: skip


def _linear(kept: State, stored: str, name: str) -> State:
    return {
        f"{name}.weight": kept[f"{stored}.weight.half"].float().T,
        f"{name}.bias": kept[f"{stored}.bias.half"].float(),
    }


def _lstms(kept: State, stored: str, name: str) -> State:
    state = {}
    for lstm in LSTMS:
        for letter, of in (("W", "ih"), ("R", "hh")):
            values = kept[f"{stored}.{lstm}.{letter}.half"][0]
            state[f"{name}.{lstm}.weight_{of}_l0"] = _in_torch_order(values)
        biases = kept[f"{stored}.{lstm}.B.half"][0].chunk(2)
        for of, bias in zip(("ih", "hh"), biases, strict=True):
            state[f"{name}.{lstm}.bias_{of}_l0"] = _in_torch_order(bias)
    return state


def _in_torch_order(values: torch.Tensor) -> torch.Tensor:
    """ONNX orders the gates i o f c, PyTorch i f g o."""
    i, o, f, c = values.float().chunk(4)
    return torch.cat([i, f, c, o])
