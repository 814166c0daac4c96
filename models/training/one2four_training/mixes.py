"""Random mixes for training: four stems at a time, cut from the rendered excerpts.

Most mixes are cut from one excerpt, as its song has it. The others ("remixes") take every
stem from another song and level, so that a network cannot learn the arrangement by heart. For the same
reason half of the mixes are played faster or slower, a little.
"""

import hashlib
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

import numba
import numpy as np
import torch

from . import STEMS, runs

SAMPLE_RATE = 44_100
ACTIVE_DB = -50  # a stem's second is active above it
# Of the cuts to train on: few songs are written by hand, and most are as the banks give them.
SHARES = {"freedoom": 0.2, "mma": 0.2, "freedoom plain": 0.3, "mma plain": 0.3}
REMIX_SHARE = 0.1
MONO_SHARE = 0.1  # of the batches: both channels alike
WANTED = (0.2, 0.25, 0.35, 0.2)  # how often each stem is the one that is known to play in a song's own mix
PRESENT = (0.85, 0.85, 0.75, 0.85)  # chance of each stem in a remix
MUTED = 0.08  # chance that a stem is left out of its own song's mix, but for the one that is known to play
PACED_SHARE = 0.5  # of the mixes
PACE = 0.06  # faster and higher, or slower and lower, at most
SONG_GAIN_DB = 4  # of a stem within its own song, plus or minus
REMIX_LEVEL_DB = (-34, -18)  # of a stem in a remix
BALANCE_DB = 1  # of left and right, plus or minus
MASTER_GAIN_DB = (-20, 3)


@dataclass(frozen=True)
class Cut:
    """One stem of one mix."""

    excerpt: int
    start: int
    """First sample."""
    sides: np.ndarray
    """[2]: gain of left and right, negative where the polarity is turned."""
    swapped: bool
    """Left and right exchanged."""
    pace: float
    """Samples of the excerpt for each of the mix."""


@dataclass(frozen=True)
class Plan:
    """The mixes of a batch, of which consecutive examples can be cut."""

    rows: list[list[Cut | None]]
    """Per mix and stem; None where the stem is absent."""
    mono: bool

    def part(self, index: int, count: int) -> "Plan":
        """Every `count`th row from `index` on: what one of several processes works on."""
        return replace(self, rows=self.rows[index::count])


