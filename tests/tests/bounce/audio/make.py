"""Makes the fixtures of the bounce tests: 1 s of two tones, as MP3 and as Ogg Vorbis, and 3 s that begin with
noise, as an MP3 of changing rate that tells no length: readers guess it from its first frames, and too short.

    pip install lameenc numpy && python make.py     (and SoX for the Ogg file and the last)
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

time = np.arange(3 * RATE) / RATE
noise = np.random.default_rng(0).uniform(-1, 1, len(time)) * (time < 0.7)
pcm = np.round(np.repeat(0.09 * (noise + np.sin(2 * np.pi * 220 * time))[:, None], 2, 1) * 32767)
command = ["sox", *raw, "-C", "-7.2", "-t", "mp3", "-"]  # into a pipe, so that it cannot write the length
coded = subprocess.run(command, input=pcm.astype("<i2").tobytes(), stdout=subprocess.PIPE, check=True).stdout
(here / "untold.mp3").write_bytes(coded)
