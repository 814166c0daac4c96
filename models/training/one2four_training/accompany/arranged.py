"""Freedoom's songs as songs to learn from: arrangements written by hand, cut into 24 bars.

They come without a chord chart, so their chords are read off the notes that sound in each beat. In 60 songs
of MMA's, by which the weights below were chosen, that finds the chart's root and third in 0.93 of the beats.
Left out are songs that change their metre, whose beat is not a quarter note, or whose notes are off the grid.
"""

import io
import itertools
from collections import Counter
from collections.abc import Iterator

import mido
import numpy as np

from .. import collect, midi
from . import chords, grid, score

HELD_OUT = ("valid", "arranged")
BARS = 24
MAX_OFF = 0.03  # beats from the nearest cell, the mean over a song's notes
BASS_SHARE = 0.2  # of a chord's likeness: that the bass plays its root
FOREIGN = 1.0  # weight of what sounds and is no tone of the chord
MISSING = 0.3  # and of a tone that does not sound
SEVENTH, FLAT_FIFTH, FOURTH = 0.05, 0.1, 0.15  # by which qualities are less likely than plain ones
CHANGE = (0.2, 0.4, 0.8)  # what a change costs at a bar, at its middle, at another beat
KEY_WEIGHT = 0.1  # of the chord's tones that are in the key
UNLIKELY = {"7": SEVENTH, "M7": SEVENTH, "m7": SEVENTH, "m7b5": FLAT_FIFTH, "sus4": FOURTH}


