import numpy as np
import torch
from conftest import made_stems

from one2four_training.networks.open_unmix import FourOpenUnmix

SAMPLES = 30_000  # an example of its own length takes a minute


def examples() -> torch.Tensor:
    return torch.from_numpy(made_stems(0)).transpose(1, 2)[None, ..., :SAMPLES].contiguous()


def test_learns_one_batch():
    torch.manual_seed(0)
    net = FourOpenUnmix(hidden=16)
    stems = examples()
    net.prepare(stems)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    losses = []
    for _ in range(20):
        loss, _ = net.loss(stems, None)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_separates_any_length_into_four():
    net = FourOpenUnmix(hidden=16).eval()
    net.prepare(examples())
    mix = made_stems(1).sum(0)[:50_001]
    stems = net.separate(mix)
    assert stems.shape == (4, 50_001, 2) and np.isfinite(stems).all()
