"""One instrument, piano or guitar, that plays a song's chart: what the band is to be played around.

Half of the solos are the song's own piano or guitar part, the others patterns made here from the chords.
"""

import numpy as np

from .. import midi
from . import chords, grid
from .score import NOTE

GUITARS = range(24, 32)
PIANO_PROGRAMS = (0, 0, 0, 1, 2, 4, 5)
GUITAR_PROGRAMS = (24, 24, 25, 25, 26, 27)
OWN_SHARE = 0.5
MIN_ONSETS_PER_BAR = 2
RHYTHMS = {
    "whole": (0,), "quarters": (0, 6, 12, 18, 24, 30), "eighths": tuple(range(0, 36, 3)),
    "charleston": (0, 9),
    "off": (3, 9, 15, 21), "pushed": (0, 9, 15, 21), "tresillo": (0, 5, 9, 12, 17, 21),
    "swung": (0, 6, 10, 12, 18, 22), "triplets": (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22),
    "sixteenths": (0, 3, 5, 6, 9, 11, 12, 15, 17, 18, 21, 23),
}  # fmt: skip
"""Cells of a bar at which a chord is played; those past its end fall away."""
CUT, THINNED = (0.0, 0.25), 0.15  # share of notes left out, and the chance of it per song being more
JITTER_BEATS, STRUM_BEATS = 0.015, 0.02
EARLY_BEATS = 0.1  # before a beat: a note that starts there is meant for it


def of(notes: np.ndarray, plan: np.ndarray, beats_per_bar: int, random: np.random.Generator) -> np.ndarray:
    """-> notes [N] of NOTE in order of time, of one program."""
    bars = len(plan) / beats_per_bar
    candidates = []
    for track in np.unique(notes["track"]):
        own = notes[notes["track"] == track]
        program = int(own["program"][0])
        plays = program in midi.PIANO_PROGRAMS or program in GUITARS
        if own["part"][0] >= 2 and plays and len(np.unique(own["start"])) >= MIN_ONSETS_PER_BAR * bars:
            candidates.append(own)
    if candidates and random.random() < OWN_SHARE:
        solo = candidates[random.integers(len(candidates))].copy()
        guitar = solo["program"][0] in GUITARS
    else:
        guitar = random.random() < 0.5
        solo = made(plan, beats_per_bar, guitar, random)
    solo["program"] = random.choice(GUITAR_PROGRAMS if guitar else PIANO_PROGRAMS)
    return played(solo, beats_per_bar, random)


def made(plan: np.ndarray, beats_per_bar: int, guitar: bool, random: np.random.Generator) -> np.ndarray:
    """A pattern per eight bars: chords, broken chords, bass and chords, or a drone of root and fifth."""
    found = []
    for first in range(0, len(plan), 8 * beats_per_bar):
        way = random.choice(("chords", "broken", "stride", "drone"), p=(0.45, 0.35, 0.15, 0.05))
        rhythm = RHYTHMS[str(random.choice(list(RHYTHMS)))]
        order = random.choice(("up", "down", "both", "any"))
        lowest = int(random.integers(45, 58))
        for bar in range(first, min(first + 8 * beats_per_bar, len(plan)), beats_per_bar):
            cells = [c for c in rhythm if c < beats_per_bar * grid.CELLS] or [0]
            if way == "broken" and len(cells) < 4:
                cells = range(0, beats_per_bar * grid.CELLS, 3)
            changes = [b * grid.CELLS for b in range(1, beats_per_bar) if plan[bar + b] != plan[bar + b - 1]]
            cells = sorted({*cells, *changes})
            for index, cell in enumerate(cells):
                chord = int(plan[bar + cell // grid.CELLS])
                start = bar + float(grid.beats_of(np.array(cell)))
                after = cells[index + 1] if index + 1 < len(cells) else beats_per_bar * grid.CELLS
                end = bar + float(grid.beats_of(np.array(after)))
                if chord != chords.NO_CHORD:
                    own = pitches(chord, lowest, guitar)
                    for pitch in chosen(own, chord, way, order, index, lowest, random):
                        found.append((start, end, pitch, int(random.integers(65, 105)), 0, 0, 0))
    found.sort()
    return np.array(found, NOTE)


def pitches(chord: int, lowest: int, guitar: bool) -> list[int]:
    """The chord's tones from `lowest` on: four to six notes on a guitar, three to four on a piano."""
    tones = chords.tones(chord)
    own = [pitch for pitch in range(lowest, lowest + 30) if pitch % 12 in tones]
    return own[: 5 if guitar else len(tones)]


def chosen(own: list[int], chord: int, way: str, order: str, index: int, lowest: int, random) -> list[int]:
    root = lowest - 12 + (chord % 12 - lowest) % 12
    if way == "drone":
        return [root, root + 7, root + 12]
    if way == "stride":
        return [root if index % 4 == 0 else root + 7] if index % 2 == 0 else own
    if way == "chords":
        return own
    if order == "any":
        return [own[random.integers(len(own))]]
    walk = {"up": own, "down": own[::-1], "both": own + own[-2:0:-1]}[order]
    return [walk[index % len(walk)]]


def played(solo: np.ndarray, beats_per_bar: int, random: np.random.Generator) -> np.ndarray:
    """As a person would: notes left out, a bar of rest now and then, not quite on time, touch of its own."""
    share = random.uniform(*CUT) if random.random() > THINNED else 0.5
    keep = random.random(len(solo)) > share
    bar = (solo["start"] // beats_per_bar).astype(int)
    resting = random.random(bar.max(initial=0) + 1) < 0.03
    solo = solo[keep & ~resting[bar]]
    solo["start"] = np.maximum(0, solo["start"] + random.normal(0, JITTER_BEATS, len(solo)))
    strum = random.uniform(0, STRUM_BEATS) * (1 if random.random() < 0.8 else -1)
    solo["start"] = np.maximum(0, solo["start"] + strum * (solo["pitch"] - 60) / 12)
    length = random.choice((0.5, 0.8, 1.0, 1.4))
    solo["end"] = np.maximum(solo["start"] + 0.1, solo["start"] + length * (solo["end"] - solo["start"]))
    loudness = random.uniform(0.7, 1.15)
    solo["velocity"] = np.clip(solo["velocity"] * loudness + random.normal(0, 6, len(solo)), 15, 127)
    return np.sort(solo, order="start")


def struck(solo: np.ndarray, beats: int) -> np.ndarray:
    """[beats, 12]: the pitch classes of the notes that start in each beat."""
    found = np.zeros((beats, 12), bool)
    beat = np.floor(solo["start"] + EARLY_BEATS).astype(int).clip(0, beats - 1)
    found[beat, solo["pitch"] % 12] = True
    return found
