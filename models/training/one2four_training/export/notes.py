"""Packs of kind `notes` (models/README.md): the chord plan and the band as two graphs, how to decode them,
the styles, and a SoundFont."""

import hashlib
import json
import sys
import time
import tomllib
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import torch

from .. import STEMS, networks, render, runs
from ..accompany import decode, features, folder, grid, score
from ..accompany.calibrate import calibrated
from ..accompany.examples import COLUMNS, WHOLE, songs
from ..accompany.songs import PRIORS, STYLES
from ..checkpoints import load_network
from ..networks import accompany_band as band_net
from ..networks import accompany_plan as plan_net
from ..networks.accompany_band import OUTPUTS, AccompanyBand
from .graph import larger, session
from .notes_graph import CONTROLS, band_to_onnx, plan_to_onnx
from .pack import write_golden, write_toml
from .soundfont import reduced

PLAN, BAND, SOUND = "plan.onnx", "band.onnx", "band.sf2"
KIT = range(35, 82)  # General MIDI's drums; MMA plays others too
TOLERANCE = 1e-4
GOLDEN_BEATS, GOLDEN_BPM = 4, 100.0
GOLDEN_WHAT = "what PyTorch and the reference in Python give"
PROGRAMS = {"bass": 33, "piano": 0, "other": 25}


def made_beat(seed: int) -> dict[str, np.ndarray]:
    """Inputs of both graphs that look like music, and states that are not zero."""
    random = np.random.default_rng(seed)
    heard = random.uniform(0, 0.4, (3 * grid.CELLS, features.FEATURES))
    heard[:, :2] += 0.5
    controls = np.zeros((2 * grid.CELLS, CONTROLS))
    controls[:, seed % len(STYLES)] = 1
    controls[:, len(STYLES) : len(STYLES) + 2] = 0.6, 1
    phase = grid.phase(2, 5 + seed, 3 + seed % 3, seed % 2 == 1, 90.0 + 10 * seed)
    states = {
        name: np.tanh(random.standard_normal(size))
        for name, size in (
            ("plan_state", (4, 1, plan_net.UNITS)),
            ("band_state", (4 * len(STEMS), 1, band_net.UNITS)),
        )
    }
    made = {
        "features": heard, "heard": np.array([(WHOLE, 4, 0)[seed % 3]]), "phase": phase, "controls": controls,
        "confidence": np.array([0.8]), **states,
    }  # fmt: skip
    made = {name: values.astype(np.float32) for name, values in made.items()}
    return made | {"chords": random.integers(0, 84, 2), "key": random.integers(0, 24, 1)}


