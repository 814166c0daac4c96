"""The short-time Fourier transform of the plugin.

Window: periodic Hann of 2048 samples for analysis and for synthesis; hop 512. Four windows
overlap, and their squares sum to 1.5 everywhere.

Frame j covers samples [j*HOP - (FFT - HOP), j*HOP + HOP): its last HOP samples are the newest
ones, so frame 0 is nearly all silence before the start of the stream.

Spectra are divided by sum(window) / 2, so a full-scale sine reads magnitude 1.0.
"""

import numpy as np
import scipy.fft

SAMPLE_RATE = 44_100
FFT = 2048
HOP = 512
BINS = FFT // 2 + 1
WINDOW = np.hanning(FFT + 1)[:-1].astype(np.float32)
SCALE = float(WINDOW.sum()) / 2
OVERLAP_GAIN = 1.5  # sum of the squared windows over any sample


def num_frames(num_samples: int) -> int:
    """Frames that together hold every one of `num_samples` samples in four windows."""
    return -(-num_samples // HOP) + FFT // HOP - 1


def transform(audio: np.ndarray) -> np.ndarray:
    """[..., samples] float32 -> [..., frames, BINS] complex64, whole windows only, none padded."""
    cut = np.lib.stride_tricks.sliding_window_view(audio, FFT, axis=-1)[..., ::HOP, :]
    return scipy.fft.rfft(cut * (WINDOW / np.float32(SCALE)))


def analyse(audio: np.ndarray) -> np.ndarray:
    """[samples, channels] float -> [frames, channels, BINS] complex64."""
    frames = num_frames(len(audio))
    padded = np.zeros((frames * HOP + FFT - HOP, audio.shape[1]), np.float32)
    padded[FFT - HOP : FFT - HOP + len(audio)] = audio
    return transform(padded.T).transpose(1, 0, 2)


def synthesise(spectra: np.ndarray, num_samples: int) -> np.ndarray:
    """[frames, channels, BINS] complex -> [num_samples, channels] float32; undoes `analyse`."""
    frames, channels, _ = spectra.shape
    windows = np.fft.irfft(spectra * SCALE, axis=-1).astype(np.float32) * WINDOW
    audio = np.zeros((frames * HOP + FFT - HOP, channels), np.float32)
    quarters = audio.reshape(-1, HOP, channels)
    for part in range(FFT // HOP):
        piece = windows[:, :, part * HOP : (part + 1) * HOP]
        quarters[part : part + frames] += piece.transpose(0, 2, 1)
    return audio[FFT - HOP : FFT - HOP + num_samples] / OVERLAP_GAIN


def model_magnitude(spectra: np.ndarray) -> np.ndarray:
    """[frames, channels, BINS] complex -> [frames, 1, BINS] float32, the network's input:
    the root of the mean power over the channels."""
    power = np.mean(np.abs(spectra) ** 2, axis=1, keepdims=True)
    return np.sqrt(power).astype(np.float32)
