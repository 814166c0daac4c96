"""How good a band is, in the numbers of one song: counts that can be added up, and a few means."""

import numpy as np

from .. import STEMS
from . import chords, grid, score

SHIFT_BARS = 2
MOST = 60  # notes, cells: what is more counts as this


def of_song(entry: dict, arrays: dict, notes: np.ndarray, plan: np.ndarray) -> dict[str, list[float]]:
    """What was played against what MMA plays -> [hits, played, wanted] per kind of onset, [hits, all] of
    shares and [value] of means."""
    true = arrays["plan"].astype(int)
    ours = score.targets(notes, true)
    found: dict[str, list[float]] = {}
    for voice, name in enumerate(score.VOICES):
        found[f"drums {name}"] = counted(ours["drums"][:, voice] > 0, arrays["drums"][:, voice] > 0)
    bass, wanted = ours["bass"][:, 0] >= score.FIRST_PITCH, arrays["bass"][:, 0] >= score.FIRST_PITCH
    found["bass onset"] = counted(bass, wanted)
    found["bass root"] = at_changes(ours["bass"][:, 0], wanted, true)
    for part in ("piano", "other"):
        found[f"{part} onset"] = counted(ours[part][..., 0].any(1), arrays[part][..., 0].any(1))
        found[f"{part} chroma"] = counted(chroma(ours[part], true), chroma(arrays[part], true))
    right = chords.major_minor(true) == chords.major_minor(np.asarray(plan).astype(int))
    found["majmin"] = [float(right.sum()), len(true)]
    found["chord"] = [float((true == plan).sum()), len(true)]
    is_told = told(true, arrays["struck"])
    found["told"] = [float(is_told.sum()), len(true)]
    found["majmin told"] = [float(right[is_told].sum()), float(is_told.sum())]
    found["majmin untold"] = [float(right[~is_told].sum()), float((~is_told).sum())]
    moved = np.roll(true, SHIFT_BARS * entry["beats_per_bar"])
    found["coverage"] = coverage(ours, true, true)
    found["coverage shifted"] = coverage(ours, true, moved)
    for part in ("piano", "other"):
        found |= {f"{part} {name}": value for name, value in line(notes, part).items()}
    found["notes per beat"] = [len(notes) / len(true)]
    return found


def told(plan: np.ndarray, struck: np.ndarray) -> np.ndarray:
    """[beats] and [beats, 12] -> [beats], whether the solo has struck root and third (of a sus4 the fourth)
    since the beat's chord began, in the beat after it too where that has the same chord: all that can be
    heard of the chord when it is decided."""
    found = np.zeros(len(plan), bool)
    starts = np.flatnonzero(np.diff(plan, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(plan)], strict=True):
        if plan[start] == chords.NO_CHORD:
            continue
        so_far = np.logical_or.accumulate(struck[start:end])
        so_far = so_far[[*range(1, end - start), end - start - 1]]  # the beat after is heard
        root, third = chords.root_and_third(plan[start])
        found[start:end] = so_far[:, root] & so_far[:, third]
    return found


def counted(ours: np.ndarray, wanted: np.ndarray) -> list[float]:
    return [float((ours & wanted).sum()), float(ours.sum()), float(wanted.sum())]


def at_changes(classes: np.ndarray, wanted: np.ndarray, plan: np.ndarray) -> list[float]:
    """Of the changes of chord at which the song's bass starts a note, those where ours starts the root."""
    changes = (np.flatnonzero(np.diff(plan) != 0) + 1) * grid.CELLS
    changes = changes[wanted[changes]]
    relative = classes[changes].astype(int) - score.FIRST_PITCH - score.BASS_BELOW
    on_root = (classes[changes] >= score.FIRST_PITCH) & (relative % 12 == 0)
    return [float(on_root.sum()), len(changes)]


