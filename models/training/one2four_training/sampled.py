"""A bank of recorded instruments and drums, for more pianos, guitars and basses than the sound banks have.

The instruments are those of tonejs-instruments and three layers of the Salamander grand piano (both CC-BY
3.0), which `collect` takes from npm into cache/samples/NAME/; the drums are Sonic Pi's (CC0), a Debian
package. An excerpt chooses among those of a program's family and plays all its notes on what it chose, a
little larger or smaller than it was; what no recording resembles is left to `synth`.
"""

import functools
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from . import STEMS, midi, runs, synth
from .stft import SAMPLE_RATE

SALAMANDER = tuple(f"piano-velocity{layer}" for layer in (4, 8, 13))
TONEJS = {
    "bass-electric": "1.1.2", "bassoon": "1.1.2", "cello": "1.1.1", "clarinet": "1.1.2",
    "contrabass": "1.1.2", "flute": "1.1.2", "french-horn": "1.1.2", "guitar-acoustic": "1.1.2",
    "guitar-electric": "1.1.1", "guitar-nylon": "1.1.1", "harmonium": "1.1.1", "harp": "1.1.1",
    "organ": "1.1.1", "piano": "1.1.2", "saxophone": "1.1.2", "trombone": "1.1.2", "trumpet": "1.1.2",
    "tuba": "1.1.2", "violin": "1.1.1", "xylophone": "1.1.2",
}  # fmt: skip
PACKAGES = {name: f"tonejs-instrument-{name}-mp3@{version}" for name, version in TONEJS.items()}
PACKAGES |= {name: f"@audio-samples/{name}@1.0.5" for name in SALAMANDER}
GUITARS = ("guitar-acoustic", "guitar-electric", "guitar-nylon")
FAMILIES = {  # by the eight programs of General MIDI's family
    0: ("piano", *SALAMANDER), 1: ("xylophone", "harp"), 2: ("organ", "harmonium"), 3: GUITARS,
    4: ("bass-electric", "bass-electric", "contrabass"), 5: ("violin", "cello", "contrabass", "harp"),
    6: ("violin", "cello", "harmonium"), 7: ("trumpet", "trombone", "tuba", "french-horn"),
    8: ("saxophone", "clarinet", "bassoon"), 9: ("flute",),
}  # fmt: skip
DRIVEN_PROGRAMS = (29, 30)  # the guitars with overdrive and distortion
DRIVEN_CHANCE = 0.15  # of another guitar, organ or bass
CAN_BE_DRIVEN = (*GUITARS, "organ", "bass-electric")
MADE_CHANCE = 0.2  # that `synth` plays instead
SIZE = 3  # semitones, at most
DRUM_FOLDER = Path("/usr/share/sonic-pi/samples")
DRUMS = {
    "kick": "bd_*|drum_bass_*|drum_heavy_kick|elec_*_kick", "snare": "sn_*|drum_snare_*|elec_*snare",
    "closed": "drum_cymbal_closed|drum_cymbal_pedal|elec_tick", "open": "drum_cymbal_open",
    "tom": "drum_tom_*|elec_fuzz_tom|tabla_ghe*", "cymbal": "drum_cymbal_hard|drum_cymbal_soft|drum_splash_*",
    "other": "drum_cowbell|perc_snap*|perc_bell*|elec_wood|elec_bong|elec_triangle|tabla_na*|tabla_te*",
}  # fmt: skip
DRUM_MADE_CHANCE = 0.3
RELEASE_S = 0.15
PITCHES = {name: number for number, name in enumerate("C Cs D Ds E F Fs G Gs A As B".split())}


def fetch() -> None:
    """The instruments into the cache, those that are not there yet."""
    folder().mkdir(parents=True, exist_ok=True)
    for name, package in PACKAGES.items():
        target = folder() / name
        if target.exists():
            continue
        with tempfile.TemporaryDirectory(dir=folder()) as made:
            command = ["npm", "pack", "--json", package]
            try:
                said = subprocess.run(command, cwd=made, capture_output=True, check=True, text=True).stdout
            except FileNotFoundError:
                raise SystemExit(
                    "npm is missing, which brings recorded instruments: models/README.md says what else"
                ) from None
            except subprocess.CalledProcessError as error:
                raise SystemExit(f"npm could not bring {package}: {error.stderr.strip()[-300:]}") from None
            with tarfile.open(Path(made) / json.loads(said)[0]["filename"]) as archive:
                archive.extractall(Path(made) / "unpacked", filter="data")
            shutil.move(Path(made) / "unpacked" / "package", target)


def folder() -> Path:
    return runs.cache() / "samples"


def missing() -> list[str]:
    """Of the folders that this bank plays from, those that are not there."""
    return [str(path) for path in (DRUM_FOLDER, *map(folder().joinpath, PACKAGES)) if not path.is_dir()]


