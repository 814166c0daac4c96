import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock

from one2four_training import STEMS, checkpoints, networks, runs
from one2four_training import train as training
from one2four_training.__main__ import main
from one2four_training.export import export
from one2four_training.export.weights import load_pack
from one2four_training.train import Trainer, train

SETTINGS = dict(network="remix", stems=list(STEMS), seed=3, minutes=60, rows=1, rate=1e-3)


def few_examples(monkeypatch) -> None:
    for name in ("VALID_PLANS", "VALID_ROWS", "PREPARE_PLANS"):
        monkeypatch.setattr(training, name, 1)


@pytest.fixture
def trainer(made_cache, monkeypatch) -> Trainer:
    few_examples(monkeypatch)
    folder = made_cache / "runs" / "stopped"
    folder.mkdir(parents=True)
    return Trainer({**SETTINGS, "steps": 3}, folder)


def test_resume_gives_the_same_losses(trainer, made_cache):
    train(run="through", steps=5, slice_steps=1, **SETTINGS)  # four are of the same songs
    trainer.args["steps"] = 5
    trainer.slice(1)
    trainer.slice(1)  # its state goes on to the third step
    train(run="stopped", steps=5, slice_steps=1, **SETTINGS)
    folders = (made_cache / "runs" / name for name in ("through", "stopped"))
    through, stopped = (checkpoints.read(folder / "checkpoint.pt") for folder in folders)
    for curve in ("losses", "valid_losses", "valid_by_stem", "best_loss"):
        assert through[curve] == stopped[curve]
    for weights in ("best", "average", "net"):
        assert all(torch.equal(values, stopped[weights][name]) for name, values in through[weights].items())


def test_a_run_that_was_stopped_validates_where_it_would_have(trainer, monkeypatch):
    def stepped(self) -> float:
        self.step += 1
        return 0.0

    monkeypatch.setattr(Trainer, "one_step", stepped)
    monkeypatch.setattr(Trainer, "validate", lambda _: [0.0])
    trainer.args["steps"], trainer.step = 7, 1
    for _ in range(3):
        trainer.slice(3)
    assert [step for step, _ in trainer.valid_losses] == [3, 6, 7]


def test_a_run_does_not_go_on_with_other_excerpts(trainer, made_cache):
    trainer.slice(1)
    index = runs.read(made_cache / "audio" / "run.json")
    runs.write(made_cache / "audio" / "run.json", excerpts=index["excerpts"][1:])
    with pytest.raises(SystemExit, match="other excerpts than there are now"):
        Trainer(trainer.args, trainer.folder)


def test_who_stops_a_run_does_not_wait_until_it_is_validated(trainer, monkeypatch):
    def killed(self) -> list[float]:
        raise MemoryError

    def stopped(self) -> float:
        self.is_stopping = True
        return one_step(self)

    one_step = Trainer.one_step
    monkeypatch.setattr(Trainer, "validate", killed)
    monkeypatch.setattr(Trainer, "one_step", stopped)
    with pytest.raises(MemoryError):
        trainer.slice(9)
    assert checkpoints.read(trainer.checkpoint)["step"] == 1


def test_a_run_tells_the_loss_of_each_stem(trainer):
    trainer.slice(1)
    log = runs.read(trainer.folder / "run.json")
    (step, *by_stem), (_, mean) = log["valid_by_stem"][0], log["valid_losses"][0]
    assert step == 1 and len(by_stem) == len(STEMS) and abs(np.mean(by_stem) - mean) < 1e-4


def test_a_step_without_a_number_changes_nothing(trainer, capsys):
    before = {name: values.clone() for name, values in trainer.net.state_dict().items()}
    trainer.mixes.cut = lambda plan, offset, samples: torch.full((1, 4, 2, samples), np.nan)
    trainer.one_step()
    assert "is skipped" in capsys.readouterr().out
    assert all(torch.equal(before[name], values) for name, values in trainer.net.state_dict().items())


