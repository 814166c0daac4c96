"""models/EVALUATION.md, and the numbers in the packs' model cards."""

import numpy as np

from .. import STEMS, runs
from . import baselines, noise, onsets, rows, scores, targets
from .clips import SETS
from .packs import PACKS, Pack
from .table import Numbers, by_stem, markdown, spread

BEGIN, END = "<!-- numbers, written by evaluate -->", "<!-- end of numbers -->"
FIRST = ("mix", "filters", *targets.NETWORKS, "open-unmix", "remix-early")  # rows of the tables of scores
LAST = ("ideal",)
HIDDEN = ("reference", "hiss")  # that only the tables of noise show
NOISE_ROWS = ("reference", "mix", "hiss", "filters", *targets.NETWORKS, "open-unmix", targets.OURS, "ideal")
WORST = 3

HEAD = f"""# Evaluation

Written by `python -m one2four_training evaluate`; nothing here is written by hand. The numbers of each
clip are in `models/evaluation/`, from which the command makes these tables again where the songs or a
checkpoint that does not ship are missing; what is there is measured. Accompany has numbers of its own,
[below](#accompany): what is generated cannot be judged as what is separated.

Each cell: median (mean, standard deviation) over clips of 30 s. A clip counts for a stem that is above
{scores.SILENT_DB} dB in it. SI-SDR takes both channels at once. SDR is that of museval (BSS Eval v4,
images): the reference's energy over the error's, the median over windows of one second; the windows that
count are those in which the stem sounds.

In the plugin means: `cargo xtask bounce CLIP --pack ID --set chunk=...`, the built CLAP in a host. Python
means: the same pack, run step by step from Python. Filters are median-filter HPSS for the drums,
a {baselines.LOW_PASS_HZ} Hz low-pass for the bass, the harmonic part for piano and other. The ideal
ratio mask knows the stems: a mark of how far a mask over magnitudes gets. Open-Unmix is the `openunmix`
package's network and Wiener filter, trained by `train --network open-unmix`, offline; beside it stands a run
of Remix from the beginning (`--run remix-early`) on the same songs, of less processor time. Remix as it ships
has had more songs than these; the model cards say which each pack had. Short
chunks are measured on every second clip; targets compare two rows over the clips that both have. The
songs of the first two sets are unseen in so far as no network learnt from them; but which of a run's
checkpoints is kept, and which experiment was gone on with, was decided by their loss. Nothing was decided
by the loss of those of the unseen bank; but one experiment was dropped for its residuals (below), which count
them too. What was tried for those that are not met, and what came of it, stands in Remix's
[model card](packs/remix/MODEL_CARD.md#what-was-tried).
"""

NOISE = f"""## Noise

Residual: the stem's level against the mix's, dB, where the reference stem is silent: blocks of 0.1 s below
{noise.SILENT_DB} dB, {noise.MARGIN_BLOCKS / 10} s away from any sound, the mix above {noise.PLAYING_DB} dB;
a clip counts that has a second of them. Notes found: the share of the onsets of the song's notes (MIDI)
that a picker (SuperFlux) finds in the stem within {1000 * onsets.TOLERANCE_S:.0f} ms; the stems themselves
show how far the picker gets, white noise what it finds by chance. The mix holds all notes, and those of the
other stems too: so beside it stands the share of what is picked that is a note of the stem. Denoised:
spectral gating with a Wiener gain, the noise taken from the quietest tenth of the frames. All clips of all
sets together; medians.
"""


def document(numbers: Numbers, titles: dict[str, str], pictures: list[str], gaps: list[str]) -> str:
    """The whole of EVALUATION.md."""
    ours = [row for row in titles if row not in (*FIRST, *LAST, *HIDDEN)]
    main = {row: titles[row] for row in (*FIRST, *ours, *LAST) if row in titles}
    lines = [HEAD]
    for group, title in SETS.items():
        if numbers.clips("mix", group):
            lines += [f"## {title}", "", "Targets:", "", *targets.lines(numbers, group)]
            lines += by_stem(numbers, main, "SI-SDR, dB", "si_sdr", group)
            lines += by_stem(numbers, main, "SDR, dB", "sdr", group)
    lines += [NOISE, *noise_section(numbers, titles), "## Costs", "", *costs(numbers, titles)]
    lines += parity(numbers)
    lines += ["## Worst clips", "", f"In the plugin, chunks of 1 s, by SI-SDR; the {WORST} lowest.", ""]
    lines += worst(numbers, targets.OURS)
    if pictures:
        lines += ["## Learning curves", "", *(f"![{name}](evaluation/{name})" for name in pictures), ""]
    if gaps:
        lines += ["## Not measured", "", *(f"- {gap}" for gap in gaps), ""]
    return "\n".join(lines)


