import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import made_stems

from one2four_training import STEMS, folders, networks, runs
from one2four_training.evaluate.own import evaluate_own
from one2four_training.evaluate.scores import si_sdr_db
from one2four_training.export import export
from one2four_training.export.weights import load_pack
from one2four_training.render import levels_db


def write_song(
    folder: Path, seconds: int = 12, kind: str = "wav", rate: int = 44_100, channels: int = 2
) -> Path:
    folder.mkdir(parents=True)
    stems = np.concatenate([made_stems(1), made_stems(2)], axis=1)[:, : seconds * rate, :channels]
    for name, stem in zip(STEMS, stems, strict=True):
        soundfile.write(folder / f"{name}.{kind}", stem, rate)
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(folders.Refused) as reason:
        folders.read_song(folder, None)
    return str(reason.value)


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
def test_a_song_is_read(tmp_path, kind):
    song, notes = folders.read_song(write_song(tmp_path / "song", kind=kind), trim=11)
    assert song.shape == (4, 11 * 44_100, 2) and notes == []
    assert np.abs(song[0]).max() > 0.1


def test_a_song_without_a_stem_is_refused(tmp_path):
    (write_song(tmp_path / "song") / "bass.wav").unlink()
    assert refusal(tmp_path / "song") == "it has no bass (looked for bass.wav, bass.flac, bass.mp3)"


def test_low_rates_are_refused(tmp_path):
    assert "drums.wav is at 8000 Hz" in refusal(write_song(tmp_path / "song", rate=8_000))


def test_a_corrupt_file_is_refused(tmp_path):
    folder = write_song(tmp_path / "song")
    (folder / "piano.wav").unlink()
    for content in (b"\xff\xfb\x90" + bytes(range(256)), b""):
        (folder / "piano.mp3").write_bytes(content)
        assert refusal(folder) == "piano.mp3 cannot be read: it is damaged, or no mp3 file"


def test_short_and_unequal_songs_are_refused(tmp_path):
    assert "less than 10" in refusal(write_song(tmp_path / "short", seconds=6))
    folder = write_song(tmp_path / "unequal")
    soundfile.write(folder / "other.wav", np.zeros((44_100 * 20, 2)), 44_100)
    assert "different lengths (12.0, 12.0, 12.0, 20.0 s)" in refusal(folder)


def test_mono_silence_and_another_mix_are_said(tmp_path):
    folder = write_song(tmp_path / "song", channels=1)
    soundfile.write(folder / "piano.wav", np.zeros((44_100 * 12, 2)), 44_100)
    soundfile.write(folder / "mix.wav", np.ones((44_100 * 12, 2)) * 0.1, 44_100)
    _, notes = folders.read_song(folder, None)
    assert "drums.wav is mono: taken as the centre" in notes
    assert "piano is silent: the song teaches only its absence" in notes
    assert any("its mix differs" in note for note in notes)
    for stem in STEMS:
        soundfile.write(folder / f"{stem}.wav", np.zeros((44_100 * 12, 2)), 44_100)
    assert refusal(folder) == "all its stems are silent"


def test_songs_are_split_and_what_is_left_out_is_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path / "cache"))
    for name in ("a", "b", "c"):
        write_song(tmp_path / "songs" / name)
    (tmp_path / "songs" / "c" / "other.wav").unlink()
    os.mkdir(os.fsencode(tmp_path / "songs") + b"/\xff")  # no UTF-8
    made = runs.read(folders.prepared(tmp_path / "songs", 30) / "run.json")
    assert sorted(excerpt["split"] for excerpt in made["excerpts"]) == ["train", "valid"]
    assert "it has no other" in made["left_out"]["c"]
    assert "c is left out: it has no other" in capsys.readouterr().out
    for name in (b"c", b"\xff"):
        shutil.rmtree(os.fsencode(tmp_path / "songs") + b"/" + name)
    write_song(tmp_path / "songs" / "c")  # mended: looked at again
    made = runs.read(folders.prepared(tmp_path / "songs", 30) / "run.json")
    assert len(made["excerpts"]) == 3 and not made["left_out"]


def test_levels_are_those_of_what_is_stored(tmp_path, monkeypatch):
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path / "cache"))
    for name in ("a", "b"):
        for file in write_song(tmp_path / "songs" / name).iterdir():
            soundfile.write(file, soundfile.read(file)[0] * 0.05, 44_100)
    made = folders.prepared(tmp_path / "songs", None)
    for entry in runs.read(made / "run.json")["excerpts"]:
        stored = np.load(made / f"{entry['name']}.npy").astype(np.float32) / 32767
        assert np.allclose(entry["levels_db"], levels_db(stored), atol=1)


