"""The networks a beat at a time, and from their numbers to notes."""

import numpy as np
import pytest
import torch
from conftest import made_song

from one2four_training import STEMS, networks, runs
from one2four_training.accompany import calibrate, chords, decode, features, grid, measure, perform, score
from one2four_training.accompany.examples import COLUMNS, Examples
from one2four_training.networks.accompany_adversarial import PRESSURE, Turned
from one2four_training.networks.accompany_band import BASS_CLASSES, OUTPUTS
from one2four_training.networks.accompany_stream import windows
from one2four_training.train import Trainer, train

SETTINGS = dict(stems=list(STEMS), seed=3, minutes=60, rows=2, rate=1e-3)


@pytest.fixture
def example(made_songs) -> torch.Tensor:
    examples = Examples("train")
    plan = examples.plan(2, 6 * grid.CELLS, np.random.default_rng(1))
    return examples.cut(plan, 0, 6 * grid.CELLS)


def test_a_stream_gives_what_the_whole_gives(example):
    band, state, parts = networks.build("accompany-band").eval(), None, []
    example[..., COLUMNS["true_plan"]] = 0
    whole, told, _ = band.of_example(example, None)
    for beat in range(4):
        cut = example[:, beat * grid.CELLS : (beat + 3) * grid.CELLS]
        found, own, state = band.of_example(cut, state)
        parts.append(found["other"]["onset"])
        for one, whole_one in zip(own, told, strict=True):
            assert torch.allclose(one[0].float(), whole_one[beat].float(), atol=1e-6)
    assert torch.allclose(torch.cat(parts, dim=1), whole["other"]["onset"], atol=1e-5)


def test_what_is_not_heard_has_no_influence(example):
    band = networks.build("accompany-band").eval()
    example = example[:, : 3 * grid.CELLS]
    example[..., COLUMNS["heard"]] = 2
    other = example.clone()
    other[:, grid.CELLS + 2 :, COLUMNS["features"]] += 1
    for ours, theirs in zip(band.of_example(example, None)[0]["piano"].values(),
                            band.of_example(other, None)[0]["piano"].values(), strict=True):  # fmt: skip
        assert torch.equal(ours, theirs)
    other[:, grid.CELLS + 1, COLUMNS["features"]] += 1
    assert not torch.equal(
        band.of_example(example, None)[0]["piano"]["onset"], band.of_example(other, None)[0]["piano"]["onset"]
    )


def test_the_band_plays_the_same_in_every_key(example):
    band = networks.build("accompany-band").eval()
    example[..., COLUMNS["true_plan"]] = 1
    example[..., COLUMNS["style"].start] = 1  # not the one that is heard
    moved = example.clone()
    for part in (features.LOW, features.FULL):
        moved[..., part] = moved[..., part].roll(5, dims=-1)
    chord, key = moved[..., COLUMNS["chord"]], moved[..., COLUMNS["key"]]
    chord[:] = torch.from_numpy(chords.transposed(chord.numpy().astype(int), 5))
    key[:] = key // 12 * 12 + (key + 5) % 12
    ours, theirs = (band.of_example(e, None)[0]["piano"]["onset"] for e in (example, moved))
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_both_networks_train_and_go_on(made_songs):
    with pytest.raises(SystemExit, match="train that first"):
        train("accompany-band", run=None, steps=1, slice_steps=1, **SETTINGS)
    train("accompany-plan", run=None, steps=2, slice_steps=1, **SETTINGS)
    for _ in range(2):
        train("accompany-band", run=None, steps=2, slice_steps=1, **SETTINGS)
    train("accompany-adversarial", run=None, steps=2, slice_steps=1, **SETTINGS)
    assert len(runs.read(made_songs / "runs" / "accompany-band" / "run.json")["losses"]) == 2
    folder = made_songs / "runs" / "accompany-band"
    trainer = Trainer({**SETTINGS, "network": "accompany-band", "steps": 2}, folder)
    plan = torch.load(made_songs / "runs" / "accompany-plan" / "checkpoint.pt", weights_only=False)["best"]
    assert all(torch.equal(plan[name], values) for name, values in trainer.net.plan.state_dict().items())


