"""`collect`: MIDI songs into the cache, each with the split it belongs to.

    freedoom   the D_* lumps of the freedoom and freedm WADs, human-written   train, validate
    mma        grooves of MMA's style library over random chord charts        train, validate
    openttd    the songs of openttd-openmsx, human-written                    test only

The split is by song (freedoom) and by style file (mma), from hashes: it never moves.
"""

import hashlib
import random
import re
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

from . import midi, runs

WAD_FOLDER = Path("/usr/share/games/doom")
WADS = ("freedoom1.wad", "freedoom2.wad", "freedm.wad")
MMA_LIBRARY = Path("/usr/share/mma/lib")
OPENTTD_FOLDER = Path("/usr/share/games/openttd/baseset/openmsx")
HELD_OUT_WITH_PIANO, HELD_OUT_OTHERS = 4, 10  # freedoom songs
HELD_OUT_STYLES = 8  # one MMA style file in so many
MIN_BUSY_SECONDS = 8  # a stem with fewer does not count as present


def wad_songs(path: Path):
    """Yields (lump name, bytes) of the MIDI lumps of a WAD."""
    data = path.read_bytes()
    count, directory = struct.unpack_from("<ii", data, 4)
    for index in range(count):
        offset, size, name = struct.unpack_from("<ii8s", data, directory + 16 * index)
        name = name.rstrip(b"\0").decode("ascii", "replace")
        if name.startswith("D_") and data[offset : offset + 4] == b"MThd":
            yield name, data[offset : offset + size]


def described(name: str, source: str, data: bytes) -> dict | None:
    """A song's entry in the index, or None where it has not drums, bass and one more."""
    events = midi.read(data)
    busy = {stem: len(seconds) for stem, seconds in midi.busy_seconds(events).items()}
    present = [stem for stem, seconds in busy.items() if seconds >= MIN_BUSY_SECONDS]
    if "drums" not in present or "bass" not in present or len(present) < 3:
        return None
    length = events[-1][0]
    fingerprint = midi.fingerprint(events)
    return {
        "name": name, "source": source, "seconds": round(length, 1), "busy": busy,
        "present": present, "fingerprint": fingerprint,
    }  # fmt: skip


def freedoom() -> list[tuple[dict, bytes]]:
    songs, seen = [], set()
    for wad in WADS:
        for lump, data in wad_songs(WAD_FOLDER / wad):
            entry = described(f"{wad[:-4]}-{lump[2:].lower()}", "freedoom", data)
            if entry and entry["fingerprint"] not in seen:
                seen.add(entry["fingerprint"])
                songs.append((entry, data))
    songs.sort(key=lambda song: song[0]["fingerprint"])
    left = {True: HELD_OUT_WITH_PIANO, False: HELD_OUT_OTHERS}
    for entry, _ in songs:
        has_piano = "piano" in entry["present"]
        entry["split"] = "valid" if left[has_piano] > 0 else "train"
        left[has_piano] -= 1
    return songs


def grooves() -> list[tuple[str, list[str]]]:
    """(style file, its grooves) of the MMA library."""
    found = []
    for path in sorted(MMA_LIBRARY.rglob("*.mma")):
        names = re.findall(r"^\s*DefGroove\s+(\S+)", path.read_text("latin-1"), re.M | re.I)
        if names:
            found.append((str(path.relative_to(MMA_LIBRARY)), names))
    return found


