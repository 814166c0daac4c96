"""The loss of `remix`: SI-SDR, upside down, with what keeps the levels right, in both domains.

A stem that plays is judged by its likeness to the truth at any level, so that a weak stem cannot hide in
silence, and by its error at its own level. One that does not play is judged by what leaks into it.
"""

import numba
import numpy as np
import torch

from ..stft import OVERLAP
from .remix_bands import FAST, FLOOR, STFT, Spectral, bin_masks

SILENCE = 0.003  # share of the mix's energy below which an error does not matter
ACTIVE = 0.001  # share of the mix's energy above which a stem plays: -30 dB
LIKENESS_FLOOR = 0.01  # the likeness counts from -20 to 20 dB
LEVEL_WEIGHT = 0.5  # of the error at its own level, and of a leak
COMPRESSED_WEIGHT = 0.5  # of the error with loud bands weighed less
TIME_WEIGHT = 0.5  # of the error in the time domain


def separation_loss(logits: torch.Tensor, spectral: Spectral) -> torch.Tensor:
    """Logits [N, B, S, channels, BANDS], whose softmax over the stems are the masks -> the mean of the loss
    over rows and stems. It does not depend on the mix's gain."""
    return _RowByRow.apply(logits, spectral)


@torch.no_grad()
def losses_by_stem(logits: torch.Tensor, spectral: Spectral) -> torch.Tensor:
    """-> [S]: the mean of the loss over rows, of each stem."""
    logits, rows = logits.cpu(), logits.shape[1]
    losses = torch.zeros(logits.shape[2])
    for row in range(rows):
        masks = torch.softmax(logits[:, row].float(), dim=1)
        power, product, less = _of_row(spectral, row, len(masks))
        losses += judged_twice(torch.from_numpy(_sums(masks.numpy(), power, product, less)), spectral, row)
        if row < len(spectral.spectra):
            losses += time_weight(spectral) * time_loss(masks, spectral.spectra[row])
    return losses / rows


class _RowByRow(torch.autograd.Function):
    """Takes the gradient of each row beside its loss: a row fits the processor's cache, a batch does not."""

    @staticmethod
    def forward(ctx, logits: torch.Tensor, spectral: Spectral) -> torch.Tensor:
        ctx.device = logits.device
        logits = logits.cpu()  # the loss is the processor's, wherever the network is
        gradient, rows = torch.empty_like(logits), logits.shape[1]
        total = 0.0
        for row in range(rows):
            masks = torch.softmax(logits[:, row].float(), dim=1)
            loss, own = _row_loss(masks, spectral, row)
            gradient[:, row] = own / rows
            total += loss / rows
        ctx.save_for_backward(gradient.to(ctx.device))
        return torch.tensor(total, device=ctx.device)

    @staticmethod
    def backward(ctx, outer: torch.Tensor):
        return ctx.saved_tensors[0] * outer, None


def _row_loss(masks: torch.Tensor, spectral: Spectral, row: int) -> tuple[float, torch.Tensor]:
    """Masks [N, S, channels, BANDS] of one row -> its loss, and its gradient by the logits."""
    power, product, less = _of_row(spectral, row, len(masks))
    sums = torch.from_numpy(_sums(masks.numpy(), power, product, less)).requires_grad_()
    with torch.enable_grad():
        loss = judged_twice(sums, spectral, row).mean()
    by_sums = torch.autograd.grad(loss, sums)[0].numpy()
    by_masks = np.zeros(masks.shape, np.float32)
    total = loss.item()
    if row < len(spectral.spectra):
        leaf = masks.requires_grad_()
        with torch.enable_grad():
            in_time = time_weight(spectral) * time_loss(leaf, spectral.spectra[row]).mean()
        by_masks[:] = torch.autograd.grad(in_time, leaf)[0].numpy()
        total += in_time.item()
    _to_logits(masks.detach().numpy(), power, product, less, by_sums, by_masks)
    return total, torch.from_numpy(by_masks)


