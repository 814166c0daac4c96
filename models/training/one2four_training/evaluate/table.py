"""Kept numbers as columns, and columns as Markdown."""

from collections.abc import Callable

import numpy as np

from .. import STEMS, runs
from .store import Store

FILE = runs.PACKAGE.parents[1] / "EVALUATION.md"
MARK = "<!-- Accompany, written by its own evaluate -->\n"


class Numbers:
    """What the rows measured, by row, clip and stem."""

    def __init__(self, stores: dict[str, Store]) -> None:
        self.stores = stores

    def kept(self, row: str) -> dict[str, dict]:
        return self.stores[row].clips if row in self.stores else {}

    def clips(self, row: str, group: str | None = None) -> list[str]:
        """The names of the row's clips, of one set or of all."""
        return [name for name, entry in self.kept(row).items() if group is None or group in entry["sets"]]

    def column(self, row: str, what: str, stem: str, names: list[str]) -> np.ndarray:
        kept = self.kept(row)
        values = [number_of(kept[name]["stems"][stem], what) for name in names]
        return np.array([value for value in values if value is not None])

    def pair(
        self, rows: tuple[str, str], what: str, stem: str, group: str | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The columns of two rows over the clips that both have."""
        others = set(self.clips(rows[1], group))
        both = [name for name in self.clips(rows[0], group) if name in others]
        first, second = (self.column(row, what, stem, both) for row in rows)
        return first, second

    def gain(self, row: str, other: str, stem: str, group: str | None) -> float | None:
        """By how much the row's mean SI-SDR is above the other's."""
        ours, theirs = self.pair((row, other), "si_sdr", stem, group)
        return float(ours.mean() - theirs.mean()) if len(ours) else None

    def median(self, row: str, what: str, stem: str) -> float | None:
        values = self.column(row, what, stem, self.clips(row))
        return float(np.median(values)) if len(values) else None


def number_of(kept: dict, what: str) -> float | None:
    """A stem's number in a clip; `f1` is that of notes found (recall) and of what is picked (precision)."""
    if what != "f1":
        return kept.get(what)
    if "recall" not in kept:
        return None
    recall, precision = kept["recall"], kept.get("precision", 0.0)
    return 2 * recall * precision / max(recall + precision, 1e-9)


def put(text: str, is_accompany: bool) -> None:
    """Writes one of the two halves of EVALUATION.md, and leaves the other."""
    halves = (FILE.read_text() if FILE.exists() else "").split(MARK)
    halves += [""] * (2 - len(halves))
    halves[is_accompany] = text
    runs.replace(FILE, MARK.join(halves))


def markdown(head: list[str], lines: list[list[str]]) -> list[str]:
    rows = [head, ["---"] * len(head), *lines]
    return ["| " + " | ".join(cells) + " |" for cells in rows] + [""]


def spread(values: np.ndarray) -> str:
    if len(values) == 0:
        return "-"
    return f"{np.median(values):.1f} ({values.mean():.1f}, {values.std():.1f})"


def by_stem(
    numbers: Numbers, titles: dict[str, str], corner: str, what: str, group: str | None,
    cell: Callable[[np.ndarray], str] = spread,
) -> list[str]:  # fmt: skip
    """One line per row that has numbers; above them the number of clips that most of them have."""
    measured = {row: numbers.clips(row, group) for row in titles}
    full = max(measured.values(), key=len)
    owner = next(row for row, names in measured.items() if len(names) == len(full))
    counts = [str(len(numbers.column(owner, what, stem, full))) for stem in STEMS]
    lines = [["clips", *counts]]
    for row, names in measured.items():
        if names:
            part = "" if len(names) == len(full) else f" ({len(names)} of {len(full)} clips)"
            cells = [cell(numbers.column(row, what, stem, names)) for stem in STEMS]
            lines.append([titles[row] + part, *cells])
    return markdown([corner, *STEMS], lines)
