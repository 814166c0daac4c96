import io
import struct

import numpy as np
import soundfile

from one2four_training import sf3


def test_compressed_samples_become_plain_ones_in_their_places(tmp_path):
    time = np.arange(20_000) / 44_100
    tones = [np.sin(2 * np.pi * hertz * time) for hertz in (220, 330)]
    oggs = []
    for tone in tones:
        file = io.BytesIO()
        soundfile.write(file, 0.5 * tone, 44_100, format="OGG", subtype="VORBIS")
        oggs.append(file.getvalue())
    oggs[1] += b"x" * (1 - sum(map(len, oggs)) % 2)  # an odd number of bytes, which MuseScore does not pad
    headers, at = [], 0
    for name, ogg in zip((b"a", b"b"), oggs, strict=True):
        headers.append(struct.pack(sf3.HEADER, name, at, at + len(ogg), 100, 19_000, 44_100, 60, 0, 0, 0x11))
        at += len(ogg)
    sdta = b"LIST" + struct.pack("<I", 12 + at) + b"sdtasmpl" + struct.pack("<I", at) + b"".join(oggs)
    info = sf3.packed(b"LIST", b"INFO" + sf3.packed(b"ifil", struct.pack("<HH", 3, 0)))
    pdta = sf3.packed(b"LIST", b"pdta" + sf3.packed(b"shdr", b"".join(headers)))
    (tmp_path / "made.sf3").write_bytes(sf3.packed(b"RIFF", b"sfbk" + info + sdta + pdta))

    file = sf3.plain(tmp_path / "made.sf3", tmp_path / "made.sf2")
    (_, whole), *_ = sf3.chunks(file.read_bytes())
    lists = {part[:4]: dict(sf3.chunks(part[4:])) for _, part in sf3.chunks(whole[4:])}
    assert struct.unpack("<HH", lists[b"INFO"][b"ifil"])[0] == 2
    samples = np.frombuffer(lists[b"sdta"][b"smpl"], "<i2") / 32_768
    found = list(struct.iter_unpack(sf3.HEADER, lists[b"pdta"][b"shdr"]))
    assert len(found) == 2
    for (_, start, end, loop_start, loop_end, *_, kind), tone in zip(found, tones, strict=True):
        assert kind == 1 and end - start == 20_000 and (loop_start - start, loop_end - start) == (100, 19_000)
        assert np.abs(samples[start + 100 : end - 100] - 0.5 * tone[100:-100]).max() < 0.02
        assert not samples[end : end + sf3.PADDING].any()
