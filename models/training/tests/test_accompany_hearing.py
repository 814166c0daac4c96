"""What is heard of a solo: cells, features, labels."""

import random

import numpy as np
import pytest

from one2four_training.accompany import chords, features, grid, nothing, score, songs
from one2four_training.stft import SAMPLE_RATE


def test_a_position_near_a_cell_is_that_cell():
    cells = np.arange(600)
    beats = grid.beats_of(cells)
    for off in (-0.04, 0.04):
        assert np.array_equal(grid.cell_of(beats + 100 + off), cells + 100 * grid.CELLS)
    assert grid.cell_of(np.array([0.99, 0.125, 0.12])).tolist() == [grid.CELLS, 1, 0]


def test_the_phase_of_a_bar_of_five():
    phase = grid.phase(7, 3, 5, False, 120)
    beat = phase[:: grid.CELLS, grid.CELLS : grid.CELLS + grid.MAX_BEATS].argmax(1)
    assert beat.tolist() == [3, 4, 0, 1, 2, 3, 4]
    last = phase[:: grid.CELLS, grid.CELLS + grid.MAX_BEATS]
    assert last.tolist() == [0, 1, 0, 0, 0, 0, 1]
    assert phase.shape == (7 * grid.CELLS, grid.PHASE)


@pytest.mark.parametrize("bpm", (70, 100))
def test_onsets_are_heard_in_their_cells(bpm):
    wanted = np.array([0, 3, 6, 10, 12, 13, 18, 21])
    audio = np.zeros((round(4.5 * 60 / bpm * SAMPLE_RATE), 2), np.float32)
    for cell in wanted:
        start = round(float(grid.beats_of(np.array(cell))) * 60 / bpm * SAMPLE_RATE)
        time = np.arange(min(20_000, len(audio) - start)) / SAMPLE_RATE
        tone = 0.2 * np.sin(2 * np.pi * 330 * time) * np.exp(-8 * time)
        audio[start : start + len(time)] += tone[:, None]
    flux = features.heard(audio, bpm / 60, 24)[:, features.FLUX].mean(1)
    assert set(np.argsort(flux)[-len(wanted) :]) == set(wanted)


def test_the_chord_is_heard_at_any_level():
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tones = sum(np.sin(2 * np.pi * 440 * 2 ** ((n - 69) / 12) * time) for n in (48, 64, 67))
    audio = np.repeat((0.1 * tones)[:, None], 2, axis=1).astype(np.float32)
    loud, soft = (features.heard(gain * audio, 2, 12)[3:] for gain in (1, 0.03))
    full = loud[:, features.FULL].mean(0)
    assert set(np.argsort(full)[-3:]) == {0, 4, 7} and full[[0, 4, 7]].sum() > 0.9
    assert np.argmax(loud[:, features.LOW].mean(0)) == 0
    assert np.abs(loud[:, features.FULL] - soft[:, features.FULL]).max() < 0.05
    assert loud[:, 0].mean() - soft[:, 0].mean() == pytest.approx(30.5 / 30, abs=0.02)


def test_silence_and_a_gap_of_frames():
    assert np.isfinite(features.silence()).all() and features.silence()[features.FLUX].max() == 0
    frames = features.frame_features(np.outer([1, 0.1], np.ones(features.STFT.bins)))
    found = features.cells(frames, np.array([1, 4]), 6)
    assert np.array_equal(found[0], features.silence())
    assert np.array_equal(found[1], found[3]) and not np.array_equal(found[1], found[4])


def test_labels_are_relative_to_the_root():
    plan = np.array([chords.number(2, "m"), chords.number(9, "7")])  # Dm, A7
    notes = [(0.02, 0.9, 38, 90, 1, 33, 1), (1.0, 1.5, 33, 80, 1, 33, 1), (0.5, 1.6, 65, 70, 2, 0, 2)]
    notes += [(0.55, 0.9, 69, 60, 2, 0, 2), (1.34, 1.5, 36, 100, 0, 0, 0)]
    found = score.targets(np.array(sorted(notes), score.NOTE), plan.astype(np.uint8))
    root = score.FIRST_PITCH + score.BASS_BELOW
    assert found["bass"][[0, 6], 0].tolist() == [root, root] and found["bass"][9, 0] == score.REST
    third = score.CHORD_BELOW + 65 - 48 - 2  # F over D
    assert found["piano"][3, third].tolist() == [70, 1] and found["piano"][3, third + 4, 0] == 60
    assert found["piano"][6, score.CHORD_BELOW + 65 - 48 - 9].tolist() == [0, 1]  # it sounds on over A
    assert found["drums"][8, 0] == 100


def test_pitches_out_of_range_move_by_octaves():
    moved = score.within(np.arange(0, 128), 30, score.BASS_BELOW, score.BASS_PITCHES)
    assert moved.min() >= 0 and moved.max() < score.BASS_PITCHES
    assert ((moved - score.BASS_BELOW + 30 - np.arange(0, 128)) % 12 == 0).all()


def test_a_chart_says_what_mma_is_told():
    groove = {"main": ["Swing"], "fills": ["SwingFill"], "beats": 4, "compound": False}
    chart = songs.chart(groove, random.Random(1))
    plan = songs.chords_per_beat(groove, chart)
    assert len(plan) == 4 * songs.BARS
    text = songs.mma_text("stdlib/swing.mma", groove, chart, 5)
    bars = [line.split()[1:] for line in text.splitlines() if line[0].isdigit()]
    for bar, own in enumerate(bars):
        assert own[0] == chords.name(plan[4 * bar])
        assert own[2] in ("/", chords.name(plan[4 * bar + 2]))


@pytest.mark.parametrize("kind", ("hiss", "clicks", "speech", "drone", "silence"))
def test_sounds_without_chords_are_finite(kind):
    audio = nothing.sound(kind, 3.0, np.random.default_rng(1))
    assert audio.shape == (3 * SAMPLE_RATE, 2) and np.isfinite(features.heard(audio, 2, 36)).all()
    assert np.abs(audio).max() < 0.4 and (kind == "silence") == (not audio.any())
