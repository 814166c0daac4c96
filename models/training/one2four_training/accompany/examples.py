"""Cuts of the rendered songs: the batches of `accompany-plan` and `accompany-band`.

An example is one array with a row per cell; COLUMNS says what stands in it. It begins with one beat that is
only looked back at, and ends with one that is only looked ahead at.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from .. import runs
from . import chords, features, folder, grid, score
from .songs import STYLES

WIDTHS = {
    "features": features.FEATURES, "phase": grid.PHASE,
    "style": len(STYLES),  # one-hot, or nothing where it is not told
    "intensity": 2,  # 0 to 1, and whether it is given
    "fill": 1,
    "heard": 1,  # cells heard from a beat's start on when the beat is decided, 0 to 12
    "chord": 1, "key": 1,
    "true_style": 1,  # its number, -1 where it has no name
    "true_plan": 1,  # whether the band is told the song's chords, or hears them
    "weight": 1,  # 0 after the song's end
    "drums": len(score.VOICES), "bass": 2,
    "piano_onset": score.CHORD_PITCHES, "piano_sustain": score.CHORD_PITCHES,
    "other_onset": score.CHORD_PITCHES, "other_sustain": score.CHORD_PITCHES,
}  # fmt: skip
COLUMNS, _end = {}, 0
for _name, _width in WIDTHS.items():
    COLUMNS[_name] = slice(_end, _end + _width)
    _end += _width
WIDTH = _end

WHOLE = 2 * grid.CELLS  # heard: the beat and the one after it
HEARD_SHARES = (0.6, 0.3, 0.1)  # of rows: all of it, a part, nothing
STYLE_DROPOUT, INTENSITY_DROPOUT = 0.1, 0.3
TRUE_PLAN_SHARE = 0.5
START_ON_BAR = 0.7
GAIN_DB = (-25, 6)
FULL_INTENSITY = 24.0  # notes of velocity 100 in a beat


@dataclass(frozen=True)
class Row:
    song: int
    beat: int
    """Where it starts."""
    transposed: int
    gain_db: float
    heard: int
    with_style: bool
    with_intensity: bool
    true_plan: bool


@dataclass(frozen=True)
class Plan:
    rows: list[Row]

    def part(self, index: int, count: int) -> "Plan":
        """Every `count`th row from `index` on: what one of several processes works on."""
        return replace(self, rows=self.rows[index::count])


def intensity(targets: dict[str, np.ndarray], beats_per_bar: int) -> np.ndarray:
    """[cells], one value per bar: how much is played, 0 to 1."""
    velocities = targets["drums"].sum(1, dtype=float) + targets["bass"][:, 1]
    velocities += targets["piano"][..., 0].sum(1, dtype=float) + targets["other"][..., 0].sum(1, dtype=float)
    bar = beats_per_bar * grid.CELLS
    starts = np.arange(0, len(velocities), bar)
    notes = np.add.reduceat(velocities / 100, starts) / beats_per_bar
    return np.repeat(np.sqrt(np.minimum(1, notes / FULL_INTENSITY)), bar)[: len(velocities)]


def table(entry: dict, arrays: dict[str, np.ndarray], take: str = "") -> np.ndarray:
    """A whole song [cells, WIDTH] as it is, of MMA's first take or of another (`again_`)."""
    plan = arrays["plan"]
    cells = len(plan) * grid.CELLS
    made = np.zeros((cells, WIDTH), np.float32)
    targets = {part: arrays[take + part] for part in ("drums", "bass", "piano", "other")}

    def put(name: str, values) -> None:
        made[:, COLUMNS[name]] = np.asarray(values, np.float32).reshape(cells, -1)

    put("features", arrays["features"])
    beats, compound = entry["beats_per_bar"], entry["unit"] == 3
    put("phase", grid.phase(len(plan), 0, beats, compound, entry["bpm"]))
    style = list(STYLES).index(entry["style"]) if entry["style"] else -1
    put("true_style", np.full(cells, style))
    if style >= 0:
        made[:, COLUMNS["style"].start + style] = 1
    put("intensity", np.stack([intensity(targets, beats), np.ones(cells)], axis=1))
    put("fill", np.repeat(entry["fills"], beats * grid.CELLS)[:cells])
    put("heard", np.full(cells, WHOLE))
    put("chord", np.repeat(plan, grid.CELLS))
    put("key", np.full(cells, entry["key"]))
    put("true_plan", np.ones(cells))
    put("weight", np.ones(cells))
    put("drums", targets["drums"] / 127)
    put("bass", targets["bass"] / [1, 127])
    for part in ("piano", "other"):
        put(f"{part}_onset", targets[part][..., 0] / 127)
        put(f"{part}_sustain", targets[part][..., 1])
    return made


