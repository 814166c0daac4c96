"""Bands to compare: what each plays to a song, as notes, and the chords it went by."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..networks.accompany_band import CHANGE, AccompanyBand
from . import chords, features, grid, perform, score
from .decode import Settings
from .examples import COLUMNS
from .songs import PRIORS, STYLES

PARTS = ("drums", "bass", "piano", "other")
TEMPLATE_SHARPNESS = 30.0
NOTHING = np.zeros(0, score.NOTE)

Song = tuple[dict, dict[str, np.ndarray]]
Play = Callable[[dict, dict[str, np.ndarray]], tuple[np.ndarray, np.ndarray]]
"""Entry and arrays -> notes and the chord of each beat."""


@dataclass(frozen=True)
class Player:
    id: str
    title: str
    play: Play


def targets_of(arrays: dict[str, np.ndarray], take: str = "") -> dict[str, np.ndarray]:
    return {part: arrays[take + part] for part in PARTS}


def reference(entry: dict, arrays: dict) -> tuple[np.ndarray, np.ndarray]:
    return score.notes_of(targets_of(arrays), arrays["plan"]), arrays["plan"]


def ceiling(entry: dict, arrays: dict) -> tuple[np.ndarray, np.ndarray]:
    """The generator run again."""
    return score.notes_of(targets_of(arrays, "again_"), arrays["plan"]), arrays["plan"]


def all_off(entry: dict, arrays: dict) -> tuple[np.ndarray, np.ndarray]:
    return NOTHING, np.full(len(arrays["plan"]), chords.NO_CHORD)


def shuffled(entry: dict, arrays: dict) -> tuple[np.ndarray, np.ndarray]:
    """The song's own bars, in another order, on its chords."""
    bar = entry["beats_per_bar"] * grid.CELLS
    count = len(arrays["drums"]) // bar
    order = np.random.default_rng(len(entry["name"])).permutation(count)
    bars = barred(targets_of(arrays), count, bar)
    found = {part: values[order].reshape(-1, *values.shape[2:]) for part, values in bars.items()}
    return score.notes_of(found, arrays["plan"][: count * entry["beats_per_bar"]]), arrays["plan"]


def template_chords(entry: dict, arrays: dict) -> np.ndarray:
    """The chord whose tones hold most of the beat's chroma, by the same Viterbi as the plan's."""
    heard = arrays["features"].astype(np.float32).reshape(-1, grid.CELLS, features.FEATURES).mean(1)
    chroma = heard[:, features.FULL] + 0.5 * heard[:, features.LOW]
    tones = chords.TONES[:-1]
    weights = tones / np.sqrt(tones.sum(1, keepdims=True)) - 0.15 * (1 - tones)
    logits = TEMPLATE_SHARPNESS * chroma @ weights.T
    scores, found = np.zeros(logits.shape[1]), []
    for beat, row in enumerate(logits):
        place = beat % entry["beats_per_bar"]
        cost = CHANGE[0 if place == 0 else 1 if 2 * place == entry["beats_per_bar"] else 2]
        scores = np.maximum(scores, scores.max() - cost) + row - np.logaddexp.reduce(row)
        found.append(int(np.argmax(scores)))
    return np.array(found)


def barred(found: dict[str, np.ndarray], count: int, bar: int) -> dict[str, np.ndarray]:
    """Labels of a song, bar by bar: [count, bar, ...]."""
    return {
        part: values[: count * bar].reshape(count, bar, *values.shape[1:]) for part, values in found.items()
    }


