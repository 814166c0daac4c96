"""What both networks of the pack `accompany` have: a BiLSTM that decides one beat at a time.

Two layers. The forward LSTMs carry their state from beat to beat and so know the past; the backward LSTMs
start from zero at the end of the beat after the one that is decided (the first layer) and of the beat itself
(the second). What is not heard yet when a beat is decided is left out of its input; it comes again one
beat later, among what was heard a beat before, so that the memory holds all of it.

Letters in shapes: K beats, B rows, 6 cells a beat, 12 of a window (a beat and the one after it).
"""

import torch
from torch import nn

from ..accompany.features import FEATURES
from ..accompany.grid import CELLS

WINDOW = 2 * CELLS
STATE_PARTS = 4  # h and c of the first forward LSTM, h and c of the second


class Stack(nn.Module):
    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(inputs, units)
        self.forward1, self.backward1 = nn.LSTM(units, units), nn.LSTM(units, units)
        self.forward2, self.backward2 = nn.LSTM(2 * units, units), nn.LSTM(2 * units, units)
        self.units = units

    def forward(self, windows: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[12, K, B, inputs] and [4, B, units] -> [6, K, B, 3 units] and the next state."""
        beats, rows = windows.shape[1:3]
        h1, c1, h2, c2 = state.unsqueeze(1)
        encoded = torch.tanh(self.encoder(windows))
        past, kept1 = self.forward1(in_time(encoded[:CELLS]), (h1.contiguous(), c1.contiguous()))
        future = backwards(self.backward1, encoded.flatten(1, 2)).unflatten(1, (beats, rows))
        layer1 = torch.cat([in_beats(past, beats), future[:CELLS]], dim=-1)
        past, kept2 = self.forward2(in_time(layer1), (h2.contiguous(), c2.contiguous()))
        future = backwards(self.backward2, layer1.flatten(1, 2)).unflatten(1, (beats, rows))
        found = torch.cat([in_beats(past, beats), future, encoded[:CELLS]], dim=-1)
        return found, torch.cat([*kept1, *kept2])


def in_time(cells: torch.Tensor) -> torch.Tensor:
    """[6, K, B, F] -> [6 K, B, F]."""
    return cells.transpose(0, 1).flatten(0, 1)


def in_beats(cells: torch.Tensor, beats: int) -> torch.Tensor:
    """[6 K, B, F] -> [6, K, B, F]."""
    return cells.unflatten(0, (beats, CELLS)).transpose(0, 1)


def backwards(lstm: nn.LSTM, cells: torch.Tensor) -> torch.Tensor:
    """[T, N, F] -> [T, N, units], read from the last cell to the first, from a zero state."""
    return lstm(cells.flip(0))[0].flip(0)


def windows(cells: torch.Tensor) -> torch.Tensor:
    """[B, 6 (K + 2), F], of which the first beat is the one before -> [18, K, B, F]: each beat with the one
    before it and the one after it."""
    cut = cells.transpose(0, 1).unfold(0, 3 * CELLS, CELLS)  # [K, B, F, 18]
    return cut.permute(3, 0, 1, 2)


def known(features: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
    """Features of windows [18, K, B, F] and the number of cells heard [K, B] -> what a network may know,
    [12, K, B, 2 F + 1]: the cell itself where it is heard, else zeros; the cell a beat before; whether it
    is heard. Of the beat after the one that is decided, the cell before is known as far as it is heard."""
    place = torch.arange(WINDOW)[:, None, None]
    is_heard = (place < heard).to(features.dtype)[..., None]
    now = features[CELLS:] * is_heard
    before = torch.cat([features[:CELLS], now[:CELLS]])
    return torch.cat([now, before, is_heard], dim=-1)


def inputs_of(others: int) -> int:
    return 2 * FEATURES + 1 + others
