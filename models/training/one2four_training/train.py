"""`train`: any network of `networks/`, on random mixes of the stems.

A process uses one thread by default: two processes of one thread do about twice the work of one with two.
Under `torchrun` the processes share each batch and average their gradients. Mixes and weights depend on seed
and step alone, so a run of so many steps that was stopped and goes on gives the losses of one that was not
(on a GPU as far as its kernels repeat themselves). In one of so many minutes the rate depends on the clock,
and several processes forget where their streams were. The rate falls along a cosine to the end of the steps
or of the minutes, whichever comes first. Kept is an average of the weights, at its best validation.
"""

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from filelock import FileLock, Timeout

from . import STEMS, checkpoints, networks, runs
from .machine import device_of, keep_memory, memory_mb
from .mixes import Mixes, Plan

VALID_PLANS = 4  # of as many consecutive examples as the network has
VALID_ROWS = 32  # whatever a batch has, so that all runs are judged by the same
PREPARE_PLANS = 8
WARMUP_STEPS = 100
AVERAGE_DECAY = 0.999  # of the averaged weights, which are the ones kept
LAST_RATE = 0.02  # share of the learning rate at the end
CLIP_NORM = 1.0
WEIGHTS = ("net", "average", "optimiser")  # what a checkpoint has of a trainer, beside its history
HISTORY = (
    "step", "seconds", "cpu_seconds", "losses", "valid_losses", "valid_by_stem", "commits", "best_loss",
    "peak_memory_mb",
)  # fmt: skip
MAX_BAD_STEPS = 5  # in a row, whose loss is not a number


