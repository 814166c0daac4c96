import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from one2four_training import runs

STEPS = 7


def losses(cache: Path, run: str, *launcher: str) -> list[float]:
    """Of each step of a run of four rows in all."""
    command = [sys.executable, "-m", *launcher, "one2four_training", "train", "--network", "accompany-plan"]
    command += ["--run", run, "--rows", "4", "--steps", str(STEPS), "--slice-steps", "1", "--rate", "0.2"]
    own = {"ONE2FOUR_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, env=os.environ | own)
    found = [loss for _, loss in runs.read(cache / "runs" / run / "run.json")["losses"]]
    return [loss for loss in found if loss]  # the last part of these short songs is empty


def test_two_processes_learn_as_one_does(made_songs):
    one = losses(made_songs, "one")
    assert len(one) >= STEPS - 2
    two = losses(made_songs, "two", "torch.distributed.run", "--nproc-per-node", "2", "-m", "--")
    assert np.allclose(one, two, rtol=0.01)  # a rate at which each for itself gets 40 % away
