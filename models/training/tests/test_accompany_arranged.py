import io

import mido
import numpy as np

from one2four_training.accompany import arranged, chords, score

PROGRESSION = ("Am", "F", "C", "G7")


def song(bars: int) -> mido.MidiFile:
    """Four beats a bar on one track of a file: a kick, a bass that plays root and fifth, a guitar's chord."""
    made = []
    for bar in range(bars):
        chord = number(PROGRESSION[bar % 4])
        root = 36 + chord % 12
        notes = [(9, 36, 0, 4), (1, root, 0, 2), (1, root + 7, 2, 4)]
        notes += [(2, 60 + tone, 0, 4) for tone in chords.tones(chord)]
        for channel, pitch, start, end in notes:
            for kind, beat in (("note_on", start), ("note_off", end)):
                message = mido.Message(kind, channel=channel, note=pitch, time=480 * (4 * bar + beat))
                made.append(message)
    programs = [mido.Message("program_change", channel=c, program=p) for c, p in ((1, 33), (2, 27))]
    made = programs + sorted(made, key=lambda m: (m.time, m.type == "note_on"))
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    file.tracks.append(mido.MidiTrack(made))
    return file


def number(name: str) -> int:
    return [chords.name(chord) for chord in range(chords.CHORDS)].index(name)


def test_chords_of_an_arrangement_are_read_off_its_notes():
    notes = score.read(arranged.saved(arranged.one_track_per_channel(again(song(8)))), 1)
    plan, key = arranged.heard(notes, 32, 4)
    assert [chords.name(chord) for chord in plan[::4]] == list(PROGRESSION) * 2
    assert np.all(plan.reshape(8, 4) == plan.reshape(8, 4)[:, :1])
    assert key in (0, 12 + 9)  # C, or A minor


def test_a_cut_begins_on_its_first_bar_with_the_instruments_it_had():
    whole = arranged.one_track_per_channel(again(song(8)))
    notes = score.read(arranged.saved(arranged.cut_out(whole, 4 * 480 * 4, 4 * 480 * 6)), 1)
    assert notes["start"].min() == 0 and notes["end"].max() == 8
    assert set(notes["program"][notes["part"] == 1]) == {33}
    assert set(notes["program"][notes["part"] == 3]) == {27}


def test_a_song_off_the_grid_or_in_eighths_is_left_out():
    file = song(1)
    assert arranged.metre(file) == 4
    file.tracks[0].insert(0, mido.MetaMessage("time_signature", numerator=7, denominator=8))
    assert arranged.metre(file) is None
    notes = np.array([(0.4, 1, 60, 90, 2, 0, 0), (1.6, 2, 60, 90, 2, 0, 0)], score.NOTE)
    assert arranged.off_grid(notes) > arranged.MAX_OFF


def again(file: mido.MidiFile) -> mido.MidiFile:
    return mido.MidiFile(file=io.BytesIO(arranged.saved(file)))
