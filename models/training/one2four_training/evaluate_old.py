"""`evaluate`: SI-SDR of a pack's stems on excerpts it was not trained on, as the plugin runs it.

Beside the pack stand the mix itself (doing nothing), two filters (HPSS for drums, a low-pass for bass)
and the ideal ratio mask, which knows the stems. The baselines of an excerpt are computed once and kept
in cache/evaluate.
"""

from pathlib import Path

import numpy as np
import scipy.ndimage
import scipy.signal

from . import STEMS, runs, stft
from .export import session
from .network import LOOKAHEAD

CHUNK_FRAMES = {"model": 86, "model, short chunks": 22}  # a second, a quarter of one
SILENT_DB = -50  # a clip whose stem is below does not count for that stem
HPSS_FRAMES, HPSS_BINS = 17, 17
LOW_PASS_HZ = 200
SETS = {
    "Held-out Freedoom songs and MMA styles, banks seen in training": ("valid", ("freedoom", "mma")),
    "Of these, the Freedoom songs (human-written)": ("valid", ("freedoom",)),
    "OpenTTD songs (human-written) with the OPL-3 bank, neither seen in training": ("test", ("openttd",)),
}
ROWS = {
    "mix": "the mix itself",
    "filter": "HPSS (drums), 200 Hz low-pass (bass)",
    "model": "**this pack**",
    "model, short chunks": "this pack, chunks of 1/4 s",
    "ideal mask": "ideal ratio mask",
}
BEGIN, END = "<!-- numbers, written by evaluate -->", "<!-- end of numbers -->"


def si_sdr_db(estimate: np.ndarray, reference: np.ndarray) -> float:
    """Scale-invariant signal-to-distortion ratio of two [samples, channels], all channels at once."""
    estimate = (estimate - estimate.mean(0)).astype(np.float64).ravel()
    reference = (reference - reference.mean(0)).astype(np.float64).ravel()
    wanted = reference * (estimate @ reference / (reference @ reference + 1e-20))
    error = estimate - wanted
    return float(10 * np.log10((wanted @ wanted + 1e-20) / (error @ error + 1e-20)))


