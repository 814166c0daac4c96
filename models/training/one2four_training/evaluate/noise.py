"""The noise in a stem: what is left where the stem is silent, and a spectral denoiser to compare with."""

import numpy as np
import scipy.ndimage
import scipy.signal

from ..stft import SAMPLE_RATE
from .scores import TINY, powers, ratio_db

BLOCK = SAMPLE_RATE // 10
SILENT_DB, PLAYING_DB = -70, -50  # of a block's level: the reference's, the mix's
MARGIN_BLOCKS = 2  # beside a sound, that do not count as silent
MIN_BLOCKS = 10  # a second of silence, or the clip does not count
WINDOW = 2048
QUIET_SHARE = 0.1  # of the frames, taken for the noise alone
OVERSUBTRACTION = 2.0
SMOOTHED = (5, 2)  # bins, frames


def block_levels_db(audio: np.ndarray) -> np.ndarray:
    """[samples, channels] -> the level of each block."""
    return 10 * np.log10(powers(audio, BLOCK) + TINY)


def silent_blocks(reference: np.ndarray, mix: np.ndarray) -> np.ndarray:
    """Which blocks have the mix playing and the stem silent, with a margin on both sides."""
    sounding = block_levels_db(reference) > SILENT_DB
    near = scipy.ndimage.binary_dilation(sounding, iterations=MARGIN_BLOCKS)
    return ~near & (block_levels_db(mix) > PLAYING_DB)


def residual_db(estimate: np.ndarray, reference: np.ndarray, mix: np.ndarray) -> float | None:
    """The estimate's energy over the mix's where the reference is silent; None where it never is for
    a second in all."""
    silent = silent_blocks(reference, mix)
    if silent.sum() < MIN_BLOCKS:
        return None
    found, everything = (powers(audio, BLOCK)[silent].sum() for audio in (estimate, mix))
    return ratio_db(found, everything)


def denoised(stem: np.ndarray) -> np.ndarray:
    """[samples, channels] -> the same after spectral gating: the quietest frames give each bin's noise,
    a Wiener gain takes it off everywhere."""
    spectra = scipy.signal.stft(stem.T.astype(np.float32), SAMPLE_RATE, nperseg=WINDOW)[2]
    power = np.mean(np.abs(spectra) ** 2, axis=0)  # [bins, frames]
    loudness = power.sum(0)
    sounding = np.flatnonzero(loudness > TINY)
    if len(sounding) == 0:
        return stem
    quiet = sounding[np.argsort(loudness[sounding])][: max(1, round(QUIET_SHARE * len(sounding)))]
    noise = power[:, quiet].mean(axis=1, keepdims=True)
    gain = np.clip(1 - OVERSUBTRACTION * noise / np.maximum(power, TINY), 0, 1)
    gain = scipy.ndimage.uniform_filter(gain, SMOOTHED)
    audio = scipy.signal.istft(spectra * gain, SAMPLE_RATE, nperseg=WINDOW)[1]
    return np.ascontiguousarray(audio.T[: len(stem)], np.float32)
