"""The decoder's thresholds: those at which a band that hears its chords plays as many notes as MMA does.

They are looked for in what the decoder plays, as it leaves out some of what is over a threshold (two hands,
straight or triplet), and with what the plugin knows, as a band is less sure of chords that it hears than of
chords that it is told.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..networks.accompany_band import BASS_HOLD_WEIGHT, AccompanyBand
from . import measure, perform, score
from .decode import NEVER, Settings

MAX_SONGS = 60
ROUNDS = 12
GAIN, MOST = 1.5, 0.5  # logits: where e times too many are played, and in a round at most
BEGIN, RANGE = 1.0, (0.0, 6.0)  # of onsets: what the network rather leaves out is not played
SUSTAINS = (0.5, 0.0, -0.5, -1.0, -1.5, -2.0)
ONSETS = {f"{part}_onset": f"{part} onset" for part in ("bass", "piano", "other")}
CHROMA = {f"{part}_sustain": f"{part} chroma" for part in ("piano", "other")}
BASS_REST = -float(np.log(BASS_HOLD_WEIGHT))  # takes back what training made of the two


class Heard(NamedTuple):
    """A song and what the networks make of it."""

    entry: dict
    arrays: dict
    table: np.ndarray
    outputs: dict
    plan: dict


Counts = dict[str, np.ndarray]
"""[hits, played, wanted] per kind of note, of all songs."""


def calibrated(net: AccompanyBand, songs: list[tuple[dict, dict]]) -> Settings:
    """Each threshold of an onset is moved until as many notes are played as in these songs, and then that of
    what sounds to where it agrees best with them."""
    heard = []
    for entry, arrays in songs[:MAX_SONGS]:
        table = perform.untold(entry, arrays)
        heard.append(Heard(entry, arrays, table, *perform.heard_by(net, table)))
    drums = [BEGIN] * len(score.VOICES)
    settings = Settings(drums, bass_rest=round(BASS_REST, 4), **dict.fromkeys(ONSETS, BEGIN))
    for _ in range(ROUNDS):
        settings = nearer(settings, counted(heard, settings))
    tried = [replace(settings, **dict.fromkeys(CHROMA, value)) for value in SUSTAINS]
    counts = [counted(heard, own) for own in tried]
    best = {own: SUSTAINS[int(np.argmax([f1(c[name]) for c in counts]))] for own, name in CHROMA.items()}
    return replace(settings, **best)


def counted(heard: list[Heard], settings: Settings) -> Counts:
    """Of what is played with these settings."""
    totals: Counts = {}
    for song in heard:
        bar = song.entry["beats_per_bar"]
        notes = perform.decoded(song.outputs, song.plan, song.table, bar, settings)
        for name, values in measure.of_song(song.entry, song.arrays, notes, song.plan["chord"]).items():
            totals[name] = totals.get(name, 0.0) + np.array(values)
    return totals


def nearer(settings: Settings, counts: Counts) -> Settings:
    """Each threshold of an onset moved towards where as many are played as wanted."""

    def moved(now: float, name: str) -> float:
        _, played, wanted = counts[name]
        if wanted == 0:
            return NEVER
        step = np.clip(GAIN * np.log(max(played, 0.5) / wanted), -MOST, MOST)
        return round(float(np.clip(now + step, *RANGE)), 4)

    drums = [moved(now, f"drums {voice}") for now, voice in zip(settings.drums, score.VOICES, strict=True)]
    others = {own: moved(getattr(settings, own), name) for own, name in ONSETS.items()}
    return replace(settings, drums=drums, **others)


def f1(counts: np.ndarray) -> float:
    hits, played, wanted = counts
    return float(2 * hits / max(played + wanted, 1))