def test_bad_steps_in_a_row_stop_a_run_that_goes_on_after_them(trainer, monkeypatch):
    cut = trainer.mixes.cut
    trainer.mixes.cut = lambda plan, offset, samples: cut(plan, offset, samples) * np.nan
    trainer.args["steps"] = 6
    with pytest.raises(SystemExit, match="stopped after step 5, and saved"):
        trainer.slice(9)
    log = runs.read(trainer.folder / "run.json")
    assert log["losses"] == [] and len(log["valid_losses"]) == 1
    again = Trainer(trainer.args, trainer.folder)
    again.slice(9)
    assert [step for step, _ in again.losses] == [6]


def test_a_batch_without_numbers_leaves_the_running_means(made_cache, monkeypatch):
    few_examples(monkeypatch)
    trainer = Trainer({**SETTINGS, "network": "paper-one2one", "steps": 3}, made_cache)
    trainer.mixes.cut = lambda plan, offset, samples: torch.full((1, 4, 2, samples), np.nan)
    trainer.one_step()
    assert all(torch.isfinite(values).all() for values in trainer.net.state_dict().values())


def test_a_full_disk_keeps_the_older_checkpoint(trainer, monkeypatch):
    trainer.slice(1)

    def full(state, path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(SystemExit, match="No space left.*the older one stays"):
        trainer.slice(1)
    assert torch.load(trainer.checkpoint, weights_only=False)["step"] == 1
    assert not trainer.checkpoint.with_suffix(".partial").exists()


def test_an_interrupt_saves_and_ends(trainer, made_cache, monkeypatch, capsys):
    one_step = Trainer.one_step

    def interrupted(self) -> float:
        os.kill(os.getpid(), signal.SIGINT)
        return one_step(self)

    monkeypatch.setattr(Trainer, "one_step", interrupted)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets background jobs ignore it
    train(run="stopped", steps=3, slice_steps=3, **SETTINGS)
    assert "stopped at step 1, saved" in capsys.readouterr().out
    assert torch.load(trainer.checkpoint, weights_only=False)["step"] == 1


def test_a_checkpoint_of_another_network_is_refused(trainer):
    trainer.slice(1)
    state = torch.load(trainer.checkpoint, weights_only=False)
    state["args"]["network"] = "open-unmix"
    torch.save(state, trainer.checkpoint)
    with pytest.raises(SystemExit, match="is of the network open-unmix, not remix"):
        Trainer(trainer.args, trainer.folder)


def test_a_run_goes_on_only_with_what_it_began_with(trainer):
    trainer.slice(1)
    with pytest.raises(SystemExit, match="trained on the rendered songs, not on mine-12"):
        Trainer({**trainer.args, "songs": "mine-12"}, trainer.folder)


def test_a_run_of_another_network_is_not_exported(trainer):
    trainer.slice(1)
    with pytest.raises(SystemExit, match="is a run of remix, not of paper-one2one"):
        checkpoints.load_network(trainer.folder, "paper-one2one")


def test_numbers_that_make_no_run_are_refused(capsys, monkeypatch):
    for option in ("--steps=0", "--minutes=-1", "--rows=x", "--rate=nan", "--rate=1e38", "--slice-steps=0"):
        monkeypatch.setattr("sys.argv", ["one2four_training", "train", option])
        with pytest.raises(SystemExit):
            main()
        assert "number over 0" in capsys.readouterr().err


@pytest.mark.parametrize("name", ("remix", "paper-one2one", "paper-one2four-combined"))
def test_networks_bring_nothing_from_another_device(name):
    net = networks.build(name).to("meta").train()
    if name == "remix":
        found, _ = net(torch.empty(52, 2, 2, len(net.mean), device="meta"), net.zero_state(2).to("meta"), 11)
    else:
        found = net(torch.empty(300, 2, device="meta"))
    assert found.device.type == "meta"


def test_a_gpu_that_is_not_there_is_refused():
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(SystemExit, match="there is no GPU"):
        training.device_of(networks.build("remix"), "cuda")
    assert training.device_of(networks.build("remix"), None).type == "cpu"


def test_a_broken_checkpoint_is_named(trainer):
    trainer.checkpoint.write_bytes(b"not a checkpoint")
    with pytest.raises(SystemExit, match="cannot be read"):
        Trainer(trainer.args, trainer.folder)


def test_a_run_that_starts_from_a_pack_counts_the_one_before(trainer, made_cache, tmp_path):
    pack = tmp_path / "pack"
    export("remix", None, pack, "0.0.0", seed=1, untrained=True)
    log = {**SETTINGS, "arguments": {}, "step": 5, "seconds": 2.0, "cpu_seconds": 1.0, "commits": ["a"]}
    log |= {"losses": [[5, 1.0]], "valid_losses": [[5, 1.0]]}
    runs.write(pack / "run.json", training=log)
    train(run="on", steps=1, slice_steps=1, start=pack, **SETTINGS)
    whole = runs.joined(runs.read(made_cache / "runs" / "on" / "run.json"))
    assert whole["step"] == 6 and [step for step, _ in whole["losses"]] == [5, 6]
    assert whole["seconds"] > 2 and whole["commits"][0] == "a"


def test_a_run_starts_from_a_pack_in_the_checkout_from_anywhere(trainer, made_cache, tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "CHECKOUT", tmp_path.resolve())
    export("remix", None, tmp_path / "pack", "0.0.0", seed=1, untrained=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for steps, start in ((1, Path("../pack")), (2, tmp_path / "pack")):
        train(run="on", steps=steps, slice_steps=1, start=start, **SETTINGS)
    log = runs.read(made_cache / "runs" / "on" / "run.json")
    assert log["step"] == 2 and log["arguments"]["start"] == "pack"


def test_what_is_worse_than_the_pack_it_began_with_is_not_kept(trainer, made_cache, tmp_path, monkeypatch):
    export("remix", None, tmp_path / "pack", "0.0.0", seed=1, untrained=True)
    monkeypatch.setattr(Trainer, "validate", lambda self: [1.0 + self.step])
    train(run="on", steps=2, slice_steps=1, start=tmp_path / "pack", **SETTINGS)
    begun = networks.build("remix")
    load_pack(begun, tmp_path / "pack")
    kept = checkpoints.load_network(made_cache / "runs" / "on").state_dict()
    assert all(torch.equal(values, kept[name]) for name, values in begun.state_dict().items())


def test_processes_that_are_not_at_the_same_step_are_refused(trainer, monkeypatch):
    trainer.processes = 2
    monkeypatch.setattr(training.dist, "all_gather_object", lambda steps, own: steps.__setitem__(0, own + 4))
    with pytest.raises(SystemExit, match=r"at steps \[4, 0\]"):
        trainer._check_processes()


def test_two_processes_do_not_train_one_run(trainer, made_cache):
    with FileLock(trainer.folder / "lock"), pytest.raises(SystemExit, match="by another process"):
        train(run="stopped", steps=1, slice_steps=1, **SETTINGS)
    assert not trainer.checkpoint.exists()


def test_a_hang_up_stops_a_run_unless_it_is_ignored(trainer, made_cache, monkeypatch):
    one_step = Trainer.one_step

    def hung_up(self) -> float:
        os.kill(os.getpid(), signal.SIGHUP)
        return one_step(self)

    monkeypatch.setattr(Trainer, "one_step", hung_up)
    for handling, steps in ((signal.SIG_DFL, 1), (signal.SIG_IGN, 3)):
        signal.signal(signal.SIGHUP, handling)
        train(run="stopped", steps=3, slice_steps=3, **SETTINGS)
        assert torch.load(trainer.checkpoint, weights_only=False)["step"] == steps
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_a_run_is_a_name(capsys, monkeypatch):
    for command in ("train", "export", "evaluate"):
        monkeypatch.setattr("sys.argv", ["one2four_training", command, "--run=../mine"])
        with pytest.raises(SystemExit):
            main()
        assert "expected a name" in capsys.readouterr().err