@functools.cache
def recordings(name: str) -> dict[int, Path]:
    """Of an instrument, by their notes."""
    found = {}
    for path in sorted((folder() / name).rglob("*.*")):
        if match := re.fullmatch(r"([A-G][s#]?)(\d)(v\d+)?\.(mp3|ogg)", path.name):
            found[12 * (int(match[2]) + 1) + PITCHES[match[1].replace("#", "s")]] = path
    return found


@functools.cache
def recording(path: Path) -> np.ndarray:
    """[samples, 2] from where the sound begins, at a level of about 1 in its loudest half second."""
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    audio = np.repeat(audio, 2, axis=1)[:, :2] if audio.shape[1] == 1 else audio[:, :2]
    if rate != SAMPLE_RATE:
        audio = at_pace(audio, rate / SAMPLE_RATE)
    loud = np.abs(audio).max(1)
    first = max(0, int(np.argmax(loud > 0.03 * loud.max())) - 64)
    audio = audio[first:]
    half = SAMPLE_RATE // 2
    powers = np.add.reduceat(np.square(audio).mean(1), np.arange(0, len(audio), half)) / min(half, len(audio))
    return audio / np.float32(np.sqrt(powers.max()) + 1e-6)


def at_pace(audio: np.ndarray, pace: float, samples: int | None = None) -> np.ndarray:
    """So many samples of the audio for each; `samples` at most."""
    count = int(len(audio) / pace)
    places = np.arange(min(count, samples or count)) * pace
    known = np.arange(len(audio))
    return np.stack([np.interp(places, known, side) for side in audio.T], axis=1).astype(np.float32)


def tone(name: str, size: int, drive: float, pan: float, note: int, seconds: float) -> np.ndarray:
    """[samples, 2] at a level of about 1, the release counted in, `size` semitones larger than it was
    recorded; with a drive above 0 through an amplifier that saturates."""
    own = recordings(name)
    nearest = min(own, key=lambda number: abs(number - note - size))
    samples = round((seconds + RELEASE_S) * SAMPLE_RATE)
    audio = at_pace(recording(own[nearest]), 2 ** ((note - nearest) / 12), samples)
    if drive > 0:
        audio = np.tanh(drive * audio)
    release = round(RELEASE_S * SAMPLE_RATE)
    if len(audio) == samples:
        audio[-release:] *= np.linspace(1, 0, release, dtype=np.float32)[:, None] ** 2
    return audio * np.sqrt(np.array([1 - pan, 1 + pan], np.float32))


def instrument(program: int, random: np.random.Generator) -> tuple[str, int, float, float] | None:
    """Name, size, drive and pan; None where `synth` is to play."""
    family = FAMILIES.get(program // 8)
    if random.random() < MADE_CHANCE or family is None:
        return None
    name = str(random.choice(family))
    driven = random.random() < DRIVEN_CHANCE and name in CAN_BE_DRIVEN
    if program in DRIVEN_PROGRAMS:
        name, driven = "guitar-electric", True
    drive = float(np.exp(random.uniform(np.log(2), np.log(30)))) if driven else 0.0
    pan = random.uniform(-0.2, 0.2) if program // 8 in (0, 4) else random.uniform(-0.6, 0.6)
    return name, int(random.integers(-SIZE, SIZE + 1)), drive, pan


def drum(note: int, random: np.random.Generator) -> np.ndarray | None:
    """[samples, 2] of one hit; None where `synth` is to make it."""
    kind = synth.KINDS.get(note, "other")
    found = sorted(p for pattern in DRUMS[kind].split("|") for p in DRUM_FOLDER.glob(f"{pattern}.flac"))
    if random.random() < DRUM_MADE_CHANCE or not found:
        return None
    audio = recording(found[random.integers(len(found))])
    audio = at_pace(audio, 2 ** (random.uniform(-4, 4) / 12), 2 * SAMPLE_RATE)
    return audio * np.float32(random.uniform(0.3, 0.8) / max(np.abs(audio).max(), 1e-6))


def band(stem: str, seed: int) -> synth.Sound:
    """What the instruments of this seed give for a note of the stem."""
    made = synth.band(stem, seed)

    def of(maker, *what: int):
        return maker(np.random.default_rng([seed, STEMS.index(stem), *what, 2]))

    def sound(channel: int, program: int, note: int, length: float) -> np.ndarray:
        if channel == midi.DRUM_CHANNEL:
            hit = of(functools.partial(drum, note), note)
            return made(channel, program, note, length) if hit is None else hit
        own = of(functools.partial(instrument, program), channel, program)
        return made(channel, program, note, length) if own is None else 0.3 * tone(*own, note, length)

    return sound
