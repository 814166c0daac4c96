"""What the scripts of the Python hosts share: the job, the steps and what is said about them.

A script is called as `HOST.py JOB.json PHASE`, the phase being `play` or `reopen`. `JOB.json` is
written by `cargo xtask hosts`; every value in it is a parameter's normalised one, 0 to 1. For each
step it prints a line of JSON before and one after, and writes the step's audio as WAV: so a host
that dies takes only the step along in which it died.
"""

import json
import sys
import traceback
from pathlib import Path

import numpy as np
import soundfile


class Job:
    """The job from the command line."""

    def __init__(self) -> None:
        for key, value in json.loads(Path(sys.argv[1]).read_text()).items():
            setattr(self, key, value)
        self.phase = sys.argv[2]
        # Frames x channels.
        self.song, self.rate = soundfile.read(self.song, dtype="float32", always_2d=True)
        self.out = Path(self.out)

    def step(self, name: str, reference: str, render) -> None:
        """Runs `render() -> (audio, latency, skip)`: frames x channels, the latency the host was
        told, and how much of it is still in the audio."""
        print(json.dumps({"begin": name}), flush=True)
        try:
            audio, latency, skip = render()
            file = self.out / f"{self.phase}-{name.replace(' ', '-')}.wav"
            soundfile.write(file, audio, self.rate, subtype="FLOAT")
            result = {"file": str(file), "reference": reference, "latency": latency, "skip": skip}
        except Exception as error:  # the other steps still run
            traceback.print_exc()
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"step": name, **result}), flush=True)


def padded(song: np.ndarray, frames: int) -> np.ndarray:
    """The song and as many frames of silence."""
    return np.concatenate([song, np.zeros((frames, song.shape[1]), "float32")])
