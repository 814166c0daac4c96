"""A small SoundFont cut out of a large one: the presets and drums that a pack's styles are played on.

Stereo samples become their left side, what lies after a loop goes, instruments lose samples between others,
and the largest samples lose half of their rate until all fit.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from .. import sf3

MAX_BYTES = 12 << 20
LOWEST_RATE = 11_025
MOST_ZONES = (12, 8, 6, 5, 4, 3)  # of an instrument that has pitch; as many as fit
LONGEST_S = 3.0  # without a loop; fades out
DRUMS = (128, 0)
PAN, KEYS, VELOCITIES, INSTRUMENT, SAMPLE, MODES = 17, 43, 44, 41, 53, 54
START, LOOP_START, LOOP_END = (0, 4), (2, 45), (3, 50)  # count samples, and steps of 32,768 samples
OFFSETS = {*START, *LOOP_START, *LOOP_END, 1, 12}
RIGHT, LEFT, MONO = 2, 4, 1
RECORDS = {
    "phdr": "<20s3H3I", "pbag": "<2H", "pgen": "<HH", "inst": "<20sH", "ibag": "<2H", "igen": "<HH",
    "shdr": sf3.HEADER,
}  # fmt: skip

Zone = dict[int, int]
"""Generators of a zone by number; amounts as unsigned 16-bit numbers."""


def read(path: Path) -> tuple[dict[str, list[tuple]], np.ndarray]:
    """-> records by the name of their list, and all samples."""
    (_, whole), *_ = sf3.chunks(path.read_bytes())
    records, samples = {}, np.zeros(0, np.int16)
    for _, part in sf3.chunks(whole[4:]):
        for own, body in sf3.chunks(part[4:]):
            name = own.decode()
            if name == "smpl":
                samples = np.frombuffer(body, "<i2")
            elif name in RECORDS:
                records[name] = list(struct.iter_unpack(RECORDS[name], body))
    return records, samples


def zones(bags: list[tuple], gens: list[tuple], first: int, last: int) -> list[Zone]:
    return [dict(gens[bags[bag][0] : bags[bag + 1][0]]) for bag in range(first, last)]


def reduced(source: Path, programs: set[int], drums: set[int], out: Path, max_bytes: int = MAX_BYTES) -> int:
    """Writes `out` with these General-MIDI programs and drums of `source`; returns its bytes."""
    records, samples = read(source)
    headers = records["phdr"]
    presets, needed = [], {}
    for index, header in enumerate(headers[:-1]):
        number, bank = header[1], header[2]
        if (bank, number) == DRUMS or (bank == 0 and number in programs):
            own = zones(records["pbag"], records["pgen"], header[3], headers[index + 1][3])
            presets.append((header, own))
            for zone in own:
                if INSTRUMENT in zone:
                    needed.setdefault(zone[INSTRUMENT], drums if (bank, number) == DRUMS else None)
    for most in MOST_ZONES:
        instruments = {old: _instrument(records, old, keys, most) for old, keys in needed.items()}
        kept = _samples(records, samples, [own for _, own in instruments.values()])
        if _shrink(kept, max_bytes - 65_536):
            break
    else:
        raise SystemExit(f"the sounds do not fit into {max_bytes} bytes")
    out.write_bytes(_written(presets, instruments, kept, records["shdr"]))
    return out.stat().st_size


def _samples(records: dict, samples: np.ndarray, instruments: list[list[Zone]]) -> dict[int, dict]:
    users: dict[int, list[Zone]] = {}
    for own in instruments:
        for zone in own:
            if SAMPLE in zone:
                users.setdefault(zone[SAMPLE], []).append(zone)
    looped = {zone[SAMPLE] for own in instruments for zone in _looped(own)}
    return {old: _cut(records["shdr"][old], samples, old in looped, users[old]) for old in sorted(users)}


def _instrument(records: dict, index: int, keys: set[int] | None, most: int) -> tuple[bytes, list[Zone]]:
    """Its name and zones, without right sides, without drums that are not played, and at most so many."""
    inst = records["inst"]
    found = zones(records["ibag"], records["igen"], inst[index][1], inst[index + 1][1])
    kept = []
    for zone in found:
        low, high = zone.get(KEYS, 0x7F00) & 0xFF, zone.get(KEYS, 0x7F00) >> 8
        if SAMPLE in zone and keys is not None and not any(low <= key <= high for key in keys):
            continue
        kind = records["shdr"][zone[SAMPLE]][9] if SAMPLE in zone else MONO
        if kind == RIGHT and any(_is_pair(zone, other, records) for other in found):
            continue
        if kind == LEFT:
            zone = {**zone, PAN: 0}
        kept.append(zone)
    return inst[index][0], kept if keys is not None else _thinned(kept, most)


def _thinned(own: list[Zone], most: int) -> list[Zone]:
    """At most so many samples side by side; those that stay play what lay between, downwards."""
    found = [zone for zone in own if SAMPLE not in zone]
    layers: dict[tuple, list[Zone]] = {}
    for zone in own:
        if SAMPLE in zone:
            layers.setdefault((zone.get(VELOCITIES), KEYS in zone), []).append(zone)
    for layer in layers.values():
        layer.sort(key=lambda zone: zone.get(KEYS, 0x7F00) & 0xFF)
        ends = [(zone.get(KEYS, 0x7F00) & 0xFF, zone.get(KEYS, 0x7F00) >> 8) for zone in layer]
        is_row = all(before[1] < after[0] for before, after in zip(ends, ends[1:], strict=False))
        if not is_row or len(layer) <= most:
            found += layer
            continue
        low = ends[0][0]
        for place in np.linspace(len(layer) / most - 1, len(layer) - 1, most).round().astype(int):
            high = ends[place][1]
            found.append({**layer[place], KEYS: high << 8 | low})
            low = high + 1
    return found


def _is_pair(zone: Zone, other: Zone, records: dict) -> bool:
    if SAMPLE not in other or records["shdr"][other[SAMPLE]][9] != LEFT:
        return False
    return all(zone.get(name) == other.get(name) for name in (KEYS, VELOCITIES))


def _looped(own: list[Zone]) -> Iterator[Zone]:
    common = own[0].get(MODES, 0) if own and SAMPLE not in own[0] else 0
    return (zone for zone in own if SAMPLE in zone and zone.get(MODES, common) & 1)


def _offset(zone: Zone, names: tuple[int, int]) -> int:
    fine, coarse = ((zone.get(name, 0) + 32_768) % 65_536 - 32_768 for name in names)
    return fine + 32_768 * coarse


def _cut(header: tuple, samples: np.ndarray, is_looped: bool, own: list[Zone]) -> dict:
    """A sample as its zones play it, which begin and loop where the first of them does."""
    _, start, end, loop_start, loop_end, rate, *_ = header
    begin = _offset(own[0], START)
    data = samples[start + begin : end].astype(np.float32)
    loop = [
        place - start - begin + _offset(own[0], names)
        for place, names in ((loop_start, LOOP_START), (loop_end, LOOP_END))
    ]
    if is_looped:
        data = data[: loop[1] + 8]
    else:
        if len(data) > LONGEST_S * rate:
            data = data[: int(LONGEST_S * rate)]
            fade = len(data) // 3
            data[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade)) ** 2
        loop = [8, len(data) - 8]
    return {"data": data, "loop": loop, "rate": rate}


def _shrink(kept: dict[int, dict], max_bytes: int) -> bool:
    """Halves the rate of the largest until they fit, so that a loop keeps a whole number of samples;
    whether they do."""
    while 2 * sum(len(sample["data"]) + sf3.PADDING for sample in kept.values()) > max_bytes:
        able = [sample for sample in kept.values() if sample["rate"] >= 2 * LOWEST_RATE]
        if not able:
            return False
        largest = max(able, key=lambda sample: len(sample["data"]))
        first, last = largest["loop"]
        length = last - first
        half = max(1, round(length / 2))
        largest["data"] = resample_poly(largest["data"], half, length)
        first = round(first * half / length)
        largest["loop"] = [first, first + half]
        largest["rate"] = round(largest["rate"] * half / length)
    return True


def _written(presets: list, instruments: dict, kept: dict[int, dict], shdr: list[tuple]) -> bytes:
    sample_of = {old: new for new, old in enumerate(kept)}
    instrument_of = {old: new for new, old in enumerate(instruments)}
    data, headers = [], []
    for old, sample in kept.items():
        start = sum(map(len, data))
        values = np.clip(np.round(sample["data"]), -32768, 32767).astype("<i2")
        data.append(np.concatenate([values, np.zeros(sf3.PADDING, "<i2")]))
        places = [start, start + len(values), *(start + place for place in sample["loop"])]
        name, _, _, _, _, _, pitch, correction, _, _ = shdr[old]
        headers.append((name, *places, sample["rate"], pitch, correction, 0, MONO))
    lists = {name: [] for name in RECORDS}
    for header, own in presets:
        lists["phdr"].append((*header[:3], len(lists["pbag"]), *header[4:]))
        _add(lists, "p", own, INSTRUMENT, instrument_of)
    for name, own in instruments.values():
        lists["inst"].append((name, len(lists["ibag"])))
        _add(lists, "i", [_placed(zone) for zone in own], SAMPLE, sample_of)
    lists["phdr"].append((b"EOP", 0, 0, len(lists["pbag"]), 0, 0, 0))
    lists["inst"].append((b"EOI", len(lists["ibag"])))
    for kind in "pi":
        lists[f"{kind}bag"].append((len(lists[f"{kind}gen"]), 0))
        lists[f"{kind}gen"].append((0, 0))
    lists["shdr"] = [*headers, (b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)]
    packed = {
        name: b"".join(struct.pack(RECORDS[name], *record) for record in rows) for name, rows in lists.items()
    }
    none = bytes(10)
    order = ("phdr", "pbag", "pmod", "pgen", "inst", "ibag", "imod", "igen", "shdr")
    pdta = b"".join(sf3.packed(name.encode(), packed.get(name, none)) for name in order)
    info = sf3.packed(b"ifil", struct.pack("<HH", 2, 1)) + sf3.packed(b"isng", b"EMU8000\0")
    info += sf3.packed(b"INAM", b"Accompany\0")
    sdta = sf3.packed(b"smpl", np.concatenate(data).tobytes())
    parts = [(b"INFO", info), (b"sdta", sdta), (b"pdta", pdta)]
    return sf3.packed(b"RIFF", b"sfbk" + b"".join(sf3.packed(b"LIST", name + body) for name, body in parts))


def _placed(zone: Zone) -> Zone:
    """Without the offsets that its sample has now."""
    return {name: amount for name, amount in zone.items() if name not in OFFSETS}


def _add(lists: dict, kind: str, own: list[Zone], target: int, numbers: dict[int, int]) -> None:
    """A zone's target comes last, its keys first."""
    for zone in own:
        lists[f"{kind}bag"].append((len(lists[f"{kind}gen"]), 0))
        first = [number for number in (KEYS, VELOCITIES) if number in zone]
        others = [number for number in zone if number not in (KEYS, VELOCITIES, target)]
        lists[f"{kind}gen"] += [(number, zone[number]) for number in (*first, *others)]
        if target in zone:
            lists[f"{kind}gen"].append((target, numbers[zone[target]]))
