"""`accompany-adversarial`: the band, and a judge that tells what it plays from what MMA plays (after "A Novel
Music Generation Framework Using LSTM and GAN", which joins LSTMs, attention and adversarial training).

The judge is a BiLSTM over the cells of an example, weighed by attention. It reads what is played, notes and
not chances, beside what the band knows. Its gradients reach the band turned round (Ganin and Lempitsky 2015),
so that one optimiser trains both, each against the other.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .. import STEMS
from ..accompany.examples import COLUMNS
from ..accompany.grid import CELLS
from ..machine import half_precision
from .accompany_band import BASS_CLASSES, DRUMS, INPUTS, PITCHES, AccompanyBand
from .accompany_stream import in_time, windows

JUDGE_UNITS = 64
PRESSURE = 0.3  # of the judge's gradient on the band
PLAYED = DRUMS + BASS_CLASSES + 4 * PITCHES


def build(stems: tuple[str, ...]) -> "AccompanyAdversarial":
    if stems != STEMS:
        raise SystemExit("accompany-adversarial is one network for all stems: leave --stems out")
    return AccompanyAdversarial()


class Turned(torch.autograd.Function):
    """Nothing forwards; the gradient, turned round, backwards."""

    @staticmethod
    def forward(ctx, values: torch.Tensor) -> torch.Tensor:
        return values.view_as(values)

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> torch.Tensor:
        return -PRESSURE * gradient


class Judge(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Linear(PLAYED + INPUTS, JUDGE_UNITS)
        self.lstm = nn.LSTM(JUDGE_UNITS, JUDGE_UNITS, bidirectional=True)
        self.attention = nn.Linear(2 * JUDGE_UNITS, 1)
        self.verdict = nn.Linear(2 * JUDGE_UNITS, 1)

    def forward(self, played: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        """[6 K, B, PLAYED] and [6 K, B, INPUTS] -> [B], logits of that MMA played it."""
        encoded = functional.leaky_relu(self.encoder(torch.cat([played, known], dim=-1)), 0.2)
        found, _ = self.lstm(encoded)
        weights = torch.softmax(self.attention(found), dim=0)
        return self.verdict((weights * found).sum(0)).squeeze(-1)


class AccompanyAdversarial(AccompanyBand):
    goes_on_from = "accompany-band"

    def __init__(self) -> None:
        super().__init__()
        self.judge = Judge()

    def loss(self, examples: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        """In training also the judge's; to validate by, that of the band alone."""
        found, told, state = self.of_example(examples, state)
        total = self.missed(found, examples)
        if self.training:
            known = in_time(self.inputs(windows(examples), told)[:CELLS])
            total = total + self.judged(found, examples, known)
        return total, {"band": state["band"].detach(), "plan": state["plan"]}

    def judged(self, found: dict, examples: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        """The judge's loss, of MMA's notes and the band's."""
        true, ours = self.true(examples), Turned.apply(self.drawn(found))
        with half_precision(self.training):
            verdicts = self.judge(torch.cat([true, ours], dim=1), torch.cat([known, known], dim=1))
        rows = true.shape[1]
        wanted = torch.cat([torch.ones(rows), torch.zeros(rows)])
        return functional.binary_cross_entropy_with_logits(verdicts.float(), wanted)

    @staticmethod
    def true(examples: torch.Tensor) -> torch.Tensor:
        """[B, 6 (K + 2), WIDTH] -> [6 K, B, PLAYED], what MMA plays."""
        now = in_time(windows(examples)[CELLS : 2 * CELLS])
        bass = functional.one_hot(now[..., COLUMNS["bass"].start].long(), BASS_CLASSES).to(now.dtype)
        others = [now[..., COLUMNS[f"{s}_{part}"]] > 0 for s in STEMS[2:] for part in ("onset", "sustain")]
        parts = [now[..., COLUMNS["drums"]] > 0, bass, *others]
        return torch.cat([part.to(now.dtype) for part in parts], dim=-1)

    @staticmethod
    def drawn(found: dict[str, dict[str, torch.Tensor]]) -> torch.Tensor:
        """The band's outputs -> [6 K, B, PLAYED]: notes by their chances, through which gradients pass."""
        bass = functional.gumbel_softmax(found["bass"]["note"], hard=True)
        others = [drawn_each(found[s][part]) for s in STEMS[2:] for part in ("onset", "sustain")]
        return in_time(torch.cat([drawn_each(found["drums"]["onset"]), bass, *others], dim=-1))


def drawn_each(logits: torch.Tensor) -> torch.Tensor:
    chances = torch.sigmoid(logits)
    return torch.bernoulli(chances.detach()) + chances - chances.detach()
