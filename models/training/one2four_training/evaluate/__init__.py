"""`evaluate`: every network and filter on songs not trained on, and models/EVALUATION.md.

    clips.py      the songs' excerpts, their stems and notes
    rows.py       what takes the mix apart: baselines.py, packs.py, plugin.py, checkpoints
    measure.py    the numbers of one separated clip: scores.py, noise.py, onsets.py
    run.py        every row on every clip, two at a time
    store.py      the kept numbers: models/evaluation/ROW.json
    table.py targets.py curves.py document.py    what is made of them
    own.py        packs on a user's own songs, printed only

What was measured of a pack is kept under the hash of its networks and of the clip, so the command goes
on where it was stopped and measures only what is new.
"""

from . import curves, document, rows, run, table
from .table import Numbers


def evaluate(jobs: int, minutes: float, wanted: list[str]) -> None:
    """Measures and writes; `wanted` are the ids of the rows to measure, all where there are none."""
    stores, gaps = run.measure(jobs, minutes, wanted)
    titles, numbers = titles_of_rows(), Numbers(stores)
    packs = [pack for name in (rows.FLAGSHIP, *rows.PAPER) if (pack := rows.pack_of(name))]
    pictures = [file.name for file in curves.draw(packs)]
    for pack in packs:
        document.fill_card(pack, numbers, titles)
    table.put(document.document(numbers, titles, pictures, gaps), is_accompany=False)
    print(table.FILE)


def titles_of_rows() -> dict[str, str]:
    """By row id, the denoised ones too."""
    titles = {}
    for row in run.rows_by_id().values():
        titles[row.id] = row.title
        if row.is_denoised_too:
            titles[row.id + rows.DENOISED] = f"{row.title}, denoised"
    return titles
