"""What is heard of the solo in each cell, the same numbers as the plugin's (models/README.md).

Frames are those of kind `mask`: frame j covers the samples [(j - 3) * hop, (j + 1) * hop) and is centred
on (j - 1) * hop. A full-scale sine reads 1.0.
"""

import numpy as np

from ..stft import SAMPLE_RATE, Stft, model_magnitude
from . import grid

STFT = Stft(4096)
BAND_EDGES_HZ = (40, 100, 200, 400, 800, 1600, 3200, 6400, 16_000)
BANDS = len(BAND_EDGES_HZ) - 1
BAND_FLOOR = 1e-7
LEVEL_FLOOR = 1e-10
FLUX_FRAMES = 2
PEAK_HZ = (55.0, 250.0, 1200.0)  # low chroma below the second, full chroma all
PEAK_BELOW_LOUDEST = 10 ** (-40 / 20)
PEAK_LOWEST = 1e-5
PEAK_POWER, PEAK_SLOPE_HZ = 0.7, 300.0  # of a peak's magnitude; above, overtones count less and less
CHROMA_FLOOR = 0.002  # a frame
LEVEL, FLUX, LOW, FULL = slice(0, 10), slice(10, 18), slice(18, 30), slice(30, 42)
FEATURES = 42


def frame_features(magnitude: np.ndarray, rate: float = SAMPLE_RATE) -> dict[str, np.ndarray]:
    """[frames, bins] -> per frame `level` and `bands` [8] in dB, `flux` [8], `low` and `full` chroma [12].
    With another `rate` the same sound is heard out of tune."""
    hertz = np.arange(magnitude.shape[1]) * rate / STFT.fft
    power = magnitude.astype(np.float64) ** 2
    edges = np.searchsorted(hertz, BAND_EDGES_HZ)
    bands = np.add.reduceat(power, edges, axis=1)[:, :BANDS]
    level = 10 * np.log10(bands.sum(1) + LEVEL_FLOOR)
    bands = 10 * np.log10(bands + BAND_FLOOR)
    before = np.full_like(bands, 10 * np.log10(BAND_FLOOR))
    before[FLUX_FRAMES:] = bands[:-FLUX_FRAMES]
    flux = np.minimum(np.maximum(bands - before, 0) / 20, 2)
    low, full = chroma(magnitude, rate)
    return {"level": level, "bands": bands, "flux": flux, "low": low, "full": full}


def chroma(magnitude: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """[frames, bins] -> low and full chroma [frames, 12]: spectral peaks, each weighted by how loud, how low
    and how well in tune it is, at the nearest pitch class."""
    last = int(PEAK_HZ[2] * STFT.fft / rate) + 2
    m = magnitude[:, :last].astype(np.float64)
    left, middle, right = m[:, :-2], m[:, 1:-1], m[:, 2:]
    loud = np.maximum(PEAK_LOWEST, PEAK_BELOW_LOUDEST * magnitude.max(1))
    frames, bins = np.nonzero((middle > left) & (middle >= right) & (middle > loud[:, None]))
    a, b, c = (np.log(part[frames, bins] + 1e-12) for part in (left, middle, right))
    hertz = (bins + 1 + 0.5 * (a - c) / (a - 2 * b + c)) * rate / STFT.fft
    within = (hertz >= PEAK_HZ[0]) & (hertz <= PEAK_HZ[2])
    frames, bins, hertz = frames[within], bins[within], hertz[within]
    value = middle[frames, bins] ** PEAK_POWER / np.maximum(1, hertz / PEAK_SLOPE_HZ)
    pitch = 69 + 12 * np.log2(hertz / 440)
    nearest = np.round(pitch)
    value = value * np.cos(np.pi * (pitch - nearest))
    low, full = np.zeros((len(m), 12)), np.zeros((len(m), 12))
    np.add.at(full, (frames, nearest.astype(int) % 12), value)
    deep = hertz < PEAK_HZ[1]
    np.add.at(low, (frames[deep], nearest[deep].astype(int) % 12), value[deep])
    return low, full


def cells(frames: dict[str, np.ndarray], cell: np.ndarray, count: int) -> np.ndarray:
    """Features of frames, and the cell each frame lies in -> [count, FEATURES] float32. A cell without a
    frame is like the one before it, before the first like silence."""
    found = np.tile(silence(), (count, 1))
    order = np.arange(len(cell))[(cell >= 0) & (cell < count)]
    starts = np.flatnonzero(np.diff(cell[order], prepend=-1))
    for begin, end in zip(starts, [*starts[1:], len(order)], strict=True):
        own = order[begin:end]
        found[cell[own[0]]] = pooled({name: values[own] for name, values in frames.items()})
    filled = np.zeros(count, bool)
    filled[cell[order]] = True
    for index in np.flatnonzero(~filled[1:]) + 1:
        found[index] = found[index - 1]
    return found


def pooled(frames: dict[str, np.ndarray]) -> np.ndarray:
    """The frames of one cell -> [FEATURES]."""
    level, bands = frames["level"], frames["bands"].mean(0)
    tilt = np.clip((bands - level.mean()) / 20, -3, 0.5)
    low, full = (
        frames[name].sum(0) / (frames[name].sum() + CHROMA_FLOOR * len(level)) for name in ("low", "full")
    )
    level = np.clip((np.array([level.mean(), level.max()]) + 60) / 30, -1.5, 2)
    return np.concatenate([level, tilt, frames["flux"].max(0), low, full]).astype(np.float32)


def silence() -> np.ndarray:
    """[FEATURES] of a cell in which there is nothing."""
    frames = frame_features(np.zeros((1, STFT.bins), np.float32))
    return pooled(frames)


def heard(audio: np.ndarray, beats_per_second: float, count: int, cents: float = 0.0, gain_db: float = 0.0):
    """[samples, channels] float32 that starts on a beat -> [count cells, FEATURES]."""
    magnitude = model_magnitude(STFT.analyse(audio))[:, 0] * np.float32(10 ** (gain_db / 20))
    frames = frame_features(magnitude, SAMPLE_RATE * 2 ** (cents / 1200))
    seconds = frame_seconds(len(magnitude))
    return cells(frames, grid.cell_of(seconds * beats_per_second), count)


def frame_seconds(frames: int) -> np.ndarray:
    """When each frame is said to be: at the middle of the two frames whose difference its flux is. That finds
    onsets in their own cells; half a frame earlier or later did worse."""
    return (np.arange(frames) - FLUX_FRAMES) * STFT.hop / SAMPLE_RATE
