"""Makes the solos for Accompany, solo-{piano,guitar}-{92,140}.ogg: `python examples/solos.py` (needs the packages
fluidsynth and fluid-soundfont-gm, and models/training installed: `pip install -e models/training`)."""

from pathlib import Path

import numpy as np
import soundfile
from one2four_training.accompany import chords, render, score, solo
from one2four_training.stft import SAMPLE_RATE

BEATS = 4  # of a bar
CHARTS = {
    "piano": "C Am F G7 C Dm7 G7 C  Am Em7 F C Dm7 Am F G7",
    "guitar": "Am F C G Am Dm E7 Am  Dm Am F C Dm G7 E7 Am",
}
"""A chord a bar; the second half is played in another way than the first. Also in tests/tests/accompany/solos.rs."""
PROGRAMS = {"piano": 0, "guitar": 25}  # General MIDI, from 0: grand piano, steel guitar
LOWEST = {"piano": 57, "guitar": 50}  # where the chords are played
STRUM = {"piano": 0.0, "guitar": 0.02}  # beats from string to string
STRUCK = (0, 1.5, 2, 3)
BROKEN = (0, 1, 2, 3, 2, 1, 2, 1)
LATE, SOFTER = 0.01, 6  # standard deviations of a person's hand, in beats and MIDI velocity
BPMS = (92, 140)
LEVEL_DB = -6.0


def named(name: str) -> int:
    """The number of a chord, such as `Dm7`."""
    return chords.number(chords.NAMES.index(name[0]), name[1:])


def notes(instrument: str, random: np.random.Generator) -> np.ndarray:
    """Sixteen bars: eight of struck chords, eight of broken ones; a bass note on the beats 1 and 3."""
    found = []
    for bar, name in enumerate(CHARTS[instrument].split()):
        chord, start = named(name), bar * BEATS
        own = solo.pitches(chord, LOWEST[instrument], instrument == "guitar")
        root = 40 + (chord % 12 - 40) % 12
        found += [(start + beat, start + beat + 1.9, root, 84) for beat in (0, 2)]
        if bar < 8:
            for beat, after in zip(STRUCK, [*STRUCK[1:], BEATS], strict=True):
                late = [STRUM[instrument] * string for string in range(len(own))]
                found += [(start + beat + s, start + after, p, 76) for s, p in zip(late, own, strict=True)]
        else:
            walk = [own[step % len(own)] for step in BROKEN]
            found += [(start + i / 2, start + i / 2 + 0.9, pitch, 80) for i, pitch in enumerate(walk)]
    played = np.zeros(len(found), score.NOTE)
    for field, values in zip(("start", "end", "pitch", "velocity"), zip(*found, strict=True), strict=True):
        played[field] = values
    played["program"] = PROGRAMS[instrument]
    played["start"] = np.maximum(0, played["start"] + random.normal(0, LATE, len(played)))
    played["velocity"] = played["velocity"] + random.normal(0, SOFTER, len(played))
    return np.sort(played, order="start")


for instrument in CHARTS:
    own = notes(instrument, np.random.default_rng(16))
    for bpm in BPMS:
        audio = render.audio_of(own, 16 * BEATS, bpm, "fluid").mean(axis=1)
        audio *= 10 ** (LEVEL_DB / 20) / np.abs(audio).max()
        target = Path(__file__).parent / f"solo-{instrument}-{bpm}.ogg"
        with soundfile.SoundFile(target, "w", SAMPLE_RATE, 1, format="OGG", subtype="VORBIS") as file:
            for block in np.array_split(audio, len(audio) // 4096 + 1):
                file.write(block)
        print(f"{target.name}: {target.stat().st_size / 1e3:.0f} kB")
