"""How near an estimate comes to its stem: SI-SDR and SDR, in dB."""

import numpy as np

from ..stft import SAMPLE_RATE

TINY = 1e-20
LOWEST_DB = -100.0
SILENT_DB = -50  # a clip whose stem is below does not count for that stem, nor does such a second


def energy(audio: np.ndarray) -> float:
    audio = audio.ravel().astype(np.float64)
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
    estimate = (estimate - estimate.mean(0)).astype(np.float64).ravel()
    reference = (reference - reference.mean(0)).astype(np.float64).ravel()
    wanted = reference * (estimate @ reference / (reference @ reference + TINY))
    return ratio_db(energy(wanted), energy(estimate - wanted))


def sdr_db(estimate: np.ndarray, reference: np.ndarray) -> float:
    """What museval calls SDR (BSS Eval v4, images): the energy of the reference over that of the error,
    the median over windows of a second. The windows that count are those in which this stem sounds."""
    windows = [
        ratio_db(energy(wanted), energy(found - wanted))
        for found, wanted in zip(seconds(estimate), seconds(reference), strict=True)
        if level_db(wanted) > SILENT_DB
    ]
    return float(np.median(windows)) if windows else float("nan")


def seconds(audio: np.ndarray) -> np.ndarray:
    """[samples, channels] -> [whole seconds, SAMPLE_RATE, channels]."""
    whole = len(audio) // SAMPLE_RATE
    return audio[: whole * SAMPLE_RATE].reshape(whole, SAMPLE_RATE, -1)
