"""Makes the fixtures of the bounce tests: 1 s of two tones, as MP3 and as Ogg Vorbis.

    pip install lameenc numpy && python make.py     (and SoX for the Ogg file)
"""

import subprocess
from pathlib import Path

import lameenc
import numpy as np

RATE = 44100
here = Path(__file__).parent
time = np.arange(RATE) / RATE
tones = np.stack([np.sin(2 * np.pi * 440 * time), np.sin(2 * np.pi * 660 * time)], axis=1)
pcm = np.round(tones * 8192).astype("<i2").tobytes()

encoder = lameenc.Encoder()
encoder.set_bit_rate(96)
encoder.set_in_sample_rate(RATE)
encoder.set_out_sample_rate(RATE)
encoder.set_channels(2)
encoder.silence()
(here / "tones.mp3").write_bytes(bytes(encoder.encode(pcm) + encoder.flush()))

raw = ["-t", "raw", "-r", str(RATE), "-c", "2", "-e", "signed", "-b", "16", "-L", "-"]
subprocess.run(["sox", *raw, "-C", "1", here / "tones.ogg"], input=pcm, check=True)
