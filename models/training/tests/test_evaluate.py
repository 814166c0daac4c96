import numpy as np
from conftest import made_stems

from one2four_training import evaluate, stft
from one2four_training.export import export


def test_si_sdr_ignores_the_gain_and_reads_a_known_ratio():
    random = np.random.default_rng(0)
    reference, noise = random.standard_normal((2, 200_000, 1))
    assert evaluate.si_sdr_db(3 * reference, reference) > 100
    assert abs(evaluate.si_sdr_db(reference + 0.1 * noise, reference) - 20) < 0.1


def test_ideal_masks_beat_the_mix_and_stems_sum_to_it():
    stems = made_stems(0)
    mix = stems.sum(0)
    found = evaluate.masked(stft.analyse(mix), evaluate.ideal_masks(stems), mix)
    assert np.abs(found.sum(0) - mix).max() < 1e-5
    ideal = evaluate.scores(found, stems)
    nothing = evaluate.scores(np.broadcast_to(mix, stems.shape), stems)
    assert all(ideal[stem] > nothing[stem] + 3 for stem in evaluate.STEMS)


def test_filters_find_what_they_are_for():
    stems = made_stems(0)
    mix = stems.sum(0)
    found = np.stack([evaluate.percussive(stft.analyse(mix), len(mix)), evaluate.low_pass(mix), mix, mix])
    filtered = evaluate.scores(found, stems)
    nothing = evaluate.scores(np.broadcast_to(mix, stems.shape), stems)
    assert filtered["drums"] > nothing["drums"] and filtered["bass"] > nothing["bass"]


def test_streamed_masks_have_the_length_of_the_clip(tmp_path):
    export(None, tmp_path, "0.0.0", "made", seed=1)
    files = [tmp_path / f"{stem}.onnx" for stem in evaluate.STEMS]
    magnitude = np.full((200, 1, stft.BINS), 0.01, np.float32)
    masks = evaluate.streamed_masks(files, magnitude, chunk=86)
    assert masks.shape == (200, 4, 1, stft.BINS)
    shares = evaluate.normalised(masks).sum(axis=1)
    assert np.allclose(shares, 1, atol=1e-5)
    assert np.allclose(evaluate.normalised(np.zeros((1, 4, 1, 3))), 0.25)