def made_beat(seed: int, **changes) -> decode.Beat:
    random = np.random.default_rng(seed)
    outputs = {
        stem: {name: random.standard_normal((grid.CELLS, width)) * 3 for name, width in parts.items()}
        for stem, parts in OUTPUTS.items()
    }
    for parts in outputs.values():
        parts["velocity"] = np.full_like(parts["velocity"], 0.6)
    beat = decode.Beat(outputs, chords.number(0, ""), chords.number(0, ""), 0, 0.9, 1, 0, -20.0, False)
    return beat._replace(**changes)


def test_the_same_seed_plays_the_same_and_another_another():
    def played(seed: int) -> list:
        decoder = decode.Decoder(decode.Settings(variation=2.0, seed=seed))
        return [event for n in range(4) for event in decoder.step(made_beat(n, bar=n))]

    assert played(1) == played(1) != played(2)
    assert decode.dice(7, 3, [12], 2, [0]).item() == pytest.approx(0.36582863, abs=1e-7)
    values = np.concatenate([decode.dice(1, bar, np.arange(24), 0, np.arange(9)) for bar in range(20)])
    assert abs(np.mean(values)) < 0.05 and np.std(values) == pytest.approx(1 / np.sqrt(3), abs=0.03)


def test_two_hands_two_feet_and_five_notes():
    for seed in range(20):
        for bar in (1, 4):
            events = decode.Decoder(decode.Settings()).step(made_beat(seed, bar=bar))
            for cell in range(grid.CELLS):
                now = [e for e in events if e.cell == cell and e.velocity]
                drums = [score.KIT.index(e.pitch) for e in now if e.stem == 0]
                assert sum(voice in decode.HANDS for voice in drums) <= decode.MAX_HANDS
                assert not {decode.OPEN, decode.CLOSED} <= set(drums)
                assert decode.CRASH not in drums or (cell == 0 and bar == 4)
                assert sum(e.stem == 2 for e in now) <= decode.MAX_CHORD_NOTES
                assert sum(e.stem == 1 for e in now) <= 1
            places = {e.cell for e in events if e.stem == 2 and e.velocity}
            assert not (places & set(grid.STRAIGHT) and places & set(grid.TRIPLET))


def test_notes_fit_the_chord_and_end():
    decoder, sounding = decode.Decoder(decode.Settings()), set()
    for number in range(30):
        for event in decoder.step(made_beat(number, chord=chords.number(number % 3 * 5, "m"), key=12)):
            if event.stem == 0:
                continue
            key = (event.stem, event.pitch)
            assert (key in sounding) == (event.velocity == 0)
            sounding.symmetric_difference_update([key])
            if event.velocity and event.cell % grid.CELLS == 0:
                assert event.pitch % 12 in chords.tones(chords.number(number % 3 * 5, "m"))


def test_chords_are_led_from_one_to_the_next():
    # C, F, G, C in root position from C3 on, as the network's numbers have them.
    steps, tops = [], []
    for stem in (2, 3):
        decoder = decode.Decoder(decode.Settings(piano_onset=0.0, other_onset=0.0, variation=0.0))
        for number, root in enumerate((0, 5, 7, 0, 9, 2, 7, 0)):
            beat = made_beat(1, chord=chords.number(root, ""), before=chords.number(root, ""), bar=number)
            for parts in beat.outputs.values():
                for name in ("onset", "sustain", "note"):
                    parts.get(name, np.zeros(0))[:] = -9
            beat.outputs[STEMS[stem]]["onset"][0, [12, 16, 19]] = 9
            played = [e.pitch for e in decoder.step(beat) if e.stem == stem and e.velocity]
            assert {pitch % 12 for pitch in played} == chords.tones(beat.chord) and len(played) == 3
            tops.append(max(played))
        steps += np.abs(np.diff(tops)).tolist()
        tops.clear()
    assert np.mean(steps) <= 2 and max(steps) <= 4
    assert decode.inverted({48, 52, 55}, 1) == {52, 55, 60}
    assert decode.inverted({48, 52, 55}, -2) == {48, 40, 43}


def test_the_bass_takes_a_new_chord_by_its_root():
    decoder = decode.Decoder(decode.Settings())
    for number in range(24):
        beat = made_beat(number, chord=chords.number(number % 5, "m7"))
        beat.outputs["bass"]["note"][:, score.FIRST_PITCH + 7] = 9  # a tone, above the root
        beat = beat._replace(before=beat.chord if number % 2 else chords.number(11, ""))
        played = {e.cell % grid.CELLS: e.pitch % 12 for e in decoder.step(beat) if e.stem == 1 and e.velocity}
        root = number % 5
        assert played[0] != root if number % 2 else played.pop(0) == root
        assert root not in played.values()