def _of_row(spectral: Spectral, row: int, committed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the committed frames of a row: powers, products, and what loud bands are weighed less by."""
    power = spectral.power[:committed, row].numpy()
    return power, spectral.product[:, row].numpy(), 1 / np.sqrt(power + np.float32(FLOOR))


def time_weight(spectral: Spectral) -> float:
    """Of the loss in the time domain, of some rows, which count for all."""
    return TIME_WEIGHT * spectral.power.shape[1] / len(spectral.spectra)


@numba.njit(fastmath=FAST, error_model="numpy", cache=True)
def _sums(masks, power, product, less):
    """-> [2 (plain, loud bands weighed less), 2 (energy found, its product with the true one), S]."""
    frames, stems, channels, bands = masks.shape
    sums = np.zeros((2, 2, stems), np.float32)
    for frame in range(frames):
        for stem in range(stems):
            for channel in range(channels):
                found, shared = np.float32(0), np.float32(0)
                found_less, shared_less = np.float32(0), np.float32(0)
                for band in range(bands):
                    mask, weight = masks[frame, stem, channel, band], less[frame, channel, band]
                    energy = mask * mask * power[frame, channel, band]
                    common = mask * product[frame, stem, channel, band]
                    found += energy
                    shared += common
                    found_less += energy * weight
                    shared_less += common * weight
                sums[0, 0, stem] += found
                sums[0, 1, stem] += shared
                sums[1, 0, stem] += found_less
                sums[1, 1, stem] += shared_less
    return sums


@numba.njit(fastmath=FAST, error_model="numpy", cache=True)
def _to_logits(masks, power, product, less, by_sums, by_masks):
    """Adds to the gradient by the masks what the sums bring, and takes it through the softmax, in place."""
    frames, stems, channels, bands = masks.shape
    mean = np.empty(bands, np.float32)
    for frame in range(frames):
        for channel in range(channels):
            mean[:] = 0
            for stem in range(stems):
                found, shared = by_sums[0, 0, stem], by_sums[0, 1, stem]
                found_less, shared_less = by_sums[1, 0, stem], by_sums[1, 1, stem]
                for band in range(bands):
                    mask, weight = masks[frame, stem, channel, band], less[frame, channel, band]
                    slope = by_masks[frame, stem, channel, band]
                    slope += 2 * mask * power[frame, channel, band] * (found + found_less * weight)
                    slope += product[frame, stem, channel, band] * (shared + shared_less * weight)
                    by_masks[frame, stem, channel, band] = slope
                    mean[band] += mask * slope
            for stem in range(stems):
                for band in range(bands):
                    slope = by_masks[frame, stem, channel, band] - mean[band]
                    by_masks[frame, stem, channel, band] = masks[frame, stem, channel, band] * slope


def judged_twice(sums: torch.Tensor, spectral: Spectral, row: int) -> torch.Tensor:
    """What `_sums` gives of a row -> [S]: the loss, plain and with loud bands weighed less."""
    plain, less = (judged(*own, energies[row]) for own, energies in zip(sums, spectral.energies, strict=True))
    return plain + COMPRESSED_WEIGHT * less


def judged(found: torch.Tensor, shared: torch.Tensor, energies: torch.Tensor) -> torch.Tensor:
    """Energies of the stems found [S], their products with the true ones [S], energies of the true ones and
    of the mix [S + 1] -> [S], in natural logarithms."""
    true, mix = energies[:-1], energies[-1]
    quiet = SILENCE * mix + 1e-7
    errors = (found - 2 * shared + true).clamp(min=0)
    level = LEVEL_WEIGHT * torch.log((errors + quiet) / (true + quiet))
    likeness = shared.clamp(min=0).square() / (found * true + 1e-12)
    unlike = torch.log((1 - likeness + LIKENESS_FLOOR).clamp(min=1e-3) / (likeness + LIKENESS_FLOOR))
    return torch.where(true > ACTIVE * mix, unlike + level, level)


def time_loss(masks: torch.Tensor, spectra: torch.Tensor) -> torch.Tensor:
    """Masks [N, S, channels, BANDS], the stems' spectra [S, channels, N, USED_BINS] -> [S]: the loss of the
    audio that the plugin would play, where its windows are whole."""
    mix = spectra.sum(0)
    found = bin_masks(masks).permute(1, 2, 0, 3)[..., : spectra.shape[-1]] * mix
    found, true, mix = audio(found), audio(spectra), audio(mix[None])
    energies = torch.cat([true.square().sum((1, 2, 3)), mix.square().sum((1, 2, 3))])
    return judged(found.square().sum((1, 2, 3)), (found * true).sum((1, 2, 3)), energies)


def audio(spectra: torch.Tensor) -> torch.Tensor:
    """[S, channels, N, bins] -> [S, channels, N - 3, hop]: the overlap-add, without the ends."""
    pieces = torch.fft.irfft(spectra, n=STFT.fft) * torch.from_numpy(STFT.window)
    quarters = pieces.unflatten(-1, (OVERLAP, STFT.hop))
    count = spectra.shape[2] - OVERLAP + 1
    return sum(quarters[:, :, OVERLAP - 1 - part :][:, :, :count, part] for part in range(OVERLAP))
