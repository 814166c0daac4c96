"""Chords and keys as numbers.

A chord is `quality * 12 + root`, root 0 is C; NO_CHORD comes last. A key is `minor * 12 + tonic`.
"""

import numpy as np

QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "M7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "sus4": (0, 5, 7),
}
NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
CHORDS = 12 * len(QUALITIES) + 1
NO_CHORD = CHORDS - 1
KEYS = 24
MINOR_LIKE = ("m", "m7", "m7b5")
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))


def number(root: int, quality: str) -> int:
    return list(QUALITIES).index(quality) * 12 + root % 12


def name(chord: int) -> str:
    return "N" if chord == NO_CHORD else NAMES[chord % 12] + list(QUALITIES)[chord // 12]


def root_of(chord: np.ndarray | int):
    """C where there is no chord."""
    return np.where(np.asarray(chord) == NO_CHORD, 0, np.asarray(chord) % 12)


def quality_of(chord: np.ndarray | int):
    return np.asarray(chord) // 12


def root_and_third(chord: int) -> tuple[int, int]:
    """Pitch classes; the fourth of a sus4."""
    return chord % 12, (chord + list(QUALITIES.values())[chord // 12][1]) % 12


def tones(chord: int) -> frozenset[int]:
    """Pitch classes of the chord."""
    if chord == NO_CHORD:
        return frozenset()
    return frozenset((chord % 12 + step) % 12 for step in list(QUALITIES.values())[chord // 12])


TONES = np.zeros((CHORDS, 12), np.float32)
for _chord in range(CHORDS):
    TONES[_chord, list(tones(_chord))] = 1
SCALE = np.zeros((KEYS, 12), np.float32)
for _key in range(KEYS):
    SCALE[_key, [(_key % 12 + step) % 12 for step in SCALES[_key // 12]]] = 1


def transposed(chord: np.ndarray, semitones: np.ndarray | int) -> np.ndarray:
    moved = chord // 12 * 12 + (chord + semitones) % 12
    return np.where(chord == NO_CHORD, NO_CHORD, moved)


def major_minor(chord: np.ndarray) -> np.ndarray:
    """Root and third only: 0-11 major, 12-23 minor, 24 none; `sus4` counts as major."""
    minor = np.isin(quality_of(chord), [list(QUALITIES).index(q) for q in MINOR_LIKE])
    return np.where(chord == NO_CHORD, 24, root_of(chord) + 12 * minor)