class Trainer:
    """A network, its optimiser, and its place in the run."""

    def __init__(self, args: dict, folder: Path, data: Path | None = None) -> None:
        self.args, self.folder = args, folder
        self.process, self.processes = (
            (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
        )
        if args["rows"] % self.processes:
            raise SystemExit(f"{args['rows']} rows cannot be shared among {self.processes} processes")
        torch.manual_seed(args["seed"])
        self.net = networks.build(args["network"], tuple(args["stems"]))
        source = getattr(self.net, "source", Mixes)
        self.device = device_of(self.net, args.get("device"))
        self.net.to(self.device)
        self.mixes, valid = source("train", data), source("valid", data)
        self.data = [getattr(of, "digest", None) for of in (self.mixes, valid)]
        self.is_plain = getattr(self.net, "plain", False)
        self.average = networks.build(args["network"], tuple(args["stems"])).to(self.device)
        self.valid = self._valid_examples(valid) if self.process == 0 else []
        self.optimiser = torch.optim.Adam(self.net.parameters(), lr=args["rate"])
        self.step, self.seconds, self.cpu_seconds = 0, 0.0, 0.0
        self.losses, self.valid_losses, self.valid_by_stem, self.commits = [], [], [], []
        self.peak_memory_mb = 0
        self.before: dict | None = None  # how the pack was trained that this run starts from
        self.best_loss, self.best = float("inf"), None
        self.state: Any = None
        self.bad_steps, self.is_stopping = 0, False
        if self.checkpoint.exists():
            self.load()
        else:
            self.prepare()
            if args.get("start"):
                self.start_from(Path(args["start"]))
        self._check_processes()
        if runs.commit() not in self.commits:
            self.commits.append(runs.commit())

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def _check_processes(self) -> None:
        """Refuses to go on where the processes of a run are not at the same step."""
        if self.processes == 1:
            return
        steps: list[int] = [0] * self.processes
        dist.all_gather_object(steps, self.step)
        if len(set(steps)) > 1:
            raise SystemExit(
                f"the processes of this run are at steps {steps}: all machines need its folder {self.folder},"
                " in a shared cache or copied from the one that has gone the furthest"
            )

    def plan_of(self, mixes: Mixes, random: np.random.Generator, rows: int, augment: bool = True) -> Plan:
        samples = self.net.example_samples + (self.net.consecutive - 1) * self.net.advance_samples
        return mixes.plan(rows, samples, random, augment and not self.is_plain)

    def example(self, mixes: Mixes, plan: Plan, position: int) -> torch.Tensor:
        return mixes.cut(plan, position * self.net.advance_samples, self.net.example_samples)

    def _valid_examples(self, mixes: Mixes) -> list[list[torch.Tensor]]:
        random = np.random.default_rng(0)
        plans = [self.plan_of(mixes, random, VALID_ROWS, augment=False) for _ in range(VALID_PLANS)]
        return [[self.example(mixes, plan, i) for i in range(self.net.consecutive)] for plan in plans]

    def prepare(self) -> None:
        random = np.random.default_rng([self.args["seed"], 2**31])
        plans = [self.plan_of(self.mixes, random, self.args["rows"]) for _ in range(PREPARE_PLANS)]
        self.net.prepare(torch.cat([self.example(self.mixes, plan, 0) for plan in plans]))
        self.average.load_state_dict(self.net.state_dict())

    def start_from(self, pack: Path) -> None:
        """Starts with a pack's weights instead of random ones."""
        from .export.weights import load_pack

        pack = runs.CHECKOUT / pack  # as `told` tells it; a path that begins at the root stays
        load_pack(self.net, pack)
        log = pack / "run.json"
        trained = runs.read(log).get("training") if log.exists() else None
        # A pack of several networks has the training of each under its name.
        name = getattr(self.net, "goes_on_from", self.args["network"])
        self.before = (trained or {}).get(name, trained)
        self.average.load_state_dict(self.net.state_dict())
        if self.process == 0:  # what it becomes is kept only where it is better
            self._keep_best(float(np.mean(self.validate())))
            print(f"{pack} has a loss of {self.best_loss:.4f} on the songs held out", flush=True)

    def progress(self) -> float:
        """0 at the start to 1 at the end."""
        return min(1.0, max(self.step / self.args["steps"], self.seconds / 60 / self.args["minutes"]))

    def is_over(self) -> bool:
        """At the end of the run, or asked to stop; all processes agree on it."""
        if self.processes == 1:
            return self.is_stopping or self.progress() >= 1
        agreed = torch.tensor([self.seconds, float(self.is_stopping)], dtype=torch.float64)
        dist.all_reduce(agreed, dist.ReduceOp.MAX)
        self.seconds, self.is_stopping = agreed[0].item(), agreed[1].item() > 0
        return self.is_stopping or self.progress() >= 1

    def one_step(self) -> float:
        begin, cpu = time.time(), time.process_time()
        episode, position = divmod(self.step, self.net.consecutive)
        random = np.random.default_rng([self.args["seed"], episode])
        plan = self.plan_of(self.mixes, random, self.args["rows"])
        stems = self.example(self.mixes, plan.part(self.process, self.processes), position)
        # What a network varies by itself it varies otherwise in every process.
        torch.manual_seed(self.args["seed"] * 1_000_003 + self.step + (self.process << 40))
        self.net.train()
        buffers = [buffer.clone() for buffer in self.net.buffers()]  # BatchNorm's means change in `loss`
        loss, self.state = self.net.loss(stems, self.state if position else None)
        self.optimiser.zero_grad()
        loss.backward()
        shared = self._shared_gradients(loss.detach())
        if not self._update(shared):
            for buffer, before in zip(self.net.buffers(), buffers, strict=True):
                buffer.copy_(before)
        self.step += 1
        self.seconds += time.time() - begin
        self.cpu_seconds += (time.process_time() - cpu) * self.processes  # each works as long
        return shared

    def _shared_gradients(self, loss: torch.Tensor) -> float:
        """The mean over the processes of the gradients, in place, and of the loss."""
        if self.processes == 1:
            return loss.item()
        gradients = [p.grad for p in self.net.parameters() if p.grad is not None]
        flat = torch.cat([loss.reshape(1), *(g.reshape(-1) for g in gradients)]).cpu() / self.processes
        dist.all_reduce(flat)
        parts = flat[1:].split([g.numel() for g in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
        return flat[0].item()

    def _update(self, loss: float) -> bool:
        """Whether the step was taken."""
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), CLIP_NORM)
        if not (np.isfinite(loss) and torch.isfinite(norm)):
            self.state, self.bad_steps = None, self.bad_steps + 1
            print(
                f"step {self.step} is skipped: its loss is {loss} and its gradient {norm.item()}", flush=True
            )
            return False
        self.bad_steps = 0
        for group in self.optimiser.param_groups:
            group["lr"] = self.args["rate"] * self._share_of_rate()
        self.optimiser.step()
        self._average()
        return True

    def _share_of_rate(self) -> float:
        if self.is_plain:
            return 1.0
        warm = min(1.0, (self.step + 1) / WARMUP_STEPS)
        return warm * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + np.cos(np.pi * self.progress())))

    @torch.no_grad()
    def _average(self) -> None:
        decay = 0.0 if self.is_plain else min(AVERAGE_DECAY, (self.step + 1) / (self.step + 11))
        current = self.net.state_dict()
        for name, kept in self.average.state_dict().items():
            if kept.is_floating_point():
                kept.lerp_(current[name], 1 - decay)
            else:
                kept.copy_(current[name])

    @torch.no_grad()
    def validate(self) -> list[float]:
        """The loss on what is held out: of each stem where the network tells them apart, else one number."""
        self.average.eval()
        judge = getattr(self.average, "losses_by_stem", self.average.loss)
        losses = []
        for examples in self.valid:
            state = None
            for stems in examples:
                loss, state = judge(stems, state)
                losses.append(loss.reshape(-1).tolist())
        return np.mean(losses, axis=0).tolist()

    def _keep_best(self, valid: float) -> None:
        if valid < self.best_loss:
            self.best_loss = valid
            self.best = {k: v.cpu().clone() for k, v in self.average.state_dict().items()}

    def slice(self, steps: int) -> None:
        """Up to the next multiple of `steps`, so that a run that was stopped validates where it would have;
        then validates and saves."""
        begin, losses = time.time(), []
        until = (self.step // steps + 1) * steps
        while self.step < until and self.bad_steps < MAX_BAD_STEPS and not self.is_over():
            losses.append(self.one_step())
        if losses and self.process == 0:
            if self.is_stopping or self.bad_steps == MAX_BAD_STEPS:
                self.save()  # who asked, or the other processes' launcher, may not wait until it is validated
            speed, paused = len(losses) / (time.time() - begin), time.time()
            loss, by_stem = mean_of_numbers(losses), self.validate()
            self.seconds += time.time() - paused
            valid = float(np.mean(by_stem))
            self._log(loss, valid, by_stem)
            self._keep_best(valid)
            self.save()
            print(
                f"{time.strftime('%H:%M:%S')} {self.args['network']} step {self.step} ({self.progress():.0%})"
                f" loss {loss:.4f} valid {valid:.4f} best {self.best_loss:.4f} {speed:.2f} steps/s",
                flush=True,
            )
        if self.bad_steps == MAX_BAD_STEPS:
            raise SystemExit(
                f"{MAX_BAD_STEPS} steps in a row gave no number: stopped after step {self.step}, and saved"
                " without what they did; the same command goes on with the next mixes, and should it stop"
                " again, a lower --rate may help"
            )

    def _log(self, loss: float, valid: float, by_stem: list[float]) -> None:
        """Adds a point to each curve that has a number here."""
        points = [(self.losses, [loss]), (self.valid_losses, [valid])]
        points += [(self.valid_by_stem, by_stem)] if len(by_stem) > 1 else []
        for curve, numbers in points:
            if np.isfinite(numbers).all():
                curve.append([self.step, *(round(number, 5) for number in numbers)])

    def save(self) -> None:
        self.peak_memory_mb = max(self.peak_memory_mb, memory_mb())
        state = {name: getattr(self, name) for name in ("args", *HISTORY, "data", "before", "best", "state")}
        for name in WEIGHTS:
            state[name] = getattr(self, name).state_dict()
        checkpoints.write(self.checkpoint, state)
        runs.write(
            self.folder / "run.json",
            command="train",
            arguments=self.args,
            seed=self.args["seed"],
            parameters=sum(p.numel() for p in self.net.parameters()),
            **{name: state[name] for name in (*HISTORY, "before")},
        )

    def load(self) -> None:
        state = checkpoints.read(self.checkpoint)
        if "start" not in self.args and "start" in state["args"]:
            self.args["start"] = state["args"]["start"]  # its weights are in the checkpoint
        for name in ("network", "stems", "seed", "rows", "songs", "start"):
            found, expected = (args.get(name) for args in (state["args"], self.args))
            if found != expected and name == "songs":
                found, expected = (songs or "the rendered songs" for songs in (found, expected))
                raise SystemExit(
                    f"{self.checkpoint} was trained on {found}, not on {expected} (files and --trim count):"
                    " use the same; or, to go on with others, `export --run` it and `train --start` another"
                    " --run from that pack"
                )
            if found != expected:
                raise SystemExit(
                    f"{self.checkpoint} is of the {name} {found}, not {expected}: use another --run"
                )
        if state.get("data", self.data) != self.data:
            raise SystemExit(
                f"{self.checkpoint} was trained on other excerpts than there are now (`collect` or `render`"
                " came in between): to go on with these, `export --run` it and `train --start` another --run"
                " from that pack"
            )
        try:
            for name in WEIGHTS:
                getattr(self, name).load_state_dict(state[name])
        except (RuntimeError, ValueError) as error:
            raise SystemExit(
                f"{self.checkpoint} is of another version of {self.args['network']}: use another --run"
            ) from error
        for name in (*HISTORY, "best", "state"):
            if name in state:  # a run of an older version has not all of them
                setattr(self, name, state[name])
        self.before = state.get("before")
        if self.processes > 1:
            self.state = None  # it is the first process's


def train(
    network: str, stems: list[str], run: str | None, seed: int, steps: int, minutes: float, rows: int,
    rate: float, slice_steps: int, threads: int = 1, data: Path | None = None, start: Path | None = None,
    device: str | None = None,
) -> None:  # fmt: skip
    """Trains until `steps` or `minutes` are over; goes on where it was stopped."""
    torch.set_num_threads(threads)
    keep_memory()
    apart = "" if tuple(stems) == STEMS else "-" + "-".join(stems)
    folder = runs.cache() / "runs" / ((run or network) + apart)
    folder.mkdir(parents=True, exist_ok=True)
    args = {
        "network": network, "stems": list(stems), "seed": seed, "steps": steps, "minutes": minutes,
        "rows": rows, "rate": rate,
    }  # fmt: skip
    if start:
        args["start"] = told(start)
    if data:
        args["songs"] = data.name
    if device:
        args["device"] = device
    if "RANK" in os.environ:  # under torchrun
        dist.init_process_group("gloo")
    lock = FileLock(folder / "lock", timeout=0)
    if not dist.is_initialized() or dist.get_rank() == 0:
        try:
            lock.acquire()
        except Timeout:
            raise SystemExit(f"{folder} is being trained by another process: name another --run") from None
    trainer = Trainer(args, folder, data)

    def stop(*_) -> None:
        trainer.is_stopping = True  # after this step

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` does
            signal.signal(number, stop)
    first = trainer.step
    if trainer.progress() >= 1:
        print(f"{folder} has its {first} steps: more --steps or --minutes go on from there", flush=True)
    elif trainer.process == 0:
        print(f"{folder}: from step {first} on; a line every {slice_steps} steps", flush=True)
    while not trainer.is_over():
        trainer.slice(slice_steps)
    if trainer.is_stopping and trainer.step > first and trainer.process == 0:
        print(f"stopped at step {trainer.step}, saved: the same command goes on from there", flush=True)
    if dist.is_initialized():
        dist.destroy_process_group()


def mean_of_numbers(losses: list[float]) -> float:
    """The mean without those that are no number; no number where none is one."""
    numbers = [loss for loss in losses if np.isfinite(loss)]
    return float(np.mean(numbers)) if numbers else float("nan")


def told(start: Path) -> str:
    """A pack's folder as a run remembers it: the same from wherever it is named."""
    start = start.resolve()
    inside = start.is_relative_to(runs.CHECKOUT)
    return str(start.relative_to(runs.CHECKOUT) if inside else start)
