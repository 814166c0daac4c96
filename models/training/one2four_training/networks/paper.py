"""The three networks of "Employing LSTMs for Music Remixing" (IJRASET 11/XI, 2023, section III.B), at
sample level.

    one second of audio [T, 1]
      -> features: Dense, Dropout, BatchNorm, the same at every sample
      -> bidirectional LSTM, units = 1, time steps = rate x duration, return sequences
      -> reshaping: BatchNorm, Dense
    -> samples of its stems [T, stems]

| network | BiLSTMs | trained |
| --- | --- | --- |
| One2One | one, for all four stems | at once |
| One2Four combined | four, one per stem, on the same features | at once |
| One2Four split | four, one per stem, each on features of its own | apart; combined when they play |

As there: Adam at 1e-4, Keras' default loss for a regression (the mean squared error), examples of one
second out of excerpts of 30 s, a split by songs. The paper leaves open the rate and the size of the Dense
layer: 22,050 Hz, mono, and FEATURES here. Ours besides: output layers that begin at silence, gradients
clipped at a norm of 1, and the weights of the best validation.
"""

from typing import Any

import scipy.signal
import torch
from torch import nn

from .. import STEMS
from .unit_lstm import UnitBiLSTM

SAMPLE_RATE = 22_050
RATIO = 2  # of the audio's rate to it
SECOND = SAMPLE_RATE
OVERLAP = 1024  # samples for which a window fades into the next one, when it plays
FEATURES = 8
DROPOUT = 0.2
KERAS_BATCH_NORM = {"eps": 1e-3, "momentum": 0.01}


class PaperNet(nn.Module):
    """Networks for `stems`, with a BiLSTM for each of `groups`, which are those stems in order."""

    example_samples = RATIO * SECOND
    advance_samples = RATIO * SECOND
    consecutive = 1
    plain = True

    def __init__(self, groups: list[tuple[str, ...]]) -> None:
        super().__init__()
        self.groups = groups
        self.stems = [STEMS.index(stem) for group in groups for stem in group]
        self.dense = nn.Linear(1, FEATURES)
        self.dropout = nn.Dropout(DROPOUT)
        self.norm = nn.BatchNorm1d(FEATURES, **KERAS_BATCH_NORM)
        self.lstms = nn.ModuleList(UnitBiLSTM(FEATURES) for _ in groups)
        self.norms = nn.ModuleList(nn.BatchNorm1d(2, **KERAS_BATCH_NORM) for _ in groups)
        self.outputs = nn.ModuleList(nn.Linear(2, len(group)) for group in groups)
        nn.init.xavier_uniform_(self.dense.weight)
        nn.init.zeros_(self.dense.bias)
        # From silence: at 1e-4 a step, it is a long way down from anything louder.
        for output in self.outputs:
            nn.init.zeros_(output.weight)
            nn.init.zeros_(output.bias)

    def forward(self, audio: torch.Tensor) -> torch.Tensor:
        """[T, B] at SAMPLE_RATE -> [T, B, stems]."""
        features = audio[:, None] * self.dense.weight + self.dense.bias[:, None]  # [T, FEATURES, B]
        features = self.norm(self.dropout(torch.relu(features)))
        stems = []
        for lstm, norm, output in zip(self.lstms, self.norms, self.outputs, strict=True):
            stems.append(output(norm(lstm(features)).transpose(1, 2)))
        return torch.cat(stems, dim=-1)

    def prepare(self, stems: torch.Tensor) -> None:
        """There is nothing to measure: BatchNorm does."""

    def loss(self, stems: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        losses, state = self.losses_by_stem(stems, state)
        return losses.mean(), state

    def losses_by_stem(self, stems: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        """[B, 4, 2, example_samples] -> the mean squared error of the samples of each wanted stem."""
        low = at_model_rate(stems.mean(2)).to(self.dense.weight.device)  # [B, 4, T]
        found = self(low.sum(1).T.contiguous())
        return (found - low[:, self.stems].permute(2, 0, 1)).square().mean((0, 1)), None


def at_model_rate(audio: torch.Tensor) -> torch.Tensor:
    """[B, stems, samples] at 44.1 kHz -> [B, stems, T] at SAMPLE_RATE."""
    return torch.from_numpy(scipy.signal.resample_poly(audio.numpy(), 1, RATIO, axis=-1))