def songs(split: str, source: Path | None = None) -> list[tuple[dict, dict[str, np.ndarray]]]:
    """(entry, arrays) of the rendered songs of a split."""
    source = source or folder() / "heard"
    listed = runs.read(source / "run.json")["songs"]
    return [(e, dict(np.load(source / f"{e['name']}.npz"))) for e in listed if e["split"] == split]


class Examples:
    """The songs of one split, as a source of batches: what `mixes.Mixes` is for audio."""

    def __init__(self, split: str, source: Path | None = None, are_named: bool = False) -> None:
        """With `are_named` only songs in a named style."""
        self.tables, self.beats_per_bar = [], []
        for entry, arrays in songs(split, source):
            if are_named and not entry["style"]:
                continue
            self.tables.append(table(entry, arrays).astype(np.float16))
            self.beats_per_bar.append(entry["beats_per_bar"])
        if not self.tables:
            raise SystemExit(f"there are no songs to {split} with; `render --network accompany` makes some")
        self.silence = features.silence()

    def plan(self, rows: int, samples: int, random: np.random.Generator, augment: bool = True) -> Plan:
        return Plan([self._row(samples, random, augment) for _ in range(rows)])

    def _row(self, cells: int, random: np.random.Generator, augment: bool) -> Row:
        song = int(random.integers(len(self.tables)))
        beats = len(self.tables[song]) // grid.CELLS
        if not augment:
            return Row(song, 0, 0, 0.0, WHOLE, True, False, True)
        beat = int(random.integers(max(1, beats - cells // grid.CELLS // 2)))
        if random.random() < START_ON_BAR:
            beat -= beat % self.beats_per_bar[song]
        way = random.choice(3, p=HEARD_SHARES)
        heard = (WHOLE, int(random.integers(1, WHOLE)), 0)[way]
        return Row(
            song, beat, int(random.integers(12)), random.uniform(*GAIN_DB), heard,
            random.random() > STYLE_DROPOUT, random.random() > INTENSITY_DROPOUT,
            random.random() < TRUE_PLAN_SHARE,
        )  # fmt: skip

    def cut(self, plan: Plan, offset: int, samples: int) -> torch.Tensor:
        """-> [B, samples, WIDTH] float32: from cell `offset` of each row on, less a beat."""
        cut = np.zeros((len(plan.rows), samples, WIDTH), np.float32)
        cut[:, :, COLUMNS["features"]] = self.silence
        for out, row in zip(cut, plan.rows, strict=True):
            first = row.beat * grid.CELLS + offset - grid.CELLS
            start = max(first, row.beat * grid.CELLS)  # nothing is heard before the stream starts
            taken = self.tables[row.song][start : first + samples]
            out[start - first : start - first + len(taken)] = taken
            self._vary(out, row, offset == 0)
        return torch.from_numpy(cut)

    @staticmethod
    def _vary(out: np.ndarray, row: Row, is_first: bool) -> None:
        """As the row has it: key, level, and what the network is told."""
        heard = out[:, COLUMNS["features"]]
        for part in (features.LOW, features.FULL):
            heard[:, part] = np.roll(heard[:, part], row.transposed, axis=1)
        level = heard[:, :2]
        heard[:, :2] = np.where(level > -1.3, np.clip(level + row.gain_db / 30, -1.5, 2), level)
        chord, key = out[:, COLUMNS["chord"]], out[:, COLUMNS["key"]]
        chord[:] = chords.transposed(chord.astype(int), row.transposed)
        key[:] = key // 12 * 12 + (key + row.transposed) % 12
        jump = COLUMNS["phase"].stop - 1
        out[:, jump] = 0
        if is_first:
            out[grid.CELLS : 2 * grid.CELLS, jump] = 1
        out[:, COLUMNS["heard"]] = row.heard
        out[:, COLUMNS["true_plan"]] = row.true_plan
        if not row.with_style:
            out[:, COLUMNS["style"]] = 0
        if not row.with_intensity:
            out[:, COLUMNS["intensity"]] = 0
