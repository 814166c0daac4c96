"""A bidirectional LSTM with one unit per direction, many times as fast as PyTorch's on a processor.

PyTorch does every time step as a handful of calls; with one unit and 22,050 steps these calls are nearly
all of the work. Here a direction is one compiled loop over time, with the rows of the batch side by side
in the processor's registers. Where numba is missing, `nn.LSTM` does the same.
`python -m one2four_training.networks.unit_lstm` times both.
"""

import math
import time

import numpy as np
import torch
from torch import nn

try:
    from numba import njit
except ImportError:  # nn.LSTM is slow and right
    njit = None

LOG2_E = np.float32(1 / math.log(2))
POWERS = np.array([math.log(2) ** k / math.factorial(k) for k in range(7)], np.float32)  # of 2^x, |x| <= 1/2

if njit:

    @njit(fastmath=True, error_model="numpy", cache=True)
    def sigmoid(x, bits):
        """Replaces x [n] float32 by its logistic function; bits [n] int32 is work space. A loop of plain
        arithmetic, unlike one of calls to exp, is done for eight numbers at once."""
        powers_of_two = bits.view(np.float32)
        for n in range(len(x)):
            exponent = min(max(-x[n] * LOG2_E, np.float32(-100)), np.float32(100))
            whole = np.floor(exponent + np.float32(0.5))
            bits[n] = (np.int32(whole) + np.int32(127)) << np.int32(23)
            r = exponent - whole
            p = POWERS[5] + r * POWERS[6]
            p = POWERS[3] + r * (POWERS[4] + r * p)
            x[n] = POWERS[0] + r * (POWERS[1] + r * (POWERS[2] + r * p))
        for n in range(len(x)):
            x[n] = np.float32(1) / (np.float32(1) + x[n] * powers_of_two[n])

    @njit(fastmath=True, error_model="numpy", cache=True)
    def run(sequence, weight, recurrent, bias, is_reverse, gates, cell, hidden):
        """sequence [T, F, B], weight [4, F], recurrent [4], bias [4], in PyTorch's order i f g o -> fills
        gates [T, 4, B], cell and hidden [T, B]."""
        steps, features, rows = sequence.shape
        two, one = np.float32(2), np.float32(1)
        h, c = np.zeros(rows, np.float32), np.zeros(rows, np.float32)
        now, bits = np.empty((4, rows), np.float32), np.empty(4 * rows, np.int32)
        flat, tanh_c = now.reshape(4 * rows), np.empty(rows, np.float32)
        for step in range(steps):
            t = steps - 1 - step if is_reverse else step
            for gate in range(4):
                for b in range(rows):
                    now[gate, b] = bias[gate] + recurrent[gate] * h[b]
                for f in range(features):
                    for b in range(rows):
                        now[gate, b] += weight[gate, f] * sequence[t, f, b]
            for b in range(rows):
                now[2, b] *= two  # tanh(x) is 2 sigmoid(2 x) - 1
            sigmoid(flat, bits)
            for b in range(rows):
                now[2, b] = two * now[2, b] - one
                c[b] = now[1, b] * c[b] + now[0, b] * now[2, b]
                tanh_c[b] = two * c[b]
            sigmoid(tanh_c, bits[:rows])
            for b in range(rows):
                h[b] = now[3, b] * (two * tanh_c[b] - one)
                cell[t, b], hidden[t, b] = c[b], h[b]
            gates[t] = now

    @njit(fastmath=True, error_model="numpy", cache=True)
    def run_back(sequence, weight, recurrent, is_reverse, gates, cell, hidden, wanted, d_sequence):
        """wanted [T, B], the loss's gradient of `hidden` -> fills d_sequence [T, F, B]; returns the
        gradients of weight [4, F], recurrent [4] and bias [4]."""
        steps, features, rows = sequence.shape
        one, zeros = np.float32(1), np.zeros(rows, np.float32)
        dh, dc, d = np.zeros(rows, np.float32), np.zeros(rows, np.float32), np.empty((4, rows), np.float32)
        d_weight = np.zeros((4, features, rows), np.float32)
        d_recurrent, d_bias = np.zeros((4, rows), np.float32), np.zeros((4, rows), np.float32)
        for step in range(steps - 1, -1, -1):
            t = steps - 1 - step if is_reverse else step
            before = t + 1 if is_reverse else t - 1
            c0, h0 = (cell[before], hidden[before]) if step > 0 else (zeros, zeros)
            for b in range(rows):
                i, f, g, o = gates[t, 0, b], gates[t, 1, b], gates[t, 2, b], gates[t, 3, b]
                tanh_c = hidden[t, b] / max(o, np.float32(1e-20))
                dht = wanted[t, b] + dh[b]
                dct = dc[b] + dht * o * (one - tanh_c * tanh_c)
                d[0, b] = dct * g * i * (one - i)
                d[1, b] = dct * c0[b] * f * (one - f)
                d[2, b] = dct * i * (one - g * g)
                d[3, b] = dht * tanh_c * o * (one - o)
                dc[b] = dct * f
                dh[b] = d[0, b] * recurrent[0] + d[1, b] * recurrent[1] + d[2, b] * recurrent[2]
                dh[b] += d[3, b] * recurrent[3]
            for gate in range(4):
                for b in range(rows):
                    d_recurrent[gate, b] += d[gate, b] * h0[b]
                    d_bias[gate, b] += d[gate, b]
            for f in range(features):
                for b in range(rows):
                    d_sequence[t, f, b] = (
                        d[0, b] * weight[0, f] + d[1, b] * weight[1, f]
                        + d[2, b] * weight[2, f] + d[3, b] * weight[3, f]
                    )  # fmt: skip
                for gate in range(4):
                    for b in range(rows):
                        d_weight[gate, f, b] += d[gate, b] * sequence[t, f, b]
        return d_weight.sum(2), d_recurrent.sum(1), d_bias.sum(1)


