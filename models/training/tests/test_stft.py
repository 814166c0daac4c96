import numpy as np
import pytest

from one2four_training.stft import Stft


@pytest.mark.parametrize("fft", [2048, 4096])
def test_synthesis_undoes_analysis(fft):
    stft = Stft(fft)
    audio = np.random.default_rng(0).standard_normal((10_000, 2)).astype(np.float32)
    spectra = stft.analyse(audio)
    assert spectra.shape == (stft.num_frames(10_000), 2, stft.bins)
    assert np.abs(stft.synthesise(spectra, len(audio)) - audio).max() < 1e-5


def test_full_scale_sine_reads_one():
    bin_idx = 40
    stft = Stft(2048)
    sine = np.sin(2 * np.pi * bin_idx * np.arange(8192) / stft.fft)[:, None]
    middle = np.abs(stft.analyse(sine))[8, 0]
    assert abs(middle[bin_idx] - 1) < 1e-4


def test_frame_ends_one_hop_after_its_start():
    """Frame j covers [j*hop - (fft - hop), j*hop + hop)."""
    stft = Stft(2048)
    audio = np.zeros((8192, 1), np.float32)
    audio[5 * stft.hop] = 1
    loud = np.flatnonzero(np.abs(stft.analyse(audio)).sum((1, 2)) > 0)
    # The window's first sample is zero, so the last of the four frames does not show.
    assert loud.tolist() == [5, 6, 7]
