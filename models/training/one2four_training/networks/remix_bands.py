"""What `remix` sees and is judged by: the spectra of a batch, summed over the bins of each band.

A mask m on the mix's spectrum X misses the stem S by sum |mX - S|^2 = sum m^2 |X|^2 - 2 m Re(S X*) + |S|^2.
Where a band's bins share one mask the sums over them can be taken first: so the powers |X|^2 and the
products Re(S X*) per band are all that training needs to keep, and the loss is exact.
"""

from dataclasses import dataclass

import numba
import numpy as np
import torch

from .. import STEMS
from ..stft import Stft

STFT = Stft(4096)
SINGLE, GROUPS, GROUP = 512, 244, 4  # bands: single bins up to 5.5 kHz, then fours up to 16 kHz
BANDS = SINGLE + GROUPS
USED_BINS = SINGLE + GROUPS * GROUP
FLOOR = 1e-10  # of power: -100 dB
TIME_ROWS = 1  # rows of a batch whose spectra are kept, for the loss in the time domain
FAST = {"reassoc", "contract", "arcp", "nsz"}  # sums in any order; what is not a number stays it
TONE_DB = 1.5  # standard deviation of each wave in a tone curve
TONE_WAVES = 5


@dataclass
class Spectral:
    """A batch of stems in bands. N committed frames, then the look-ahead."""

    power: torch.Tensor
    """[T, B, channels, BANDS]: the sum of |X|^2 over a band's bins."""
    product: torch.Tensor
    """[N, B, S, channels, BANDS]: the sum of Re(S X*)."""
    energies: torch.Tensor
    """[2, B, S + 1]: the sum of |S|^2 over the committed frames, of each stem and then of the mix; and
    that of |S|^2 / |X|, which weighs loud bands less."""
    spectra: torch.Tensor
    """[TIME_ROWS, S, channels, N, USED_BINS] complex, of the first rows."""


def spectral_of(stems: torch.Tensor, committed: int, vary: bool = False) -> Spectral:
    """[B, S, 2, samples] -> its spectral side. Two channels that are alike become one. With `vary` each
    stem passes through a smooth random equaliser, so that the network does not learn the sound of the
    few banks by heart."""
    channels = 1 if torch.equal(stems[:, :, 0], stems[:, :, 1]) else 2
    audio = stems[:, :, :channels].numpy()
    frames = (audio.shape[-1] - STFT.fft) // STFT.hop + 1
    power = np.empty((frames, len(audio), channels, BANDS), np.float32)
    product = np.empty((committed, len(audio), len(STEMS), channels, BANDS), np.float32)
    energies = np.zeros((2, len(audio), len(STEMS) + 1), np.float32)
    kept = []
    for row, one in enumerate(audio):  # one by one: this fits the processor's cache
        spectra = STFT.transform(one)
        curves = tone_curves(len(STEMS)) if vary else np.ones((len(STEMS), USED_BINS), np.float32)
        parts, pairs = spectra.view(np.float32), np.repeat(curves, 2, axis=1)
        _sum_bands(parts, pairs, power[:, row], product[:, row], energies[:, row])
        if row < TIME_ROWS:
            kept.append(spectra[:, :, :committed, :USED_BINS] * curves[:, None, None])
    return Spectral(*map(torch.from_numpy, (power, product, energies, np.stack(kept))))


@numba.njit(fastmath=FAST, error_model="numpy", cache=True)
def _sum_bands(parts, curves, power, product, energies):
    """One row: spectra [S, channels, T, 2 bins] and curves [S, 2 USED_BINS], real and imaginary part of a bin
    side by side (a complex array's memory: such loops the compiler turns into vectors) -> the fields of
    `Spectral`, filled in."""
    stems, channels, frames, _ = parts.shape
    committed = len(product)
    own = np.empty((stems, 2 * USED_BINS), np.float32)
    mix, squares = np.empty(2 * USED_BINS, np.float32), np.empty(2 * USED_BINS, np.float32)
    weight, energy = np.empty(BANDS, np.float32), np.empty(BANDS, np.float32)
    for frame in range(frames):
        for channel in range(channels):
            mix[:] = 0
            for stem in range(stems):
                for k in range(2 * USED_BINS):
                    own[stem, k] = parts[stem, channel, frame, k] * curves[stem, k]
                    mix[k] += own[stem, k]
            for k in range(2 * USED_BINS):
                squares[k] = mix[k] * mix[k]
            _per_band(squares, power[frame, channel])
            if frame >= committed:
                continue
            for band in range(BANDS):
                weight[band] = 1 / np.sqrt(power[frame, channel, band] + np.float32(FLOOR))
            _add_energy(power[frame, channel], weight, energies[:, stems])
            for stem in range(stems):
                for k in range(2 * USED_BINS):
                    squares[k] = own[stem, k] * mix[k]
                _per_band(squares, product[frame, stem, channel])
                for k in range(2 * USED_BINS):
                    squares[k] = own[stem, k] * own[stem, k]
                _per_band(squares, energy)
                _add_energy(energy, weight, energies[:, stem])


@numba.njit(fastmath=FAST, error_model="numpy", cache=True)
def _per_band(parts, bands):
    """[2 USED_BINS] -> [BANDS], the sums over each band's bins, filled in."""
    for band in range(SINGLE):
        bands[band] = parts[2 * band] + parts[2 * band + 1]
    for band in range(GROUPS):
        first, total = 2 * (SINGLE + band * GROUP), np.float32(0)
        for k in range(first, first + 2 * GROUP):
            total += parts[k]
        bands[SINGLE + band] = total


@numba.njit(fastmath=FAST, error_model="numpy", cache=True)
def _add_energy(energy, weight, sums):
    """Adds the sum over the bands, and that with each weighted, to the two numbers of `sums`."""
    plain, less = np.float32(0), np.float32(0)
    for band in range(BANDS):
        plain += energy[band]
        less += energy[band] * weight[band]
    sums[0] += plain
    sums[1] += less


def band_power(magnitude: torch.Tensor) -> torch.Tensor:
    """[..., bins] -> [..., BANDS]: the sum of the squares over each band's bins."""
    power = magnitude[..., :USED_BINS].square()
    groups = power[..., SINGLE:].unflatten(-1, (GROUPS, GROUP)).sum(-1)
    return torch.cat([power[..., :SINGLE], groups], dim=-1)


def bin_masks(masks: torch.Tensor) -> torch.Tensor:
    """[..., BANDS] -> [..., bins]; the bins above 16 kHz get what the last band gets."""
    groups = masks[..., SINGLE:].repeat_interleave(GROUP, dim=-1)
    above = masks[..., -1:].expand(*masks.shape[:-1], STFT.bins - USED_BINS)
    return torch.cat([masks[..., :SINGLE], groups, above], dim=-1)


def tone_curves(count: int) -> np.ndarray:
    """-> [count, USED_BINS]: gains of smooth random equalisers, from torch's generator."""
    place = np.log1p(np.arange(USED_BINS) / 8) / np.log1p((USED_BINS - 1) / 8)
    waves = np.cos(np.pi * np.arange(1, TONE_WAVES + 1)[:, None] * place)
    curves_db = TONE_DB * torch.randn(count, TONE_WAVES).numpy() @ waves
    return (10 ** (curves_db / 20)).astype(np.float32)
