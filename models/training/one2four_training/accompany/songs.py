"""`collect --network accompany`: chord charts, and the songs MMA makes of them.

A song has a chart (a chord for each beat, where fills are, the key), a style, and what MMA plays to it:
NAME.mid; and for songs that are held out NAME.again.mid, the same chart with another seed of MMA's. The
index is run.json.

    train     songs in the named styles, in the other style files of MMA, and written by hand (`arranged.py`)
    valid     new songs in the named styles and written by hand: checkpoint; thresholds by the former
    test      new songs in the named styles
    arranged  other songs written by hand
    unseen    songs in style files that no training song uses
"""

import hashlib
import random
import re
import subprocess
import tempfile
from pathlib import Path

from .. import collect, runs
from . import arranged, folder, score
from .chords import NAMES, number

STYLES = {
    "8beat": "8 Beat", "basicrock": "Rock", "softrock": "Soft Rock", "rockballad": "Rock Ballad",
    "popballad": "Pop Ballad", "pianoballad": "Piano Ballad", "folkrock": "Folk Rock", "twist": "Twist",
    "rb": "R&B", "dsoul": "Soul", "bvfunk": "Funk", "boneym": "Disco", "trance": "Trance", "ska": "Ska",
    "shuffleboggie": "Shuffle", "blues128": "Slow Blues", "countryswing": "Country", "swing": "Swing",
    "modernjazz": "Jazz", "bossanova": "Bossa Nova", "samba": "Samba", "salsa": "Salsa", "chacha": "Cha Cha",
    "tango": "Tango", "waltz": "Waltz", "jazzwaltz": "Jazz Waltz", "68swing": "6/8 Swing",
    "jazz-54": "Jazz 5/4",
}  # fmt: skip
"""The pack's list: MMA's style file, and its name for people."""
PRIORS = {"8beat": 96.0, "waltz": 48.0}
"""Logits by which a plain style is likelier than the others before anything is heard: a solo tells little of
its style, and a plain one is the smaller mistake."""

BARS, SECTION = 24, 8
HELD_OUT_STYLES = 8  # one style file in so many, of those that are not named
TEMPO = 120  # of the MIDI files; the tempo of a song is chosen when it is rendered
TWO_CHORDS, FILL, OTHER_GROOVE = 0.25, 0.6, 0.4  # chances
MAJOR = [
    (0, ""), (0, "M7"), (5, ""), (5, "M7"), (7, ""), (7, "7"), (9, "m"), (9, "m7"), (2, "m"), (2, "m7"),
    (4, "m"), (4, "m7"), (5, "m"), (10, ""), (2, "7"), (9, "7"), (7, "sus4"), (11, "m7b5"),
]  # fmt: skip
MINOR = [
    (0, "m"), (0, "m7"), (5, "m"), (5, "m7"), (7, "7"), (7, "m"), (3, ""), (3, "M7"), (8, ""), (8, "M7"),
    (10, ""), (10, "7"), (2, "m7b5"), (7, "sus4"),
]  # fmt: skip


def library() -> dict[str, dict]:
    """Style file -> its grooves, those that are fills, its metre: MMA's beats per bar, and whether three of
    them are one beat."""
    found = {}
    for file, names in collect.grooves():
        text = (collect.MMA_LIBRARY / file).read_text("latin-1")
        main = [n for n in names if not re.search("intro|end|fill", n, re.I)]
        times = {int(t) for t in re.findall(r"^\s*Time\s+(\d+)", text, re.M | re.I)}
        if not main or len(times) > 1 or times & {1, 2}:
            continue
        beats = times.pop() if times else 4
        found[file] = {
            "main": main, "fills": [n for n in names if re.search("fill", n, re.I)],
            "beats": beats, "compound": beats == 6,
        }  # fmt: skip
    return found


def style_of(file: str) -> str | None:
    """The named style of a file of MMA's standard library."""
    path = Path(file)
    return path.stem if path.parts[0] == "stdlib" and path.stem in STYLES else None


def is_unseen(file: str) -> bool:
    digest = hashlib.sha1(file.encode()).digest()[0]
    return style_of(file) is None and digest % HELD_OUT_STYLES == 0


