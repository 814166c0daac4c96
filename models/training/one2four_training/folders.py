"""A user's own songs, `song/{drums,bass,piano,other}.{wav,mp3,flac}`, as excerpts for `train`.

The mix is the sum of the stems. A `mix` file beside them is only compared with it. What is left out is said,
with the reason, and stands in run.json; files on disk are never changed.
"""

import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile

from . import STEMS, runs
from .mixes import SAMPLE_RATE
from .render import levelled, levels_db

KINDS = (".wav", ".flac", ".mp3")
MIN_RATE = 32_000  # below, the treble is missing
MIN_SECONDS = 10
LENGTH_SLACK = 1.0  # seconds by which a song's stems may differ
SILENT = 1e-4  # peak, -80 dB
VALID_SHARE = 8  # one song in so many validates, on the whole


class Refused(Exception):
    """Why a song is left out, in one sentence."""


def prepared(songs: Path, trim: float | None) -> Path:
    """The folder in the cache with the excerpts of these songs, made anew when a file has changed."""
    if not songs.is_dir():
        raise SystemExit(f"{songs} is no folder: --songs wants one with a folder per song")
    songs = songs.resolve()
    found = [path for folder in folders_in(songs) for name in (*STEMS, "mix") if (path := find(folder, name))]
    files = [(str(path.relative_to(songs)), path.stat().st_size, path.stat().st_mtime_ns) for path in found]
    digest = hashlib.sha1(f"{trim} {files!a}".encode()).hexdigest()[:10]
    target = runs.cache() / "songs-of" / f"{songs.name}-{digest}"
    if (target / "run.json").exists():
        for name, reason in runs.read(target / "run.json")["left_out"].items():
            print(f"{name} is left out: {reason}")
    else:
        target.mkdir(parents=True, exist_ok=True)
        _prepare(songs, trim, target)
    return target


def folders_in(songs: Path) -> list[Path]:
    """A folder per song, without those that systems hide."""
    return sorted(path for path in songs.iterdir() if path.is_dir() and path.name[0] not in "._")


