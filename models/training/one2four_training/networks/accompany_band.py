"""`accompany-band`: four BiLSTMs of 2 x 96, one per stem, that play around what is heard.

They read the chord plan, and everything that has a pitch relative to the root of the beat's chord; so what
they learn in one key holds in all. The plan's network is inside, frozen: half of the rows of a batch are
told the song's chords, the others hear them as they will in the plugin.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .. import STEMS, runs
from ..accompany import chords, features, score
from ..accompany.examples import COLUMNS, Examples
from ..accompany.grid import CELLS, MAX_BEATS, PHASE
from ..accompany.songs import PRIORS, STYLES
from ..machine import half_precision
from .accompany_plan import AccompanyPlan
from .accompany_stream import STATE_PARTS, Stack, inputs_of, known, windows

UNITS = 96
BEATS = 24  # of an example
KINDS = len(chords.QUALITIES) + 1
PLAN_INPUTS = KINDS + 12 + 1 + 1 + 12  # quality, where the chord before was, change, confidence, scale
INPUTS = inputs_of(PHASE + len(STYLES) + 2 + 1 + PLAN_INPUTS)
CHANGE = (0.5, 1.0, 2.0)  # costs of a change of chord: the best of seven on songs to validate with
KEY_MEMORY, STYLE_MEMORY = 0.95, 0.99
STYLE_LEAD = 8.0  # by which a style must be likelier than the one that is played
BASS_CLASSES = score.FIRST_PITCH + score.BASS_PITCHES
DRUMS, PITCHES = len(score.VOICES), score.CHORD_PITCHES
OUTPUTS = {
    "drums": {"onset": DRUMS, "velocity": DRUMS},
    "bass": {"note": BASS_CLASSES, "velocity": 1},
    "piano": {"onset": PITCHES, "sustain": PITCHES, "velocity": 1},
    "other": {"onset": PITCHES, "sustain": PITCHES, "velocity": 1},
}
BASS_HOLD_WEIGHT, SUSTAIN_WEIGHT, VELOCITY_WEIGHT, COUNT_WEIGHT = 0.4, 0.5, 0.5, 0.02
MAX_ONSET_WEIGHT = 4.0

ROOT = torch.from_numpy(chords.root_of(np.arange(chords.CHORDS)))
QUALITY = torch.eye(KINDS)[torch.from_numpy(chords.quality_of(np.arange(chords.CHORDS)))]
SCALE = torch.from_numpy(chords.SCALE)


class Told(NamedTuple):
    """The plan of each beat, [K, B] each."""

    chord: torch.Tensor
    before: torch.Tensor
    """The chord of the beat before; at the start of a stream the same."""
    key: torch.Tensor
    confidence: torch.Tensor
    """0 to 1."""
    style: torch.Tensor
    """The one that is heard."""


def build(stems: tuple[str, ...]) -> "AccompanyBand":
    if stems != STEMS:
        raise SystemExit("accompany-band is one network for all stems: leave --stems out")
    return AccompanyBand()


class AccompanyBand(nn.Module):
    example_samples = (BEATS + 2) * CELLS
    advance_samples = BEATS * CELLS
    consecutive = 3
    small = True

    @staticmethod
    def source(split: str, folder: Path | None = None) -> Examples:
        """A band plays in a style; songs without one it only learns from."""
        return Examples(split, folder, are_named=split == "valid")

    def __init__(self) -> None:
        super().__init__()
        self.plan = AccompanyPlan().requires_grad_(False)
        self.stacks = nn.ModuleList([Stack(INPUTS, UNITS) for _ in STEMS])
        self.heads = nn.ModuleList([nn.Linear(3 * UNITS, sum(OUTPUTS[s].values())) for s in STEMS])
        self.register_buffer("drums_weight", torch.ones(DRUMS))
        self.register_buffer("piano_weight", torch.ones(PITCHES))
        self.register_buffer("other_weight", torch.ones(PITCHES))

    @staticmethod
    def zero_state(rows: int) -> torch.Tensor:
        return torch.zeros(len(STEMS) * STATE_PARTS, rows, UNITS)

    def prepare(self, examples: torch.Tensor) -> None:
        """Takes over the trained plan, and weighs the onsets by how rare they are."""
        checkpoint = runs.cache() / "runs" / "accompany-plan" / "checkpoint.pt"
        if not checkpoint.exists():
            raise SystemExit("accompany-band hears chords by accompany-plan: train that first")
        self.plan.load_state_dict(torch.load(checkpoint, weights_only=False)["best"])
        for stem in ("drums", "piano", "other"):
            onsets = examples[..., COLUMNS["drums" if stem == "drums" else f"{stem}_onset"]] > 0
            share = onsets.float().mean((0, 1)).clamp(min=1e-3)
            weight = ((1 - share) / share).sqrt().clamp(1, MAX_ONSET_WEIGHT)
            getattr(self, f"{stem}_weight").copy_(weight)

    def forward(
        self, cells: torch.Tensor, state: torch.Tensor
    ) -> tuple[dict[str, dict[str, torch.Tensor]], torch.Tensor]:
        """[12, K, B, INPUTS] and state -> per stem what OUTPUTS says [6, K, B, ...], logits but for the
        velocities, which are 0 to 1; and the next state."""
        found, states = {}, []
        for index, stem in enumerate(STEMS):
            own = state[index * STATE_PARTS : (index + 1) * STATE_PARTS]
            hidden, kept = self.stacks[index](cells, own)
            parts = self.heads[index](hidden).split(list(OUTPUTS[stem].values()), dim=-1)
            found[stem] = dict(zip(OUTPUTS[stem], parts, strict=True))
            found[stem]["velocity"] = torch.sigmoid(found[stem]["velocity"])
            states.append(kept)
        return found, torch.cat(states)

    def inputs(self, cut: torch.Tensor, told: Told) -> torch.Tensor:
        """Windows of examples [18, K, B, WIDTH] and the plan -> [12, K, B, INPUTS]. Where no style is told it
        is the one that is heard."""
        heard = cut[CELLS, ..., COLUMNS["heard"]].squeeze(-1)
        root = ROOT[told.chord]
        relative = rotated(cut[..., COLUMNS["features"]], root)
        away = functional.one_hot((ROOT[told.before] - root) % 12, 12).float()
        changed = (told.before != told.chord).float()[..., None]
        scale = rolled(SCALE[told.key], root)
        plan = torch.cat(
            [QUALITY[told.chord], away, changed, told.confidence[..., None], scale], dim=-1
        ).expand(2 * CELLS, -1, -1, -1)
        phase, style, *others = (
            cut[CELLS:, ..., COLUMNS[name]] for name in ("phase", "style", "intensity", "fill")
        )
        if not self.training:  # in training a style that is not told may be one without a name
            heard_style = functional.one_hot(told.style, len(STYLES)).to(style.dtype)
            style = torch.where(style.sum(-1, keepdim=True) > 0, style, heard_style)
        return torch.cat([known(relative, heard), phase, style, *others, plan], dim=-1)

    def told(self, examples: torch.Tensor, state: Any) -> tuple[Told, Any]:
        """The plan of each beat: the song's, or what is heard. The state is the plan's and its decisions'."""
        now = windows(examples)[CELLS]
        true = now[..., COLUMNS["chord"]].squeeze(-1).long()
        chord, key, confidence, style, state = self.decided(examples, state)
        is_true = now[..., COLUMNS["true_plan"]].squeeze(-1) > 0
        chord = torch.where(is_true, true, chord)
        key = torch.where(is_true, now[..., COLUMNS["key"]].squeeze(-1).long(), key)
        confidence = torch.where(is_true, torch.ones(()), confidence)
        first = chord[:1] if state.get("before") is None else state["before"][None]
        before = torch.cat([first, chord[:-1]])
        return Told(chord, before, key, confidence, style), {**state, "before": chord[-1]}

    @torch.no_grad()
    def decided(self, examples: torch.Tensor, state: Any):
        """What the frozen plan hears: chords, keys, confidences, styles [K, B], and its state."""
        state = state or {"lstm": self.plan.zero_state(len(examples)), **NOTHING_FOLLOWED}
        *logits, lstm = self.plan.of_example(examples, state["lstm"])
        decisions, followed = follow(*logits, windows(examples)[CELLS, ..., COLUMNS["phase"]], state)
        return *decisions, {**state, "lstm": lstm, **followed}

    def of_example(self, examples: torch.Tensor, state: Any):
        """[B, 6 (K + 2), WIDTH] -> the outputs of `forward`, the plan, and the next state."""
        state = state or {"band": self.zero_state(len(examples)), "plan": None}
        told, plan = self.told(examples, state["plan"])
        cells = self.inputs(windows(examples), told)
        with half_precision(self.training):
            found, band = self(cells, state["band"])
        found = {
            stem: {name: values.float() for name, values in parts.items()} for stem, parts in found.items()
        }
        return found, told, {"band": band.float(), "plan": plan}

    def loss(self, examples: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        found, _, state = self.of_example(examples, state)
        return self.missed(found, examples), {"band": state["band"].detach(), "plan": state["plan"]}

    def missed(self, found: dict[str, dict[str, torch.Tensor]], examples: torch.Tensor) -> torch.Tensor:
        """How far the outputs are from what MMA plays."""
        now = windows(examples)[CELLS : 2 * CELLS]  # [6, K, B, WIDTH]
        weight = now[..., COLUMNS["weight"]] * (now[..., COLUMNS["chord"]] != chords.NO_CHORD)
        total = onset_loss(found["drums"]["onset"], now[..., COLUMNS["drums"]], self.drums_weight, weight)
        total = total + velocity_loss(found["drums"]["velocity"], now[..., COLUMNS["drums"]], weight)
        total = total + bass_loss(found["bass"], now[..., COLUMNS["bass"]], weight)
        for stem in ("piano", "other"):
            onset, sustain = (now[..., COLUMNS[f"{stem}_{part}"]] for part in ("onset", "sustain"))
            total = total + onset_loss(found[stem]["onset"], onset, getattr(self, f"{stem}_weight"), weight)
            held = functional.binary_cross_entropy_with_logits(
                found[stem]["sustain"], sustain, reduction="none"
            )
            total = total + SUSTAIN_WEIGHT * averaged(held.sum(-1, keepdim=True), weight)
            loudest = onset.amax(-1, keepdim=True)
            total = total + velocity_loss(found[stem]["velocity"], loudest, weight)
        return total


def averaged(each: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return (each * weight).sum() / weight.sum().clamp(min=1)


def onset_loss(logits, velocity, rarity, weight) -> torch.Tensor:
    """Cross-entropy of each onset, rare ones weighted, and how far the number of onsets in a beat is off."""
    wanted = (velocity > 0).to(logits.dtype)
    each = functional.binary_cross_entropy_with_logits(logits, wanted, pos_weight=rarity, reduction="none")
    off = (torch.sigmoid(logits) - wanted).sum(0, keepdim=True).square()
    count = averaged(off.sum(-1, keepdim=True), weight[:1])
    return averaged(each.sum(-1, keepdim=True), weight) + COUNT_WEIGHT * count


def velocity_loss(found, velocity, weight) -> torch.Tensor:
    sounds = (velocity > 0).to(found.dtype) * weight
    return VELOCITY_WEIGHT * ((found - velocity).abs() * sounds).sum() / sounds.sum().clamp(min=1)


def bass_loss(found: dict[str, torch.Tensor], bass: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    classes = torch.ones(BASS_CLASSES)
    classes[score.HOLD] = BASS_HOLD_WEIGHT
    wanted = bass[..., 0].long().flatten()
    each = functional.cross_entropy(
        found["note"].flatten(0, 2), wanted, weight=classes, reduction="none"
    ).reshape(weight.shape)
    return averaged(each, weight) + velocity_loss(found["velocity"], bass[..., 1:], weight)


def rolled(values: torch.Tensor, root: torch.Tensor) -> torch.Tensor:
    """[..., 12] from C on -> from the root on."""
    index = (torch.arange(12) + root[..., None]) % 12
    return values.gather(-1, index.expand(values.shape))


def rotated(heard: torch.Tensor, root: torch.Tensor) -> torch.Tensor:
    """Features [18, K, B, FEATURES] -> the same, chroma from the root [K, B] on."""
    low, full = (rolled(heard[..., part], root) for part in (features.LOW, features.FULL))
    return torch.cat([heard[..., : features.LOW.start], low, full], dim=-1)


def change_costs(phase: torch.Tensor) -> torch.Tensor:
    """Phase of beats [K, B, PHASE] -> what a change of chord costs there [K, B]."""
    first, middle = phase[..., CELLS] > 0, phase[..., CELLS + MAX_BEATS + 1] > 0
    costs = torch.tensor(CHANGE)
    return torch.where(first, costs[0], torch.where(middle, costs[1], costs[2]))


NOTHING_FOLLOWED = {
    "scores": 0.0, "keys": 0.0, "styles": torch.tensor([PRIORS.get(style, 0.0) for style in STYLES]),
    "style": None,
}  # fmt: skip


def follow(
    chord_logits: torch.Tensor, key_logits: torch.Tensor, style_logits: torch.Tensor, phase: torch.Tensor,
    state: dict,
) -> tuple[tuple[torch.Tensor, ...], dict]:  # fmt: skip
    """The plan's logits and the phase of each beat [K, B, ...] -> chords, keys, confidences, styles [K, B];
    the state is NOTHING_FOLLOWED at the start of a stream."""
    scores, keys, styles, style = (state[name] for name in NOTHING_FOLLOWED)
    costs, found = change_costs(phase), []
    for beat in range(len(chord_logits)):
        shares = torch.log_softmax(chord_logits[beat], dim=-1)
        scores = tracked(scores, shares, costs[beat])
        chord = scores.argmax(-1)
        keys = KEY_MEMORY * keys + torch.log_softmax(key_logits[beat], dim=-1)
        confidence = shares.gather(-1, chord[:, None]).exp().squeeze(-1) * (chord != chords.NO_CHORD)
        styles = STYLE_MEMORY * styles + torch.log_softmax(style_logits[beat], dim=-1)
        style = styled(style, styles, phase[beat, :, CELLS] > 0)
        found.append((chord, keys.argmax(-1), confidence, style))
    decisions = tuple(torch.stack(part) for part in zip(*found, strict=True))
    return decisions, {"scores": scores, "keys": keys, "styles": styles, "style": style}


def styled(style: torch.Tensor | None, sums: torch.Tensor, is_bar: torch.Tensor) -> torch.Tensor:
    """The style of a beat [B]: another than before only where a bar starts and where it leads."""
    best = sums.argmax(-1)
    if style is None:
        return best
    lead = sums.amax(-1) - sums.gather(-1, style[:, None]).squeeze(-1)
    return torch.where(is_bar & (lead > STYLE_LEAD), best, style)


def tracked(scores: torch.Tensor | float, shares: torch.Tensor, cost: torch.Tensor) -> torch.Tensor:
    """One step of Viterbi forwards: scores and log shares [B, CHORDS], costs [B] -> the next scores."""
    if isinstance(scores, float):
        return shares - shares.amax(-1, keepdim=True)
    scores = torch.maximum(scores, scores.amax(-1, keepdim=True) - cost[:, None]) + shares
    return scores - scores.amax(-1, keepdim=True)
