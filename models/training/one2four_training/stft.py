"""The short-time Fourier transform of the plugin.

Window: periodic Hann of `fft` samples for analysis and for synthesis; hop a quarter of it. Four windows
overlap, and their squares sum to 1.5 everywhere.

Frame j covers samples [j*hop - (fft - hop), j*hop + hop): its last hop samples are the newest
ones, so frame 0 is nearly all silence before the start of the stream.

Spectra are divided by sum(window) / 2, so a full-scale sine reads magnitude 1.0.
"""

import numpy as np
import scipy.fft
import torch

SAMPLE_RATE = 44_100
OVERLAP = 4
OVERLAP_GAIN = 1.5  # sum of the squared windows over any sample


class Stft:
    """A transform of one size."""

    def __init__(self, fft: int) -> None:
        self.fft, self.hop, self.bins = fft, fft // OVERLAP, fft // 2 + 1
        self.window = np.hanning(fft + 1)[:-1].astype(np.float32)
        self.scale = float(self.window.sum()) / 2

    def num_frames(self, num_samples: int) -> int:
        """Frames that together hold every one of `num_samples` samples in four windows."""
        return -(-num_samples // self.hop) + OVERLAP - 1

    def transform(self, audio: np.ndarray) -> np.ndarray:
        """[..., samples] float32 -> [..., frames, bins] complex64, whole windows only, none padded."""
        cut = torch.from_numpy(audio).unfold(-1, self.fft, self.hop)  # torch's is twice as fast as scipy's
        return torch.fft.rfft(cut * torch.from_numpy(self.window / np.float32(self.scale))).numpy()

    def analyse(self, audio: np.ndarray) -> np.ndarray:
        """[samples, channels] float -> [frames, channels, bins] complex64."""
        frames = self.num_frames(len(audio))
        before = self.fft - self.hop
        padded = np.zeros((frames * self.hop + before, audio.shape[1]), np.float32)
        padded[before : before + len(audio)] = audio
        return self.transform(padded.T).transpose(1, 0, 2)

    def synthesise(self, spectra: np.ndarray, num_samples: int) -> np.ndarray:
        """[frames, channels, bins] complex -> [num_samples, channels] float32; undoes `analyse`."""
        frames, channels, _ = spectra.shape
        windows = scipy.fft.irfft(spectra * np.float32(self.scale)).astype(np.float32) * self.window
        audio = np.zeros(((frames + OVERLAP - 1) * self.hop, channels), np.float32)
        quarters = audio.reshape(-1, self.hop, channels)
        for part in range(OVERLAP):
            piece = windows[:, :, part * self.hop : (part + 1) * self.hop]
            quarters[part : part + frames] += piece.transpose(0, 2, 1)
        before = self.fft - self.hop
        return audio[before : before + num_samples] / OVERLAP_GAIN


def model_magnitude(spectra: np.ndarray, channels: int = 1) -> np.ndarray:
    """[frames, host channels, bins] complex -> [frames, channels, bins] float32, a network's input. For
    one channel it is the root of the mean power over the host's; for two, a mono host's is fed twice."""
    magnitude = np.abs(spectra).astype(np.float32)
    if channels == 1:
        return np.sqrt(np.mean(magnitude**2, axis=1, keepdims=True))
    return np.ascontiguousarray(np.broadcast_to(magnitude, (len(magnitude), 2, magnitude.shape[2])))
