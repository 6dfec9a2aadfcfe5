"""Rebuild ``src/planmine/report/fonts/PlanMineSans.otf``, the font that figures are drawn with.

    apt-get install fonts-noto-cjk
    python scripts/build_font.py [--source NotoSansCJK-Regular.ttc]

A subset of Noto Sans CJK SC Regular (SIL Open Font License 1.1): ASCII and Latin-1, general punctuation and
a few mathematical signs, all of GB/T 2312, and every character of a place name or of the codebook. Hints and
layout tables are left out, since text is set glyph by glyph. The subset has a name of its own, so that it is
never mistaken for a fuller font of the reader's machine. The licence stands beside it (``OFL.txt``). Byte for
byte the same from the same source.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "src" / "planmine" / "report" / "fonts"
SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
FAMILY, FILE = "PlanMine Sans", "PlanMineSans.otf"
FACE = "Noto Sans CJK SC"
LIMIT = 4_000_000  # bytes
SIGNS = "–—‘’“”…‰′″‹›−×÷±≈≠≤≥→←↑↓·•■□▲△●○◆◇★☆"


def wanted() -> set[int]:
    """Code points that the font shall have."""
    points = {*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, SIGNS)}
    for lead in range(0xA1, 0xF8):
        for trail in range(0xA1, 0xFF):
            try:
                points.add(ord(bytes((lead, trail)).decode("gb2312")))
            except UnicodeDecodeError:
                continue  # an empty place of the table
    for file in ("data/places.csv", "codebook.yaml"):
        points |= set(map(ord, (ROOT / "src" / "planmine" / file).read_text(encoding="utf-8")))
    return {point for point in points if point >= 0x20}


def face(source: Path) -> TTFont:
    """The face ``FACE`` of a collection, or the font of a plain file."""
    if source.suffix.lower() not in (".ttc", ".otc"):
        return TTFont(source, recalcTimestamp=False)
    for font in TTCollection(str(source)).fonts:
        if font["name"].getDebugName(4) == FACE:
            font.recalcTimestamp = False
            return font
    raise SystemExit(f"{source}: no face {FACE}; give NotoSansCJK-Regular.ttc of fonts-noto-cjk")


def rename(font: TTFont) -> None:
    """Give the subset its own name; copyright, trademark, designer and licence stay as they are."""
    names = {
        1: FAMILY,
        2: "Regular",
        3: f"{FAMILY} Regular",
        4: FAMILY,
        6: "PlanMineSans-Regular",
        10: f"Subset of {FACE}",
    }
    table = font["name"]
    table.names = [record for record in table.names if record.platformID == 3 and record.langID == 0x409]
    table.names = [record for record in table.names if record.nameID in (0, 5, 7, 8, 9, 11, 12, 13, 14)]
    for number, text in names.items():
        table.setName(text, number, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames = [names[6]]
    top.topDictIndex[0].FullName = FAMILY
    top.topDictIndex[0].FamilyName = FAMILY


def build(source: Path) -> Path:
    """Write the subset; its path."""
    if not source.is_file():
        raise SystemExit(f"{source}: not there; on Debian: apt-get install fonts-noto-cjk")
    font = face(source)
    options = subset.Options(
        hinting=False,
        layout_features=[],
        notdef_outline=True,
        name_IDs=["*"],
        name_languages=["*"],
        drop_tables=[
            *subset.Options._drop_tables_default,
            "GSUB",
            "GPOS",
            "BASE",
            "VORG",
            "vhea",
            "vmtx",
            "DSIG",
        ],
    )
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted())
    cutter.subset(font)
    rename(font)
    path = OUT / FILE
    OUT.mkdir(parents=True, exist_ok=True)
    font.save(path)
    if path.stat().st_size > LIMIT:
        raise SystemExit(f"{path}: {path.stat().st_size} bytes, more than {LIMIT}; ask for fewer characters")
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, default=SOURCE)
    made = build(parser.parse_args().source)
    print(
        f"{made.relative_to(ROOT)}: {made.stat().st_size:,} bytes, {len(TTFont(made).getBestCmap()):,} characters"
    )
