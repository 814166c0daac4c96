"""The way back: the weights of a `mask` pack into its network, so that training goes on from what ships."""

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper

from .. import STEMS
from ..networks.remix import Remix
from .mask import FILE


def load_pack(net: Remix, folder: Path) -> None:
    """Fills `net` with the weights of the pack in `folder`, as `mask.to_onnx` wrote them."""
    try:
        model = onnx.load(folder / FILE, load_external_data=False)
        kept = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in model.graph.initializer}
        net.load_state_dict(_state(kept))
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise SystemExit(f"{folder} is no pack of remix to start from: {error}") from error


def _state(kept: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    state = {"mean": kept["mean"], "deviation": kept["deviation"]}

    def linear(name: str, stored: str) -> None:
        state[f"{name}.weight"] = kept[f"{stored}.weight.half"].float().T
        state[f"{name}.bias"] = kept[f"{stored}.bias.half"].float()

    linear("encoder", "encoder")
    linear("shapes", "shape_logits")
    for index, stem in enumerate(STEMS):
        linear(f"stacks.{index}.decoder", f"{stem}.decoded")
        for lstm in ("forward1", "backward1", "forward2", "backward2"):
            for letter, of in (("W", "ih"), ("R", "hh")):
                stored = kept[f"{stem}.{lstm}.{letter}.half"][0]
                state[f"stacks.{index}.{lstm}.weight_{of}_l0"] = _in_torch_order(stored)
            biases = kept[f"{stem}.{lstm}.B.half"][0].chunk(2)
            for of, bias in zip(("ih", "hh"), biases, strict=True):
                state[f"stacks.{index}.{lstm}.bias_{of}_l0"] = _in_torch_order(bias)
    return state


def _in_torch_order(values: torch.Tensor) -> torch.Tensor:
    """ONNX orders the gates i o f c, PyTorch i f g o."""
    i, o, f, c = values.float().chunk(4)
    return torch.cat([i, f, c, o])
