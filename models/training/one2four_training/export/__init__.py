"""`export`: a trained network -> a pack (ONNX files, pack.toml, golden vectors), checked against PyTorch.

One file per kind of pack, each with `export(network, run, out, version) -> dict`: it loads the network from
the folder `run` (None: untrained), writes the pack into `out` and returns what was measured, for run.json.
`graph.py` and `pack.py` are what they share.
"""

import importlib
from pathlib import Path

import torch

from .. import runs

KINDS = {
    "remix": "mask",
    "paper-one2one": "waveform",
    "paper-one2four-combined": "waveform",
    "paper-one2four-split": "waveform",
    "accompany": "notes",  # of two networks, accompany-plan and accompany-band
}
PACKS = runs.PACKAGE.parents[1] / "packs"


def export(
    network: str, run: str | None, out: Path | None, version: str, seed: int, untrained: bool = False
) -> None:
    """Writes the pack of a network. Untrained, it is right in shape only."""
    if network not in KINDS:
        raise SystemExit(f"{network} has no kind of pack: it is there to compare with")
    torch.manual_seed(seed)
    out = out or PACKS / network
    out.mkdir(parents=True, exist_ok=True)
    kind = importlib.import_module(f".{KINDS[network]}", __name__)
    folder = None if untrained else runs.cache() / "runs" / (run or network)
    measured = kind.export(network, folder, out, version)
    arguments = {"network": network, "version": version, "seed": seed, "trained": not untrained}
    runs.write(out / "run.json", command="export", arguments=arguments, **measured)
