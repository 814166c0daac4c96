import numpy as np
import pytest
import torch

from one2four_training import runs
from one2four_training.mixes import SHARES, Mixes, fill_paced


def test_consecutive_cuts_go_on_where_the_last_ended(made_cache):
    mixes = Mixes("train")
    plan = mixes.plan(3, 60_000, np.random.default_rng(0))
    parts = [mixes.cut(plan, 0, 20_000), mixes.cut(plan, 20_000, 40_000)]
    assert parts[0].shape == (3, 4, 2, 20_000)
    assert torch.equal(torch.cat(parts, dim=-1), mixes.cut(plan, 0, 60_000))


def test_same_seed_same_mixes(made_cache):
    cuts = []
    for _ in range(2):
        mixes = Mixes("train")
        cuts.append(mixes.cut(mixes.plan(2, 30_000, np.random.default_rng(7)), 0, 30_000))
    assert torch.equal(*cuts) and cuts[0].abs().max() > 0.01


def test_a_file_that_was_cut_off_is_named(made_cache):
    file = made_cache / "audio" / "made.1.npy"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(SystemExit, match="made.1.npy cannot be read"):
        Mixes("train")


def test_processes_share_a_batch(made_cache):
    mixes = Mixes("train")
    plan = mixes.plan(4, 9_000, np.random.default_rng(1))
    whole = mixes.cut(plan, 0, 9_000)
    for process in range(2):
        assert torch.equal(mixes.cut(plan.part(process, 2), 0, 9_000), whole[process::2])


def test_a_mix_played_faster_is_higher_and_goes_on_from_cut_to_cut():
    tone = (20_000 * np.sin(2 * np.pi * 1000 / 44_100 * np.arange(40_000))).astype(np.int16)
    stored, parts = np.stack([tone, -tone], axis=1), np.empty((2, 30_000), np.float32)
    fill_paced(stored, 0, 1.05, parts[:, :12_345])
    fill_paced(stored, 12_345, 1.05, parts[:, 12_345:])
    higher = 20_000 * np.sin(2 * np.pi * 1050 / 44_100 * np.arange(30_000) + 2 * np.pi * 1000 / 44_100)
    assert np.abs(parts - np.stack([higher, -higher])).max() < 40
    fill_paced(stored, 20_000, 1.05, parts)
    assert np.abs(parts[:, 18_100:]).max() == 0 and np.abs(parts[:, 18_000:18_090]).max() > 0


def test_without_variation_a_mix_is_the_songs_own(made_cache):
    mixes = Mixes("valid")
    plan = mixes.plan(1, 44_100, np.random.default_rng(2), augment=False)
    cut, start = mixes.cut(plan, 0, 44_100)[0].numpy(), plan.rows[0][0].start
    stored = np.load(made_cache / "audio" / "made.2.npy")[:, start : start + 44_100] / 32768
    assert np.allclose(cut, stored.transpose(0, 2, 1), atol=1e-6)


def test_songs_written_by_hand_and_plain_excerpts_keep_their_shares(made_cache):
    index = made_cache / "audio" / "run.json"
    made, _, valid = runs.read(index)["excerpts"]
    kinds = [{"source": source, "plain": plain} for source in ("freedoom", "mma") for plain in (False, True)]
    counts = (1, 2, 9, 4)  # excerpts of each kind
    runs.write(
        index,
        excerpts=[
            *({**made, **kind} for kind, count in zip(kinds, counts, strict=True) for _ in range(count)),
            valid,
        ],
    )
    plan = Mixes("train").plan(300, 9_000, np.random.default_rng(0))
    cuts = np.array([cut.excerpt for row in plan.rows for cut in row if cut])
    found = np.histogram(cuts, bins=np.cumsum([0, *counts]))[0] / len(cuts)
    wanted = [SHARES[name] for name in ("freedoom", "freedoom plain", "mma", "mma plain")]
    assert np.allclose(found, wanted, atol=0.05)