def noise_section(numbers: Numbers, titles: dict[str, str]) -> list[str]:
    shown = {row: titles[row] for row in NOISE_ROWS if row in titles}

    def one(digits: int):
        return lambda values: f"{np.median(values):.{digits}f}" if len(values) else "-"

    return [
        *by_stem(numbers, shown, "residual, dB", "residual", None, one(1)),
        *by_stem(numbers, shown, "notes found", "recall", None, one(2)),
        *by_stem(numbers, shown, "of what is picked, notes", "precision", None, one(2)),
        *by_stem(numbers, shown, "F1 of both", "f1", None, one(2)),
        "Residual (less is better) and notes found (more is better), both at once; in brackets the F1, by",
        "which a stem gains nothing by letting the other stems' notes through:",
        "",
        *targets.noise_lines(numbers, targets.OURS, "Remix"),
        "The ideal ratio mask, which knows the stems, against the same: what it does not meet can hardly be",
        "expected of a mask.",
        "",
        *targets.noise_lines(numbers, "ideal", "ideal ratio mask"),
    ]


def costs(numbers: Numbers, titles: dict[str, str]) -> list[str]:
    lines = []
    for row, title in titles.items():
        store = numbers.stores[row]
        times = [entry["ms"] for entry in store.clips.values() if "ms" in entry]
        if row.endswith(rows.DENOISED) or not (times or store.facts):
            continue
        facts = store.facts
        lines.append([
            title,
            f"{facts['parameters']:,}" if "parameters" in facts else "",
            f"{facts['bytes'] / 1e6:.3f} MB" if "bytes" in facts else "",
            hours(facts.get("training_seconds")),
            hours(facts.get("training_cpu_seconds")),
            f"{facts['training_memory_mb'] / 1000:.1f} GB" if "training_memory_mb" in facts else "",
            f"{np.median(times):.1f}" if times else "",
        ])  # fmt: skip
    head = [
        "", "parameters", "files", "training, hours", "processor, hours", "its memory",
        "ms per second of audio",
    ]  # fmt: skip
    note = """Milliseconds of one core (in the plugin: of the worker's wall clock), the median over clips.
Training is to be compared by processor hours, which leave out what was held out; the hours on the clock
are those of machines that did other work too. What the README's table of costs says of the worker is
measured by `bench`, at 48 kHz, and has limits of its own.
Memory: the largest that a process of the training had; for packs trained before November 28, 2026, with the
songs' audio that it maps from the disk."""
    return [*targets.cost_lines(numbers), *markdown(head, lines), note, ""]


def hours(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / 3600:.2f}"


def parity(numbers: Numbers) -> list[str]:
    lines = []
    for row, store in numbers.stores.items():
        found = [entry["difference"] for entry in store.clips.values() if "difference" in entry]
        if found:
            lines.append(f"{row}: {max(found):.1e} ({len(found)} clips)")
    if not lines:
        return []
    return [f"Largest difference of a sample between the plugin and Python: {', '.join(lines)}.", ""]


def worst(numbers: Numbers, row: str) -> list[str]:
    """The clips of the row that are the furthest from each stem, with what the mix has."""
    lines = []
    for stem in STEMS:
        found = sorted(
            (entry["stems"][stem]["si_sdr"], name)
            for name, entry in numbers.kept(row).items()
            if "si_sdr" in entry["stems"][stem]
        )
        named = []
        for value, name in found[:WORST]:
            mix = numbers.column("mix", "si_sdr", stem, [name])
            named.append(f"{name} {value:.1f}" + (f" (mix {mix[0]:.1f})" if len(mix) else ""))
        lines.append([stem, ", ".join(named)])
    return markdown(["stem", "clips, dB"], lines)


def fill_card(pack: Pack, numbers: Numbers, titles: dict[str, str]) -> None:
    """Puts the pack's own rows into its MODEL_CARD.md, where that has the place for them."""
    card = PACKS / pack.id / "MODEL_CARD.md"
    if not card.exists() or BEGIN not in card.read_text():
        return
    own = "remix-1s" if pack.id == rows.FLAGSHIP else pack.id
    shown = {row: titles[row] for row in ("mix", "filters", own, "ideal") if row in titles}
    lines = []
    for group, title in SETS.items():
        if numbers.clips(own, group):
            lines += [f"{title}:", "", *by_stem(numbers, shown, "SI-SDR, dB", "si_sdr", group, spread)]
    lines += [f"The {WORST} worst clips of each stem:", "", *worst(numbers, own)]
    before, rest = card.read_text().split(BEGIN)
    _, after = rest.split(END)
    runs.replace(card, before + "\n".join([BEGIN, "", *lines, END]) + after)
