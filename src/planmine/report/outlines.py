"""Text of an SVG to paths, so that it shows the same on a machine without a Chinese font.

Each glyph is defined once and placed with ``<use>``; the words stay as ``aria-label`` and as the title.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.ttLib import TTFont

FONTS = Path(__file__).parent / "fonts"
FAMILY, FILE = "PlanMine Sans", "PlanMineSans.otf"
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_SHIFT = {"middle": 0.5, "end": 1.0}
ET.register_namespace("", SVG)
ET.register_namespace("xlink", XLINK)


@dataclass(frozen=True, slots=True)
class Font:
    """The bundled font: glyph names by code point, their advance widths, and the size of its em."""

    glyphs: dict[int, str]
    advances: dict[str, int]
    em: int
    source: TTFont

    def glyph(self, character: str) -> str:
        """The glyph of a character, a crossed box (.notdef) where the font has none."""
        return self.glyphs.get(ord(character), ".notdef")

    def path(self, glyph: str) -> str:
        """The outline in font units, y upwards."""
        shapes = self.source.getGlyphSet()
        pen = SVGPathPen(shapes)
        shapes[glyph].draw(pen)
        return pen.getCommands()


@cache
def bundled_font() -> Font:
    """The font that PlanMine brings; ``scripts/build_font.py`` makes it."""
    font = TTFont(FONTS / FILE)
    advances = {name: advance for name, (advance, _) in font["hmtx"].metrics.items()}
    return Font(font.getBestCmap(), advances, font["head"].unitsPerEm, font)


def outline(svg: str, title: str, description: str) -> tuple[str, set[str]]:
    """Replace every ``<text>`` of an SVG by paths; also the characters that the font lacks.

    ``svg``: as vl-convert writes it (anchor, transform, px sizes, lines as tspan). ``title`` and
    ``description`` become the image's own. Characters that the font lacks show as crossed boxes.
    """
    root = ET.fromstring(svg)
    used: dict[str, str] = {}
    lacking: set[str] = set()
    for parent in list(root.iter()):
        for place, child in enumerate(list(parent)):
            if child.tag == f"{{{SVG}}}text":
                parent[place] = _group(child, used, lacking)
    defs = ET.Element(f"{{{SVG}}}defs")
    for name in sorted(used):
        ET.SubElement(defs, f"{{{SVG}}}path", id=used[name], d=bundled_font().path(name))
    root.insert(0, defs)
    for tag, text in (("desc", description), ("title", title)):
        element = ET.Element(f"{{{SVG}}}{tag}")
        element.text = text
        root.insert(0, element)
    root.set("role", "img")
    root.set("aria-label", title)
    return ET.tostring(root, encoding="unicode"), lacking


def _group(text: ET.Element, used: dict[str, str], lacking: set[str]) -> ET.Element:
    """The glyphs of one ``<text>``, a line for each tspan, under the text's own transform and colour."""
    kept = {name: value for name, value in text.attrib.items() if name in ("transform", "fill", "opacity")}
    group = ET.Element(f"{{{SVG}}}g", {**kept, "class": "outlined"})
    lines = [(text.text or "", 0.0)]
    drop = 0.0
    for span in text:
        drop += float(span.get("dy", "0"))
        lines.append((span.text or "", drop))
    words = " ".join(line for line, _ in lines if line)
    if words:
        group.set("role", "img")
        group.set("aria-label", words)
    size = float(re.sub(r"px$", "", text.get("font-size", "10")))
    for line, down in lines:
        if line:
            group.append(
                _line(line, down, size, _SHIFT.get(text.get("text-anchor", "start"), 0.0), used, lacking)
            )
    return group


def _line(
    line: str, down: float, size: float, shift: float, used: dict[str, str], lacking: set[str]
) -> ET.Element:
    font = bundled_font()
    lacking |= {character for character in line if ord(character) not in font.glyphs}
    names = [font.glyph(character) for character in line]
    scale = size / font.em
    left = -shift * scale * sum(font.advances[name] for name in names)
    transform = f"translate({left:.3f},{down:g}) scale({scale:g},{-scale:g})"
    group = ET.Element(f"{{{SVG}}}g", transform=transform)
    x = 0
    for name in names:
        identity = used.setdefault(name, "glyph-" + name.replace(".", "_"))
        ET.SubElement(group, f"{{{SVG}}}use", {f"{{{XLINK}}}href": f"#{identity}", "x": str(x)})
        x += font.advances[name]
    return group
