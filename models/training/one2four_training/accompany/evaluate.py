"""`evaluate --network accompany`: the networks beside baselines and the generator itself, on songs that were
not trained on. Writes models/EVALUATION_ACCOMPANY.md; the numbers are kept in
models/evaluation/accompany.json."""

import json
import time
import zlib

import numpy as np
import torch

from .. import STEMS, runs
from ..evaluate.table import markdown
from ..export.notes import rounded as rounded_weights
from ..train import load_network
from . import chords, measure, perform, picture, players
from .examples import songs, table
from .players import Player, Song

MODELS = runs.PACKAGE.parents[1]
PICTURE, PICTURE_BARS = MODELS / "evaluation" / "accompany.png", 8
FILE, KEPT = MODELS / "EVALUATION_ACCOMPANY.md", MODELS / "evaluation" / "accompany.json"
SETS = {"test": "New songs in the named styles", "unseen": "Songs in styles that no training song has"}
COLUMNS = {
    "drums kick": "kick", "drums snare": "snare", "drums closed hat": "closed hat",
    "drums macro": "drums, macro over 9", "bass root": "bass: root on change", "bass onset": "bass onset",
    "piano onset": "piano onset", "piano chroma": "piano chroma", "other onset": "other onset",
    "other chroma": "other chroma", "majmin": "chords, majmin", "chord": "chords, exact",
    "coupling": "coupling",
}  # fmt: skip
LINES = {
    "piano interval": "piano: mean step", "piano range": "piano: range", "other interval": "other: mean step",
    "other range": "other: range", "notes per beat": "notes per beat",
}  # fmt: skip
TARGETS = {
    "drums kick": 0.85, "drums snare": 0.85, "drums closed hat": 0.85, "drums macro": 0.60, "bass root": 0.90,
    "bass onset": 0.75, "piano onset": 0.55, "piano chroma": 0.80, "other onset": 0.55, "other chroma": 0.80,
    "majmin": 0.85,
}  # fmt: skip
OURS, CEILING = "heard", "ceiling"
HEAD = """# Evaluation of Accompany

Written by `python -m one2four_training evaluate --network accompany`; nothing here is written by hand.
Onsets and chroma: F1 over all songs of a set, a hit is the exact cell. A song is what MMA plays to a chord
chart; the band hears only the solo (a piano or guitar, rendered). `chords, majmin`: share of beats with the
right root and third. Coupling: the share of sounding pitch classes of piano and other that are tones of the
chord, less that share with the chords moved by two bars. The second take is MMA run again with another
seed; a target is capped at 0.9 of it. Baselines that need chords go by templates. Where the style is told,
so are the bars that are fills.
"""


def rows(net: torch.nn.Module, settings, train: list[Song]) -> list[Player]:
    def played(**how):
        return players.Networks(net, settings, **how).play

    mean, nearest = players.StyleMean(train), players.Nearest(train)
    return [
        Player("off", "all off", players.all_off),
        Player("shuffled", "the song's own bars, shuffled", players.shuffled),
        Player("mean", "mean bar of the style, same density", mean.play),
        Player("nearest", "training song with the nearest rhythm", nearest.play),
        Player(OURS, "**Accompany**, style told", played()),
        Player("auto", "Accompany, style found (auto)", played(with_style=False)),
        Player("unheard", "Accompany, no beat heard when it is decided", played(heard=0)),
        Player("told", "Accompany, style and chords told", played(true_plan=True)),
        Player(CEILING, "MMA's second take", players.ceiling),
        Player("reference", "MMA's first take", players.reference),
    ]


def evaluate(run: str | None, minutes: float) -> None:
    torch.set_num_threads(1)
    folder = runs.cache() / "runs" / (run or "accompany-band")
    net = rounded_weights(load_network(folder))
    settings = perform.calibrated(net, [table(entry, arrays) for entry, arrays in songs("valid")])
    kept = {"training": runs.read(folder / "run.json")["step"], "sets": {}}
    listed = rows(net, settings, songs("train"))
    for split in SETS:
        own = sorted(songs(split), key=lambda song: zlib.crc32(song[0]["name"].encode()))  # a fair beginning
        until = time.time() + 60 * minutes / len(SETS)
        found: dict[str, list] = {player.id: [] for player in listed}
        chorded: list = []
        for index, (entry, arrays) in enumerate(own):
            for player in listed:
                found[player.id].append(measure.of_song(entry, arrays, *player.play(entry, arrays)))
            guessed = players.template_chords(entry, arrays)
            chorded.append(measure.of_song(entry, arrays, players.NOTHING, guessed))
            if time.time() > until:
                print(f"{split}: stopped after {index + 1} songs of {len(own)}", flush=True)
                break
        print(f"{split}: {len(chorded)} songs", flush=True)
        kept["sets"][split] = {
            "songs": len(chorded),
            "rows": {name: rounded(measure.added(values)) for name, values in found.items()},
            "templates": rounded(measure.added(chorded)),
            "reference_lines": spread(found["reference"]),
        }
    ours = next(player for player in listed if player.id == OURS)
    kept["restraint"] = [
        restraint(ours, entry, arrays) for entry, arrays in songs("valid") if is_nothing(arrays)
    ]
    draw(listed, songs("test"))
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    FILE.write_text(document(kept, {player.id: player.title for player in listed}))
    print(FILE)


