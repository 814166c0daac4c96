"""`accompany-plan`: the chord of each beat, the key and the style, from what is heard of a solo. A BiLSTM of
2 x 128.

`forward` is the pack's plan graph (models/README.md), for many beats and rows at once.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .. import STEMS
from ..accompany import chords
from ..accompany.examples import COLUMNS, Examples
from ..accompany.grid import CELLS, PHASE
from ..accompany.songs import STYLES
from ..machine import half_precision
from .accompany_stream import STATE_PARTS, Stack, inputs_of, known, windows

UNITS = 128
KEY_WEIGHT = STYLE_WEIGHT = 0.2
BEATS = 24  # of an example


def build(stems: tuple[str, ...]) -> "AccompanyPlan":
    if stems != STEMS:
        raise SystemExit("accompany-plan is one network for all stems: leave --stems out")
    return AccompanyPlan()


class AccompanyPlan(nn.Module):
    example_samples = (BEATS + 2) * CELLS
    advance_samples = BEATS * CELLS
    consecutive = 3
    small = True
    source = Examples

    def __init__(self) -> None:
        super().__init__()
        self.stack = Stack(inputs_of(PHASE), UNITS)
        self.decoder = nn.Linear(3 * UNITS * CELLS, 128)
        self.head = nn.Linear(128, chords.CHORDS + chords.KEYS)
        self.styles = nn.Linear(128, len(STYLES))

    @staticmethod
    def zero_state(rows: int) -> torch.Tensor:
        return torch.zeros(STATE_PARTS, rows, UNITS)

    def prepare(self, examples: torch.Tensor) -> None:
        """Nothing is measured: the features are scaled where they are made."""

    def forward(
        self, cells: torch.Tensor, state: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """[12, K, B, 2 FEATURES + 1 + PHASE] and state -> logits of the chords [K, B, CHORDS], of the keys
        [K, B, KEYS] and of the styles [K, B, STYLES], and the next state."""
        found, state = self.stack(cells, state)
        beat = found.permute(1, 2, 0, 3).flatten(2)
        hidden = torch.relu(self.decoder(beat))
        both = self.head(hidden)
        return both[..., : chords.CHORDS], both[..., chords.CHORDS :], self.styles(hidden), state

    def of_example(self, example: torch.Tensor, state: torch.Tensor):
        """[B, 6 (K + 2), WIDTH] -> the same as `forward`."""
        cut = windows(example)
        heard = cut[CELLS, ..., COLUMNS["heard"]].squeeze(-1)
        cells = known(cut[..., COLUMNS["features"]], heard)
        return self(torch.cat([cells, cut[CELLS:, ..., COLUMNS["phase"]]], dim=-1), state)

    def loss(self, examples: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        state = self.zero_state(len(examples)) if state is None else state
        with half_precision(self.training):
            *found, state = self.of_example(examples, state)
        now = windows(examples)[CELLS]  # [K, B, WIDTH]
        weight = now[..., COLUMNS["weight"]].flatten()
        losses = 0.0
        shares = {"chord": 1.0, "key": KEY_WEIGHT, "true_style": STYLE_WEIGHT}
        for logits, (name, share) in zip(found, shares.items(), strict=True):
            wanted = now[..., COLUMNS[name]].flatten().long()
            own = weight * (wanted >= 0)
            each = functional.cross_entropy(
                logits.float().flatten(0, 1), wanted.clamp(min=0), reduction="none"
            )
            losses = losses + share * (each * own).sum() / own.sum().clamp(min=1)
        return losses, state.detach().float()
