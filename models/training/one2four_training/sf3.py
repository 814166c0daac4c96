"""SoundFonts with compressed samples (SF3) as plain ones (SF2): of these fluidsynth reads only what is
played; it takes seconds to decode the others, each time."""

import io
import os
import struct
from pathlib import Path

import numpy as np
import soundfile

HEADER = "<20s5IBbHH"  # of the list `shdr`
COMPRESSED = 0x10  # of a sample's type
PADDING = 46  # samples of silence after each


def plain(source: Path, target: Path) -> Path:
    """`target`, made of `source` where it is not there yet."""
    if target.exists():
        return target
    kind, whole = chunks(source.read_bytes())[0]
    lists = [(name, part[:4], chunks(part[4:])) for name, part in chunks(whole[4:])]
    samples = next(body for *_, own in lists for name, body in own if name == b"smpl")
    headers, pcm = unpacked(samples, next(body for *_, own in lists for name, body in own if name == b"shdr"))
    put = {b"smpl": pcm, b"shdr": headers, b"ifil": struct.pack("<HH", 2, 1)}
    parts = [
        packed(name, form + b"".join(packed(own, put.get(own, body)) for own, body in inside))
        for name, form, inside in lists
    ]
    partial = target.with_suffix(f".{os.getpid()}.partial")  # several processes may want it at once
    partial.write_bytes(packed(kind, whole[:4] + b"".join(parts)))
    partial.replace(target)
    return target


def unpacked(samples: bytes, headers: bytes) -> tuple[bytes, bytes]:
    """The list of samples and their audio, of an SF3 -> those of an SF2. There a sample's place counts bytes
    and its loop from its own start; here all count samples."""
    found, audio, at = [], [], 0
    for header in struct.iter_unpack(HEADER, headers):
        name, start, end, loop_start, loop_end, *rest, kind = header
        if kind & COMPRESSED:
            data = soundfile.read(io.BytesIO(samples[start:end]), dtype="int16")[0]
            audio += [data, np.zeros(PADDING, np.int16)]
            places = (at, at + len(data), at + loop_start, at + loop_end)
            header = (name, *places, *rest, kind & ~COMPRESSED)
            at += len(data) + PADDING
        found.append(struct.pack(HEADER, *header))
    return b"".join(found), np.concatenate(audio).astype("<i2").tobytes()


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The (name, content) of each chunk of a RIFF file, or of a list in one."""
    found, at = [], 0
    while at + 8 <= len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        found.append((data[at : at + 4], data[at + 8 : at + 8 + size]))
        at += 8 + size
        at += size % 2 and data[at : at + 1] == b"\0"  # as it should be; MuseScore's has no padding
    return found


def packed(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
