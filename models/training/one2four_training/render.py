"""`render`: excerpts of the songs as four stems of audio, by fluidsynth, `synth` and `sampled`.

Each excerpt is one file, cache/audio/NAME.npy, int16 [4 stems, samples, 2 channels] at 44.1 kHz; the
mix is the sum of its stems. cache/audio/run.json lists them, with each stem's level per second.
"""

import random
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.signal

from . import STEMS, effects, midi, runs, sampled, sf3, synth
from .stft import SAMPLE_RATE

METHOD = 2  # another one where an excerpt of the same seed sounds otherwise: all are rendered anew

BANKS = {
    "fluid": Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    "gmbank": Path("/usr/share/sounds/sf2/sf_GMbank.sf2"),
    "musescore": Path("/usr/share/sounds/sf3/MuseScore_General_Lite.sf3"),
    "opl3": Path("/usr/share/sounds/sf2/OPL-3_FM_128M.sf2"),
}
TRAIN_BANKS = ("fluid", "gmbank", "musescore")
TRAIN_BANK_WEIGHTS = (0.52, 0.45, 0.03)  # musescore takes eight seconds to load
MORE_OF = "musescore"  # so that it is heard as often as the others, in excerpts besides
MORE_SHARE = {"freedoom": 2.0, "mma": 0.1}  # of them, for each training song
MADE_BANK = "made"  # at random, by `synth`
MADE_SHARE = {"freedoom": 1.0, "mma": 0.25}  # of the training songs, one excerpt more
SAMPLED_BANK = "sampled"  # recorded instruments, by `sampled`
SAMPLED_SHARE = {"freedoom": 4.0, "mma": 0.4}
PLAIN_SHARE = {"freedoom": 12.0, "mma": 1.5}  # of excerpts as the banks give them, for each training song
EXCERPT_SECONDS = 30
MMA_SECONDS = 15  # of a training song made by MMA, which repeats itself: as much audio comes of more songs
FREEDOOM_TAKES = 5  # excerpts of a training song written by hand
SIZED_CHANCE = 0.6  # of a stem
OWN_BANDS = {MADE_BANK: synth.band, SAMPLED_BANK: sampled.band}
PEAK = 0.9
# Some samples of the banks carry a constant offset, as loud as the music around them.
RUMBLE_FILTER = scipy.signal.butter(2, 20, "highpass", fs=SAMPLE_RATE, output="sos")


