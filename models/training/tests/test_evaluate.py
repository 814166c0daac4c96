"""The numbers of EVALUATION.md, on made sounds."""

import json

import numpy as np
import pytest
from conftest import made_stems

from one2four_training import STEMS, runs
from one2four_training.evaluate import (
    baselines,
    curves,
    document,
    noise,
    onsets,
    packs,
    rows,
    run,
    scores,
    table,
    targets,
    titles_of_rows,
)
from one2four_training.evaluate.clips import Clip
from one2four_training.evaluate.measure import measured
from one2four_training.evaluate.rows import timed
from one2four_training.evaluate.store import Store
from one2four_training.evaluate.table import Numbers
from one2four_training.stft import SAMPLE_RATE, Stft


def made_clip() -> Clip:
    return Clip({"name": "made"}, made_stems(0), {stem: np.arange(0, 5.9, 0.25) for stem in STEMS})


def test_si_sdr_ignores_the_gain_and_reads_a_known_ratio():
    random = np.random.default_rng(0)
    reference, other = random.standard_normal((2, 200_000, 1))
    assert scores.si_sdr_db(3 * reference, reference) > 100
    assert abs(scores.si_sdr_db(reference + 0.1 * other, reference) - 20) < 0.1
    assert scores.si_sdr_db(0 * reference, reference) == scores.LOWEST_DB


def test_sdr_is_that_of_museval():
    stems = made_stems(0)[:2, : 3 * SAMPLE_RATE]
    stems = stems + np.random.default_rng(0).normal(0, 0.01, stems.shape)
    found = stems + np.random.default_rng(1).normal(0, 0.03, stems.shape)
    ours = [scores.sdr_db(*pair) for pair in zip(found, stems, strict=True)]
    # The medians of museval 0.4.1's `evaluate(stems, found, win=44_100, hop=44_100)[0]`.
    assert np.allclose(ours, [3.72538, 13.50190], atol=0.01)


def test_ideal_masks_beat_the_mix_and_filters_find_what_they_are_for():
    clip = made_clip()
    stems_of = {"mix": np.stack([clip.mix] * 4), "ideal": baselines.ideal(clip.stems)}
    stems_of["filters"] = baselines.filtered(clip.mix)
    assert np.abs(stems_of["ideal"].sum(0) - clip.mix).max() < 1e-5
    found = {row: measured(stems, clip) for row, stems in stems_of.items()}
    for stem in STEMS:
        assert found["ideal"][stem]["si_sdr"] > found["mix"][stem]["si_sdr"] + 3
    for stem in ("drums", "bass"):
        assert found["filters"][stem]["si_sdr"] > found["mix"][stem]["si_sdr"]


def test_residual_is_read_where_the_stem_is_silent():
    random = np.random.default_rng(0)
    mix = random.normal(0, 0.1, (4 * SAMPLE_RATE, 2))
    reference = mix.copy()
    reference[: 2 * SAMPLE_RATE] = 0
    estimate = reference + 0.01 * random.permutation(mix)
    assert abs(noise.residual_db(estimate, reference, mix) + 40) < 1
    assert noise.residual_db(estimate, mix, mix) is None


def test_denoiser_takes_noise_off_and_leaves_a_tone():
    time = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    tone = np.where(time > 2, 0.3 * np.sin(2 * np.pi * 440 * time), 0)[:, None].repeat(2, 1)
    noisy = (tone + np.random.default_rng(0).normal(0, 0.01, tone.shape)).astype(np.float32)
    found = noise.denoised(noisy)
    assert found.shape == noisy.shape
    assert scores.si_sdr_db(found, tone) > scores.si_sdr_db(noisy, tone) + 6
    assert noise.residual_db(found, tone, noisy) < -5


