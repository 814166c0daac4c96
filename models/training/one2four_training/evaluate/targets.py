"""What the flagship is meant to reach, and whether it does."""

from collections.abc import Callable

import numpy as np

from .. import STEMS
from .rows import DENOISED, FLAGSHIP, PAPER
from .table import Numbers, markdown

OURS = f"{FLAGSHIP}-1s"
OVER_THE_MIX_DB = {"drums": 13.0, "bass": 9.0, "piano": 6.0, "other": 5.0}
TRIVIAL = ("mix", "filters")
MB_PER_STEM, MS_PER_SECOND = 12.0, 60.0
NETWORKS = (*PAPER, *(name + DENOISED for name in PAPER))


def over_the_best(numbers: Numbers, others: tuple[str, ...], stem: str, group: str) -> float | None:
    """The smallest of the gains over the others: that over the best of them."""
    gains = [numbers.gain(OURS, other, stem, group) for other in others]
    return min((gain for gain in gains if gain is not None), default=None)


def lines(numbers: Numbers, group: str) -> list[str]:
    """A line per target; each cell is the number and whether it is met."""

    def gain(row: str, other: str) -> Callable[[str], float | None]:
        return lambda stem: numbers.gain(row, other, stem, group)

    def best(others: tuple[str, ...]) -> Callable[[str], float | None]:
        return lambda stem: over_the_best(numbers, others, stem, group)

    wanted = [
        ("over the mix: +13, +9, +6, +5", OVER_THE_MIX_DB, gain(OURS, "mix")),
        ("over the best of mix and filters: +3", 3.0, best(TRIVIAL)),
        ("over the best of the paper's networks, denoised or not: +4", 4.0, best(NETWORKS)),
        ("against the same network offline: -0.3", -0.3, gain(OURS, f"{FLAGSHIP}-offline")),
        ("Remix early against Open-Unmix trained alike: 0", 0.0, gain("remix-early", "open-unmix")),
        ("one hop against 1 s: -1.5", -1.5, gain(f"{FLAGSHIP}-Onehop", OURS)),
    ]
    found = []
    for title, limit, value_of in wanted:
        limits = limit if isinstance(limit, dict) else dict.fromkeys(STEMS, limit)
        found.append([title, *(verdict(value_of(stem), limits[stem]) for stem in STEMS)])
    return markdown(["mean SI-SDR, dB", *STEMS], found)


def verdict(value: float | None, limit: float) -> str:
    if value is None:
        return "not measured"
    value = round(value, 2) + 0.0  # as it is printed, without a negative zero
    return f"{value:+.2f} {'met' if value >= limit else '**not met**'}"


def cost_lines(numbers: Numbers) -> list[str]:
    """What the flagship may cost, and what it does."""
    store = numbers.stores.get(OURS)
    times = [entry["ms"] for entry in store.clips.values() if "ms" in entry] if store else []
    if not times or "bytes" not in store.facts:
        return []
    found = [
        ("MB of files per stem", store.facts["bytes"] / 1e6 / len(STEMS), MB_PER_STEM),
        ("ms per second of audio, all stems, 1 s chunks", float(np.median(times)), MS_PER_SECOND),
    ]
    lines = [
        [title, f"{value:.1f}", f"{limit:.0f}", "met" if value <= limit else "**not met**"]
        for title, value, limit in found
    ]
    return markdown(["Targets", "Remix", "at most", ""], lines)


def noise_lines(numbers: Numbers, own: str, title: str) -> list[str]:
    """A row against each of the paper's networks: less residual, more of the notes found, F1; medians over
    clips."""
    found = []
    for row in NETWORKS:
        if not numbers.clips(row):
            continue
        cells = []
        for stem in STEMS:
            less, more, f1 = advantages(numbers, own, row, stem)
            met = "met" if less < 0 < more else "**not met**"
            cells.append(f"{less:+.1f} dB, {100 * more:+.0f} % {met} (F1 {f1:+.2f})")
        found.append([row, *cells])
    return markdown([f"{title} against", *STEMS], found) if found else ["Not measured.", ""]


def advantages(numbers: Numbers, own: str, row: str, stem: str) -> list[float]:
    """Residual, recall and F1 of the one row minus those of the other; NaN where one is not measured."""
    differences = []
    for what in ("residual", "recall", "f1"):
        ours, theirs = numbers.median(own, what, stem), numbers.median(row, what, stem)
        differences.append(float("nan") if ours is None or theirs is None else ours - theirs)
    return differences
