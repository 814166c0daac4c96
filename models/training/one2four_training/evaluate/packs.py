"""A pack of kind `mask` run from Python, step by step as the plugin does it (models/README.md)."""

import functools
import hashlib
import json
from pathlib import Path

import numpy as np

from .. import STEMS, runs
from ..export import manifest_of
from ..export.graph import session
from ..stft import OVERLAP, Stft, model_magnitude

PACKS = runs.PACKAGE.parents[1] / "packs"
NO_CLAIM = 1e-9  # below this sum of masks each stem takes an equal share


class Pack:
    """A pack's folder, its sessions open from the first use on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        manifest = manifest_of(folder)
        self.id, self.name, self.version = manifest["id"], manifest["name"], manifest["version"]
        self.kind, self.stream, self.graphs = manifest["kind"], manifest["stream"], manifest["graph"]

    @property
    def files(self) -> list[Path]:
        return [self.folder / graph["file"] for graph in self.graphs]

    @property
    def digest(self) -> str:
        """Of what the networks compute: the same for another version, name or description."""
        what = json.dumps([self.kind, self.stream, self.graphs], sort_keys=True)
        return hashlib.sha256(what.encode()).hexdigest()[:16]

    @property
    def trainings(self) -> list[dict]:
        """The run.json of each training run that made the pack; empty where none is kept."""
        file = self.folder / "run.json"
        training = (runs.read(file).get("training") if file.exists() else None) or {}
        return [training] if "losses" in training else list(training.values())

    @functools.cached_property
    def sessions(self) -> list:
        return [session(file) for file in self.files]

    @functools.cached_property
    def stft(self) -> Stft:
        return Stft(self.stream["fft"])

    def chunk_frames(self, seconds: float) -> int:
        return max(1, round(seconds * self.stream["sample_rate"] / self.stream["hop"]))

    def separate(self, mix: np.ndarray, chunk: int | None = None, carry: bool = True) -> np.ndarray:
        """[samples, 2] -> [4, samples, 2]. `chunk` is in frames, None for the whole song at once; without
        `carry` each chunk begins as the first one does. Frames are counted from the first sound."""
        sounding = np.flatnonzero(mix.any(axis=1))
        first = sounding[0] if len(sounding) else 0
        early = OVERLAP - 1  # frames before, that a window at the first sound reaches back to
        song = np.concatenate([np.zeros((early * self.stft.hop, mix.shape[1]), np.float32), mix[first:]])
        spectra = self.stft.analyse(song)
        masks = self.masks(model_magnitude(spectra[early:], self.stream["channels"]), chunk, carry)
        masks = np.pad(masks, ((early, 0), (0, 0), (0, 0), (0, 0)))
        found = masked(self.stft, spectra, shares(masks), song)
        # What comes before the first sound is silence, though masks ring there.
        return np.pad(found[:, early * self.stft.hop :], ((0, 0), (first, 0), (0, 0)))

    def masks(self, magnitude: np.ndarray, chunk: int | None, carry: bool) -> np.ndarray:
        """[frames, channels, bins] -> [frames, 4, channels, bins].

        The first chunk begins a look-ahead before the song, in silence: the plugin gives, with each chunk
        of input, the stems of the frames a look-ahead earlier."""
        frames, ahead = len(magnitude), self.stream["lookahead_frames"]
        chunk = chunk or ahead + frames
        ends = range(chunk, ahead + frames + chunk, chunk)
        padded = np.zeros((ends[-1] + ahead, *magnitude.shape[1:]), np.float32)
        padded[ahead : ahead + frames] = magnitude
        masks = np.empty((ends[-1], len(STEMS), *magnitude.shape[1:]), np.float32)
        for graph, runner in zip(self.graphs, self.sessions, strict=True):
            rows = [STEMS.index(stem) for stem in graph["stems"]]
            zero = np.zeros(runner.get_inputs()[1].shape, np.float32)
            state = zero
            for end in ends:
                piece = padded[end - chunk : end + ahead]
                mask, state = runner.run(["mask", "next_state"], {"magnitude": piece, "state": state})
                masks[end - chunk : end, rows] = mask
                state = state if carry else zero
        return masks[ahead : ahead + frames]


def shares(masks: np.ndarray) -> np.ndarray:
    """[frames, 4, channels, bins], each bin divided by its sum over the stems, in place: a song's masks are
    large."""
    np.maximum(masks, 0, out=masks)
    total = masks.sum(axis=1, keepdims=True)
    masks /= np.maximum(total, NO_CLAIM)
    np.copyto(masks, np.float32(1 / len(STEMS)), where=total <= NO_CLAIM)
    return masks


def masked(stft: Stft, spectra: np.ndarray, masks: np.ndarray, mix: np.ndarray) -> np.ndarray:
    """-> [4, samples, channels]; the last stem is what the others leave of the mix."""
    stems = [stft.synthesise(spectra * masks[:, index], len(mix)) for index in range(len(STEMS) - 1)]
    return np.stack([*stems, mix - sum(stems)])