class Mixes:
    """The excerpts of one split, as a source of batches."""

    def __init__(self, split: str, folder: Path | None = None) -> None:
        folder = folder or runs.cache() / "audio"
        listed = runs.read(folder / "run.json")["excerpts"]
        entries = [entry for entry in listed if entry["split"] == split]
        if not entries:
            raise SystemExit(f"{folder} has no songs to {split} with; `render` makes some")
        self.digest = hashlib.sha256(repr(entries).encode()).hexdigest()[:16]
        self.audio = [opened(folder / f"{entry['name']}.npy") for entry in entries]
        self.levels_db = [np.array(entry["levels_db"]) for entry in entries]
        sources = [source_of(entry) if split == "train" else None for entry in entries]
        self.active = [self._active_seconds(index, sources) for index in range(len(STEMS))]

    def _active_seconds(self, stem: int, sources: list) -> dict[str | None, list[tuple[int, int]]]:
        """(excerpt, second) wherever the stem plays, per source of songs."""
        found: dict[str | None, list[tuple[int, int]]] = {}
        for number, (levels, source) in enumerate(zip(self.levels_db, sources, strict=True)):
            seconds = np.flatnonzero(levels[stem] > ACTIVE_DB)
            if len(seconds):
                found.setdefault(source, []).extend((number, second) for second in seconds)
        return found

    def plan(self, rows: int, samples: int, random: np.random.Generator, augment: bool = True) -> Plan:
        """`rows` mixes of `samples` samples; the same for the same state of `random`. Without `augment`
        they are the songs' own."""
        mono = bool(augment and random.random() < MONO_SHARE)
        return Plan([self._row(samples, random, augment) for _ in range(rows)], mono)

    def cut(self, plan: Plan, offset: int, samples: int) -> torch.Tensor:
        """-> [B, 4, 2, samples] float32: the plan's mixes from sample `offset` on."""
        stems = np.zeros((len(plan.rows), len(STEMS), 2, samples), np.float32)
        for row, cuts in zip(stems, plan.rows, strict=True):
            for index, cut in enumerate(cuts):
                if cut is None:
                    continue
                stored = self.audio[cut.excerpt][index, cut.start :]
                if cut.pace == 1:
                    stored = stored[offset:][:samples].T
                else:
                    fill_paced(stored, offset, cut.pace, row[index])
                    stored = row[index]
                np.multiply(
                    stored[::-1] if cut.swapped else stored,
                    cut.sides[:, None],
                    out=row[index, :, : stored.shape[1]],
                )
        if plan.mono:
            stems[:] = stems.mean(2, keepdims=True)
        return torch.from_numpy(stems)

    def _row(self, samples: int, random: np.random.Generator, augment: bool) -> list[Cut | None]:
        pace = 1.0
        if augment and random.random() < PACED_SHARE:
            pace += random.uniform(-PACE, PACE)
        samples = ceil(samples * pace) + 3  # what a cubic reaches ahead
        if augment and random.random() < REMIX_SHARE:
            master = decibels(random.uniform(-6, 6))
            return [self._remixed(stem, samples, master, pace, random) for stem in range(len(STEMS))]
        wanted = int(random.choice(len(STEMS), p=WANTED))
        excerpt, start = self._place(wanted, samples, random)
        if not augment:
            return [Cut(excerpt, start, np.full(2, 1 / 32768, np.float32), False, pace) for _ in STEMS]
        master = decibels(random.uniform(*MASTER_GAIN_DB))
        row = []
        for stem in range(len(STEMS)):
            gain = master * decibels(random.uniform(-SONG_GAIN_DB, SONG_GAIN_DB))
            if stem != wanted and random.random() < MUTED:
                row.append(None)
            else:
                row.append(Cut(excerpt, start, sides(gain, random), random.random() < 0.5, pace))
        return row

    def _remixed(
        self, stem: int, samples: int, master: float, pace: float, random: np.random.Generator
    ) -> Cut | None:
        """A stem of any song, at any level."""
        if random.random() > PRESENT[stem]:
            return None
        excerpt, start = self._place(stem, samples, random)
        seconds = slice(start // SAMPLE_RATE, max(1, (start + samples) // SAMPLE_RATE))
        level_db = 10 * np.log10(np.mean(10 ** (self.levels_db[excerpt][stem][seconds] / 10)) + 1e-12)
        # A silent stem stays silent.
        gain_db = min(30.0, random.uniform(*REMIX_LEVEL_DB) - level_db)
        return Cut(excerpt, start, sides(master * decibels(gain_db), random), random.random() < 0.5, pace)

    def _place(self, stem: int, samples: int, random: np.random.Generator) -> tuple[int, int]:
        """(excerpt, first sample) where the stem plays, if it plays anywhere."""
        if sources := list(self.active[stem]):
            source = sources[0]
            if len(sources) > 1:
                shares = np.array([SHARES[name] for name in sources])
                source = sources[random.choice(len(sources), p=shares / shares.sum())]
            active = self.active[stem][source]
            excerpt, second = active[random.integers(len(active))]
            start = second * SAMPLE_RATE - random.integers(samples // 2)
        else:
            excerpt = random.integers(len(self.audio))
            start = random.integers(self.audio[excerpt].shape[1])
        return int(excerpt), int(np.clip(start, 0, max(0, self.audio[excerpt].shape[1] - samples)))


def source_of(entry: dict) -> str | None:
    """A key of SHARES; none for a user's own songs."""
    return f"{entry['source']} plain" if entry.get("plain") else entry.get("source")


def opened(file: Path) -> np.ndarray:
    """An excerpt, read from the disk as it is needed."""
    try:
        return np.load(file, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise SystemExit(
            f"{file} cannot be read ({error}): delete it and the .json beside it, or the folder if it is of"
            " your own songs, and make them again"
        ) from error


@numba.njit(fastmath=True, error_model="numpy", cache=True)
def fill_paced(stored, offset, pace, out):
    """Fills out [2, samples], from its sample `offset` on, with what is stored [n, 2] at so many samples for
    each: along cubics (Catmull and Rom), a sample early, with zeros at the end."""
    one, two, three, half = np.uint64(1), np.uint64(2), np.uint64(3), np.float32(0.5)  # faster without a sign
    left, right = out
    for k in range(out.shape[1]):
        place = (offset + k) * pace
        at = np.uint64(place)
        if at + three >= len(stored):
            out[:, k:] = 0
            break
        t = np.float32(place - at)
        u = t - 1
        a, d = -half * t * u * u, half * t * t * u
        b = 1 + t * t * (np.float32(1.5) * t - np.float32(2.5))
        c = 1 - a - b - d
        left[k] = (
            a * stored[at, 0] + b * stored[at + one, 0] + c * stored[at + two, 0] + d * stored[at + three, 0]
        )
        right[k] = (
            a * stored[at, 1] + b * stored[at + one, 1] + c * stored[at + two, 1] + d * stored[at + three, 1]
        )


def sides(gain: float, random: np.random.Generator) -> np.ndarray:
    """[2]: a gain of 16-bit samples with a random balance and polarity."""
    balance = decibels(random.uniform(-BALANCE_DB, BALANCE_DB))
    sign = 1 if random.random() < 0.5 else -1
    return np.array([gain * balance, gain / balance], np.float32) * np.float32(sign / 32768)


def decibels(value: float) -> float:
    return 10 ** (value / 20)
