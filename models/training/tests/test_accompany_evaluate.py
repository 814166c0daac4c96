import json

import numpy as np

from one2four_training import STEMS
from one2four_training.accompany import chords, evaluate, measure, players, score
from one2four_training.accompany.examples import songs
from one2four_training.evaluate import table as table_module
from one2four_training.train import train


def test_notes_and_labels_go_both_ways(made_songs):
    _, arrays = songs("valid")[0]
    targets = players.targets_of(arrays)
    again = score.targets(score.notes_of(targets, arrays["plan"]), arrays["plan"])
    assert all(np.array_equal(again[part], targets[part]) for part in targets)


def test_the_reference_is_perfect_and_nothing_is_not(made_songs):
    entry, arrays = songs("test")[0]
    best = measure.added([measure.of_song(entry, arrays, *players.reference(entry, arrays))])
    for name in ("drums macro", "bass root", "bass onset", "piano onset", "piano chroma", "majmin"):
        assert best[name] == 1
    off = measure.added([measure.of_song(entry, arrays, *players.all_off(entry, arrays))])
    assert off["drums macro"] == off["bass onset"] == off["majmin"] == 0


def test_a_chord_is_told_once_its_root_and_third_were_struck():
    plan = np.array([0] * 4 + [4] * 2 + [chords.NO_CHORD])  # C, E, none
    struck = np.zeros((7, 12), bool)
    struck[0, 0] = struck[2, 4] = True  # C in the first beat, E in the third
    struck[4, 8] = struck[6, 4] = True  # G sharp, and E when its chord is over
    assert measure.told(plan, struck).tolist() == [False, True, True, True, False, False, False]


def test_a_band_a_semitone_off_fits_no_chord(made_songs):
    entry, arrays = songs("test")[0]
    notes, plan = players.reference(entry, arrays)
    right = measure.added([measure.of_song(entry, arrays, notes, plan)])
    notes["pitch"] += np.where(notes["part"] > 1, 1, 0).astype("i2")
    wrong = measure.added([measure.of_song(entry, arrays, notes, plan)])
    assert right["coverage"] > wrong["coverage"] + 0.3
    assert wrong["piano chroma"] < 0.5 and wrong["piano onset"] == 1


def test_every_row_is_measured_and_written(made_songs, monkeypatch, tmp_path):
    for network in ("accompany-plan", "accompany-band"):
        train(network, list(STEMS), None, 1, 1, 60, 2, 1e-3, 1)
    monkeypatch.setattr(table_module, "FILE", tmp_path / "table.md")
    (tmp_path / "table.md").write_text("what another wrote")
    monkeypatch.setattr(evaluate, "KEPT", tmp_path / "kept.json")
    monkeypatch.setattr(evaluate, "PICTURE", tmp_path / "roll.png")
    evaluate.evaluate(None, 60)
    kept = json.loads((tmp_path / "kept.json").read_text())
    for split in evaluate.SETS:
        assert kept["sets"][split]["songs"] == 1
        assert kept["sets"][split]["rows"]["reference"]["drums macro"] == 1
    assert [row[0] for row in kept["restraint"]] == ["none"]
    evaluate.evaluate_others(["accompany-band"])
    written = (tmp_path / "table.md").read_text()
    assert written.startswith("what another wrote") and "Accompany, style found (auto)" in written
    assert "| accompany-band, mean (deviation) |" in written
