"""From the networks' numbers to notes, a beat at a time: the reference of what the plugin does.

The rules, their order and their random numbers are written down in models/README.md; the plugin's own
decoder is checked against this one.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from .. import STEMS
from . import chords, grid, score

VOICES = len(score.VOICES)
KICK, SNARE, CLOSED, OPEN, RIDE, CRASH, LOW_TOM, HIGH_TOM, PERCUSSION = range(VOICES)
HANDS, MAX_HANDS = (SNARE, CLOSED, OPEN, RIDE, CRASH, LOW_TOM, HIGH_TOM), 2
MAX_CHORD_NOTES = 5
SILENT_DB, SILENT_BEATS = -55.0, 8
UNSURE, UNSURE_BEATS = 0.25, 4
UNSURE_TOUCH = 0.7  # of the velocity
NEVER = 99.0
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass
class Settings:
    """What the pack and the user set. Thresholds are logits."""

    drums: list[float] = field(default_factory=lambda: [0.0] * VOICES)
    bass_onset: float = 0.0
    bass_rest: float = 0.0
    piano_onset: float = 0.0
    piano_sustain: float = 0.0
    other_onset: float = 0.0
    other_sustain: float = 0.0
    variation: float = 1.5
    """Half the range of the random numbers that are added to the logits of onsets."""
    complexity: float = 0.0
    """Added to the logits of onsets that are not on a beat, -2 to 2."""
    seed: int = 0


class Beat(NamedTuple):
    """What is known of a beat when it is decided."""

    outputs: dict[str, dict[str, np.ndarray]]
    """Of the band's graph: per stem [6, ...]."""
    chord: int
    before: int
    key: int
    confidence: float
    bar: int
    """The bar of the song, from 0."""
    beat: int
    """Of the bar, from 0."""
    level_db: float
    """The loudest cell heard of it; of an unheard one the last."""
    is_first: bool
    """After a start or a jump."""


class Event(NamedTuple):
    cell: int
    """From the start of the stream."""
    stem: int
    pitch: int
    velocity: int
    """0 ends the note."""


def mixed(value: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014), of uint64."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def dice(seed: int, bar: int, cells: np.ndarray, stem: int, numbers: np.ndarray) -> np.ndarray:
    """[cells, numbers], -1 to 1: the same for the same place in the song, which is bar, cell of the bar,
    stem, number of the class."""
    value = mixed(np.array([[seed]], np.uint64) + GOLDEN)
    for part in (bar, np.asarray(cells)[:, None], stem, np.asarray(numbers)[None]):
        value = mixed(value + GOLDEN * (np.atleast_2d(np.asarray(part, np.uint64)) + np.uint64(1)))
    return (value >> np.uint64(40)) / 2**23 - 1


