import json
import tomllib

import numpy as np
import onnx
import pytest
import torch

from one2four_training import STEMS, runs
from one2four_training.checkpoints import load_network
from one2four_training.export import export, graph, manifest_of, mask
from one2four_training.export.weights import load_pack
from one2four_training.networks.remix import LOOKAHEAD, Remix
from one2four_training.networks.remix_bands import STFT


def rounded() -> Remix:
    net = Remix()
    net.mean.uniform_(-9, -5)
    net.deviation.uniform_(0.7, 3)
    net.load_state_dict({name: values.half().float() for name, values in net.state_dict().items()})
    return net


def test_onnx_agrees_with_torch_from_non_zero_states():
    net = rounded()
    assert mask.parity(net, mask.to_onnx(net)) < 1e-5


def test_parity_would_notice_a_wrong_network():
    assert mask.parity(rounded(), mask.to_onnx(rounded())) > 1e-3
    net = rounded()
    net.encoder.bias.data[0] = torch.nan
    assert mask.parity(net, mask.to_onnx(net)) == np.inf


def test_pack_is_complete(tmp_path):
    folder = tmp_path / "remix"
    export("remix", None, folder, "0.0.0", seed=1, untrained=True)
    pack = tomllib.loads((folder / "pack.toml").read_text())
    assert pack["id"] == "remix"
    assert [entry["stems"] for entry in pack["graph"]] == [list(STEMS)]
    golden = json.loads((folder / "golden" / "golden.json").read_text())

    def array(name: str) -> np.ndarray:
        raw = np.fromfile(folder / "golden" / f"{name}.f32", "<f4")
        return raw.reshape(golden["arrays"][name])

    path = folder / pack["graph"][0]["file"]
    model = onnx.load(path, load_external_data=False)
    assert model.opset_import[0].version == 17
    assert path.stat().st_size < 12e6
    inputs = {"magnitude": array("magnitude"), "state": array("state")}
    found, next_state = graph.session(path).run(None, inputs)
    assert found.shape == (len(inputs["magnitude"]) - LOOKAHEAD, 4, 2, STFT.bins)
    assert np.abs(found - array("mask")).max() < golden["tolerance"]
    assert np.abs(next_state - array("next_state")).max() < golden["tolerance"]
    assert sum(file.stat().st_size for file in (folder / "golden").iterdir()) < 600_000


def test_silence_gives_finite_masks():
    magnitude, state = mask.music_like(LOOKAHEAD + 3, 0)
    runner = graph.session(mask.to_onnx(Remix()))
    found, next_state = runner.run(None, {"magnitude": 0 * magnitude, "state": state})
    assert np.isfinite(found).all() and np.isfinite(next_state).all()


def test_a_network_without_a_pack_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="open-unmix has no kind of pack"):
        export("open-unmix", None, tmp_path, "0.0.0", seed=1, untrained=True)


def test_a_run_of_ones_own_does_not_take_the_place_of_what_ships():
    with pytest.raises(SystemExit, match="mine would take the place of the shipped pack"):
        export("remix", "mine", None, None, seed=1)


def test_own_songs_do_not_take_the_place_of_what_ships_without_a_runs_name(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "cache", lambda: tmp_path)
    (tmp_path / "runs" / "remix").mkdir(parents=True)
    runs.write(tmp_path / "runs" / "remix" / "run.json", arguments={"songs": "my-songs"})
    with pytest.raises(SystemExit, match="my-songs and would take the place of the shipped pack"):
        export("remix", None, None, None, seed=1)


def test_parts_of_ones_own_songs_do_not_take_the_place_of_what_ships(tmp_path, monkeypatch):
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path))
    (tmp_path / "runs" / "paper-one2four-split-bass").mkdir(parents=True)
    log = tmp_path / "runs" / "paper-one2four-split-bass" / "run.json"
    runs.write(log, arguments={"songs": "mine-12"})
    with pytest.raises(SystemExit, match="split-bass was trained on your mine-12"):
        export("paper-one2four-split", None, None, None, seed=1)


def test_what_a_pack_is_called_stays_when_it_is_written_over(tmp_path):
    out = tmp_path / "mine"
    export("remix", None, out, "1.0.0", seed=1, untrained=True)
    toml = (out / "pack.toml").read_text()
    (out / "pack.toml").write_text(toml.replace('name = "Remix"', 'name = "Mein Übungsraum"'))
    export("remix", None, out, None, seed=2, untrained=True)
    again = manifest_of(out)
    assert again["name"] == "Mein Übungsraum" and again["version"] == "1.0.0"
    (out / "pack.toml").write_text('name = "broken')
    with pytest.raises(SystemExit, match="pack.toml cannot be read"):
        export("remix", None, out, None, seed=2, untrained=True)


def test_a_mean_lies_between_a_pack_and_a_run(tmp_path):
    pack, net = rounded(), Remix()
    onnx.save(mask.to_onnx(pack), tmp_path / mask.FILE)
    found, own = mask.mean_of(net, tmp_path, 0.25).state_dict(), net.state_dict()
    for name, kept in pack.state_dict().items():
        torch.testing.assert_close(found[name], 0.75 * kept + 0.25 * own[name])
    with pytest.raises(SystemExit, match="leave --mean-with out"):
        export("paper-one2one", None, tmp_path, "0.0.0", seed=1, mean_with=tmp_path)


def test_the_end_of_a_run_is_not_its_best(tmp_path):
    weights = {"best": Remix().state_dict(), "average": Remix().state_dict()}
    args = {"network": "remix", "stems": list(STEMS)}
    torch.save({"args": args, "losses": [], "optimiser": {}, **weights}, tmp_path / "checkpoint.pt")
    for at_end, wanted in ((False, "best"), (True, "average")):
        found = load_network(tmp_path, "remix", at_end).state_dict()
        assert all(torch.equal(found[name], values) for name, values in weights[wanted].items())
    with pytest.raises(SystemExit, match="leave --at-end out"):
        export("paper-one2one", None, tmp_path, "0.0.0", seed=1, at_end=True)


def test_an_export_that_fails_leaves_the_pack_that_was_there(tmp_path, monkeypatch):
    out = tmp_path / "mine"
    export("remix", None, out, "1.0.0", seed=1, untrained=True)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert before

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(mask, "write_golden", full)
    with pytest.raises(OSError, match="No space left"):
        export("remix", None, out, "1.1.0", seed=2, untrained=True)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_training_goes_on_from_a_pack(tmp_path):
    net, found = rounded(), Remix()
    onnx.save(mask.to_onnx(net), tmp_path / mask.FILE)
    load_pack(found, tmp_path)
    kept = net.state_dict()
    assert all(torch.equal(kept[name], values) for name, values in found.state_dict().items())
    with pytest.raises(SystemExit, match="no pack to start from"):
        load_pack(found, tmp_path / "missing")
