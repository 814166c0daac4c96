"""A made cache: no songs, no banks, nothing downloaded."""

import numpy as np
import pytest
import torch

from one2four_training import runs
from one2four_training.render import levels_db
from one2four_training.stft import SAMPLE_RATE

SECONDS = 6
torch.set_num_threads(1)  # two threads beside other load wait for each other


def made_stems(seed: int) -> np.ndarray:
    """[4, samples, 2] float: clicks, a low tone, a decaying chord, noise."""
    random = np.random.default_rng(seed)
    time = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    clicks = random.standard_normal(len(time)) * np.exp(-40 * (time % 0.25))
    bass = np.sin(2 * np.pi * random.uniform(50, 90) * time)
    chord = sum(np.sin(2 * np.pi * f * time) for f in random.uniform(300, 900, 3)) * np.exp(-2 * (time % 1))
    noise = np.convolve(random.standard_normal(len(time)), np.ones(4) / 4, "same")
    mono = np.stack([0.2 * clicks, 0.2 * bass, 0.06 * chord, 0.05 * noise])
    return np.repeat(mono[..., None], 2, axis=-1).astype(np.float32)


@pytest.fixture
def made_cache(tmp_path, monkeypatch):
    """Two training excerpts and one to validate with."""
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path))
    folder = tmp_path / "audio"
    folder.mkdir()
    excerpts = []
    for seed, split in enumerate(("train", "train", "valid")):
        stems = made_stems(seed)
        np.save(folder / f"made.{seed}.npy", np.round(stems * 32767).astype(np.int16))
        excerpts.append({"name": f"made.{seed}", "split": split, "levels_db": levels_db(stems)})
    runs.write(folder / "run.json", excerpts=excerpts)
    return tmp_path
