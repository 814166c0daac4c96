"""The loss of `remix`: the logarithm of error energy over stem energy, as in SI-SDR, in both domains."""

import torch

from ..stft import OVERLAP
from .remix_bands import FLOOR, STFT, Spectral, bin_masks

SILENCE = 0.003  # share of the mix's energy below which an error does not matter
COMPRESSED_WEIGHT = 0.5  # of the error with loud bands weighed less
TIME_WEIGHT = 0.5  # of the error in the time domain


def separation_loss(logits: torch.Tensor, spectral: Spectral) -> torch.Tensor:
    """Logits [N, B, S, channels, BANDS], whose softmax over the stems are the masks -> the mean of the loss
    over rows and stems. It does not depend on the mix's gain."""
    return _RowByRow.apply(logits, spectral)


class _RowByRow(torch.autograd.Function):
    """Takes the gradient of each row beside its loss: a row fits the processor's cache, a batch does not."""

    @staticmethod
    def forward(ctx, logits: torch.Tensor, spectral: Spectral) -> torch.Tensor:
        gradient, rows = torch.empty_like(logits), logits.shape[1]
        total = torch.zeros(())
        for row in range(rows):
            own = logits[:, row].float().requires_grad_()
            with torch.enable_grad():
                loss = _row_loss(torch.softmax(own, dim=1), spectral, row) / rows
            gradient[:, row] = torch.autograd.grad(loss, own)[0]
            total += loss.detach()
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx, outer: torch.Tensor):
        return ctx.saved_tensors[0] * outer, None


def _row_loss(masks: torch.Tensor, spectral: Spectral, row: int) -> torch.Tensor:
    """Masks [N, S, channels, BANDS] of one row -> its loss."""
    power = spectral.power[: len(masks), row].unsqueeze(1)
    errors = masks * (masks * power - 2 * spectral.product[:, row])
    energies = spectral.energies[:, row]
    loss = log_ratio(errors.sum((0, 2, 3)) + energies[0, :-1], energies[0])
    weighted = (errors * (power + FLOOR).rsqrt()).sum((0, 2, 3)) + energies[1, :-1]
    loss = loss + COMPRESSED_WEIGHT * log_ratio(weighted, energies[1])
    if row < len(spectral.spectra):
        # Of one row only, so it counts for all.
        weight = TIME_WEIGHT * spectral.power.shape[1] / len(spectral.spectra)
        loss = loss + weight * time_loss(masks, spectral.spectra[row])
    return loss


def log_ratio(errors: torch.Tensor, energies: torch.Tensor) -> torch.Tensor:
    """[S] and [S + 1], the mix's the last -> the mean of log(error / stem), each with a little of the mix."""
    quiet = SILENCE * energies[-1] + 1e-7
    return torch.log((errors.clamp(min=0) + quiet) / (energies[:-1] + quiet)).mean()


def time_loss(masks: torch.Tensor, spectra: torch.Tensor) -> torch.Tensor:
    """Masks [N, S, channels, BANDS], the stems' spectra [S, channels, N, USED_BINS] -> the loss of the audio
    that the plugin would play, where its windows are whole."""
    mix = spectra.sum(0)
    found = bin_masks(masks).permute(1, 2, 0, 3)[..., : spectra.shape[-1]] * mix
    errors = audio_energy(found - spectra)
    return log_ratio(errors, torch.cat([audio_energy(spectra), audio_energy(mix[None])]))


def audio_energy(spectra: torch.Tensor) -> torch.Tensor:
    """[S, channels, N, bins] -> [S]: the energy of the overlap-add, without the ends."""
    pieces = torch.fft.irfft(spectra, n=STFT.fft) * torch.from_numpy(STFT.window)
    quarters = pieces.unflatten(-1, (OVERLAP, STFT.hop))
    count = spectra.shape[2] - OVERLAP + 1
    audio = sum(quarters[:, :, OVERLAP - 1 - part :][:, :, :count, part] for part in range(OVERLAP))
    return audio.square().sum((1, 2, 3))
