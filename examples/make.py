"""Makes on-the-next-day.flac: `python examples/make.py` (needs the packages freedoom, fluidsynth and
fluid-soundfont-gm, and models/training installed: `pip install -e models/training`)."""

from pathlib import Path

import numpy as np
import soundfile
from one2four_training import midi, render
from one2four_training.collect import WAD_FOLDER, wad_songs
from one2four_training.stft import SAMPLE_RATE

WAD, LUMP = "freedoom1.wad", "D_E1M8"
START_SECONDS, SECONDS = 110, 30
PEAK_DB = -1.0
FADE_SECONDS = 0.02, 0.8  # in, out

song = midi.read(dict(wad_songs(WAD_FOLDER / WAD))[LUMP])
mix = render.stems_of(song, render.BANKS["fluid"], START_SECONDS, SECONDS).sum(axis=0)
rise, fall = (round(seconds * SAMPLE_RATE) for seconds in FADE_SECONDS)
mix[:rise] *= np.linspace(0, 1, rise)[:, None]
mix[-fall:] *= np.linspace(1, 0, fall)[:, None]
mix *= 10 ** (PEAK_DB / 20) / np.abs(mix).max()
target = Path(__file__).parent / "on-the-next-day.flac"
soundfile.write(target, mix, SAMPLE_RATE, subtype="PCM_16")
print(f"{target.name}: {target.stat().st_size / 1e6:.1f} MB")