def songs() -> Iterator[tuple[dict, bytes]]:
    """An entry for the index and a MIDI file of every 24 bars of the songs. What `collect` holds out is held
    out here too, in turns to validate and to measure with."""
    held_out = itertools.cycle(HELD_OUT)
    for song, data in collect.freedoom():
        split = "train" if song["split"] == "train" else next(held_out)
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
        beats_per_bar = metre(file)
        if beats_per_bar is None:
            continue
        parted = one_track_per_channel(file)
        notes = score.read(saved(parted), 1)
        if off_grid(notes) > MAX_OFF:
            continue
        bar = beats_per_bar * file.ticks_per_beat
        bars = int(notes["end"].max()) // beats_per_bar
        for number, first in enumerate(range(0, bars - BARS // 2, BARS)):
            cut = saved(cut_out(parted, first * bar, (first + BARS) * bar))
            own = score.read(cut, 1)
            parts = set(own["part"].tolist())
            if not {0, 1} <= parts or len(parts) < 3:
                continue
            plan, key = heard(own, BARS * beats_per_bar, beats_per_bar)
            yield {
                "name": f"{song['name']}.{number}", "split": split, "style": None, "file": song["name"],
                "beats_per_bar": beats_per_bar, "unit": 1, "key": key, "chords": plan.tolist(),
                "fills": [False] * BARS, "grooves": [],
            }, cut  # fmt: skip


def metre(file: mido.MidiFile) -> int | None:
    """Beats per bar; four where a song says nothing, None where it is not one number of quarter notes."""
    found = {
        (m.numerator, m.denominator) for track in file.tracks for m in track if m.type == "time_signature"
    }
    if len(found) > 1 or any(denominator != 4 for _, denominator in found):
        return None
    beats = found.pop()[0] if found else 4
    return beats if beats <= grid.MAX_BEATS else None


def off_grid(notes: np.ndarray) -> float:
    place = notes["start"] % 1
    return float(np.abs(place[:, None] - np.append(grid.PLACES, 1)).min(1).mean())


def one_track_per_channel(file: mido.MidiFile) -> mido.MidiFile:
    """The same song, so that a track is one instrument."""
    made = mido.MidiFile(type=1, ticks_per_beat=file.ticks_per_beat)
    now = 0
    found: dict[int, list[mido.Message]] = {}
    for message in mido.merge_tracks(file.tracks):
        now += message.time
        if not message.is_meta and message.type in ("note_on", "note_off", "program_change"):
            found.setdefault(message.channel, []).append(message.copy(time=now))
    for channel in sorted(found):
        made.tracks.append(mido.MidiTrack(found[channel]))
    return made


def cut_out(song: mido.MidiFile, first: int, end: int) -> mido.MidiFile:
    """Ticks `first` to `end` of a song whose messages have absolute times; the notes that start there."""
    made = mido.MidiFile(type=1, ticks_per_beat=song.ticks_per_beat)
    for track in song.tracks:
        own, program, sounding = [], None, Counter()
        for message in track:
            if message.type == "program_change":
                program = message if message.time < first else program
                within = first <= message.time < end
            elif midi.is_start(message):
                within = first <= message.time < end
                sounding[message.note] += within
            else:
                within = sounding[message.note] > 0
                sounding[message.note] -= within
            if within:
                own.append(message.copy(time=min(message.time, end) - first))
        if program is not None:
            own.insert(0, program.copy(time=0))
        made.tracks.append(mido.MidiTrack(own))
    return made


def saved(song: mido.MidiFile) -> bytes:
    """The file of a song whose messages have absolute times."""
    made = mido.MidiFile(type=1, ticks_per_beat=song.ticks_per_beat)
    for track in song.tracks:
        times = [message.time for message in track]
        steps = np.diff(times, prepend=0).tolist()
        made.tracks.append(mido.MidiTrack(m.copy(time=step) for m, step in zip(track, steps, strict=True)))
    file = io.BytesIO()
    made.save(file=file)
    return file.getvalue()


def heard(notes: np.ndarray, beats: int, beats_per_bar: int) -> tuple[np.ndarray, int]:
    """Notes [N] of NOTE -> the chord of each beat [beats] uint8, and the key."""
    sounds, bass = sounding(notes[notes["part"] > 1], beats), sounding(notes[notes["part"] == 1], beats)
    every = sounds + bass
    keys = chords.SCALE @ every.sum(0) + 0.3 * bass.sum(0)[np.arange(chords.KEYS) % 12]
    key = int(keys.argmax())
    return followed(likeness(every, bass, key), beats_per_bar), key


def sounding(notes: np.ndarray, beats: int) -> np.ndarray:
    """[beats, 12]: for how long of each beat a pitch class sounds, over all notes."""
    found = np.zeros((beats, 12))
    for note in notes:
        first, last = int(note["start"]), min(beats - 1, int(note["end"]))
        for beat in range(first, last + 1):
            span = min(note["end"], beat + 1) - max(note["start"], beat)
            found[beat, note["pitch"] % 12] += max(0.0, span)
    return found


def likeness(sounds: np.ndarray, bass: np.ndarray, key: int) -> np.ndarray:
    """[beats, 12] of all parts and of the bass -> [beats, CHORDS], higher where a chord fits better."""
    share = sounds / np.maximum(sounds.sum(1, keepdims=True), 1e-9)
    low = bass / np.maximum(bass.sum(1, keepdims=True), 1e-9)
    tones = chords.TONES[:-1]
    fits = share @ tones.T - FOREIGN * share @ (1 - tones).T
    fits -= MISSING * (share < 0.05) @ tones.T
    roots = np.arange(chords.NO_CHORD) % 12
    fits += BASS_SHARE * low[:, roots] + KEY_WEIGHT * (tones @ chords.SCALE[key]) / tones.sum(1)
    fits -= np.repeat([UNLIKELY.get(quality, 0.0) for quality in chords.QUALITIES], 12)
    found = np.zeros((len(sounds), chords.CHORDS))
    found[:, :-1] = fits
    silent = sounds.sum(1) < 0.1
    found[silent] = 0.0
    found[:, chords.NO_CHORD] = np.where(silent, 0.5, -1.0)
    return found


def followed(scores: np.ndarray, beats_per_bar: int) -> np.ndarray:
    """[beats, CHORDS] -> the likeliest chords, where a change costs what it costs at its beat (Viterbi)."""
    best, ways = scores[0], []
    for beat in range(1, len(scores)):
        place = beat % beats_per_bar
        cost = CHANGE[0] if place == 0 else CHANGE[1] if 2 * place == beats_per_bar else CHANGE[2]
        stays = best >= best.max() - cost
        ways.append(np.where(stays, np.arange(len(best)), best.argmax()))
        best = np.maximum(best, best.max() - cost) + scores[beat]
    chord = [int(best.argmax())]
    for way in reversed(ways):
        chord.append(int(way[chord[-1]]))
    return np.array(chord[::-1], np.uint8)
