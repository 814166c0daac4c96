"""The clips that are measured: excerpts of songs not trained on, their stems and their notes."""

import functools
import hashlib
from dataclasses import dataclass

import numpy as np

from .. import STEMS, midi, runs
from ..stft import SAMPLE_RATE
from . import onsets
from .scores import SILENT_DB, level_db

LAST_S = 0.1  # of a clip, whose notes are not looked for
SEEN, HUMAN, UNSEEN = "seen", "human", "unseen"
SETS = {
    SEEN: "Unseen songs, seen banks: held-out Freedoom songs and MMA styles",
    HUMAN: "Of these, the Freedoom songs (human-written)",
    UNSEEN: "Unseen songs, unseen bank: OpenTTD's songs (human-written) with the OPL-3 bank",
}


@dataclass(frozen=True)
class Clip:
    entry: dict
    """Of the index of `render`."""
    stems: np.ndarray
    """[4, samples, 2] float32."""
    onsets: dict[str, np.ndarray]
    """Seconds from the clip's start."""

    @functools.cached_property
    def mix(self) -> np.ndarray:
        return self.stems.sum(0)

    @property
    def name(self) -> str:
        return self.entry["name"]

    @property
    def seconds(self) -> float:
        return len(self.mix) / SAMPLE_RATE

    def sounds(self, stem: str) -> bool:
        return level_db(self.stems[STEMS.index(stem)]) > SILENT_DB


def entries() -> list[dict]:
    """The index entries of the clips, the sets in turns, so that any beginning is a fair sample."""
    index = runs.cache() / "audio" / "run.json"
    if not index.exists():
        return []
    listed = runs.read(index)["excerpts"]
    listed.sort(key=lambda entry: hashlib.sha1(entry["name"].encode()).digest())
    seen, unseen = ([e for e in listed if e["split"] == split] for split in ("valid", "test"))
    mixed = [entry for pair in zip(seen, unseen, strict=False) for entry in pair]
    return mixed + seen[len(unseen) :] + unseen[len(seen) :]


def sets_of(entry: dict) -> list[str]:
    if entry["split"] == "test":
        return [UNSEEN]
    return [SEEN, HUMAN] if entry["source"] == "freedoom" else [SEEN]


@functools.lru_cache(maxsize=2)
def load(name: str) -> Clip:
    entry = next(e for e in entries() if e["name"] == name)
    stored = np.load(runs.cache() / "audio" / f"{name}.npy")
    return Clip(entry, stored.astype(np.float32) / 32768, note_onsets(entry))


def note_onsets(entry: dict) -> dict[str, np.ndarray]:
    """From the MIDI file that the clip was rendered from."""
    song = midi.read((runs.cache() / "songs" / f"{entry['song']}.mid").read_bytes())
    cut = midi.split(midi.window(song, entry["start"], entry["seconds"]))
    last = entry["seconds"] - LAST_S
    return {
        stem: onsets.distinct([when for when, message in events if midi.is_start(message) and when < last])
        for stem, events in cut.items()
    }
