"""`evaluate --network accompany`: the networks beside baselines and the generator itself, on songs that were
not trained on. Writes the second half of models/EVALUATION.md; the numbers are kept in
models/evaluation/accompany.json."""

import json
import time
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from .. import STEMS, runs
from ..checkpoints import load_network
from ..evaluate.table import FILE, markdown, put
from ..export.notes import rounded as rounded_weights
from . import chords, measure, picture, players
from .calibrate import calibrated
from .decode import Settings
from .examples import songs
from .players import Play, Player, Song

MODELS = runs.PACKAGE.parents[1]
PICTURE, PICTURE_BARS = MODELS / "evaluation" / "accompany.png", 8
KEPT = MODELS / "evaluation" / "accompany.json"
SETS = {
    "test": "New songs in the named styles", "unseen": "Songs in styles that no training song has",
    "arranged": "Songs written by hand",
}  # fmt: skip
COLUMNS = {
    "drums kick": "kick", "drums snare": "snare", "drums closed hat": "closed hat",
    "drums macro": "drums, macro over 9", "bass root": "bass: root on change", "bass onset": "bass onset",
    "piano onset": "piano onset", "piano chroma": "piano chroma", "other onset": "other onset",
    "other chroma": "other chroma", "majmin": "chords, majmin", "chord": "chords, exact",
    "coupling": "coupling", "overlap": "overlap",
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
MOST_MILLISECONDS = 50
OURS, CEILING = "heard", "ceiling"
BY_HAND = (
    "Freedoom's, in pieces of 24 bars; others than those that were learnt from. Their chords are read off"
    " their notes, which in MMA's songs finds 0.93 of the roots and thirds. There is no second take, and no"
    " band guesses what somebody wrote: MMA's first take stands for what they wrote."
)
OTHERS = {
    "Three seeds": (
        "Both networks from the beginning, the first set, style told: other first weights, mixes and dropout"
        " of what is told. The steps are the band's; they and the plan's are fewer than those of the pack, so"
        " what counts here is how far apart the seeds are.",
        lambda run: run["start"] is None,
    ),
    "A judge to play against": (
        "The first set, style told. The steps are a run's own, after those of the pack it went on from,"
        " 0.3.0, with thresholds as that pack's were found; a seed is other mixes, other dropout of what is"
        " told, and other first weights of the judge.",
        lambda run: run["start"] is not None,
    ),
}
"""Runs that do not ship: title, what to know, which of them."""
HEAD = """# Accompany

Written by `python -m one2four_training evaluate --network accompany`; nothing here is written by hand.
Onsets and chroma: F1 over all songs of a set, a hit is the exact cell. A song is what MMA plays to a chord
chart; the band hears only the solo (a piano or guitar, rendered). `chords, majmin`: share of beats with the
right root and third. Coupling: the share of sounding pitch classes of piano and other that are tones of the
chord, less that share with the chords moved by two bars. The second take is MMA run again with another
seed; a target is capped at 0.9 of it. Baselines that need chords go by templates. Where the style is told,
so are the bars that are fills. Overlap: the area that histograms of what is played have in common with
those of MMA's first take (Yang and Lerch 2020): per part, notes in a bar, their places, lengths and pitch
classes from the root on; the mean. What was tried for targets that are missed, and what came of it, stands in
the [model card](packs/accompany/MODEL_CARD.md#numbers).
"""


def rows(ours: players.Networks, train: list[Song]) -> list[Player]:
    def played(**how):
        return players.Networks(ours.net, ours.settings, **how).play

    mean, nearest = players.StyleMean(train), players.Nearest(train)
    return [
        Player("off", "all off", players.all_off),
        Player("shuffled", "the song's own bars, shuffled", players.shuffled),
        Player("mean", "mean bar of the style, same density", mean.play),
        Player("nearest", "training song with the nearest rhythm", nearest.play),
        Player(OURS, "**Accompany**, style told", ours.play),
        Player("auto", "Accompany, style found (auto)", played(with_style=False)),
        Player("unheard", "Accompany, no beat heard when it is decided", played(heard=0)),
        Player("told", "Accompany, style and chords told", played(true_plan=True)),
        Player(CEILING, "MMA's second take", players.ceiling),
        Player("reference", "MMA's first take", players.reference),
    ]


def evaluate(run: str | None, minutes: float) -> None:
    torch.set_num_threads(1)
    folder = runs.cache() / "runs" / (run or "accompany-band")
    ours = players.Networks(*ready(folder))
    kept = {"training": runs.read(folder / "run.json")["step"], "sets": {}, "others": others_kept()}
    listed = rows(ours, songs("train"))
    for split in SETS:
        own = sorted(music(split), key=lambda song: zlib.crc32(song[0]["name"].encode()))  # a fair beginning
        until = time.time() + 60 * minutes / len(SETS)
        playing = [player for player in listed if split != "arranged" or player.id != CEILING]
        found: dict[str, list] = {player.id: [] for player in playing}
        chorded: list = []
        drawn: dict[str, Counter] = {player.id: Counter() for player in playing}
        for index, (entry, arrays) in enumerate(own):
            for player in playing:
                played = player.play(entry, arrays)
                found[player.id].append(measure.of_song(entry, arrays, *played))
                drawn[player.id].update(shapes_of(entry, arrays, played[0]))
            guessed = players.template_chords(entry, arrays)
            chorded.append(measure.of_song(entry, arrays, players.NOTHING, guessed))
            if time.time() > until:
                print(f"{split}: stopped after {index + 1} songs of {len(own)}", flush=True)
                break
        print(f"{split}: {len(chorded)} songs", flush=True)
        kept["sets"][split] = {
            "songs": len(chorded),
            "rows": {
                name: rounded(
                    measure.added(values) | {"overlap": measure.overlap(drawn[name], drawn["reference"])}
                )
                for name, values in found.items()
            },
            "templates": rounded(measure.added(chorded)),
            "reference_lines": spread(found["reference"]),
            "style": [round(float(count / max(1, ours.styles[2])), 4) for count in ours.styles[:2]],
        }
        ours.styles[:] = 0
    kept["restraint"] = [
        restraint(ours.play, entry, arrays) for entry, arrays in songs("test") if is_nothing(arrays)
    ]
    draw(listed, music("test"))
    write(kept)


def ready(folder: Path) -> tuple[torch.nn.Module, Settings]:
    """A run's network as it ships, and its thresholds."""
    net = rounded_weights(load_network(folder))
    return net, calibrated(net, [song for song in songs("valid") if song[0]["style"]])


def others_kept() -> dict:
    return json.loads(KEPT.read_text()).get("others", {}) if KEPT.exists() else {}


def evaluate_others(names: list[str]) -> None:
    """Other runs on the first set, beside the one that ships."""
    torch.set_num_threads(1)
    kept = json.loads(KEPT.read_text())
    for name in names:
        folder = runs.cache() / "runs" / name
        player, found, drawn, true = players.Networks(*ready(folder)), [], Counter(), Counter()
        for entry, arrays in music("test"):
            played = player.play(entry, arrays)
            found.append(measure.of_song(entry, arrays, *played))
            drawn.update(shapes_of(entry, arrays, played[0]))
            true.update(shapes_of(entry, arrays, players.reference(entry, arrays)[0]))
        log = runs.read(folder / "run.json")
        kept.setdefault("others", {})[name] = {
            "network": log["arguments"]["network"], "seed": log["arguments"]["seed"], "steps": log["step"],
            "start": log["arguments"].get("start"),
            "row": rounded(measure.added(found) | {"overlap": measure.overlap(drawn, true)}),
        }  # fmt: skip
        print(name, flush=True)
    write(kept)


def shapes_of(entry: dict, arrays: dict, notes: np.ndarray) -> dict[str, np.ndarray]:
    return measure.shapes(notes, arrays["plan"].astype(int), entry["beats_per_bar"])


def write(kept: dict) -> None:
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    titles = {player.id: player.title for player in rows(players.Networks(None, None), [])}
    put(document(kept, titles), is_accompany=True)
    print(FILE)


def is_nothing(arrays: dict) -> bool:
    return bool((arrays["plan"] == chords.NO_CHORD).all())


def music(split: str) -> list[Song]:
    """The songs of a split without the sounds that have no chords."""
    return [song for song in songs(split) if not is_nothing(song[1])]


def restraint(play: Play, entry: dict, arrays: dict) -> list:
    """What is played to a sound without chords: [what, share of beats without a chord, notes per beat of
    each stem]."""
    notes, plan = play(entry, arrays)
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
        lines += [f"## {title}", ""]
        if split == "arranged":
            lines += [f"{own['songs']} pieces. {BY_HAND}", ""]
        else:
            lines += [f"{own['songs']} songs.", "", "Targets:", "", *target_lines(own)]
        # To a style that is not in the list nothing is told.
        titled = titles if split == "test" else titles | {OURS: "**Accompany**, style found"}
        shown = {name: row for name, row in own["rows"].items() if split == "test" or name != "auto"}
        table_rows = [
            [titled[name], *(f"{values.get(column, 0):.2f}" for column in COLUMNS)]
            for name, values in shown.items()
        ]
        guessed = own["templates"]
        lines += markdown(["", *COLUMNS.values()], table_rows)
        if split == "test":
            right, plain = own["style"]
            lines += [
                f"Auto hears the style in {right:.2f} of the beats, plays 8 Beat or Waltz instead in"
                f" {plain:.2f} and another in the rest.",
                "",
            ]
        lines += [f"Template chords: majmin {guessed['majmin']:.2f}, exact {guessed['chord']:.2f}.", ""]
        lines += [told_line(own["rows"][OURS], guessed), ""]
        band = own["reference_lines"]
        table_rows = [
            [titled[name], *(f"{values[c]:.2f}" if c in values else "-" for c in LINES)]
            for name, values in shown.items()
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
    for title, (intro, is_own) in OTHERS.items():
        own = {name: run for name, run in kept.get("others", {}).items() if is_own(run)}
        if own:
            lines += [f"## {title}", "", intro, "", *other_lines(own)]
    lines += ["## A song", "", f"![The first bars of a song of the first set](evaluation/{PICTURE.name})", ""]
    return "\n".join(lines)


def told_line(ours: dict, templates: dict) -> str:
    return (
        f"In {ours['told']:.2f} of the beats the solo has struck root and third of the chord by the time it"
        f" is decided; there Accompany is right in {ours['majmin told']:.2f} and templates are in"
        f" {templates['majmin told']:.2f}, in the others {ours['majmin untold']:.2f} and"
        f" {templates['majmin untold']:.2f}."
    )


def other_lines(others: dict) -> list[str]:
    """Each run, and per network the mean and the standard deviation over its seeds."""
    table_rows, by_network = [], {}
    for name, run in others.items():
        by_network.setdefault(run["network"], []).append(run["row"])
        numbers = [f"{run['row'].get(column, 0):.3f}" for column in COLUMNS]
        table_rows.append([name, f"{run['seed']}", f"{run['steps']}", *numbers])
    for network, found in by_network.items():
        values = [[row.get(column, 0) for row in found] for column in COLUMNS]
        numbers = [f"{np.mean(v):.3f} ({np.std(v):.3f})" for v in values]
        table_rows.append([f"{network}, mean (deviation)", "", "", *numbers])
    return markdown(["run", "seed", "steps", *COLUMNS.values()], table_rows)


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
    for name, title in LINES.items():
        if name in own["reference_lines"] and name in ours and name != "notes per beat":
            low, high = own["reference_lines"][name]
            met = "met" if low <= ours[name] <= high else "missed"
            within = f"{low} to {high}"
            table_rows.append([f"{title}, semitones", f"{ours[name]:.2f}", within, within, met])
    milliseconds = runs.read(MODELS / "packs" / "accompany" / "run.json")["milliseconds_per_second"]
    met = "met" if milliseconds < MOST_MILLISECONDS else "missed"
    most = f"under {MOST_MILLISECONDS}"
    table_rows.append(["networks, ms per second of audio", f"{milliseconds:.1f}", most, most, met])
    return markdown(["what", "Accompany", "target", "capped", ""], table_rows)
