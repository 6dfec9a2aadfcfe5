"""The figures: Chinese text as paths of the bundled font, an honest scale, nothing that needs a font."""

from __future__ import annotations

import csv
import re
import struct
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from planmine.codebook import load_codebook
from planmine.report.charts import PAPER, percent, printable
from planmine.report.figures import write_figures
from planmine.report.making import Making
from planmine.report.outlines import FAMILY, FILE, FONTS, bundled_font, outline
from planmine.report.scale import STEPS, step, thresholds

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


def comparison() -> SimpleNamespace:
    """Three cities, one of few measures and one whose name the font does not know."""
    cities, codes = ["甲川市", "乙原市", "𠮷田市"], list(load_codebook().categories)
    counts = {"甲川市": 6, "乙原市": 3, "𠮷田市": 0}
    coverage = [
        [city, 2024, code, n, n, 0, n / max(counts[city] * (k + 1), 1), 0.0, 1.0, 0]
        for city in cities
        for k, code in enumerate(codes)
        for n in [counts[city] * (k % 3)]
    ]
    alike: list[tuple[str, str, float | None]] = [
        ("甲川市", "乙原市", 0.25),
        ("甲川市", "𠮷田市", 0.0),
        ("乙原市", "𠮷田市", None),
    ]
    wide = "city_a city_b category similarity low high measures_a measures_b"
    columns = "city year category measures planned completed share share_low share_high with_target"
    return SimpleNamespace(
        coverage=pd.DataFrame(coverage, columns=columns.split()),
        similarity=pd.DataFrame([[a, b, "all", s, s, s, 60, 30] for a, b, s in alike], columns=wide.split()),
        city_order=cities,
    )


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    folder = tmp_path_factory.mktemp("figures")
    (folder / "figures").mkdir()
    paths, lacking = write_figures(Making(folder, ""), comparison(), load_codebook())
    return SimpleNamespace(folder=folder / "figures", paths=paths, lacking=lacking)


@pytest.mark.parametrize(
    "name", ["coverage-zh", "coverage-en", "similarity-zh", "similarity-en", "pairs-zh", "pairs-en"]
)
def test_figures_need_no_font(figures: SimpleNamespace, name: str) -> None:
    root = ET.fromstring((figures.folder / f"{name}.svg").read_text(encoding="utf-8"))
    assert not list(root.iter(f"{SVG}text"))
    assert root.find(f"{SVG}title") is not None and root.find(f"{SVG}desc") is not None
    glyphs = {path.get("id"): path.get("d") for path in root.iter(f"{SVG}path") if path.get("id")}
    used = [use.get(HREF, "")[1:] for use in root.iter(f"{SVG}use")]
    assert used and set(used) == set(glyphs)
    box = bundled_font().path(".notdef")
    [group] = [g for g in root.iter(f"{SVG}g") if (g.get("aria-label") or "").startswith("甲川市")][:1]
    drawn = [glyphs[use.get(HREF, "")[1:]] for use in group.iter(f"{SVG}use")]
    assert drawn and box not in drawn and len(set(drawn[:3])) == 3
    png = (figures.folder / f"{name}.png").read_bytes()
    width = struct.unpack(">I", png[16:20])[0]
    assert width == pytest.approx(float(root.get("width", "0")) * 300 / 72, abs=2)


def test_a_figure_larger_than_paper_has_fewer_dots_and_no_numbers_too_small_to_read(tmp_path: Path) -> None:
    cities = [f"甲{number}市" for number in range(90)]
    wide = "city_a city_b category similarity low high measures_a measures_b"
    pairs = [(a, b, "all", 0.5, 0.4, 0.6, 60, 30) for a, b in pairwise(cities)]
    given = SimpleNamespace(
        coverage=comparison().coverage.iloc[:0],
        similarity=pd.DataFrame(pairs, columns=wide.split()),
        city_order=cities,
    )
    (tmp_path / "figures").mkdir()
    write_figures(Making(tmp_path, ""), given, load_codebook())
    png = (tmp_path / "figures/similarity-en.png").read_bytes()
    assert max(struct.unpack(">II", png[16:24])) == pytest.approx(PAPER * 300 / 72, abs=3)
    text = (tmp_path / "figures/similarity-en.svg").read_text(encoding="utf-8")
    assert 'aria-label="甲7市"' in text and 'aria-label="0.50"' not in text
    small = SimpleNamespace(**{**vars(given), "similarity": given.similarity[:20], "city_order": cities[:21]})
    write_figures(Making(tmp_path, ""), small, load_codebook())
    text = (tmp_path / "figures/similarity-en.svg").read_text(encoding="utf-8")
    assert 'aria-label="0.50"' in text


