"""Sounds that have no chord: hiss, clicks, drums alone, notes at random, silence. From them the plan's
network learns to say so, and the band plays no more than a pulse to them."""

import numpy as np
import scipy.signal

from .. import midi
from ..stft import SAMPLE_RATE
from .score import NOTE

KINDS = ("hiss", "clicks", "drums", "random notes", "silence")
BEATS = 96


def entries(count: int, split: str) -> list[dict]:
    """As the index of songs has them."""
    return [
        {
            "name": f"nothing-{split}-{number}", "split": split, "style": None, "beats_per_bar": 4, "unit": 1,
            "key": 0, "fills": [False] * (BEATS // 4), "nothing": KINDS[number % len(KINDS)],
        }
        for number in range(count)
    ]  # fmt: skip


def noise(kind: str, seconds: float, random: np.random.Generator) -> np.ndarray:
    """[samples, 2] float32 of hiss, of clicks, or of nothing at all."""
    samples = round(seconds * SAMPLE_RATE)
    if kind == "silence":
        return np.zeros((samples, 2), np.float32)
    mono = random.standard_normal(samples)
    low, high = sorted(np.exp(random.uniform(np.log(100), np.log(15_000), 2)))
    band = scipy.signal.butter(1, (low, 1.5 * high), "bandpass", fs=SAMPLE_RATE, output="sos")
    mono = scipy.signal.sosfilt(band, mono)
    if kind == "clicks":
        gaps = random.choice((0.125, 0.25, 0.3, 0.5)) * random.integers(1, 4, samples // 4000 + 2)
        since = np.arange(samples) / SAMPLE_RATE
        starts = np.cumsum(gaps)
        since -= np.concatenate([[0.0], starts])[np.searchsorted(starts, since, side="right")]
        mono *= np.exp(-since / random.uniform(0.02, 0.15))
    mono *= 10 ** (random.uniform(-45, -10) / 20) / max(np.abs(mono).max(), 1e-9)
    return np.repeat(mono[:, None], 2, axis=1).astype(np.float32)


def random_notes(random: np.random.Generator) -> np.ndarray:
    """Notes of NOTE at any pitch and time."""
    starts = np.sort(random.uniform(0, BEATS, random.integers(BEATS, 4 * BEATS)))
    notes = [
        (start, start + random.uniform(0.2, 2), random.integers(40, 84), random.integers(40, 110), 2, 0, 0)
        for start in starts
    ]
    return np.array(notes, NOTE)


def drum_notes(random: np.random.Generator) -> np.ndarray:
    """A pulse with variations on the drums, as notes of NOTE for the drum channel."""
    steps = np.arange(0, BEATS, random.choice((0.5, 0.25, 1 / 3)))
    pattern = random.choice((35, 36, 38, 40, 42, 46, 51, 45), 16)
    played = random.random(16) < 0.8
    notes = [
        (step, step + 0.1, pattern[i % 16], random.integers(50, 115), 0, 0, midi.DRUM_CHANNEL)
        for i, step in enumerate(steps)
        if played[i % 16]
    ]
    return np.array(notes, NOTE)
