import json
import tomllib

import numpy as np
import onnx

from one2four_training import networks
from one2four_training.accompany import decode, features, grid
from one2four_training.export import export, notes
from one2four_training.export.graph import session
from one2four_training.export.notes_graph import band_to_onnx, plan_to_onnx
from one2four_training.networks.accompany_band import OUTPUTS


def test_onnx_agrees_with_torch_from_non_zero_states():
    net = notes.rounded(networks.build("accompany-band"))
    plan, band = session(plan_to_onnx(net.plan)), session(band_to_onnx(net))
    assert notes.parity(net, plan, band) < 1e-5
    assert notes.parity(notes.rounded(networks.build("accompany-band")), plan, band) > 1e-3


def test_pack_is_complete(tmp_path, made_songs):
    folder = tmp_path / "accompany"
    export("accompany", None, folder, "0.0.0", seed=1, untrained=True)
    pack = tomllib.loads((folder / "pack.toml").read_text())
    assert pack["kind"] == "notes" and [g["stems"] for g in pack["graph"]][0] == []
    assert len(pack["style"]) == notes.CONTROLS - 3 and len(pack["decode"]["drums"]) == decode.VOICES
    for graph in pack["graph"]:
        assert onnx.load(folder / graph["file"]).opset_import[0].version == 17
        assert (folder / graph["file"]).stat().st_size < 12e6
    index = json.loads((folder / "golden" / "golden.json").read_text())
    arrays = {
        name: np.fromfile(folder / "golden" / f"{name}.f32", "<f4").reshape(shape)
        for name, shape in index["arrays"].items()
    }
    golden_decodes(arrays, pack["decode"])
    found = features.heard(arrays["listen_audio"], float(arrays["listen_bpm"][0]) / 60, 4 * grid.CELLS)
    assert np.abs(found - arrays["listen_features"]).max() < 1e-5
    assert sum(file.stat().st_size for file in (folder / "golden").iterdir()) < 2_000_000


def golden_decodes(arrays: dict[str, np.ndarray], settings: dict) -> None:
    decoder, events = decode.Decoder(decode.Settings(**settings)), []
    for index, row in enumerate(arrays["decode_plan"]):
        outputs = {s: {n: arrays[f"decode_{s}_{n}"][index] for n in parts} for s, parts in OUTPUTS.items()}
        chord, before, key, confidence, bar, beat, level, first = row
        events += decoder.step(
            decode.Beat(
                outputs, int(chord), int(before), int(key), confidence, int(bar), int(beat), level, first > 0
            )
        )
    assert np.array_equal(np.array(events), arrays["decode_events"])
    assert {event.stem for event in events} == {0, 1, 2, 3}
