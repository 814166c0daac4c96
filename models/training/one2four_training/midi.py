"""A MIDI song as timed events, split into the four stems.

A song is a list of `(seconds, mido.Message)` in order of time. A note belongs to the stem of its
channel and program at the moment it starts; everything that is not a note belongs to every stem.
"""

import hashlib
import io
import random
from pathlib import Path

import mido
from mido.midifiles import meta

from . import STEMS

Events = list[tuple[float, mido.Message]]
DRUM_CHANNEL = 9
PIANO_PROGRAMS = range(0, 8)
BASS_PROGRAMS = range(32, 40)
TO_PIANO_CHANCE = 0.25
TICKS_PER_SECOND = 1920  # of the files written: 960 ticks per beat, 120 beats per minute


class _LenientKeySignature(meta.MetaSpec_key_signature):
    """Some songs carry key signatures outside the standard, which mido refuses. No note depends
    on them."""

    def decode(self, message, data):
        try:
            super().decode(message, data)
        except meta.KeySignatureError:
            message.key = "C"


meta.add_meta_spec(_LenientKeySignature)


def read(data: bytes) -> Events:
    """The bytes of a MIDI file -> its channel messages."""
    now, events = 0.0, []
    for message in mido.MidiFile(file=io.BytesIO(data), clip=True):
        now += message.time
        if not message.is_meta and message.type != "sysex":
            events.append((now, message))
    return events


def is_start(message: mido.Message) -> bool:
    return message.type == "note_on" and message.velocity > 0


def is_end(message: mido.Message) -> bool:
    return message.type == "note_off" or (message.type == "note_on" and message.velocity == 0)


def stem_of(channel: int, program: int) -> str:
    if channel == DRUM_CHANNEL:
        return "drums"
    if program in BASS_PROGRAMS:
        return "bass"
    return "piano" if program in PIANO_PROGRAMS else "other"


def split(events: Events) -> dict[str, Events]:
    """A song -> one song per stem. A note's end goes where its start went."""
    stems = {stem: [] for stem in STEMS}
    programs = [0] * 16
    sounding: dict[tuple[int, int], list[str]] = {}
    for when, message in events:
        if message.type == "program_change":
            programs[message.channel] = message.program
        if is_start(message):
            stem = stem_of(message.channel, programs[message.channel])
            sounding.setdefault((message.channel, message.note), []).append(stem)
            stems[stem].append((when, message))
        elif is_end(message):
            owners = sounding.get((message.channel, message.note))
            if owners:
                stems[owners.pop(0)].append((when, message))
        else:
            for own in stems.values():
                own.append((when, message))
    return stems


def window(events: Events, start: float, seconds: float) -> Events:
    """`seconds` of a song from `start` on. What was set before stays set, notes that began before
    are left out, notes that sound at the end are closed there."""
    cut, sounding = [], {}
    for when, message in events:
        if when >= start + seconds:
            break
        begins, ends = is_start(message), is_end(message)
        if when < start and (begins or ends):
            continue
        key = (message.channel, getattr(message, "note", -1))
        if begins:
            sounding[key] = sounding.get(key, 0) + 1
        elif ends:
            if not sounding.get(key):
                continue
            sounding[key] -= 1
        cut.append((max(0.0, when - start), message))
    for (channel, note), count in sounding.items():
        for _ in range(count):
            cut.append((seconds, mido.Message("note_off", channel=channel, note=note)))
    return cut


def revoiced(events: Events, seed: int) -> Events:
    """The same song with other instruments. Half of the programs become another of their family of
    eight, and some of those that are neither bass nor piano become a piano, which is scarce in songs
    written by hand."""
    choice = random.Random(seed)
    exchange = {}
    for program in range(128):
        family = range(program // 8 * 8, program // 8 * 8 + 8)
        exchange[program] = choice.choice(family) if choice.random() < 0.5 else program
        if program not in PIANO_PROGRAMS and program not in BASS_PROGRAMS:
            if choice.random() < TO_PIANO_CHANCE:
                exchange[program] = choice.choice(PIANO_PROGRAMS)
    return [
        (when, m.copy(program=exchange[m.program]))
        if m.type == "program_change" and m.channel != DRUM_CHANNEL
        else (when, m)
        for when, m in events
    ]


def transposed(events: Events, semitones: int, speed: float) -> Events:
    """The same song at another pitch (but the drums) and `speed` times as fast."""

    def moved(message: mido.Message) -> mido.Message:
        if not hasattr(message, "note") or message.channel == DRUM_CHANNEL:
            return message
        return message.copy(note=min(127, max(0, message.note + semitones)))

    return [(when / speed, moved(message)) for when, message in events]


def write(events: Events, path: Path) -> None:
    track = mido.MidiTrack()
    last = 0
    for when, message in events:
        ticks = round(when * TICKS_PER_SECOND)
        track.append(message.copy(time=max(0, ticks - last)))
        last = max(last, ticks)
    song = mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_SECOND // 2)
    song.tracks.append(track)
    song.save(path)


def busy_seconds(events: Events) -> dict[str, set[int]]:
    """For each stem the seconds of the song in which one of its notes starts."""
    return {
        stem: {int(when) for when, message in own if is_start(message)} for stem, own in split(events).items()
    }


def fingerprint(events: Events) -> str:
    """The same for two files with the same notes, whatever else differs."""
    notes = sorted((round(when, 1), m.channel, m.note) for when, m in events if is_start(m))
    return hashlib.sha1(repr(notes).encode()).hexdigest()
