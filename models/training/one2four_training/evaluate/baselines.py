"""What needs no training: median filters, a low-pass, and the mask that knows the stems."""

import numpy as np
import scipy.ndimage
import scipy.signal

from ..stft import SAMPLE_RATE, Stft, model_magnitude
from .packs import masked, shares

STFT = Stft(2048)
FILTER_FRAMES, FILTER_BINS = 17, 17
LOW_PASS_HZ = 200


def filtered(mix: np.ndarray) -> np.ndarray:
    """[samples, 2] -> [4, samples, 2]: the percussive part for the drums, the low end for the bass, the
    harmonic part for piano and other."""
    spectra = STFT.analyse(mix)
    percussive = percussive_mask(model_magnitude(spectra)[:, 0])[:, None]
    drums, tones = (STFT.synthesise(spectra * mask, len(mix)) for mask in (percussive, 1 - percussive))
    return np.stack([drums, low_pass(mix), tones, tones])


def percussive_mask(magnitude: np.ndarray) -> np.ndarray:
    """[frames, bins] -> the same shape, 0 to 1: median-filter separation (Fitzgerald, DAFx 2010)."""
    tones = scipy.ndimage.median_filter(magnitude, (FILTER_FRAMES, 1)) ** 2
    clicks = scipy.ndimage.median_filter(magnitude, (1, FILTER_BINS)) ** 2
    return clicks / np.maximum(tones + clicks, 1e-20)


def low_pass(mix: np.ndarray) -> np.ndarray:
    sections = scipy.signal.butter(4, LOW_PASS_HZ, fs=SAMPLE_RATE, output="sos")
    return scipy.signal.sosfiltfilt(sections, mix, axis=0).astype(np.float32)


def ideal(stems: np.ndarray) -> np.ndarray:
    """[4, samples, 2] -> the same: the mix, masked by each stem's share of the magnitudes."""
    mix = stems.sum(0)
    masks = np.stack([model_magnitude(STFT.analyse(stem)) for stem in stems], axis=1)
    return masked(STFT, STFT.analyse(mix), shares(masks), mix)
