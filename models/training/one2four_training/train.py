"""`train`: one StemNet per stem.

The stems take turns, a slice of steps each, so that all are usable at any time; for two cores start
two processes with two stems each. A process uses one thread: two processes of one thread do about
twice the work of one with two. Batch and weights depend on seed and step alone, so a run that was
stopped and goes on gives the losses of one that was not.
"""

import time
from pathlib import Path

import numpy as np
import torch

from . import STEMS, runs
from .mixes import Batch, Mixes
from .network import FLOOR, INPUT_BINS, LOOKAHEAD, StemNet

CHUNKS = (86, 43, 22, 8)  # committed frames; what the plugin's settings come to, and between
CHUNK_WEIGHTS = (0.4, 0.25, 0.2, 0.15)
FRAMES = 200  # committed frames of a sequence, about: 2.3 s
STATISTICS_BATCHES = 12
VALID_BATCHES, VALID_CHUNK = 4, 43
WARMUP_STEPS = 100
AVERAGE_DECAY = 0.998  # of the averaged weights, which are the ones kept
CLIP_NORM = 1.0
SILENCE_WEIGHT = 0.1  # share of the mix's energy added to the stem's when errors are weighed


def loss_of(mask: torch.Tensor, batch: Batch) -> torch.Tensor:
    """mask [N, B, BINS] -> the mean over the rows of two relative squared errors, one of magnitudes
    and one with the loud bins weighed less. Neither depends on the mix's gain."""
    magnitude, wanted = batch.magnitude[: len(mask)], batch.mask[: len(mask)]
    loss = 0.0
    for weight in (magnitude.square(), magnitude):
        error = (weight * (mask - wanted).square()).sum((0, 2))
        stem, mix = (weight * wanted.square()).sum((0, 2)), weight.sum((0, 2))
        loss = loss + (error / (stem + SILENCE_WEIGHT * mix + 1e-9)).mean()
    return loss


def chunked_frames(chunk: int) -> int:
    """Frames of a training sequence: whole chunks and the look-ahead."""
    return max(1, round(FRAMES / chunk)) * chunk + LOOKAHEAD


