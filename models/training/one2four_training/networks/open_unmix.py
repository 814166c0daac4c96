"""`open-unmix`: PyPI's Open-Unmix (Stöter et al. 2019), one network per stem, trained on our mixes.

Network, spectrogram and Wiener filter are the `openunmix` package's; loss, statistics of the input and
the range of frequencies those of its training script. There to compare with; it has no pack.
"""

import sys
import types
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .. import STEMS
from ..machine import half_precision

# openunmix imports torchaudio to read files; its wheel does not import beside a torch for another CUDA.
sys.modules.setdefault("torchaudio", types.ModuleType("torchaudio"))
try:
    from openunmix.model import OpenUnmix, Separator
    from openunmix.transforms import ComplexNorm, TorchSTFT
except ModuleNotFoundError as error:
    raise SystemExit(
        f"{error.name} is not installed: pip install 'models/training[evaluate]' brings it"
    ) from error

SAMPLE_RATE = 44_100
FFT, HOP = 4096, 1024
BANDWIDTH_HZ = 16_000
HIDDEN = 256  # theirs is 512, which gets through half as many steps in the same time
EXAMPLE_FRAMES = 128  # 3 s; theirs is 6 s
LEAST_DEVIATION = 1e-4  # of the largest


def build(stems: tuple[str, ...]) -> "FourOpenUnmix":
    if stems != STEMS:
        raise SystemExit("open-unmix is trained for all stems at once: leave --stems out")
    return FourOpenUnmix()


class FourOpenUnmix(nn.Module):
    """A network per stem, which see the same mixes and nothing of each other."""

    example_samples = (EXAMPLE_FRAMES - 1) * HOP + FFT
    advance_samples = example_samples
    consecutive = 1

    def __init__(self, hidden: int = HIDDEN) -> None:
        super().__init__()
        top = int(np.ceil(BANDWIDTH_HZ * FFT / SAMPLE_RATE)) + 1
        self.targets = nn.ModuleDict({
            stem: OpenUnmix(nb_bins=FFT // 2 + 1, nb_channels=2, hidden_size=hidden, max_bin=top)
            for stem in STEMS
        })  # fmt: skip
        self.spectrum = nn.Sequential(TorchSTFT(n_fft=FFT, n_hop=HOP, center=False), ComplexNorm(mono=False))

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    def magnitude(self, audio: torch.Tensor) -> torch.Tensor:
        """[B, 2, samples] -> [B, 2, bins, frames]."""
        return self.spectrum(audio.contiguous())

    @torch.no_grad()
    def prepare(self, stems: torch.Tensor) -> None:
        """Input mean and deviation per bin."""
        magnitude = self.magnitude(stems.to(self.device).sum(1)).mean(1)
        mean, deviation = magnitude.mean((0, 2)), magnitude.std((0, 2))
        deviation = deviation.clamp(min=LEAST_DEVIATION * float(deviation.max()))
        for network in self.targets.values():
            network.input_mean.copy_(-mean[: network.nb_bins])
            network.input_scale.copy_(1 / deviation[: network.nb_bins])

    def loss(self, stems: torch.Tensor, state: Any) -> tuple[torch.Tensor, None]:
        """Mean squared error of the magnitudes, summed over the stems."""
        stems = stems.to(self.device)
        mix, wanted = self.magnitude(stems.sum(1)), [self.magnitude(stem) for stem in stems.unbind(1)]
        with half_precision(stems.device.type == "cpu"):
            found = [network(mix) for network in self.targets.values()]
        errors = [functional.mse_loss(f.float(), w) for f, w in zip(found, wanted, strict=True)]
        return torch.stack(errors).sum(), None

    @torch.no_grad()
    def separate(self, mix: np.ndarray) -> np.ndarray:
        """With one step of the multichannel Wiener filter, as theirs by default."""
        separator = Separator(dict(self.targets), niter=1, n_fft=FFT, n_hop=HOP).eval()
        return separator(torch.from_numpy(mix.T.copy())[None])[0].transpose(1, 2).numpy()
