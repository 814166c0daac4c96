"""Cuts the editor's fonts out of Inter, with digits of one width so that numbers do not jump.

    pip install fonttools
    python make_fonts.py FOLDER_WITH_INTER

Inter (the Inter Project Authors) is under the SIL Open Font License 1.1: see OFL.txt.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

# Latin, Greek and Cyrillic, in which packs and folders may be named, and the signs that the editor writes.
CHARACTERS = [
    *range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x370, 0x530), *map(ord, "–—‘’“”•…→←↑↓−∞≤≥▸▾×✓"),
]  # fmt: skip


def tabular_glyphs(font: TTFont) -> dict[str, str]:
    """Which glyph the font's feature for digits of one width puts in the place of which."""
    gsub = font["GSUB"].table
    tnum = [f.Feature for f in gsub.FeatureList.FeatureRecord if f.FeatureTag == "tnum"]
    replaced = {}
    for lookup_idx in tnum[0].LookupListIndex:
        for lookup in gsub.LookupList.Lookup[lookup_idx].SubTable:
            replaced |= getattr(lookup, "ExtSubTable", lookup).mapping
    return replaced


def cut(source: Path, target: Path) -> None:
    """Writes the font at `source` with the characters and digits wanted to `target`."""
    font = TTFont(source)
    replaced = tabular_glyphs(font)
    for table in font["cmap"].tables:
        for code in map(ord, "0123456789+-−:"):
            glyph = table.cmap.get(code)
            table.cmap[code] = replaced.get(glyph, glyph)
    options = subset.Options(layout_features=["kern"], hinting=False, notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=CHARACTERS)
    cutter.subset(font)
    font.save(target)


if __name__ == "__main__":
    here = Path(__file__).parent
    for weight in ("Regular", "SemiBold"):
        cut(Path(sys.argv[1]) / f"Inter-{weight}.otf", here / f"Inter-{weight}.otf")