def fluidsynth(
    events: midi.Events, bank: Path, seconds: float, size: int = 0, whole: bool = False
) -> np.ndarray:
    """-> [samples, 2] float32. Unless the `whole` bank is loaded first, which takes longer, only the samples
    that are played are; then the audio is a little other: in a clip that was compared by -82 dB, its drums
    by -30.

    fluidsynth goes on for ever while a note hangs, so the audio is read
    from a pipe and the program ended once there is enough.

    With a `size` the instruments are so many semitones smaller than the bank has them, at the same pitch:
    played as much lower and slower, at a lower rate, and heard at the usual one."""
    if bank.suffix == ".sf3" and not whole:
        bank = sf3.plain(bank, runs.cache() / f"{bank.stem}.sf2")
    samples = round(seconds * SAMPLE_RATE)
    factor = 2 ** (size / 12)
    events, rate = midi.transposed(events, -size, 1 / factor), round(SAMPLE_RATE / factor)
    if not any(midi.is_start(message) for _, message in events):
        return np.zeros((samples, 2), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.mid"
        midi.write(events, song)
        command = ["fluidsynth", "-q", "-n", "-i", "-r", str(rate), "-g", "0.4"]
        command += [] if whole else ["-o", "synth.dynamic-sample-loading=1"]  # a bank has 140 MB
        command += ["-T", "raw", "-O", "float", "-E", "little", "-F", "/dev/stdout", str(bank), str(song)]
        log = Path(folder) / "log"
        with log.open("wb") as errors:
            synth = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        try:
            data = synth.stdout.read(samples * 8)
            failed = len(data) < samples * 8 and synth.wait() != 0
        finally:
            synth.kill()
            synth.wait()
        said = log.read_text(errors="replace")
        if failed or "Failed to load" in said:  # it would play another bank, or nothing
            raise SystemExit(
                f"fluidsynth could not play {bank} (status {synth.returncode}): {said.strip()[-300:]}"
            )
    audio = np.zeros((samples, 2), np.float32)
    got = np.frombuffer(data[: len(data) // 8 * 8], "<f4").reshape(-1, 2)
    audio[: len(got)] = got
    return audio


def stems_of(
    events: midi.Events, bank: Path, start: float, seconds: float, sizes: tuple[int, ...] = (0,) * len(STEMS),
    whole: bool = False,
) -> np.ndarray:  # fmt: skip
    """-> [4, samples, 2] float32, by fluidsynth."""
    cut = midi.split(midi.window(events, start, seconds))
    stems = np.stack(
        [fluidsynth(cut[stem], bank, seconds, size, whole) for stem, size in zip(STEMS, sizes, strict=True)]
    )
    return scipy.signal.sosfilt(RUMBLE_FILTER, stems, axis=1).astype(np.float32)


def own_stems(events: midi.Events, excerpt: dict, start: float) -> np.ndarray:
    """-> [4, samples, 2] float32, by instruments of this excerpt's own."""
    cut = midi.split(midi.window(events, start, excerpt["seconds"]))
    band = OWN_BANDS[excerpt["bank"]]
    return np.stack([synth.played(cut[s], band(s, excerpt["seed"]), excerpt["seconds"]) for s in STEMS])


def levelled(stems: np.ndarray) -> np.ndarray:
    """The loudest peak of the mix and of the stems at PEAK."""
    return stems * np.float32(PEAK / max(np.abs(stems.sum(0)).max(), np.abs(stems).max(), 1e-6))


def varied(events: midi.Events, excerpt: dict) -> midi.Events:
    """A training song as this excerpt has it: other instruments but in a song's first excerpt, another
    key, another tempo."""
    choice = random.Random(excerpt["seed"])
    if excerpt["take"] > 0 or choice.random() < 0.5:
        events = midi.revoiced(events, excerpt["seed"])
    return midi.transposed(events, choice.randint(-4, 4), choice.uniform(0.85, 1.18))


def sizes(excerpt: dict) -> tuple[int, ...]:
    """Of each stem's instruments, in a training excerpt: there are few banks, and this makes more of them."""
    choice = random.Random(excerpt["seed"] + 1)
    return tuple(choice.randint(-4, 4) if choice.random() < SIZED_CHANCE else 0 for _ in STEMS)


def recorded(stems: np.ndarray, excerpt: dict) -> np.ndarray:
    """The stems of a training excerpt through their effects."""
    chance = np.random.default_rng(excerpt["seed"])
    stems = np.stack([effects.recorded(stem, chance) for stem in stems])
    if chance.random() < effects.CODED_CHANCE:
        stems = np.stack([effects.coded(stem, chance) for stem in stems])
    return stems


def best_starts(events: midi.Events, seconds: int) -> list[int]:
    """Seconds at which an excerpt may start: those with the most stems at work, best first."""
    busy = midi.busy_seconds(events)
    last = max(0, int(events[-1][0]) - seconds)

    def score(start: int) -> float:
        within = range(start, start + seconds)
        return sum(sum(second in own for second in within) ** 0.5 for own in busy.values())

    return sorted(range(0, last + 1, 5), key=score, reverse=True)


def excerpts(songs: list[dict], seed: int) -> list[dict]:
    """What is to be rendered: one entry per file."""
    plan = []
    for number, song in enumerate(songs):
        choice = random.Random(f"{seed} {song['name']}")
        if song["split"] == "train":
            takes = FREEDOOM_TAKES if song["source"] == "freedoom" else 1
            banks = choice.choices(TRAIN_BANKS, TRAIN_BANK_WEIGHTS, k=takes)
            if random.Random(f"{seed} {song['name']} {MADE_BANK}").random() < MADE_SHARE[song["source"]]:
                banks.append(MADE_BANK)
            more = MORE_SHARE[song["source"]]
            lucky = random.Random(f"{seed} {song['name']} {MORE_OF}").random() < more % 1
            banks += [MORE_OF] * (int(more) + lucky)
            wanted = SAMPLED_SHARE[song["source"]]
            lucky = random.Random(f"{seed} {song['name']} {SAMPLED_BANK}").random() < wanted % 1
            banks += [SAMPLED_BANK] * (int(wanted) + lucky)
            seconds = MMA_SECONDS if song["source"] == "mma" else EXCERPT_SECONDS
        else:
            seconds = EXCERPT_SECONDS
            banks = ["opl3"] if song["split"] == "test" else [TRAIN_BANKS[number % 3]]
        for take, bank in enumerate(banks):
            plan.append({
                "name": f"{song['name']}.{take}", "song": song["name"], "source": song["source"],
                "split": song["split"], "bank": bank, "take": take, "seed": choice.randrange(2**31),
                "seconds": seconds, "plain": song["split"] != "train", "method": METHOD,
            })  # fmt: skip
        if song["split"] == "train":
            plan += plain_excerpts(song, seconds, seed)
    return plan


def plain_excerpts(song: dict, seconds: int, seed: int) -> list[dict]:
    """Of a training song, by the banks alone."""
    choice = random.Random(f"{seed} {song['name']} plain")
    wanted = PLAIN_SHARE[song["source"]]
    return [
        {
            "name": f"{song['name']}.plain{take}", "song": song["name"], "source": song["source"],
            "split": song["split"], "bank": choice.choice(TRAIN_BANKS), "take": take,
            "seed": choice.randrange(2**31), "seconds": seconds, "plain": True, "method": METHOD,
        }
        for take in range(int(wanted) + (choice.random() < wanted % 1))
    ]  # fmt: skip


def levels_db(stems: np.ndarray) -> list[list[int]]:
    """[4, samples, 2] -> for each stem its RMS level in each whole second, dB below full scale."""
    seconds = stems.shape[1] // SAMPLE_RATE
    cut = stems[:, : seconds * SAMPLE_RATE].reshape(len(stems), seconds, -1)
    return np.maximum(-120, 10 * np.log10(np.mean(cut**2, axis=-1) + 1e-12)).round().astype(int).tolist()


def render_one(excerpt: dict) -> dict:
    """Writes one excerpt and returns its entry, with the levels."""
    if made := rendered(excerpt):
        return made
    target = runs.cache() / "audio" / f"{excerpt['name']}.npy"
    events = midi.read((runs.cache() / "songs" / f"{excerpt['song']}.mid").read_bytes())
    trains = excerpt["split"] == "train"
    if trains:
        events = varied(events, excerpt)
    starts = best_starts(events, excerpt["seconds"])
    start = starts[excerpt["take"] % (len(starts) // 2 + 1)]  # the worse half is silence, often
    if excerpt["bank"] in OWN_BANDS:
        stems = own_stems(events, excerpt, start)
    else:
        own_sizes = (0,) * len(STEMS) if excerpt["plain"] else sizes(excerpt)
        # What is measured stays what it was: with whole banks.
        stems = stems_of(
            events, BANKS[excerpt["bank"]], start, excerpt["seconds"], own_sizes, whole=not trains
        )
    stems = levelled(stems if excerpt["plain"] else recorded(stems, excerpt))
    np.save(target, np.clip(np.round(stems * 32767), -32768, 32767).astype(np.int16))
    done = {**excerpt, "start": start, "levels_db": levels_db(stems)}
    runs.write(target.with_suffix(".json"), **done)
    return done


def rendered(excerpt: dict) -> dict | None:
    """The entry of an excerpt that was rendered before, and so."""
    entry = runs.cache() / "audio" / f"{excerpt['name']}.json"
    found = runs.read(entry) if entry.exists() else None
    if found and found["seed"] != excerpt["seed"]:
        raise SystemExit(
            f"{entry.parent} was rendered with another seed: move it away, or set ONE2FOUR_CACHE"
        )
    is_same = found and all(found.get(key) == excerpt[key] for key in ("bank", "method"))
    return found if is_same else None


def check_banks(wanted: set[str]) -> None:
    """fluidsynth plays another bank where there is none."""
    missing = [str(path) for name, path in BANKS.items() if name in wanted and not path.exists()]
    if SAMPLED_BANK in wanted:
        missing += sampled.missing()
    if missing:
        raise SystemExit(
            f"sound banks are missing: {', '.join(missing)}; models/README.md says where they come from"
        )


def render(seed: int, jobs: int, minutes: float) -> None:
    """Renders what is missing of the plan, for so many minutes; the held-out excerpts first."""
    until = time.time() + 60 * minutes
    songs = runs.read(runs.cache() / "songs" / "run.json")["songs"]
    folder = runs.cache() / "audio"
    folder.mkdir(parents=True, exist_ok=True)
    plan = excerpts(songs, seed)
    random.Random(seed).shuffle(plan)  # so that any part of it is a fair sample
    plan.sort(key=lambda excerpt: excerpt["split"] == "train")
    done = [entry for excerpt in plan if (entry := rendered(excerpt))]
    before = {entry["name"] for entry in done}
    plan = [excerpt for excerpt in plan if excerpt["name"] not in before]
    check_banks({excerpt["bank"] for excerpt in plan})
    left = len(plan)
    try:
        for entry in runs.in_processes(render_one, plan, jobs):
            done.append(entry)
            left -= 1
            if left % 10 == 0:
                print(f"rendered {len(done)}/{len(done) + left}", flush=True)
            if time.time() > until:
                break
    finally:  # an interrupt keeps what is done
        done.sort(key=lambda entry: entry["name"])
        arguments = {"seed": seed, "minutes": minutes}
        runs.write(folder / "run.json", command="render", arguments=arguments, seed=seed, excerpts=done)
    for split in ("train", "valid", "test"):
        lasts = sum(entry["seconds"] for entry in done if entry["split"] == split) / 60
        print(f"{split}: {lasts:.0f} minutes")
    if left:
        print(f"{left} excerpts are left: run it again for more")
