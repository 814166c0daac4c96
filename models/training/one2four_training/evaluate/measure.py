"""All the numbers of one separated clip."""

import numpy as np

from .. import STEMS
from . import noise, onsets, scores
from .clips import Clip

Numbers = dict[str, dict[str, float]]
"""By stem, then: `si_sdr`, `sdr`, `residual` (dB), `recall`, `precision` (shares). Left out is what the
clip cannot tell: the first two where the stem is silent in it, the residual where it never pauses."""


def measured(estimates: np.ndarray, clip: Clip, with_notes: bool = True) -> Numbers:
    """[4, samples, 2] -> the numbers; looking for the notes takes most of the time."""
    if not np.isfinite(estimates).all():
        raise ValueError(f"{clip.name}: the estimate holds values that are not numbers")
    numbers = {}
    for stem, estimate, reference in zip(STEMS, estimates, clip.stems, strict=True):
        found = {"residual": noise.residual_db(estimate, reference, clip.mix)}
        if clip.sounds(stem):
            found["si_sdr"] = scores.si_sdr_db(estimate, reference)
            found["sdr"] = scores.sdr_db(estimate, reference)
            if with_notes and len(clip.onsets[stem]):
                picked = onsets.picked(estimate)
                found["recall"], found["precision"] = onsets.recall_and_precision(picked, clip.onsets[stem])
        numbers[stem] = {name: round(value, 3) for name, value in found.items() if value is not None}
    return numbers