@torch.no_grad()
def as_pack(net: AccompanyBand, beat: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What PyTorch gives for the inputs of both graphs, by output; `plan_` and `band_` before the states."""
    net.eval()
    heard = torch.from_numpy(beat["features"])[:, None, None]
    phase = torch.from_numpy(beat["phase"])[:, None, None]
    count = torch.from_numpy(beat["heard"])[None]
    cells = torch.cat([band_net.known(heard, count), phase], dim=-1)
    chords, keys, styles, plan_state = net.plan(cells, torch.from_numpy(beat["plan_state"]))
    example = torch.zeros(3 * grid.CELLS, 1, 1, COLUMNS["weight"].stop)
    example[..., COLUMNS["features"]], example[..., COLUMNS["heard"]] = heard, count[0]
    example[grid.CELLS :, ..., COLUMNS["phase"]] = phase
    controls = torch.from_numpy(beat["controls"])[:, None, None]
    example[grid.CELLS :, ..., COLUMNS["style"].start : COLUMNS["fill"].stop] = controls
    before, now = (torch.tensor([[int(chord)]]) for chord in beat["chords"])
    key, sure = torch.from_numpy(beat["key"])[None], torch.tensor([[0.8]])
    told = band_net.Told(now, before, key, sure, torch.zeros_like(key))
    found, band_state = net(net.inputs(example, told), torch.from_numpy(beat["band_state"]))
    named = {
        f"{stem}_{name}": values[:, 0, 0] for stem, parts in found.items() for name, values in parts.items()
    }
    named |= {"chord_logits": chords[0, 0], "key_logits": keys[0, 0], "style_logits": styles[0, 0]}
    named |= {"plan_next_state": plan_state}
    return {name: values.numpy() for name, values in (named | {"band_next_state": band_state}).items()}


def as_onnx(plan, band, beat: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same by ONNX Runtime: the sessions of both graphs."""

    def ran(runner, state: str) -> dict[str, np.ndarray]:
        names = [node.name for node in runner.get_inputs() if node.name != "state"]
        found = runner.run(None, {"state": beat[state], **{name: beat[name] for name in names}})
        return dict(zip([node.name for node in runner.get_outputs()], found, strict=True))

    heard, played = ran(plan, "plan_state"), ran(band, "band_state")
    found = {f"{name}_logits": heard[f"{name}s"] for name in ("chord", "key", "style")}
    found |= {"plan_next_state": heard["next_state"], "band_next_state": played.pop("next_state")}
    return found | played


def parity(net: AccompanyBand, plan, band) -> float:
    """The largest difference between PyTorch and ONNX Runtime, relative where a value is above 1."""
    worst = 0.0
    for seed in range(6):
        beat = made_beat(seed)
        theirs, ours = as_pack(net, beat), as_onnx(plan, band, beat)
        for name, values in theirs.items():
            difference = np.abs(ours[name] - values) / np.maximum(1, np.abs(values))
            worst = larger(worst, difference)
    return worst


def timing_ms(plan, band) -> float:
    """Milliseconds of processor time for one second of audio at 120 beats per minute, both graphs."""
    beat, taken = made_beat(0), []
    for _ in range(60):
        begin = time.thread_time()
        as_onnx(plan, band, beat)
        taken.append(time.thread_time() - begin)
    return 2 * 1000 * float(np.median(taken[10:]))


def rounded(net: AccompanyBand) -> AccompanyBand:
    """With the weights as the file has them."""
    net.load_state_dict({name: values.half().float() for name, values in net.state_dict().items()})
    return net.eval()


def styles() -> list[dict]:
    """Of each style its name, what its drums are played on and its programs, from its training songs."""
    index = folder() / "songs" / "run.json"
    listed = runs.read(index)["songs"] if index.exists() else []
    found = []
    for style, title in STYLES.items():
        own = [e for e in listed if e["style"] == style and e["split"] == "train"]
        notes = [score.read((folder() / "songs" / f"{e['name']}.mid").read_bytes(), e["unit"]) for e in own]
        heard = sounds(np.concatenate(notes) if notes else np.zeros(0, score.NOTE))
        found.append({"name": title, "prior": PRIORS.get(style, 0.0), **heard})
    return found


def sounds(notes: np.ndarray) -> dict:
    """The drum each voice is mostly, the program each other stem mostly has."""
    kit = list(score.KIT)
    drums = notes[notes["part"] == 0]["pitch"]
    for voice in range(len(kit)):
        own = [int(p) for p in drums if p in KIT and score.VOICE_OF.get(int(p), len(kit) - 1) == voice]
        kit[voice] = Counter(own).most_common(1)[0][0] if own else kit[voice]
    programs = dict(PROGRAMS)
    for part, stem in enumerate(STEMS[1:], 1):
        own = notes[notes["part"] == part]["program"].tolist()
        programs[stem] = Counter(own).most_common(1)[0][0] if own else programs[stem]
    return {"kit": kit, "programs": [programs[stem] for stem in STEMS[1:]]}


def settings_of(net: AccompanyBand, trained: bool) -> decode.Settings:
    if not trained:
        return decode.Settings()
    return calibrated(net, [song for song in songs("valid") if song[0]["style"]])


def append_toml(out: Path, settings: decode.Settings, sound: Path, styles: list[dict]) -> None:
    """The sections that only this kind has."""
    lines = ["", "[plan]", f"change_costs = {list(band_net.CHANGE)}", f"key_memory = {band_net.KEY_MEMORY}"]
    lines += [f"style_memory = {band_net.STYLE_MEMORY}", f"style_lead = {band_net.STYLE_LEAD}"]
    kept = {k: v for k, v in asdict(settings).items() if k not in ("seed", "complexity")}
    lines += ["", "[decode]", *(f"{name} = {value}" for name, value in kept.items())]
    digest = hashlib.sha256(sound.read_bytes()).hexdigest()
    lines += ["", "[sound]", f'file = "{sound.name}"', f'sha256 = "{digest}"']
    lines += ['license = "MIT (FluidR3 GM, Frank Wen)"']
    for style in styles:
        lines += ["", "[[style]]", f"name = {json.dumps(style['name'])}"]
        lines += [f"kit = {style['kit']}", f"programs = {style['programs']}", f"prior = {style['prior']}"]
    with (out / "pack.toml").open("a") as file:
        file.write("\n".join(lines) + "\n")


def golden(net: AccompanyBand, settings: decode.Settings) -> dict[str, np.ndarray]:
    """One beat of both graphs; audio and its features; the graphs' numbers for some beats and their notes."""
    beat = made_beat(2)
    arrays = {**beat, **as_pack(net, beat)}
    random = np.random.default_rng(7)
    seconds = np.arange(round(GOLDEN_BEATS * 60 / GOLDEN_BPM * 44_100)) / 44_100
    tones = sum(np.sin(2 * np.pi * f * seconds) for f in (130.8, 261.6, 329.6, 392.0, 523.3))
    audio = 0.05 * tones * np.exp(-4 * (seconds % 0.3)) + 0.001 * random.standard_normal(len(seconds))
    audio = np.repeat(audio[:, None], 2, axis=1).astype(np.float32)
    arrays["listen_audio"] = audio
    arrays["listen_bpm"] = np.array([GOLDEN_BPM])
    arrays["listen_features"] = features.heard(audio, GOLDEN_BPM / 60, GOLDEN_BEATS * grid.CELLS)
    return arrays | golden_plan(random) | golden_decoding(settings, random)


def golden_plan(random: np.random.Generator, beats: int = 12, beats_per_bar: int = 4) -> dict:
    """Logits of the plan, and what is decided by them: `plan_decided` [beats, 4], chord, key, confidence,
    style."""
    chords = (3 * random.standard_normal((beats, 85))).astype(np.float32)
    keys = random.standard_normal((beats, 24)).astype(np.float32)
    styles = (2 * random.standard_normal((beats, len(STYLES)))).astype(np.float32)
    phase = grid.phase(beats, 0, beats_per_bar, False, 120)[:: grid.CELLS]
    logits = [torch.from_numpy(values)[:, None] for values in (chords, keys, styles, phase)]
    decided, _ = band_net.follow(*logits, band_net.NOTHING_FOLLOWED)
    found = np.stack([values[:, 0].numpy() for values in decided], axis=1)
    return {"plan_chords": chords, "plan_keys": keys, "plan_styles": styles, "plan_decided": found}


def golden_decoding(settings: decode.Settings, random: np.random.Generator, beats: int = 12) -> dict:
    """Random outputs of the graphs, about as dense as music; `decode_plan` [beats, 8] has chord, chord
    before, key, confidence, bar, beat, level and whether it is the first; `decode_events` [N, 4] cell, stem,
    pitch, velocity."""
    arrays = {}
    for stem, parts in OUTPUTS.items():
        for name, width in parts.items():
            values = random.standard_normal((beats, grid.CELLS, width)) * 2
            if name == "velocity":
                values = 1 / (1 + np.exp(-values))
            elif name in ("onset", "sustain"):
                own = settings.drums if stem == "drums" else getattr(settings, f"{stem}_{name}")
                values += np.minimum(np.array(own), 4) - 2
            arrays[f"decode_{stem}_{name}"] = values.astype(np.float32)
    chord, rows = random.integers(0, 84, beats // 2).repeat(2), []
    for index in range(beats):
        bar, beat = divmod(index + 1, 3)
        before = chord[max(0, index - 1)]
        confidence = 0.1 if 6 <= index < 10 else 0.9
        rows.append((chord[index], before, 9, confidence, bar, beat, -20.0, index == 0))
    arrays["decode_plan"] = np.array(rows, float)
    return arrays | {"decode_events": golden_events(arrays, settings)}


def golden_events(arrays: dict[str, np.ndarray], settings: decode.Settings) -> np.ndarray:
    """`decode_events` of the other arrays."""
    decoder, events = decode.Decoder(settings), []
    for index, row in enumerate(arrays["decode_plan"]):
        outputs = {s: {n: arrays[f"decode_{s}_{n}"][index] for n in p} for s, p in OUTPUTS.items()}
        chord, before, key, confidence, bar, beat, level, first = row
        told = (int(chord), int(before), int(key), float(confidence), int(bar), int(beat), float(level))
        events += decoder.step(decode.Beat(outputs, *told, first > 0))
    return np.array(events, float)


def redecode(pack: Path) -> None:
    """Writes the golden notes of a pack anew, as the decoder plays them now, and nothing else."""
    golden = pack / "golden"
    shapes = json.loads((golden / "golden.json").read_text())
    arrays = {
        name: np.fromfile(golden / f"{name}.f32", "<f4").reshape(shape)
        for name, shape in shapes["arrays"].items()
    }
    settings = tomllib.loads((pack / "pack.toml").read_text())["decode"]
    arrays["decode_events"] = golden_events(arrays, decode.Settings(**settings))
    write_golden(pack, arrays, GOLDEN_WHAT, shapes["tolerance"])


def export(network: str, run: Path | None, out: Path, version: str) -> dict:
    """Writes the pack; without a run the networks are untrained. Returns what was measured."""
    band_run = run and (run if (run / "checkpoint.pt").exists() else run.with_name("accompany-band"))
    net = rounded(load_network(band_run) if band_run else networks.build("accompany-band"))
    for file, model in ((PLAN, plan_to_onnx(net.plan)), (BAND, band_to_onnx(net))):
        onnx.save(model, out / file)
    plan, band = session(out / PLAN), session(out / BAND)
    difference = parity(net, plan, band)
    if difference > TOLERANCE:
        raise SystemExit(f"ONNX differs from PyTorch by {difference:.2e}, allowed {TOLERANCE}")
    stream = {
        "sample_rate": 44_100, "fft": features.STFT.fft, "hop": features.STFT.hop, "channels": 1,
    }  # fmt: skip
    what = "Plays drums, bass, piano and other around what you play." if run else "Untrained: no meaning."
    write_toml(out, "Accompany", version, "notes", what, stream, [(PLAN, ()), (BAND, STEMS)])
    settings = settings_of(net, run is not None)
    found = styles()
    programs = {program for style in found for program in style["programs"]} | set(PROGRAMS.values())
    drums = {drum for style in found for drum in style["kit"]} | set(score.KIT)
    reduced(render.BANKS["fluid"], programs, drums, out / SOUND)
    append_toml(out, settings, out / SOUND, found)
    write_golden(out, golden(net, settings), GOLDEN_WHAT, TOLERANCE)
    taken = timing_ms(plan, band)
    print(f"accompany: parity {difference:.1e}, {taken:.1f} ms per second of audio at 120 BPM")
    trainings = {
        name: runs.joined(runs.read(band_run.with_name(name) / "run.json"))
        for name in ("accompany-plan", "accompany-band")
        if band_run and (band_run.with_name(name) / "run.json").exists()
    }
    return {
        "parity": difference, "milliseconds_per_second": round(taken, 1), "training": trainings or None,
    }  # fmt: skip


if __name__ == "__main__":
    redecode(Path(sys.argv[1]))