class Decoder:
    """Holds what sounds from beat to beat."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.cell = 0
        self.sounding: dict[int, set[int]] = {1: set(), 2: set(), 3: set()}
        self.silent_beats, self.sure = SILENT_BEATS, []
        self.tops: dict[int, int] = {}  # of the last chord of each stem
        self.events: list[Event] = []

    def step(self, beat: Beat) -> list[Event]:
        """The events of the beat's six cells, in order."""
        if beat.is_first:
            self.sure, self.tops = [], {}
        self.silent_beats = 0 if beat.level_db > SILENT_DB else self.silent_beats + 1
        self.sure = [*self.sure, beat.confidence][-UNSURE_BEATS:]
        self.events, first = [], self.cell
        if self.silent_beats >= SILENT_BEATS:
            self._rest((1, 2, 3))
        else:
            self._drums(beat)
            self._bass(beat)
            if self._is_unsure():
                self._rest((2, 3))
            else:
                self._chordal(beat, 2)
                self._chordal(beat, 3)
        self.cell = first + grid.CELLS
        return sorted(self.events, key=lambda e: (e.cell, e.stem, e.velocity > 0, e.pitch))

    def _is_unsure(self) -> bool:
        return bool(np.mean(self.sure) < UNSURE)

    def _rest(self, stems: tuple[int, ...]) -> None:
        for stem in stems:
            for pitch in sorted(self.sounding[stem]):
                self._end(self.cell, stem, pitch)

    def _start(self, cell: int, stem: int, pitch: int, velocity: float) -> None:
        if stem and pitch in self.sounding[stem]:
            self._end(cell, stem, pitch)
        velocity = float(velocity) * (UNSURE_TOUCH if self._is_unsure() else 1)
        self.events.append(Event(cell, stem, pitch, int(np.clip(np.floor(127 * velocity + 0.5), 1, 127))))
        if stem:
            self.sounding[stem].add(pitch)

    def _end(self, cell: int, stem: int, pitch: int) -> None:
        self.sounding[stem].discard(pitch)
        self.events.append(Event(cell, stem, pitch, 0))

    def _over(self, beat: Beat, stem: int, logits: np.ndarray, threshold) -> np.ndarray:
        """Logits of onsets [6, n] -> how far each is over its threshold, dice and complexity counted in; one
        of straight and triplet places is emptied."""
        over = logits.astype(np.float64) - threshold
        places, numbers = beat.beat * grid.CELLS + np.arange(grid.CELLS), np.arange(over.shape[1])
        over += self.settings.variation * dice(self.settings.seed, beat.bar, places, stem, numbers)
        over[1:] += self.settings.complexity
        straight, triplet = (np.maximum(over[list(p)], 0).sum() for p in (grid.STRAIGHT, grid.TRIPLET))
        over[list(grid.TRIPLET if straight >= triplet else grid.STRAIGHT)] = -NEVER
        return over

    def _drums(self, beat: Beat) -> None:
        found = beat.outputs["drums"]
        over = self._over(beat, 0, found["onset"], np.array(self.settings.drums))
        if self._is_unsure():
            over[1:] = -NEVER  # what is heard may be no music: a plain pulse
        for cell in range(grid.CELLS):
            phrase = beat.is_first or (beat.beat == 0 and beat.bar % grid.PHRASE_BARS == 0)
            if not (cell == 0 and phrase):
                over[cell, CRASH] = -NEVER
            if min(over[cell, OPEN], over[cell, CLOSED]) > 0:
                over[cell, OPEN if over[cell, OPEN] < over[cell, CLOSED] else CLOSED] = -NEVER
            hands = sorted((v for v in HANDS if over[cell, v] > 0), key=lambda v: (-over[cell, v], v))
            for voice in hands[MAX_HANDS:]:
                over[cell, voice] = -NEVER
            for voice in np.flatnonzero(over[cell] > 0):
                self._start(self.cell + cell, 0, score.KIT[voice], found["velocity"][cell, voice])

    def _bass(self, beat: Beat) -> None:
        found = beat.outputs["bass"]
        note = found["note"].astype(np.float64)
        pitched = note[:, score.FIRST_PITCH :]
        held = np.logaddexp(note[:, score.HOLD], note[:, score.REST])
        onset = np.logaddexp.reduce(pitched, axis=1) - held
        over = self._over(beat, 1, onset[:, None], self.settings.bass_onset)[:, 0]
        base = score.bass_base(int(chords.root_of(beat.chord))) - score.BASS_BELOW
        unsure = self._is_unsure()
        for cell in range(grid.CELLS):
            now = self.cell + cell
            if over[cell] > 0:
                on_root = unsure or (cell == 0 and beat.chord != beat.before)
                pitch = base + (score.BASS_BELOW if on_root else int(np.argmax(pitched[cell])))
                self._rest_at(now, 1)
                self._start(now, 1, snapped(pitch, beat, cell), float(found["velocity"][cell, 0]))
            elif note[cell, score.REST] - note[cell, score.HOLD] > self.settings.bass_rest:
                self._rest_at(now, 1)

    def _rest_at(self, cell: int, stem: int) -> None:
        for pitch in sorted(self.sounding[stem]):
            self._end(cell, stem, pitch)

    def _chordal(self, beat: Beat, stem: int) -> None:
        name, found = STEMS[stem], beat.outputs[STEMS[stem]]
        over = self._over(beat, stem, found["onset"], getattr(self.settings, f"{name}_onset"))
        base = score.chord_base(int(chords.root_of(beat.chord)))
        for cell in range(grid.CELLS):
            now = self.cell + cell
            best = np.argsort(-over[cell], kind="stable")[:MAX_CHORD_NOTES]
            starting = {
                snapped(base - score.CHORD_BELOW + int(i), beat, cell) for i in best if over[cell, i] > 0
            }
            starting = self._led(starting, stem, base)
            for pitch in sorted(self.sounding[stem] - starting):
                sustain = found["sustain"][cell, (pitch - base) % 12 :: 12].max()
                sustain -= getattr(self.settings, f"{name}_sustain")
                clashes = cell == 0 and beat.chord != beat.before and pitch % 12 not in allowed(beat)
                if sustain <= 0 or clashes:
                    self._end(now, stem, pitch)
            for pitch in sorted(starting):
                self._start(now, stem, pitch, float(found["velocity"][cell, 0]))

    def _led(self, chord: set[int], stem: int, base: int) -> set[int]:
        """The inversion of a chord whose top note is nearest to that of the stem's last chord; a note moved
        by an octave counts as a semitone. Of equals the one that moves least, then the lower. A note alone is
        no chord."""
        if len(chord) < 2:
            return chord
        lowest = base - score.CHORD_BELOW
        within = range(lowest, lowest + score.CHORD_PITCHES)
        last, found = self.tops.get(stem, max(chord)), []
        for moved in range(-len(chord), len(chord) + 1):
            own = inverted(chord, moved)
            if moved == 0 or (min(own) in within and max(own) in within):
                found.append((abs(max(own) - last) + abs(moved), abs(moved), moved, own))
        *_, best = min(found, key=lambda entry: entry[:3])
        self.tops[stem] = max(best)
        return best