class Direction(torch.autograd.Function):
    """sequence [T, F, B], weight [4, F], recurrent [4], bias [4] -> hidden [T, B]."""

    @staticmethod
    def forward(ctx, sequence, weight, recurrent, bias, is_reverse: bool) -> torch.Tensor:
        steps, _, rows = sequence.shape
        inputs = [tensor.detach().contiguous() for tensor in (sequence, weight, recurrent, bias)]
        gates, (cell, hidden) = torch.empty(steps, 4, rows), torch.empty(2, steps, rows)
        run(*(x.numpy() for x in inputs), is_reverse, gates.numpy(), cell.numpy(), hidden.numpy())
        ctx.save_for_backward(*inputs[:3], gates, cell, hidden)
        ctx.is_reverse = is_reverse
        return hidden

    @staticmethod
    def backward(ctx, wanted: torch.Tensor) -> tuple:
        inputs = [tensor.numpy() for tensor in ctx.saved_tensors]
        d_sequence = torch.empty_like(ctx.saved_tensors[0])
        parts = (*inputs[:3], ctx.is_reverse, *inputs[3:], wanted.contiguous().numpy())
        return d_sequence, *map(torch.from_numpy, run_back(*parts, d_sequence.numpy())), None


class UnitBiLSTM(nn.LSTM):
    """`nn.LSTM(features, 1, bidirectional=True)` that is called with the sequence alone and starts from
    zero. Its weights begin as Keras' do: Glorot for the input, a unit row for the recurrence, a forget
    bias of one."""

    def __init__(self, features: int) -> None:
        super().__init__(features, 1, bidirectional=True)
        for suffix in ("", "_reverse"):
            nn.init.xavier_uniform_(getattr(self, f"weight_ih_l0{suffix}"))
            nn.init.orthogonal_(getattr(self, f"weight_hh_l0{suffix}"))
            nn.init.zeros_(getattr(self, f"bias_hh_l0{suffix}"))
            with torch.no_grad():
                getattr(self, f"bias_ih_l0{suffix}").copy_(torch.tensor([0.0, 1.0, 0.0, 0.0]))

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        """[T, features, B] -> [T, 2, B]: what the forward and the backward unit give."""
        if njit is None or sequence.device.type != "cpu":
            return self.slowly(sequence)
        return torch.stack([self._direction(sequence, ""), self._direction(sequence, "_reverse")], dim=1)

    def slowly(self, sequence: torch.Tensor) -> torch.Tensor:
        """The same by `nn.LSTM`."""
        return super().forward(sequence.transpose(1, 2))[0].transpose(1, 2)

    def _direction(self, sequence: torch.Tensor, suffix: str) -> torch.Tensor:
        weight, recurrent, bias1, bias2 = (
            getattr(self, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        return Direction.apply(sequence, weight, recurrent[:, 0], bias1 + bias2, bool(suffix))


def main() -> None:
    """Times a step (forward and back) of one BiLSTM: 16 rows of a second at 22,050 Hz, 8 features."""
    torch.set_num_threads(1)
    sequence, lstm = torch.randn(22_050, 8, 16, requires_grad=True), UnitBiLSTM(8)
    for name, call in (("nn.LSTM", lstm.slowly), ("here", lstm)):
        call(sequence).sum().backward()
        cpu = time.process_time()
        for _ in range(3):
            call(sequence).sum().backward()
        print(f"{name}: {(time.process_time() - cpu) / 3:.3f} s of processor time per step")


if __name__ == "__main__":
    main()
