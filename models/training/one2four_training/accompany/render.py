"""`render --network accompany`: each song's solo as audio, what is heard of it, and its score.

One file per song, cache/accompany/heard/NAME.npz: `features` [cells, FEATURES], `plan` [beats] (chords) and
the arrays of `score.targets`; for songs that are held out also those of MMA's second take, `again_...`, and
`struck` [beats, 12], the pitch classes that the solo strikes. The audio itself is not kept.
"""

import time
import zlib
from pathlib import Path

import mido
import numpy as np

from .. import effects, midi, render, runs
from . import chords, features, folder, grid, nothing, score, solo
from .songs import TEMPO

BPM = (60, 200)
BANKS, BANK_WEIGHTS = ("fluid", "gmbank", "musescore"), (0.55, 0.4, 0.05)
RECORDED_SHARE, DETUNED_CENTS, TAIL_S = 0.4, 15, 0.5
SOLO_CHANNEL = 0
NOTHING = {"train": 20, "valid": 2, "test": 2}  # sounds of each kind without chords


def events(notes: np.ndarray, bpm: float, channel: int = SOLO_CHANNEL) -> list[tuple[float, mido.Message]]:
    found = [(0.0, mido.Message("program_change", channel=channel, program=int(notes["program"][0])))]
    for note in notes:
        pitch = int(np.clip(note["pitch"], 0, 127))
        start, end = (float(note[side]) * 60 / bpm for side in ("start", "end"))
        velocity = int(note["velocity"])
        found.append((start, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)))
        found.append((end, mido.Message("note_off", channel=channel, note=pitch)))
    return sorted(found, key=lambda event: (event[0], event[1].type == "note_on"))


def tempo(random: np.random.Generator) -> float:
    """Log-normal about 112, every tenth song anywhere within BPM."""
    if random.random() < 0.1:
        return float(np.exp(random.uniform(*np.log(BPM))))
    return float(np.clip(np.exp(random.normal(np.log(112), 0.27)), *BPM))


def seed_of(name: str, seed: int) -> int:
    return zlib.crc32(f"{seed} {name}".encode())


def render_one(task: tuple[dict, int]) -> dict:
    """Writes a song's file; -> its entry in the index."""
    entry, seed = task
    name = entry["name"]
    target = folder() / "heard" / f"{name}.npz"
    random = np.random.default_rng(seed_of(name, seed))
    bpm = tempo(random)
    bank = str(random.choice(BANKS, p=BANK_WEIGHTS))
    kept = ("name", "split", "style", "beats_per_bar", "unit", "key", "fills")
    done = {**{field: entry[field] for field in kept}, "bpm": round(bpm, 2), "bank": bank}
    if "nothing" in entry:
        done["bank"] = entry["nothing"]
    if target.exists():
        return done
    if "nothing" in entry:
        put(target, nothing_heard(entry["nothing"], bpm, bank, random))
        return done
    notes = score.read((folder() / "songs" / f"{name}.mid").read_bytes(), entry["unit"])
    plan = np.array(entry["chords"], np.uint8)
    arrays = dict(score.targets(notes, plan))
    again = folder() / "songs" / f"{name}.again.mid"
    if again.exists():
        second = score.targets(score.read(again.read_bytes(), entry["unit"]), plan)
        arrays |= {f"again_{part}": values for part, values in second.items()}
    alone = solo.of(notes, plan, entry["beats_per_bar"], random)
    if entry["split"] != "train":
        arrays["struck"] = solo.struck(alone, len(plan))
    arrays["features"] = heard(alone, len(plan), bpm, bank, random).astype(np.float16)
    put(target, {"plan": plan, **arrays})
    return done


def put(target: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes a song's file in one step: what is there is whole."""
    partial = target.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez_compressed(file, **arrays)
    partial.replace(target)


def nothing_heard(kind: str, bpm: float, bank: str, random: np.random.Generator) -> dict[str, np.ndarray]:
    """The file of a sound without chords, and without a band."""
    if kind == "drums":
        audio = audio_of(nothing.drum_notes(random), nothing.BEATS, bpm, bank, midi.DRUM_CHANNEL)
    elif kind == "random notes":
        audio = audio_of(nothing.random_notes(random), nothing.BEATS, bpm, bank)
    else:
        audio = nothing.sound(kind, nothing.BEATS * 60 / bpm + TAIL_S, random)
    plan = np.full(nothing.BEATS, chords.NO_CHORD, np.uint8)
    found = features.heard(audio, bpm / 60, nothing.BEATS * grid.CELLS)
    return {
        "plan": plan, "features": found.astype(np.float16),
        **score.targets(np.zeros(0, score.NOTE), plan),
    }  # fmt: skip


def heard(notes: np.ndarray, beats: int, bpm: float, bank: str, random: np.random.Generator) -> np.ndarray:
    """[beats * CELLS, FEATURES] of the notes played by a bank at a tempo."""
    audio = audio_of(notes, beats, bpm, bank)
    if random.random() < RECORDED_SHARE:
        audio = effects.recorded(audio, random)
    cents = float(random.normal(0, DETUNED_CENTS))
    return features.heard(audio, bpm / 60, beats * grid.CELLS, cents)


def audio_of(notes: np.ndarray, beats: int, bpm: float, bank: str, channel: int = SOLO_CHANNEL) -> np.ndarray:
    """[samples, 2] float32, its loudest sample at half of full scale."""
    seconds = beats * 60 / bpm + TAIL_S
    audio = render.fluidsynth(events(notes, bpm, channel), render.BANKS[bank], seconds)
    return audio * np.float32(0.5 / max(np.abs(audio).max(), 1e-6))


def render_songs(seed: int, jobs: int, minutes: float) -> None:
    """What is missing of the songs, for so many minutes; those that are held out first."""
    until = time.time() + 60 * minutes
    songs = runs.read(folder() / "songs" / "run.json")["songs"]
    songs += [e for split, count in NOTHING.items() for e in nothing.entries(count, split)]
    target = folder() / "heard"
    target.mkdir(parents=True, exist_ok=True)
    index = target / "run.json"
    if index.exists() and runs.read(index)["seed"] != seed:
        raise SystemExit(f"{target} was rendered with another seed: move it away, or set ONE2FOUR_CACHE")
    np.random.default_rng(seed).shuffle(songs)  # so that any part of it is a fair sample
    songs.sort(key=lambda entry: entry["split"] == "train")
    done: list[dict] = []

    def write() -> None:
        runs.write(
            index, command="render", arguments={"seed": seed, "minutes": minutes}, seed=seed,
            tempo_of_the_songs=TEMPO, songs=sorted(done, key=lambda entry: entry["name"]),
        )  # fmt: skip

    render.check_banks(set(BANKS))
    tasks = [(entry, seed) for entry in songs]
    for number, entry in enumerate(runs.in_processes(render_one, tasks, jobs), 1):
        done.append(entry)
        if number % 20 == 0 or number == len(songs):
            write()
            print(f"rendered {number}/{len(songs)}", flush=True)
        if time.time() > until:
            break
    write()
    print(f"{len(done)} of {len(songs)} songs are heard")
