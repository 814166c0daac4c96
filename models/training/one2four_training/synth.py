"""A bank without samples: instruments and drum kits made at random, so that a network learns what a bass or a
drum does rather than how a few banks sound.

Two wavetables that fade into each other, or frequency modulation (Chowning 1973), under an envelope; drums
are swept sines and filtered noise. Nothing here is meant to sound like a certain instrument: a piano is
struck and fades, a bass is low and dry, everything else may be anything.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.signal

from . import STEMS, midi
from .stft import SAMPLE_RATE

TABLE = 4096
HIGHEST_HZ = 16_000
RELEASE_S = 0.15
DRUM_S = {"kick": 0.5, "snare": 0.4, "closed": 0.15, "open": 0.7, "tom": 0.6, "cymbal": 1.6, "other": 0.3}
KINDS = {
    35: "kick", 36: "kick", 37: "snare", 38: "snare", 39: "snare", 40: "snare", 42: "closed", 44: "closed",
    46: "open", **dict.fromkeys((41, 43, 45, 47, 48, 50), "tom"),
    **dict.fromkeys((49, 51, 52, 53, 55, 57, 59), "cymbal"),
}  # fmt: skip

Sound = Callable[[int, int, int, float], np.ndarray]
"""Channel, program, note and length in seconds -> [samples, 2]."""


@dataclass(frozen=True)
class Instrument:
    slope: tuple[float, float]
    """By which harmonics fall, at the start of a note and later."""
    odd: float
    """Level of the even harmonics."""
    fade_s: float
    """From the first sound to the later one."""
    modulation: tuple[float, float] | None
    """Ratio and index; None where it is made of wavetables."""
    attack_s: float
    decay_s: float
    sustain: float
    """Level after the decay; 0 where the note is struck."""
    detune: float
    """Of a second voice, in semitones."""
    vibrato: float
    """Semitones."""
    pan: float


def instrument(stem: str, random: np.random.Generator) -> Instrument:
    """Any of those that may play this stem."""
    is_struck = stem == "piano" or random.random() < {"bass": 0.6, "other": 0.4}[stem]
    slope = random.uniform(0.7, 2.5)
    modulation = None
    if random.random() < (0.6 if stem == "piano" else 0.3):
        modulation = (float(random.choice([0.5, 1, 1, 1, 2, 3, 4, 7])), random.uniform(0.3, 3.5))
    is_wide = stem == "other" and random.random() < 0.5
    return Instrument(
        slope=(slope, slope + random.uniform(0, 1.5)),
        odd=random.choice([1.0, 1.0, 0.3, 0.0]),
        fade_s=np.exp(random.uniform(np.log(0.03), np.log(0.6))),
        modulation=modulation,
        attack_s=random.uniform(0.001, 0.008) if is_struck else random.uniform(0.003, 0.08),
        decay_s=np.exp(random.uniform(np.log(0.25), np.log(2.0))),
        sustain=0.0 if is_struck else random.uniform(0.4, 1.0),
        detune=random.uniform(0.02, 0.15) if is_wide else 0.0,
        vibrato=random.uniform(0, 0.3) if stem == "other" and not is_struck else 0.0,
        pan=random.uniform(-0.6, 0.6) if stem == "other" else random.uniform(-0.2, 0.2),
    )


@functools.lru_cache(maxsize=512)
def table(slope: float, odd: float, harmonics: int) -> np.ndarray:
    """One cycle, at a level of 1."""
    number = np.arange(1, harmonics + 1)
    spectrum = np.zeros(TABLE // 2 + 1, complex)
    phases = np.random.default_rng(harmonics).uniform(0, 2 * np.pi, harmonics)
    spectrum[number] = number**-slope * np.where(number % 2 == 0, odd, 1.0) * np.exp(1j * phases)
    cycle = np.fft.irfft(spectrum)
    return (cycle / np.sqrt(np.mean(cycle**2))).astype(np.float32)


def tone(own: Instrument, note: int, seconds: float) -> np.ndarray:
    """[samples, 2] at a level of about 1, the release counted in."""
    time = np.arange(round((seconds + RELEASE_S) * SAMPLE_RATE), dtype=np.float32) / SAMPLE_RATE
    envelope = own.sustain + (1 - own.sustain) * np.exp(-time / own.decay_s)
    envelope *= np.minimum(1, time / own.attack_s) * np.clip((seconds + RELEASE_S - time) / RELEASE_S, 0, 1)
    voices = [
        voice(own, note + moved, time) for moved in ({-own.detune, own.detune} if own.detune else {0.0})
    ]
    left, right = np.sqrt((1 - own.pan) / 2), np.sqrt((1 + own.pan) / 2)
    return np.stack([left * voices[0] * envelope, right * voices[-1] * envelope], axis=1)


def voice(own: Instrument, pitch: float, time: np.ndarray) -> np.ndarray:
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    phase = hertz * time
    if own.vibrato:
        # Of a rate of 5.5 Hz; the integral of the frequency.
        depth = hertz * own.vibrato * np.log(2) / 12 / (2 * np.pi * 5.5)
        phase = phase + depth * np.sin(2 * np.pi * 5.5 * time)
    fade = np.exp(-time / own.fade_s)
    if own.modulation:
        ratio, index = own.modulation
        swing = index * (0.25 + 0.75 * fade) * np.sin(2 * np.pi * ratio * phase)
        return 1.4 * np.sin(2 * np.pi * phase + swing)
    harmonics = int(np.clip(HIGHEST_HZ / hertz, 1, 256))
    first, later = (table(slope, own.odd, harmonics) for slope in own.slope)
    index = (phase * TABLE).astype(np.int64) % TABLE
    return fade * first[index] + (1 - fade) * later[index]


def drum(note: int, random: np.random.Generator) -> np.ndarray:
    """[samples] of one hit of a drum that is made up for this note of a kit."""
    kind = KINDS.get(note, "other")
    seconds = DRUM_S[kind] * random.uniform(0.5, 1.5)
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    noise = random.standard_normal(len(time))
    fade = np.exp(-time * random.uniform(4, 8) / seconds)
    low = {"kick": (38, 65), "snare": (150, 260), "tom": (70, 220), "other": (200, 1200)}.get(kind)
    found = np.zeros(len(time))
    if low:
        end = random.uniform(*low)
        sweep = end * (1 + random.uniform(0.3, 5 if kind == "kick" else 1.0) * np.exp(-time / 0.03))
        found += np.sin(2 * np.pi * np.cumsum(sweep) / SAMPLE_RATE) * fade
    share, band = {
        "kick": (random.uniform(0, 0.2), (500, 6000)), "snare": (random.uniform(0.5, 2), (600, 12_000)),
        "tom": (random.uniform(0, 0.2), (300, 5000)), "other": (random.choice([0.0, 1.0]), (800, 10_000)),
    }.get(kind, (1.0, (random.uniform(4000, 9000), 16_000)))  # fmt: skip
    quick = {"kick": 6.0, "tom": 3.0, "snare": random.uniform(0.8, 1.5)}.get(kind, 1.0)
    band_pass = scipy.signal.butter(2, band, "bandpass", fs=SAMPLE_RATE, output="sos")
    found += share * scipy.signal.sosfilt(band_pass, noise) * fade**quick
    level = {"closed": 0.35, "open": 0.35, "cymbal": 0.3, "other": 0.4}.get(kind, 1.0)
    return (found * level / max(np.abs(found).max(), 1e-6)).astype(np.float32)


def band(stem: str, seed: int) -> Sound:
    """What the instruments of this seed give for a note of the stem."""

    def of(maker, *what: int):
        return maker(np.random.default_rng([seed, STEMS.index(stem), *what]))

    def sound(channel: int, program: int, note: int, length: float) -> np.ndarray:
        if channel == midi.DRUM_CHANNEL:
            hit = of(functools.partial(drum, note), note)
            pan = of(lambda random: random.uniform(0.35, 0.65), note, 1)
            return np.stack([hit * np.sqrt(1 - pan), hit * np.sqrt(pan)], axis=1)
        return 0.3 * tone(of(functools.partial(instrument, stem), channel, program), note, length)

    return sound


def played(events: midi.Events, sound: Sound, seconds: float) -> np.ndarray:
    """One stem's events -> [samples, 2] float32."""
    samples = round(seconds * SAMPLE_RATE)
    audio = np.zeros((samples, 2), np.float32)
    sound = functools.cache(sound)
    for start, length, level, channel, program, note in notes_of(events, seconds):
        first = round(start * SAMPLE_RATE)
        piece = sound(channel, program, note, length)[: samples - first]
        audio[first : first + len(piece)] += level * piece
    return audio


def notes_of(events: midi.Events, seconds: float) -> list[tuple[float, float, float, int, int, int]]:
    """(start, length to a sixteenth of a second, level, channel, program, note) of each."""
    programs, volumes, sounding, found = [0] * 16, [100] * 16, {}, []

    def close(key: tuple[int, int], when: float) -> None:
        start, velocity, program, volume = sounding.pop(key)
        length = max(1, round(16 * (when - start))) / 16
        level = (velocity / 127) ** 1.5 * (volume / 127) ** 2
        found.append((start, length, level, key[0], program, key[1]))

    for when, message in events:
        if message.type == "program_change":
            programs[message.channel] = message.program
        elif message.type == "control_change" and message.control == 7:
            volumes[message.channel] = message.value
        elif midi.is_start(message) or midi.is_end(message):
            key = (message.channel, message.note)
            if key in sounding:
                close(key, when)
            if midi.is_start(message) and when < seconds:
                channel = message.channel
                sounding[key] = (when, message.velocity, programs[channel], volumes[channel])
    for key in list(sounding):
        close(key, seconds)
    return found
