"""A song's notes, and what the networks are to say of each cell about them.

Pitches are told relative to the root of the chord, so that a network need not learn twelve keys.
"""

import io

import mido
import numpy as np

from .. import midi
from . import chords, grid

NOTE = np.dtype([
    ("start", "f4"), ("end", "f4"), ("pitch", "i2"), ("velocity", "i2"), ("part", "i2"), ("program", "i2"),
    ("track", "i2"),
])  # fmt: skip
"""Start and end in beats, velocity 1 to 127, part as in STEMS, the track's number in its file."""

VOICES = ("kick", "snare", "closed hat", "open hat", "ride", "crash", "low tom", "high tom", "percussion")
VOICE_NOTES = (
    (36, 35), (38, 37, 39, 40), (42, 44), (46,), (51, 53, 59), (49, 52, 55, 57), (45, 41, 43), (48, 47, 50),
)  # fmt: skip
"""General-MIDI notes of each voice; all others are percussion."""
VOICE_OF = {note: voice for voice, notes in enumerate(VOICE_NOTES) for note in notes}
KIT = (36, 38, 42, 46, 51, 49, 45, 48, 70)

HOLD, REST, FIRST_PITCH = 0, 1, 2
BASS_LOWEST, BASS_BELOW, BASS_PITCHES = 28, 5, 25  # from a fourth below the root on; roots from E1 (28) on
CHORD_LOWEST, CHORD_BELOW, CHORD_PITCHES = 48, 12, 36  # from an octave below the root on; roots from C3 on
STRUM_BEATS = 0.13  # notes of a track that start within it are one chord


def read(data: bytes, unit: int) -> np.ndarray:
    """A MIDI file of MMA's -> its notes [N] of NOTE in order of time; a beat has `unit` quarter notes."""
    file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    notes = []
    for number, track in enumerate(file.tracks):
        tick, program, sounding = 0, 0, {}
        for message in track:
            tick += message.time
            beat = tick / file.ticks_per_beat / unit
            if message.type == "program_change":
                program = message.program
            elif midi.is_start(message):
                sounding.setdefault((message.channel, message.note), []).append(
                    (beat, message.velocity, program)
                )
            elif midi.is_end(message) and sounding.get((message.channel, message.note)):
                start, velocity, own = sounding[message.channel, message.note].pop(0)
                part = part_of(track.name, message.channel, own)
                notes.append((start, beat, message.note, velocity, part, own, number))
    notes.sort()
    return np.array(notes, NOTE)


def part_of(track: str, channel: int, program: int) -> int:
    """MMA's tracks are named after what they are: some basses are played by a guitar."""
    if channel == midi.DRUM_CHANNEL:
        return 0
    if track.split("-")[0] in ("Bass", "Walk") or program in midi.BASS_PROGRAMS:
        return 1
    return 2 if program in midi.PIANO_PROGRAMS else 3


def onset_cells(notes: np.ndarray) -> np.ndarray:
    """[N] notes of one track -> the cell of each; notes of one strum share the first's."""
    cells, first = np.zeros(len(notes), int), -1.0
    for index, start in enumerate(notes["start"]):
        if first < 0 or start - first >= STRUM_BEATS:
            first = start
        cells[index] = max(0, grid.cell_of(np.array(first)))
    return cells


