import mido
import numpy as np
import pytest
import soundfile

from one2four_training import runs, sampled, synth
from one2four_training.stft import SAMPLE_RATE


@pytest.fixture
def made_samples(tmp_path, monkeypatch):
    """Of each instrument one recording: an A of 220 Hz, with silence before it."""
    monkeypatch.setattr(runs, "cache", lambda: tmp_path)
    monkeypatch.setattr(sampled, "MADE_CHANCE", 0)
    sampled.recordings.cache_clear()
    sampled.recording.cache_clear()
    tone = np.sin(2 * np.pi * 220 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE)
    for name in sampled.PACKAGES:
        (tmp_path / "samples" / name).mkdir(parents=True)
        audio = np.concatenate([np.zeros(4000), 0.1 * tone])
        soundfile.write(tmp_path / "samples" / name / "A3.ogg", audio, SAMPLE_RATE)


@pytest.mark.parametrize("program", [0, 26, 33, 56])
def test_recorded_instruments_play_the_notes_when_they_are_due(made_samples, program):
    events = [
        (0.0, mido.Message("program_change", channel=1, program=program)),
        (0.5, mido.Message("note_on", channel=1, note=64, velocity=127)),
        (1.0, mido.Message("note_off", channel=1, note=64)),
    ]
    for seed in range(4):
        audio = synth.played(events, sampled.band("other", seed), 2.0)
        assert np.isfinite(audio).all() and 0.05 < np.abs(audio).max() < 2
        assert not audio[: SAMPLE_RATE // 2].any() and not audio[round(1.2 * SAMPLE_RATE) :].any()
        heard = audio[SAMPLE_RATE // 2 : SAMPLE_RATE].mean(1) * np.hanning(SAMPLE_RATE // 2)
        power = np.abs(np.fft.rfft(heard, 4 * SAMPLE_RATE)) ** 2
        assert abs(np.argmax(power) / 4 - 329.6) < 2


def test_a_folder_of_recordings_that_is_missing_is_named(made_samples, tmp_path):
    (tmp_path / "samples" / "harp").rename(tmp_path / "samples" / "hard")
    assert str(tmp_path / "samples" / "harp") in sampled.missing()


def test_recordings_are_fetched_into_a_cache_that_is_new(tmp_path, monkeypatch):
    """npm stands in: it writes the archive that it would bring, and says its name."""
    monkeypatch.setattr(runs, "cache", lambda: tmp_path / "new")
    monkeypatch.setattr(sampled, "PACKAGES", {"harp": "a-harp@1.0.0"})
    monkeypatch.setattr(sampled, "DRUM_FOLDER", tmp_path)
    npm = tmp_path / "npm"
    npm.write_text(
        "#!/bin/sh\nmkdir package && echo sound > package/A3.mp3 && tar czf harp.tgz package"
        ' && echo \'[{"filename": "harp.tgz"}]\'\n'
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    sampled.fetch()
    assert list(sampled.folder().rglob("*.*")) == [sampled.folder() / "harp" / "A3.mp3"]
    assert sampled.missing() == []
