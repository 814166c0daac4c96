"""Sounds that have no chord: hiss, clicks, drums alone, notes at random, speech, a drone, silence. From them
the plan's network learns to say so, and the band plays no more than a pulse to them."""

import numpy as np
import scipy.signal

from .. import midi
from ..stft import SAMPLE_RATE
from .score import NOTE

KINDS = ("hiss", "clicks", "drums", "random notes", "speech", "drone", "silence")
BEATS = 96
FORMANTS_HZ = ((250, 900), (800, 2500), (2200, 3200))
DRONE_INTERVALS = (0, 7, 12, 19, 24)  # semitones: nothing that would make it minor or major


def entries(count: int, split: str) -> list[dict]:
    """So many of each kind, as the index of songs has them."""
    return [
        {
            "name": f"nothing-{split}-{kind.replace(' ', '-')}-{number}", "nothing": kind, "split": split,
            "style": None, "beats_per_bar": 4, "unit": 1, "key": 0, "fills": [False] * (BEATS // 4),
        }
        for number in range(count) for kind in KINDS
    ]  # fmt: skip


def sound(kind: str, seconds: float, random: np.random.Generator) -> np.ndarray:
    """[samples, 2] float32 of a kind that has no notes."""
    samples = round(seconds * SAMPLE_RATE)
    if kind == "silence":
        return np.zeros((samples, 2), np.float32)
    mono = {"hiss": hiss, "clicks": clicks, "speech": speech, "drone": drone}[kind](samples, random)
    mono *= 10 ** (random.uniform(-45, -10) / 20) / max(np.abs(mono).max(), 1e-9)
    return np.repeat(mono[:, None], 2, axis=1).astype(np.float32)


def hiss(samples: int, random: np.random.Generator) -> np.ndarray:
    low, high = sorted(np.exp(random.uniform(np.log(100), np.log(15_000), 2)))
    band = scipy.signal.butter(1, (low, 1.5 * high), "bandpass", fs=SAMPLE_RATE, output="sos")
    return scipy.signal.sosfilt(band, random.standard_normal(samples))


def clicks(samples: int, random: np.random.Generator) -> np.ndarray:
    gaps = random.choice((0.125, 0.25, 0.3, 0.5)) * random.integers(1, 4, samples // 4000 + 2)
    since = np.arange(samples) / SAMPLE_RATE
    starts = np.cumsum(gaps)
    since -= np.concatenate([[0.0], starts])[np.searchsorted(starts, since, side="right")]
    return hiss(samples, random) * np.exp(-since / random.uniform(0.02, 0.15))


def speech(samples: int, random: np.random.Generator) -> np.ndarray:
    """Syllables: pulses of a voice that glides, or breath, through formants that move; and pauses."""
    now = np.arange(samples) / SAMPLE_RATE
    lengths = random.uniform(0.5, 1.5, samples // 2000 + 2) / random.uniform(2, 6)
    middles = np.cumsum(lengths) - lengths / 2

    def contour(values: np.ndarray) -> np.ndarray:
        return np.interp(now, middles, values)

    syllables = len(lengths)
    loudness = random.uniform(0.3, 1, syllables) * (random.random(syllables) < 0.8)
    nearest = np.searchsorted(np.cumsum(lengths), now, side="right")
    opening = np.sin(np.pi * (0.5 + (now - middles[nearest]) / lengths[nearest])).clip(0)
    melody = random.uniform(80, 280) * np.exp2(random.normal(0, 0.2, syllables))
    pitch = contour(melody)
    since = np.cumsum(pitch) / SAMPLE_RATE % 1 / pitch
    voice = np.zeros(samples)
    for low, high in FORMANTS_HZ:
        formant = contour(random.uniform(low, high, syllables))
        ring = np.exp(-random.uniform(150, 500) * since) * np.sin(2 * np.pi * formant * since)
        voice += random.uniform(0.2, 1) * ring
    is_breath = (random.random(syllables) < 0.2)[nearest]
    return loudness[nearest] * opening * np.where(is_breath, 0.2 * random.standard_normal(samples), voice)


def drone(samples: int, random: np.random.Generator) -> np.ndarray:
    """One to three of DRONE_INTERVALS over a low tone, with few or many partials, held all the time."""
    now = np.arange(samples) / SAMPLE_RATE
    root_hz = 440 * 2 ** ((random.uniform(28, 60) - 69) / 12)
    held = np.zeros(samples)
    for interval in random.choice(DRONE_INTERVALS, random.integers(1, 4), replace=False):
        hz = root_hz * 2 ** ((interval + random.normal(0, 0.03)) / 12)
        decay = random.uniform(0.7, 3)
        for partial in range(1, random.integers(2, 12)):
            swell = 1 + 0.5 * np.sin(2 * np.pi * (random.uniform(0.02, 0.5) * now + random.random()))
            held += swell * np.sin(2 * np.pi * (partial * hz * now + random.random())) / partial**decay
    return held


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
