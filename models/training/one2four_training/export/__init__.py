"""`export`: a trained network -> a pack (ONNX files, pack.toml, golden vectors), checked against PyTorch.

One file per kind of pack, each with `export(network, run, out, version) -> dict`: it loads the network from
the folder `run` (None: untrained), writes the pack into `out` and returns what was measured, for run.json.
`graph.py` and `pack.py` are what they share.
"""

import importlib
import json
import re
import tempfile
import tomllib
from pathlib import Path

import torch

from .. import STEMS, runs

KINDS = {
    "remix": "mask",
    "paper-one2one": "waveform",
    "paper-one2four-combined": "waveform",
    "paper-one2four-split": "waveform",
    "accompany": "notes",  # of two networks, accompany-plan and accompany-band
}
PACKS = runs.PACKAGE.parents[1] / "packs"


def export(
    network: str, run: str | None, out: Path | None, version: str | None, seed: int, untrained: bool = False,
    mean_with: Path | None = None, share: float = 0.5, at_end: bool = False,
) -> None:  # fmt: skip
    """Writes the pack of a network. Untrained, it is right in shape only. With `mean_with` each weight lies
    between that pack's and the run's, at the run's `share`. A run gives the weights with the lowest loss, or
    `at_end` its last."""
    if network not in KINDS:
        if network in ("accompany-plan", "accompany-band"):
            raise SystemExit(f"{network} is a part of a pack: export --network accompany")
        raise SystemExit(f"{network} has no kind of pack: it is there to compare with")
    if untrained and out is None:
        raise SystemExit("random weights would take the place of the shipped pack: name a folder with --out")
    if run and out is None:
        raise SystemExit(f"{run} would take the place of the shipped pack: name a folder with --out")
    mean = {"at_end": True} if at_end else {}
    if at_end and (KINDS[network] != "mask" or untrained):
        raise SystemExit(
            "the end of a run is there for trained networks of kind mask only: leave --at-end out"
        )
    if mean_with:
        if KINDS[network] != "mask" or untrained:
            raise SystemExit(
                "a mean with a pack is there for trained networks of kind mask only: leave --mean-with out"
            )
        if not 0 <= share <= 1:
            raise SystemExit(
                f"--share is {share}, and must lie between 0 (the pack's weights) and 1 (the run's)"
            )
        mean |= {"mean_with": mean_with, "share": share}
    torch.manual_seed(seed)
    is_shipped, out = out is None, out or PACKS / network
    if not re.fullmatch("[a-z0-9-]{1,64}", out.name):
        raise SystemExit(f"{out.name} names a folder, and so a pack: only a-z, 0-9 and - may stand in it")
    version = version or version_of(out) or "0.1.0"
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SystemExit(f"--version is {version}, and must be three numbers, as in 1.0.0")
    kind = importlib.import_module(f".{KINDS[network]}", __name__)
    folder = None if untrained else runs.cache() / "runs" / (run or network)
    for own in [folder, *parts_of(folder)] if is_shipped and folder else []:
        if trained_on(own):
            raise SystemExit(
                f"{own} was trained on your {trained_on(own)} and would take the place of the shipped pack:"
                " name a folder with --out"
            )
    arguments = {"network": network, "version": version, "seed": seed, "trained": not untrained}
    if at_end:
        arguments["at_end"] = True
    if mean_with:  # which may be the one that is written over
        arguments |= {"mean_with": f"{mean_with.name} {version_of(mean_with)}", "share": share}
    out.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place, under its name: what goes wrong leaves the pack that was there whole.
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as beside:
        made = Path(beside) / out.name
        made.mkdir()
        measured = kind.export(network, folder, made, version, **mean)
        keep_words(made / "pack.toml", manifest_of(out))
        runs.write(made / "run.json", command="export", arguments=arguments, **measured)
        put(made, out)


def trained_on(run: Path) -> str | None:
    """The user's own songs that a run was trained on; None for the rendered ones."""
    log = run / "run.json"
    return runs.read(log)["arguments"].get("songs") if log.exists() else None


def keep_words(file: Path, before: dict) -> None:
    """What the pack that is written over is called, and its licence: its owner may have changed them."""
    lines = file.read_text().splitlines()
    for key in ("name", "license"):
        if key in before:
            place = next(index for index, line in enumerate(lines) if line.startswith(f"{key} = "))
            lines[place] = f"{key} = {json.dumps(before[key], ensure_ascii=False)}"
    file.write_text("\n".join(lines) + "\n")


def parts_of(run: Path) -> list[Path]:
    """The runs of a network whose stems are trained apart."""
    return [run.with_name(f"{run.name}-{stem}") for stem in STEMS]


def put(made: Path, out: Path) -> None:
    """Moves a whole pack to its place; what else lies there, such as a model card, stays."""
    files = [path.relative_to(made) for path in made.rglob("*") if path.is_file()]
    for old in (out / "golden").glob("*.f32"):
        if old.relative_to(out) not in files:
            old.unlink()
    # The manifest last: until then the files have not the hashes that it names, and the plugin refuses them.
    for file in sorted(files, key=lambda file: file.name == "pack.toml"):
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        (made / file).replace(out / file)


def version_of(pack: Path) -> str | None:
    """Of the pack in a folder; None where there is none."""
    return manifest_of(pack).get("version")


def manifest_of(pack: Path) -> dict:
    """What pack.toml says; nothing where there is none."""
    file = pack / "pack.toml"
    try:
        return tomllib.loads(file.read_text()) if file.exists() else {}
    except (ValueError, OSError) as error:
        raise SystemExit(f"{file} cannot be read: {error}") from error