def inverted(chord: set[int], moved: int) -> set[int]:
    """With so many of its lowest notes an octave up, or, where less than 0, of its highest an octave down."""
    own = sorted(chord)
    if moved < 0:
        return {*own[:moved], *(pitch - 12 for pitch in own[moved:])}
    return {*own[moved:], *(pitch + 12 for pitch in own[:moved])}


def allowed(beat: Beat) -> frozenset[int]:
    """Pitch classes that never clash: of the chord; without one, of the key."""
    return chords.tones(beat.chord) or frozenset(np.flatnonzero(chords.SCALE[beat.key]).tolist())


def snapped(pitch: int, beat: Beat, cell: int) -> int:
    """On a beat a tone of the chord, off it also one of the key; what is neither moves to the nearest tone
    of the chord, down before up."""
    own = allowed(beat)
    if pitch % 12 in own or (cell > 0 and chords.SCALE[beat.key, pitch % 12]):
        return pitch
    for step in range(1, 7):
        for moved in (pitch - step, pitch + step):
            if moved % 12 in own:
                return moved
    return pitch


def notes_of(events: list[Event], cells: int) -> np.ndarray:
    """Events -> notes [N] of score.NOTE, those that still sound closed at the end. A drum lasts one cell."""
    open_, found = {}, []
    for event in events:
        if event.stem == 0:
            found.append((event.cell, event.cell + 1, event.pitch, event.velocity, 0))
        elif event.velocity:
            open_[event.stem, event.pitch] = event
        elif (event.stem, event.pitch) in open_:
            start = open_.pop((event.stem, event.pitch))
            found.append((start.cell, event.cell, event.pitch, start.velocity, event.stem))
    found += [(start.cell, cells, pitch, start.velocity, stem) for (stem, pitch), start in open_.items()]
    return score.in_beats(found)
