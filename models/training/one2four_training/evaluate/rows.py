"""The rows of the tables: everything that takes a mix apart, or pretends to."""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .. import runs
from . import baselines, noise, plugin
from .clips import Clip
from .packs import PACKS, Pack

FLAGSHIP = "remix"
PAPER = ("paper-one2one", "paper-one2four-combined", "paper-one2four-split")
DENOISED = "-denoised"
METHOD = "1"  # another one where a row's way or the numbers' meaning changes: everything is measured anew
PARITY_CLIPS = 6  # of which the plugin's stems are compared with Python's, sample by sample
EVERY = {"1 s": 1, "1/4 s": 2, "1/10 s": 2, "One hop": 2}  # clip; the short chunks take most of the time


@dataclass
class Result:
    stems: np.ndarray
    """[4, samples, 2]."""
    ms: float | None = None
    """Processor time for a second of audio."""
    difference: float | None = None
    """Of the plugin from Python, the largest of all samples."""


@dataclass(frozen=True)
class Row:
    id: str
    title: str
    separate: Callable[[Clip, int], Result] | None
    """The clip and its place in the list; None where there is nothing here to separate with: then the
    kept numbers stand."""
    key: str = ""
    """Of what separates: kept numbers with another key are measured anew."""
    every: int = 1
    """Takes one clip of so many."""
    is_denoised_too: bool = False
    with_notes: bool = True
    """Whether the notes are looked for in it."""
    facts: dict = field(default_factory=dict)
    """What the table of costs says: `parameters`, `bytes`, `training_seconds`, `training_cpu_seconds`."""


def timed(separate: Callable[[np.ndarray], np.ndarray], clip: Clip) -> Result:
    begin = time.thread_time()
    stems = separate(clip.mix)
    return Result(stems, 1000 * (time.thread_time() - begin) / clip.seconds)


def every_row() -> list[Row]:
    """In the order in which they are measured: what the targets need comes first."""
    flagship = flagship_rows(pack_of(FLAGSHIP))
    found = [*trivial_rows(), *flagship[:2], *(paper_row(name) for name in PAPER)]
    found += [
        checkpoint_row("open-unmix", "Open-Unmix (PyPI `openunmix`), 256 units, trained like Remix early")
    ]
    found += [checkpoint_row("remix-early", "Remix after no more training than Open-Unmix")]
    return found + flagship[2:]


@functools.cache
def pack_of(name: str) -> Pack | None:
    folder = PACKS / name
    return Pack(folder) if (folder / "pack.toml").exists() else None


def trivial_rows() -> list[Row]:
    def same(clip: Clip, _: int) -> Result:
        return Result(np.broadcast_to(clip.mix, clip.stems.shape))

    def hiss(clip: Clip, _: int) -> Result:
        random = np.random.default_rng(0)
        level = np.sqrt(np.mean(clip.mix**2))
        return Result(random.normal(0, level, clip.stems.shape).astype(np.float32))

    return [
        Row("mix", "the mix itself", same),
        Row("filters", "filters", lambda clip, _: timed(baselines.filtered, clip)),
        Row("ideal", "ideal ratio mask", lambda clip, _: Result(baselines.ideal(clip.stems))),
        Row("reference", "the stems themselves", lambda clip, _: Result(clip.stems)),
        Row("hiss", "white noise, as loud as the mix", hiss),
    ]  # fmt: skip


def flagship_rows(pack: Pack | None) -> list[Row]:
    if pack is None:
        return []

    def row(name: str, title: str, separate: Callable[[Clip, int], Result], **more) -> Row:
        return Row(
            f"{FLAGSHIP}-{name}", title, separate, pack.digest, with_notes=name == "1s", **more
        )  # fmt: skip

    def reset(chunk: int) -> Callable[[Clip, int], Result]:
        return lambda clip, _: timed(lambda mix: pack.separate(mix, chunk, carry=False), clip)

    found = [
        row("1s", "**Remix** in the plugin, chunks of 1 s", bounced(pack, "1 s"), facts=facts_of(pack)),
        row("offline", "Remix offline (the whole song at once)", lambda clip, _: timed(pack.separate, clip)),
    ]
    for setting, seconds in plugin.CHUNKS.items():
        name, every = setting.replace(" ", "").replace("/", "-"), EVERY[setting]
        if setting != "1 s":
            title = f"Remix in the plugin, {spoken(setting)}"
            found.append(row(name, title, bounced(pack, setting), every=every))
        title = f"Remix, {spoken(setting)}, state reset at each (Python)"
        found.append(row(f"{name}-reset", title, reset(pack.chunk_frames(seconds)), every=every))
    return sorted(found, key=lambda own: own.every)


def spoken(setting: str) -> str:
    return "chunks of one hop" if setting == "One hop" else f"chunks of {setting}"


def paper_row(name: str) -> Row:
    titles = dict(zip(PAPER, ("One2One", "One2Four combined", "One2Four split"), strict=True))
    title = f"the paper's {titles[name]}, in the plugin"
    pack = pack_of(name)
    if pack is None:
        return Row(name, title, None, is_denoised_too=True)
    return Row(
        name, title, bounced(pack, "1 s"), pack.digest, is_denoised_too=True, facts=facts_of(pack)
    )  # fmt: skip


def bounced(pack: Pack, chunk: str) -> Callable[[Clip, int], Result]:
    """The pack in the plugin; for the first clips, packs of kind `mask` are run in Python too."""

    def separate(clip: Clip, place: int) -> Result:
        stems, ms = plugin.bounce(clip.mix, pack.id, chunk)
        if pack.kind != "mask" or place >= PARITY_CLIPS:
            return Result(stems, ms)
        again = pack.separate(clip.mix, pack.chunk_frames(plugin.CHUNKS[chunk]))
        return Result(stems, ms, float(np.abs(stems - again).max()))

    return separate


def checkpoint_row(run: str, title: str) -> Row:
    """A training run of the cache, that has no pack."""
    folder = runs.cache() / "runs" / run
    checkpoint = folder / "checkpoint.pt"
    if not checkpoint.exists():
        return Row(run, title, None)

    @functools.cache
    def network():
        import torch

        from ..checkpoints import load_network

        torch.set_num_threads(1)
        return load_network(folder)

    log = runs.read(folder / "run.json")
    facts = {"parameters": log["parameters"], **spent([log])}
    key = f"{run} {log['step']} {log['best_loss']}"
    return Row(run, title, lambda clip, _: timed(network().separate, clip), key, facts=facts)


def facts_of(pack: Pack) -> dict:
    """Of the pack's files and its run.json."""
    trained = sum(log["parameters"] for log in pack.trainings)
    facts = {"parameters": trained, "bytes": sum(file.stat().st_size for file in pack.files)}
    return facts | spent(pack.trainings)


def spent(trainings: list[dict]) -> dict:
    """Seconds of training, where all of the runs say so, and the memory that the largest took."""
    found = {
        f"training_{name}": round(sum(log[name] for log in trainings))
        for name in ("seconds", "cpu_seconds")
        if trainings and all(name in log for log in trainings)
    }
    memory = [log["peak_memory_mb"] for log in trainings if "peak_memory_mb" in log]
    return found | ({"training_memory_mb": max(memory)} if memory else {})


def with_denoised(row: Row, result: Result) -> dict[str, np.ndarray]:
    """The row's stems by row id, and where it says so those after the denoiser."""
    found = {row.id: result.stems}
    if row.is_denoised_too:
        found[row.id + DENOISED] = np.stack([noise.denoised(stem) for stem in result.stems])
    return found