def test_silence_is_answered_by_rests():
    decoder = decode.Decoder(decode.Settings())
    assert not decoder.step(made_beat(0, level_db=-80.0))
    assert decoder.step(made_beat(1))
    for number in range(decode.SILENT_BEATS):
        events = decoder.step(made_beat(number, level_db=-80.0))
    assert not any(event.velocity for event in events)
    assert not any(decoder.sounding.values())


def test_a_doubtful_chord_leaves_root_and_pulse():
    decoder = decode.Decoder(decode.Settings())
    for number in range(6):
        events = decoder.step(made_beat(number, confidence=0.05, chord=chords.number(7, "7")))
        assert {e.stem for e in events if e.velocity} <= {0, 1}
        assert {e.cell % grid.CELLS for e in events if e.stem == 0} <= {0}
        assert {e.pitch % 12 for e in events if e.stem == 1} <= {7}


def test_thresholds_meet_the_density(monkeypatch):
    def heard(net, table: np.ndarray) -> tuple[dict, dict]:
        """Numbers that are right more often than not, and too high."""
        random, beats = np.random.default_rng(5), len(table) // grid.CELLS

        def of(name: str, width: int) -> np.ndarray:
            wanted = table[:, COLUMNS[name]].reshape(beats, grid.CELLS, width) > 0
            return 3.0 * wanted - 1 + random.standard_normal(wanted.shape)

        bass = table[:, COLUMNS["bass"].start].astype(int).reshape(beats, grid.CELLS)
        outputs = {"drums": {"onset": of("drums", len(score.VOICES))}}
        outputs["bass"] = {"note": 3 * np.eye(BASS_CLASSES)[bass] + random.standard_normal((*bass.shape, 1))}
        for stem in ("piano", "other"):
            outputs[stem] = {part: of(f"{stem}_{part}", 36) for part in ("onset", "sustain")}
        for parts in outputs.values():
            parts["velocity"] = np.full((beats, grid.CELLS, 9), 0.5)
        chord = table[:: grid.CELLS, COLUMNS["chord"].start].astype(int)
        return outputs, {
            "chord": chord, "before": np.append(chord[:1], chord[:-1]), "key": chord % 12,
            "confidence": np.ones(beats),
        }  # fmt: skip

    monkeypatch.setattr(perform, "heard_by", heard)
    entry, arrays = made_song("long", "valid", 9, 160)
    settings = calibrate.calibrated(None, [(entry, arrays)])
    table = perform.untold(entry, arrays)
    assert not table[:, COLUMNS["true_plan"]].any() and not table[:, COLUMNS["intensity"]].any()
    outputs, plan = heard(None, table)

    def played(settings) -> dict:
        notes = perform.decoded(outputs, plan, table, 4, settings)
        return measure.of_song(entry, arrays, notes, plan["chord"])

    found, before = played(settings), played(decode.Settings())
    for name in ("drums kick", "drums snare", "piano onset"):
        assert abs(found[name][1] / found[name][2] - 1) < 0.15, (name, found[name])
        assert before[name][1] / before[name][2] > 1.15
    assert settings.drums[score.VOICES.index("ride")] == decode.NEVER  # the song has none


def test_the_judge_pushes_the_band_the_other_way(example):
    band = networks.build("accompany-adversarial").eval()
    found, told, _ = band.of_example(example, None)
    known = band.inputs(windows(example), told)[: grid.CELLS].transpose(0, 1).flatten(0, 1)
    drawn = band.drawn(found)
    assert set(drawn.detach().unique().round(decimals=4).tolist()) <= {0.0, 1.0}
    torch.manual_seed(1)
    straight, turned = (band.judge(push(drawn), known).sum() for push in (lambda d: d, Turned.apply))
    weight = band.heads[0].weight
    there, back = (torch.autograd.grad(v, weight, retain_graph=True)[0] for v in (straight, turned))
    assert there.abs().max() > 0 and torch.allclose(back, -PRESSURE * there, atol=1e-7)