def streamed_masks(files: list[Path], magnitude: np.ndarray, chunk: int) -> np.ndarray:
    """[frames, 1, BINS] -> [frames, 4, 1, BINS], in chunks, the state handed on."""
    frames = len(magnitude)
    padded = np.zeros((-(-frames // chunk) * chunk + LOOKAHEAD, *magnitude.shape[1:]), np.float32)
    padded[:frames] = magnitude
    masks = []
    for file in files:
        runner = session(file)
        state = np.zeros(runner.get_inputs()[1].shape, np.float32)
        parts = []
        for begin in range(0, frames, chunk):
            piece = padded[begin : begin + chunk + LOOKAHEAD]
            mask, state = runner.run(None, {"magnitude": piece, "state": state})
            parts.append(mask)
        masks.append(np.concatenate(parts)[:frames])
    return np.concatenate(masks, axis=1)


def normalised(masks: np.ndarray) -> np.ndarray:
    """[frames, 4, channels, BINS], each bin divided by its sum over the stems."""
    total = masks.sum(axis=1, keepdims=True)
    return np.where(total > 0, masks / np.maximum(total, 1e-20), 1 / masks.shape[1])


def masked(spectra: np.ndarray, masks: np.ndarray, mix: np.ndarray) -> np.ndarray:
    """-> [4, samples, channels]; the last stem is what the others leave of the mix."""
    stems = [stft.synthesise(spectra * masks[:, index], len(mix)) for index in range(len(STEMS) - 1)]
    return np.stack([*stems, mix - sum(stems)])


def percussive(spectra: np.ndarray, samples: int) -> np.ndarray:
    """Median-filter harmonic-percussive separation, the percussive part."""
    magnitude = stft.model_magnitude(spectra)[:, 0]
    tones = scipy.ndimage.median_filter(magnitude, (HPSS_FRAMES, 1)) ** 2
    clicks = scipy.ndimage.median_filter(magnitude, (1, HPSS_BINS)) ** 2
    mask = clicks / np.maximum(tones + clicks, 1e-20)
    return stft.synthesise(spectra * mask[:, None], samples)


def low_pass(mix: np.ndarray) -> np.ndarray:
    sections = scipy.signal.butter(4, LOW_PASS_HZ, fs=stft.SAMPLE_RATE, output="sos")
    return scipy.signal.sosfiltfilt(sections, mix, axis=0)


def ideal_masks(stems: np.ndarray) -> np.ndarray:
    """[4, samples, channels] -> [frames, 4, 1, BINS]: each stem's share of the magnitudes."""
    return normalised(np.stack([stft.model_magnitude(stft.analyse(stem)) for stem in stems], axis=1))


def scores(estimates: np.ndarray, stems: np.ndarray) -> dict[str, float]:
    """SI-SDR per stem, of the stems that are not silent."""
    found = {}
    for name, estimate, stem in zip(STEMS, estimates, stems, strict=True):
        if 10 * np.log10(np.mean(stem**2) + 1e-20) > SILENT_DB:
            found[name] = si_sdr_db(estimate, stem)
    return found


def baselines(name: str, stems: np.ndarray, spectra: np.ndarray) -> dict[str, dict[str, float]]:
    kept = runs.cache() / "evaluate" / f"{name}.json"
    if kept.exists():
        return runs.read(kept)["rows"]
    mix = stems.sum(0)
    filters = np.stack([percussive(spectra, len(mix)), low_pass(mix), mix, mix])
    filtered = scores(filters, stems)
    rows = {
        "mix": scores(np.broadcast_to(mix, stems.shape), stems),
        "filter": {stem: filtered[stem] for stem in ("drums", "bass") if stem in filtered},
        "ideal mask": scores(masked(spectra, ideal_masks(stems), mix), stems),
    }
    kept.parent.mkdir(parents=True, exist_ok=True)
    runs.write(kept, rows=rows)
    return rows


def clip_rows(entry: dict, files: list[Path]) -> dict[str, dict[str, float]]:
    """{row: {stem: SI-SDR}} of one excerpt."""
    stored = np.load(runs.cache() / "audio" / f"{entry['name']}.npy")
    stems = stored.astype(np.float32) / 32768
    mix = stems.sum(0)
    spectra = stft.analyse(mix)
    rows = dict(baselines(entry["name"], stems, spectra))
    magnitude = stft.model_magnitude(spectra)
    for row, chunk in CHUNK_FRAMES.items():
        masks = normalised(streamed_masks(files, magnitude, chunk))
        rows[row] = scores(masked(spectra, masks, mix), stems)
    return rows


def table(clips: list[dict]) -> list[str]:
    """Markdown: median SI-SDR per row and stem, and by how much the model improves on the mix."""

    def column(row: str, stem: str) -> np.ndarray:
        return np.array([clip[row][stem] for clip in clips if stem in clip[row]])

    lines = ["| SI-SDR, dB: median (mean, standard deviation) | " + " | ".join(STEMS) + " |"]
    lines.append("| --- |" + " --- |" * len(STEMS))
    lines.append("| clips | " + " | ".join(str(len(column("mix", stem))) for stem in STEMS) + " |")

    def cell(values: np.ndarray) -> str:
        if len(values) == 0:
            return "-"
        return f"{np.median(values):.1f} ({values.mean():.1f}, {values.std():.1f})"

    for row, title in ROWS.items():
        cells = [cell(column(row, stem)) for stem in STEMS]
        if row == "model":
            cells = [f"**{text.replace(' (', '** (', 1)}" if text != "-" else text for text in cells]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    gains = [cell(column("model", stem) - column("mix", stem)) for stem in STEMS]
    lines.append("| this pack, improvement over the mix | " + " | ".join(gains) + " |")
    return lines


def evaluate(pack: Path, card: bool, limit: int) -> None:
    """Prints the tables; with `card`, puts them into the pack's MODEL_CARD.md."""
    files = [pack / f"{stem}.onnx" for stem in STEMS]
    entries = runs.read(runs.cache() / "audio" / "run.json")["excerpts"]
    lines, clips = [], {}
    for title, (split, sources) in SETS.items():
        own = [e for e in entries if e["split"] == split and e["source"] in sources][:limit]
        for entry in own:
            if entry["name"] not in clips:
                clips[entry["name"]] = clip_rows(entry, files)
        if own:
            part = [f"{title}:", "", *table([clips[entry["name"]] for entry in own]), ""]
            print("\n".join(part), flush=True)
            lines += part
    runs.write(
        runs.cache() / "evaluate" / "run.json", command="evaluate", arguments={"limit": limit}, clips=clips
    )
    if card:
        path = pack / "MODEL_CARD.md"
        before, rest = path.read_text().split(BEGIN)
        _, after = rest.split(END)
        path.write_text(before + "\n".join([BEGIN, "", *lines]) + "\n" + END + after)
