"""A made cache: no songs, no banks, nothing downloaded."""

import numpy as np
import pytest
import torch

from one2four_training import runs
from one2four_training.accompany import chords, features, grid, score
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


def made_song(name: str, split: str, seed: int, beats: int = 32) -> tuple[dict, dict[str, np.ndarray]]:
    """A song of four beats a bar with a chord per bar, notes on it, and noise in place of what is heard."""
    random = np.random.default_rng(seed)
    plan = np.repeat(random.integers(0, 84, beats // 4), 4).astype(np.uint8)
    notes = []
    for beat, chord in enumerate(plan):
        root = int(chord) % 12
        notes += [(beat, beat + 0.1, 36 if beat % 2 == 0 else 38, 100, 0, 0, 0)]
        notes += [(beat, beat + 0.9, score.bass_base(root), 90, 1, 33, 1)]
        notes += [(beat + 0.5, beat + 1, 48 + root + step, 70, 2, 0, 2) for step in (0, 4, 7)]
    arrays = score.targets(np.array(notes, score.NOTE), plan)
    arrays |= {f"again_{part}": values for part, values in arrays.items()}
    arrays["struck"] = chords.TONES[plan] > 0
    heard = random.uniform(0, 1, (beats * grid.CELLS, features.FEATURES)).astype(np.float16)
    entry = {
        "name": name, "split": split, "style": "swing" if split in ("valid", "test") else None,
        "beats_per_bar": 4, "unit": 1, "key": 3, "fills": [False] * (beats // 4), "bpm": 100.0,
        "bank": "none",
    }  # fmt: skip
    return entry, {"plan": plan, "features": heard, **arrays}


def made_noise(name: str, split: str) -> tuple[dict, dict[str, np.ndarray]]:
    """Sixteen beats without a chord or a band."""
    entry, arrays = made_song(name, split, 0, 16)
    arrays |= {part: np.zeros_like(arrays[part]) for part in ("drums", "bass", "piano", "other")}
    return {**entry, "style": None}, arrays | {"plan": np.full(16, chords.NO_CHORD, np.uint8)}


@pytest.fixture
def made_songs(tmp_path, monkeypatch):
    """Two songs to train an accompanist with, one in each of the other splits, and noise."""
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path))
    folder = tmp_path / "accompany" / "heard"
    folder.mkdir(parents=True)
    entries = []
    for seed, split in enumerate(("train", "train", "valid", "test", "unseen", "arranged")):
        entry, arrays = made_song(f"made-{seed}", split, seed)
        np.savez(folder / f"made-{seed}.npz", **arrays)
        entries.append(entry)
    for split in ("valid", "test"):
        entry, arrays = made_noise(f"noise-{split}", split)
        np.savez(folder / f"noise-{split}.npz", **arrays)
        entries.append(entry)
    runs.write(folder / "run.json", songs=entries)
    return tmp_path
