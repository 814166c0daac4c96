import mido
import numpy as np
import pytest

from one2four_training import render, synth
from one2four_training.stft import SAMPLE_RATE


def notes(channel: int, *played: tuple[float, float, int]) -> list:
    events = []
    for start, end, note in played:
        events.append((start, mido.Message("note_on", channel=channel, note=note, velocity=100)))
        events.append((end, mido.Message("note_off", channel=channel, note=note)))
    return sorted(events, key=lambda event: event[0])


@pytest.mark.parametrize("stem", ["bass", "piano", "other"])
def test_instruments_play_the_notes_when_they_are_due(stem):
    for seed in range(8):
        audio = synth.played(notes(1, (0.5, 1.0, 57), (1.5, 2.0, 69)), synth.band(stem, seed), 2.0)
        assert audio.shape == (2 * SAMPLE_RATE, 2) and np.isfinite(audio).all() and np.abs(audio).max() < 2
        quiet = [audio[: SAMPLE_RATE // 2], audio[round(1.2 * SAMPLE_RATE) : round(1.5 * SAMPLE_RATE)]]
        assert not any(part.any() for part in quiet)
        heard = audio[SAMPLE_RATE // 2 : SAMPLE_RATE].mean(1) * np.hanning(SAMPLE_RATE // 2)
        hertz = np.fft.rfftfreq(len(heard), 1 / SAMPLE_RATE)
        power = np.abs(np.fft.rfft(heard)) ** 2
        off = np.abs(hertz / 110 - np.round(hertz / 110))  # a ratio of a half is an octave below
        assert power[off < 0.1].sum() > 0.9 * power.sum()


def test_a_seed_is_a_kit_and_a_band_of_its_own():
    song = notes(9, (0.0, 0.1, 36), (0.5, 0.6, 42), (1.0, 1.1, 36))
    first, again, other = (synth.played(song, synth.band("drums", seed), 1.5) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    half = SAMPLE_RATE // 2
    assert np.allclose(first[: half // 2], first[2 * half : 2 * half + half // 2], atol=1e-6)
    assert all(first[at : at + 1000].any() for at in (0, half, 2 * half))


def test_excerpts_by_recorded_instruments_leave_the_others_as_they_were(monkeypatch):
    songs = [{"name": f"song-{n}", "source": "mma", "split": "train"} for n in range(40)]
    with_own = render.excerpts(songs, 1)
    monkeypatch.setattr(render, "SAMPLED_SHARE", {"mma": 0.0})
    own = [excerpt for excerpt in with_own if excerpt["bank"] == render.SAMPLED_BANK]
    assert 0 < len(own) < len(songs) and [e for e in with_own if e not in own] == render.excerpts(songs, 1)
