"""`remix`: four bridged BiLSTM stacks that share a mix out among its stems.

The network runs on a stream, a chunk of frames at a time. The forward LSTMs carry their state from
chunk to chunk, so they know the whole past. The backward LSTMs start from zero LOOKAHEAD frames
after the chunk's end, so they know that much of the future and no more (a latency-controlled
BiLSTM). Training cuts its sequences into the same chunks and hands the state on from example to example,
so the network learns what it will meet.

    powers -> level, panning -> Linear, tanh -+-> BiLSTM -> bridge -> BiLSTM -> bridge -> Linear -+
              per band                        +-> ... one such stack per stem                     |
                                                     softmax over the stems <- shapes + cues <----+

The bridge adds the mean of all stacks to each (after CrossNet-Open-Unmix, Sawata et al. 2021). Each stack
gives, per channel, how much of each of RANK spectral shapes there is, and, per band group, how much each
CUE counts: what is seen at a single band, where the shapes are too coarse.

A stream is heard in both orders of its channels, as two rows of a batch, and the mean of the logits
counts: what is left or right makes no difference then, and each stem comes out nearer by 0.1 to 0.2 dB,
for a third more time.

Letters in shapes: T input frames, L = LOOKAHEAD, N = T - L committed frames (those that get a
mask), C frames of a chunk, K = N / C chunks, B rows of the batch, S stems, 2 channels.
"""

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .. import STEMS
from ..machine import half_precision
from .remix_bands import BANDS, FLOOR, STFT, Spectral, band_power, bin_masks, spectral_of
from .remix_loss import losses_by_stem, separation_loss

LOOKAHEAD = 8
ENCODED = 256
UNITS = 128  # per LSTM and direction
RANK = 128
CUES = 5  # panning, its square, level, peak, decay
CUE_GROUPS = 3  # of as many neighbouring bands
PEAK_BANDS = 9
DECAY_FRAMES = 4
STATE_ROWS = 4 * len(STEMS)  # h and c of the first forward LSTM, h and c of the second, per stem

FRAMES = 88  # committed frames of an example, 2 s
CHUNKS = (44, 11, 4, 1)  # what the plugin's settings come to: 1 s, 1/4 s, 1/10 s, one hop
CHUNK_WEIGHTS = (0.5, 0.3, 0.17, 0.03)
VALID_CHUNK = 44


def build(stems: tuple[str, ...]) -> "Remix":
    if stems != STEMS:
        raise SystemExit("remix is one network for all stems: leave --stems out")
    return Remix()


class Stack(nn.Module):
    """One stem's two BiLSTMs and what comes after them."""

    def __init__(self) -> None:
        super().__init__()
        self.forward1 = nn.LSTM(ENCODED, UNITS)
        self.backward1 = nn.LSTM(ENCODED, UNITS)
        self.forward2 = nn.LSTM(2 * UNITS, UNITS)
        self.backward2 = nn.LSTM(2 * UNITS, UNITS)
        self.decoder = nn.Linear(2 * UNITS + ENCODED, 2 * RANK + CUES * CUE_GROUPS)