class StyleMean:
    """Of each style and metre the mean of what is played in a bar, cut where as many notes are left."""

    def __init__(self, songs: list[Song]) -> None:
        sums: dict[tuple, list] = {}
        for entry, arrays in songs:
            bar = entry["beats_per_bar"] * grid.CELLS
            count = len(arrays["drums"]) // bar
            for key in {(entry["style"], bar), (None, bar)}:
                sums.setdefault(key, []).append(barred(targets_of(arrays), count, bar))
        self.bars = {key: self._mean(parts) for key, parts in sums.items()}

    @staticmethod
    def _mean(parts: list[dict]) -> dict[str, np.ndarray]:
        joined = {part: np.concatenate([own[part] for own in parts]) for part in PARTS}
        found = {}
        for part in ("drums", "piano", "other"):
            values = joined[part].astype(float)
            chance = (values > 0).mean(0)
            count = round(float((values > 0).mean(0)[..., 0].sum() if part != "drums" else chance.sum()))
            level = chance[..., 0] if part != "drums" else chance
            least = np.sort(level.ravel())[-max(count, 1)] if count else np.inf
            on = (level >= max(least, 1e-9)) & (count > 0)
            if part == "drums":
                found[part] = np.where(on, 90, 0).astype(np.uint8)
            else:
                sounds = on | (chance[..., 1] > 0.5)
                found[part] = np.stack([np.where(on, 80, 0), sounds], axis=-1).astype(np.uint8)
        classes = np.eye(score.FIRST_PITCH + score.BASS_PITCHES)[joined["bass"][..., 0]].mean(0)
        onset = classes[:, score.FIRST_PITCH :]
        count = round(float(onset.sum()))
        least = np.sort(onset.sum(1))[-max(count, 1)]
        own = np.where(onset.sum(1) >= max(least, 1e-9), score.FIRST_PITCH + onset.argmax(1), score.HOLD)
        found["bass"] = np.stack([own, np.full(len(own), 90)], axis=1).astype(np.uint8)
        return found

    def play(self, entry: dict, arrays: dict) -> tuple[np.ndarray, np.ndarray]:
        bar = entry["beats_per_bar"] * grid.CELLS
        pattern = self.bars.get((entry["style"], bar)) or self.bars.get((None, bar))
        if pattern is None:
            return all_off(entry, arrays)
        plan = template_chords(entry, arrays)
        count = -(-len(plan) * grid.CELLS // bar)
        found = {
            part: np.concatenate([values] * count)[: len(plan) * grid.CELLS]
            for part, values in pattern.items()
        }
        return score.notes_of(found, plan), plan


class Nearest:
    """The bars of the training song whose solo has the most similar rhythm, on the templates' chords."""

    def __init__(self, songs: list[Song]) -> None:
        self.songs = songs
        self.rhythms = [self.rhythm(entry, arrays) for entry, arrays in songs]

    @staticmethod
    def rhythm(entry: dict, arrays: dict) -> np.ndarray:
        """Mean flux of each cell of a bar, and the tempo."""
        bar = entry["beats_per_bar"] * grid.CELLS
        flux = arrays["features"][:, features.FLUX].astype(np.float32).mean(1)
        count = len(flux) // bar
        mean = flux[: count * bar].reshape(count, bar).mean(0)
        return np.append(mean / (np.linalg.norm(mean) + 1e-6), np.log2(entry["bpm"] / 120))

    def play(self, entry: dict, arrays: dict) -> tuple[np.ndarray, np.ndarray]:
        own = self.rhythm(entry, arrays)
        fitting = [i for i, other in enumerate(self.rhythms) if len(other) == len(own)]
        if not fitting:
            return all_off(entry, arrays)
        best = min(fitting, key=lambda i: float(np.square(self.rhythms[i] - own).sum()))
        plan = template_chords(entry, arrays)
        found, cells = {}, len(plan) * grid.CELLS
        for part, values in targets_of(self.songs[best][1]).items():
            found[part] = np.concatenate([values] * (-(-cells // len(values))))[:cells]
        return score.notes_of(found, plan), plan


class Networks:
    """The pack: with the style told or found, with chords heard or told."""

    def __init__(
        self, net: AccompanyBand, settings: Settings, with_style=True, true_plan=False, heard=None
    ) -> None:
        self.net, self.settings = net, settings
        self.with_style, self.true_plan, self.heard = with_style, true_plan, heard
        self.styles = np.zeros(3)  # beats of songs with a style: it is heard, a plain one instead, all

    def play(self, entry: dict, arrays: dict) -> tuple[np.ndarray, np.ndarray]:
        own = perform.untold(entry, arrays)
        own[:, COLUMNS["true_plan"]] = self.true_plan
        if self.heard is not None:
            own[:, COLUMNS["heard"]] = self.heard
        if not self.with_style:
            own[:, COLUMNS["style"]] = 0
            own[:, COLUMNS["fill"]] = 0
        outputs, plan = perform.heard_by(self.net, own)
        notes = perform.decoded(outputs, plan, own, entry["beats_per_bar"], self.settings)
        if entry["style"]:
            is_right = plan["style"] == list(STYLES).index(entry["style"])
            is_plain = np.isin(plan["style"], [list(STYLES).index(style) for style in PRIORS])
            self.styles += is_right.sum(), (is_plain & ~is_right).sum(), len(is_right)
        return notes, plan["chord"]
