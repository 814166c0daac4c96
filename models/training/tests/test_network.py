import pytest
import torch

from one2four_training.export import music_like
from one2four_training.network import LOOKAHEAD, UNITS, StemNet, joined, windows
from one2four_training.stft import BINS


def made_input(frames: int, rows: int):
    magnitude, state = music_like(frames, rows, seed=5)
    return torch.from_numpy(magnitude), torch.from_numpy(state)


def test_shapes_and_range():
    magnitude, state = made_input(LOOKAHEAD + 7, 3)
    mask, next_state = StemNet()(magnitude, state)
    assert mask.shape == (7, 3, BINS)
    assert next_state.shape == (4, 3, UNITS)
    assert 0 <= mask.min() and mask.max() <= 1


def test_joined_undoes_windows():
    frames = torch.randn(3 * 5 + LOOKAHEAD, 2, 4)
    assert torch.equal(joined(windows(frames, 5), 5, 2), frames[:15])


@pytest.mark.parametrize("chunk", [1, 4, 12])
def test_training_sees_what_a_stream_sees(chunk):
    """One pass with `chunk_frames` equals a stream of chunks that hands its state on."""
    net = StemNet().eval()
    magnitude, state = made_input(24 + LOOKAHEAD, 2)
    with torch.no_grad():
        whole, last_state = net(magnitude, state, chunk)
        streamed = []
        for begin in range(0, 24, chunk):
            mask, state = net(magnitude[begin : begin + chunk + LOOKAHEAD], state)
            streamed.append(mask)
    assert torch.allclose(torch.cat(streamed), whole, atol=1e-5)
    assert torch.allclose(state, last_state, atol=1e-5)


def test_look_ahead_leaves_no_trace_in_the_state():
    net = StemNet().eval()
    magnitude, state = made_input(10 + LOOKAHEAD, 1)
    other = magnitude.clone()
    other[10:] = 0.5
    with torch.no_grad():
        _, (h1, c1, *_) = net(magnitude, state)
        _, (other_h1, other_c1, *_) = net(other, state)
    assert torch.equal(h1, other_h1) and torch.equal(c1, other_c1)
