"""The networks on a whole song, and what the decoder makes of them."""

import numpy as np
import torch

from ..networks.accompany_band import AccompanyBand
from . import features, grid
from .decode import Beat, Decoder, Settings, notes_of
from .examples import COLUMNS, WIDTH, table


def untold(entry: dict, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """A song as the plugin hears it: chords and intensity are not told, the style is."""
    own = table(entry, arrays)
    own[:, COLUMNS["intensity"]] = 0
    own[:, COLUMNS["true_plan"]] = 0
    return own


@torch.no_grad()
def heard_by(net: AccompanyBand, table: np.ndarray) -> tuple[dict, dict[str, np.ndarray]]:
    """A song [cells, WIDTH] -> the band's outputs, per stem and name [K, 6, ...], and the plan [K] each; what
    a stream gives, all beats at once."""
    quiet = np.zeros((1, len(table) + 2 * grid.CELLS, WIDTH), np.float32)
    quiet[..., COLUMNS["features"]] = features.silence()
    quiet[0, grid.CELLS : -grid.CELLS] = table
    quiet[0, grid.CELLS : 2 * grid.CELLS, COLUMNS["phase"].stop - 1] = 1
    last = quiet[0, -grid.CELLS - 1]  # the beat after the end: silence, but the metre goes on
    for name in ("phase", "style", "intensity", "heard"):
        quiet[0, -grid.CELLS :, COLUMNS[name]] = last[COLUMNS[name]]
    found, told, _ = net.eval().of_example(torch.from_numpy(quiet), None)
    outputs = {
        stem: {name: values[:, :, 0].transpose(0, 1).numpy() for name, values in parts.items()}
        for stem, parts in found.items()
    }
    return outputs, {name: values[:, 0].numpy() for name, values in told._asdict().items()}


def decoded(
    outputs: dict, plan: dict[str, np.ndarray], table: np.ndarray, beats_per_bar: int, settings: Settings
) -> np.ndarray:
    """-> notes of score.NOTE."""
    decoder, events = Decoder(settings), []
    level_db = 30 * table[:, COLUMNS["features"]][:, 1].reshape(-1, grid.CELLS).max(1) - 60
    for index in range(len(plan["chord"])):
        events += decoder.step(beat_of(outputs, plan, index, beats_per_bar, float(level_db[index])))
    return notes_of(events, len(table))


def beat_of(outputs: dict, plan: dict, index: int, beats_per_bar: int, level_db: float) -> Beat:
    own = {stem: {name: values[index] for name, values in parts.items()} for stem, parts in outputs.items()}
    chord, before, key = (int(plan[name][index]) for name in ("chord", "before", "key"))
    bar, beat = divmod(index, beats_per_bar)
    return Beat(own, chord, before, key, float(plan["confidence"][index]), bar, beat, level_db, index == 0)
