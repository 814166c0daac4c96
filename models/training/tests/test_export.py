import json
import tomllib

import numpy as np
import onnx
import pytest

from one2four_training.export import export, music_like, parity, session, to_onnx
from one2four_training.network import LOOKAHEAD, StemNet


@pytest.mark.parametrize("channels", [1, 2])
def test_onnx_agrees_with_torch_from_non_zero_states(channels):
    net = StemNet()
    net.mean.uniform_(-9, -5)
    net.deviation.uniform_(0.7, 3)
    assert parity(net, to_onnx(net, channels), channels) < 1e-5


def test_parity_would_notice_a_wrong_network():
    assert parity(StemNet(), to_onnx(StemNet())) > 1e-3


def test_pack_is_complete(tmp_path):
    export(None, tmp_path, "0.0.0", "made", seed=1)
    pack = tomllib.loads((tmp_path / "pack.toml").read_text())
    assert [graph["stems"] for graph in pack["graph"]] == [["drums"], ["bass"], ["piano"], ["other"]]
    golden = json.loads((tmp_path / "golden" / "golden.json").read_text())

    def array(name: str) -> np.ndarray:
        raw = np.fromfile(tmp_path / "golden" / f"{name}.f32", "<f4")
        return raw.reshape(golden["arrays"][name])

    inputs = {"magnitude": array("magnitude"), "state": array("state")}
    for graph in pack["graph"]:
        path = tmp_path / graph["file"]
        model = onnx.load(path, load_external_data=False)
        assert model.opset_import[0].version == 17
        assert path.stat().st_size < 12e6
        mask, next_state = session(path).run(None, inputs)
        stem = graph["stems"][0]
        assert mask.shape == (len(inputs["magnitude"]) - LOOKAHEAD, 1, 1, 1025)
        assert np.abs(mask - array(f"{stem}.mask")).max() < golden["tolerance"]
        assert np.abs(next_state - array(f"{stem}.next_state")).max() < golden["tolerance"]
    assert sum(file.stat().st_size for file in (tmp_path / "golden").iterdir()) < 300_000


def test_silence_gives_finite_masks():
    magnitude, state = music_like(LOOKAHEAD + 3, 1, 0)
    mask, next_state = session(to_onnx(StemNet())).run(None, {"magnitude": 0 * magnitude, "state": state})
    assert np.isfinite(mask).all() and np.isfinite(next_state).all()