def is_text(name: str) -> bool:
    """Whether a file's name is UTF-8; Python makes characters of others that cannot be written."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _prepare(songs: Path, trim: float | None, target: Path) -> None:
    excerpts, left_out = [], {}
    for folder in folders_in(songs):
        try:
            if not is_text(folder.name):
                raise Refused("its name is no text in UTF-8: rename it")
            excerpt = prepared_before(target, folder.name) or prepare_one(folder, trim, target)
        except (Refused, PermissionError) as reason:
            name = os.fsencode(folder.name).decode(errors="replace")
            left_out[name] = str(reason)
            print(f"{name} is left out: {reason}")
            continue
        for note in excerpt["notes"]:
            print(f"{folder.name}: {note}")
        excerpts.append(excerpt)
    if len(excerpts) < 2:
        raise SystemExit(
            f"{songs} has {len(excerpts)} usable songs, and two are needed, to train and to validate: looked"
            f" for {songs}/SONG/drums.wav, bass.wav, piano.wav and other.wav (or .flac, .mp3)"
        )
    split(excerpts)
    runs.write(
        target / "run.json", command="train", arguments={"trim": trim}, excerpts=excerpts, left_out=left_out
    )
    print(f"{len(excerpts)} songs, {len(left_out)} left out")


def prepare_one(folder: Path, trim: float | None, target: Path) -> dict:
    """Stores a song and its entry."""
    stems, notes = read_song(folder, trim)
    stems = levelled(stems)
    store(target / f"{folder.name}.npy", np.round(stems * 32767).astype(np.int16))
    excerpt = {"name": folder.name, "levels_db": levels_db(stems), "notes": notes}
    runs.write(entry_file(target, folder.name), **excerpt)
    return excerpt


def prepared_before(target: Path, song: str) -> dict | None:
    """The entry of a song that was stored before an interrupt. With other files the folder has another
    name."""
    file = entry_file(target, song)
    return runs.read(file) if file.exists() else None


def entry_file(target: Path, song: str) -> Path:
    return target / f"{song}.song.json"


def split(excerpts: list[dict]) -> list[dict]:
    """Says of each whether it trains or validates: by its name alone, so that a song stays on its side
    whatever songs come or go. Where one side is empty, the song that is the nearest to it changes over."""
    ordered = sorted(excerpts, key=lambda excerpt: _place(excerpt["name"]))
    for excerpt in ordered:
        excerpt["split"] = "valid" if _place(excerpt["name"]) < 1 / VALID_SHARE else "train"
    ordered[0]["split"], ordered[-1]["split"] = "valid", "train"
    return excerpts


def _place(name: str) -> float:
    """0 to 1, as good as at random, the same for the same name."""
    return int.from_bytes(hashlib.sha1(name.encode()).digest()[:8]) / 2**64


def store(file: Path, stems: np.ndarray) -> None:
    """Whole or not there, also where several processes prepare the same songs."""
    partial = file.with_suffix(f".{os.getpid()}.partial.npy")
    try:
        np.save(partial, stems)
        partial.replace(file)
    except OSError as error:
        free, needed = (size // 2**20 for size in (shutil.disk_usage(file.parent).free, stems.nbytes))
        raise SystemExit(
            f"{file} cannot be written: it takes {needed} MiB, and {free} are free ({error}): make room, or"
            " set ONE2FOUR_CACHE to another disk, and give the same command again"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def read_song(folder: Path, trim: float | None) -> tuple[np.ndarray, list[str]]:
    """-> [4, samples, 2] float32 at 44.1 kHz and what is worth knowing, or raises Refused."""
    notes: list[str] = []
    stems = [read_stem(folder, stem, notes) for stem in STEMS]
    lengths = [len(stem) for stem in stems]
    if max(lengths) - min(lengths) > LENGTH_SLACK * SAMPLE_RATE:
        seconds = ", ".join(f"{length / SAMPLE_RATE:.1f}" for length in lengths)
        raise Refused(f"its stems are of different lengths ({seconds} s)")
    samples = min(lengths)
    if samples < MIN_SECONDS * SAMPLE_RATE:
        raise Refused(f"it is {samples / SAMPLE_RATE:.1f} s long, less than {MIN_SECONDS}")
    if trim:
        samples = min(samples, round(trim * SAMPLE_RATE))
    song = np.stack([stem[:samples] for stem in stems])
    silent = [name for name, stem in zip(STEMS, song, strict=True) if np.abs(stem).max() < SILENT]
    if len(silent) == len(STEMS):
        raise Refused("all its stems are silent")
    notes += [f"{name} is silent: the song teaches only its absence" for name in silent]
    mix = find(folder, "mix")
    if mix is not None:
        try:
            notes += compared(song, read_stem(folder, "mix", [])[:samples])
        except Refused as reason:
            notes.append(f"{reason}: the sum of the stems is used")
    return song, notes


def find(folder: Path, stem: str) -> Path | None:
    """A stem's file, whatever the case of its name; the first of KINDS where there are several."""
    if not os.access(folder, os.R_OK | os.X_OK):
        return None
    found = {path.name.lower(): path for path in folder.iterdir() if path.is_file()}
    return next((found[stem + kind] for kind in KINDS if stem + kind in found), None)


def read_stem(folder: Path, stem: str, notes: list[str]) -> np.ndarray:
    """-> [samples, 2] float32 at 44.1 kHz."""
    path = find(folder, stem)
    if path is None:
        kinds = ", ".join(f"{stem}{kind}" for kind in KINDS)
        raise Refused(f"it has no {stem} (looked for {kinds})")
    try:
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:  # it says of what is no audio that there is no file
        raise Refused(
            f"{path.name} cannot be read: it is damaged, or no {path.suffix[1:].lower()} file"
        ) from error
    except OSError as error:
        raise Refused(f"{path.name} cannot be read ({error})") from error
    if not np.isfinite(audio).all():
        raise Refused(f"{path.name} has samples that are not numbers")
    if rate < MIN_RATE:
        raise Refused(f"{path.name} is at {rate} Hz, and under {MIN_RATE} the treble is missing")
    if audio.shape[1] > 2:
        raise Refused(f"{path.name} has {audio.shape[1]} channels, not one or two")
    if audio.shape[1] == 1:
        notes.append(f"{path.name} is mono: taken as the centre")
        audio = np.repeat(audio, 2, axis=1)
    if rate != SAMPLE_RATE:
        step = np.gcd(rate, SAMPLE_RATE)
        audio = scipy.signal.resample_poly(audio, SAMPLE_RATE // step, rate // step, axis=0)
    return audio.astype(np.float32)


def compared(song: np.ndarray, mix: np.ndarray) -> list[str]:
    """A note where a song's mix file is not the sum of its stems."""
    total = song.sum(0)[: len(mix)]
    off_db = 10 * np.log10((np.mean((mix - total) ** 2) + 1e-12) / (np.mean(mix**2) + 1e-12))
    return [f"its mix differs from the sum of its stems by {off_db:.0f} dB: the sum is used"] * bool(
        off_db > -30
    )
