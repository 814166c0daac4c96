"""What the commands share: run.json, which says what made a file; the cache folder for everything that is not
shipped; and work that several processes do."""

import functools
import json
import multiprocessing
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parents[2]


def cache() -> Path:
    """Songs, audio and checkpoints: $ONE2FOUR_CACHE, else ~/.cache/one2four."""
    folder = os.environ.get("ONE2FOUR_CACHE")
    return Path(folder) if folder else Path.home() / ".cache" / "one2four"


@functools.cache
def commit() -> str:
    """The commit of this package's checkout; "-dirty" when the package has uncommitted changes. Asked
    for once, before the work: the checkout may move on while a run lasts."""

    def git(*arguments: str) -> str:
        try:
            done = subprocess.run(["git", *arguments], cwd=PACKAGE, capture_output=True, text=True)
        except OSError:  # there is no git
            return ""
        return done.stdout.strip()

    dirty = "-dirty" if git("status", "--porcelain", "--", str(PACKAGE)) else ""
    return (git("rev-parse", "HEAD") or "unknown") + dirty


def write(path: Path, **fields) -> None:
    """Replaces the file in one step, so an interrupted run leaves the older one whole."""
    replace(path, json.dumps({"commit": commit(), **fields}, indent=1) + "\n")


def replace(path: Path, text: str) -> None:
    """Writes the file beside its place first, so that a full disk leaves the older one whole."""
    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        partial.write_text(text)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read(path: Path) -> dict:
    if not path.exists():
        raise SystemExit(f"{path} is missing: `collect`, `render`, `train` each make what the next one reads")
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise SystemExit(f"{path} cannot be read ({error}): delete it and give the command again") from error


def joined(log: dict) -> dict:
    """A training run's run.json, with the run before it counted in where it started from a pack."""
    before = log.pop("before", None)
    if not before:
        return log
    first = before["step"]
    whole = {name: before[name] + log[name] for name in ("step", "seconds", "cpu_seconds")}
    for curve in ("losses", "valid_losses", "valid_by_stem"):
        moved = [[first + step, *losses] for step, *losses in log.get(curve, [])]
        whole[curve] = before.get(curve, []) + moved
    if peaks := [run["peak_memory_mb"] for run in (before, log) if "peak_memory_mb" in run]:
        whole["peak_memory_mb"] = max(peaks)
    commits = list(dict.fromkeys(before.get("commits", []) + log["commits"]))
    return {**log, **whole, "commits": commits, "before": {"step": first, "arguments": before["arguments"]}}


def in_processes(work: Callable, items: list, jobs: int) -> Iterator[Any]:
    """What `work` makes of each item, by so many processes, as it is done; the rest is not begun once the
    caller has enough. What goes wrong in one of them, its SystemExit too, is raised here."""
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _leave_interrupts)
    try:
        for done in as_completed([pool.submit(work, item) for item in items]):
            yield done.result()
    except BrokenProcessPool:
        raise SystemExit(
            "one of the processes was ended from outside, for want of memory perhaps: the same command goes"
            " on; fewer --jobs take less memory"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    """To the process that waits for this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