class Trainer:
    """One stem's network, optimiser and place in the run."""

    def __init__(self, stem: str, folder: Path, seed: int, steps: int, rows: int, rate: float) -> None:
        self.stem, self.folder, self.seed = stem, folder, seed
        self.steps, self.rows, self.rate = steps, rows, rate
        self.mixes = Mixes(stem, "train")
        self.valid = self._valid_batches()
        torch.manual_seed(seed * 10 + STEMS.index(stem))
        self.net = StemNet()
        self.average = StemNet()
        self.optimiser = torch.optim.Adam(self.net.parameters(), lr=rate)
        self.step, self.seconds, self.losses, self.valid_losses = 0, 0.0, [], []
        self.best_loss, self.best = float("inf"), None
        self.commits = []  # of each start, where the code changed in between
        if self.checkpoint.exists():
            self.load()
        else:
            self.measure_input()
            self.average.load_state_dict(self.net.state_dict())

        if runs.commit() not in self.commits:
            self.commits.append(runs.commit())

    @property
    def checkpoint(self) -> Path:
        return self.folder / f"{self.stem}.pt"

    def random(self, step: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, STEMS.index(self.stem), step])

    def _valid_batches(self) -> list[Batch]:
        valid, random = Mixes(self.stem, "valid"), np.random.default_rng(0)
        frames = chunked_frames(VALID_CHUNK)
        return [valid.batch(self.rows, frames, random, augment=False) for _ in range(VALID_BATCHES)]

    def measure_input(self) -> None:
        """Sets mean and deviation of log(magnitude) per bin."""
        random = self.random(2**31)
        batches = [self.mixes.batch(self.rows, 60, random) for _ in range(STATISTICS_BATCHES)]
        level = torch.cat([b.magnitude[..., :INPUT_BINS].clamp(min=FLOOR).log() for b in batches])
        self.net.mean.copy_(level.mean((0, 1)))
        self.net.deviation.copy_(level.std((0, 1)).clamp(min=0.5))

    def one_step(self) -> float:
        random = self.random(self.step)
        chunk = int(random.choice(CHUNKS, p=CHUNK_WEIGHTS))
        batch = self.mixes.batch(self.rows, chunked_frames(chunk), random)
        left = max(0.0, 1 - self.step / self.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * min(1.0, (self.step + 1) / WARMUP_STEPS) * (0.03 + 0.97 * left)
        with torch.autocast("cpu", torch.bfloat16):  # twice as fast as float32
            mask, _ = self.net(batch.magnitude, self.net.zero_state(self.rows), chunk)
        loss = loss_of(mask.float(), batch)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), CLIP_NORM)
        self.optimiser.step()
        self.step += 1
        decay = min(AVERAGE_DECAY, self.step / (self.step + 10))
        with torch.no_grad():
            current = self.net.state_dict()
            for name, kept in self.average.state_dict().items():
                kept.lerp_(current[name], 1 - decay)
        return loss.item()

    def validate(self) -> float:
        with torch.no_grad():
            losses = [
                loss_of(self.average(b.magnitude, self.net.zero_state(self.rows), VALID_CHUNK)[0], b)
                for b in self.valid
            ]
        return float(torch.stack(losses).mean())

    def slice(self, steps: int, until: float) -> None:
        """Up to `steps` steps, ending at the wall-clock time `until`; then validates and saves."""
        begin, losses = time.time(), []
        while len(losses) < steps and self.step < self.steps and time.time() < until:
            losses.append(self.one_step())
        if not losses:
            return
        self.seconds += time.time() - begin
        self.losses.append([self.step, round(float(np.mean(losses)), 5)])
        valid = self.validate()
        self.valid_losses.append([self.step, round(valid, 5)])
        if valid < self.best_loss:
            self.best_loss = valid
            self.best = {k: v.clone() for k, v in self.average.state_dict().items()}
        self.save()
        speed = len(losses) / (time.time() - begin)
        print(
            f"{time.strftime('%H:%M:%S')} {self.stem} step {self.step}/{self.steps} "
            f"loss {np.mean(losses):.4f} valid {valid:.4f} best {self.best_loss:.4f} {speed:.2f} steps/s",
            flush=True,
        )

    def save(self) -> None:
        state = {
            "net": self.net.state_dict(), "average": self.average.state_dict(), "best": self.best,
            "optimiser": self.optimiser.state_dict(), "step": self.step, "seconds": self.seconds,
            "losses": self.losses, "valid_losses": self.valid_losses, "best_loss": self.best_loss,
            "commits": self.commits,
        }  # fmt: skip
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self.checkpoint)
        runs.write(
            self.folder / f"{self.stem}.run.json",
            command="train",
            arguments={"steps": self.steps, "rows": self.rows, "rate": self.rate},
            seed=self.seed, step=self.step, seconds=round(self.seconds), best_loss=self.best_loss,
            commits=self.commits, losses=self.losses, valid_losses=self.valid_losses,
        )  # fmt: skip

    def load(self) -> None:
        state = torch.load(self.checkpoint, weights_only=False)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        for name in ("best", "step", "seconds", "losses", "valid_losses", "best_loss", "commits"):
            setattr(self, name, state[name])


def train(
    stems: list[str],
    run: str,
    seed: int,
    steps: int,
    rows: int,
    rate: float,
    slice_steps: int,
    minutes: float,
) -> None:
    """Trains `stems` in turns until each has had `steps` steps, or for so many minutes."""
    torch.set_num_threads(1)
    folder = runs.cache() / "runs" / run
    folder.mkdir(parents=True, exist_ok=True)
    trainers = [Trainer(stem, folder, seed, steps, rows, rate) for stem in stems]
    until = time.time() + 60 * minutes
    while time.time() < until and any(trainer.step < steps for trainer in trainers):
        # The stem that is furthest behind is next, also after a stop.
        min(trainers, key=lambda trainer: trainer.step).slice(slice_steps, until)