def chroma(part: np.ndarray, plan: np.ndarray) -> np.ndarray:
    """[cells, CHORD_PITCHES, 2] -> [cells, 12], the pitch classes that sound, from each chord's root on."""
    sounds = part[..., 1] > 0
    return sounds.reshape(len(part), -1, 12).any(1)


def coverage(ours: dict, plan: np.ndarray, other: np.ndarray) -> list[float]:
    """Of the pitch classes that sound in piano and other, those that are tones of the chords of `other`."""
    roots = np.repeat(chords.root_of(plan), grid.CELLS)
    tones = chords.TONES[np.repeat(other, grid.CELLS)] > 0
    hits = total = 0.0
    for part in ("piano", "other"):
        relative = chroma(ours[part], plan)
        places = (np.arange(12)[None] - roots[:, None]) % 12
        absolute = np.take_along_axis(relative, places, axis=1)
        hits, total = hits + float((absolute & tones).sum()), total + float(absolute.sum())
    return [hits, total]


def line(notes: np.ndarray, part: str) -> dict[str, list[float]]:
    """Of the highest notes of a part: the mean step between them and the range, in semitones."""
    own = notes[notes["part"] == {"piano": 2, "other": 3}[part]]
    if len(own) < 2:
        return {}
    starts = np.unique(own["start"])
    top = np.array([own["pitch"][own["start"] == start].max() for start in starts])
    interval = float(np.abs(np.diff(top)).mean()) if len(top) > 1 else 0.0
    return {"interval": [interval], "range": [float(own["pitch"].max() - own["pitch"].min())]}


def shapes(notes: np.ndarray, plan: np.ndarray, beats_per_bar: int) -> dict[str, np.ndarray]:
    """Histograms of what is played, per part: notes in a bar, their places in it, their lengths in cells,
    their pitch classes from the chord's root on."""
    bar, bars, found = beats_per_bar * grid.CELLS, max(1, len(plan) // beats_per_bar), {}
    for part, name in enumerate(STEMS):
        own = notes[notes["part"] == part]
        cells = np.round(own["start"] * grid.CELLS).astype(int)
        per_bar = np.bincount(cells // bar, minlength=bars)[:bars]
        found[f"{name} notes"] = np.bincount(np.minimum(per_bar, MOST), minlength=MOST + 1)
        found[f"{name} places"] = np.bincount(cells % bar, minlength=MOST + 1)[: MOST + 1]
        if part:
            lengths = np.round((own["end"] - own["start"]) * grid.CELLS).astype(int).clip(0, MOST)
            found[f"{name} lengths"] = np.bincount(lengths, minlength=MOST + 1)
            roots = chords.root_of(plan)[np.minimum(cells // grid.CELLS, len(plan) - 1)]
            found[f"{name} classes"] = np.bincount((own["pitch"] - roots) % 12, minlength=12)
    return found


def overlap(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> float:
    """The share of the area that histograms have in common, the mean over them (Yang and Lerch 2020)."""
    shares = [
        np.minimum(ours[name] / max(1, ours[name].sum()), values / max(1, values.sum())).sum()
        for name, values in theirs.items()
    ]
    return float(np.mean(shares))


def added(songs: list[dict[str, list[float]]]) -> dict[str, float]:
    """F1 of onsets and chroma over all songs, shares, means; the drums' macro F1."""
    found = {}
    for name in sorted({name for song in songs for name in song}):
        values = [song[name] for song in songs if name in song]
        total = np.sum(values, axis=0)
        if len(total) == 3:
            found[name] = float(2 * total[0] / max(total[1] + total[2], 1e-9))
        elif len(total) == 2:
            found[name] = float(total[0] / max(total[1], 1e-9))
        else:
            found[name] = float(np.mean(values))
    voices = [f"drums {name}" for name in score.VOICES]
    played = [name for name in voices if sum(song[name][2] for song in songs)]
    found["drums macro"] = float(np.mean([found[name] for name in played])) if played else 0.0
    found["coupling"] = found["coverage"] - found["coverage shifted"]
    return found
