import json
import tomllib

import numpy as np
import pytest

from one2four_training import STEMS, networks
from one2four_training.export import waveform
from one2four_training.export.waveform import export, parity, session, to_onnx


def shaken(name: str, stems: tuple[str, ...]):
    """A network with weights and statistics unlike those it begins with."""
    net = networks.build(name, stems)
    for _, values in [*net.named_parameters(), *net.named_buffers()]:
        if values.is_floating_point():
            values.data.uniform_(0.1, 0.9)
    return net


@pytest.mark.parametrize("name", ["paper-one2one", "paper-one2four-combined"])
def test_onnx_agrees_with_torch(name, monkeypatch):
    monkeypatch.setattr(waveform, "CHECKED_LENGTHS", (1, 777))
    net = shaken(name, STEMS)
    assert parity(net, to_onnx(net)) < 1e-5
    assert parity(shaken(name, STEMS), to_onnx(net)) > 1e-3


@pytest.mark.parametrize("name", waveform.NAMES)
def test_a_paper_pack_is_complete(name, tmp_path, monkeypatch):
    monkeypatch.setattr(waveform, "CHECKED_LENGTHS", (777,))
    export(name, None, tmp_path, "0.0.0")
    pack = tomllib.loads((tmp_path / "pack.toml").read_text())
    assert pack["kind"] == "waveform" and pack["stream"].keys() == {"sample_rate", "channels", "overlap"}
    golden = json.loads((tmp_path / "golden" / "golden.json").read_text())
    audio, stems = (
        np.fromfile(tmp_path / "golden" / f"{key}.f32", "<f4").reshape(golden["arrays"][key])
        for key in ("audio", "stems")
    )
    served = []
    for graph in pack["graph"]:
        (found,) = session(tmp_path / graph["file"]).run(None, {"audio": audio})
        served += graph["stems"]
        wanted = stems[:, [STEMS.index(stem) for stem in graph["stems"]]]
        assert found.shape == wanted.shape and np.abs(found - wanted).max() < golden["tolerance"]
    assert tuple(served) == STEMS
