import pytest

from one2four_training import midi, render


@pytest.mark.parametrize("script", ["exit 1", "echo 'error: Failed to load SoundFont' >&2"])
def test_a_bank_that_cannot_be_played_is_no_silence(tmp_path, monkeypatch, script):
    program = tmp_path / "fluidsynth"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    note = midi.mido.Message("note_on", channel=0, note=60, velocity=90)
    with pytest.raises(SystemExit, match="could not play .*some.sf2"):
        render.fluidsynth([(0.0, note)], tmp_path / "some.sf2", 0.1)