def is_nothing(arrays: dict) -> bool:
    return bool((arrays["plan"] == chords.NO_CHORD).all())


def restraint(player: Player, entry: dict, arrays: dict) -> list:
    """What is played to a sound without chords: [what, share of beats without a chord, notes per beat of
    each stem]."""
    notes, plan = player.play(entry, arrays)
    counts = [round(float((notes["part"] == part).sum() / len(plan)), 2) for part in range(4)]
    return [entry["bank"], round(float((plan == chords.NO_CHORD).mean()), 2), *counts]


def draw(listed: list[Player], own: list[Song]) -> None:
    """The first bars of the first song, as MMA and as the networks play them."""
    entry, arrays = own[0]
    bands = {p.title.replace("**", ""): p.play(entry, arrays) for p in listed if p.id in ("reference", OURS)}
    picture.draw(PICTURE, entry["name"], bands, PICTURE_BARS, entry["beats_per_bar"])


def rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def spread(songs_: list[dict]) -> dict[str, list[float]]:
    """The 10 to 90 % band of the reference, over songs."""
    found = {}
    for name in LINES:
        values = [song[name][0] for song in songs_ if name in song]
        if values:
            found[name] = [round(float(np.percentile(values, p)), 2) for p in (10, 90)]
    return found


def document(kept: dict, titles: dict[str, str]) -> str:
    lines = [HEAD]
    for split, title in SETS.items():
        own = kept["sets"][split]
        lines += [f"## {title}", "", f"{own['songs']} songs.", "", "Targets:", "", *target_lines(own)]
        table_rows = [
            [titles[name], *(f"{values.get(column, 0):.2f}" for column in COLUMNS)]
            for name, values in own["rows"].items()
        ]
        guessed = own["templates"]
        lines += markdown(["", *COLUMNS.values()], table_rows)
        lines += [f"Template chords: majmin {guessed['majmin']:.2f}, exact {guessed['chord']:.2f}.", ""]
        band = own["reference_lines"]
        table_rows = [
            [titles[name], *(f"{values[c]:.2f}" if c in values else "-" for c in LINES)]
            for name, values in own["rows"].items()
            if name in (OURS, "auto", "mean", CEILING, "reference")
        ]
        table_rows.append(
            ["10 to 90 % of the first takes", *(" to ".join(map(str, band.get(c, ["-"]))) for c in LINES)]
        )
        lines += ["The highest notes of each part; the reviewed paper: mean step 1.43, range 12.1 semitones."]
        lines += ["", *markdown(["semitones", *LINES.values()], table_rows)]
    head = ["what is heard", "beats without a chord", *(f"{stem}, notes per beat" for stem in STEMS)]
    lines += [
        "## Sounds without chords",
        "",
        *markdown(head, [[str(c) for c in r] for r in kept["restraint"]]),
    ]
    lines += ["## A song", "", f"![The first bars of a song of the first set](evaluation/{PICTURE.name})", ""]
    return "\n".join(lines)


def target_lines(own: dict) -> list[str]:
    ours, ceiling, mean = (own["rows"][name] for name in (OURS, CEILING, "mean"))
    table_rows = []
    for name, wanted in TARGETS.items():
        capped = wanted if name == "majmin" else min(wanted, 0.9 * ceiling[name])
        met = "met" if ours[name] >= capped else "missed"
        table_rows.append([COLUMNS[name], f"{ours[name]:.2f}", f"{wanted:.2f}", f"{capped:.2f}", met])
    others = {
        "drums, macro, over the style's mean bar": (ours["drums macro"] - mean["drums macro"], 0.1),
        "coupling, share of MMA's own": (
            ours["coupling"] / max(own["rows"]["reference"]["coupling"], 1e-9),
            0.8,
        ),
    }
    for name, (value, wanted) in others.items():
        met = "met" if value >= wanted else "missed"
        table_rows.append([name, f"{value:.2f}", f"{wanted:.2f}", f"{wanted:.2f}", met])
    return markdown(["what", "Accompany", "target", "capped", ""], table_rows)
