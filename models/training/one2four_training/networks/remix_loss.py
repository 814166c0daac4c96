"""The loss of `remix`: SI-SDR, upside down, with what keeps the levels right, in both domains.

A stem that plays is judged by its likeness to the truth at any level, so that a weak stem cannot hide in
silence, and by its error at its own level. One that does not play is judged by what leaks into it.
"""

import torch

from ..stft import OVERLAP
from .remix_bands import FLOOR, STFT, Spectral, bin_masks

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
    energies = spectral.energies[:, row]
    found, shared = masks.square() * power, masks * spectral.product[:, row]
    loss = judged(found.sum((0, 2, 3)), shared.sum((0, 2, 3)), energies[0])
    less = (power + FLOOR).rsqrt()
    weighted = judged((found * less).sum((0, 2, 3)), (shared * less).sum((0, 2, 3)), energies[1])
    loss = loss + COMPRESSED_WEIGHT * weighted
    if row < len(spectral.spectra):
        # Of one row only, so it counts for all.
        weight = TIME_WEIGHT * spectral.power.shape[1] / len(spectral.spectra)
        loss = loss + weight * time_loss(masks, spectral.spectra[row])
    return loss


def judged(found: torch.Tensor, shared: torch.Tensor, energies: torch.Tensor) -> torch.Tensor:
    """Energies of the stems found [S], their products with the true ones [S], energies of the true ones and
    of the mix [S + 1] -> the mean over the stems, in natural logarithms."""
    true, mix = energies[:-1], energies[-1]
    quiet = SILENCE * mix + 1e-7
    errors = (found - 2 * shared + true).clamp(min=0)
    level = LEVEL_WEIGHT * torch.log((errors + quiet) / (true + quiet))
    likeness = shared.clamp(min=0).square() / (found * true + 1e-12)
    unlike = torch.log((1 - likeness + LIKENESS_FLOOR).clamp(min=1e-3) / (likeness + LIKENESS_FLOOR))
    return torch.where(true > ACTIVE * mix, unlike + level, level).mean()


def time_loss(masks: torch.Tensor, spectra: torch.Tensor) -> torch.Tensor:
    """Masks [N, S, channels, BANDS], the stems' spectra [S, channels, N, USED_BINS] -> the loss of the audio
    that the plugin would play, where its windows are whole."""
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
