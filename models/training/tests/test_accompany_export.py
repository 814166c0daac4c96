import json
import tomllib

import numpy as np
import onnx

from one2four_training import networks
from one2four_training.accompany import decode, features, grid
from one2four_training.export import export, notes
from one2four_training.export.graph import session
from one2four_training.export.notes_graph import band_to_onnx, plan_to_onnx


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
    events = notes.golden_events(arrays, decode.Settings(**pack["decode"]))
    assert np.array_equal(events, arrays["decode_events"]) and set(events[:, 1]) == {0, 1, 2, 3}
    found = features.heard(arrays["listen_audio"], float(arrays["listen_bpm"][0]) / 60, 4 * grid.CELLS)
    assert np.abs(found - arrays["listen_features"]).max() < 1e-5
    assert sum(file.stat().st_size for file in (folder / "golden").iterdir()) < 2_000_000


def test_a_change_of_the_decoder_renews_only_its_notes(tmp_path, made_songs):
    folder = tmp_path / "accompany"
    export("accompany", None, folder, "0.0.0", seed=1, untrained=True)
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    spoiled = folder / "golden" / "decode_events.f32"
    spoiled.write_bytes(bytes(len(before[spoiled])))
    notes.redecode(folder)
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
