"""Checkpoints: where a training run is, in one file, CACHE/runs/RUN/checkpoint.pt."""

import shutil
from pathlib import Path

import torch

from . import networks


def write(file: Path, state: dict) -> None:
    """Replaces the file in one step; a full disk leaves the older one whole."""
    partial = file.with_suffix(".partial")
    try:
        torch.save(state, partial)
        partial.replace(file)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        older = "; the older one stays" if file.exists() else ""
        free = shutil.disk_usage(file.parent).free // 2**20
        raise SystemExit(
            f"{file} cannot be written, with {free} MiB free ({error}){older}: make room and"
            " give the same command again"
        ) from error


def read(file: Path) -> dict:
    try:
        state = torch.load(file, map_location="cpu", weights_only=False)
        if state["args"]["network"] and {"best", "losses", "optimiser"} <= state.keys():
            return state
        raise ValueError("it is no checkpoint")
    except Exception as error:
        raise SystemExit(f"{file} cannot be read ({error}): use another --run") from error


def load_network(folder: Path, network: str | None = None, at_end: bool = False) -> torch.nn.Module:
    """The averaged weights of a run with the lowest loss, or its last, in evaluation mode; of this network,
    where one is named."""
    if not (folder / "checkpoint.pt").exists():
        raise SystemExit(f"{folder} has no checkpoint: `train` makes one")
    state = read(folder / "checkpoint.pt")
    found = state["args"]["network"]
    if network and found != network:
        raise SystemExit(f"{folder} is a run of {found}, not of {network}: name another --run or --network")
    if state["best"] is None:
        raise SystemExit(f"{folder} has no weights: its loss was never a number when it was validated")
    net = networks.build(found, tuple(state["args"]["stems"]))
    try:
        net.load_state_dict(state["average" if at_end else "best"])
    except RuntimeError as error:
        raise SystemExit(f"{folder} is of another version of {found}: train it anew") from error
    return net.eval()