class Remix(nn.Module):
    """4.2 million parameters; masks of all stems, which sum to one in every band."""

    example_samples = (FRAMES + LOOKAHEAD - 1) * STFT.hop + STFT.fft
    advance_samples = FRAMES * STFT.hop
    consecutive = 4

    def __init__(self) -> None:
        super().__init__()
        # Of the level per band, over training mixes; `prepare` measures them.
        self.register_buffer("mean", torch.full((BANDS,), -7.0))
        self.register_buffer("deviation", torch.full((BANDS,), 2.0))
        self.encoder = nn.Linear(2 * BANDS, ENCODED)
        self.stacks = nn.ModuleList([Stack() for _ in STEMS])
        self.shapes = nn.Linear(RANK, BANDS)

    @staticmethod
    def zero_state(rows: int) -> torch.Tensor:
        """The state at the start of a stream: [STATE_ROWS, rows, UNITS]."""
        return torch.zeros(STATE_ROWS, rows, UNITS)

    def forward(
        self, power: torch.Tensor, state: torch.Tensor, chunk_frames: int | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Band powers [T, B, channels, BANDS] and state -> logits [N, B, S, channels, BANDS], whose softmax
        over the stems are the masks, and the next state.

        One channel means two that are alike. With `chunk_frames` the result is what a stream of such
        chunks gives: N must be a multiple of it. Without, all N frames are one chunk.
        """
        committed, rows = len(power) - LOOKAHEAD, power.shape[1]
        chunk = chunk_frames or committed
        level, panning = self.features(power)
        encoded = torch.tanh(self.encoder(torch.cat([level, panning], dim=-1)))
        encoded_windows = windows(encoded, chunk)
        states = state.unflatten(0, (len(STEMS), 4, 1))

        # Forward over the committed frames, and from there, without keeping the state, over the
        # look-ahead: only the second backward LSTM wants those.
        pasts, futures, next_states = [], [], []
        for stack, (h1, c1, _, _) in zip(self.stacks, states, strict=True):
            past, kept = stack.forward1(encoded[:committed], (h1, c1))
            ahead, _ = stack.forward1(encoded[committed:], kept)
            pasts.append(torch.cat([past, ahead]))
            futures.append(backwards(stack.backward1, encoded_windows))
            next_states.append([*kept])
        pasts, futures = bridged(pasts), bridged(futures)

        found_pasts, found_futures = [], []
        for index, stack in enumerate(self.stacks):
            past_windows = windows(pasts[index], chunk)
            future = backwards(stack.backward2, torch.cat([past_windows, futures[index]], dim=-1))
            both = torch.cat([pasts[index][:committed], joined(futures[index], chunk, rows)], dim=-1)
            past, kept = stack.forward2(both, tuple(states[index, 2:]))
            found_pasts.append(past)
            found_futures.append(joined(future, chunk, rows))
            next_states[index] += kept
        found = zip(bridged(found_pasts), bridged(found_futures), strict=True)

        skip = encoded[:committed]
        decoded = torch.stack(
            [
                stack.decoder(torch.cat([past, future, skip], dim=-1))
                for stack, (past, future) in zip(self.stacks, found, strict=True)
            ],
            dim=2,
        )  # [N, B, S, 2 RANK + CUES * CUE_GROUPS]
        shares, weights = decoded.split([2 * RANK, CUES * CUE_GROUPS], dim=-1)
        shares = torch.relu(shares.unflatten(-1, (2, RANK)))[..., : power.shape[2], :]
        logits = self.shapes(shares) + weighted(weights, self.cues(level, panning)).unsqueeze(3)
        return logits, torch.cat([torch.cat(each) for each in next_states])

    def stream_masks(self, power: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Band powers [T, channels, BANDS] of one stream and the state of its two rows -> masks
        [N, S, channels, BANDS] and the next state."""
        logits, state = self(torch.stack([power, power.flip(1)], dim=1), state)
        return torch.softmax((logits[:, 0] + logits[:, 1].flip(2)) / 2, dim=1), state

    def features(self, power: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """-> level, standardised, and panning, -1 (right) to 1 (left): [T, B, BANDS] each."""
        level = (power.mean(2).clamp(min=FLOOR).log() - self.mean) / self.deviation
        left, right = power[:, :, 0], power[:, :, -1]
        return level, (left - right) / (left + right + FLOOR)

    @staticmethod
    def cues(level: torch.Tensor, panning: torch.Tensor) -> torch.Tensor:
        """-> [N, B, CUES, BANDS]: what the committed frames show at each band by itself."""
        committed = len(level) - LOOKAHEAD
        now = level[:committed]
        around = functional.avg_pool1d(now, PEAK_BANDS, 1, PEAK_BANDS // 2, count_include_pad=False)
        decay = now - level[DECAY_FRAMES : committed + DECAY_FRAMES]
        panning = panning[:committed]
        return torch.stack([panning, panning.square(), now, now - around, decay], dim=2)

    def prepare(self, stems: torch.Tensor) -> None:
        """Sets mean and deviation of the level in each band."""
        powers = [spectral_of(row[None], FRAMES).power for row in stems]
        level = torch.cat([power.mean(2).clamp(min=FLOOR).log() for power in powers], dim=1)
        self.mean.copy_(level.mean((0, 1)))
        self.deviation.copy_(level.std((0, 1)).clamp(min=1.0))

    def loss(self, stems: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        logits, spectral, state = self.of_example(stems, state)
        return separation_loss(logits, spectral), state

    @torch.no_grad()
    def losses_by_stem(self, stems: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        logits, spectral, state = self.of_example(stems, state)
        return losses_by_stem(logits, spectral), state

    def of_example(self, stems: torch.Tensor, state: Any) -> tuple[torch.Tensor, Spectral, torch.Tensor]:
        """Logits, what they are judged by, and the next state."""
        spectral = spectral_of(stems, FRAMES, vary=self.training)
        chunk = VALID_CHUNK
        if self.training:
            chunk = CHUNKS[int(torch.multinomial(torch.tensor(CHUNK_WEIGHTS), 1))]
        device = self.mean.device
        state = self.zero_state(len(stems)) if state is None else state
        with half_precision(self.training and device.type == "cpu"):
            logits, state = self(spectral.power.to(device), state.to(device), chunk)
        return logits, spectral, state.detach().float()

    @torch.no_grad()
    def separate(self, mix: np.ndarray) -> np.ndarray:
        spectra = STFT.analyse(mix)
        magnitude = torch.from_numpy(np.abs(spectra).astype(np.float32))
        padded = functional.pad(magnitude, (0, 0, 0, 0, 0, LOOKAHEAD))
        masks, _ = self.stream_masks(band_power(padded), self.zero_state(2))
        masks = bin_masks(masks).numpy()  # [N, S, 2, bins]
        stems = [STFT.synthesise(spectra * masks[:, i], len(mix)) for i in range(len(STEMS) - 1)]
        return np.stack([*stems, mix - sum(stems)])


def bridged(stacks: list[torch.Tensor]) -> list[torch.Tensor]:
    """Adds the mean of all stacks to each."""
    mean = sum(stacks) / len(stacks)
    return [stack + mean for stack in stacks]


def weighted(weights: torch.Tensor, cues: torch.Tensor) -> torch.Tensor:
    """[N, B, S, CUES * CUE_GROUPS] and [N, B, CUES, BANDS] -> [N, B, S, BANDS]: the sum of the cues, each
    weighted per stem and band group."""
    weights = weights.unflatten(-1, (CUE_GROUPS, CUES)).transpose(2, 3)  # [N, B, G, S, CUES]
    cues = cues.unflatten(-1, (CUE_GROUPS, -1)).transpose(2, 3)  # [N, B, G, CUES, BANDS / G]
    return torch.matmul(weights, cues).transpose(2, 3).flatten(-2)


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
