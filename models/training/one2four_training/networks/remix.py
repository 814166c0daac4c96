"""StemNet: one bidirectional LSTM that masks one stem out of a magnitude spectrogram.

The network runs on a stream, a chunk of frames at a time. The forward LSTMs carry their state from
chunk to chunk, so they know the whole past. The backward LSTMs start from zero LOOKAHEAD frames
after the chunk's end, so they know that much of the future and no more (a latency-controlled
BiLSTM). Training cuts its sequences into the same chunks, so the network learns what it will meet.

    magnitude -> log, standardised -> Linear, tanh -> BiLSTM -> BiLSTM -> Linear -> sigmoid -> mask
                 (up to 16 kHz)            \\__________ skip __________/

Letters in shapes: T input frames, L = LOOKAHEAD, N = T - L committed frames (those that get a
mask), C frames of a chunk, K = N / C chunks, B rows of the batch (the channels, in a stream).
"""

import torch
from torch import nn

from .stft import BINS

LOOKAHEAD = 16
UNITS = 128  # per LSTM and direction
ENCODED = 192
INPUT_BINS = 743  # up to 16 kHz
FLOOR = 1e-5  # -100 dB; the logarithm sees nothing below it
STATE_ROWS = 4  # h and c of the first forward LSTM, h and c of the second


class StemNet(nn.Module):
    """1.33 million parameters; a mask for one stem."""

    def __init__(self) -> None:
        super().__init__()
        # Of log(magnitude), per bin, over the training mixes; `train` measures and sets them.
        self.register_buffer("mean", torch.full((INPUT_BINS,), -7.0))
        self.register_buffer("deviation", torch.full((INPUT_BINS,), 2.0))
        self.encoder = nn.Linear(INPUT_BINS, ENCODED)
        self.forward1 = nn.LSTM(ENCODED, UNITS)
        self.backward1 = nn.LSTM(ENCODED, UNITS)
        self.forward2 = nn.LSTM(2 * UNITS, UNITS)
        self.backward2 = nn.LSTM(2 * UNITS, UNITS)
        self.decoder = nn.Linear(2 * UNITS + ENCODED, BINS)

    @staticmethod
    def zero_state(rows: int) -> torch.Tensor:
        """The state at the start of a stream: [4, rows, UNITS]."""
        return torch.zeros(STATE_ROWS, rows, UNITS)

    def forward(
        self, magnitude: torch.Tensor, state: torch.Tensor, chunk_frames: int | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """magnitude [T, B, BINS], state [4, B, UNITS] -> mask [N, B, BINS], next state [4, B, UNITS].

        With `chunk_frames` the result is what a stream of such chunks gives: N must be a multiple
        of it. Without, all N frames are one chunk.
        """
        committed = len(magnitude) - LOOKAHEAD
        chunk = chunk_frames or committed
        encoded = self.encode(magnitude)

        # Forward over the committed frames, and from there, without keeping the state, over the
        # look-ahead: only the second backward LSTM wants those.
        past1, (h1, c1) = self.forward1(encoded[:committed], (state[0:1], state[1:2]))
        ahead1, _ = self.forward1(encoded[committed:], (h1, c1))

        future1 = backwards(self.backward1, windows(encoded, chunk))
        past_windows = windows(torch.cat([past1, ahead1]), chunk)
        future2 = backwards(self.backward2, torch.cat([past_windows, future1], dim=-1))

        rows = magnitude.shape[1]
        future1, future2 = (joined(future, chunk, rows) for future in (future1, future2))
        past2, (h2, c2) = self.forward2(torch.cat([past1, future1], dim=-1), (state[2:3], state[3:4]))

        found = torch.cat([past2, future2, encoded[:committed]], dim=-1)
        return torch.sigmoid(self.decoder(found)), torch.cat([h1, c1, h2, c2])

    def encode(self, magnitude: torch.Tensor) -> torch.Tensor:
        """[T, B, BINS] -> [T, B, ENCODED]."""
        level = magnitude[..., :INPUT_BINS].clamp(min=FLOOR).log()
        return torch.tanh(self.encoder((level - self.mean) / self.deviation))


def windows(frames: torch.Tensor, chunk: int) -> torch.Tensor:
    """[N + L, B, F] -> [C + L, K * B, F]: each chunk with the look-ahead after it."""
    cut = frames.unfold(0, chunk + LOOKAHEAD, chunk)  # [K, B, F, C + L]
    return cut.permute(3, 0, 1, 2).flatten(1, 2)


def joined(chunks: torch.Tensor, chunk: int, rows: int) -> torch.Tensor:
    """[C + L, K * B, F] -> [N, B, F]: the chunks one after the other, their look-ahead dropped."""
    cut = chunks[:chunk].unflatten(1, (-1, rows))  # [C, K, B, F]
    return cut.transpose(0, 1).flatten(0, 1)


def backwards(lstm: nn.LSTM, frames: torch.Tensor) -> torch.Tensor:
    """[T, B, F] -> [T, B, UNITS], read from the last frame to the first, from a zero state."""
    return lstm(frames.flip(0))[0].flip(0)