def test_picker_finds_the_notes_and_none_in_noise():
    clip = made_clip()
    drums = clip.stems[0]
    found = onsets.recall_and_precision(onsets.picked(drums), clip.onsets["drums"])
    assert found[0] > 0.9 and found[1] > 0.9
    hiss = np.random.default_rng(0).normal(0, 0.1, drums.shape).astype(np.float32)
    assert onsets.recall_and_precision(onsets.picked(hiss), clip.onsets["drums"])[0] < 0.2
    assert onsets.recall_and_precision(onsets.picked(0 * drums), clip.onsets["drums"]) == (0, None)
    assert list(onsets.distinct([0.52, 0.5, 1.0])) == [0.5, 1.0]


class FakeSession:
    """Masks that count the chunks: state + 1 for the wanted stem, and the number of frames seen."""

    def get_inputs(self):
        return [None, type("State", (), {"shape": [1]})]

    def run(self, _, feeds):
        frames = len(feeds["magnitude"]) - 2
        return np.full((frames, 4, 1, 5), feeds["state"][0] + 1, np.float32), feeds["state"] + 1


def made_pack(monkeypatch) -> packs.Pack:
    pack = packs.Pack.__new__(packs.Pack)
    pack.stream, pack.graphs = {"lookahead_frames": 2}, [{"stems": list(STEMS)}]
    monkeypatch.setattr(packs.Pack, "sessions", [FakeSession()])
    return pack


@pytest.mark.parametrize("carry", [True, False])
def test_chunks_carry_the_state_or_not(monkeypatch, carry):
    masks = made_pack(monkeypatch).masks(np.zeros((10, 1, 5), np.float32), 4, carry)
    assert masks.shape == (10, 4, 1, 5)
    assert list(masks[:, 0, 0, 0]) == ([1] * 2 + [2] * 4 + [3] * 4 if carry else [1] * 10)


def test_shares_sum_to_one_also_where_no_network_claims():
    masks = np.random.default_rng(0).random((3, 4, 1, 5)).astype(np.float32)
    masks[0] = 0
    assert np.allclose(packs.shares(masks).sum(1), 1, atol=1e-6)
    assert np.allclose(packs.shares(masks)[0], 0.25)
    stft = Stft(8)
    mix = made_stems(0).sum(0)[:1000]
    spectra = stft.analyse(mix)
    found = packs.masked(stft, spectra, packs.shares(np.ones((len(spectra), 4, 1, 5), np.float32)), mix)
    assert np.abs(found.sum(0) - mix).max() < 1e-5


def kept_rows(folder) -> Numbers:
    clip = made_clip()
    stores = {}
    for row, stems in {"mix": np.stack([clip.mix] * 4), targets.OURS: baselines.ideal(clip.stems)}.items():
        stores[row] = Store(row, folder)
        stores[row].renew("key", {"parameters": 1}, {})
        entry = {"digest": "a", "sets": ["seen"], "stems": measured(stems, clip)}
        stores[row].put("made", entry)
    return Numbers(stores)


def test_kept_numbers_come_back_and_go_with_key_and_clip(tmp_path):
    kept_rows(tmp_path)
    store = Store("mix", tmp_path)
    before = store.clips["made"]
    store.renew("key", {}, {"made": "a"})
    assert store.clips == {"made": before} and store.facts == {"parameters": 1}
    store.renew("key", {}, {})  # a cache without this clip
    assert store.clips == {"made": before}
    store.renew("key", {}, {"made": "rendered anew"})
    assert store.clips == {}
    store = Store("mix", tmp_path)
    store.renew("another network", {}, {"made": "a"})
    assert store.clips == {}
    assert json.loads((tmp_path / "mix.json").read_text())["clips"]["made"] == before


def test_targets_say_met_or_not_with_the_number(tmp_path):
    text = "\n".join(targets.lines(kept_rows(tmp_path), "seen"))
    assert " met |" in text and "not measured" in text
    assert targets.verdict(-0.304, -0.3) == "-0.30 met"
    assert targets.verdict(2.9, 3.0) == "+2.90 **not met**"


def test_costs_are_held_against_their_limits(tmp_path):
    numbers = kept_rows(tmp_path)
    store = numbers.stores[targets.OURS]
    store.renew("key", {"parameters": 1, "bytes": 50_000_000}, {})
    store.put("made", {**store.clips["made"], "ms": 59.0})
    text = "\n".join(targets.cost_lines(numbers))
    assert "| 12.5 | 12 | **not met** |" in text and "| 59.0 | 60 | met |" in text


