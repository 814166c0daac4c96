"""The notes in a stem: which of the song's onsets a picker finds in it.

The picker is a SuperFlux (Böck and Widmer, DAFx 2013): the rises of the log magnitude in bands of a
twenty-fourth of an octave, summed, against the loudest of the neighbouring bands two frames ago.
"""

import functools

import numpy as np
import scipy.fft
import scipy.ndimage

from ..stft import SAMPLE_RATE

HOP, WINDOW = 441, 2048  # 10 ms, 46 ms
LOWEST_HZ, HIGHEST_HZ, BANDS_PER_OCTAVE = 30.0, 17_000.0, 24
COMPRESSION = 1000.0  # log10(1 + COMPRESSION * magnitude), loud frames having a magnitude of 1
LAG_FRAMES = 2
PEAK_FRAMES, MEAN_FRAMES = 7, 21  # a pick is the largest of the one, and stands above the mean of the other
ABOVE_MEAN = 0.03  # at which white noise has next to no onsets
TOLERANCE_S = 0.05
CHORD_S = 0.03  # notes that start within it of each other are one onset


@functools.cache
def filters() -> np.ndarray:
    """[WINDOW / 2 + 1, bands]: triangles, each a bin wide at least, that sum to one."""
    octaves = np.log2(HIGHEST_HZ / LOWEST_HZ)
    hertz = LOWEST_HZ * 2 ** (np.arange(octaves * BANDS_PER_OCTAVE) / BANDS_PER_OCTAVE)
    peaks = np.unique(np.round(hertz * WINDOW / SAMPLE_RATE))
    bins = np.arange(WINDOW // 2 + 1)[:, None]
    low, peak, high = peaks[:-2], peaks[1:-1], peaks[2:]
    rising, falling = (bins - low) / (peak - low), (high - bins) / (high - peak)
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    return (triangles / triangles.sum(0)).astype(np.float32)


def flux(audio: np.ndarray) -> np.ndarray:
    """[samples, channels] -> [frames], frame j centred on sample j*HOP. The gain does not matter."""
    mono = np.pad(audio.mean(1), (WINDOW // 2, WINDOW // 2))
    cut = np.lib.stride_tricks.sliding_window_view(mono, WINDOW)[::HOP]
    magnitude = np.abs(scipy.fft.rfft(cut * np.hanning(WINDOW).astype(np.float32))) @ filters()
    loud = np.percentile(magnitude.max(1), 95)
    level = np.log10(1 + COMPRESSION * magnitude / max(loud, 1e-9))
    before = scipy.ndimage.maximum_filter1d(level, 3, axis=1)
    rise = np.zeros_like(level)
    rise[LAG_FRAMES:] = np.maximum(0, level[LAG_FRAMES:] - before[:-LAG_FRAMES])
    return rise.mean(1)


def picked(audio: np.ndarray) -> np.ndarray:
    """[samples, channels] -> the onsets, in seconds."""
    strength = flux(audio)
    is_peak = strength == scipy.ndimage.maximum_filter1d(strength, PEAK_FRAMES)
    is_strong = strength >= scipy.ndimage.uniform_filter1d(strength, MEAN_FRAMES) + ABOVE_MEAN
    return np.flatnonzero(is_peak & is_strong) * HOP / SAMPLE_RATE


def distinct(starts: list[float]) -> np.ndarray:
    """The starts of notes -> onsets, the notes of a chord being one."""
    kept = []
    for when in sorted(starts):
        if not kept or when - kept[-1] > CHORD_S:
            kept.append(when)
    return np.array(kept)


def recall_and_precision(found: np.ndarray, wanted: np.ndarray) -> tuple[float, float | None]:
    """The share of the wanted onsets that were found, and the share of those found that are wanted,
    within TOLERANCE_S; no precision where none was found."""
    if len(found) == 0:
        return 0.0, None
    is_near = np.abs(found[:, None] - wanted) <= TOLERANCE_S
    return float(is_near.any(0).mean()), float(is_near.any(1).mean())
