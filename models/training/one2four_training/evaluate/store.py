"""The kept numbers, one JSON file per row in models/evaluation, one line per clip.

They are part of the repository: the tables can be made again from them where the songs, the plugin or a
checkpoint that does not ship are missing.
"""

import json
from pathlib import Path

from .. import runs

FOLDER = runs.PACKAGE.parents[1] / "evaluation"


class Store:
    """A row's numbers."""

    def __init__(self, row: str, folder: Path = FOLDER) -> None:
        self.file = folder / f"{row}.json"
        kept = runs.read(self.file) if self.file.exists() else {}
        self.key, self.facts, self.clips = kept.get("key"), kept.get("facts", {}), kept.get("clips", {})

    def renew(self, key: str, facts: dict, digests: dict[str, str]) -> None:
        """Forgets what was measured of something else, or on clips that are others by now; clips that are not
        here keep their numbers."""
        if self.key != key:
            self.key, self.clips = key, {}
        self.facts = facts or self.facts
        self.clips = {
            name: kept
            for name, kept in self.clips.items()
            if digests.get(name, kept["digest"]) == kept["digest"]
        }

    def put(self, name: str, entry: dict) -> None:
        self.clips[name] = entry
        self.write()

    def write(self) -> None:
        head = json.dumps({"key": self.key, "facts": self.facts})[:-1]
        lines = [f"{json.dumps(name)}: {json.dumps(kept)}" for name, kept in sorted(self.clips.items())]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.file.with_suffix(".partial")
        partial.write_text(f'{head}, "clips": {{\n' + ",\n".join(lines) + "\n}}\n")
        partial.replace(self.file)