def placed(notes: np.ndarray, cells: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """-> the notes that start within `cells` cells, the cell of each, and the cell at which it ends."""
    starts = np.zeros(len(notes), int)
    for track in np.unique(notes["track"]):
        own = notes["track"] == track
        starts[own] = onset_cells(notes[own])
    ends = np.maximum(grid.cell_of(notes["end"]), starts + 1)
    kept = starts < cells
    return notes[kept], starts[kept], np.minimum(ends[kept], cells)


def within(pitch, base, below: int, count: int):
    """A pitch relative to `base`, moved by octaves into -below .. count - below - 1, counted from 0."""
    relative = pitch - base + below
    above = count - 12 + (relative - count) % 12
    return np.where(relative < 0, relative % 12, np.where(relative < count, relative, above))


def bass_base(root):
    return BASS_LOWEST + (root - BASS_LOWEST) % 12


def chord_base(root):
    return CHORD_LOWEST + root


def targets(notes: np.ndarray, plan: np.ndarray) -> dict[str, np.ndarray]:
    """Notes and the chord of each beat -> per cell, uint8:

    drums [cells, VOICES], the velocity where a voice starts · bass [cells, 2], HOLD, REST or FIRST_PITCH
    and how far it is above the fourth below the root, and its velocity · piano and other [cells,
    CHORD_PITCHES, 2], the velocity where a note starts, and 1 where one sounds."""
    cells = len(plan) * grid.CELLS
    notes, starts, ends = placed(notes, cells)
    roots = np.repeat(chords.root_of(plan.astype(int)), grid.CELLS)
    drums = np.zeros((cells, len(VOICES)), np.uint8)
    for note, start in zip(notes, starts, strict=True):
        if note["part"] == 0:
            voice = VOICE_OF.get(int(note["pitch"]), len(VOICES) - 1)
            drums[start, voice] = max(drums[start, voice], note["velocity"])
    own = notes["part"] == 1
    found = {"drums": drums, "bass": _bass(notes[own], starts[own], ends[own], roots)}
    for part, name in ((2, "piano"), (3, "other")):
        own = notes["part"] == part
        found[name] = _chordal(notes[own], starts[own], ends[own], roots)
    return found


def _bass(notes: np.ndarray, starts: np.ndarray, ends: np.ndarray, roots: np.ndarray) -> np.ndarray:
    """One note at a time, of those that start together the lowest."""
    found = np.zeros((len(roots), 2), np.uint8)
    found[0, 0] = REST
    for index in np.lexsort((notes["pitch"], starts))[::-1]:
        cell = starts[index]
        root = roots[cell]
        relative = within(notes["pitch"][index], bass_base(root), BASS_BELOW, BASS_PITCHES)
        found[cell] = FIRST_PITCH + relative, notes["velocity"][index]
    for end in ends:
        if end < len(roots) and found[end, 0] == HOLD and not _sounds_on(starts, ends, end):
            found[end, 0] = REST
    return found


def _sounds_on(starts: np.ndarray, ends: np.ndarray, cell: int) -> bool:
    return bool(((starts < cell) & (ends > cell)).any())


def _chordal(notes: np.ndarray, starts: np.ndarray, ends: np.ndarray, roots: np.ndarray) -> np.ndarray:
    found = np.zeros((len(roots), CHORD_PITCHES, 2), np.uint8)
    for note, start, end in zip(notes, starts, ends, strict=True):
        span = np.arange(start, end)
        relative = within(int(note["pitch"]), chord_base(roots[span]), CHORD_BELOW, CHORD_PITCHES)
        found[span, relative, 1] = 1
        found[start, relative[0], 0] = max(found[start, relative[0], 0], note["velocity"])
    return found


def notes_of(found: dict[str, np.ndarray], plan: np.ndarray) -> np.ndarray:
    """What `targets` gives -> notes that give it, on the chords of `plan`."""
    roots = np.repeat(chords.root_of(plan.astype(int)), grid.CELLS)
    cells, notes = len(roots), []
    for cell, voice in zip(*np.nonzero(found["drums"]), strict=True):
        notes.append((cell, cell + 1, KIT[voice], found["drums"][cell, voice], 0))
    starts = np.flatnonzero(found["bass"][:, 0] != HOLD)
    for start, end in zip(starts, [*starts[1:], cells], strict=True):
        if found["bass"][start, 0] >= FIRST_PITCH:
            pitch = bass_base(roots[start]) - BASS_BELOW + found["bass"][start, 0] - FIRST_PITCH
            notes.append((start, end, pitch, found["bass"][start, 1], 1))
    for part, name in ((2, "piano"), (3, "other")):
        for cell, place in zip(*np.nonzero(found[name][..., 0]), strict=True):
            pitch = chord_base(roots[cell]) - CHORD_BELOW + place
            end = cell + 1
            while end < cells:
                own = int(within(pitch, chord_base(roots[end]), CHORD_BELOW, CHORD_PITCHES))
                if found[name][end, own, 0] or not found[name][end, own, 1]:
                    break
                end += 1
            notes.append((cell, end, pitch, found[name][cell, place, 0], part))
    return in_beats(notes)


def in_beats(notes: list[tuple]) -> np.ndarray:
    """(start and end cell, pitch, velocity, part) of notes -> [N] of NOTE in order of time."""
    found = [
        (*(float(grid.beats_of(np.array(cell))) for cell in note[:2]), *map(int, note[2:]), 0, note[4])
        for note in notes
    ]
    return np.array(sorted(found), NOTE)
