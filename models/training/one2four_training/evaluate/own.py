"""Packs on a user's own songs: those that `train --songs` holds out, since its weights are chosen on them."""

from pathlib import Path

import numpy as np

from .. import STEMS, folders, runs
from .packs import PACKS, Pack
from .scores import SILENT_DB, level_db, si_sdr_db
from .table import markdown

CHUNK_S = 1.0  # the plugin's default
MIX = "the mix itself"

Scores = dict[str, float]
"""SI-SDR in dB per stem that sounds."""


def evaluate_own(songs: Path, trim: float | None, packs: list[Path] | None) -> None:
    """Prints the SI-SDR of each held-out song's stems, of the mix and of each pack, and their means."""
    opened = [opened_pack(folder) for folder in packs or [PACKS / "remix"]]
    data = folders.prepared(songs, trim)
    for pack in opened:
        _warn_of_other_songs(pack, data.name)
    held_out = [e["name"] for e in runs.read(data / "run.json")["excerpts"] if e["split"] == "valid"]
    by_row: dict[str, list[Scores]] = {}
    lines = []
    for name in held_out:
        stems = np.load(data / f"{name}.npy").astype(np.float32) / 32768
        for row, found in scores_of(stems, opened).items():
            by_row.setdefault(row, []).append(found)
            lines.append([name, row, *(f"{found[s]:+.1f}" if s in found else "" for s in STEMS)])
    for row, found in by_row.items():
        means = ([one[stem] for one in found if stem in one] for stem in STEMS)
        lines.append(["mean", row, *(f"{np.mean(each):+.1f}" if each else "" for each in means)])
    print(f"SI-SDR in dB, held-out songs: {len(held_out)}. Empty: the stem is silent there.")
    print("\n".join(markdown(["song", "", *STEMS], lines)))


def _warn_of_other_songs(pack: Pack, songs: str) -> None:
    """A song is held out by its name; one that had another, or none left out, may have trained the pack."""
    known = sorted({log["arguments"]["songs"] for log in pack.trainings if "songs" in log["arguments"]})
    if known and songs not in known:
        print(
            f"{pack.folder} was trained on {', '.join(known)}, and these songs are {songs} (other files, or"
            " another --trim): a song that was renamed since may have trained it, so keep the names"
        )


def opened_pack(folder: Path) -> Pack:
    if not (folder / "pack.toml").exists():
        raise SystemExit(f"{folder} is no pack: it has no pack.toml (`export --out` makes one)")
    pack = Pack(folder)
    if pack.kind != "mask":
        raise SystemExit(f"{folder} is of kind {pack.kind}, and only mask can be measured on your own songs")
    return pack


def scores_of(stems: np.ndarray, packs: list[Pack]) -> dict[str, Scores]:
    """[4, samples, 2] -> per row the scores of its stems."""
    mix = stems.sum(0)
    rows = {MIX: np.broadcast_to(mix, stems.shape)}
    for pack in packs:
        rows[f"{pack.name} ({pack.folder})"] = pack.separate(mix, pack.chunk_frames(CHUNK_S))
    return {
        row: {
            stem: si_sdr_db(estimate, true)
            for stem, estimate, true in zip(STEMS, found, stems, strict=True)
            if level_db(true) > SILENT_DB
        }
        for row, found in rows.items()
    }
