import os

import pytest

from one2four_training import render, runs


def halved(number: int) -> int:
    if number % 2:
        raise SystemExit(f"{number} is odd")
    return number // 2


def ended(number: int) -> None:
    os._exit(9)


def test_what_goes_wrong_in_a_process_is_raised_where_it_is_waited_for():
    assert sorted(runs.in_processes(halved, [2, 4, 6], 2)) == [1, 2, 3]
    with pytest.raises(SystemExit, match="3 is odd"):
        list(runs.in_processes(halved, [2, 3, 4], 2))
    with pytest.raises(SystemExit, match="ended from outside"):
        list(runs.in_processes(ended, [1], 1))


def test_a_full_disk_leaves_the_older_file(tmp_path, monkeypatch):
    file = tmp_path / "run.json"
    runs.replace(file, "older")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(file), "replace", full)
    with pytest.raises(OSError, match="No space left"):
        runs.replace(file, "newer")
    assert file.read_text() == "older" and [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_bank_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(render.BANKS, "opl3", tmp_path / "OPL-3.sf2")
    with pytest.raises(SystemExit, match="OPL-3.sf2; models/README.md"):
        render.check_banks({"opl3"})


def test_excerpts_of_another_seed_are_not_taken_for_those_of_this(tmp_path, monkeypatch):
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path))
    (tmp_path / "audio").mkdir()
    entry = {"name": "a.0", "seed": 1, "bank": "fluid", "method": render.METHOD}
    assert render.rendered(entry) is None
    runs.write(tmp_path / "audio" / "a.0.json", **entry)
    assert render.rendered(entry)["name"] == "a.0"
    for other in ({"bank": "gmbank"}, {"method": 0}):
        assert render.rendered({**entry, **other}) is None
    with pytest.raises(SystemExit, match="another seed"):
        render.rendered({**entry, "seed": 2})
