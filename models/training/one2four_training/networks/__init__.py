"""The networks, one file each, and what `train` asks of every one.

| name | what |
| --- | --- |
| `remix` | the flagship: four bridged BiLSTM stacks on a spectrogram, a stream with memory |
| `paper-one2one` | the paper's, at sample level: one BiLSTM for all four stems |
| `paper-one2four-combined` | the paper's: four BiLSTMs trained together |
| `paper-one2four-split` | the paper's: four networks trained apart |
| `open-unmix` | PyPI's Open-Unmix, trained on the same mixes, to compare with |
| `accompany-plan` | hears the chord, the key and the style of each beat of a solo |
| `accompany-band` | four BiLSTMs that play around it; hears chords by `accompany-plan` |
| `accompany-adversarial` | the same, trained against a judge that tells it from MMA |

A name's file is the name with underscores.
"""

import importlib
from types import ModuleType
from typing import Any, Protocol

import numpy as np
import torch

from .. import STEMS

NAMES = (
    "remix", "paper-one2one", "paper-one2four-combined", "paper-one2four-split", "open-unmix",
    "accompany-plan", "accompany-band", "accompany-adversarial",
)  # fmt: skip


class Network(Protocol):
    """A torch.nn.Module that takes a mix apart. Each file in this folder has `build(stems)`, which makes
    one for these stems: all four, or the one of a network that is trained apart.

    Audio is stereo at 44.1 kHz; each network makes its own spectrogram, mono mix or other rate of it.
    """

    example_samples: int
    """Length of one training example."""
    advance_samples: int
    """How far after an example the next of the same songs starts; `example_samples` where they don't
    overlap."""
    consecutive: int
    """Examples of the same songs that follow each other with their state; 1 where there is no state."""

    source: type
    """Where the examples come from, with the methods of `mixes.Mixes`, which it is where it is left out. The
    accompanists' examples are rows of cells instead of samples (`accompany/examples.py`)."""

    plain: bool
    """True to be trained as the paper did: on the songs' own mixes, at one learning rate, without averaged
    weights. May be left out."""

    small: bool
    """True to be trained on the processor, also where there is a GPU. May be left out."""

    goes_on_from: str
    """The network whose training a pack's weights come from, where it is another. May be left out."""

    def prepare(self, stems: torch.Tensor) -> None:
        """Called once, before the first step, with some examples: measures what the input is scaled by."""

    def loss(self, stems: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        """[B, 4, 2, example_samples] float32 on the processor, whose sum over the stems is the mix, and the
        state that the example before left (None at the first; on any device) -> the scalar loss, and the
        detached state for the next example. A module in training mode may vary its input further; in
        evaluation mode the loss depends on its arguments alone."""

    def losses_by_stem(self, stems: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        """As `loss`, but the loss of each stem [S], whose mean `loss` gives: for validation, without a
        gradient. May be left out."""

    def separate(self, mix: np.ndarray) -> np.ndarray:
        """[samples, 2] float32 -> [4, samples, 2] float32, offline, with all the context it can use. May be
        left out where the plugin is measured instead."""


def build(name: str, stems: tuple[str, ...] = STEMS) -> torch.nn.Module:
    """An untrained network by its name."""
    return module_of(name).build(tuple(stems))


def module_of(name: str) -> ModuleType:
    return importlib.import_module("." + name.replace("-", "_"), __name__)
