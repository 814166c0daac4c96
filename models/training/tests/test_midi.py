import mido

from one2four_training import midi


def note(when: float, channel: int, number: int, velocity: int = 90):
    return (when, mido.Message("note_on", channel=channel, note=number, velocity=velocity))


def program(when: float, channel: int, number: int):
    return (when, mido.Message("program_change", channel=channel, program=number))


def starts(events) -> list[tuple[float, int]]:
    return [(when, m.note) for when, m in events if midi.is_start(m)]


def test_notes_go_to_the_stem_of_channel_and_program():
    song = [program(0, 1, 33), program(0, 2, 4), program(0, 3, 60), note(0.5, 9, 36), note(0.5, 1, 40)]
    song += [note(0.5, 2, 60), note(0.5, 3, 70), program(1, 1, 60), note(1, 1, 40, 0), note(2, 1, 41)]
    stems = midi.split(song)
    assert starts(stems["drums"]) == [(0.5, 36)]
    assert starts(stems["bass"]) == [(0.5, 40)]
    assert starts(stems["piano"]) == [(0.5, 60)]
    assert starts(stems["other"]) == [(0.5, 70), (2, 41)]
    # The end of a note stays with its start, whatever program came between.
    assert (1, 40) in [(when, m.note) for when, m in stems["bass"] if midi.is_end(m)]


def test_window_keeps_settings_and_closes_notes():
    song = [program(0, 1, 33), note(1, 1, 40), note(3, 1, 41), note(3.5, 1, 40, 0), note(9, 1, 42)]
    cut = midi.window(song, 2, 4)
    assert [m.type for _, m in cut] == ["program_change", "note_on", "note_off"]
    assert [when for when, _ in cut] == [0, 1, 4]


def test_written_song_reads_back(tmp_path):
    song = [program(0, 1, 33), note(0.25, 1, 40), note(1.5, 1, 40, 0)]
    midi.write(song, tmp_path / "song.mid")
    again = midi.read((tmp_path / "song.mid").read_bytes())
    assert [round(when, 2) for when, _ in again] == [0, 0.25, 1.5]
    assert midi.fingerprint(again) == midi.fingerprint(song)


def test_transposed_moves_notes_but_drums_and_time():
    song = [program(0, 1, 33), note(1, 1, 40), note(2, 9, 36)]
    assert starts(midi.transposed(song, 3, 2.0)) == [(0.5, 43), (1.0, 36)]


def test_revoiced_keeps_bass_and_piano_what_they_are():
    song = [program(0, channel, number) for channel, number in ((1, 34), (2, 3), (3, 80))]
    found = {
        midi.stem_of(m.channel, m.program) for seed in range(40) for _, m in midi.revoiced(song, seed)[:2]
    }
    assert found == {"bass", "piano"}
    others = {
        midi.stem_of(m.channel, m.program) for seed in range(40) for _, m in midi.revoiced(song, seed)[2:]
    }
    assert others == {"piano", "other"}