def test_a_song_stays_on_its_side_whatever_songs_come_and_go():
    def sides(count: int) -> dict[str, str]:
        return {e["name"]: e["split"] for e in folders.split([{"name": f"song {n}"} for n in range(count)])}

    few, many = sides(30), sides(60)
    assert few == {name: many[name] for name in few} and set(few.values()) == {"train", "valid"}
    assert sorted(sides(2).values()) == ["train", "valid"]


def test_the_same_songs_are_the_same_from_wherever_they_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path / "cache"))
    for name in ("a", "b"):
        write_song(tmp_path / "songs" / name)
    made = folders.prepared(tmp_path / "songs", None)
    (tmp_path / "songs" / "a" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "songs" / "__MACOSX").mkdir()
    monkeypatch.chdir(tmp_path)
    assert folders.prepared(Path("songs"), None) == made
    assert folders.prepared(Path("songs"), 10.0) != made


def test_names_have_any_case_and_a_broken_mix_is_only_said(tmp_path):
    folder = write_song(tmp_path / "song")
    (folder / "drums.wav").rename(folder / "Drums.WAV")
    (folder / "mix.wav").write_bytes(b"no sound")
    _, notes = folders.read_song(folder, None)
    assert len(notes) == 1 and notes[0].startswith("mix.wav cannot be read")


def test_a_full_disk_is_said_with_what_is_needed(tmp_path, monkeypatch):
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path / "cache"))
    for name in ("one", "two"):
        write_song(tmp_path / "songs" / name)

    def full(file, stems) -> None:
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(SystemExit, match=r"one.npy cannot be written: it takes 8 MiB.*No space left"):
        folders.prepared(tmp_path / "songs", None)
    assert not list((tmp_path / "cache").rglob("*.partial*"))


def test_songs_that_were_prepared_before_an_interrupt_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path / "cache"))
    for name in ("one", "two"):
        write_song(tmp_path / "songs" / name)
    read, again = folders.read_song, []

    def interrupted(folder, trim):
        if folder.name == "two":
            raise KeyboardInterrupt
        return read(folder, trim)

    def counted(folder, trim):
        again.append(folder.name)
        return read(folder, trim)

    monkeypatch.setattr(folders, "read_song", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folders.prepared(tmp_path / "songs", None)
    monkeypatch.setattr(folders, "read_song", counted)
    made = folders.prepared(tmp_path / "songs", None)
    assert again == ["two"]
    assert [excerpt["name"] for excerpt in runs.read(made / "run.json")["excerpts"]] == ["one", "two"]


def test_a_pack_is_measured_on_the_songs_held_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ONE2FOUR_CACHE", str(tmp_path / "cache"))
    for name in ("one", "two"):
        write_song(tmp_path / "songs" / name)
    export("remix", None, tmp_path / "mine", "0.0.0", seed=1, untrained=True)
    trained = {"losses": [], "arguments": {"songs": "songs-of-then"}}
    runs.write(tmp_path / "mine" / "run.json", training=trained)
    evaluate_own(tmp_path / "songs", None, [tmp_path / "mine"])
    printed = capsys.readouterr().out
    assert f"{tmp_path / 'mine'} was trained on songs-of-then, and these songs are songs-" in printed
    rows = [line.split(" | ") for line in printed.splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows[2:]] == ["| two"] * 2 + ["| mean"] * 2
    # What the mean of one song says, the mix against its drums, is what the definition says.
    folder = next((tmp_path / "cache" / "songs-of").iterdir())
    stems = np.load(folder / "two.npy").astype(np.float32) / 32768
    assert rows[4][2] == f"{si_sdr_db(stems.sum(0), stems[0]):+.1f}"
    with pytest.raises(SystemExit, match="is no pack"):
        evaluate_own(tmp_path / "songs", None, [tmp_path / "songs"])
    (tmp_path / "mine" / "remix.onnx").write_bytes(b"half")
    with pytest.raises(SystemExit, match="remix.onnx cannot be run"):
        evaluate_own(tmp_path / "songs", None, [tmp_path / "mine"])
    with pytest.raises(SystemExit, match="mine is no pack to start from"):
        load_pack(networks.build("remix"), tmp_path / "mine")