def test_a_character_without_glyph_is_boxed_and_told(figures: SimpleNamespace) -> None:
    assert figures.lacking["coverage-zh.svg"] == {"𠮷"}
    assert "pairs-zh.svg" not in figures.lacking  # no pair of that city is shown
    svg, lacking = outline(
        '<svg xmlns="http://www.w3.org/2000/svg"><text font-size="10px">𠮷田</text></svg>', "t", "d"
    )
    assert lacking == {"𠮷"}
    paths = [path.get("d") for path in ET.fromstring(svg).iter(f"{SVG}path")]
    assert bundled_font().path(".notdef") in paths and len(paths) == 2


@given(
    st.text(st.sampled_from("环卫abc 123，。城"), min_size=1, max_size=12),
    st.sampled_from(["start", "middle", "end"]),
)
def test_outlined_text_is_as_wide_as_its_glyphs(text: str, anchor: str) -> None:
    root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg")
    ET.SubElement(root, "text", {"font-size": "20px", "text-anchor": anchor, "fill": "#123456"}).text = text
    svg, lacking = outline(ET.tostring(root, encoding="unicode"), "t", "d")
    assert not lacking
    font = bundled_font()
    width = sum(font.advances[font.glyph(c)] for c in text) * 20 / font.em
    [group] = [g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("class") == "outlined"]
    assert (group.get("fill"), group.get("aria-label")) == ("#123456", text)
    [left] = re.findall(r"translate\((\S+?),", group[0].get("transform", ""))
    assert float(left) == pytest.approx(-width * {"start": 0, "middle": 0.5, "end": 1}[anchor], abs=1e-3)
    assert len(group[0]) == len(text)


def test_what_is_small_or_zero_has_no_colour_of_the_scale(figures: SimpleNamespace) -> None:
    root = ET.fromstring((figures.folder / "coverage-en.svg").read_text(encoding="utf-8"))
    cells: dict[str, set[str]] = {}
    for path in root.iter(f"{SVG}path"):
        label = path.get("aria-label") or ""
        if "row:" in label:
            [city] = re.findall(r"row: (\S+)", label)
            cells.setdefault(city, set()).add(path.get("fill", ""))
    assert cells["𠮷田市"] == {"#eeeeec"}
    assert "#ffffff" in cells["甲川市"] and "#eeeeec" not in cells["甲川市"]


def test_the_font_knows_every_place_and_category() -> None:
    package = FONTS.parent.parent
    names = list(csv.DictReader((package / "data" / "places.csv").open(encoding="utf-8")))
    wanted = {c for row in names for c in row["name"]} | set(
        (package / "codebook.yaml").read_text(encoding="utf-8")
    )
    wanted |= set(bytes(range(0xB0, 0xB1)).decode("latin-1")) | set("“”‘’—…·、。《》【】（）％‰")
    gb2312 = {bytes((hi, lo)).decode("gb2312") for hi in range(0xB0, 0xF7) for lo in range(0xA1, 0xFA)}
    assert not {c for c in wanted | gb2312 if c.isprintable() and ord(c) not in bundled_font().glyphs}
    font = TTFont(FONTS / FILE)
    assert font["name"].getDebugName(1) == FAMILY
    assert "fvar" not in font
    assert (FONTS / FILE).stat().st_size < 4_000_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text(encoding="utf-8")


@given(st.lists(st.floats(0, 1), max_size=50))
def test_the_scale_has_equal_steps_from_zero(values: list[float]) -> None:
    bounds = thresholds(values)
    assert len(bounds) == STEPS - 1
    assert all(abs(bound - bounds[0] * (k + 1)) < 1e-3 for k, bound in enumerate(bounds))
    places = [step(value, bounds) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 <= place < STEPS for place in places)


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0%"), (0.001, "<1%"), (0.005, "1%"), (0.025, "3%"), (0.225, "23%"), (1, "100%")]
)
def test_no_share_above_zero_reads_as_zero(share: float, text: str) -> None:
    assert percent(share) == text


def test_labels_hold_nothing_that_no_svg_can() -> None:
    assert printable("甲\x00\u202e市") == "甲\ufffd\ufffd市"
