"""Piano rolls: what MMA plays to a song beside what the networks do."""

from pathlib import Path

import numpy as np

from .. import STEMS
from . import chords, score

COLOURS = ("#666666", "#c44e52", "#4c72b0", "#55a868")
DRUM_ROWS = 12  # below the lowest pitch


def draw(
    path: Path, title: str, bands: dict[str, tuple[np.ndarray, np.ndarray]], bars: int, per_bar: int
) -> bool:
    """A picture of the first bars of each band: its notes, and the chords it went by as names and as shaded
    pitches. False where matplotlib is not installed."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        return False
    beats = bars * per_bar
    figure, axes = pyplot.subplots(len(bands), 1, figsize=(12, 3.4 * len(bands)), sharex=True)
    for axis, (name, (notes, plan)) in zip(np.atleast_1d(axes), bands.items(), strict=True):
        for beat, chord in enumerate(plan[:beats]):
            if beat == 0 or chord != plan[beat - 1]:
                axis.text(beat + 0.05, 90, chords.name(int(chord)), fontsize=7)
            for tone in chords.tones(int(chord)):
                for low in np.arange(24 + tone, 88, 12):
                    axis.fill_between([beat, beat + 1], low - 0.5, low + 0.5, color="#f5e6b8", linewidth=0)
        for note in notes[notes["start"] < beats]:
            part = int(note["part"])
            height = int(note["pitch"])
            if part == 0:
                height = 24 - DRUM_ROWS + score.VOICE_OF.get(height, len(score.VOICES) - 1)
            axis.hlines(height, note["start"], note["end"], color=COLOURS[part], linewidth=2.5)
        for bar in range(bars + 1):
            axis.axvline(bar * per_bar, color="#bbbbbb", linewidth=0.6)
        axis.set(xlim=(0, beats), ylim=(24 - DRUM_ROWS - 1, 94), ylabel="pitch", title=f"{title}: {name}")
    axes_ = np.atleast_1d(axes)
    axes_[-1].set_xlabel("beats")
    handles = [pyplot.Line2D([], [], color=c, label=stem) for c, stem in zip(COLOURS, STEMS, strict=True)]
    axes_[0].legend(handles=handles, loc="upper right", ncol=4, fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=80, metadata={"Software": None})
    pyplot.close(figure)
    return True
