"""What a record does to an instrument, applied once to each rendered stem: tone, dynamics, drive, room,
width, hiss, and the loss of an mp3 or ogg file. Each effect comes with its own chance.

Audio in and out: [samples, 2] float32. Coding is applied per stem, so that the mix stays the sum.
"""

import io

import numpy as np
import scipy.signal
import soundfile

from .stft import SAMPLE_RATE

CHANCE = {"tone": 0.5, "compressed": 0.35, "driven": 0.2, "room": 0.4, "width": 0.5, "hiss": 0.1}
CODED_CHANCE = 0.12  # of an excerpt
BLOCK = 441  # samples of a compressor's step: 10 ms


def recorded(stem: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The stem through a random chain of effects, at the level it had."""
    level = np.sqrt(np.mean(stem**2))
    if level < 1e-6:
        return stem
    for effect in (tone, compressed, driven, room, width, hiss):
        if random.random() < CHANCE[effect.__name__]:
            stem = effect(stem, random)
    return (stem * (level / max(np.sqrt(np.mean(stem**2)), 1e-9))).astype(np.float32)


def tone(stem: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Two broad peaks or dips of up to 6 dB."""
    sections = [
        peak(np.exp(random.uniform(np.log(80), np.log(9000))), random.uniform(-6, 6)) for _ in range(2)
    ]
    return scipy.signal.sosfilt(np.array(sections, np.float32), stem, axis=0)


def peak(hertz: float, gain_db: float, quality: float = 0.7) -> list[float]:
    """A peaking equaliser as one second-order section (Bristow-Johnson's cookbook)."""
    root, angle = 10 ** (gain_db / 40), 2 * np.pi * hertz / SAMPLE_RATE
    slope, cosine = np.sin(angle) / (2 * quality), np.cos(angle)
    top = [1 + slope * root, -2 * cosine, 1 - slope * root]
    bottom = [1 + slope / root, -2 * cosine, 1 - slope / root]
    return [value / bottom[0] for value in top + bottom]


def compressed(stem: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Levels above a threshold rise by 1/2 to 1/5 of what they did."""
    blocks = -(-len(stem) // BLOCK)
    padded = np.zeros((blocks * BLOCK, 2), np.float32)
    padded[: len(stem)] = stem
    level_db = 10 * np.log10((padded.reshape(blocks, -1) ** 2).mean(1) + 1e-9)
    released, _ = scipy.signal.lfilter([0.1], [1, -0.9], level_db, zi=[0.9 * level_db[0]])  # in 100 ms
    loudness = np.maximum(level_db, released)
    threshold_db = np.percentile(loudness, 90) - random.uniform(6, 18)
    gain_db = -np.maximum(0, loudness - threshold_db) * (1 - 1 / random.uniform(2, 5))
    gain = np.interp(np.arange(len(stem)), np.arange(blocks) * BLOCK, 10 ** (gain_db / 20))
    return stem * gain[:, None].astype(np.float32)


def driven(stem: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A tape-like saturation."""
    drive = random.uniform(1, 4) / max(np.abs(stem).max(), 1e-6)
    return np.tanh(drive * stem)


def room(stem: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Decaying noise as a room: 0.15 to 1 s to -60 dB, 8 to 20 dB below the dry sound."""
    seconds = random.uniform(0.15, 1.0)
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    response = random.standard_normal((len(time), 2), np.float32) * (10 ** (-3 * time / seconds))[:, None]
    response = scipy.signal.lfilter([0.5], [1, -0.5], response, axis=0)
    response /= np.sqrt((response**2).sum(0))
    wet = scipy.signal.oaconvolve(stem, response.astype(np.float32), axes=0)[: len(stem)]
    return stem + wet * np.float32(10 ** (random.uniform(-20, -8) / 20))


def width(stem: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The side signal at 0 to 1.6 of its level, and the whole up to 4 dB to one side."""
    mid, side = stem.mean(1), (stem[:, 0] - stem[:, 1]) / 2 * np.float32(random.uniform(0, 1.6))
    lean = np.float32(10 ** (random.uniform(-4, 4) / 40))
    return np.stack([(mid + side) * lean, (mid - side) / lean], axis=1)


def hiss(stem: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """White noise 35 to 55 dB below the stem."""
    level = np.sqrt(np.mean(stem**2)) * 10 ** (random.uniform(-55, -35) / 20)
    return stem + random.standard_normal(stem.shape, np.float32) * np.float32(level)


def coded(stem: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Through an mp3 or ogg file and back; the same samples in number."""
    kind, subtype = (("MP3", "MPEG_LAYER_III"), ("OGG", "VORBIS"))[random.integers(2)]
    file = io.BytesIO()
    soundfile.write(file, stem, SAMPLE_RATE, format=kind, subtype=subtype)
    file.seek(0)
    back, _ = soundfile.read(file, dtype="float32", always_2d=True)
    kept = np.zeros_like(stem)
    kept[: len(back)] = back[: len(stem)]
    return kept
