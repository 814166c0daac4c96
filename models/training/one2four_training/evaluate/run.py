"""Measures what is missing: every row on every clip, two at a time."""

import functools
import hashlib
import time

from .. import runs
from . import clips, rows
from .measure import measured
from .store import Store

Task = tuple[str, str, int]
"""Row, clip, and the clip's place in the list."""


@functools.cache
def rows_by_id() -> dict[str, rows.Row]:
    return {row.id: row for row in rows.every_row()}


def ids_of(row: rows.Row) -> list[str]:
    return [row.id, row.id + rows.DENOISED] if row.is_denoised_too else [row.id]


def open_stores(entries: list[dict]) -> dict[str, Store]:
    """The kept numbers of all rows, without those that no longer hold."""
    digests = {entry["name"]: digest_of(entry["name"]) for entry in entries}
    stores = {}
    for row in rows_by_id().values():
        for name in ids_of(row):
            store = stores[name] = Store(name)
            key = f"{rows.METHOD} {row.key}" if row.separate else store.key
            store.renew(key, row.facts, digests)
    return stores


@functools.cache
def digest_of(name: str) -> str:
    """Of the audio: a clip that was rendered anew is another clip."""
    data = (runs.cache() / "audio" / f"{name}.npy").read_bytes()
    return hashlib.sha256(data).hexdigest()[:16]


def missing(entries: list[dict], stores: dict[str, Store], wanted: list[str]) -> list[Task]:
    """What is to be measured; of all rows where none are named."""
    able = [row for row in rows_by_id().values() if row.separate and (not wanted or row.id in wanted)]
    return [
        (row.id, entry["name"], place)
        for row in able
        for place, entry in enumerate(entries)
        if place // 2 % row.every == 0  # in pairs, because the sets take turns
        and any(entry["name"] not in stores[name].clips for name in ids_of(row))
    ]


def measure_one(task: Task) -> tuple[Task, dict[str, dict], str | None]:
    """-> the task, the entry of each row id for the store, and what went wrong."""
    row_id, name, place = task
    row, clip = rows_by_id()[row_id], clips.load(name)
    try:
        result = row.separate(clip, place)
        entry = {"digest": digest_of(name), "sets": clips.sets_of(clip.entry)}
        entry |= {"ms": round(result.ms, 2)} if result.ms is not None else {}
        entry |= {"difference": result.difference} if result.difference is not None else {}
        found = rows.with_denoised(row, result)
        numbers = {own: measured(stems, clip, row.with_notes) for own, stems in found.items()}
        return task, {own: {**entry, "stems": one} for own, one in numbers.items()}, None
    except (ImportError, RuntimeError, ValueError, OSError, SystemExit) as error:
        return task, {}, str(error)


def measure(jobs: int, minutes: float, wanted: list[str]) -> tuple[dict[str, Store], list[str]]:
    """Fills the stores, for so many minutes at most; -> them, and why which row is not complete."""
    entries, until = clips.entries(), time.time() + 60 * minutes
    if unknown := set(wanted) - set(rows_by_id()):
        raise SystemExit(f"there is no row {', '.join(unknown)}; there are {', '.join(rows_by_id())}")
    stores = open_stores(entries)
    tasks = missing(entries, stores, wanted)
    print(f"{len(entries)} clips, {len(tasks)} measurements to do", flush=True)
    wrong = {}
    for number, (task, found, error) in enumerate(runs.in_processes(measure_one, tasks, jobs), 1):
        for name, entry in found.items():
            stores[name].put(task[1], entry)
        if error and task[0] not in wrong:
            wrong[task[0]] = error
            print(f"{task[0]}: {error}", flush=True)
        if number % 20 == 0 or number == len(tasks):
            print(f"{time.strftime('%H:%M:%S')} {number}/{len(tasks)} {task[0]}", flush=True)
        if time.time() > until:
            print(f"{len(tasks) - number} measurements left for another time", flush=True)
            break
    for store in stores.values():
        if store.clips:
            store.write()  # what its facts have become, where no clip was measured anew
    return stores, [f"{row}: {error}" for row, error in wrong.items()]