def chart(groove: dict, choice: random.Random) -> dict:
    """Per bar: the grooves' names and chords at their (MMA) beats; the key."""
    tonic, minor = choice.randrange(12), choice.random() < 0.4
    steps = MINOR if minor else MAJOR
    beats, bars = groove["beats"], []
    main = groove["main"][0]
    second = 2 * ((beats + 2) // 4) if beats != 6 else 3  # where a bar's second chord starts
    for bar in range(BARS):
        if bar % SECTION == 0:
            if bar and choice.random() < OTHER_GROOVE:
                main = choice.choice(groove["main"])
            progression = [choice.choice(steps) for _ in range(choice.choice((2, 4, 8)))]
            if choice.random() < 0.6:
                progression[0] = steps[0]
        chords = [(0, *progression[bar % len(progression)])]
        if second < beats and choice.random() < TWO_CHORDS:
            chords.append((second, *choice.choice(steps)))
        is_fill = bool(groove["fills"]) and bar % SECTION == SECTION - 1 and choice.random() < FILL
        name = choice.choice(groove["fills"]) if is_fill else main
        roots = [(beat, (tonic + step) % 12, quality) for beat, step, quality in chords]
        bars.append({"groove": name, "fill": is_fill, "chords": roots})
    return {"key": 12 * minor + tonic, "bars": bars}


def mma_text(file: str, groove: dict, chart: dict, seed: int) -> str:
    lines, playing = [f"RndSeed {seed}", f"Tempo {TEMPO}"], None
    for index, bar in enumerate(chart["bars"]):
        if bar["groove"] != playing or index % SECTION == 0:
            playing = bar["groove"]
            lines.append(f"Groove {file}:{playing}")
        tokens = ["/"] * groove["beats"]
        for beat, root, quality in bar["chords"]:
            tokens[beat] = NAMES[root] + quality
        lines.append(f"{index + 1} " + " ".join(tokens))
    return "\n".join(lines) + "\n"


def chords_per_beat(groove: dict, chart: dict) -> list[int]:
    unit, chords = 3 if groove["compound"] else 1, []
    for bar in chart["bars"]:
        for beat in range(0, groove["beats"], unit):
            _, root, quality = [c for c in bar["chords"] if c[0] <= beat][-1]
            chords.append(number(root, quality))
    return chords


def mma(text: str) -> bytes | None:
    """What MMA makes of a chart; None where it refuses the groove."""
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "song.mma", Path(name) / "song.mid"
        source.write_text(text)
        try:
            command = ["mma", "-w", str(source), "-f", str(target)]
            subprocess.run(command, capture_output=True, timeout=60, check=True)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return None
        return target.read_bytes() if target.exists() else None


def one(name: str, file: str, groove: dict, split: str, choice: random.Random) -> dict | None:
    """Writes a song; -> its entry, or None where drums, or bass and chords, are missing."""
    made, seed = chart(groove, choice), choice.randrange(1, 2**15)
    data = mma(mma_text(file, groove, made, seed))
    if data is None:
        return None
    unit = 3 if groove["compound"] else 1
    notes = score.read(data, unit)
    parts = {int(part) for part in notes["part"]}
    if not {0, 1} <= parts or len(parts) < 3:
        return None
    (folder() / "songs" / f"{name}.mid").write_bytes(data)
    if split != "train":
        again = mma(mma_text(file, groove, made, seed + 1))
        (folder() / "songs" / f"{name}.again.mid").write_bytes(again or data)
    return {
        "name": name, "split": split, "style": style_of(file), "file": file,
        "beats_per_bar": groove["beats"] // unit, "unit": unit, "key": made["key"],
        "chords": chords_per_beat(groove, made), "fills": [bar["fill"] for bar in made["bars"]],
        "grooves": [bar["groove"] for bar in made["bars"]],
    }  # fmt: skip


def plans(per_style: int, others: int, seed: int) -> list[tuple[str, str, str]]:
    """(name, style file, split) of the songs to make: in turns, so that any beginning is a fair sample."""
    found, choice = library(), random.Random(seed)
    named = [file for file in found if style_of(file)]
    seen = [file for file in found if not style_of(file) and not is_unseen(file)]
    unseen = [file for file in found if is_unseen(file)]
    wanted = []
    for take in range(per_style + 3):
        split = ("valid", "test", "test")[take - per_style] if take >= per_style else "train"
        wanted += [(f"{style_of(file)}-{take}", file, split) for file in named]
    wanted += [(f"other-{i}", choice.choice(seen), "train") for i in range(others)]
    wanted += [(f"unseen-{i}", file, "unseen") for i, file in enumerate(unseen)]
    choice.shuffle(wanted)
    return wanted


def collect_songs(per_style: int, others: int, seed: int) -> None:
    """Fills cache/accompany/songs; goes on where it was stopped."""
    target = folder() / "songs"
    index = target / "run.json"
    target.mkdir(parents=True, exist_ok=True)
    arguments = {"per_style": per_style, "others": others, "seed": seed}
    kept = runs.read(index) if index.exists() else {"songs": [], "refused": []}
    if kept.get("seed", seed) != seed:
        raise SystemExit(f"{target} has songs of another seed: move it away, or set ONE2FOUR_CACHE")
    songs = {entry["name"]: entry for entry in kept["songs"]}
    refused, found = set(kept["refused"]), library()

    def write() -> None:
        runs.write(
            index, command="collect", arguments=arguments, seed=seed, songs=list(songs.values()),
            refused=sorted(refused),
        )  # fmt: skip

    by_hand = list(arranged.songs())
    for entry, data in by_hand:
        (target / f"{entry['name']}.mid").write_bytes(data)
        songs[entry["name"]] = entry
    write()
    print(f"freedoom: {len(by_hand)} songs", flush=True)
    wanted = [plan for plan in plans(per_style, others, seed) if plan[0] not in songs.keys() | refused]
    for number_, (name, file, split) in enumerate(wanted, 1):
        entry = one(name, file, found[file], split, random.Random(f"{seed} {name}"))
        if entry:
            songs[name] = entry
        else:
            refused.add(name)
        if number_ % 25 == 0 or number_ == len(wanted):
            write()
            print(f"mma: {number_} of {len(wanted)} charts", flush=True)
    for split in ("train", "valid", "test", "unseen"):
        print(f"{split}: {sum(entry['split'] == split for entry in songs.values())} songs")
