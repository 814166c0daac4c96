"""The networks on a whole song, and what the decoder makes of them; its thresholds."""

from dataclasses import fields, replace

import numpy as np
import torch

from .. import STEMS
from ..networks.accompany_band import AccompanyBand
from . import features, grid, score
from .chords import NO_CHORD
from .decode import NEVER, Beat, Decoder, Settings, notes_of
from .examples import COLUMNS, WIDTH

MAX_CALIBRATION_SONGS = 60


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


def calibrated(net: AccompanyBand, tables: list[np.ndarray], settings: Settings | None = None) -> Settings:
    """Thresholds at which as many notes start, and sound, as in these songs."""
    gathered: dict[str, list[np.ndarray]] = {}
    for table in tables[:MAX_CALIBRATION_SONGS]:
        if table[0, COLUMNS["chord"].start] == NO_CHORD:
            continue
        outputs, _ = heard_by(net, table)
        for name, (logits, wanted) in compared(outputs, table).items():
            gathered.setdefault(name, []).append(np.stack([logits, wanted]))
    found = {name: np.concatenate(parts, axis=1) for name, parts in gathered.items()}
    drums = [threshold(*found[f"drums{voice}"]) for voice in range(len(score.VOICES))]
    known = {f.name for f in fields(Settings)}
    others = {name: threshold(*values) for name, values in found.items() if name in known}
    return replace(settings or Settings(), drums=drums, **others)


def compared(outputs: dict, table: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Per threshold the logits it is to cut and what is wanted of them, flat."""

    def flat(values: np.ndarray) -> np.ndarray:
        return values.reshape(len(table), -1)

    def wanted(name: str) -> np.ndarray:
        return table[:, COLUMNS[name]] > 0

    drums = flat(outputs["drums"]["onset"])
    found = {f"drums{voice}": (drums[:, voice], wanted("drums")[:, voice]) for voice in range(drums.shape[1])}
    note, bass = flat(outputs["bass"]["note"]), table[:, COLUMNS["bass"].start]
    pitched = np.logaddexp.reduce(note[:, score.FIRST_PITCH :], axis=1)
    held = np.logaddexp(note[:, score.HOLD], note[:, score.REST])
    found["bass_onset"] = pitched - held, bass >= score.FIRST_PITCH
    quiet = bass < score.FIRST_PITCH
    found["bass_rest"] = (note[:, score.REST] - note[:, score.HOLD])[quiet], (bass == score.REST)[quiet]
    for stem in STEMS[2:]:
        for part in ("onset", "sustain"):
            found[f"{stem}_{part}"] = flat(outputs[stem][part]).ravel(), wanted(f"{stem}_{part}").ravel()
    return found


def threshold(logits: np.ndarray, wanted: np.ndarray) -> float:
    """Above it lie as many as are wanted."""
    count = int(wanted.sum())
    if count == 0:
        return NEVER
    return round(float(np.sort(logits)[-count]) - 1e-4, 4)
