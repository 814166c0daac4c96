"""How near an estimate comes to its stem: SI-SDR and SDR, in dB."""

import numpy as np

from ..stft import SAMPLE_RATE

TINY = 1e-20
LOWEST_DB = -100.0
SILENT_DB = -50  # a clip whose stem is below does not count for that stem, nor does such a second


def energy(audio: np.ndarray) -> float:
    audio = audio.ravel()
    return float(audio @ audio)


def ratio_db(wanted: float, unwanted: float) -> float:
    return max(LOWEST_DB, float(10 * np.log10((wanted + TINY) / (unwanted + TINY))))


def level_db(audio: np.ndarray) -> float:
    """RMS level below full scale."""
    return ratio_db(energy(audio) / audio.size, 1.0)


def si_sdr_db(estimate: np.ndarray, reference: np.ndarray) -> float:
    """Scale-invariant signal-to-distortion ratio of two [samples, channels], all channels at once.
    An estimate of silence has none: it reads LOWEST_DB."""
    if not estimate.any():
        return LOWEST_DB
    estimate, reference = centred(estimate).ravel(), centred(reference).ravel()
    wanted = reference * (estimate @ reference / (reference @ reference + TINY))
    return ratio_db(energy(wanted), energy(estimate - wanted))


def centred(audio: np.ndarray) -> np.ndarray:
    """Without the mean of each channel; a matrix product takes a tenth of numpy's mean."""
    return audio - np.full(len(audio), 1 / len(audio), audio.dtype) @ audio


def sdr_db(estimate: np.ndarray, reference: np.ndarray) -> float | None:
    """What museval calls SDR (BSS Eval v4, images): the energy of the reference over that of the error,
    the median over windows of a second. The windows that count are those in which this stem sounds."""
    wanted, error = (powers(audio, SAMPLE_RATE) for audio in (reference, estimate - reference))
    sounding = wanted > 10 ** (SILENT_DB / 10)
    if not sounding.any():
        return None
    return float(np.median(10 * np.log10(wanted[sounding] / (error[sounding] + TINY))))


def powers(audio: np.ndarray, window: int) -> np.ndarray:
    """[samples, channels] -> the mean square of each whole window."""
    whole = len(audio) // window
    cut = audio[: whole * window].reshape(whole, -1)
    return np.mean(cut * cut, axis=1)
