import numpy as np
import pytest
import torch
from conftest import made_stems

from one2four_training.networks import remix, remix_loss
from one2four_training.networks.remix import LOOKAHEAD, STATE_ROWS, UNITS, Remix, joined, windows
from one2four_training.networks.remix_bands import BANDS, STFT, bin_masks, spectral_of


def made_input(frames: int, rows: int, channels: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(5)
    power = 10 ** (-4 + 1.5 * torch.randn(frames, rows, channels, BANDS)).clamp(-10, 0)
    return power, torch.randn(STATE_ROWS, rows, UNITS).tanh()


def test_shapes():
    power, state = made_input(LOOKAHEAD + 7, 3)
    logits, next_state = Remix()(power, state)
    assert logits.shape == (7, 3, 4, 2, BANDS)
    assert next_state.shape == (STATE_ROWS, 3, UNITS)


def test_joined_undoes_windows():
    frames = torch.randn(3 * 5 + LOOKAHEAD, 2, 4)
    assert torch.equal(joined(windows(frames, 5), 5, 2), frames[:15])


@pytest.mark.parametrize("chunk", [1, 4, 12])
def test_training_sees_what_a_stream_sees(chunk):
    """One pass with `chunk_frames` equals a stream of chunks that hands its state on."""
    net = Remix().eval()
    power, state = made_input(24 + LOOKAHEAD, 2)
    with torch.no_grad():
        whole, last_state = net(power, state, chunk)
        streamed = []
        for begin in range(0, 24, chunk):
            logits, state = net(power[begin : begin + chunk + LOOKAHEAD], state)
            streamed.append(logits)
    assert torch.allclose(torch.cat(streamed), whole, atol=1e-4)
    assert torch.allclose(state, last_state, atol=1e-5)


def test_look_ahead_leaves_no_trace_in_the_first_layers_state():
    net = Remix().eval()
    power, state = made_input(10 + LOOKAHEAD, 1)
    other = power.clone()
    other[10:] = 0.5
    with torch.no_grad():
        states = [net(given, state)[1].unflatten(0, (4, 4)) for given in (power, other)]
    assert torch.equal(states[0][:, :2], states[1][:, :2])


def test_two_channels_alike_are_one():
    net = Remix().eval()
    power, state = made_input(6 + LOOKAHEAD, 2, channels=1)
    with torch.no_grad():
        one, two = net(power, state)[0], net(power.expand(-1, -1, 2, -1), state)[0]
    assert torch.allclose(one[:, :, :, 0], two[:, :, :, 0], atol=1e-5)


def test_loss_by_bands_is_the_loss_by_bins():
    stems = torch.from_numpy(made_stems(0).transpose(0, 2, 1).copy())[None, ..., : 20 * STFT.hop]
    stems[:, 1, 0] *= 0.3  # off centre, so that it is not mono
    spectral = spectral_of(stems, 9)
    logits = torch.randn(9, 1, 4, 2, BANDS)
    masks = torch.softmax(logits, 2)
    spectra = torch.from_numpy(STFT.transform(stems[0].numpy()))[:, :, :9]
    by_bin = bin_masks(masks[:, 0]).permute(1, 2, 0, 3)
    used = slice(0, spectral.spectra.shape[-1])
    error = (by_bin * spectra.sum(0) - spectra)[..., used].abs().square().sum((1, 2, 3))
    stem = spectra[..., used].abs().square().sum((1, 2, 3))
    product, power = spectral.product[:, 0], spectral.power[:9, 0].unsqueeze(1)
    found = (masks[:, 0] * (masks[:, 0] * power - 2 * product)).sum((0, 2, 3)) + spectral.energies[0, 0, :4]
    assert torch.allclose(found, error, rtol=1e-3)
    assert torch.allclose(spectral.energies[0, 0, :4], stem, rtol=1e-3)


def test_loss_gradient_and_gain():
    stems = torch.from_numpy(made_stems(1).transpose(0, 2, 1).copy())[None, ..., : 20 * STFT.hop]
    logits = torch.randn(9, 1, 4, 1, BANDS, requires_grad=True)
    loss = remix_loss.separation_loss(logits, spectral_of(stems, 9))
    loss.backward()
    step = 1e-2 * logits.grad / logits.grad.norm()
    lower = remix_loss.separation_loss((logits - step).detach(), spectral_of(stems, 9))
    expected = loss - 1e-2 * logits.grad.norm()
    assert abs(lower - expected) < 0.1 * (loss - expected)
    quiet = remix_loss.separation_loss(logits.detach(), spectral_of(stems * 0.5, 9))
    assert torch.isclose(loss, quiet, rtol=0.1)  # but for what lies at -100 dB
    by_stem = remix_loss.losses_by_stem(logits.detach(), spectral_of(stems, 9))
    assert torch.isclose(loss, by_stem.mean())


def test_overfits_one_batch():
    torch.manual_seed(0)
    stems = torch.from_numpy(made_stems(0).transpose(0, 2, 1).copy())[None, ..., : Remix.example_samples]
    net = remix.build(("drums", "bass", "piano", "other")).eval()
    net.prepare(stems)
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    losses = []
    for _ in range(25):
        loss, _ = net.loss(stems, None)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 2  # natural logarithm: with weights 1, 1/2, 1/2, 4 dB each


def test_left_and_right_make_no_difference():
    mix = made_stems(0)[1:].sum(0)[:50_000] + 0.2 * made_stems(1)[0, :50_000] * np.float32([1, 0.3])
    net = Remix().eval()
    exchanged = net.separate(mix[:, ::-1].copy())[..., ::-1]
    assert np.abs(net.separate(mix) - exchanged).max() < 1e-5


def test_separated_stems_are_the_mix():
    mix = made_stems(0).sum(0)[:50_000]
    stems = Remix().eval().separate(mix)
    assert stems.shape == (4, 50_000, 2)
    assert np.abs(stems.sum(0) - mix).max() < 1e-5
