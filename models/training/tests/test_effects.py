import numpy as np
import pytest
from conftest import made_stems

from one2four_training import effects


@pytest.mark.parametrize("name", [*effects.CHANCE, "coded"])
def test_an_effect_changes_the_sound_but_not_its_length(name):
    stem = made_stems(0)[2]
    made = getattr(effects, name)(stem, np.random.default_rng(3))
    assert made.shape == stem.shape and np.isfinite(made).all()
    assert np.abs(made - stem).max() > 1e-4


def test_a_compressor_is_there_from_the_first_sample():
    steady = np.full((44_100, 2), 0.1, np.float32)
    made = effects.compressed(steady, np.random.default_rng(1))
    assert np.allclose(made, made[-1], rtol=1e-3) and made[-1, 0] < 0.09


def test_level_is_kept_and_silence_stays(monkeypatch):
    monkeypatch.setattr(effects, "CHANCE", dict.fromkeys(effects.CHANCE, 1.0))
    stem = made_stems(0)[0]
    made = effects.recorded(stem, np.random.default_rng(1))
    assert np.isclose(np.mean(made**2), np.mean(stem**2), rtol=1e-3)
    assert not effects.recorded(0 * stem, np.random.default_rng(1)).any()