def chart(file: str, names: list[str], choice: random.Random) -> str:
    """A chord chart of 40 bars that changes the groove every eight."""
    roots = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"]
    key = choice.randrange(12)
    minor = choice.random() < 0.4
    steps = [(0, "m"), (5, "m"), (7, "7"), (3, ""), (8, ""), (10, "7"), (2, "m7b5")] if minor else [
        (0, ""), (5, ""), (7, "7"), (9, "m"), (2, "m7"), (4, "m7"), (0, "M7"), (5, "m")
    ]  # fmt: skip
    lines = [f"Tempo {choice.randrange(72, 160)}"]
    progression = [choice.choice(steps) for _ in range(8)]
    for bar in range(40):
        if bar % 8 == 0:
            lines.append(f"Groove {file}:{choice.choice(names)}")
            if choice.random() < 0.4:
                progression = [choice.choice(steps) for _ in range(8)]
        step, kind = progression[bar % 8]
        chords = roots[(key + step) % 12] + kind
        if choice.random() < 0.2:
            step, kind = choice.choice(steps)
            chords += f" / {roots[(key + step) % 12]}{kind}"
        lines.append(f"{bar + 1} {chords}")
    # Without a seed MMA plays differently every time, and the songs that are measured would be others.
    text = "\n".join(lines) + "\n"
    return f"RndSeed {zlib.crc32(text.encode())}\n{text}"


def mma(count: int, seed: int, prefix: str = "mma") -> list[tuple[dict, bytes]]:
    """`count` songs that have drums, bass and one more; three in four also piano."""
    choice, library, songs = random.Random(seed), grooves(), []
    with_piano = without = 0
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "song.mma", Path(folder) / "song.mid"
        for number in range(20 * count):
            if len(songs) == count:
                break
            if number % 100 == 99:
                print(f"mma: {len(songs)} songs of {count}", flush=True)
            file, names = choice.choice(library)
            source.write_text(chart(file, names, choice))
            target.unlink(missing_ok=True)
            command = ["mma", str(source), "-f", str(target)]
            try:
                subprocess.run(command, capture_output=True, timeout=60, check=True)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
                continue
            data = target.read_bytes()
            entry = described(f"{prefix}-{number:04}", "mma", data)
            if entry is None:
                continue
            if "piano" in entry["present"]:
                with_piano += 1
            elif without >= count // 4:
                continue
            else:
                without += 1
            digest = hashlib.sha1(file.encode()).digest()[0]
            entry.update(style=file, split="valid" if digest % HELD_OUT_STYLES == 0 else "train")
            songs.append((entry, data))
    return songs


def more_mma(count: int, seed: int) -> list[tuple[dict, bytes]]:
    """`count` further songs, less those in held-out styles: a larger training set leaves the songs that
    numbers are measured on as they are."""
    return [song for song in mma(count, seed + 1, "mma-more") if song[0]["split"] == "train"]


def openttd(folder: Path) -> list[tuple[dict, bytes]]:
    songs = []
    for path in sorted(folder.glob("*.mid")):
        entry = described(f"openttd-{path.stem}", "openttd", path.read_bytes())
        if entry:
            entry["split"] = "test"
            songs.append((entry, path.read_bytes()))
    return songs


def collect(mma_songs: int, more_mma_songs: int, seed: int, openttd_folder: Path) -> None:
    """Fills cache/songs: NAME.mid and, in run.json, the index."""
    folder = runs.cache() / "songs"
    index = folder / "run.json"
    arguments = {"mma_songs": mma_songs, "more_mma_songs": more_mma_songs, "seed": seed}
    if index.exists() and runs.read(index)["arguments"] == arguments:
        print("songs: nothing to do")
        return
    folder.mkdir(parents=True, exist_ok=True)
    songs = freedoom()
    print(f"freedoom: {len(songs)} songs")
    songs += mma(mma_songs, seed)
    print(f"with mma: {len(songs)} songs")
    songs += openttd(openttd_folder)
    songs += more_mma(more_mma_songs, seed)
    for entry, data in songs:
        (folder / f"{entry['name']}.mid").write_bytes(data)
    runs.write(index, command="collect", arguments=arguments, seed=seed, songs=[e for e, _ in songs])
    for split in ("train", "valid", "test"):
        own = [entry for entry, _ in songs if entry["split"] == split]
        piano = sum("piano" in entry["present"] for entry in own)
        print(f"{split}: {len(own)} songs, {piano} with piano")
