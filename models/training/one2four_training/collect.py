"""`collect`: MIDI songs into the cache, each with the split it belongs to.

    freedoom   the D_* lumps of the freedoom and freedm WADs, human-written   train, validate
    mma        grooves of MMA's style library over random chord charts        train, validate
    openttd    the songs of openttd-openmsx, human-written                    test only

The split is by style file (mma) and by song (freedoom), from hashes: the same whenever it is made.
"""

import hashlib
import random
import re
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from . import midi, runs, sampled

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
    if not found:
        raise SystemExit(
            f"there are no grooves in {MMA_LIBRARY}: install MMA (models/README.md says what else)"
        )
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


def mma(
    count: int, seed: int, prefix: str, known: dict[str, dict | None], trains_only: bool = False
) -> Iterator[tuple[str, dict | None, bytes]]:
    """(name, entry, MIDI) of every try until `count` songs have drums, bass and one more; three in four also
    piano. The entry of a try that came to nothing is None. What is `known` is not made again, and has no
    MIDI here. With `trains_only` held-out styles are passed over."""
    choice, library = random.Random(seed), grooves()
    with_piano = without = 0
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "song.mma", Path(folder) / "song.mid"
        for number in range(20 * count):
            if with_piano + without == count:
                break
            name = f"{prefix}-{number:04}"
            file, names = choice.choice(library)
            text = chart(file, names, choice)
            split = "valid" if hashlib.sha1(file.encode()).digest()[0] % HELD_OUT_STYLES == 0 else "train"
            if trains_only and split != "train":
                continue
            if name in known:
                entry, data = known[name], b""
            else:
                source.write_text(text)
                target.unlink(missing_ok=True)
                data = compiled(source, target)
                entry = described(name, "mma", data) if data else None
            if entry and "piano" not in entry["present"] and without >= count // 4:
                entry = None
            if entry:
                has_piano = "piano" in entry["present"]
                with_piano, without = with_piano + has_piano, without + (not has_piano)
                entry.update(style=file, split=split)
            yield name, entry, data


def compiled(source: Path, target: Path) -> bytes:
    """What MMA makes of a chart; nothing where it refuses the groove."""
    try:
        command = ["mma", str(source), "-f", str(target)]
        subprocess.run(command, capture_output=True, timeout=60, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return b""
    return target.read_bytes()


def openttd(folder: Path) -> list[tuple[dict, bytes]]:
    songs = []
    for path in sorted(folder.glob("*.mid")):
        entry = described(f"openttd-{path.stem}", "openttd", path.read_bytes())
        if entry:
            entry["split"] = "test"
            songs.append((entry, path.read_bytes()))
    return songs


def collect(mma_songs: int, more_mma_songs: int, seed: int, openttd_folder: Path) -> None:
    """Fills cache/songs: NAME.mid and, in run.json, the index; and cache/samples, what `sampled` plays. Goes
    on where it was stopped."""
    sampled.fetch()
    folder = runs.cache() / "songs"
    index = folder / "run.json"
    folder.mkdir(parents=True, exist_ok=True)
    kept = runs.read(index) if index.exists() else {}
    arguments = {"mma_songs": mma_songs, "more_mma_songs": more_mma_songs, "seed": seed}
    is_same = kept.get("arguments") == arguments
    has_tests = any(entry["source"] == "openttd" for entry in kept.get("songs", []))
    if is_same and kept.get("done") and (has_tests or not openttd_folder.is_dir()):
        print("songs: nothing to do")
        return
    if kept.get("arguments", {}).get("seed", seed) != seed:
        raise SystemExit(f"{folder} has songs of another seed: move it away, or set ONE2FOUR_CACHE")
    known: dict[str, dict | None] = {entry["name"]: entry for entry in kept.get("songs", [])}
    if is_same:
        known |= dict.fromkeys(kept.get("refused", []))
    songs: list[dict] = []
    refused: list[str] = []

    def write(done: bool) -> None:
        runs.write(
            index, command="collect", arguments=arguments, seed=seed, done=done, songs=songs, refused=refused
        )  # fmt: skip

    def add(name: str, entry: dict | None, data: bytes) -> None:
        if entry is None:
            refused.append(name)
            return
        if data:
            (folder / f"{name}.mid").write_bytes(data)
        songs.append(entry)

    # In this order: a held-out song's place in the index chooses its bank.
    for entry, data in freedoom():
        add(entry["name"], entry, data)
    for name, entry, data in mma(mma_songs, seed, "mma", known):
        add(name, entry, data)
    tests = openttd(openttd_folder)
    for entry, data in tests:
        add(entry["name"], entry, data)
    if not tests:
        print(f"{openttd_folder} has no songs: `evaluate` will lack the test set")
    # A larger training set leaves the songs that numbers are measured on as they are.
    more = mma(more_mma_songs, seed + 1, "mma-more", known, trains_only=True)
    for number, (name, entry, data) in enumerate(more, 1):
        add(name, entry, data)
        if data and number % 50 == 0:
            write(done=False)
            print(f"mma: {len(songs)} songs after {number} tries", flush=True)
    write(done=True)
    for split in ("train", "valid", "test"):
        own = [entry for entry in songs if entry["split"] == split]
        piano = sum("piano" in entry["present"] for entry in own)
        print(f"{split}: {len(own)} songs, {piano} with piano")
