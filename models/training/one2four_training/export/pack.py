"""The files of a pack that every kind has: pack.toml and the golden vectors."""

import hashlib
import json
from pathlib import Path

import numpy as np

# Of Freedoom's songs, from which the packs learnt; to be changed in a pack of one's own songs.
LICENSE = "BSD-3-Clause"


def write_toml(
    folder: Path, name: str, version: str, kind: str, description: str, stream: dict,
    graphs: list[tuple[str, tuple[str, ...]]],
) -> None:  # fmt: skip
    """pack.toml; `graphs` are (file, its stems). The pack's id is the folder's name."""
    lines = [
        "schema = 1", f'id = "{folder.name}"', f'name = "{name}"', f'version = "{version}"',
        f'kind = "{kind}"',
        f'license = "{LICENSE}"', f'description = "{description}"', "", "[stream]",
        *(f"{key} = {value}" for key, value in stream.items()),
    ]  # fmt: skip
    for file, stems in graphs:
        digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        lines += ["", "[[graph]]", f'file = "{file}"', f'sha256 = "{digest}"', f"stems = {json.dumps(stems)}"]
    (folder / "pack.toml").write_text("\n".join(lines) + "\n")


def write_golden(folder: Path, arrays: dict[str, np.ndarray], what: str, tolerance: float) -> None:
    """golden/: raw little-endian float32 files and an index with their shapes."""
    golden = folder / "golden"
    golden.mkdir(parents=True, exist_ok=True)
    for old in golden.glob("*.f32"):
        old.unlink()
    for name, values in arrays.items():
        values.astype("<f4").tofile(golden / f"{name}.f32")
    index = {
        "what": f"raw little-endian float32, C order; {what}",
        "tolerance": tolerance,
        "arrays": {name: list(values.shape) for name, values in arrays.items()},
    }
    (golden / "golden.json").write_text(json.dumps(index, indent=1) + "\n")
