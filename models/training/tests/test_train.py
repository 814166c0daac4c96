import json

import numpy as np
import torch

from one2four_training.mixes import Mixes, magnitude_and_mask
from one2four_training.network import StemNet
from one2four_training.train import Trainer, chunked_frames, loss_of, train


def test_batch_shapes_and_masks(made_cache):
    batch = Mixes("bass", "train").batch(3, 20, np.random.default_rng(0))
    assert batch.magnitude.shape == batch.mask.shape == (20, 3, 1025)
    assert 0 <= batch.mask.min() and batch.mask.max() <= 1


def test_masks_of_stem_and_rest_sum_to_one():
    stem = np.random.default_rng(0).standard_normal((2, 5, 9)) + 1j
    rest = 2j * stem  # a quarter turn apart: no mask is cut off at 0 or 1
    masks = [magnitude_and_mask(*pair)[1] for pair in ((stem, rest), (rest, stem))]
    assert np.allclose(masks[0] + masks[1], 1)


def test_loss_does_not_depend_on_the_gain(made_cache):
    batch = Mixes("drums", "train").batch(2, 20, np.random.default_rng(0))
    mask = torch.rand_like(batch.mask)
    before = loss_of(mask, batch)
    batch.magnitude *= 0.1
    assert torch.isclose(before, loss_of(mask, batch), rtol=1e-3)


def test_overfits_one_batch(made_cache):
    torch.manual_seed(0)
    batch = Mixes("drums", "train").batch(2, 8 + 16, np.random.default_rng(0))
    net = StemNet()
    optimiser = torch.optim.Adam(net.parameters(), lr=2e-3)
    losses = []
    for _ in range(60):
        loss = loss_of(net(batch.magnitude, net.zero_state(2), 8)[0], batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def test_resume_gives_the_same_losses(made_cache):
    def losses(run: str) -> list:
        return json.loads((made_cache / "runs" / run / "drums.run.json").read_text())["losses"]

    settings = dict(stems=["drums"], seed=3, rows=2, rate=1e-3, slice_steps=1, minutes=60)
    train(run="through", steps=4, **settings)
    folder = made_cache / "runs" / "stopped"
    folder.mkdir()
    Trainer("drums", folder, seed=3, steps=4, rows=2, rate=1e-3).slice(1, until=1e12)
    train(run="stopped", steps=4, **settings)
    assert losses("through") == losses("stopped")
    assert len(losses("through")) == 4


def test_sequences_are_whole_chunks():
    assert [(chunked_frames(chunk) - 16) % chunk for chunk in (86, 43, 22, 8, 1)] == [0] * 5
