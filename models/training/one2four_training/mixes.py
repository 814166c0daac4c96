"""Random mixes for training: four stems at a time, cut from the rendered excerpts.

Half of the mixes are cut from one excerpt, as its song has it. The others ("remixes") take every
stem from another song and level, so that a network cannot learn the arrangement by heart.
"""

from dataclasses import dataclass

import numpy as np
import torch

from . import STEMS, runs
from .stft import BINS, FFT, HOP, SAMPLE_RATE, transform

ACTIVE_DB = -50  # a stem's second is active above it
REMIX_SHARE = 0.5
MONO_SHARE = 0.7  # of the batches, for which a transform takes half the time
ACTIVE_SHARE = 0.85  # mixes in which the wanted stem is known to play
MISSING_SHARE = 0.15  # chance of each other stem to be absent from a remix
SONG_GAIN_DB = 6  # of a stem within its own song, plus or minus
REMIX_LEVEL_DB = (-34, -18)  # of a stem in a remix
BALANCE_DB = 4  # of left and right, plus or minus
MASTER_GAIN_DB = (-20, 3)
TONE_DB = 2.5  # standard deviation of each wave in a tone curve
TONE_WAVES = np.cos(
    np.pi * np.arange(1, 6)[:, None] * np.log1p(np.arange(BINS) / 8) / np.log1p((BINS - 1) / 8)
)


@dataclass
class Batch:
    magnitude: torch.Tensor
    """[T, B, BINS]: of the mix, as the network gets it."""
    mask: torch.Tensor
    """[T, B, BINS], 0 to 1: the one that brings mask * mix nearest to the stem, phase included."""


class Mixes:
    """The excerpts of one split, as a source of batches for one stem."""

    def __init__(self, stem: str, split: str) -> None:
        folder = runs.cache() / "audio"
        listed = runs.read(folder / "run.json")["excerpts"]
        entries = [entry for entry in listed if entry["split"] == split]
        self.target = STEMS.index(stem)
        self.audio = [np.load(folder / f"{e['name']}.npy", mmap_mode="r") for e in entries]
        self.levels_db = [np.array(entry["levels_db"]) for entry in entries]
        self.active = [self._active_seconds(index) for index in range(len(STEMS))]

    def _active_seconds(self, stem: int) -> list[tuple[int, int]]:
        """(excerpt, second) wherever the stem plays; a song's excerpts weigh alike."""
        return [
            (number, second)
            for number, levels in enumerate(self.levels_db)
            for second in np.flatnonzero(levels[stem] > ACTIVE_DB)
        ]

    def batch(self, rows: int, frames: int, random: np.random.Generator, augment=True) -> Batch:
        """`rows` mixes of `frames` frames; the same for the same state of `random`."""
        samples = (frames - 1) * HOP + FFT
        mono = augment and random.random() < MONO_SHARE
        magnitude, mask = np.empty((2, frames, rows, BINS), np.float32)
        for row in range(rows):  # one by one: this fits the processor's cache
            audio = self._mix(samples, random, augment)
            if mono:
                angle = np.float32(random.uniform(0, np.pi / 2))
                audio = np.cos(angle) * audio[:, :1] + np.sin(angle) * audio[:, 1:]
            spectra = transform(audio)  # [2 (stem, rest), channels, T, BINS]
            if augment:
                spectra *= tone_curves(random)[:, None, None]
            magnitude[:, row], mask[:, row] = magnitude_and_mask(*spectra)
        return Batch(torch.from_numpy(magnitude), torch.from_numpy(mask))

    def _mix(self, samples: int, random: np.random.Generator, augment: bool) -> np.ndarray:
        """-> [2 (stem, rest), 2 channels, samples] float32."""
        remix = augment and random.random() < REMIX_SHARE
        excerpt, start = self._place(self.target, samples, random)
        pair = np.zeros((2, 2, samples), np.float32)
        for stem in range(len(STEMS)):
            if remix and stem != self.target:
                if random.random() < MISSING_SHARE:
                    continue
                excerpt, start = self._place(stem, samples, random)
            cut = self.audio[excerpt][stem, start : start + samples].T.astype(np.float32) / 32768
            if augment:
                cut = self._varied(cut, remix, random)
            pair[0 if stem == self.target else 1] += cut
        if augment:
            pair *= decibels(random.uniform(*MASTER_GAIN_DB))
            if random.random() < 0.5:
                pair = pair[:, ::-1]
        return np.ascontiguousarray(pair)

    def _place(self, stem: int, samples: int, random: np.random.Generator) -> tuple[int, int]:
        """(excerpt, first sample)."""
        if random.random() < ACTIVE_SHARE and self.active[stem]:
            excerpt, second = self.active[stem][random.integers(len(self.active[stem]))]
            start = second * SAMPLE_RATE - random.integers(samples // 2)
        else:
            excerpt = random.integers(len(self.audio))
            start = random.integers(self.audio[excerpt].shape[1])
        return excerpt, int(np.clip(start, 0, self.audio[excerpt].shape[1] - samples))

    @staticmethod
    def _varied(cut: np.ndarray, remix: bool, random: np.random.Generator) -> np.ndarray:
        """[2, samples] -> the same at another level and balance."""
        gain_db = random.uniform(-SONG_GAIN_DB, SONG_GAIN_DB)
        if remix:
            level_db = 10 * np.log10(np.mean(cut**2) + 1e-12)
            # A silent stem stays silent.
            gain_db = min(30.0, random.uniform(*REMIX_LEVEL_DB) - level_db)
        balance_db = random.uniform(-BALANCE_DB, BALANCE_DB)
        sides = np.array([[decibels(gain_db + balance_db)], [decibels(gain_db - balance_db)]], np.float32)
        cut = cut * sides
        return cut[::-1] if random.random() < 0.5 else cut


def tone_curves(random: np.random.Generator) -> np.ndarray:
    """-> [2, BINS]: gains of two smooth random equalisers, so that the network does not learn the
    sound of the few banks by heart."""
    curves_db = TONE_DB * random.standard_normal((2, len(TONE_WAVES))) @ TONE_WAVES
    return (10 ** (curves_db / 20)).astype(np.float32)


def decibels(value: float) -> np.float32:
    return np.float32(10 ** (value / 20))


def magnitude_and_mask(stem: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two spectra [channels, T, BINS] -> the mix's magnitude and the wanted mask, [T, BINS] each.

    Of all real masks the one with the least squared error over the channels is
    sum_c Re(S_c X_c*) / sum_c |X_c|^2; the masks of all stems sum to one."""
    mix = stem + rest
    power = (mix.real**2 + mix.imag**2).mean(0)
    shared = (stem.real * mix.real + stem.imag * mix.imag).mean(0)
    return np.sqrt(power), np.clip(shared / np.maximum(power, 1e-16), 0, 1)