def test_document_has_every_measured_row(tmp_path):
    titles = {"mix": "the mix itself", targets.OURS: "ours"}
    text = document.document(kept_rows(tmp_path), titles, ["curves-drums.png"], ["open-unmix: gone"])
    for wanted in ("Unseen songs, seen banks", "| ours | ", "open-unmix: gone", "curves-drums.png", "made "):
        assert wanted in text


def test_what_stands_in_the_evaluation_was_measured_of_the_packs_that_ship(tmp_path, monkeypatch):
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path))  # no songs, no runs
    run.rows_by_id.cache_clear()
    numbers = Numbers(run.open_stores([]))
    pictures = [f"curves-{stem}.png" for stem in STEMS]
    made = document.document(numbers, titles_of_rows(), pictures, [])
    run.rows_by_id.cache_clear()
    assert made == table.FILE.read_text().split(table.MARK)[0], "`evaluate` makes it again"


def test_time_is_told_per_second_of_audio():
    result = timed(lambda mix: np.stack([mix] * 4), made_clip())
    assert result.stems.shape == made_stems(0).shape and result.ms >= 0


def test_clips_of_both_sets_take_turns(tmp_path, monkeypatch):
    from one2four_training.evaluate import clips

    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path))
    assert clips.entries() == []
    (tmp_path / "audio").mkdir()
    listed = [{"name": f"{s}{i}", "split": s} for s in ("train", "valid", "test") for i in range(3)]
    runs.write(tmp_path / "audio" / "run.json", excerpts=listed)
    assert [entry["split"] for entry in clips.entries()] == ["valid", "test"] * 3


def test_curves_are_drawn_of_each_stem(tmp_path):
    curve = {"losses": [[100, 1.0], [200, 0.5]], "valid_losses": [[100, 1.1], [200, 0.7]]}
    curve["valid_by_stem"] = [[100, 1.0, 2.0, 3.0, 4.0], [200, 0.5, 1.0, 1.5, 2.0]]
    for name, logs in (("apart", {s: [s] for s in STEMS}), ("one", {"a": STEMS})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pack.toml").write_text(
            f'id = "{name}"\nname = ""\nversion = ""\nkind = "mask"\nstream = {{}}\ngraph = []\n'
        )
        training = {file: {**curve, "arguments": {"stems": list(stems)}} for file, stems in logs.items()}
        runs.write(tmp_path / name / "run.json", training=training)
    made = [packs.Pack(tmp_path / name) for name in ("apart", "one")]
    assert list(curves.curves_of(made[0], "bass")[0]) == ["training", "held out"]
    shown = curves.curves_of(made[1], "bass")[0]
    assert list(shown) == ["training, all stems", "held out, all stems", "held out, bass"]
    assert shown["held out, bass"] == [[100, 2.0], [200, 1.0]]
    assert [file.name for file in curves.draw(made, tmp_path)] == [f"curves-{stem}.png" for stem in STEMS]


def test_rows_that_take_few_clips_take_them_of_both_sets(monkeypatch):
    made = rows.Row("made", "made", lambda clip, place: None, every=2)
    monkeypatch.setattr(run, "rows_by_id", lambda: {"made": made})
    entries = [{"name": f"{split}{number}"} for number in range(4) for split in ("valid", "test")]
    store = type("Empty", (), {"clips": {"valid0": {}}})
    assert [name for _, name, _ in run.missing(entries, {"made": store}, [])] == ["test0", "valid2", "test2"]


def test_f1_of_notes_counts_what_is_picked_wrongly():
    assert table.number_of({"recall": 1.0, "precision": 0.5}, "f1") == pytest.approx(2 / 3)
    assert table.number_of({"recall": 0.0}, "f1") == 0  # nothing was picked
    assert table.number_of({"si_sdr": 1.0}, "f1") is None
