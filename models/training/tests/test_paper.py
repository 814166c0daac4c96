import numpy as np
import pytest
import torch
from torch import nn

from one2four_training import STEMS, networks
from one2four_training.networks.paper import SECOND
from one2four_training.networks.unit_lstm import UnitBiLSTM


def test_the_compiled_lstm_gives_pytorchs_samples_and_gradients():
    torch.manual_seed(1)
    lstm = UnitBiLSTM(3)
    nn.init.normal_(lstm.bias_hh_l0)
    sequence, wanted = torch.randn(300, 3, 4, requires_grad=True), torch.randn(300, 2, 4)

    def results(hidden: torch.Tensor) -> list[torch.Tensor]:
        inputs = [sequence, *lstm.parameters()]
        return [hidden, *torch.autograd.grad((hidden * wanted).sum(), inputs)]

    own, pytorchs = results(lstm(sequence)), results(lstm.slowly(sequence))
    for ours, theirs in zip(own, pytorchs, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize(
    ("name", "stems"),
    [("paper-one2one", STEMS), ("paper-one2four-combined", STEMS), ("paper-one2four-split", ("bass",))],
)
def test_each_learns_one_batch_by_heart(name, stems):
    torch.manual_seed(1)
    net = networks.build(name, stems)
    time = torch.arange(2 * SECOND) / (2 * SECOND)
    tones = torch.stack([torch.sin(2 * np.pi * hz * time) for hz in (4000, 60, 500, 1200)])
    tones[2:] = 0  # one BiLSTM of one unit gives two numbers a sample: no more than two stems by heart
    batch = 0.2 * tones[None, :, None].expand(2, 4, 2, -1)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.02)
    losses = []
    for _ in range(40):
        loss, _ = net.loss(batch, None)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
