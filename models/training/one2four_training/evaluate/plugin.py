"""A pack run by the built plugin: `cargo xtask bounce` on a clip."""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from .. import STEMS, runs
from ..stft import SAMPLE_RATE

ROOT = runs.CHECKOUT
CHUNKS = {"1 s": 1.0, "1/4 s": 0.25, "1/10 s": 0.1, "One hop": 0.0}
"""The plugin's chunk settings, and their seconds."""


def bounce(mix: np.ndarray, pack: str, chunk: str) -> tuple[np.ndarray, float]:
    """[samples, 2] -> [4, samples, 2], and the worker's milliseconds per second of audio."""
    with tempfile.TemporaryDirectory() as folder:
        song, out = Path(folder) / "mix.wav", Path(folder) / "out"
        soundfile.write(song, mix, SAMPLE_RATE, subtype="FLOAT")
        command = ["cargo", "xtask", "bounce", str(song), "--out", str(out), "--pack", pack]
        done = subprocess.run([*command, "--set", f"chunk={chunk}"], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the plugin does not bounce with {pack}: {done.stderr.strip()[-300:]}")
        report = json.loads((out / "report.json").read_text())
        if report["fault"] or report["late_chunks"]:
            raise RuntimeError(f"the plugin plays no stems of {pack}: {report['fault'] or 'it was late'}")
        stems = [soundfile.read(out / "stems" / f"{stem}.wav", dtype="float32")[0] for stem in STEMS]
    return np.stack(stems), report["worker_ms_per_second"]
