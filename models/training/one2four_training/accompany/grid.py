"""Cells: the six places of a beat where a note may start, and what is known of a cell before any sound.

A beat is a quarter note, in metres of eighths that are divisible by three a dotted quarter, in others of
eighths an eighth: a bar has a whole number of beats.
"""

import numpy as np

PLACES = np.array([0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4])
CELLS = len(PLACES)  # a beat
EDGES = np.array([1 / 8, 7 / 24, 5 / 12, 7 / 12, 17 / 24, 7 / 8])  # half-way between them
STRAIGHT, TRIPLET = (1, 3, 5), (2, 4)
MAX_BEATS = 8  # told apart in a bar
PHRASE_BARS = 4
PHASE = CELLS + MAX_BEATS + 2 + 7 + 2 * PHRASE_BARS + 3


def cell_of(beats: np.ndarray) -> np.ndarray:
    """Position in beats from the start -> the nearest cell's number."""
    whole = np.floor(beats)
    return (whole * CELLS + np.searchsorted(EDGES, beats - whole, side="right")).astype(int)


def beats_of(cells: np.ndarray) -> np.ndarray:
    """A cell's position in beats."""
    return cells // CELLS + PLACES[cells % CELLS]


def phase(beats: int, first_beat: int, beats_per_bar: int, compound: bool, bpm: float) -> np.ndarray:
    """[beats * CELLS, PHASE] of consecutive beats, the first of which is `first_beat` of the song. Columns:
    cell of the beat (6, one-hot) · beat of the bar (8, one-hot, the last for all later ones) · is the last
    beat of its bar, is its middle · beats per bar (7, one-hot: 2 or fewer, 3, ... 7, 8 or more) · bar of
    eight (8, one-hot) · compound metre · log2(beats per minute / 120) · first beat after a start or jump."""
    number = first_beat + np.arange(beats)
    bar, beat = number // beats_per_bar, number % beats_per_bar
    columns = [
        np.eye(MAX_BEATS)[np.minimum(beat, MAX_BEATS - 1)],
        (beat == beats_per_bar - 1)[:, None],
        (2 * beat == beats_per_bar)[:, None],
        np.tile(np.eye(7)[np.clip(beats_per_bar, 2, 8) - 2], (beats, 1)),
        np.eye(2 * PHRASE_BARS)[bar % (2 * PHRASE_BARS)],
        np.tile([float(compound), np.log2(bpm / 120)], (beats, 1)),
        (np.arange(beats) == 0)[:, None],
    ]
    per_beat = np.concatenate(columns, axis=1).astype(np.float32)
    cells = np.tile(np.eye(CELLS, dtype=np.float32), (beats, 1))
    return np.concatenate([cells, np.repeat(per_beat, CELLS, axis=0)], axis=1)
