import numpy as np
import pytest

from one2four_training import midi, render, runs


@pytest.mark.parametrize("script", ["exit 1", "echo 'error: Failed to load SoundFont' >&2"])
def test_a_bank_that_cannot_be_played_is_no_silence(tmp_path, monkeypatch, script):
    program = tmp_path / "fluidsynth"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    note = midi.mido.Message("note_on", channel=0, note=60, velocity=90)
    with pytest.raises(SystemExit, match="could not play .*some.sf2"):
        render.fluidsynth([(0.0, note)], tmp_path / "some.sf2", 0.1)


def test_plain_excerpts_are_as_the_banks_give_them_and_leave_the_others_as_they_were(tmp_path, monkeypatch):
    songs = [{"name": f"song-{n}", "source": "mma", "split": "train"} for n in range(40)]
    plan = render.excerpts(songs, 1)
    monkeypatch.setattr(render, "PLAIN_SHARE", {"mma": 0.0})
    plain = [excerpt for excerpt in plan if excerpt["plain"]]
    assert len(songs) < len(plain) < 2 * len(songs) and [
        e for e in plan if not e["plain"]
    ] == render.excerpts(songs, 1)

    heard = []

    def stems_of(events, bank, start, seconds, sizes, whole):
        heard.append(sizes)
        return np.full((4, 44_100, 2), 0.1, np.float32)

    note = midi.mido.Message("note_on", channel=0, note=60, velocity=90)
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path))
    for folder in ("audio", "songs"):
        (runs.cache() / folder).mkdir(parents=True)
    midi.write([(0.0, note)], runs.cache() / "songs" / f"{plain[0]['song']}.mid")
    monkeypatch.setattr(render, "stems_of", stems_of)
    monkeypatch.setattr(render, "recorded", lambda stems, excerpt: pytest.fail("went through effects"))
    render.render_one(plain[0])
    assert heard == [(0, 0, 0, 0)]


def test_every_take_of_a_song_is_of_its_better_half(tmp_path, monkeypatch):
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path))
    for folder in ("audio", "songs"):
        (runs.cache() / folder).mkdir(parents=True)
    note = midi.mido.Message("note_on", channel=0, note=60, velocity=90)
    midi.write([(0.0, note)], runs.cache() / "songs" / "song.mid")
    monkeypatch.setattr(render, "best_starts", lambda events, seconds: [20, 0, 10, 15, 5])
    monkeypatch.setattr(render, "stems_of", lambda *_, **__: np.full((4, 44_100, 2), 0.1, np.float32))
    plan = render.plain_excerpts({"name": "song", "source": "freedoom", "split": "train"}, 1, 1)
    assert [render.render_one(excerpt)["start"] for excerpt in plan[:7]] == [20, 0, 10, 20, 0, 10, 20]
    monkeypatch.setattr(render, "METHOD", render.METHOD + 1)
    again = render.plain_excerpts({"name": "song", "source": "freedoom", "split": "train"}, 1, 1)
    assert not render.rendered(again[0]) and render.rendered(plan[0])
